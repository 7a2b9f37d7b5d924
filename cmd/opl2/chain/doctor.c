/*
 * opl2 doctor: what is wrong with a chain, why, and what to do.
 *
 * It looks at the processes, asks the endpoints, and reads the end of each
 * log; what all that means is decided in providers/health/.
 */
#include "cmd/opl2/chain/doctor.h"

#include "cmd/opl2/chain/part.h"
#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/chain/snapshot.h"
#include "cmd/opl2/view/text.h"

#include <sys/statvfs.h>
#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/health/findings.h"
#include "providers/health/symptoms.h"

#define TAIL_BYTES (1 << 20) /* read of each log */
#define LAST_BYTES (1 << 15) /* of one whose process has ended, of any age */

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "since", OPT_TIME, "DURATION",
	  "how far back logs are read, 10m by default" },
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

struct reading {
	struct runtime_chain *rc;
	int64_t now;
	uint64_t since_ms;
	json_t *hits;
	const struct part *parts;
	size_t nparts;
};

/* One that the state does not know, after an apply that broke off, has the
 * role that it was started with. */
static enum process_role
role_of(const struct reading *r, const struct process_status *p)
{
	for (size_t i = 0; i < r->nparts; i++)
		if (!strcmp(r->parts[i].name, p->name))
			return r->parts[i].role;
	return role_parse(jx_str(p->note, "role", NULL));
}

/* The last `max` bytes of a log; malloc'd, or NULL. */
static char *
read_tail(const struct reading *r, const char *name, size_t max, size_t *n)
{
	CLEANUP(diags_done) struct diags quiet;
	char *text;
	int64_t at = 0;
	ssize_t got;

	diags_init(&quiet);
	*n = 0;
	if (r->rc->rt->log_seek(r->rc, name, 0, max, &at, &quiet))
		return NULL;
	text = xmalloc(max + 1);
	while (*n < max && (got = r->rc->rt->log_read(r->rc, name, &at,
						      text + *n, max - *n)) > 0)
		*n += (size_t)got;
	return text;
}

/* A process that runs as it should has left behind what its earlier runs
 * complained of; what one said before it ended is why it ended, unless it was
 * told to. One that waits to be started says nothing of that. */
static void
read_log(const struct reading *r, const struct process_status *p)
{
	bool ended = !process_runs(p);
	int64_t since = r->now - (int64_t)(r->since_ms / 1000), began;
	int64_t up_ms = p->uptime_ms == PROCESS_UNKNOWN ? 0 : p->uptime_ms;
	CLEANUP(freep) char *text = NULL;
	size_t n = 0;

	if (ended && (!p->wanted || p->state == PROCESS_WAITING))
		return;
	text = read_tail(r, p->name, ended ? LAST_BYTES : TAIL_BYTES, &n);
	if (!text)
		return;
	began = r->now - up_ms / 1000;
	if (p->ready && began > since)
		since = began;
	symptoms_scan(p->name, role_of(r, p), text, n, ended ? 0 : since,
		      r->hits);
}

static json_t *
read_logs(struct cmd *c, const struct runtime_status *st, uint64_t since_ms)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	struct reading r = { .now = time(NULL),
			     .since_ms = since_ms,
			     .hits = json_object() };

	CLEANUP(put_json) json_t *keep = json_array();

	if (runtime_open(c->state_dir, &rc, &c->ds))
		return r.hits;
	r.rc = rc;
	r.parts = parts_of(c->spec, c->state, &c->arena, keep, &r.nparts);
	for (size_t i = 0; i < st->n; i++)
		read_log(&r, &st->procs[i]);
	return r.hits;
}

json_t *
doctor_examine(struct cmd *c, const struct runtime_status *st,
	       const json_t *seen, uint64_t since_ms)
{
	CLEANUP(put_json) json_t *hits = read_logs(c, st, since_ms);
	CLEANUP(freep) char *hash = NULL;
	const json_t *back = jx_get(jx_get(hits, "clues"), "back");
	struct health_input in = {
		.seen = seen, .procs = st, .hits = hits, .disk_free = -1
	};
	struct statvfs fs;

	if (c->ds.nerrors)
		return NULL;
	if (back)
		hash = snapshot_l1_hash(c, jx_int(back, "number", 0));
	in.hash_now = hash;
	if (statvfs(c->state_dir, &fs) == 0)
		in.disk_free = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return health_findings(&in);
}

/* --- showing it --- */

static void
print_evidence(struct cmd *c, const json_t *e, const struct runtime_status *st)
{
	int64_t times = jx_int(e, "count", 1), at = jx_int(e, "time", 0);
	int64_t now = time(NULL);
	const struct process_status *p =
		runtime_proc(st, jx_str(e, "process", ""));
	char ago[16];

	if (jx_get(e, "said")) {
		text_wrap(c->out, jx_str(e, "said", ""), "      ", 78);
		return;
	}
	fprintf(c->out, "      %s", p && p->log ? p->log : "its log");
	if (at) {
		text_elapsed(at < now ? (uint64_t)(now - at) * 1000 : 0, ago,
			     sizeof(ago));
		fprintf(c->out, ", %s ago", ago);
	}
	if (times > 1)
		fprintf(c->out, ", %lld times", (long long)times);
	fprintf(c->out, ":\n      %s\n", jx_str(e, "line", ""));
}

static bool
is_note(const json_t *f)
{
	return jx_bool(f, "note", false);
}

/* Is something wrong, rather than as somebody asked for? */
static bool
any_wrong(const json_t *list)
{
	const json_t *f;
	size_t i;

	json_array_foreach(list, i, f)
		if (!is_note(f))
			return true;
	return false;
}

static void
print_finding(struct cmd *c, const json_t *f, const struct runtime_status *st)
{
	const char *code = jx_str(f, "code", "");
	const struct diag_code *known = diag_code_find(code);
	const json_t *e;
	size_t i;

	fprintf(c->out, "%s[%s]: %s: %s\n",
		is_note(f)     ? "note"
		: *code == 'W' ? "warning"
			       : "error",
		code, jx_str(f, "what", "?"), known ? known->title : "");
	json_array_foreach(jx_get(f, "evidence"), i, e)
		print_evidence(c, e, st);
	if (known)
		text_wrap(c->out, known->explain, "   ", 78);
	fputs("   cure:\n", c->out);
	text_wrap(c->out, jx_str(f, "cure", ""), "      ", 78);
	fputc('\n', c->out);
}

static void
print_text(struct cmd *c, const json_t *list, const struct runtime_status *st)
{
	size_t n = json_array_size(list), i;
	const json_t *f;

	json_array_foreach(list, i, f)
		print_finding(c, f, st);
	if (n == 0)
		fprintf(c->out,
			"Found no problem with the %zu processes, their logs "
			"and their answers.\n",
			st->n);
	else
		fprintf(c->out,
			"%zu finding%s. 'opl2 explain CODE' has more.\n", n,
			n == 1 ? "" : "s");
}

void
doctor_explain(const json_t *list)
{
	json_t *f;
	size_t i;

	json_array_foreach(list, i, f) {
		const struct diag_code *known =
			diag_code_find(jx_str(f, "code", ""));

		if (!known)
			continue;
		json_object_set_new(f, "title", json_string(known->title));
		json_object_set_new(f, "cause", json_string(known->explain));
	}
}

static void
doctor_print_json(struct cmd *c, const json_t *list)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;

	doctor_explain(list);
	j = json_pack("{s:b, s:o}", "healthy", !any_wrong(list), "findings",
		      jx_share(list));
	text = jx_dump(j);
	fputs(text, c->out);
}

static int
exec_doctor(struct cmd *c)
{
	CLEANUP(put_json) json_t *names = json_array();
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *seen = NULL;
	CLEANUP(put_json) json_t *list = NULL;

	if (procs_status(c, names, &st))
		return -1;
	snapshot_load_spec(c);
	seen = snapshot_take(c, st);
	list = doctor_examine(c, st, seen,
			      opt_num(&c->opts, "since", DOCTOR_SINCE_MS));
	if (!list)
		return -1;
	if (opt_flag(&c->opts, "json"))
		doctor_print_json(c, list);
	else
		print_text(c, list, st);
	return any_wrong(list) ? EXIT_FAILED : EXIT_OK;
}

const struct cmd_entry cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "diagnose the chain: what is wrong, and why",
	.text = "Checks processes and disks, queries every endpoint, compares "
		"keys, genesis and outputs with the contracts, and searches "
		"the end of the logs for known errors. Each finding has a "
		"code, the evidence, the cause and the fix. Changes nothing.\n"
		"\n"
		"Exits with status 0 if nothing is wrong, else with status 1. "
		"A note, such as a batcher paused on request, is not a "
		"problem. Log lines from before the last start of a process "
		"count only until it is ready again.",
	.opts = opts,
	.needs = NEED_STATE | NEED_HERE,
	.exec = exec_doctor,
};
