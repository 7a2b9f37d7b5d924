/* Is a definition one that this supervisor can carry out? */
#include "cmd/opl2-supervise/sup.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define NAME_MAX_BYTES 120

static bool
good_name(const char *name)
{
	const char *p = name;

	if (!*p || strlen(p) > NAME_MAX_BYTES)
		return false;
	for (; *p; p++) {
		bool first = p == name || p[-1] == '/';

		if (isalnum((unsigned char)*p) || (!first && strchr("._-", *p)))
			continue;
		if (*p == '/' && !first && p[1])
			continue;
		return false;
	}
	return true;
}

static int
check_command(const json_t *def, struct diags *ds)
{
	const json_t *cmd = jx_get(def, "command"), *v;
	size_t i;

	json_array_foreach(cmd, i, v) if (!json_is_string(v)) return diag_err(
		ds, "E0901", "command: item %zu is not a text", i);
	if (jx_str(def, "dir", "/")[0] != '/')
		return diag_err(ds, "E0901", "dir is not an absolute path");
	if (json_array_size(cmd) == 0 ||
	    json_string_value(json_array_get(cmd, 0))[0] != '/')
		return diag_err(ds, "E0901",
				"command does not begin with an absolute path");
	return 0;
}

static int
check_probes(const json_t *def, const char *key, struct diags *ds)
{
	const json_t *v;
	const char *why = "";
	size_t i;

	json_array_foreach(
		jx_get(def, key), i,
		v) if (probe_check(v, &why)) return diag_err(ds, "E0901",
							     "%s: item %zu: %s",
							     key, i, why);
	return 0;
}

static int
check_stop(const json_t *def, struct diags *ds)
{
	const json_t *v, *rpc;
	size_t i;

	json_array_foreach(jx_get(def, "stop"), i, v)
	{
		const char *sig = jx_str(v, "signal", NULL);

		rpc = jx_get(v, "rpc");
		if (sig && !strcmp(sig, "KILL"))
			return diag_err(ds, "E0901",
					"stop: item %zu: KILL is not a stop "
					"step; -force is for that",
					i);
		if (!sig && !(jx_get(rpc, "url") && jx_get(rpc, "method")))
			return diag_err(ds, "E0901",
					"stop: item %zu: neither a signal nor "
					"an rpc with url and method",
					i);
	}
	return 0;
}

static int
check_calls(const json_t *list, const char *key, struct diags *ds)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v)
	{
		const json_t *rpc = jx_get(v, "rpc");

		if (!jx_get(rpc, "url") || !jx_str(rpc, "method", NULL))
			return diag_err(ds, "E0901",
					"pause.%s: item %zu: not an rpc with "
					"url and method",
					key, i);
	}
	return json_array_size(list)
		       ? 0
		       : diag_err(ds, "E0901", "pause.%s is empty", key);
}

static int
check_pause(const json_t *def, struct diags *ds)
{
	const json_t *z = jx_get(def, "pause");

	if (!z)
		return 0;
	if (check_calls(jx_get(z, "steps"), "steps", ds) ||
	    check_calls(jx_get(z, "resume"), "resume", ds))
		return -1;
	return check_probes(z, "when_down", ds);
}

static int
check_failover(const json_t *def, struct diags *ds)
{
	const json_t *f = jx_get(def, "failover"), *when = jx_get(f, "when");

	if (f &&
	    (!*jx_str(f, "group", "") || !json_is_object(jx_get(f, "env"))))
		return diag_err(ds, "E0901", "failover without group or env");
	if (when && json_array_size(jx_get(when, "log")) == 0)
		return diag_err(ds, "E0901", "failover.when without log");
	return 0;
}

/* A list of names of other processes. */
static int
check_others(const char *name, const json_t *def, const char *key,
	     struct diags *ds)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(def, key), i, v)
	{
		if (json_is_string(v) && strcmp(json_string_value(v), name))
			continue;
		return diag_err(ds, "E0901",
				"%s: item %zu is not the name of another "
				"process",
				key, i);
	}
	return 0;
}

int
def_check(const char *name, const json_t *def, struct diags *ds)
{
	if (!good_name(name))
		return diag_err(ds, "E0901", "'%s' is no name for a process",
				name);
	if (check_command(def, ds) || check_probes(def, "start_when", ds) ||
	    check_probes(def, "ready", ds) ||
	    check_probes(jx_get(def, "gate"), "probes", ds) ||
	    check_stop(def, ds) || check_pause(def, ds) ||
	    check_failover(def, ds))
		return -1;
	return check_others(name, def, "depends", ds) ||
			       check_others(name, def, "bound_to", ds)
		       ? -1
		       : 0;
}
