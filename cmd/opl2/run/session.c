#include "cmd/opl2/run/session.h"

#include "cmd/opl2/run/accounts.h"
#include "cmd/opl2/run/funds.h"
#include "cmd/opl2/run/scope.h"
#include "cmd/opl2/view/view.h"

/* A table without the row means the default. */
static bool
session_has(const struct cmd *c, const char *name)
{
	const struct opt_def *d;

	for (d = c->entry->opts; d->name; d++)
		if (strcmp(d->name, name) == 0)
			return true;
	return false;
}

static bool
flag(const struct cmd *c, const char *name)
{
	return session_has(c, name) && opt_flag(&c->opts, name);
}

int
session_init(struct session *s, struct cmd *c, const char *command,
	     bool destroy)
{
	struct run_opts *ro = &s->ro;
	bool refresh_only = flag(c, "refresh-only");

	*s = (struct session){ .c = c };
	c->view->full = flag(c, "full");
	destroy |= flag(c, "destroy");
	if (destroy && refresh_only)
		return diag_err(&c->ds, "E1012",
				"'-destroy' and '-refresh-only' cannot be used "
				"together");
	if (refresh_only && !opt_flag(&c->opts, "refresh"))
		return diag_err(&c->ds, "E1012",
				"'-refresh-only' and '-refresh=false' cannot "
				"be used together");
	ro->mode = destroy        ? PLAN_DESTROY
		   : refresh_only ? PLAN_REFRESH_ONLY
				  : PLAN_NORMAL;
	if (scope_take(c, "target", &ro->targets, &ro->ntargets) ||
	    scope_take(c, "exclude", &ro->excludes, &ro->nexcludes))
		return -1;
	if (ro->ntargets && ro->nexcludes)
		return diag_err(&c->ds, "E1012",
				"'-target' and '-exclude' cannot be used "
				"together");
	if (session_has(c, "replace")) {
		ro->replace =
			opt_list(&c->opts, "replace", &c->arena, &ro->nreplace);
		ro->accept_irreversible =
			opt_text(&c->opts, "accept-irreversible");
	}
	ro->no_refresh = !opt_flag(&c->opts, "refresh");
	ro->parallelism = (unsigned)opt_num(&c->opts, "parallelism", 0);
	ro->lock_timeout_ms = opt_num(&c->opts, "lock-timeout", 0);
	ro->no_lock = !opt_flag(&c->opts, "lock");
	ro->take_over = flag(c, "take-over");
	ro->delete_data = opt_flag(&c->opts, "delete-data");
	ro->force = opt_flag(&c->opts, "force");
	/* Said outright, not merely because there is no terminal. */
	ro->locked = !opt_flag(&c->opts, "input");
	ro->command = command;
	ro->events = &c->view->events;
	return 0;
}

int
session_plan(struct session *s, bool write)
{
	struct cmd *c = s->c;
	int rc;

	if (cmd_run_open(c, &s->ro, c->spec, write, &s->run))
		return -1;
	rc = plan_make(s->run, &s->plan, &c->ds);
	if (s->plan)
		warn_shared_keys(c, s->plan);
	return rc;
}

void
session_show(struct session *s, const char *saved)
{
	struct view *v = s->c->view;

	v->ops->plan(v, s->plan, saved);
	funds_show(s);
	if (v->ops->plan_end)
		v->ops->plan_end(v, s->plan, saved);
}

void
session_done(struct session *s)
{
	plan_free(s->plan);
	run_close(s->run);
	s->plan = NULL;
	s->run = NULL;
}
