/* From the config of a process to what the runtime is told. */
#include "providers/kinds/process/effect_process_def.h"

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/secret.h"
#include "providers/runtime/runtime.h"

/* ---- command ---- */

/* A name with a slash is a path from the spec's folder; one without is looked
 * up on PATH here and now, so that the supervisor's PATH does not matter. */
static json_t *
program_path(const struct effect_op *op, const char *name, struct diags *ds)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(freep) char *dirs = NULL;
	const char *env = getenv("PATH");
	char *dir, *save = NULL;

	if (strchr(name, '/')) {
		path = path_join(op->env->spec_dir, name);
		return json_string(path);
	}
	dirs = xstrdup(env ? env : "/usr/local/bin:/usr/bin:/bin");
	for (dir = strtok_r(dirs, ":", &save); dir;
	     dir = strtok_r(NULL, ":", &save)) {
		CLEANUP(freep) char *try = path_join(dir, name);

		if (*dir == '/' && access(try, X_OK) == 0)
			return json_string(try);
	}
	diag_err(ds, "E0902", "the program '%s' is not on PATH", name);
	diag_path(ds, "/command/0");
	return NULL;
}

static json_t *
build_command(const struct effect_op *op, struct diags *ds)
{
	const json_t *cmd = jx_get(op->config, "command");
	CLEANUP(put_json) json_t *argv = json_array();
	json_t *program;

	program =
		program_path(op, json_string_value(json_array_get(cmd, 0)), ds);
	if (!program)
		return NULL;
	json_array_append_new(argv, program);
	if (process_args(op->config, argv, ds))
		return NULL;
	return TAKE(argv);
}

/* ---- files ---- */

static void
process_def_absolute(json_t *part, const char *key, const char *base)
{
	const char *file = jx_str(part, key, NULL);

	if (file && *file != '/') {
		CLEANUP(freep) char *path = path_join(base, file);

		json_object_set_new(part, key, json_string(path));
	}
}

/* Key files may be named from the spec's folder. */
static void
absolute_files(void *base, json_t *part)
{
	process_def_absolute(part, "file", base);
	process_def_absolute(part, "keystore", base);
}

/* ---- the definition ---- */

static void
build_ports(struct process_def *d, const json_t *config)
{
	const json_t *ports = jx_get(config, "ports");
	struct process_port *v;
	const char *key;
	json_t *port;

	v = arena_alloc(&d->arena, (json_object_size(ports) + 1) * sizeof(*v));
	d->ports = v;
	json_object_foreach((json_t *)(uintptr_t)ports, key, port) {
		if (json_is_integer(port))
			v[d->nports++] = (struct process_port){
				key, (unsigned)json_integer_value(port)
			};
	}
}

static void
build_log(struct process_def *d, const struct effect_op *op, const json_t *log)
{
	const char *dir = op->env->places->runtime;
	CLEANUP(freep) char *path = runtime_of(dir)->log_place(dir, op->name);

	d->log.path = arena_strdup(&d->arena, path);
	d->log.max_bytes = jx_int(log, "max_size", d->log.max_bytes);
	d->log.keep = jx_int(log, "keep", d->log.keep);
}

static void
build_start(struct process_def *d, const struct effect_op *op, const json_t *c)
{
	CLEANUP(freep)
	char *dir = path_join(op->env->spec_dir,
			      jx_str(c, "dir", op->env->places->runtime));

	d->dir = arena_strdup(&d->arena, dir);
	d->env = jx_get(c, "env");
	d->triggers = jx_get(c, "triggers");
	build_ports(d, c);
	build_log(d, op, jx_get(c, "log"));
}

/* How it is watched and stopped. */
static void
build_rest(struct process_def *d, const json_t *c)
{
	struct arena *a = &d->arena;

	d->depends = process_texts_decode(a, jx_get(c, "after"));
	d->bound_to = process_texts_decode(a, jx_get(c, "bound_to"));
	d->start_when = process_probes_decode(a, jx_get(c, "start_when"));
	d->ready = process_probes_decode(a, jx_get(c, "ready"));
	d->ready_timeout_ms =
		process_ms(c, "ready_timeout", d->ready_timeout_ms);
	d->stop = process_steps_decode(a, jx_get(c, "stop"));
	d->stop_order = jx_int(c, "stop_order", 0);
	d->restart.never = !strcmp(jx_str(c, "restart", ""), "never");
	process_watch_decode(d, c);
}

struct process_def *
process_def_of(const struct effect_op *op, struct diags *ds)
{
	CLEANUP(put_json) json_t *command = build_command(op, ds);
	CLEANUP(put_json) json_t *c = json_deep_copy(op->config);
	struct process_def *d;

	if (!command)
		return NULL;
	each_secret_part(c, absolute_files,
			 (void *)(uintptr_t)op->env->spec_dir);
	json_object_set_new(c, "note",
			    json_pack("{s:O*, s:O*}", "urls", jx_get(c, "urls"),
				      "role", jx_get(c, "role")));
	json_object_set(c, "command", command);
	d = process_def_new(c);
	d->command = process_texts_decode(&d->arena, command);
	d->note = jx_get(c, "note");
	if (runtime_of(op->env->places->runtime)->elsewhere) {
		json_object_set_new(c, "place", process_place_of(c));
		d->place = jx_get(c, "place");
	}
	build_start(d, op, c);
	build_rest(d, c);
	if (process_def_check(op->name, d, ds)) {
		process_def_put(d);
		return NULL;
	}
	return d;
}
