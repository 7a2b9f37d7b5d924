#include "cmd/opl2/state/migrate.h"

#include "engine/base/clock.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"
#include "state/backend.h"

static int
take(struct cmd *c, struct state_backend *b)
{
	char now[32];
	const struct lease_claim claim = { .command = "init -migrate-state",
					   .since = now };

	utc_now(now, sizeof(now));
	return b->ops->prepare(b, &c->ds) < 0 ||
			       b->ops->acquire(b, &claim, &c->ds) < 0
		       ? -1
		       : 0;
}

/* The folder's state is up to date and nobody goes on with the old place. */
static int
leave_old(struct cmd *c)
{
	CLEANUP(backend_closep)
	struct state_backend *b = backend_open_here(c->state_dir);

	if (!b->ops->leave)
		return 0;
	return take(c, b) < 0 ? -1 : b->ops->leave(b, &c->ds);
}

/* With the lease, what the folder has is delivered. */
static int
enter_new(struct cmd *c, struct state_backend *b)
{
	if (!b->ops->adopt)
		return 0;
	return b->ops->adopt(b, &c->ds) < 0 ? -1 : take(c, b);
}

static bool
is_there_already(const struct cmd *c)
{
	CLEANUP(put_json) json_t *mark = backend_mark(c->state_dir);
	const json_t *now = jx_get(mark, "backend");

	return now && c->spec->backend && json_equal(now, c->spec->backend);
}

int
migrate_state(struct cmd *c)
{
	CLEANUP(backend_closep) struct state_backend *b = NULL;

	if (cmd_load_spec(c, true))
		return -1;
	if (is_there_already(c)) {
		fputs("The state is where the spec says.\n", c->out);
		return EXIT_OK;
	}
	if (leave_old(c) < 0)
		return -1;
	b = cmd_spec_backend(c);
	if (enter_new(c, b) < 0)
		return -1;
	fprintf(c->out, "The state is now %s.\n",
		b->ops->adopt ? "where 'backend' says" : "in .opl2");
	return EXIT_OK;
}
