#ifndef OPL2_TESTS_UNIT_WORLD_H
#define OPL2_TESTS_UNIT_WORLD_H

/*
 * For tests of plan and apply: a folder with a spec and a worker that fails on
 * demand. The worker is the test program under another name: it answers by the
 * script that the test wrote, and lists every operation it was given.
 */
#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/apply/apply.h"
#include "engine/io/frame.h"
#include "engine/kind/wire.h"
#include "engine/run/run.h"
#include "engine/spec/spec.h"
#include "state/state.h"

/* What the test program gives as computed fields of an object made anew. New
 * reference. */
static json_t *make_attrs(const char *addr, const json_t *config);

/* --- the worker --- */

static void
say(const char *fmt, ...)
{
	va_list ap;
	json_t *m;

	va_start(ap, fmt);
	m = json_vpack_ex(NULL, 0, fmt, ap);
	va_end(ap);
	if (!m || frame_send(WIRE_FD, m))
		_exit(1);
	json_decref(m);
}

static json_t *
hear(void)
{
	json_t *m;

	if (frame_recv(WIRE_FD, &m) != 1)
		_exit(0);
	return m;
}

/* Appends to the list and says how often this operation was there before. */
static size_t
note(const char *op, const char *addr)
{
	CLEANUP(freep) char *line = xasprintf("%s %s\n", op, addr);
	CLEANUP(freep) char *path = path_join(getenv("T_DIR"), "ops");
	struct buf b = BUF_INIT(1 << 20);
	struct diags ds;
	const char *p;
	size_t n = 0;
	int fd;

	diags_init(&ds);
	if (file_read_opt(path, &b, &ds) == 0)
		for (p = buf_str(&b); (p = strstr(p, line)); p++)
			n++;
	buf_done(&b);
	diags_done(&ds);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd_write_all(fd, line, strlen(line)))
		_exit(1);
	close(fd);
	return n;
}

static void
intend(void)
{
	say("{s:s, s:{s:s}}", "type", "intend", "token", "tx", "0x1");
	json_decref(hear());
}

static off_t
ops_size(void)
{
	CLEANUP(freep) char *path = path_join(getenv("T_DIR"), "ops");
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

/* Tells attributes early, or none of them, and waits until something began with
 * them. False when nothing did. */
static bool
early(const json_t *attrs, bool none)
{
	CLEANUP(put_json)
	json_t *told = none ? json_object() : jx_share(attrs);
	off_t before = ops_size();

	say("{s:s, s:O}", "type", "early", "attrs", told);
	for (unsigned i = 0; !none && i < 1000; i++) {
		if (ops_size() > before)
			return true;
		usleep(10000);
	}
	return none;
}

static void
answer(const char *how, const char *op, const char *addr, const json_t *m)
{
	bool keep = strcmp(op, "read") == 0 || strcmp(op, "update") == 0;
	const json_t *prior = jx_get(m, "prior");
	CLEANUP(put_json)
	json_t *attrs = prior && keep ? jx_share(prior)
				      : make_attrs(addr, jx_get(m, "config"));

	if (strncmp(how, "intend-", 7) == 0) {
		intend();
		how += 7;
	}
	if (strncmp(how, "early-", 6) == 0) {
		how += 6;
		if (!early(attrs, strcmp(how, "none") == 0))
			how = "nothing began early";
		else if (strcmp(how, "none") == 0)
			how = "ok";
	}
	if (strcmp(how, "die") == 0)
		_exit(9);
	if (strcmp(how, "slow") == 0) {
		json_decref(hear());
		how = "cancelled";
	}
	if (strcmp(how, "drift") == 0) {
		json_object_set_new(attrs, "id", json_string("drifted"));
		how = "ok";
	}
	if (strcmp(how, "ok") != 0 && strcmp(how, "gone") != 0 &&
	    strcmp(how, "down") != 0)
		say("{s:s, s:s, s:s, s:s, s:s}", "type", "diag", "sev", "error",
		    "code", "E0621", "summary", how, "addr", addr);
	if (strcmp(how, "down") == 0)
		say("{s:s, s:s, s:O, s:b}", "type", "done", "outcome", "ok",
		    "attrs", attrs, "down", true);
	else
		say("{s:s, s:s, s:O}", "type", "done", "outcome", how, "attrs",
		    attrs);
}

static NORETURN void
worker(void)
{
	CLEANUP(freep) char *path = path_join(getenv("T_DIR"), "script");
	struct diags ds;
	json_t *script, *m;

	mem_init();
	diags_init(&ds);
	script = jx_load_file(path, 1 << 20, &ds);
	say("{s:s, s:i}", "type", "hello", "protocol", WIRE_PROTOCOL);
	json_decref(hear());
	for (;;) {
		const char *op, *addr;
		const json_t *list;
		size_t nth;

		m = hear();
		op = jx_str(m, "op", "");
		addr = jx_str(m, "addr", "");
		if (strcmp(jx_str(m, "type", ""), "op") != 0)
			continue;
		nth = note(op, addr);
		list = jx_get(jx_get(script, addr), op);
		if (nth >= json_array_size(list) && json_array_size(list))
			nth = json_array_size(list) - 1;
		answer(list ? json_string_value(json_array_get(list, nth))
			    : "ok",
		       op, addr, m);
		json_decref(m);
	}
}

/* --- the tests --- */

struct world {
	char *dir, *file, *state_dir;
	struct spec *spec;
	struct run *run;
	struct plan *plan;
	struct diags ds;
	struct run_opts opts;
	struct apply_result res;
};

static void
put_file(struct world *w, const char *name, const char *text)
{
	CLEANUP(freep) char *path = path_join(w->dir, name);

	assert_int_equal(file_replace(path, text, strlen(text), 0600, &w->ds),
			 0);
}

static void
end(struct world *w)
{
	plan_free(w->plan);
	w->plan = NULL;
	run_close(w->run);
	w->run = NULL;
	spec_free(w->spec);
	w->spec = NULL;
	diags_done(&w->ds);
	diags_init(&w->ds);
}

/* Script and resources; "" leaves the old ones. Returns plan_make's. */
static int
plan(struct world *w, const char *script, const char *body)
{
	const struct spec_opts so = { .file = w->file,
				      .state_dir = w->state_dir };
	CLEANUP(freep)
	char *text = xasprintf("opl2: 1\nname: test\nresources:\n%s", body);
	int rc;

	end(w);
	put_file(w, "script", *script ? script : "{}");
	put_file(w, "ops", "");
	put_file(w, "opl2.yaml", text);
	rc = spec_load(&so, &w->spec, &w->ds);
	t_no_errors(&w->ds);
	assert_int_equal(rc, 0);
	assert_int_equal(run_open(&w->opts, w->spec, w->state_dir, true,
				  &w->run, &w->ds),
			 0);
	rc = plan_make(w->run, &w->plan, &w->ds);
	return rc;
}

static int
apply(struct world *w, const char *script, const char *body)
{
	int rc = plan(w, script, body);

	return rc ? rc : run_apply(w->run, w->plan, &w->res, &w->ds);
}

static void
assert_ops(struct world *w, const char *want)
{
	CLEANUP(freep) char *path = path_join(w->dir, "ops");
	struct buf b = BUF_INIT(1 << 20);

	assert_int_equal(file_read(path, &b, &w->ds), 0);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static int
set_up(void **st)
{
	struct world *w = xcalloc(1, sizeof(*w));
	CLEANUP(freep) char *link = NULL;
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	w->dir = t_mkdir();
	w->file = path_join(w->dir, "opl2.yaml");
	w->state_dir = path_join(w->dir, ".opl2");
	link = path_join(w->dir, "opl2-worker");
	assert_int_equal(symlink(self, link), 0);
	setenv("T_DIR", w->dir, 1);
	setenv("OPL2_LIBEXEC", w->dir, 1);
	diags_init(&w->ds);
	w->opts.parallelism = 1;
	*st = w;
	return 0;
}

static int
tear_down(void **st)
{
	struct world *w = *st;

	end(w);
	diags_done(&w->ds);
	t_rmdir(w->dir);
	free(w->file);
	free(w->state_dir);
	free(w);
	return 0;
}

#endif
