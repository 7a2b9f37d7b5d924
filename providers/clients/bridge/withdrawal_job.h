#ifndef OPL2_PROVIDERS_CLIENTS_BRIDGE_WITHDRAWAL_JOB_H
#define OPL2_PROVIDERS_CLIENTS_BRIDGE_WITHDRAWAL_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "providers/clients/bridge/portal.h"
#include "providers/clients/send/act_send.h"
#include "providers/kinds/effect.h"

/*
 * One withdrawal on its way from the L2 to the L1. All that is known of it
 * comes from the two chains, by the hash of the L2 transaction alone, so that
 * any machine with a key can go on with it.
 */
struct withdrawal_job {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct rpc *l1, *l2;
	struct portal p;
	struct effect_sender
		s; /* of the L1, once withdrawal_open_sender has opened it */
	const char *me; /* whose proofs are preferred; "" */
	json_t *fees;   /* of what is sent, act_tx.fees; owned */

	uint8_t tx[32]; /* on the L2 */
	uint64_t block; /* of that */
	struct withdrawal w;
	json_t *token;     /* withdrawal_token(), or NULL; owned */
	unsigned decimals; /* of it; 0 when it does not say */

	struct withdrawal_state st; /* by the last withdrawal_refresh */
	struct l2_proof proof;      /* WITHDRAWAL_PROVABLE, by st.output */
	struct next_output next;    /* WITHDRAWAL_NO_OUTPUT */
	uint64_t seconds;           /* until something changes; 0: any moment */
	bool seconds_known;
};

/* Opens both RPCs (l1_rpc, l2_rpc, with their chain ids) and the portal of
 * op->config. withdrawal_job_done is called in every case. */
enum outcome withdrawal_open(struct effect_ctx *ctx, const struct effect_op *op,
			     struct withdrawal_job *out) MUST_CHECK;
void
withdrawal_job_done(struct withdrawal_job *w); /* for CLEANUP; {0} is fine */

/* The i-th message (from 0) of the L2 transaction w->tx: E1070 when there is
 * none. `wait`: the transaction may not be mined yet. */
enum outcome withdrawal_load(struct withdrawal_job *w, size_t i) MUST_CHECK;

/* How far it is now. */
enum outcome withdrawal_refresh(struct withdrawal_job *w) MUST_CHECK;
/* That as a sentence; of `out` n bytes. */
void withdrawal_describe(const struct withdrawal_job *w, char *out, size_t n);
/* "no_output", "provable", "maturing", "game", "resolvable", "ready",
 * "finalized" */
const char *withdrawal_stage_name(enum withdrawal_stage stage);
/* All of it, for the front end. New reference. */
json_t *withdrawal_json(const struct withdrawal_job *w);

/* --- withdrawal_send.c: what goes to the L1
 * -------------------------------------- */

/* Opens the L1's sender (`from` of op->config) and ends what was begun. */
enum outcome withdrawal_open_sender(struct withdrawal_job *w) MUST_CHECK;
enum outcome withdrawal_prove(struct withdrawal_job *w) MUST_CHECK;
/* Ends the game whose clock has run out. That somebody else does so at the
 * same time is no error. */
enum outcome withdrawal_resolve(struct withdrawal_job *w) MUST_CHECK;
enum outcome withdrawal_finalize(struct withdrawal_job *w) MUST_CHECK;
/*
 * Of one that is finalized: whether its call on the L1 succeeded, as the
 * receipt of our own transaction says. *known is false when another's was it.
 */
enum outcome withdrawal_delivered(struct withdrawal_job *w, bool *known,
				  bool *ok) MUST_CHECK;

#endif
