#include "cmd/opl2/chain/procs.h"

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/trace.h"
#include "engine/spec/spec.h"

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
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(freep) const char **have = NULL;
	const json_t *list, *v;
	const char *near = NULL;
	size_t i, n = 0;

	if (supctl_status(c->state_dir, NULL, &st, &c->ds))
		return;
	list = jx_get(st, "procs");
	have = xcalloc(json_array_size(list) + 1, sizeof(*have));
	json_array_foreach(list, i, v) have[n++] = jx_str(v, "name", "");
	json_array_foreach(names, i, v)
	{
		near = opts_nearest(json_string_value(v), have, n);
		if (near)
			break;
	}
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 status' lists them");
}

int
procs_status(struct cmd *c, const json_t *names, json_t **st)
{
	if (supctl_status(c->state_dir, names, st, &c->ds)) {
		if (c->ds.last && !strcmp(c->ds.last->code, "E0911"))
			hint_at_names(c, names);
		return -1;
	}
	if (json_array_size(jx_get(*st, "procs")) > 0)
		return 0;
	diag_err(&c->ds, "E0924", "this chain has no processes yet");
	diag_hint(&c->ds, "'opl2 apply' makes them");
	return -1;
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

int
procs_call(struct cmd *c, struct supctl *s, const char *op, const json_t *args,
	   json_t **out)
{
	return supctl_call(s, op, args, print_event, c, out, &c->ds);
}

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
procs_give_secrets(struct cmd *c, struct supctl *s)
{
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(put_json) json_t *args = json_object();
	CLEANUP(put_json) json_t *spec = NULL;
	json_t *values = json_object();
	const json_t *p, *v;
	size_t i, k;

	json_object_set_new(args, "secrets", values);
	if (supctl_call(s, "status", NULL, NULL, NULL, &st, &c->ds))
		return -1;
	json_array_foreach(jx_get(st, "procs"), i, p)
		json_array_foreach(jx_get(p, "needs"), k, v)
			add_secret(c, values, json_string_value(v), &spec);
	return supctl_call(s, "secrets", args, NULL, NULL, NULL, &c->ds);
}

int
procs_start(struct cmd *c, struct supctl *s, const json_t *names)
{
	CLEANUP(put_json)
	json_t *args = json_pack("{s:O}", "names", (json_t *)(uintptr_t)names);

	if (procs_give_secrets(c, s) || procs_call(c, s, "start", args, NULL))
		return -1;
	return procs_call(c, s, "wait_ready", args, NULL);
}
