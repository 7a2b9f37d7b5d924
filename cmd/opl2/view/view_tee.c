/* -json-into: all that is shown goes into a file as well, as NDJSON. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "cmd/opl2/view/view.h"
#include "engine/base/mem.h"

struct tee {
	const struct view_ops *shown; /* of the view itself */
	struct view into;
};

static void
tee_event(struct view *v, const struct event *ev)
{
	v->tee->shown->event(v, ev);
	view_json_ops.event(&v->tee->into, ev);
}

static void
tee_tick(struct view *v)
{
	if (v->tee->shown->tick)
		v->tee->shown->tick(v);
}

static void
tee_plan(struct view *v, const struct plan *p, const char *saved)
{
	v->tee->shown->plan(v, p, saved);
	view_json_ops.plan(&v->tee->into, p, saved);
}

static void
tee_funds(struct view *v, const json_t *funds)
{
	v->tee->shown->funds(v, funds);
	view_json_ops.funds(&v->tee->into, funds);
}

static void
tee_plan_end(struct view *v, const struct plan *p, const char *saved)
{
	if (v->tee->shown->plan_end)
		v->tee->shown->plan_end(v, p, saved);
}

static void
tee_applied(struct view *v, const struct plan *p,
	    const struct apply_result *res)
{
	v->tee->shown->applied(v, p, res);
	view_json_ops.applied(&v->tee->into, p, res);
}

static void
tee_spent(struct view *v, const json_t *chains)
{
	v->tee->shown->spent(v, chains);
	view_json_ops.spent(&v->tee->into, chains);
}

static void
tee_outputs(struct view *v, const json_t *outputs)
{
	v->tee->shown->outputs(v, outputs);
	view_json_ops.outputs(&v->tee->into, outputs);
}

static void
tee_diags(struct view *v, struct diags *ds)
{
	v->tee->shown->diags(v, ds);
	view_json_ops.diags(&v->tee->into, ds);
}

static void
tee_done(struct view *v)
{
	if (v->tee->shown->done)
		v->tee->shown->done(v);
}

static const struct view_ops tee_ops = {
	.event = tee_event,
	.tick = tee_tick,
	.plan = tee_plan,
	.funds = tee_funds,
	.plan_end = tee_plan_end,
	.applied = tee_applied,
	.spent = tee_spent,
	.outputs = tee_outputs,
	.diags = tee_diags,
	.done = tee_done,
};

int
view_tee(struct view *v, const char *path, struct diags *ds)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f) {
		diag_errno(ds, "E0653", "cannot write to '%s'", path);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	v->tee = xcalloc(1, sizeof(*v->tee));
	v->tee->shown = v->ops;
	v->tee->into.out = f;
	v->ops = &tee_ops;
	view_json_begin(&v->tee->into);
	return 0;
}

int
view_tee_end(struct view *v, const char *path, struct diags *ds)
{
	FILE *f = v->tee->into.out;
	bool bad = ferror(f) != 0;

	free(TAKE(v->tee));
	if (fclose(f) == 0 && !bad)
		return 0;
	/* The reason of an earlier write is gone. */
	return diag_err(ds, "E0653", "'%s' was not written whole", path);
}
