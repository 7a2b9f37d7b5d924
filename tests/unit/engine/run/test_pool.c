#include "tests/unit/t.h"

#include "engine/base/clock.h"
#include "engine/kind/wire.h"
#include "engine/run/pool.h"

static void
done(void *arg, struct pool_op *op)
{
	(void)arg;
	(void)op;
	fail();
}

static int
sync_nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* A worker that cannot be loaded must not be started for ever. */
static void
gives_up_on_workers_that_do_not_start(void **state)
{
	const struct pool_hooks hooks = { .done = done, .sync = sync_nothing };
	CLEANUP(put_json) json_t *env = json_pack("{s:s}", "type", "env");
	struct pool_opts opts = {
		.max = 2, .lock_fd = -1, .path = "/bin/false", .env = env
	};
	struct pool *p = pool_new(&opts);
	struct pool_op op;
	struct diags ds;
	int turns = 0;

	(void)state;
	diags_init(&ds);
	pool_op_init(&op);
	op.msg = json_object();
	pool_submit(p, &op);
	while (pool_turn(p, &hooks, 5000, -1, &ds) == 0)
		assert_true(++turns < 20);
	t_error(&ds, "E0617", "cannot start");
	pool_free(p);
	pool_op_done(&op);
	diags_done(&ds);
}

/* --- workers that die over an operation --- */

/* WIRE_FD is 3. It says hello, waits for the two frames, and does `end`. */
static char *
worker_that(const char *dir, const char *end)
{
	char *path = xasprintf("%s/worker", dir);
	CLEANUP(freep)
	char *text =
		xasprintf("#!/usr/bin/env python3\n"
			  "import os, signal, socket, struct, sys\n"
			  "s = socket.socket(fileno=3)\n"
			  "def say(text):\n"
			  "    s.sendall(struct.pack('>I', len(text)) + text)\n"
			  "say(b'{\"type\":\"hello\",\"protocol\":%d}')\n"
			  "f = s.makefile('rb')\n"
			  "for i in range(2):\n"
			  "    f.read(struct.unpack('>I', f.read(4))[0])\n"
			  "%s\n",
			  WIRE_PROTOCOL, end);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, text, strlen(text), 0755, &ds), 0);
	t_no_errors(&ds);
	return path;
}

static void
died(void *arg, struct pool_op *op)
{
	assert_true(op->died);
	assert_int_equal(op->outcome, OC_FAIL);
	++*(int *)arg;
}

static void
says_how_a_worker_died(void **state UNUSED)
{
	static const struct {
		const char *end, *says;
	} rows[] = {
		{ "os._exit(7)", "exited with status 7" },
		{ "os._exit(0)", "exited with status 0" },
		{ "os.kill(os.getpid(), signal.SIGKILL)", "was killed" },
		{ "os.kill(os.getpid(), signal.SIGABRT)",
		  "crashed (signal 6)" },
		{ "say(b'{\"type\":\"nonsense\"}'); f.read()",
		  "sent an invalid answer" },
		{ "say(b'no JSON'); f.read()", "sent an invalid answer" },
	};
	CLEANUP(put_json) json_t *env = json_pack("{s:s}", "type", "env");
	char *dir = t_mkdir();

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		int ended = 0;
		const struct pool_hooks hooks = { .done = died,
						  .sync = sync_nothing,
						  .arg = &ended };
		CLEANUP(freep) char *path = worker_that(dir, rows[i].end);
		struct pool_opts opts = {
			.max = 1, .lock_fd = -1, .path = path, .env = env
		};
		struct pool *p = pool_new(&opts);
		struct pool_op op;
		struct diags ds;

		diags_init(&ds);
		pool_op_init(&op);
		op.msg = json_object();
		op.addr = "null.a";
		pool_submit(p, &op);
		while (!ended)
			assert_int_equal(pool_turn(p, &hooks, 5000, -1, &ds),
					 0);
		t_error(&op.ds, "E0616", rows[i].says);
		pool_free(p);
		pool_op_done(&op);
		diags_done(&ds);
	}
	t_rmdir(dir);
}

static void
count(void *arg, struct pool_op *op)
{
	assert_int_equal(op->outcome, OC_CANCELLED);
	++*(int *)arg;
}

/* What is ended without a worker is news: there may be nothing else to wait
 * for, and the wait would never end. */
static void
does_not_wait_after_a_cancellation(void **state)
{
	int ended = 0;
	const struct pool_hooks hooks = { .done = count,
					  .sync = sync_nothing,
					  .arg = &ended };
	CLEANUP(put_json) json_t *env = json_pack("{s:s}", "type", "env");
	struct pool_opts opts = {
		.max = 2, .lock_fd = -1, .path = "/bin/false", .env = env
	};
	struct pool *p = pool_new(&opts);
	int64_t began = mono_ms();
	struct pool_op op;
	struct diags ds;

	(void)state;
	diags_init(&ds);
	pool_op_init(&op);
	op.msg = json_object();
	op.addr = "null.a";
	pool_submit(p, &op);
	pool_cancel(p);
	assert_int_equal(pool_turn(p, &hooks, 10000, -1, &ds), 0);
	assert_int_equal(ended, 1);
	assert_true(mono_ms() - began < 5000);
	pool_free(p);
	pool_op_done(&op);
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_up_on_workers_that_do_not_start),
		cmocka_unit_test(says_how_a_worker_died),
		cmocka_unit_test(does_not_wait_after_a_cancellation),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
