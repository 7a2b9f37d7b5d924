/*
 * genesis: starting the L2 after a later block of the L1 than the one in which
 * SystemConfig was initialised.
 *
 * The time of block 0 is part of its hash. When op-node computed the genesis
 * (it knows no other block), geth is asked for the hash: it makes a database
 * of the genesis, which is thrown away.
 */
#include "providers/kinds/genesis/effect_genesis_anchor.h"

#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/tools/run.h"

#define INIT_MS 600000
#define LOG_MAX (4u << 20)
/* Of more blocks than this no node gives the events at once. */
#define COUNT_BLOCKS 50000
#define DEPOSITED                                                              \
	"0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32"
#define CONFIG_UPDATE                                                          \
	"0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be"

enum outcome
anchor_query(struct effect_ctx *ctx, struct rpc *rpc, uint64_t number,
	     struct anchor *out)
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st =
		rpc_call(rpc, "eth_getBlockByNumber",
			 json_pack("[o, b]", quantity_from_u64(number), 0),
			 &block, ctx->ds);

	if (st != RPC_OK)
		return rpc_outcome(st);
	out->number = number;
	(void)snprintf(out->hash, sizeof(out->hash), "%s",
		       jx_str(block, "hash", ""));
	if (strlen(out->hash) == 66 &&
	    quantity_u64(jx_get(block, "timestamp"), &out->time) == 0)
		return OC_OK;
	diag_err(ctx->ds, "E0425", "block %llu does not exist on the L1",
		 (unsigned long long)number);
	return OC_FAIL;
}

/* An upgrade's time is that of block 0 and an offset, or 0: from the start. */
static void
shift_times(json_t *o, const char *suffix, uint64_t from, uint64_t to)
{
	size_t n = strlen(suffix), len;
	const char *key;
	json_t *v;

	json_object_foreach(o, key, v) {
		json_int_t at = json_integer_value(v);

		len = strlen(key);
		if (len > n && strcmp(key + len - n, suffix) == 0 && at > 0 &&
		    (uint64_t)at >= from)
			json_integer_set(
				v, (json_int_t)((uint64_t)at - from + to));
	}
}

int
anchor_move(json_t *rollup, json_t *genesis, const struct anchor *to,
	    struct diags *ds)
{
	const json_t *time = jx_at(rollup, "/genesis/l2_time");
	json_t *config = json_object_get(genesis, "config");
	uint64_t from = (uint64_t)json_integer_value(time), was;

	if (!json_is_integer(time) || !json_is_object(config) ||
	    !jx_at(rollup, "/genesis/l1/number") ||
	    quantity_u64(jx_get(genesis, "timestamp"), &was) || was != from)
		return diag_err(ds, "E0428",
				"genesis.json and rollup.json have different "
				"times for block 0");
	shift_times(rollup, "_time", from, to->time);
	shift_times(config, "Time", from, to->time);
	json_object_set_new(genesis, "timestamp", quantity_from_u64(to->time));
	if (jx_set_at(rollup, "/genesis/l2_time",
		      json_integer((json_int_t)to->time)) ||
	    jx_set_at(rollup, "/genesis/l1/number",
		      json_integer((json_int_t)to->number)) ||
	    jx_set_at(rollup, "/genesis/l1/hash", json_string(to->hash)))
		return diag_err(ds, "E0428", "rollup.json has no genesis.l1");
	return 0;
}

/* In JSON geth does not shorten hashes. "" when it said none. */
static void
hash_in_log(const char *text, char out[67])
{
	out[0] = '\0';
	while (*text) {
		size_t n = strcspn(text, "\n");
		CLEANUP(put_json)
		json_t *line = jx_parse(text, n, "log", NULL);
		const char *hash = jx_str(line, "hash", "");

		if (strlen(hash) == 66)
			memcpy(out, hash, 67);
		text += n + (text[n] == '\n');
	}
}

static enum outcome
hash_of(struct effect_ctx *ctx, const struct effect_op *op, const char *genesis,
	char out[67])
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LOG_MAX);
	const char *log = arena_printf(ctx->arena, "%s/%s.geth.log",
				       op->env->places->logs,
				       addr_file(ctx->arena, op->addr));
	const char *dir =
		arena_printf(ctx->arena, "%s/%s", op->env->places->scratch,
			     addr_file(ctx->arena, op->addr));
	const char *argv[] = {
		jx_str(op->config, "geth", ""),
		"--log.format=json",
		"init",
		"--datadir",
		dir,
		"--state.scheme=hash",
		genesis,
		NULL,
	};
	struct tool t = { .argv = argv, .log = log, .timeout_ms = INIT_MS };
	enum outcome oc;

	(void)unlink(log);
	if (file_remove_tree(dir, ctx->ds) || file_mkdirs(dir, 0700, ctx->ds))
		return OC_FAIL;
	oc = tool_run(ctx, &t);
	if (file_remove_tree(dir, ctx->ds) && oc == OC_OK)
		return OC_FAIL;
	if (oc != OC_OK)
		return oc;
	if (file_read(log, &text, ctx->ds))
		return OC_FAIL;
	hash_in_log(buf_str(&text), out);
	if (out[0])
		return OC_OK;
	diag_err(ctx->ds, "E0435", "geth did not print the hash of block 0");
	diag_hint(ctx->ds, "see %s", log);
	return OC_FAIL;
}

/* Proves that this geth and op-node understand a genesis alike. */
static enum outcome
check_geth(struct effect_ctx *ctx, const struct effect_op *op, const char *made,
	   const json_t *rollup)
{
	const char *want = json_string_value(jx_at(rollup, "/genesis/l2/hash"));
	char got[67];
	enum outcome oc = hash_of(ctx, op, made, got);

	if (oc != OC_OK || (want && strcmp(got, want) == 0))
		return oc;
	diag_err(ctx->ds, "E0422", "geth computed block 0 '%s', not '%s'", got,
		 want ? want : "");
	diag_path(ctx->ds, "/geth");
	diag_hint(ctx->ds, "use programs of the same release");
	return OC_FAIL;
}

static unsigned
count_events(const json_t *logs, const char *topic)
{
	unsigned n = 0;

	for (size_t i = 0; i < json_array_size(logs); i++) {
		const char *t = json_string_value(
			jx_at(json_array_get(logs, i), "/topics/0"));

		n += t && strcmp(t, topic) == 0;
	}
	return n;
}

static void
warn_count(struct effect_ctx *ctx, const char *what, unsigned n, uint64_t start,
	   const struct anchor *to)
{
	diag_warn(ctx->ds, "W0436",
		  "%s in L1 blocks %llu to %llu that do not reach the L2: %u",
		  what, (unsigned long long)start + 1,
		  (unsigned long long)to->number, n);
}

/* A node that does not give the events is no reason to stop: the plan has
 * said what is lost. */
void
anchor_warn_lost(struct effect_ctx *ctx, struct rpc *rpc, const json_t *rollup,
		 uint64_t start, const struct anchor *to)
{
	CLEANUP(put_json) json_t *logs = NULL;
	json_t *filter;
	unsigned deposits, updates;

	if (to->number - start > COUNT_BLOCKS)
		return;
	filter = json_pack("[{s:[s, s], s:[[s, s]], s:o, s:o}]", "address",
			   jx_str(rollup, "deposit_contract_address", ""),
			   jx_str(rollup, "l1_system_config_address", ""),
			   "topics", DEPOSITED, CONFIG_UPDATE, "fromBlock",
			   quantity_from_u64(start + 1), "toBlock",
			   quantity_from_u64(to->number));
	if (rpc_call(rpc, "eth_getLogs", filter, &logs, NULL) != RPC_OK)
		return;
	deposits = count_events(logs, DEPOSITED);
	updates = count_events(logs, CONFIG_UPDATE);
	if (deposits)
		warn_count(ctx, "deposits", deposits, start, to);
	if (updates) {
		warn_count(ctx, "changes of SystemConfig", updates, start, to);
		diag_hint(ctx->ds, "the L2 starts with the deploy config's "
				   "values: compare them with the contract's");
	}
}

enum outcome
anchor_apply(struct effect_ctx *ctx, const struct effect_op *op,
	     struct rpc *rpc, const struct anchor *to, const char *made,
	     json_t *rollup, json_t *genesis)
{
	const char *moved = arena_printf(ctx->arena, "%s.moved", made);
	uint64_t start = (uint64_t)json_integer_value(
		jx_at(rollup, "/genesis/l1/number"));
	char hash[67];
	enum outcome oc;

	effect_progress(ctx, "moving the genesis to L1 block %llu",
			(unsigned long long)to->number);
	oc = check_geth(ctx, op, made, rollup);
	if (oc != OC_OK)
		return oc;
	anchor_warn_lost(ctx, rpc, rollup, start, to);
	if (anchor_move(rollup, genesis, to, ctx->ds) ||
	    file_replace_json(moved, genesis, 0644, ctx->ds))
		return OC_FAIL;
	oc = hash_of(ctx, op, moved, hash);
	(void)unlink(moved);
	if (oc != OC_OK)
		return oc;
	if (jx_set_at(rollup, "/genesis/l2/hash", json_string(hash))) {
		diag_err(ctx->ds, "E0428", "rollup.json has no genesis.l2");
		return OC_FAIL;
	}
	return OC_OK;
}
