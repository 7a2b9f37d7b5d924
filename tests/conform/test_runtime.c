/*
 * What providers/runtime/runtime.h says, of every runtime: the same cases for
 * all of runtimes.def, on real processes, and for one in memory.
 */
#include "tests/unit/t.h"

#include "engine/io/file.h"
#include "engine/io/program.h"
#include "tests/conform/memory_runtime.h"

struct world {
	const struct runtime *rt;
	struct runtime_chain *c;
	struct diags ds;
	char dir[64];
};

static struct world w;

static void
begin(const struct runtime *rt)
{
	w.rt = rt;
	snprintf(w.dir, sizeof(w.dir), "/tmp/opl2-runtime-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	diags_init(&w.ds);
	assert_int_equal(rt->open(w.dir, &w.c, &w.ds), 0);
	assert_ptr_equal(w.c->rt, rt);
}

/* Everything goes, and with the last one who looks after them. */
static void
end(void)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;

	assert_int_equal(w.rt->status(w.c, NULL, true, &st, &w.ds), 0);
	for (size_t i = 0; i < st->n; i++)
		assert_int_equal(
			w.rt->remove(w.c, st->procs[i].name, true, NULL, &w.ds),
			0);
	w.rt->close(w.c);
	assert_int_equal(file_remove_tree(w.dir, &w.ds), 0);
	diags_done(&w.ds);
}

static void
is_refused(int rc, const char *code)
{
	assert_int_equal(rc, -1);
	assert_string_equal(w.ds.last->code, code);
	diags_done(&w.ds);
	diags_init(&w.ds);
}

static json_t *
only(const char *name)
{
	return json_pack("[s]", name);
}

/* A definition of a shell's script, with more of the wire's keys. */
static struct process_def *
script(const char *name, const char *text, const char *more)
{
	CLEANUP(freep) char *log = w.rt->log_place(w.dir, name);
	CLEANUP(put_json)
	json_t *j =
		json_pack("{s:[s, s, s], s:s, s:{s:s}, s:[{s:s, s:i}]}",
			  "command", "/bin/sh", "-c", text, "dir", "/", "log",
			  "path", log, "stop", "signal", "TERM", "grace", 5000);
	CLEANUP(put_json) json_t *plus = t_json(more ? more : "{}");

	json_object_update(j, plus);
	return process_def_decode(name, j, &w.ds);
}

static void
put(const char *name, const char *text, const char *more)
{
	CLEANUP(process_def_putp)
	struct process_def *d = script(name, text, more);

	assert_non_null(d);
	assert_int_equal(w.rt->put(w.c, name, d, NULL, &w.ds), 0);
}

static int
start(const char *name)
{
	CLEANUP(put_json) json_t *names = only(name);

	return w.rt->start(w.c, names, &w.ds);
}

static int
wait_ready(const char *name)
{
	CLEANUP(put_json) json_t *names = only(name);

	return w.rt->wait_ready(w.c, names, NULL, &w.ds);
}

/* The caller frees. */
static struct runtime_status *
look(void)
{
	struct runtime_status *st = NULL;

	assert_int_equal(w.rt->status(w.c, NULL, true, &st, &w.ds), 0);
	return st;
}

#define RUNS "exec sleep 1000"

static void
starts_nothing_unasked(void **state)
{
	struct runtime_status *st;
	struct runtime_recall r;
	char digest[65];

	begin(*state);
	st = look();
	assert_int_equal(st->n, 0);
	assert_false(st->attended);
	runtime_status_free(st);
	assert_int_equal(w.rt->recall(w.c, "a", &r, &w.ds), 1);
	put("a", RUNS, NULL);
	st = look();
	assert_int_equal(st->n, 1);
	assert_string_equal(st->procs[0].name, "a");
	assert_int_equal(st->procs[0].state, PROCESS_STOPPED);
	assert_false(st->procs[0].wanted || process_runs(&st->procs[0]));
	assert_int_equal(w.rt->recall(w.c, "a", &r, &w.ds), 0);
	assert_null(r.ran);
	process_def_digest(r.def, digest);
	assert_int_equal(strlen(st->procs[0].digest), 64);
	runtime_recall_done(&r);
	runtime_status_free(st);
	end();
}

static void
goes_up_and_down(void **state)
{
	CLEANUP(put_json) json_t *names = only("a");
	struct runtime_status *st;
	struct runtime_recall r;

	begin(*state);
	put("a", RUNS, NULL);
	assert_int_equal(start("a"), 0);
	assert_int_equal(wait_ready("a"), 0);
	st = look();
	assert_true(st->attended);
	assert_int_equal(st->procs[0].state, PROCESS_READY);
	assert_true(st->procs[0].ready && st->procs[0].wanted);
	assert_true(process_runs(&st->procs[0]));
	runtime_status_free(st);
	assert_int_equal(w.rt->recall(w.c, "a", &r, &w.ds), 0);
	assert_non_null(r.ran);
	assert_true(r.wanted);
	runtime_recall_done(&r);
	assert_int_equal(w.rt->stop(w.c, names, true, false, NULL, &w.ds), 0);
	st = look();
	assert_true(st->procs[0].hold && !st->procs[0].wanted);
	assert_false(process_runs(&st->procs[0]));
	runtime_status_free(st);
	assert_int_equal(w.rt->start(w.c, NULL, &w.ds), 0);
	assert_int_equal(w.rt->wait_ready(w.c, NULL, NULL, &w.ds), 0);
	st = look();
	assert_true(st->procs[0].ready && !st->procs[0].hold);
	runtime_status_free(st);
	end();
}

static void
runs_on_by_its_old_definition(void **state)
{
	struct runtime_status *st;
	struct runtime_recall r;
	int64_t pid;

	begin(*state);
	put("a", RUNS, NULL);
	assert_int_equal(start("a"), 0);
	assert_int_equal(wait_ready("a"), 0);
	put("a", RUNS, "{'stop_order': 7}");
	st = look();
	pid = st->procs[0].pid;
	assert_false(st->procs[0].stale);
	runtime_status_free(st);
	put("a", "exec sleep 2000", NULL);
	st = look();
	assert_true(st->procs[0].stale);
	assert_int_equal(st->procs[0].pid, pid);
	runtime_status_free(st);
	assert_int_equal(w.rt->recall(w.c, "a", &r, &w.ds), 0);
	assert_string_equal(r.ran->command.v[2], RUNS);
	assert_string_equal(r.def->command.v[2], "exec sleep 2000");
	runtime_recall_done(&r);
	assert_int_equal(w.rt->restart(w.c, NULL, false, NULL, &w.ds), 0);
	assert_int_equal(wait_ready("a"), 0);
	st = look();
	assert_false(st->procs[0].stale);
	assert_int_not_equal(st->procs[0].pid, pid);
	runtime_status_free(st);
	end();
}

static void
waits_for_others(void **state)
{
	struct runtime_status *st;

	begin(*state);
	put("a", RUNS, NULL);
	put("b", RUNS, "{'depends': ['a']}");
	assert_int_equal(start("b"), 0);
	do { /* until it has got that far */
		st = look();
		if (runtime_proc(st, "b")->state == PROCESS_WAITING &&
		    runtime_proc(st, "b")->waits_for)
			break;
		runtime_status_free(st);
	} while (true);
	assert_string_equal(runtime_proc(st, "b")->waits_for, "a");
	assert_null(runtime_proc(st, "c"));
	runtime_status_free(st);
	assert_int_equal(start("a"), 0);
	assert_int_equal(w.rt->wait_ready(w.c, NULL, NULL, &w.ds), 0);
	end();
}

static bool
give_up(void *arg, const char *name UNUSED, const char *state UNUSED,
	const char *text UNUSED)
{
	++*(int *)arg;
	return true;
}

static void
a_wait_can_be_given_up(void **state)
{
	CLEANUP(put_json) json_t *names = only("b");
	int asked = 0;
	const struct runtime_wait wait = { give_up, &asked };

	begin(*state);
	put("b", RUNS, "{'depends': ['a']}");
	assert_int_equal(start("b"), 0);
	assert_int_equal(w.rt->wait_ready(w.c, names, &wait, &w.ds), 1);
	assert_int_equal(asked, 1);
	w.rt->close(w.c);
	assert_int_equal(w.rt->open(w.dir, &w.c, &w.ds), 0);
	end();
}

static void
says_what_failed(void **state)
{
	struct runtime_status *st;

	begin(*state);
	put("a", "exit 1", "{'restart': {'policy': 'never'}}");
	assert_int_equal(start("a"), 0);
	assert_int_equal(wait_ready("a"), -1);
	assert_true(w.ds.nerrors > 0);
	st = look();
	assert_int_equal(st->procs[0].state, PROCESS_FAILED);
	assert_non_null(st->procs[0].reason);
	assert_true(st->procs[0].wanted);
	runtime_status_free(st);
	end();
}

static void
refuses_what_it_does_not_know(void **state)
{
	CLEANUP(put_json) json_t *names = only("nobody");
	struct process_def empty = { 0 };
	struct runtime_status *st = NULL;

	begin(*state);
	put("a", RUNS, NULL);
	is_refused(w.rt->status(w.c, names, true, &st, &w.ds), "E0911");
	is_refused(w.rt->status(w.c, names, false, &st, &w.ds), "E0911");
	is_refused(w.rt->start(w.c, names, &w.ds), "E0911");
	is_refused(w.rt->stop(w.c, names, false, false, NULL, &w.ds), "E0911");
	is_refused(w.rt->restart(w.c, names, false, NULL, &w.ds), "E0911");
	is_refused(w.rt->wait_ready(w.c, names, NULL, &w.ds), "E0911");
	is_refused(w.rt->pause(w.c, names, true, 0, NULL, &w.ds), "E0911");
	is_refused(w.rt->pause(w.c, NULL, true, 0, NULL, &w.ds), "E0936");
	is_refused(w.rt->put(w.c, "b", &empty, NULL, &w.ds), "E0901");
	assert_int_equal(w.rt->remove(w.c, "nobody", false, NULL, &w.ds), 0);
	end();
}

static void
keeps_secrets_apart(void **state)
{
	CLEANUP(put_json) json_t *values = t_json("{'env:KEY': 's3cret'}");
	struct runtime_status *st;

	begin(*state);
	put("a", RUNS, "{'env': {'K': {'$secret': [{'env': 'KEY'}]}}}");
	assert_int_equal(start("a"), 0);
	assert_int_equal(wait_ready("a"), -1);
	st = look();
	assert_int_equal(st->procs[0].state, PROCESS_BLOCKED);
	runtime_status_free(st);
	assert_int_equal(w.rt->give_secrets(w.c, values, &w.ds), 0);
	assert_int_equal(wait_ready("a"), 0);
	end();
}

/* What is there of its log after *at; malloc'd. */
static char *
printed(int64_t *at)
{
	char text[256];
	ssize_t n = w.rt->log_read(w.c, "a", at, text, sizeof(text));

	assert_true(n >= 0);
	return xstrndup(text, (size_t)n);
}

static void
shows_what_it_prints(void **state)
{
	int64_t at = 0;
	char *text;

	begin(*state);
	put("a", "echo first; " RUNS, NULL);
	is_refused(w.rt->log_seek(w.c, "a", 1, 0, &at, &w.ds), "E0925");
	assert_int_equal(start("a"), 0);
	assert_int_equal(wait_ready("a"), 0);
	put("a", "echo second; " RUNS, NULL);
	assert_int_equal(w.rt->restart(w.c, NULL, false, NULL, &w.ds), 0);
	assert_int_equal(wait_ready("a"), 0);
	assert_int_equal(w.rt->log_seek(w.c, "a", 1, 0, &at, &w.ds), 0);
	text = printed(&at);
	assert_string_equal(text, "second\n");
	free(text);
	text = printed(&at);
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(w.rt->log_seek(w.c, "a", 0, 9, &at, &w.ds), 0);
	text = printed(&at);
	assert_string_equal(text, "t\nsecond\n");
	free(text);
	end();
}

static void
says_how_a_port_is_reached(void **state)
{
	char *to;

	begin(*state);
	put("a", RUNS, "{'ports': [{'name': 'rpc', 'port': 23456}]}");
	to = w.rt->reach(w.c, "a", "rpc", &w.ds);
	assert_non_null(to);
	assert_non_null(strstr(to, ":23456"));
	free(to);
	assert_null(w.rt->reach(w.c, "a", "ws", &w.ds));
	is_refused(-1, "E0911");
	assert_null(w.rt->reach(w.c, "b", "rpc", &w.ds));
	is_refused(-1, "E0911");
	end();
}

static void
is_suspended_and_taken_up(void **state)
{
	struct runtime_status *st;

	begin(*state);
	put("a", RUNS, NULL);
	assert_int_equal(start("a"), 0);
	assert_int_equal(wait_ready("a"), 0);
	assert_int_equal(w.rt->suspend(w.c, NULL, &w.ds), 0);
	w.rt->close(w.c);
	assert_int_equal(w.rt->open(w.dir, &w.c, &w.ds), 0);
	do { /* who looked after them ends soon */
		st = look();
		if (!st->attended)
			break;
		runtime_status_free(st);
		w.rt->close(w.c);
		assert_int_equal(w.rt->open(w.dir, &w.c, &w.ds), 0);
	} while (true);
	assert_false(process_runs(&st->procs[0]));
	assert_true(st->procs[0].wanted && !st->procs[0].hold);
	runtime_status_free(st);
	assert_int_equal(w.rt->attend(w.c, &w.ds), 0);
	assert_int_equal(wait_ready("a"), 0);
	end();
}

static void
is_forgotten(void **state)
{
	struct runtime_status *st;
	struct runtime_recall r;

	begin(*state);
	put("a", RUNS, NULL);
	put("b", RUNS, NULL);
	assert_int_equal(w.rt->start(w.c, NULL, &w.ds), 0);
	assert_int_equal(w.rt->wait_ready(w.c, NULL, NULL, &w.ds), 0);
	assert_int_equal(w.rt->remove(w.c, "a", false, NULL, &w.ds), 0);
	do { /* it goes with the next turn */
		st = look();
		if (st->n == 1)
			break;
		runtime_status_free(st);
	} while (true);
	assert_string_equal(st->procs[0].name, "b");
	assert_true(st->procs[0].ready);
	runtime_status_free(st);
	assert_int_equal(w.rt->recall(w.c, "a", &r, &w.ds), 1);
	end();
}

#define CASES(rt)                                                              \
	CASE(starts_nothing_unasked, rt), CASE(goes_up_and_down, rt),          \
		CASE(runs_on_by_its_old_definition, rt),                       \
		CASE(waits_for_others, rt), CASE(a_wait_can_be_given_up, rt),  \
		CASE(says_what_failed, rt),                                    \
		CASE(refuses_what_it_does_not_know, rt),                       \
		CASE(keeps_secrets_apart, rt), CASE(shows_what_it_prints, rt), \
		CASE(says_how_a_port_is_reached, rt),                          \
		CASE(is_suspended_and_taken_up, rt), CASE(is_forgotten, rt)
#define CASE(f, rt)                                                            \
	{                                                                      \
#f " of " #rt, f, NULL, NULL, (void *)(uintptr_t)&runtime_##rt \
	}

#define RUNTIME(n) extern const struct runtime runtime_##n;
#include "providers/runtime/runtimes.def"
#undef RUNTIME

int
main(void)
{
#define RUNTIME(n) CASES(n),
	struct CMUnitTest tests[] = {
#include "providers/runtime/runtimes.def"
		CASES(memory),
	};
#undef RUNTIME
	size_t n = 0;
	CLEANUP(freep) char *dir = program_dir();
	CLEANUP(freep) char *programs = xasprintf("%s/..", dir);

	/* tests/k8s and tests/cli/cluster have a cluster; a test that cmocka
	 * skips counts as failed. */
	for (size_t i = 0; i < COUNTOF(tests); i++) {
		const struct runtime *rt = tests[i].initial_state;

		if (rt->elsewhere)
			printf("# skipped: %s, it needs a cluster\n",
			       tests[i].name);
		else
			tests[n++] = tests[i];
	}
	mem_init();
	setenv("OPL2_LIBEXEC", programs, 1);
	return _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
}
