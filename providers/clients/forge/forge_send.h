#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_SEND_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_SEND_H

#include "providers/clients/forge/forge_project.h"
#include "providers/clients/send/effect_send.h"

/*
 * A script's transactions, sent from the key of an operation: simulated,
 * announced, and as a whole in the ledger before the first is signed. An entry
 * that is there already is gone on with, whatever the script would do today.
 */
struct forge_send {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const struct effect_sender *s;
	const char *entry; /* name in the ledger */
	/* What is run; project, sender and rpc_url are filled in from the
	 * operation's "project" and "l1_rpc". */
	struct forge_run run;
	/* In place of the script: what would be sent. NULL: the script. */
	enum outcome (*simulate)(void *arg, struct forge_sim *sim);
	/* What the entry says of itself: a new reference, or NULL with a
	 * diagnostic. */
	json_t *(*about)(void *arg, const struct forge_sim *sim);
	void *arg;
	const char *revert_hint; /* what to do when one is mined and failed */
};

/*
 * OC_OK: *l is the ended entry, or NULL when the script does nothing. *about:
 * new, what the entry says of itself; set whenever the script was simulated or
 * the entry was there.
 */
enum outcome forge_send(const struct forge_send *f, struct ledger **l,
			json_t **about) MUST_CHECK;

/*
 * What is left to be sent: of the entry when there is one, else of the script
 * as it would run now. *txs: new, as struct forge_sim's or as the entry has
 * them. Nothing is announced or written. `about` and revert_hint are not
 * needed, and entry may be NULL.
 */
enum outcome forge_left(const struct forge_send *f, json_t **txs) MUST_CHECK;

#endif
