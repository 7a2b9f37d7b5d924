/*
 * opl2 doctor: what is wrong with a chain, why, and what to do.
 *
 * It looks at the processes, asks the endpoints, and reads the end of each
 * log; what all that means is decided in providers/health/.
 */
#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/chain/watch.h"
#include "cmd/opl2/view/text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/health/findings.h"
#include "providers/health/symptoms.h"

#define TAIL_BYTES (1 << 20) /* read of each log */
#define LAST_BYTES (1 << 15) /* of one whose process has ended, of any age */
#define SINCE_MS   (10 * 60 * 1000)

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "since", OPT_TIME, "DURATION",
	  "how far back logs are read, 10m by default" },
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

/* The last `max` bytes of a file; malloc'd, or NULL. */
static char *
read_tail(const char *path, size_t max, size_t *n)
{
	CLEANUP(close_fdp)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	off_t from;
	ssize_t got;
	char *text;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return NULL;
	from = st.st_size > (off_t)max ? st.st_size - (off_t)max : 0;
	text = xmalloc(max + 1);
	got = pread(fd, text, max, from);
	if (got < 0) {
		free(text);
		return NULL;
	}
	*n = (size_t)got;
	return text;
}

/* A process that runs as it should has left behind what its earlier runs
 * complained of; what one said before it ended is why it ended, unless it was
 * told to. One that waits to be started says nothing of that. */
static void
read_log(const json_t *p, int64_t now, uint64_t since_ms, json_t *hits)
{
	const char *name = jx_str(p, "name", "");
	bool wanted = !strcmp(jx_str(p, "desired", ""), "up");
	bool waits = !strcmp(jx_str(p, "state", ""), "waiting");
	bool ended = jx_int(p, "pid", 0) == 0;
	int64_t since = now - (int64_t)(since_ms / 1000), began;
	CLEANUP(freep) char *text = NULL;
	size_t n = 0;

	if (ended && (!wanted || waits))
		return;
	text = read_tail(jx_str(p, "log", ""), ended ? LAST_BYTES : TAIL_BYTES,
			 &n);
	if (!text)
		return;
	began = now - jx_int(p, "uptime_ms", 0) / 1000;
	if (jx_bool(p, "ready", false) && began > since)
		since = began;
	symptoms_scan(name, watch_program(name), text, n, ended ? 0 : since,
		      hits);
}

static json_t *
read_logs(struct cmd *c, const json_t *st)
{
	json_t *hits = json_object();
	int64_t now = time(NULL);
	const json_t *p;
	size_t i;

	json_array_foreach(jx_get(st, "procs"), i, p)
		read_log(p, now, opt_num(&c->opts, "since", SINCE_MS), hits);
	return hits;
}

static json_t *
examine(struct cmd *c, const json_t *st)
{
	CLEANUP(put_json) json_t *hits = read_logs(c, st);
	CLEANUP(put_json) json_t *seen = watch_look(c, st);
	CLEANUP(freep) char *hash = NULL;
	const json_t *back = jx_get(jx_get(hits, "clues"), "back");
	struct health_input in = {
		.seen = seen, .procs = st, .hits = hits, .disk_free = -1
	};
	struct statvfs fs;

	if (c->ds.nerrors)
		return NULL;
	if (back)
		hash = watch_l1_hash(c, jx_int(back, "number", 0));
	in.hash_now = hash;
	if (statvfs(c->state_dir, &fs) == 0)
		in.disk_free = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	return health_findings(&in);
}

/* --- showing it --- */

static void
print_evidence(struct cmd *c, const json_t *e, const json_t *st)
{
	int64_t times = jx_int(e, "count", 1), at = jx_int(e, "time", 0);
	int64_t now = time(NULL);
	const char *name = jx_str(e, "process", ""), *log = "its log";
	char ago[16];
	const json_t *p;
	size_t i;

	if (jx_get(e, "said")) {
		text_wrap(c->out, jx_str(e, "said", ""), "      ", 78);
		return;
	}
	json_array_foreach(jx_get(st, "procs"), i,
			   p) if (!strcmp(jx_str(p, "name", ""), name)) log =
		jx_str(p, "log", log);
	fprintf(c->out, "      %s", log);
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

	json_array_foreach(list, i, f) if (!is_note(f)) return true;
	return false;
}

static void
print_finding(struct cmd *c, const json_t *f, const json_t *st)
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
print_text(struct cmd *c, const json_t *list, const json_t *st)
{
	size_t n = json_array_size(list), i;
	const json_t *f;

	json_array_foreach(list, i, f) print_finding(c, f, st);
	if (n == 0)
		fprintf(c->out,
			"Nothing is wrong with the %zu processes, their logs "
			"and what they answer.\n",
			json_array_size(jx_get(st, "procs")));
	else
		fprintf(c->out,
			"%zu finding%s. 'opl2 explain CODE' has more.\n", n,
			n == 1 ? "" : "s");
}

static void
print_json(struct cmd *c, json_t *list)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	json_t *f;
	size_t i;

	json_array_foreach(list, i, f)
	{
		const struct diag_code *known =
			diag_code_find(jx_str(f, "code", ""));

		if (!known)
			continue;
		json_object_set_new(f, "title", json_string(known->title));
		json_object_set_new(f, "cause", json_string(known->explain));
	}
	j = json_pack("{s:b, s:O}", "healthy", !any_wrong(list), "findings",
		      list);
	text = jx_dump(j);
	fputs(text, c->out);
}

static int
exec_doctor(struct cmd *c)
{
	CLEANUP(put_json) json_t *names = json_array();
	CLEANUP(put_json) json_t *st = NULL;
	CLEANUP(put_json) json_t *list = NULL;

	if (procs_status(c, names, &st))
		return -1;
	watch_load_spec(c);
	list = examine(c, st);
	if (!list)
		return -1;
	if (opt_flag(&c->opts, "json"))
		print_json(c, list);
	else
		print_text(c, list, st);
	return any_wrong(list) ? EXIT_FAILED : EXIT_OK;
}

const struct cmd_entry cmd_doctor = {
	.name = "doctor",
	.args = "",
	.summary = "find out what is wrong with the chain, and why",
	.text = "Looks at processes and disk, asks every endpoint, compares "
		"keys, genesis and outputs with the contracts, and reads the "
		"end of the logs for what is known to go wrong. Each finding "
		"has a code, what was seen, the cause and the cure. It changes "
		"nothing.\n"
		"\n"
		"Ends with 0 when nothing is wrong, else with 1; a note, such "
		"as that the batcher was paused by request, is nothing wrong. "
		"What a "
		"process wrote before it was last started counts only while "
		"it is not ready again.",
	.opts = opts,
	.needs = NEED_STATE,
	.exec = exec_doctor,
};
