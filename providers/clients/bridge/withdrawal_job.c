/* Where a withdrawal is. */
#include "providers/clients/bridge/withdrawal_job.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/withdrawal_job.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"

/* --- open ---------------------------------------------------------------- */

static enum outcome
open_layer(struct effect_ctx *ctx, const struct effect_op *op,
	   const char *layer, struct rpc **out)
{
	const char *field = arena_printf(ctx->arena, "%s_rpc", layer);
	uint64_t id = (uint64_t)jx_int(
		op->config, arena_printf(ctx->arena, "%s_chain_id", layer), 0);

	*out = effect_rpc(ctx, op, field, id);
	if (!*out)
		return OC_FAIL;
	return rpc_outcome(rpc_check_chain(*out, NULL, ctx->ds));
}

enum outcome
withdrawal_open(struct effect_ctx *ctx, const struct effect_op *op,
		struct withdrawal_job *w)
{
	enum outcome oc;

	memset(w, 0, sizeof(*w));
	w->ctx = ctx;
	w->op = op;
	w->me = jx_str(op->config, "account", "");
	w->fees = json_array();
	oc = open_layer(ctx, op, "l1", &w->l1);
	if (oc == OC_OK)
		oc = open_layer(ctx, op, "l2", &w->l2);
	if (oc != OC_OK)
		return oc;
	w->p = (struct portal){ .l1 = w->l1,
				.l2 = w->l2,
				.ds = ctx->ds,
				.addr = jx_str(op->config, "portal", "") };
	return rpc_outcome(portal_open(&w->p));
}

void
withdrawal_job_done(struct withdrawal_job *w)
{
	l2_proof_done(&w->proof);
	withdrawal_done(&w->w);
	effect_sender_done(&w->s);
	json_decref(w->fees);
	json_decref(w->token);
	rpc_free(w->l1);
	rpc_free(w->l2);
	memset(w, 0, sizeof(*w));
}

/* --- which --------------------------------------------------------------- */

static enum outcome
no_withdrawal(struct withdrawal_job *w, const char *why)
{
	char hex[65];

	hex_encode(w->tx, 32, hex);
	diag_err(w->ctx->ds, "E1070", "0x%s is no withdrawal: %s", hex, why);
	diag_hint(w->ctx->ds,
		  "give the hash of the L2 transaction that started it; 'opl2 "
		  "withdraw list' shows those started here");
	return OC_FAIL;
}

/* Of ether the message itself says how much it is. */
static enum outcome
load_token(struct withdrawal_job *w)
{
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st;

	put_json(&w->token);
	w->decimals = 0;
	w->token = withdrawal_token(&w->w);
	if (!w->token)
		return OC_OK;
	st = view_call(w->l1, value_text(w->token, 0), "decimals()(uint8)",
		       NULL, &v, w->ctx->ds);
	if (st == RPC_OK && v)
		w->decimals = (unsigned)value_u64(v, 0);
	return rpc_outcome(st);
}

enum outcome
withdrawal_load(struct withdrawal_job *w, size_t i)
{
	CLEANUP(put_json) json_t *receipt = NULL;
	enum rpc_status st = rpc_call(w->l2, "eth_getTransactionReceipt",
				      json_pack("[o]", hex_json(w->tx, 32)),
				      &receipt, w->ctx->ds);
	const json_t *log;
	uint64_t status = 0;

	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!json_is_object(receipt))
		return no_withdrawal(w, "the L2 has no such transaction");
	if (quantity_u64(jx_get(receipt, "status"), &status) || status != 1)
		return no_withdrawal(w, "it failed on the L2");
	log = withdrawal_log(receipt, i);
	if (!log)
		return no_withdrawal(w, i == 0 ? "it sends no message to the L1"
					       : "it has fewer messages");
	withdrawal_done(&w->w);
	if (quantity_u64(jx_get(receipt, "blockNumber"), &w->block) ||
	    withdrawal_from_log(log, &w->w))
		return no_withdrawal(w,
				     "the L2 node's answers are inconsistent: "
				     "the message has another hash");
	return load_token(w);
}

/* --- how far ------------------------------------------------------------- */

static enum outcome
withdrawal_find_output(struct withdrawal_job *w)
{
	bool found;
	enum rpc_status st;

	l2_proof_done(&w->proof);
	st = portal_find(&w->p, w->block, w->w.hash, &w->st.output, &w->proof,
			 &found);
	if (st == RPC_OK && found)
		w->st.stage = WITHDRAWAL_PROVABLE;
	else if (st == RPC_OK)
		st = portal_next_output(&w->p, w->block, &w->next);
	w->seconds = w->next.pace.seconds;
	w->seconds_known = w->next.pace.known;
	return rpc_outcome(st);
}

enum outcome
withdrawal_refresh(struct withdrawal_job *w)
{
	enum rpc_status st = portal_refresh(&w->p);

	memset(&w->next, 0, sizeof(w->next));
	w->seconds = 0;
	w->seconds_known = true;
	if (st == RPC_OK)
		st = portal_state(&w->p, w->w.hash, w->me, &w->st);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (w->st.stage == WITHDRAWAL_NO_OUTPUT)
		return withdrawal_find_output(w);
	/* The portal wants more time to have passed, not as much. */
	if (w->st.until >= w->p.now)
		w->seconds = w->st.until + 1 - w->p.now;
	if (w->st.stage == WITHDRAWAL_GAME && w->st.disputed)
		w->seconds_known = false;
	return OC_OK;
}

const char *
withdrawal_stage_name(enum withdrawal_stage stage)
{
	static const char *const names[] = {
		[WITHDRAWAL_NO_OUTPUT] = "no_output",
		[WITHDRAWAL_PROVABLE] = "provable",
		[WITHDRAWAL_MATURING] = "maturing",
		[WITHDRAWAL_GAME] = "game",
		[WITHDRAWAL_RESOLVABLE] = "resolvable",
		[WITHDRAWAL_READY] = "ready",
		[WITHDRAWAL_DONE] = "finalized",
	};

	return names[stage];
}

/* Of an output of the oracle: when it comes. */
static void
say_due(const struct next_output *next, const char *when, char *out, size_t n)
{
	unsigned long long block = next->block, behind = next->behind;
	char ago[32];

	duration_format(next->pace.quiet * 1000, ago, sizeof(ago));
	if (next->pace.quiet)
		(void)snprintf(out, n,
			       "the proposer is %llu blocks behind and made "
			       "its last output %s ago: cannot predict the "
			       "output of block %llu",
			       behind, ago, block);
	else if (!next->pace.known)
		(void)snprintf(
			out, n,
			"the proposer is %llu blocks behind and has made no "
			"output yet: cannot predict the output of block %llu",
			behind, block);
	else if (next->pace.behind)
		(void)snprintf(out, n,
			       "the proposer is %llu blocks behind; at its "
			       "pace the output of block %llu is due %s",
			       behind, block, when);
	else if (next->safe)
		(void)snprintf(out, n,
			       "the output of block %llu is proposed when the "
			       "block is safe; the safe head is at %llu",
			       block, (unsigned long long)next->safe);
	else
		(void)snprintf(out, n, "the output of block %llu is due %s",
			       block, when);
}

static void
say_due_game(const struct next_output *next, const char *when, char *out,
	     size_t n)
{
	char ago[32];

	duration_format(next->pace.quiet * 1000, ago, sizeof(ago));
	if (next->pace.quiet)
		(void)snprintf(out, n,
			       "the last output was made %s ago; cannot "
			       "predict the next one",
			       ago);
	else if (!next->pace.known)
		(void)snprintf(out, n, "the proposer has no fixed interval");
	else
		(void)snprintf(out, n, "the next output is due %s", when);
}

static void
say_no_output(const struct withdrawal_job *w, const char *when, char *out,
	      size_t n)
{
	unsigned long long block = w->block, told = w->next.told;
	char due[176];

	if (!w->next.block) {
		say_due_game(&w->next, when, due, sizeof(due));
		(void)snprintf(out, n,
			       "waits for a game with L2 block %llu: %s", block,
			       due);
		return;
	}
	say_due(&w->next, when, due, sizeof(due));
	(void)snprintf(out, n,
		       "waits for an output of L2 block %llu, the L1 has them "
		       "up to %llu: %s",
		       block, told, due);
}

static void
say_game(const struct withdrawal_job *w, const char *when, char *out, size_t n)
{
	if (w->st.disputed)
		(void)snprintf(out, n,
			       "proven by game %s, which is disputed: waits "
			       "for its resolution",
			       w->st.output.game);
	else
		(void)snprintf(out, n,
			       "proven by game %s: waits for its clock to run "
			       "out, %s",
			       w->st.output.game, when);
}

void
withdrawal_describe(const struct withdrawal_job *w, char *out, size_t n)
{
	char span[32], when[64] = "any moment";

	duration_format(w->seconds * 1000, span, sizeof(span));
	if (w->seconds)
		(void)snprintf(when, sizeof(when), "in about %s", span);
	switch (w->st.stage) {
	case WITHDRAWAL_NO_OUTPUT:
		say_no_output(w, when, out, n);
		return;
	case WITHDRAWAL_PROVABLE:
		if (w->st.void_why)
			(void)snprintf(out, n, "must be proven again: %s",
				       w->st.void_why);
		else
			(void)snprintf(out, n, "can be proven");
		return;
	case WITHDRAWAL_MATURING:
		(void)snprintf(out, n, "proven: can be finalized %s", when);
		return;
	case WITHDRAWAL_GAME:
		say_game(w, when, out, n);
		return;
	case WITHDRAWAL_RESOLVABLE:
		(void)snprintf(out, n,
			       "proven by game %s, whose clock has run out: "
			       "the game must be resolved",
			       w->st.output.game);
		return;
	case WITHDRAWAL_READY:
		(void)snprintf(out, n, "can be finalized");
		return;
	case WITHDRAWAL_DONE:
		(void)snprintf(out, n, "finalized");
	}
}

json_t *
withdrawal_json(const struct withdrawal_job *w)
{
	char text[256], kind[96];
	json_t *o, *t = w->w.tuple;

	withdrawal_describe(w, text, sizeof(text));
	portal_describe(&w->p, kind, sizeof(kind));
	o = json_pack("{s:o, s:o, s:I, s:O, s:O, s:O, s:s, s:s, s:s, s:b}",
		      "l2_tx", hex_json(w->tx, 32), "withdrawal",
		      hex_json(w->w.hash, 32), "l2_block", (json_int_t)w->block,
		      "sender", json_array_get(t, 1), "target",
		      json_array_get(t, 2), "value", json_array_get(t, 3),
		      "portal", kind, "stage",
		      withdrawal_stage_name(w->st.stage), "text", text,
		      "paused", w->p.paused);
	if (w->st.stage < WITHDRAWAL_READY &&
	    w->st.stage != WITHDRAWAL_PROVABLE && w->seconds_known)
		json_object_set_new(o, "seconds",
				    json_integer((json_int_t)w->seconds));
	if (w->st.proven_at)
		json_object_set_new(o, "proven_at",
				    json_integer((json_int_t)w->st.proven_at));
	if (*w->st.output.game)
		json_object_set_new(o, "game", json_string(w->st.output.game));
	if (w->token)
		json_object_update_new(
			o, json_pack("{s:O, s:O, s:O, s:O, s:I}", "erc20",
				     json_array_get(w->token, 0), "l2_token",
				     json_array_get(w->token, 1), "recipient",
				     json_array_get(w->token, 3), "amount",
				     json_array_get(w->token, 4), "decimals",
				     (json_int_t)w->decimals));
	if (*w->st.prover)
		json_object_set_new(o, "prover", json_string(w->st.prover));
	return o;
}
