#include "cmd/opl2/chain/procs.h"

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/trace.h"
#include "engine/spec/spec.h"
#include "state/backend.h"
#include "state/state.h"

#define PREFIX "process."

json_t *
procs_names(struct cmd *c)
{
	json_t *names = json_array();

	for (size_t i = 0; i < c->opts.nargs; i++) {
		const char *name = c->opts.args[i];

		if (!strncmp(name, PREFIX, strlen(PREFIX)))
			name += strlen(PREFIX);
		json_array_append_new(names, json_string(name));
	}
	return names;
}

/* The nearest name that there is, for a slip of the pen. */
static void
hint_at_names(struct cmd *c, const json_t *names)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(freep) const char **have = NULL;
	const char *near = NULL;
	const json_t *v;
	size_t i;

	if (runtime_read_status(c->state_dir, NULL, true, &st, &c->ds))
		return;
	have = xcalloc(st->n + 1, sizeof(*have));
	for (i = 0; i < st->n; i++)
		have[i] = st->procs[i].name;
	json_array_foreach(names, i, v) {
		near = opts_nearest(json_string_value(v), have, st->n);
		if (near)
			break;
	}
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 status' lists them");
}

/* On this machine; of a shared state nobody can tell. */
static bool
apply_goes_on(struct cmd *c, struct lease_holder *h)
{
	CLEANUP(backend_closep)
	struct state_backend *b = c->state ? cmd_backend(c) : NULL;

	return b && !b->ops->settle && b->ops->holder(b, h) && !h->ended &&
	       strcmp(h->command, "apply") == 0;
}

int
procs_status(struct cmd *c, const json_t *names, struct runtime_status **st)
{
	struct lease_holder h;

	if (runtime_read_status(c->state_dir, names, true, st, &c->ds)) {
		if (c->ds.last && !strcmp(c->ds.last->code, "E0911"))
			hint_at_names(c, names);
		return -1;
	}
	if ((*st)->n > 0)
		return 0;
	if (cmd_check_here(c))
		return -1;
	diag_err(&c->ds, "E0924", "the chain has no processes yet");
	/* Who asks during an apply, or after one that failed, is not sent to
	 * it. */
	if (apply_goes_on(c, &h))
		diag_hint(&c->ds,
			  "the apply that runs (process %d, since %s) has not "
			  "come as far as that: 'opl2 plan' shows what is left",
			  (int)h.pid, h.since);
	else if (c->state && c->state->count)
		diag_hint(&c->ds, "no apply has come as far as that: 'opl2 "
				  "plan' shows what is left, and what is in "
				  "the way");
	else
		diag_hint(&c->ds, "'opl2 apply' creates them");
	return -1;
}

int
procs_status_or_records(struct cmd *c, struct runtime_status **st)
{
	CLEANUP(put_json) json_t *names = json_array();

	if (procs_status(c, names, st) == 0)
		return 0;
	if (!c->ds.last || strcmp(c->ds.last->code, "E1150"))
		return -1;
	cmd_flush_diags(c);
	return runtime_read_status(c->state_dir, names, false, st, &c->ds);
}

static bool
print_event(void *arg UNUSED, const char *name, const char *state,
	    const char *text)
{
	if (name)
		fprintf(stderr, "%s: %s%s%s\n", name, state, *text ? ", " : "",
			text);
	return false;
}

const struct runtime_wait procs_printing = { .fn = print_event };

/* What the spec makes of its sensitive variables, which may come from any
 * environment variable. A spec with mistakes in it is no reason not to start
 * what was applied, so its diagnostics are dropped. New reference or NULL. */
static json_t *
spec_secrets(struct cmd *c)
{
	CLEANUP(freep) char *file = path_join(c->dir, "opl2.yaml");
	struct spec_opts so = { .file = file,
				.state_dir = c->state_dir,
				.lenient = true };
	CLEANUP(diags_done) struct diags quiet;
	struct spec *spec = NULL;
	json_t *out;
	int rc;

	diags_init(&quiet);
	if (!file_exists(file))
		return NULL;
	/* Also after an error spec may be there, with what could be read. */
	rc = spec_load(&so, &spec, &quiet);
	out = spec ? jx_share(spec->secrets) : NULL;
	trace("spec for secrets: %d", rc);
	spec_free(spec);
	return out;
}

/* env:NAME is NAME in our environment; var:NAME is OPL2_VAR_NAME or what the
 * spec says. */
static void
add_secret(struct cmd *c, json_t *out, const char *key, json_t **spec)
{
	bool var = !strncmp(key, "var:", 4);
	CLEANUP(freep)
	char *name = xasprintf("%s%s", var ? "OPL2_VAR_" : "", key + 4);
	const char *value = getenv(name);

	if (var && !value && !*spec) {
		*spec = spec_secrets(c);
		if (!*spec)
			*spec = json_object();
	}
	if (var && !value)
		value = jx_str(*spec, key, NULL);
	if (value && *value)
		json_object_set_new(out, key, json_string(value));
}

int
procs_give_secrets(struct cmd *c, struct runtime_chain *rc)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *values = json_object();
	CLEANUP(put_json) json_t *spec = NULL;

	if (rc->rt->attend(rc, &c->ds) ||
	    rc->rt->status(rc, NULL, true, &st, &c->ds))
		return -1;
	for (size_t i = 0; i < st->n; i++)
		for (size_t k = 0; k < st->procs[i].nneeds; k++)
			add_secret(c, values, st->procs[i].needs[k], &spec);
	return rc->rt->give_secrets(rc, values, &c->ds);
}

int
procs_start(struct cmd *c, struct runtime_chain *rc, const json_t *names)
{
	if (procs_give_secrets(c, rc) || rc->rt->start(rc, names, &c->ds))
		return -1;
	return rc->rt->wait_ready(rc, names, &procs_printing, &c->ds);
}
