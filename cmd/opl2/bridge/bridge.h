#ifndef OPL2_BRIDGE_BRIDGE_H
#define OPL2_BRIDGE_BRIDGE_H

#include <stdbool.h>
#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/cli/key_option.h"

/*
 * What deposit, withdraw and send share: who sends, how much, the question
 * before, the action in a worker and its progress, and the note that its
 * result was told (providers/clients/send/act_send.h).
 */
struct bridge {
	struct cmd *c;
	json_t *facts;       /* chain_facts(); owned */
	json_t *key;         /* token of who sends, or NULL; owned */
	const char *role;    /* how that is called: a role, or the option */
	const char *account; /* its address */
};

#define OPTS_FROM                                                              \
	{ "from", OPT_TEXT, "ROLE", "whose key signs and pays (admin)" },      \
		OPTS_KEY
#define OPTS_SEND                                                              \
	OPTS_VARS, OPTS_FROM,                                                  \
		{ "auto-approve", OPT_FLAG, NULL, "do not ask" }, OPTS_INPUT,  \
	{                                                                      \
		"json", OPT_FLAG, NULL, "print one JSON object"                \
	}
#define OPTS_TOKEN                                                             \
	{ "erc20", OPT_TEXT, "L1TOKEN",                                        \
	  "move a token instead of ether: its address on the L1" },            \
	{                                                                      \
		"l2-token", OPT_TEXT, "L2TOKEN",                               \
			"the token's address on the L2"                        \
	}

/* Takes -key, -from, or admin. sends: the key is needed; `layer` is where
 * ("l1", "l2"). Else the account is all that matters, and -from may be any
 * address; with layer NULL not even that, and there is no -from. -1: E1051,
 * E1052, E1061, E1062, those of key_option(). bridge_done in every case. */
int bridge_open(struct bridge *b, struct cmd *c, bool sends, const char *layer);
void bridge_done(struct bridge *b); /* for CLEANUP */

/* A new object with the RPCs and chain ids of the layers, and, when `sends`,
 * the key. E1063 when the chain has no such RPC recorded. */
json_t *bridge_args(struct bridge *b, bool sends, bool l1, bool l2);
/* Puts contracts of the L1 into args, under KEY the one called NAME. */
int bridge_contract(struct bridge *b, json_t *args, const char *key,
		    const char *name);
/* An amount of ether as wei: E1060. */
int bridge_ether(struct bridge *b, json_t *args, const char *text);
/* The same; or, for a command with OPTS_TOKEN when -erc20 is given, the amount
 * as it is written, with erc20 and l2_token. */
int bridge_amount(struct bridge *b, json_t *args, const char *text);
/* -to, or the sender. */
int bridge_to(struct bridge *b, json_t *args, const char *to);

/* Asks, unless -auto-approve is given. */
int bridge_confirm(struct bridge *b, const char *question);
/* Has it done, with progress on stderr. *answer is a new reference. */
int bridge_act(struct bridge *b, const char *action, const json_t *args,
	       json_t **answer);
/* The answer as JSON when -json is given: then true. */
bool bridge_json(struct bridge *b, const json_t *answer);
/* After the result was printed: the next such command is another one. */
int bridge_told(struct bridge *b, const json_t *answer);

/* A line of what the run paid in fees; nothing when it sent nothing. */
void bridge_fees(struct bridge *b, const json_t *answer);
/* "0.1eth", or "12.5 tokens" when the answer is of a token. Arena text. */
const char *bridge_sum(struct bridge *b, const json_t *answer, const char *key);

#endif
