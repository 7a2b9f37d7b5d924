#include "tests/unit/t.h"

#include "engine/base/clock.h"
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
	t_error(&ds, "E0617", "does not start");
	pool_free(p);
	pool_op_done(&op);
	diags_done(&ds);
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
		cmocka_unit_test(does_not_wait_after_a_cancellation),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
