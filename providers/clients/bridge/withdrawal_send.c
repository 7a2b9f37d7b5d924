/* What a withdrawal has sent to the L1. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/bridge/withdrawal_job.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"

#define TUPLE "(uint256,address,address,uint256,uint256,bytes)"
#define PROVE                                                                  \
	"proveWithdrawalTransaction(" TUPLE                                    \
	",uint256,(bytes32,bytes32,bytes32,bytes32),bytes[])"
#define FINALIZE "finalizeWithdrawalTransaction(" TUPLE ")"
#define FINALIZE_BY                                                            \
	"finalizeWithdrawalTransactionExternalProof(" TUPLE ",address)"
/* More moves than these are a real dispute: its challenger ends it. */
#define CLAIMS_MAX 64

enum outcome
withdrawal_open_sender(struct withdrawal_job *w)
{
	const struct u256 nothing = u256_from(0);
	enum outcome oc;

	if (w->s.rpc)
		return OC_OK;
	oc = act_sender(w->ctx, w->op, "l1", &nothing, &w->s);
	return oc == OC_OK ? act_finish(w->ctx, w->op, &w->s) : oc;
}

/* Sends a call that is needed once. args is stolen. */
static enum outcome
call_once(struct withdrawal_job *w, const char *what, const char *key,
	  const char *to, const char *function, json_t *args)
{
	CLEANUP(buf_done) struct buf call = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	CLEANUP(put_json) json_t *given = args, *data = NULL, *about = NULL;
	struct act_tx t = {
		.what = what, .key = key, .to = to, .fees = w->fees
	};
	bool resumed;

	if (abi_encode_call(&call, function, given, w->ctx->ds) < 0)
		return OC_FAIL;
	data = hex_json(call.p, call.n);
	about = json_pack("{s:o, s:o}", "l2_tx", hex_json(w->tx, 32),
			  "withdrawal", hex_json(w->w.hash, 32));
	t.data = data;
	t.about = about;
	effect_progress(w->ctx, "sends '%s' to the L1", what);
	return act_send(w->ctx, w->op, &w->s, &t, &l, &resumed);
}

static const char *
hash_text(const struct withdrawal_job *w, const uint8_t hash[32])
{
	char hex[65];

	hex_encode(hash, 32, hex);
	return arena_strdup(w->ctx->arena, hex);
}

/* --- prove --------------------------------------------------------------- */

enum outcome
withdrawal_prove(struct withdrawal_job *w)
{
	const struct output_parts *parts = &w->proof.parts;
	const struct l2_output *o = &w->st.output;
	static const uint8_t version[32];
	const char *key = arena_printf(
		w->ctx->arena, "%s %llu %s %s", hash_text(w, w->w.hash),
		(unsigned long long)o->index, hash_text(w, o->root), o->game);

	return call_once(w, "prove", key, w->p.addr, PROVE,
			 json_pack("[O, I, [o, o, o, o], O]", w->w.tuple,
				   (json_int_t)o->index, hex_json(version, 32),
				   hex_json(parts->state_root, 32),
				   hex_json(parts->storage_root, 32),
				   hex_json(parts->block_hash, 32),
				   w->proof.nodes));
}

/* --- end a game ---------------------------------------------------------- */

static enum outcome
resolve_claim(struct withdrawal_job *w, uint64_t i)
{
	const char *game = w->st.output.game;
	CLEANUP(put_json) json_t *v = NULL;
	enum rpc_status st =
		view_call(w->l1, game, "resolvedSubgames(uint256)(bool)",
			  json_pack("[I]", (json_int_t)i), &v, w->ctx->ds);

	if (st != RPC_OK || json_is_true(json_array_get(v, 0)))
		return rpc_outcome(st);
	return call_once(w, "resolve-claim",
			 arena_printf(w->ctx->arena, "%s %llu", game,
				      (unsigned long long)i),
			 game, "resolveClaim(uint256,uint256)",
			 json_pack("[I, i]", (json_int_t)i, 0));
}

/* Claims after those that answer them. */
static enum outcome
resolve_all(struct withdrawal_job *w)
{
	const char *game = w->st.output.game;
	uint64_t n = 0;
	enum outcome oc = rpc_outcome(view_u64(
		w->l1, game, "claimDataLen()(uint256)", NULL, &n, w->ctx->ds));

	if (oc == OC_OK && n > CLAIMS_MAX) {
		diag_err(w->ctx->ds, "E1073",
			 "game %s has %llu claims to be resolved", game,
			 (unsigned long long)n);
		diag_hint(w->ctx->ds, "its challenger resolves it");
		return OC_FAIL;
	}
	while (oc == OC_OK && n-- > 0)
		oc = resolve_claim(w, n);
	if (oc == OC_OK)
		oc = call_once(w, "resolve", game, game, "resolve()",
			       json_array());
	return oc;
}

/* Whether the game is over, whoever ended it. */
static bool
is_over(struct withdrawal_job *w)
{
	struct diags quiet;
	uint64_t status = 0;
	enum rpc_status st;

	diags_init(&quiet);
	st = view_u64(w->l1, w->st.output.game, "status()(uint8)", NULL,
		      &status, &quiet);
	diags_done(&quiet);
	return st == RPC_OK && status != 0;
}

enum outcome
withdrawal_resolve(struct withdrawal_job *w)
{
	struct diags *ds = w->ctx->ds, said;
	enum outcome oc;

	diags_init(&said);
	w->ctx->ds = w->s.s.ds = &said;
	oc = resolve_all(w);
	w->ctx->ds = w->s.s.ds = ds;
	if (oc == OC_FAIL && is_over(w))
		oc = OC_OK;
	else
		diags_append(ds, &said);
	diags_done(&said);
	return oc;
}

/* --- finalize ------------------------------------------------------------ */

enum outcome
withdrawal_finalize(struct withdrawal_job *w)
{
	const char *key = hash_text(w, w->w.hash);
	bool own = w->p.kind == PORTAL_ORACLE ||
		   strcasecmp(w->st.prover, w->s.addr) == 0;

	if (own)
		return call_once(w, "finalize", key, w->p.addr, FINALIZE,
				 json_pack("[O]", w->w.tuple));
	return call_once(w, "finalize", key, w->p.addr, FINALIZE_BY,
			 json_pack("[O, s]", w->w.tuple, w->st.prover));
}

struct search {
	const struct withdrawal_job *w;
	json_t *receipt;
	enum rpc_status st;
};

/* One that this L1 has: the folder may have known another one before. */
static bool
is_finalization(const struct ledger *l, void *arg)
{
	struct search *q = arg;
	const json_t *about = jx_get(l->begin, "about");
	uint8_t hash[32];

	if (!l->ended || strcmp(l->ended, "done") != 0 ||
	    strcmp(jx_str(about, "step", ""), "finalize") != 0 ||
	    hex_decode(jx_str(about, "withdrawal", ""), hash, 32) ||
	    memcmp(hash, q->w->w.hash, 32) != 0)
		return false;
	put_json(&q->receipt);
	q->st = rpc_call(q->w->l1, "eth_getTransactionReceipt",
			 json_pack("[o]", hex_json(l->slots[0].mined_hash, 32)),
			 &q->receipt, q->w->ctx->ds);
	return q->st != RPC_OK || json_is_object(q->receipt);
}

/* The portal says whether its call succeeded; the messenger, which is what
 * the bridge has called, whether its own did. */
static bool
receipt_tells_success(const json_t *receipt)
{
	const json_t *logs = jx_get(receipt, "logs"), *log;
	uint8_t finalized[32], failed[32], t[32];
	bool ok = true;
	size_t i;

	abi_topic("WithdrawalFinalized(bytes32,bool)", finalized);
	abi_topic("FailedRelayedMessage(bytes32)", failed);
	json_array_foreach(logs, i, log) {
		const char *topic = json_string_value(
			json_array_get(jx_get(log, "topics"), 0));
		const char *data = jx_str(log, "data", "0x");

		if (!topic || hex_decode(topic, t, 32))
			continue;
		if (memcmp(t, failed, 32) == 0)
			ok = false;
		if (memcmp(t, finalized, 32) == 0)
			ok = ok && *data && data[strlen(data) - 1] == '1';
	}
	return ok;
}

enum outcome
withdrawal_delivered(struct withdrawal_job *w, bool *known, bool *ok)
{
	const char *dir = w->op->env->places->ledger;
	CLEANUP(freep) char *name = NULL;
	struct search q = { .w = w, .st = RPC_OK };
	int rc = ledger_find(dir, NULL, is_finalization, &q, &name, w->ctx->ds);

	*known = rc == 1 && json_is_object(q.receipt);
	*ok = *known && receipt_tells_success(q.receipt);
	put_json(&q.receipt);
	return rc < 0 ? OC_FAIL : rpc_outcome(q.st);
}
