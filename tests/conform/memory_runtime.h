#ifndef OPL2_TESTS_CONFORM_MEMORY_RUNTIME_H
#define OPL2_TESTS_CONFORM_MEMORY_RUNTIME_H

#include <errno.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/runtime/runtime.h"

/*
 * A runtime in memory, which keeps to providers/runtime/runtime.h and runs
 * nothing. Of a command it knows the script of `sh -c`: "exit" fails, what is
 * after "echo " is printed, all else runs. What it has outlives close(), as
 * long as the test does; there is one chain.
 */
#define MEM_PROCS 8

struct mem_proc {
	char *name;
	struct process_def *def, *ran;
	bool wanted, hold;
	enum process_state state;
	int64_t pid;
	char *log; /* NULL: it never ran */
	const char *waits_for;
};

static struct {
	struct mem_proc procs[MEM_PROCS]; /* name NULL: free */
	json_t *secrets;
	bool attended;
	int64_t last_pid;
	struct runtime_chain chain;
} mem;

static struct mem_proc *
mem_find(const char *name)
{
	for (size_t i = 0; i < MEM_PROCS; i++)
		if (mem.procs[i].name && !strcmp(mem.procs[i].name, name))
			return &mem.procs[i];
	return NULL;
}

/* All names when none is given; NULL with E0911. */
static json_t *
mem_names(const json_t *names, struct diags *ds)
{
	json_t *out = json_array();
	const json_t *v;
	size_t i;

	for (i = 0; json_array_size(names) == 0 && i < MEM_PROCS; i++)
		if (mem.procs[i].name)
			json_array_append_new(out,
					      json_string(mem.procs[i].name));
	json_array_foreach(names, i, v) {
		if (mem_find(json_string_value(v))) {
			json_array_append(out, (json_t *)(uintptr_t)v);
			continue;
		}
		diag_err(ds, "E0911", "the process '%s' does not exist",
			 json_string_value(v));
		json_decref(out);
		return NULL;
	}
	return out;
}

/* ---- one step of all ---- */

static const char *
mem_script(const struct process_def *d)
{
	return d->command.v[d->command.n - 1];
}

static void
mem_down(struct mem_proc *p, enum process_state state)
{
	process_def_put(TAKE(p->ran));
	p->pid = 0;
	p->state = state;
}

static bool
mem_lacks_secret(const struct mem_proc *p)
{
	const json_t *v;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)p->def->env, key, v) {
		const json_t *part =
			json_array_get(json_object_get(v, "$secret"), 0);
		CLEANUP(freep)
		char *name = xasprintf("env:%s", jx_str(part, "env", ""));

		if (part && !jx_get(mem.secrets, name))
			return true;
	}
	return false;
}

static const char *
mem_missing(const struct mem_proc *p)
{
	for (size_t i = 0; i < p->def->depends.n; i++) {
		const struct mem_proc *q = mem_find(p->def->depends.v[i]);

		if (!q || q->state != PROCESS_READY)
			return p->def->depends.v[i];
	}
	return NULL;
}

static void
mem_run(struct mem_proc *p)
{
	const char *echo = strstr(mem_script(p->def), "echo ");
	CLEANUP(freep) char *before = p->log ? p->log : xstrdup("");

	p->log = echo ? xasprintf("%s%.*s\n", before,
				  (int)strcspn(echo + 5, ";"), echo + 5)
		      : xstrdup(before);
	if (strstr(mem_script(p->def), "exit")) {
		p->state = PROCESS_FAILED;
		return;
	}
	p->ran = process_def_share(p->def);
	p->pid = ++mem.last_pid;
	p->state = PROCESS_READY;
}

static void
mem_step(struct mem_proc *p)
{
	if (!p->name || !p->wanted || p->pid || p->state == PROCESS_FAILED)
		return;
	p->waits_for = mem_missing(p);
	if (p->waits_for)
		p->state = PROCESS_WAITING;
	else if (mem_lacks_secret(p))
		p->state = PROCESS_BLOCKED;
	else
		mem_run(p);
}

static void
mem_turn(void)
{
	for (size_t k = 0; k < MEM_PROCS; k++)
		for (size_t i = 0; i < MEM_PROCS; i++)
			mem_step(&mem.procs[i]);
}

/* ---- the interface ---- */

extern const struct runtime runtime_memory;

static int
mem_open(const char *state_dir UNUSED, struct runtime_chain **out,
	 struct diags *ds UNUSED)
{
	mem.chain.rt = &runtime_memory;
	*out = &mem.chain;
	return 0;
}

static void
mem_close(struct runtime_chain *c UNUSED)
{
}

static char *
mem_log_place(const char *state_dir UNUSED, const char *name)
{
	return xasprintf("memory of '%s'", name);
}

static int
mem_attend(struct runtime_chain *c UNUSED, struct diags *ds UNUSED)
{
	mem.attended = true;
	mem_turn();
	return 0;
}

static int
mem_give_secrets(struct runtime_chain *c, const json_t *secrets,
		 struct diags *ds)
{
	if (!mem.secrets)
		mem.secrets = json_object();
	if (secrets)
		json_object_update(mem.secrets, (json_t *)(uintptr_t)secrets);
	return mem_attend(c, ds);
}

static int
mem_put(struct runtime_chain *c, const char *name,
	const struct process_def *def, const json_t *secrets, struct diags *ds)
{
	struct mem_proc *p = mem_find(name);

	if (process_def_check(name, def, ds))
		return -1;
	for (size_t i = 0; !p && i < MEM_PROCS; i++)
		if (!mem.procs[i].name)
			p = &mem.procs[i];
	assert_non_null(p);
	if (!p->name)
		p->name = xstrdup(name);
	process_def_put(p->def);
	p->def = process_def_share(def);
	if (p->ran && process_def_same_start(p->ran, def)) {
		process_def_put(p->ran);
		p->ran = process_def_share(def);
	}
	return mem_give_secrets(c, secrets, ds);
}

static int
mem_start(struct runtime_chain *c, const json_t *names, struct diags *ds)
{
	CLEANUP(put_json) json_t *all = mem_names(names, ds);
	const json_t *v;
	size_t i;

	if (!all)
		return -1;
	json_array_foreach(all, i, v) {
		struct mem_proc *p = mem_find(json_string_value(v));

		p->wanted = true;
		p->hold = false;
		if (!p->pid)
			p->state = PROCESS_STOPPED;
	}
	return mem_attend(c, ds);
}

static int
mem_stop(struct runtime_chain *c UNUSED, const json_t *names, bool hold,
	 bool force UNUSED, const struct runtime_wait *w UNUSED,
	 struct diags *ds)
{
	CLEANUP(put_json) json_t *all = mem_names(names, ds);
	const json_t *v;
	size_t i;

	if (!all)
		return -1;
	json_array_foreach(all, i, v) {
		struct mem_proc *p = mem_find(json_string_value(v));

		p->wanted = false;
		p->hold = p->hold || hold;
		mem_down(p, PROCESS_STOPPED);
	}
	return 0;
}

static int
mem_suspend(struct runtime_chain *c UNUSED, const struct runtime_wait *w UNUSED,
	    struct diags *ds UNUSED)
{
	for (size_t i = 0; i < MEM_PROCS; i++)
		if (mem.procs[i].name)
			mem_down(&mem.procs[i], PROCESS_STOPPED);
	mem.attended = false;
	return 0;
}

static int
mem_restart(struct runtime_chain *c, const json_t *names, bool force,
	    const struct runtime_wait *w, struct diags *ds)
{
	if (mem_stop(c, names, false, force, w, ds))
		return -1;
	return mem_start(c, names, ds);
}

static int
mem_pause(struct runtime_chain *c UNUSED, const json_t *names, bool on UNUSED,
	  int64_t ms UNUSED, const struct runtime_wait *w UNUSED,
	  struct diags *ds)
{
	CLEANUP(put_json) json_t *all = mem_names(names, ds);
	const json_t *v;
	size_t i;

	if (!all)
		return -1;
	json_array_foreach(all, i, v) {
		if (!mem_find(json_string_value(v))->def->pause.there)
			return diag_err(ds, "E0936", "'%s' cannot be paused",
					json_string_value(v));
	}
	return 0;
}

static int
mem_wait_ready(struct runtime_chain *c UNUSED, const json_t *names,
	       const struct runtime_wait *w, struct diags *ds)
{
	CLEANUP(put_json) json_t *all = mem_names(names, ds);
	const json_t *v;
	size_t i;

	if (!all)
		return -1;
	json_array_foreach(all, i, v) {
		const struct mem_proc *p = mem_find(json_string_value(v));

		if (p->state == PROCESS_FAILED)
			return diag_err(ds, "E0904", "'%s' ended", p->name);
		if (p->state == PROCESS_BLOCKED)
			return diag_err(ds, "E0909", "'%s' lacks a secret",
					p->name);
		if (p->state == PROCESS_READY)
			continue;
		/* Nothing will come of itself: only who waits can end it. */
		assert_true(w && w->fn && w->fn(w->arg, NULL, "", ""));
		return 1;
	}
	return 0;
}

static int
mem_wait_gate(struct runtime_chain *c, const char *name,
	      const json_t *above UNUSED, int64_t ms UNUSED,
	      const struct runtime_wait *w, struct diags *ds)
{
	CLEANUP(put_json) json_t *names = json_pack("[s]", name);

	return mem_wait_ready(c, names, w, ds);
}

static json_t *
mem_status_of(const struct mem_proc *p)
{
	struct process_status st = process_status_of(p->name);
	char digest[65];

	process_def_digest(p->def, digest);
	st.digest = digest;
	st.state = p->state;
	st.ready = p->state == PROCESS_READY;
	st.hold = p->hold;
	st.wanted = p->wanted;
	st.pid = p->pid;
	st.waits_for = p->state == PROCESS_WAITING ? p->waits_for : NULL;
	st.reason = p->state == PROCESS_FAILED    ? "ended"
		    : p->state == PROCESS_BLOCKED ? "a secret is missing"
						  : NULL;
	st.stale = p->ran && !process_def_same_start(p->ran, p->def);
	st.ports = p->def->ports;
	st.nports = p->def->nports;
	st.note = p->def->note;
	st.pause.can = p->def->pause.there;
	return process_status_encode(&st);
}

static int
mem_status(struct runtime_chain *c UNUSED, const json_t *names,
	   bool asked UNUSED, struct runtime_status **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *all = mem_names(names, ds);
	CLEANUP(put_json) json_t *answer = NULL;
	json_t *list = json_array();
	const json_t *v;
	size_t i;

	answer = json_pack("{s:o, s:o}", "procs", list, "supervisor",
			   mem.attended ? json_object() : json_null());
	if (!all)
		return -1;
	json_array_foreach(all, i, v)
		json_array_append_new(
			list, mem_status_of(mem_find(json_string_value(v))));
	*out = runtime_status_decode(answer);
	return 0;
}

static int
mem_recall(struct runtime_chain *c UNUSED, const char *name,
	   struct runtime_recall *out, struct diags *ds UNUSED)
{
	const struct mem_proc *p = mem_find(name);

	*out = (struct runtime_recall){ 0 };
	if (!p)
		return 1;
	out->def = process_def_share(p->def);
	out->ran = process_def_share(p->ran);
	out->wanted = p->wanted;
	return 0;
}

static int
mem_remove(struct runtime_chain *c UNUSED, const char *name, bool force UNUSED,
	   const struct runtime_wait *w UNUSED, struct diags *ds UNUSED)
{
	struct mem_proc *p = mem_find(name);
	bool any = false;

	if (!p)
		return 0;
	mem_down(p, PROCESS_STOPPED);
	process_def_put(p->def);
	free(p->name);
	free(p->log);
	*p = (struct mem_proc){ 0 };
	for (size_t i = 0; i < MEM_PROCS; i++)
		any = any || mem.procs[i].name;
	mem.attended = mem.attended && any;
	return 0;
}

static int
mem_log_seek(struct runtime_chain *c UNUSED, const char *name, uint64_t lines,
	     uint64_t bytes, int64_t *at, struct diags *ds)
{
	const struct mem_proc *p = mem_find(name);
	size_t n, from;

	if (!p || !p->log)
		return diag_err(ds, "E0925", "'%s' has no log yet", name);
	n = strlen(p->log);
	from = lines ? n : 0;
	while (lines > 0 && from > 0 &&
	       !(p->log[from - 1] == '\n' && from < n && --lines == 0))
		from--;
	if (bytes && n - from > bytes)
		from = n - bytes;
	*at = (int64_t)from;
	return 0;
}

static ssize_t
mem_log_read(struct runtime_chain *c UNUSED, const char *name, int64_t *at,
	     char *to, size_t n)
{
	const struct mem_proc *p = mem_find(name);
	size_t left;

	if (!p || !p->log) {
		errno = ENOENT;
		return -1;
	}
	left = strlen(p->log) - (size_t)*at;
	n = left < n ? left : n;
	memcpy(to, p->log + *at, n);
	*at += (int64_t)n;
	return (ssize_t)n;
}

static char *
mem_reach(struct runtime_chain *c UNUSED, const char *process, const char *port,
	  struct diags *ds)
{
	const struct mem_proc *p = mem_find(process);

	for (size_t i = 0; p && i < p->def->nports; i++)
		if (!strcmp(p->def->ports[i].name, port))
			return xasprintf("memory:%u", p->def->ports[i].port);
	diag_err(ds, "E0911", "the process '%s' has no port '%s'", port,
		 process);
	return NULL;
}

const struct runtime runtime_memory = {
	.name = "memory",
	.open = mem_open,
	.close = mem_close,
	.log_place = mem_log_place,
	.attend = mem_attend,
	.put = mem_put,
	.give_secrets = mem_give_secrets,
	.start = mem_start,
	.stop = mem_stop,
	.suspend = mem_suspend,
	.restart = mem_restart,
	.pause = mem_pause,
	.wait_ready = mem_wait_ready,
	.wait_gate = mem_wait_gate,
	.status = mem_status,
	.recall = mem_recall,
	.remove = mem_remove,
	.log_seek = mem_log_seek,
	.log_read = mem_log_read,
	.reach = mem_reach,
};

#endif
