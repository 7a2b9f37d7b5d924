/* Tools under the shim: what they get, and that nothing of them is left. */
#include "tests/unit/t.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "providers/clients/store/confine.h"
#include "providers/clients/tools/forward.h"
#include "providers/clients/tools/run.h"

/* The run's side, which cmd/opl2-worker has in earnest. */
struct side {
	bool cancelled;
	int64_t group;
	bool ended;
};

int
effect_intend(struct effect_ctx *ctx UNUSED, const json_t *token UNUSED)
{
	return 0;
}

void
effect_progress(struct effect_ctx *ctx UNUSED, const char *fmt UNUSED, ...)
{
}

bool
effect_cancelled(struct effect_ctx *ctx)
{
	const struct side *s = ctx->impl;

	return s->cancelled;
}

bool
effect_wait(struct effect_ctx *ctx, unsigned ms UNUSED)
{
	return effect_cancelled(ctx);
}

int
effect_pgroup(struct effect_ctx *ctx, int64_t pgid, uint64_t start)
{
	struct side *s = ctx->impl;

	s->group = pgid;
	assert_true(start > 0);
	return 0;
}

void
effect_pgroup_end(struct effect_ctx *ctx, int64_t pgid)
{
	struct side *s = ctx->impl;

	assert_int_equal(s->group, pgid);
	s->ended = true;
}

const char *
effect_asset(struct effect_ctx *ctx UNUSED, const struct effect_op *op UNUSED,
	     const char *value)
{
	return value;
}

struct world {
	char *dir;
	struct diags ds;
	struct arena arena;
	struct side side;
	struct effect_ctx ctx;
};

static int
set_up(void **st)
{
	struct world *w = xcalloc(1, sizeof(*w));

	free(t_programs());
	w->dir = t_mkdir();
	diags_init(&w->ds);
	arena_init(&w->arena);
	w->ctx = (struct effect_ctx){ &w->ds, &w->arena, &w->side };
	*st = w;
	return 0;
}

static int
tear_down(void **st)
{
	struct world *w = *st;

	diags_done(&w->ds);
	arena_done(&w->arena);
	t_rmdir(w->dir);
	free(w);
	return 0;
}

static enum outcome
sh(struct world *w, const char *script, struct tool *t)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	t->argv = argv;
	return tool_run(&w->ctx, t);
}

static char *
read_file(struct world *w, const char *name)
{
	CLEANUP(freep) char *path = path_join(w->dir, name);
	struct buf b = BUF_INIT(1 << 20);

	assert_int_equal(file_read(path, &b, &w->ds), 0);
	return buf_take(&b);
}

static bool
alive(pid_t pid)
{
	return kill(pid, 0) == 0;
}

/* Killed processes take a moment to go; ten seconds are for ever. */
static void
assert_dies(pid_t pid)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	int i;

	for (i = 0; i < 1000 && alive(pid); i++)
		nanosleep(&nap, NULL);
	assert_false(alive(pid));
}

static pid_t
read_pid(struct world *w, const char *name)
{
	CLEANUP(freep) char *text = read_file(w, name);

	return (pid_t)strtoll(text, NULL, 10);
}

static void
gives_env_cwd_and_output(void **st)
{
	struct world *w = *st;
	const char *env[] = { "MINE=1", "LANG=C", NULL };
	struct buf out = BUF_INIT(4096);
	struct tool t = { .env = env, .cwd = w->dir, .out = &out };

	setenv("SECRET_KEY", "hidden", 1);
	setenv("GOPROXY", "there", 1);
	setenv("LANG", "xx", 1);
	assert_int_equal(sh(w,
			    "pwd; echo $MINE,$LANG,$GOPROXY,$SECRET_KEY; "
			    "ls /proc/self/fd | wc -l",
			    &t),
			 OC_OK);
	assert_int_equal(strncmp(buf_str(&out), w->dir, strlen(w->dir)), 0);
	assert_non_null(strstr(buf_str(&out), "\n1,C,there,\n"));
	/* 0, 1, 2 and the listing's own. */
	assert_non_null(strstr(buf_str(&out), "\n4\n"));
	assert_true(w->side.ended);
	buf_done(&out);
}

static void
take_line(void *arg, const char *line)
{
	struct buf *b = arg;

	buf_addf(b, "<%s>", line);
}

static void
logs_and_tells_lines(void **st)
{
	struct world *w = *st;
	struct buf lines = BUF_INIT(4096);
	CLEANUP(freep) char *log = path_join(w->dir, "logs/x.log");
	CLEANUP(freep) char *text = NULL;
	struct tool t = { .log = log, .line = take_line, .arg = &lines };

	assert_int_equal(
		sh(w, "echo one; echo two >&2; printf end; exit 3", &t),
		OC_FAIL);
	t_error(&w->ds, "E0621", "failed with status 3");
	assert_string_equal(w->ds.last->detail, "one\ntwo\nend");
	assert_string_equal(buf_str(&lines), "<one><two><end>");
	text = read_file(w, "logs/x.log");
	assert_string_equal(text, "one\ntwo\nend");
	buf_done(&lines);
}

static void
finds_no_program(void **st)
{
	struct world *w = *st;
	const char *argv[] = { "opl2-no-such-thing", NULL };
	struct tool t = { .argv = argv };

	assert_int_equal(tool_run(&w->ctx, &t), OC_FAIL);
	t_error(&w->ds, "E0620", "opl2-no-such-thing");
}

static void
leaves_status_to_the_caller(void **st)
{
	struct world *w = *st;
	int status = -1;
	struct tool t = { .status = &status };

	assert_int_equal(sh(w, "kill -9 $$", &t), OC_OK);
	assert_int_equal(status, 137);
	t_no_errors(&w->ds);
}

/* A daemon that left the group is the shim's child by then. */
static void
takes_daemons_along(void **st)
{
	struct world *w = *st;
	struct tool t = { .cwd = w->dir };

	assert_int_equal(sh(w,
			    "setsid sh -c 'echo $$ > pid; exec sleep 100' & "
			    "while ! test -s pid; do sleep 0.01; done",
			    &t),
			 OC_OK);
	assert_dies(read_pid(w, "pid"));
}

static void
stops_in_time(void **st)
{
	struct world *w = *st;
	struct tool t = { .cwd = w->dir, .timeout_ms = 200 };

	assert_int_equal(sh(w, "sleep 100", &t), OC_FAIL);
	t_error(&w->ds, "E0622", "did not end");
	assert_dies((pid_t)w->side.group);
}

static void
stops_when_cancelled(void **st)
{
	struct world *w = *st;
	struct tool t = { .cwd = w->dir };

	w->side.cancelled = true;
	assert_int_equal(sh(w, "sleep 100", &t), OC_CANCELLED);
	t_error(&w->ds, "E0623", "was stopped");
}

/* kill -9 of the worker: its tool and the tool's children go with it. */
static void
dies_with_the_worker(void **st)
{
	struct world *w = *st;
	struct tool t = { .cwd = w->dir };
	CLEANUP(freep) char *path = path_join(w->dir, "pid2");
	const struct timespec nap = { .tv_nsec = 10000000 };
	pid_t worker = fork();

	if (worker == 0) {
		(void)!sh(w,
			  "trap '' TERM; echo $$ > pid; "
			  "sh -c 'echo $$ > tmp; mv tmp pid2; sleep 100'",
			  &t);
		_exit(0);
	}
	while (!file_exists(path))
		nanosleep(&nap, NULL);
	kill(worker, SIGKILL);
	while (waitpid(worker, NULL, 0) < 0 && errno == EINTR)
		;
	assert_dies(read_pid(w, "pid"));
	assert_dies(read_pid(w, "pid2"));
}

/* One that prints without a pause is still stopped, and what it must not tell
 * is not told. */
static void
stops_what_prints_for_ever(void **st)
{
	struct world *w = *st;
	struct tool t = { .timeout_ms = 3000, .secret = "http://h/key" };

	assert_int_equal(sh(w, "exec yes at http://h/key/", &t), OC_FAIL);
	t_error(&w->ds, "E0622", "did not end");
	assert_non_null(strstr(w->ds.first->detail, "at ***/"));
	assert_null(strstr(w->ds.first->detail, "http://h/key/"));
}

/* The stand-in for a URL is journalled as a tool is, and ended. */
static void
forwards_what_is_secret(void **st)
{
	struct world *w = *st;
	struct forward f = FORWARD_INIT;
	pid_t pid;

	assert_int_equal(forward_start(&w->ctx, "http://h.invalid/key", &f), 0);
	pid = f.pid;
	assert_int_equal(w->side.group, pid);
	assert_int_equal(getpgid(pid), pid);
	assert_true(url_is_plain_loopback("http://127.0.0.1:1"));
	assert_int_equal(strncmp(f.url, "http://127.0.0.1:", 17), 0);
	assert_false(url_is_plain_loopback(f.url));
	forward_stop(&w->ctx, &f);
	assert_true(w->side.ended);
	assert_false(alive(pid));
	t_no_errors(&w->ds);
}

static void
knows_what_needs_no_stand_in(void **st UNUSED)
{
	static const char *const plain[] = { "http://127.0.0.1",
					     "http://127.0.0.1:8545",
					     "http://localhost:8545/",
					     "http://[::1]:8545" };
	static const char *const not_plain[] = {
		"http://127.0.0.1:8545/key",   "http://127.0.0.1:8545?key",
		"http://127.0.0.1:u@h:8545",   "http://127.0.0.1:1@h.invalid",
		"https://127.0.0.1:8545",      "http://127.0.0.1.h.invalid",
		"http://u:p@127.0.0.1:8545/",  "http://h.invalid:8545",
		"http://localhost:8545/#/key",
	};

	for (size_t i = 0; i < COUNTOF(plain); i++)
		assert_true(url_is_plain_loopback(plain[i]));
	for (size_t i = 0; i < COUNTOF(not_plain); i++)
		assert_false(url_is_plain_loopback(not_plain[i]));
}

static void
nothing(void *arg UNUSED)
{
}

/* What a script may do besides printing: in its folder, elsewhere, by TCP, in
 * /dev, and as another program. */
static char *
does(struct world *w, struct tool *t, int port)
{
	CLEANUP(freep)
	char *script = xasprintf(
		"cd '%s' || exit; touch in/a && printf 'in '; "
		"(echo >out/a) 2>/dev/null && printf 'out '; "
		"(exec 3<>/dev/tcp/127.0.0.1/%d) 2>/dev/null && printf 'tcp '; "
		"echo >/dev/null && printf 'null '; "
		"ls in >/dev/null && printf 'program '; "
		"sh -c 'mv in/a out/b' 2>/dev/null && printf 'moved '; true",
		w->dir, port);
	const char *argv[] = { "bash", "-c", script, NULL };
	struct buf out = BUF_INIT(4096);

	t->argv = argv;
	t->out = &out;
	assert_int_equal(tool_run(&w->ctx, t), OC_OK);
	return buf_take(&out);
}

/* What strangers wrote reaches no further than what it is there to make. */
static void
changes_its_folders_alone(void **st)
{
	struct world *w = *st;
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	CLEANUP(freep) char *in = path_join(w->dir, "in");
	CLEANUP(freep) char *out = path_join(w->dir, "out");
	const char *const changes[] = { in, NULL };
	struct {
		struct tool t;
		const char *does;
	} cases[] = {
		{ { .changes = NULL }, "in out tcp null program moved " },
		{ { .changes = changes }, "in null program " },
		{ { .changes = changes, .net = true }, "in tcp null program " },
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!confine_run(-1, nothing, NULL)) {
		close(fd);
		skip();
	}
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	assert_int_equal(file_mkdirs(in, 0700, &w->ds), 0);
	assert_int_equal(file_mkdirs(out, 0700, &w->ds), 0);
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(freep)
		char *did = does(w, &cases[i].t, ntohs(a.sin_port));

		assert_string_equal(did, cases[i].does);
	}
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(gives_env_cwd_and_output),
		T(logs_and_tells_lines),
		T(finds_no_program),
		T(leaves_status_to_the_caller),
		T(takes_daemons_along),
		T(stops_in_time),
		T(stops_when_cancelled),
		T(dies_with_the_worker),
		T(stops_what_prints_for_ever),
		T(forwards_what_is_secret),
		T(knows_what_needs_no_stand_in),
		T(changes_its_folders_alone),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
