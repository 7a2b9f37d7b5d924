/*
 * genesis: adopting the files of a chain that was made by hand. What they say
 * is held against the L1, the spec and the deploy config, and the hash of
 * block 0 is computed anew; then they are copied as they are.
 */
#include "providers/kinds/genesis/effect_genesis.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/contracts_check.h"
#include "providers/clients/genesis/block0.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/kinds/genesis/effect_genesis_anchor.h"

#define CONFIG_MAX (1u << 20)

/* rollup.json and the deploy config say the same by these names. */
static const struct {
	const char *rollup, *config;
} twins[] = {
	{ "/l1_chain_id", "l1ChainID" },
	{ "/l2_chain_id", "l2ChainID" },
	{ "/block_time", "l2BlockTime" },
	{ "/max_sequencer_drift", "maxSequencerDrift" },
	{ "/seq_window_size", "sequencerWindowSize" },
	{ "/channel_timeout", "channelTimeout" },
	{ "/batch_inbox_address", "batchInboxAddress" },
	{ "/genesis/system_config/batcherAddr", "batchSenderAddress" },
	{ "/genesis/system_config/gasLimit", "l2GenesisBlockGasLimit" },
};

struct given {
	struct build *b;
	const char *rollup_path, *genesis_path;
	json_t *rollup, *genesis, *config;
};

/* --- comparing --- */

/* Numbers, and hex digits of any length and case, by value. */
static bool
same_value(const json_t *a, const json_t *b)
{
	struct u256 x;
	char word[67] = "0x";
	uint8_t raw[32];
	CLEANUP(put_json) json_t *text = NULL;

	if (json_is_integer(a) && json_integer_value(a) >= 0)
		x = u256_from((uint64_t)json_integer_value(a));
	else if (!json_is_string(a) || u256_parse(json_string_value(a), &x) < 0)
		return false;
	u256_to_be(&x, raw);
	hex_encode(raw, sizeof(raw), word + 2);
	text = json_string(word);
	return contract_word_is(b, text);
}

/* Says so when they differ. `whose`: "the deploy config's l2ChainID". */
static void
genesis_import_compare(struct given *g, const char *name, const json_t *is,
		       const char *whose, const json_t *want)
{
	CLEANUP(freep) char *a = NULL, *b = NULL;

	if (is && same_value(is, want))
		return;
	a = is ? json_dumps(is, JSON_ENCODE_ANY) : NULL;
	b = json_dumps(want, JSON_ENCODE_ANY);
	diag_err(g->b->ctx->ds, "E1046", "%s is %s, and %s is %s", name,
		 a ? a : "not there", whose, b ? b : "?");
}

static void
compare_files(struct given *g)
{
	const json_t *c = g->b->op->config, *r = g->rollup;
	const json_t *anchor = jx_get(c, "l1_anchor");
	struct arena *a = g->b->ctx->arena;

	for (size_t i = 0; i < COUNTOF(twins); i++) {
		const json_t *want = jx_get(g->config, twins[i].config);

		if (want)
			genesis_import_compare(
				g,
				arena_printf(a, "%s of rollup.json",
					     twins[i].rollup + 1),
				jx_at(r, twins[i].rollup),
				arena_printf(a, "%s of the deploy config",
					     twins[i].config),
				want);
	}
	genesis_import_compare(g, "l1_chain_id of rollup.json",
			       jx_get(r, "l1_chain_id"), "that of the spec",
			       jx_get(c, "l1_chain_id"));
	genesis_import_compare(g, "l1_system_config_address of rollup.json",
			       jx_get(r, "l1_system_config_address"),
			       "SystemConfigProxy of the contracts",
			       jx_get(c, "system_config"));
	genesis_import_compare(g, "config.chainId of genesis.json",
			       jx_at(g->genesis, "/config/chainId"),
			       "l2_chain_id of rollup.json",
			       jx_get(r, "l2_chain_id"));
	genesis_import_compare(
		g, "timestamp of genesis.json", jx_get(g->genesis, "timestamp"),
		"genesis.l2_time of rollup.json", jx_at(r, "/genesis/l2_time"));
	if (anchor)
		genesis_import_compare(g, "genesis.l1.number of rollup.json",
				       jx_at(r, "/genesis/l1/number"),
				       "l1_anchor of the spec", anchor);
}

/* The block of the L1 that the L2 starts after. */
static enum outcome
compare_l1(struct given *g)
{
	uint64_t number = (uint64_t)json_integer_value(
		jx_at(g->rollup, "/genesis/l1/number"));
	CLEANUP(put_json) json_t *hash = NULL, *time = NULL;
	struct anchor l1;
	enum rpc_status st = rpc_check_chain(g->b->rpc, NULL, g->b->ctx->ds);
	enum outcome oc;

	if (st != RPC_OK)
		return rpc_outcome(st);
	oc = anchor_query(g->b->ctx, g->b->rpc, number, &l1);
	if (oc != OC_OK)
		return oc;
	hash = json_string(l1.hash);
	time = json_integer((json_int_t)l1.time);
	genesis_import_compare(g, "genesis.l1.hash of rollup.json",
			       jx_at(g->rollup, "/genesis/l1/hash"),
			       arena_printf(g->b->ctx->arena,
					    "that of block %llu of the L1",
					    (unsigned long long)number),
			       hash);
	genesis_import_compare(g, "genesis.l2_time of rollup.json",
			       jx_at(g->rollup, "/genesis/l2_time"),
			       "the time of that block", time);
	return OC_OK;
}

static int
check_hash(struct given *g)
{
	const char *want = at_str(g->rollup, "/genesis/l2/hash");
	struct diags *ds = g->b->ctx->ds;
	uint8_t raw[32];
	char got[67] = "0x";

	effect_progress(g->b->ctx, "computing the hash of block 0");
	if (block0_hash(g->genesis, raw, ds))
		return -1;
	hex_encode(raw, sizeof(raw), got + 2);
	if (strcasecmp(got, want) == 0)
		return 0;
	diag_err(ds, "E1047", "'%s' gives block 0 %s, and rollup.json has %s",
		 g->genesis_path, got, want[0] ? want : "none");
	return -1;
}

/* --- the files --- */

static int
genesis_import_copy_file(struct given *g, const char *from, const char *to)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(GENESIS_MAX);

	return file_read(from, &text, g->b->ctx->ds) ||
			       file_replace(to, buf_str(&text), text.n, 0644,
					    g->b->ctx->ds)
		       ? -1
		       : 0;
}

/* Programs before v1.13 refuse a rollup.json with chain_op_config, later ones
 * want it. */
static int
write_files(struct given *g)
{
	struct build *b = g->b;
	CLEANUP(put_json) json_t *other = NULL;

	if (genesis_paths(b) ||
	    genesis_import_copy_file(g, g->genesis_path, b->genesis))
		return -1;
	if (jx_get(g->rollup, "chain_op_config")) {
		other = json_copy(g->rollup);
		json_object_del(other, "chain_op_config");
		if (genesis_import_copy_file(g, g->rollup_path,
					     b->rollup_chain_op))
			return -1;
		return file_replace_json(b->rollup, other, 0644, b->ctx->ds);
	}
	other = with_chain_op(g->rollup, g->genesis);
	if (genesis_import_copy_file(g, g->rollup_path, b->rollup))
		return -1;
	return file_replace_json(b->rollup_chain_op, other, 0644, b->ctx->ds);
}

static int
genesis_import_load(struct given *g)
{
	struct effect_ctx *ctx = g->b->ctx;
	const json_t *files = g->b->op->files;
	const char *second = json_string_value(json_array_get(files, 1));
	int dir;

	g->rollup_path = json_string_value(json_array_get(files, 0));
	dir = (int)(strrchr(g->rollup_path, '/') - g->rollup_path);
	g->genesis_path = second ? second
				 : arena_printf(ctx->arena, "%.*s/genesis.json",
						dir, g->rollup_path);
	g->rollup = jx_load_file(g->rollup_path, CONFIG_MAX, ctx->ds);
	g->genesis = jx_load_file(g->genesis_path, GENESIS_MAX, ctx->ds);
	g->config = jx_load_file(jx_str(g->b->op->config, "deploy_config", ""),
				 CONFIG_MAX, ctx->ds);
	if (!g->rollup || !g->genesis || !g->config)
		return -1;
	if (json_is_object(jx_get(g->rollup, "genesis")) &&
	    json_is_integer(jx_at(g->rollup, "/genesis/l1/number")))
		return 0;
	diag_err(ctx->ds, "E1046", "'%s' has no genesis.l1.number",
		 g->rollup_path);
	diag_hint(ctx->ds, "the first file is op-node's rollup.json");
	return -1;
}

static enum outcome
import(struct given *g, struct effect_result *out)
{
	size_t errors = g->b->ctx->ds->nerrors;
	enum outcome oc;

	if (genesis_import_load(g))
		return OC_FAIL;
	oc = compare_l1(g);
	if (oc != OC_OK)
		return oc;
	compare_files(g);
	if (g->b->ctx->ds->nerrors > errors || check_hash(g) || write_files(g))
		return OC_FAIL;
	return genesis_result(g->b, false, out);
}

enum outcome
genesis_import(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct build b = { .ctx = ctx, .op = op };
	struct given g = { .b = &b };
	enum outcome oc;

	rpc = effect_rpc(ctx, op, "l1_rpc",
			 (uint64_t)jx_int(op->config, "l1_chain_id", 0));
	if (!rpc)
		return OC_FAIL;
	b.rpc = rpc;
	oc = import(&g, out);
	json_decref(g.rollup);
	json_decref(g.genesis);
	json_decref(g.config);
	return oc;
}
