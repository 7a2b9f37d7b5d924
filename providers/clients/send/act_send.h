#ifndef OPL2_PROVIDERS_CLIENTS_SEND_ACT_SEND_H
#define OPL2_PROVIDERS_CLIENTS_SEND_ACT_SEND_H

#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/clients/send/effect_send.h"
#include "providers/kinds/effect.h"

/*
 * How actions (providers/actions/action.h) send a transaction, so that a
 * command which was killed and is given again goes on where it was and pays for
 * nothing twice.
 *
 * A ledger entry of an action has about: {"action": NAME, "step": WHAT, ...}.
 * Two kinds of transactions are told apart:
 *
 * - those that are needed once, because something on the chain says whether
 *   they are (a proof, an allowance): `key` says what for, and their entry is
 *   named by it;
 * - those that may be wanted any number of times (a deposit): their entry has
 *   a random name. One with the same contents counts as begun by the same
 *   command until its result has been told, which the file NAME.told beside
 *   the entry says. The front end makes it (cmd/opl2/bridge/bridge.h).
 */
struct act_tx {
	const char *what; /* "prove": begins the entry's name */
	const char *key;  /* or NULL */
	const char *to;
	struct u256 value;   /* wei */
	const json_t *data;  /* "0x..." */
	const json_t *about; /* more fields for the entry, or NULL */
	json_t *fees;        /* array that act_send appends to, or NULL:
				{step, tx, gas, fee, gas_estimate,
				fee_estimate}, fees in wei; the estimates are
				those that were told before it was sent */
};

/* The sender of a layer, "l1" or "l2": op->config has LAYER_rpc,
 * LAYER_chain_id and from (a key). The spending limit of the spec does not
 * count `moved`, which the user named. */
enum outcome act_sender(struct effect_ctx *ctx, const struct effect_op *op,
			const char *layer, const struct u256 *moved,
			struct effect_sender *out) MUST_CHECK;

/*
 * Brings to its end what an earlier action has begun to send from this key:
 * its nonces are in the way of everything else. A transaction of those that
 * failed is told as progress, it is no error here.
 */
enum outcome act_finish(struct effect_ctx *ctx, const struct effect_op *op,
			struct effect_sender *s) MUST_CHECK;

/*
 * Sends it, or finds that an earlier run has: *resumed. After OC_OK *out is
 * the ended entry. What the contract would refuse is explained and not sent
 * (E1064). act_finish comes before it.
 */
enum outcome act_send(struct effect_ctx *ctx, const struct effect_op *op,
		      struct effect_sender *s, const struct act_tx *t,
		      struct ledger **out, bool *resumed) MUST_CHECK;

/* act_fee.c, for act_send: tells what it will cost with so much gas, and puts
 * that into what the entry says of itself ... */
enum outcome act_fee_estimate(struct effect_ctx *ctx, struct effect_sender *s,
			      const struct act_tx *t, uint64_t gas,
			      json_t *about) MUST_CHECK;
/* ... and appends the row of an ended entry to act_tx.fees, if not NULL. */
enum outcome act_fee_paid(struct effect_ctx *ctx, struct effect_sender *s,
			  const struct ledger *l, json_t *fees) MUST_CHECK;

/* The last part of the entry's path. Borrowed. */
const char *act_entry(const struct ledger *l);

/* The mined transaction's receipt. */
enum outcome act_receipt(struct effect_ctx *ctx, struct rpc *rpc,
			 const uint8_t hash[32], json_t **out) MUST_CHECK;

#endif
