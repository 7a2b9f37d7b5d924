/* opl2 apply: makes the world as the spec says, or as a saved plan says. */
#include "cmd/opl2/run/apply.h"

#include "cmd/opl2/run/funds.h"
#include "cmd/opl2/run/preflight.h"
#include "cmd/opl2/view/view.h"
#include "engine/apply/apply.h"
#include "engine/plan/plan_digest.h"
#include "state/state.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "auto-approve", OPT_FLAG, NULL,
	  "do not ask for approval; includes irreversible creates within "
	  "limits.eth" },
	OPTS_SHOWING,
	OPTS_VIEW,
	{ "plan-digest", OPT_TEXT, "DIGEST",
	  "apply the plan that has this digest, without asking, or nothing" },
	OPTS_PLANNING,
	OPTS_LOCK,
	OPTS_INPUT,
	OPTS_END,
};

static int
approve(struct session *s)
{
	struct cmd *c = s->c;
	const struct plan *p = s->plan;
	const char *chain = p->chain ? p->chain : "yes";

	if (p->mode == PLAN_DESTROY)
		return cmd_confirm(
			c,
			p->delete_data
				? "This destroys the chain and its data. The "
				  "data cannot be recovered."
				: "This takes the chain down. Keys and data "
				  "are kept.",
			p->delete_data ? chain : "yes");
	if (p->counts.irreversible)
		return cmd_confirm(c,
				   "Some of these actions spend money or "
				   "cannot be undone.",
				   chain);
	return cmd_confirm(c, "Do you want to perform these actions?", "yes");
}

static void
what_next(struct session *s)
{
	const json_t *outputs = s->run->state->outputs;
	struct cmd *c = s->c;

	if (c->in_automation || opt_flag(&c->opts, "json") ||
	    s->plan->mode != PLAN_NORMAL || s->plan->limited)
		return;
	fputs("\nWhat next:\n"
	      "  opl2 status           processes and progress of the chain\n"
	      "  opl2 logs -f          follow the logs\n"
	      "  opl2 ui               the chain on a page, in the browser\n",
	      c->out);
	if (json_object_size(outputs))
		fputs("  opl2 output -json     the outputs, for scripts\n",
		      c->out);
	fputs("  opl2 destroy          take it down again\n", c->out);
}

int
apply_plan(struct session *s, bool ask)
{
	struct apply_result res = { 0 };
	struct cmd *c = s->c;
	struct view *v = c->view;
	int rc;

	session_show(s, NULL);
	if (!plan_has_changes(s->plan))
		return run_apply_nothing(s->run, s->plan, &c->ds) ? -1
								  : EXIT_OK;
	/* Whoever is asked has to have seen the warnings. Once more after the
	 * answer, which may have taken its time. */
	if (preflight(s, true))
		return -1;
	cmd_flush_diags(c);
	if (ask && (approve(s) || preflight(s, true)))
		return -1;
	if (session_take_over(s))
		return -1;
	if (!opt_flag(&c->opts, "json"))
		fputc('\n', c->out);
	rc = run_apply(s->run, s->plan, &res, &c->ds);
	v->ops->applied(v, s->plan, &res);
	funds_spent(s);
	if (rc)
		return -1;
	if (s->plan->mode == PLAN_NORMAL)
		v->ops->outputs(v, s->run->state->outputs);
	what_next(s);
	return res.kept ? EXIT_LEFT : EXIT_OK;
}

/* Options that a saved plan has settled already. */
static int
refuse_planning(struct cmd *c)
{
	static const char *const names[] = {
		"destroy",     "refresh-only", "target",
		"target-file", "exclude",      "exclude-file",
		"refresh",     "replace",      "accept-irreversible",
		"delete-data", "take-over"
	};
	size_t i;

	for (i = 0; i < COUNTOF(names); i++)
		if (opt_given(&c->opts, names[i])) {
			diag_err(&c->ds, "E1012",
				 "'-%s' cannot be used with a saved plan",
				 names[i]);
			diag_hint(&c->ds, "use it with 'opl2 plan -out=FILE'");
			return -1;
		}
	return 0;
}

static int
load(struct session *s, const char *file)
{
	struct cmd *c = s->c;

	if (cmd_run_open(c, &s->ro, c->spec, true, &s->run))
		return -1;
	return plan_load(s->run, file, &s->plan, &c->ds);
}

static int
exec_apply(struct cmd *c)
{
	SESSION_CLEANUP struct session s = { 0 };
	const char *file = c->opts.nargs ? c->opts.args[0] : NULL;
	const char *approved = opt_text(&c->opts, "plan-digest");
	bool ask = !opt_flag(&c->opts, "auto-approve") && !approved && !file;
	int rc;

	if ((approved && plan_digest_check(NULL, NULL, approved, &c->ds)) ||
	    (file && refuse_planning(c)) ||
	    session_init(&s, c, "apply", false) || cmd_load_spec(c, false))
		return -1;
	rc = file ? load(&s, file) : session_plan(&s, true);
	if (rc == 0 && approved)
		rc = plan_digest_check(s.plan, s.run, approved, &c->ds);
	if (rc && s.plan)
		session_show(&s, NULL);
	return rc ? -1 : apply_plan(&s, ask);
}

const struct cmd_entry cmd_apply = {
	.name = "apply",
	.args = "[PLANFILE]",
	.summary = "create, update or remove what the spec describes",
	.text = "Makes a plan, asks for approval, and carries it out. With "
		"PLANFILE (from 'opl2 plan -out=FILE'), carries out exactly "
		"that plan without asking, or refuses if the spec or the state "
		"has changed since.\n"
		"With -plan-digest (from 'opl2 plan'), makes a plan and "
		"carries it out without asking if it is the one that was "
		"approved, on this machine or another. The digest covers the "
		"spec with its variables, the state's lineage, and each change "
		"with what results. It does not cover fees: 'limits' does.\n"
		"The next apply continues a run that was interrupted or "
		"failed. Press Ctrl-C once to let operations finish or stop at "
		"a safe place, twice to stop them at once.",
	.opts = opts,
	.max_args = 1,
	.needs = NEED_VIEW,
	.exec = exec_apply,
};
