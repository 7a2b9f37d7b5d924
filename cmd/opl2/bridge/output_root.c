/* opl2 output-root: what the L2's node computes for a block. */
#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/chain/snapshot.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "json", OPT_FLAG, NULL, "print one JSON object, with the parts" },
	OPTS_END,
};

static int
exec_output_root(struct cmd *c)
{
	CLEANUP(put_json) json_t *facts = chain_facts(c->state, &c->ds);
	CLEANUP(put_json) json_t *args = NULL;
	CLEANUP(put_json) json_t *answer = NULL;
	const json_t *url = jx_get(jx_get(facts, "l2"), "rollup_rpc");
	const char *text = c->opts.args[0];
	struct run *r = NULL;
	uint64_t block;
	int rc;

	if (!facts)
		return -1;
	if (parse_u64(text, INT64_MAX, &block))
		return diag_err(&c->ds, "E1100",
				"'%s' is not the number of an L2 block", text);
	if (!url) {
		diag_err(&c->ds, "E1101", "no rollup node is recorded");
		diag_hint(&c->ds, "add an output 'rollup_rpc' to the spec");
		return -1;
	}
	snapshot_load_spec(c);
	args = json_pack("{s:O, s:I}", "rpc", (json_t *)(uintptr_t)url, "block",
			 (json_int_t)block);
	if (chain_run(c, false, &r))
		return -1;
	rc = run_action(r, "output_root", args, &answer, &c->ds);
	run_close(r);
	if (rc) {
		diag_hint(&c->ds, "'opl2 status' shows how far the L2 is");
		return -1;
	}
	if (opt_flag(&c->opts, "json")) {
		CLEANUP(freep) char *all = jx_dump(answer);

		fputs(all, c->out);
	} else {
		fprintf(c->out, "%s\n", jx_str(answer, "output_root", ""));
	}
	return EXIT_OK;
}

const struct cmd_entry cmd_output_root = {
	.name = "output-root",
	.args = "BLOCK",
	.summary = "print the output root of an L2 block",
	.text = "The chain's own rollup node computes it from its database. A "
		"proposal for that block must have this root. 'opl2 status' "
		"compares the newest proposal on the L1.",
	.opts = opts,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_STATE,
	.exec = exec_output_root,
};
