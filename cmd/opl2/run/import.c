/* opl2 import: adopts what was made without opl2. Changes nothing there. */
#include "cmd/opl2/run/session.h"
#include "cmd/opl2/view/view.h"
#include "engine/apply/apply.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	OPTS_VARS, OPTS_VIEW, OPTS_LOCK, OPTS_INPUT, OPTS_END,
};

static json_t *
given_files(const struct cmd *c)
{
	json_t *files = json_array();

	for (size_t i = 1; i < c->opts.nargs; i++) {
		CLEANUP(freep) char *path = path_join(c->dir, c->opts.args[i]);

		json_array_append_new(files, json_string(path));
	}
	return files;
}

static int
exec_import(struct cmd *c)
{
	SESSION_CLEANUP struct session s = {
		.c = c,
		.ro = { .mode = PLAN_NORMAL,
			.lock_timeout_ms = opt_num(&c->opts, "lock-timeout", 0),
			.no_lock = !opt_flag(&c->opts, "lock"),
			.locked = !opt_flag(&c->opts, "input"),
			.command = "import",
			.events = &c->view->events },
	};
	CLEANUP(put_json) json_t *files = given_files(c);
	const struct plan shown = { .mode = PLAN_NORMAL };
	struct apply_result res;

	if (cmd_run_open(c, &s.ro, c->spec, true, &s.run) ||
	    run_import(s.run, c->opts.args[0], files, &res, &c->ds))
		return -1;
	c->view->ops->applied(c->view, &shown, &res);
	if (!c->in_automation && !opt_flag(&c->opts, "json"))
		fputs("\n"
		      "What next:\n"
		      "  opl2 plan             see what remains to be done\n",
		      c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_import = {
	.name = "import",
	.args = "ADDR FILE...",
	.summary = "adopt resources that were created by hand",
	.text = "Verifies that what FILE describes exists and matches the "
		"spec, and records it as the resource ADDR, as if opl2 had "
		"created it. Sends no transaction. If anything does not match, "
		"records nothing.\n"
		"l1_contracts.NAME: FILE is the artifact of the official "
		"script, one flat object of names and addresses "
		"(deployments/artifact.json, or .deploy). Each must have code "
		"on the L1, SystemConfig must be initialised, and the values "
		"of the contracts must be those of the deploy config.\n"
		"genesis.NAME: FILE is op-node's rollup.json, with "
		"genesis.json beside it or named after it. Chain ids, "
		"SystemConfig, the block of the L1 and what the deploy config "
		"says must be the same, and the hash of block 0 that of "
		"genesis.json.\n"
		"datadir.NAME: FILE is geth's --datadir, with no geth running "
		"on it; geth itself tells whether it is of the spec's genesis. "
		"It stays where it is and gets a file opl2.json; .opl2/data "
		"has a link to it.\n"
		"What ADDR refers to must be applied before; the error message "
		"names it. 'import: [{ to: ADDR, id: FILE }]' in the spec has "
		"'opl2 apply' do the same.",
	.opts = opts,
	.min_args = 2,
	.max_args = 3,
	.needs = NEED_VIEW | NEED_SPEC,
	.exec = exec_import,
};
