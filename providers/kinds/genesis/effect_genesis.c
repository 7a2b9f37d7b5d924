/*
 * genesis: the effect half. Computed here (genesis_compute.c), or by op-node
 * for a chain that names it (genesis_program.c): the files are the same.
 */
#include "providers/kinds/genesis/effect_genesis.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/l1_wait.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/facts/same_inputs.h"

#define START_BLOCK "0x48cd4cb1" /* startBlock() */

static const char *const files[] = { "genesis", "rollup", "rollup_chain_op",
				     NULL };

static enum outcome
find_start(struct build *b)
{
	json_t *call = json_pack("[{s:s, s:s}, s]", "to",
				 jx_str(b->op->config, "system_config", ""),
				 "data", START_BLOCK, "latest");
	struct u256 v;
	enum rpc_status st;

	st = rpc_check_chain(b->rpc, NULL, b->ctx->ds);
	if (st != RPC_OK) {
		json_decref(call);
		return rpc_outcome(st);
	}
	{
		CLEANUP(put_json) json_t *word = NULL;

		st = rpc_call(b->rpc, "eth_call", call, &word, b->ctx->ds);
		if (st != RPC_OK)
			return rpc_outcome(st);
		/* A 32-byte word, not a quantity. */
		if (json_is_string(word) &&
		    u256_parse(json_string_value(word), &v) == 0 &&
		    u256_fits_u64(&v, &b->start) && b->start > 0)
			return OC_OK;
	}
	diag_err(b->ctx->ds, "E0425", "no SystemConfig at '%s' on the L1",
		 jx_str(b->op->config, "system_config", ""));
	diag_path(b->ctx->ds, "/system_config");
	diag_hint(b->ctx->ds,
		  "the contracts are not deployed, or are on another L1");
	return OC_FAIL;
}

/* Chooses the block that the L2 starts after. */
static enum outcome
find_block(struct build *b)
{
	enum outcome oc = find_start(b);

	b->at = (uint64_t)jx_int(b->op->config, "l1_anchor", (int64_t)b->start);
	if (oc != OC_OK || b->at >= b->start)
		return oc;
	diag_err(b->ctx->ds, "E0434",
		 "the L2 cannot start after L1 block %llu: SystemConfig was "
		 "created in block %llu",
		 (unsigned long long)b->at, (unsigned long long)b->start);
	diag_path(b->ctx->ds, "/l1_anchor");
	return OC_FAIL;
}

/* SystemConfig's block may be another one after a reorganisation meanwhile. */
static enum outcome
wait_settled(struct build *b)
{
	const json_t *c = b->op->config;
	uint64_t was;
	enum outcome oc;

	do {
		was = b->start;
		oc = l1_wait(b->ctx, b->rpc, jx_str(c, "finality", "depth"),
			     b->at, (uint64_t)jx_int(c, "confirmations", 0));
		if (oc == OC_OK)
			oc = find_block(b);
	} while (oc == OC_OK && b->start != was);
	return oc;
}

/* For programs from v1.13 on, which want the EIP-1559 constants here too. */
json_t *
with_chain_op(const json_t *rollup, const json_t *genesis)
{
	static const char *const keys[] = { "eip1559Elasticity",
					    "eip1559Denominator",
					    "eip1559DenominatorCanyon" };
	const json_t *from = jx_at(genesis, "/config/optimism");
	json_t *out = json_object(), *op = json_object();

	json_object_update(out, (json_t *)(uintptr_t)rollup);
	for (size_t i = 0; i < COUNTOF(keys); i++)
		json_object_set_new(op, keys[i],
				    json_integer(jx_int(from, keys[i], 0)));
	json_object_set_new(out, "chain_op_config", op);
	return out;
}

const char *
at_str(const json_t *root, const char *pointer)
{
	const char *s = json_string_value(jx_at(root, pointer));

	return s ? s : "";
}

/* Is it the genesis of before that is wanted? */
static bool
is_same(const struct effect_op *op)
{
	return op->prior && same_genesis(op->prior_config, op->config);
}

int
genesis_check_same(struct build *b, const json_t *rollup)
{
	const char *had = jx_str(b->op->prior, "l2_hash", "");
	const char *now = at_str(rollup, "/genesis/l2/hash");

	if (!had[0] || strcmp(had, now) == 0 || !is_same(b->op))
		return 0;
	diag_err(b->ctx->ds, "E0427",
		 "the same inputs now result in another block 0, %s", now);
	diag_hint(b->ctx->ds, "the L1, the program or an input file has "
			      "changed; the files were not changed");
	return -1;
}

static json_t *
genesis_describe(struct build *b, bool scheduled)
{
	CLEANUP(put_json)
	json_t *rollup = jx_load_file(b->rollup, GENESIS_MAX, b->ctx->ds);
	const json_t *l2 = jx_at(rollup, "/genesis");
	char sha[3][65], key[65];

	if (!rollup || file_sha256(b->genesis, sha[0], b->ctx->ds) ||
	    file_sha256(b->rollup, sha[1], b->ctx->ds) ||
	    file_sha256(b->rollup_chain_op, sha[2], b->ctx->ds))
		return NULL;
	jx_digest(rollup, key);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:I, s:s, s:b}",
		"genesis", b->genesis, "genesis_sha256", sha[0], "rollup",
		b->rollup, "rollup_sha256", sha[1], "rollup_chain_op",
		b->rollup_chain_op, "rollup_chain_op_sha256", sha[2], "l2_hash",
		at_str(l2, "/l2/hash"), "l2_time",
		(json_int_t)jx_int(l2, "l2_time", 0), "l1_hash",
		at_str(l2, "/l1/hash"), "l1_number",
		(json_int_t)jx_int(jx_at(l2, "/l1"), "number", 0), "chain_key",
		key, "scheduled", scheduled);
}

/* Are the files those of these inputs already? */
static bool
is_done(const struct build *b)
{
	const char *const paths[] = { b->genesis, b->rollup,
				      b->rollup_chain_op };

	if (!is_same(b->op))
		return false;
	for (size_t i = 0; i < COUNTOF(paths); i++)
		if (!managed_as_made(b->ctx, b->op, files[i], paths[i]))
			return false;
	return true;
}

static enum outcome
compute(struct build *b)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	enum outcome oc;

	rpc = effect_rpc(b->ctx, b->op, "l1_rpc",
			 (uint64_t)jx_int(b->op->config, "l1_chain_id", 0));
	if (!rpc)
		return OC_FAIL;
	b->rpc = rpc;
	oc = find_block(b);
	if (oc == OC_OK)
		oc = wait_settled(b);
	if (oc == OC_OK)
		oc = jx_get(b->op->config, "program") ? genesis_by_program(b)
						      : genesis_compute(b);
	b->rpc = NULL;
	return oc;
}

int
genesis_paths(struct build *b)
{
	struct arena *a = b->ctx->arena;

	b->dir = managed_dir(b->ctx, b->op, true);
	if (!b->dir)
		return -1;
	b->genesis = arena_printf(a, "%s/genesis.json", b->dir);
	b->rollup = arena_printf(a, "%s/rollup.json", b->dir);
	b->rollup_chain_op = arena_printf(a, "%s/rollup-chain-op.json", b->dir);
	return 0;
}

enum outcome
genesis_result(struct build *b, bool scheduled, struct effect_result *out)
{
	out->attrs = genesis_describe(b, scheduled);
	if (!out->attrs)
		return OC_FAIL;
	out->priv = managed_marks(out->attrs, files);
	return OC_OK;
}

static enum outcome
genesis_create(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	struct build b = { .ctx = ctx, .op = op };
	bool scheduled = !is_same(op) || jx_bool(op->prior, "scheduled", false);
	enum outcome oc;

	if (genesis_paths(&b))
		return OC_FAIL;
	oc = is_done(&b) ? OC_OK : compute(&b);
	return oc == OC_OK ? genesis_result(&b, scheduled, out) : oc;
}

static enum outcome
genesis_read(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	return managed_read(ctx, op, files, out);
}

const struct effects effects_genesis = {
	.kind = "genesis",
	.read = genesis_read,
	.create = genesis_create,
	.remove = managed_remove,
	.import = genesis_import,
};
