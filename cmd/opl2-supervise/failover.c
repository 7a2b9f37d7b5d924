#include "cmd/opl2-supervise/failover.h"

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

/* A server gets this many times `within` before the next one is tried. */
#define PATIENCE 3

/* The definition that says how. */
static const struct process_def *
rules(const struct proc *p)
{
	return p->pid > 0 ? p->run_def : p->def;
}

static const char *
group_of(const struct proc *p)
{
	const char *group = rules(p)->failover.group;

	return group ? group : "";
}

static int64_t
failover_place(const struct proc *p)
{
	return jx_int(jx_get(p->sup->failover, group_of(p)), "at", 0);
}

/* ---- which one ---- */

void
failover_choose(struct proc *p, struct buf *value)
{
	size_t n = 0, want, i = 0;
	char *save = NULL, *word, *text = xstrdup(buf_str(value));

	for (word = strtok_r(text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		n++;
	p->failover.count = (unsigned)n;
	want = n ? (size_t)failover_place(p) % n : 0;
	explicit_bzero(text, value->n);
	free(text);
	if (n < 2)
		return;
	text = xstrdup(buf_str(value));
	word = strtok_r(text, " ", &save);
	for (i = 0; i < want; i++)
		word = strtok_r(NULL, " ", &save);
	n = value->n;
	explicit_bzero(value->p, value->n);
	value->n = 0;
	buf_adds(value, word);
	explicit_bzero(text, n);
	free(text);
}

static char *
file_of(const struct sup *s)
{
	return path_join(s->dir, "run/failover.json");
}

void
failover_load(struct sup *s)
{
	CLEANUP(freep) char *path = file_of(s);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	if (file_exists(path))
		s->failover = jx_load_file(path, LIM_SPEC_BYTES, &ds);
	if (!json_is_object(s->failover)) {
		json_decref(s->failover);
		s->failover = json_object();
	}
}

static void
failover_save(struct sup *s)
{
	CLEANUP(freep) char *path = file_of(s);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	if (file_replace_json(path, s->failover, 0600, &ds))
		sup_log(s, "%s", ds.first->summary);
}

/* ---- when ---- */

static void
turn(struct proc *p, const char *text)
{
	struct sup *s = p->sup;
	CLEANUP(freep) char *group = xstrdup(group_of(p));
	json_t *why = jx_strf(
		"'%s' appeared %u times within %lld s in the log of %s", text,
		p->failover.hits,
		(long long)rules(p)->failover.within_ms / 1000, p->name);

	sup_log(s, "%s: %s; its group '%s' switches to the next server",
		p->name, json_string_value(why), group);
	json_object_set_new(s->failover, group,
			    json_pack("{s:I, s:I, s:o}", "at",
				      (json_int_t)failover_place(p) + 1,
				      "since", (json_int_t)unix_now(), "why",
				      why));
	failover_save(s);
	for (struct proc *q = s->procs; q; q = q->next)
		if (q->up && q->pid > 0 && !strcmp(group_of(q), group))
			machine_restart(q, false);
}

/* Is the present server still new? */
static bool
too_soon(const struct proc *p, int64_t within)
{
	const json_t *st = jx_get(p->sup->failover, group_of(p));

	return jx_int(st, "at", 0) > 0 &&
	       (unix_now() - jx_int(st, "since", 0)) * 1000 < PATIENCE * within;
}

static void
failover_scan_log(struct proc *p)
{
	const struct process_def *d = rules(p);
	int64_t within = d->failover.within_ms;
	struct failover *f = &p->failover;
	const char *seen = NULL;
	unsigned hits = scan_count(p, d, &f->at, &seen);

	if (loop_now() - f->since > (uint64_t)within) {
		f->since = loop_now();
		f->hits = 0;
	}
	f->hits += hits;
	if (seen && f->hits >= d->failover.times && f->count > 1 &&
	    !too_soon(p, within))
		turn(p, seen);
}

void
failover_check(struct sup *s)
{
	for (struct proc *p = s->procs; p; p = p->next)
		if (p->pid > 0 && !p->restart && rules(p)->failover.turns)
			failover_scan_log(p);
}

struct process_failover
failover_status(const struct proc *p)
{
	const json_t *st = jx_get(p->sup->failover, group_of(p));
	unsigned n = p->failover.count;

	return (struct process_failover){
		.group = rules(p)->failover.group,
		.at = n ? failover_place(p) % n + 1 : 1,
		.of = n,
		.turns = failover_place(p),
		.since = jx_int(st, "since", 0),
		.why = jx_str(st, "why", NULL),
	};
}
