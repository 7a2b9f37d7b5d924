/* Is a definition one that a runtime can carry out? */
#include "providers/runtime/process_def.h"

#include <ctype.h>
#include <string.h>

#include "engine/base/u256.h"

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
check_program(struct process_texts command, struct diags *ds)
{
	for (size_t i = 0; i < command.n; i++)
		if (!command.v[i])
			return diag_err(ds, "E0901",
					"command: item %zu is not text", i);
	if (command.n == 0 || command.v[0][0] != '/')
		return diag_err(ds, "E0901",
				"command does not begin with an absolute path");
	return 0;
}

static int
check_command(const struct process_def *d, struct diags *ds)
{
	if (check_program(d->command, ds))
		return -1;
	if (!d->dir || d->dir[0] != '/')
		return diag_err(ds, "E0901", "dir is not an absolute path");
	return 0;
}

/* What is to be removed is one file or folder, in the folder of the step. */
static bool
stays_inside(const char *name)
{
	return name && *name && !strchr(name, '/') && strcmp(name, ".") &&
	       strcmp(name, "..");
}

/* Why it makes no sense, or NULL. */
static const char *
prepare_fault(const struct process_prepare *s)
{
	const char *from;
	const json_t *to;

	if (s->unless[0] != '/' || !stays_inside(strrchr(s->unless, '/') + 1))
		return "unless is not an absolute path of a file";
	for (size_t i = 0; i < s->clean.n; i++)
		if (!stays_inside(s->clean.v[i]))
			return "clean is a list of names in the folder of "
			       "unless";
	if (s->unpack && !json_is_object(s->unpack))
		return "unpack is not a map";
	json_object_foreach((json_t *)(uintptr_t)s->unpack, from, to)
		if (*from != '/' || !json_is_string(to) ||
		    *json_string_value(to) != '/')
			return "unpack has a path that is not absolute";
	return NULL;
}

static int
check_prepare(const struct process_def *d, struct diags *ds)
{
	for (size_t i = 0; i < d->nprepare; i++) {
		const char *why = prepare_fault(&d->prepare[i]);

		if (why)
			return diag_err(ds, "E0901", "prepare: item %zu: %s", i,
					why);
		if (check_program(d->prepare[i].command, ds))
			return -1;
	}
	return 0;
}

static bool
is_number(const json_t *v)
{
	struct u256 n;

	return (json_is_integer(v) && json_integer_value(v) >= 0) ||
	       (json_is_string(v) && u256_parse(json_string_value(v), &n) == 0);
}

/* Why it makes no sense, or NULL. */
static const char *
probe_fault(const struct process_probe *p)
{
	if (p->kind == PROBE_TCP)
		return p->port > 0 && p->port < 65536 ? NULL
						      : "tcp needs a port";
	if (!p->call.url)
		return "a probe is one of rpc and http, which need a url, and "
		       "tcp";
	if (p->kind == PROBE_HTTP)
		return NULL;
	if (!p->call.method)
		return "rpc needs a method";
	return p->at_least && !is_number(p->at_least) ? "at_least is a number"
						      : NULL;
}

static int
check_probes(struct process_probes probes, const char *key, struct diags *ds)
{
	for (size_t i = 0; i < probes.n; i++) {
		const char *why = probe_fault(&probes.v[i]);

		if (why)
			return diag_err(ds, "E0901", "%s: item %zu: %s", key, i,
					why);
	}
	return 0;
}

static int
check_stop(struct process_steps stop, struct diags *ds)
{
	for (size_t i = 0; i < stop.n; i++) {
		const struct process_step *s = &stop.v[i];

		if (s->signal && !strcmp(s->signal, "KILL"))
			return diag_err(ds, "E0901",
					"stop: item %zu: KILL is not a stop "
					"step; -force is for that",
					i);
		if (!s->signal && (!s->call.url || !s->call.method))
			return diag_err(ds, "E0901",
					"stop: item %zu: neither a signal nor "
					"an rpc with url and method",
					i);
	}
	return 0;
}

static int
check_calls(struct process_calls calls, const char *key, struct diags *ds)
{
	for (size_t i = 0; i < calls.n; i++)
		if (!calls.v[i].url || !calls.v[i].method)
			return diag_err(ds, "E0901",
					"pause.%s: item %zu must be an rpc "
					"with url and method",
					key, i);
	return calls.n ? 0 : diag_err(ds, "E0901", "pause.%s is empty", key);
}

static int
check_pause(const struct process_def *d, struct diags *ds)
{
	if (!d->pause.there)
		return 0;
	if (check_calls(d->pause.steps, "steps", ds) ||
	    check_calls(d->pause.resume, "resume", ds))
		return -1;
	return check_probes(d->pause.when_down, "when_down", ds);
}

static int
check_failover(const struct process_def *d, struct diags *ds)
{
	if (d->failover.group &&
	    (!*d->failover.group || !json_is_object(d->failover.env)))
		return diag_err(ds, "E0901", "failover without group or env");
	if (d->failover.turns && d->failover.texts.n == 0 &&
	    !d->failover.rate_limit)
		return diag_err(ds, "E0901",
				"failover.when without a condition");
	return 0;
}

/* A list of names of other processes. */
static int
check_others(const char *name, struct process_texts others, const char *key,
	     struct diags *ds)
{
	for (size_t i = 0; i < others.n; i++) {
		if (others.v[i] && strcmp(others.v[i], name))
			continue;
		return diag_err(ds, "E0901",
				"%s: item %zu is not the name of another "
				"process",
				key, i);
	}
	return 0;
}

int
process_def_check(const char *name, const struct process_def *d,
		  struct diags *ds)
{
	if (!good_name(name))
		return diag_err(ds, "E0901",
				"'%s' is not a valid name for a process", name);
	if (check_command(d, ds) || check_prepare(d, ds) ||
	    check_probes(d->start_when, "start_when", ds) ||
	    check_probes(d->ready, "ready", ds) ||
	    check_probes(d->gate.probes, "probes", ds) ||
	    check_stop(d->stop, ds) || check_pause(d, ds) ||
	    check_failover(d, ds))
		return -1;
	return check_others(name, d->depends, "depends", ds) ||
			       check_others(name, d->bound_to, "bound_to", ds)
		       ? -1
		       : 0;
}
