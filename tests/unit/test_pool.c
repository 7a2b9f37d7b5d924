#include "tests/unit/t.h"

#include "engine/pool.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_up_on_workers_that_do_not_start),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
