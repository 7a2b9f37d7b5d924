/* opl2 plan: what apply would do, and why. Nothing is changed. */
#include "cmd/opl2/run/preflight.h"
#include "cmd/opl2/run/session.h"
#include "cmd/opl2/view/view.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "out", OPT_TEXT, "FILE",
	  "save the plan to FILE, for 'opl2 apply FILE'" },
	OPTS_SHOWING,
	OPTS_VIEW,
	{ "detailed-exitcode", OPT_FLAG, NULL,
	  "exit with status 2 if changes are pending, 6 for drift with "
	  "-refresh-only" },
	{ "expect-no-changes", OPT_FLAG, NULL,
	  "exit with status 7 if anything would change" },
	OPTS_PLANNING,
	OPTS_LOCK,
	OPTS_INPUT,
	OPTS_END,
};

/* The exit code of a plan that was made. */
static int
outcome(struct cmd *c, const struct plan *p)
{
	bool changes = plan_has_changes(p);

	if (changes && opt_flag(&c->opts, "expect-no-changes"))
		return diag_err(&c->ds, "E1013",
				"changes are pending, but none were expected");
	if (!changes || !opt_flag(&c->opts, "detailed-exitcode"))
		return EXIT_OK;
	return p->mode == PLAN_REFRESH_ONLY ? EXIT_DRIFT : EXIT_CHANGES;
}

static int
exec_plan(struct cmd *c)
{
	SESSION_CLEANUP struct session s = { 0 };
	const char *out = opt_text(&c->opts, "out");
	int rc;

	if (session_init(&s, c, "plan", false) ||
	    cmd_load_spec(c, s.ro.no_refresh))
		return -1;
	rc = session_plan(&s, false);
	if (!s.plan)
		return -1;
	if (rc == 0 && out && plan_save(s.plan, out, &c->ds))
		rc = -1;
	session_show(&s, rc == 0 ? out : NULL);
	if (!s.ro.no_refresh && preflight(&s, false))
		rc = -1;
	return rc ? -1 : outcome(c, s.plan);
}

const struct cmd_entry cmd_plan = {
	.name = "plan",
	.args = "",
	.summary = "show what apply would do, and why",
	.text = "Reads the spec, the state and the real resources, and changes "
		"none of them.\n"
		"Symbols: + create, ~ update, -/+ replace, - destroy, <= read, "
		". keep; ! marks what spends money or cannot be undone. Each "
		"change has its reason and its class: in place, restart, "
		"replace, new genesis, new chain. A new resource is one line; "
		"-full shows its attributes.\n"
		"The summary shows who pays what, what cannot be undone, what "
		"restarts, and what is downloaded and built and about how long "
		"that takes. Downloads and builds are counted separately, as "
		"cache: losing them costs only time. Durations come from "
		"earlier runs of the chain; 'first time' marks figures from "
		"another machine.\n"
		"A plan takes no lock; -lock and -lock-timeout are accepted "
		"because apply has them.",
	.opts = opts,
	.needs = NEED_VIEW,
	.exec = exec_plan,
};
