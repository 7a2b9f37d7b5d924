#ifndef OPL2_PROVIDERS_ACTIONS_PROBE_L1_H
#define OPL2_PROVIDERS_ACTIONS_PROBE_L1_H

#include <stdint.h>

#include "providers/clients/evm/queries.h"

/* What the files of the action probe_l1 share. */
struct l1_probe {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct queries ask;
	json_t *out;
	json_t *accounts;  /* of out */
	uint64_t head, at; /* the newest block's number and time */
	uint64_t nonce;    /* of the sender */
};

/* A text of the config, or NULL. */
const char *probe_option(const struct l1_probe *l, const char *key);
/* {key: wei as text} */
void probe_put_wei(json_t *to, const char *key, const struct u256 *v);
/* {key: a number below 2^63} out of decimal text or a 32-byte word */
void probe_put_number(json_t *to, const char *key, const json_t *v);
/* What is to be known of the past: what accounts have spent, when the sender
 * sent, and the newest output. */
enum outcome probe_history(struct l1_probe *l);

/* With dispute games: the newest of them. */
enum outcome probe_games(struct l1_probe *l);

#endif
