/* From the config of a process to what the supervisor is told. */
#include "providers/kinds/process/effect_process_def.h"

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/supctl.h"
#include "providers/clients/tools/secret.h"

/* ---- command ---- */

/* A name with a slash is a path from the spec's folder; one without is looked
 * up on PATH here and now, so that the supervisor's PATH does not matter. */
static json_t *
program_path(const struct op *op, const char *name, struct diags *ds)
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
build_command(const struct op *op, struct diags *ds)
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

/* ---- probes and stop steps ---- */

static void
to_ms(json_t *o, const char *key)
{
	const char *text = jx_str(o, key, NULL), *why;
	uint64_t ms;

	if (text && duration_parse(text, &ms, &why) == 0)
		json_object_set_new(o, key, json_integer((json_int_t)ms));
}

/* A deep copy of probes or steps in which durations are ms, nulls are gone
 * and the files of tokens are absolute. */
static json_t *
resolve_steps(const json_t *list)
{
	static const char *const times[] = { "timeout", "age_below", "grace" };
	json_t *out = json_deep_copy(list), *v, *body;
	const char *key;
	size_t i;

	json_array_foreach(out, i, v)
	{
		to_ms(v, "grace");
		json_object_foreach(v, key,
				    body) for (size_t t = 0; t < COUNTOF(times);
					       t++) if (json_is_object(body))
			to_ms(body, times[t]);
	}
	return out ? out : json_array();
}

static void
absolute(json_t *part, const char *key, const char *base)
{
	const char *file = jx_str(part, key, NULL);

	if (file && *file != '/') {
		CLEANUP(freep) char *path = path_join(base, file);

		json_object_set_new(part, key, json_string(path));
	}
}

/* Key files may be named from the spec's folder. */
static void
absolute_files(json_t *j, const char *base)
{
	const char *key;
	json_t *v;
	void *next;
	size_t i;

	if (json_is_array(j)) {
		json_array_foreach(j, i, v) absolute_files(v, base);
		return;
	}
	if (!secret_is_token(j)) {
		json_object_foreach_safe(j, next, key, v)
			absolute_files(v, base);
		return;
	}
	json_array_foreach(json_object_get(j, "$secret"), i, v)
	{
		absolute(v, "file", base);
		absolute(v, "keystore", base);
		absolute(json_object_get(v, "password"), "file", base);
	}
}

static json_t *
build_ports(const json_t *config)
{
	json_t *out = json_array();
	const json_t *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)jx_get(config, "ports"), key,
			    v) if (json_is_integer(v))
		json_array_append_new(out, json_pack("{s:s, s:O}", "name", key,
						     "port",
						     (json_t *)(uintptr_t)v));
	return out;
}

static uint64_t
duration_of(const json_t *config, const char *key, uint64_t def)
{
	const char *why;
	uint64_t ms;

	if (duration_parse(jx_str(config, key, ""), &ms, &why))
		return def;
	return ms;
}

static void
share(json_t *def, const char *to, const json_t *config, const char *from)
{
	const json_t *v = jx_get(config, from);

	if (v)
		json_object_set_new(def, to, jx_share(v));
}

static json_t *
build_pause(const json_t *c)
{
	static const char *const lists[] = { "steps", "resume", "when_down" };
	json_t *out = json_copy((json_t *)(uintptr_t)c);

	for (size_t i = 0; i < COUNTOF(lists); i++)
		json_object_set_new(out, lists[i],
				    resolve_steps(jx_get(c, lists[i])));
	to_ms(out, "after");
	to_ms(out, "kill_after");
	return out;
}

static json_t *
build_failover(const json_t *c)
{
	json_t *out = json_deep_copy(c), *when = json_object_get(out, "when");

	if (json_is_object(when))
		to_ms(when, "within");
	else
		json_object_del(out, "when");
	return out;
}

static json_t *
build_gate(const json_t *c)
{
	json_t *out = json_pack("{s:o}", "probes",
				resolve_steps(jx_get(c, "probes")));

	share(out, "same", c, "same");
	return out;
}

json_t *
process_def(const struct op *op, struct diags *ds)
{
	const json_t *c = op->config, *log = jx_get(c, "log");
	CLEANUP(freep)
	char *path = supctl_log_path(op->env->places->runtime, op->name);
	CLEANUP(freep)
	char *dir = path_join(op->env->spec_dir,
			      jx_str(c, "dir", op->env->places->runtime));
	json_t *def, *command = build_command(op, ds), *env;

	if (!command)
		return NULL;
	env = json_deep_copy(jx_get(c, "env"));
	def = json_pack("{s:o, s:o, s:s, s:{s:s, s:I, s:I}, s:{s:s}}",
			"command", command, "env", env ? env : json_object(),
			"dir", dir, "log", "path", path, "max_bytes",
			(json_int_t)jx_int(log, "max_size", 16 << 20), "keep",
			(json_int_t)jx_int(log, "keep", 2), "restart", "policy",
			jx_str(c, "restart", "always"));
	json_object_set_new(def, "ports", build_ports(c));
	json_object_set_new(def, "ready", resolve_steps(jx_get(c, "ready")));
	json_object_set_new(def, "stop", resolve_steps(jx_get(c, "stop")));
	json_object_set_new(def, "start_when",
			    resolve_steps(jx_get(c, "start_when")));
	json_object_set_new(def, "ready_timeout",
			    json_integer((json_int_t)duration_of(
				    c, "ready_timeout", 120000)));
	share(def, "depends", c, "after");
	share(def, "bound_to", c, "bound_to");
	share(def, "stop_order", c, "stop_order");
	share(def, "triggers", c, "triggers");
	json_object_set_new(def, "note",
			    json_pack("{s:O*}", "urls", jx_get(c, "urls")));
	share(def, "fatal", c, "fatal");
	if (jx_get(c, "gate"))
		json_object_set_new(def, "gate", build_gate(jx_get(c, "gate")));
	if (jx_get(c, "failover"))
		json_object_set_new(def, "failover",
				    build_failover(jx_get(c, "failover")));
	if (jx_get(c, "pause"))
		json_object_set_new(def, "pause",
				    build_pause(jx_get(c, "pause")));
	absolute_files(def, op->env->spec_dir);
	return def;
}
