/*
 * genesis: by `op-node genesis l2`, for a chain that names the program.
 *
 * op-node v1.9.4 computes the hash of the L1 block itself and is wrong on an
 * L1 past Prague, whose header has a field more than it knows. Nothing in the
 * L2's genesis depends on that hash, so the one that the L1 gives is put in
 * its place. Otherwise the files stay as the program wrote them, unless the L2
 * is to start after another L1 block (genesis_anchor.c).
 */
#include "providers/kinds/genesis/effect_genesis.h"

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/tools/forward.h"
#include "providers/clients/tools/run.h"
#include "providers/clients/tools/secret.h"
#include "providers/kinds/genesis/effect_genesis_anchor.h"

#define PROGRAM_MS 300000

static enum outcome
run_program(struct build *b, const char *url)
{
	const json_t *c = b->op->config;
	const char *argv[] = {
		jx_str(c, "program", ""),
		"genesis",
		"l2",
		"--l1-rpc",
		url,
		"--deploy-config",
		jx_str(c, "deploy_config", ""),
		"--l1-deployments",
		jx_str(c, "addresses", ""),
		"--l2-allocs",
		jx_str(c, "allocs", ""),
		"--outfile.l2",
		arena_printf(b->ctx->arena, "%s.new", b->genesis),
		"--outfile.rollup",
		arena_printf(b->ctx->arena, "%s.new", b->rollup),
		NULL,
	};
	struct tool t = {
		.argv = argv,
		.log = arena_printf(b->ctx->arena, "%s/%s.log",
				    b->op->env->places->logs,
				    addr_file(b->ctx->arena, b->op->addr)),
		.timeout_ms = PROGRAM_MS,
	};

	effect_progress(b->ctx, "computing the genesis of the L2");
	return tool_run(b->ctx, &t);
}

/* The program takes the URL in its arguments only, which are public. */
static enum outcome
run_hidden(struct build *b, const char *url)
{
	struct forward f = FORWARD_INIT;
	enum outcome oc = OC_FAIL;

	if (url_is_plain_loopback(url))
		return run_program(b, url);
	if (forward_start(b->ctx, url, &f) == 0)
		oc = run_program(b, f.url);
	forward_stop(b->ctx, &f);
	return oc;
}

/* Moves FILE.new into place, with other content when doc is given. */
static int
genesis_program_settle(struct build *b, const char *path, const json_t *doc)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(GENESIS_MAX);
	const char *from = arena_printf(b->ctx->arena, "%s.new", path);

	if (doc ? file_replace_json(path, doc, 0644, b->ctx->ds)
		: (file_read(from, &text, b->ctx->ds) ||
		   file_replace(path, buf_str(&text), text.n, 0644,
				b->ctx->ds)))
		return -1;
	(void)unlink(from);
	return 0;
}

/* Puts the L1's own hash of SystemConfig's block in the place of a wrong one.
 */
static enum outcome
correct_hash(struct build *b, json_t *rollup, bool *changed)
{
	struct anchor start;
	enum outcome oc = anchor_query(b->ctx, b->rpc, b->start, &start);

	if (oc != OC_OK ||
	    strcmp(start.hash, at_str(rollup, "/genesis/l1/hash")) == 0)
		return oc;
	if (jx_set_at(rollup, "/genesis/l1/hash", json_string(start.hash))) {
		diag_err(b->ctx->ds, "E0428", "rollup.json has no genesis.l1");
		return OC_FAIL;
	}
	diag_warn(b->ctx->ds, "W0418",
		  "op-node computed a wrong hash for L1 block %llu: "
		  "rollup.json now has the hash from the L1",
		  (unsigned long long)b->start);
	*changed = true;
	return OC_OK;
}

static enum outcome
move_anchor(struct build *b, const char *made, json_t *rollup, json_t *genesis)
{
	struct anchor to;
	enum outcome oc = anchor_query(b->ctx, b->rpc, b->at, &to);

	if (oc != OC_OK)
		return oc;
	return anchor_apply(b->ctx, b->op, b->rpc, &to, made, rollup, genesis);
}

static enum outcome
genesis_program_finish(struct build *b)
{
	const char *made = arena_printf(b->ctx->arena, "%s.new", b->rollup);
	const char *big = arena_printf(b->ctx->arena, "%s.new", b->genesis);
	CLEANUP(put_json)
	json_t *rollup = jx_load_file(made, GENESIS_MAX, b->ctx->ds);
	CLEANUP(put_json)
	json_t *genesis = jx_load_file(big, GENESIS_MAX, b->ctx->ds);
	CLEANUP(put_json) json_t *modern = NULL;
	bool moved = b->at != b->start, changed = moved;
	enum outcome oc;

	if (!rollup || !genesis)
		return OC_FAIL;
	oc = correct_hash(b, rollup, &changed);
	if (oc == OC_OK && moved)
		oc = move_anchor(b, big, rollup, genesis);
	if (oc != OC_OK)
		return oc;
	if (genesis_check_same(b, rollup))
		return OC_FAIL;
	modern = with_chain_op(rollup, genesis);
	if (genesis_program_settle(b, b->genesis, moved ? genesis : NULL) ||
	    genesis_program_settle(b, b->rollup, changed ? rollup : NULL) ||
	    file_replace_json(b->rollup_chain_op, modern, 0644, b->ctx->ds))
		return OC_FAIL;
	return OC_OK;
}

enum outcome
genesis_by_program(struct build *b)
{
	enum outcome oc = run_hidden(b, rpc_url(b->rpc));

	return oc == OC_OK ? genesis_program_finish(b) : oc;
}
