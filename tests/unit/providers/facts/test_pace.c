#include "tests/unit/t.h"

#include "providers/facts/pace.h"

/* Outputs of 20 blocks of 1 s, the newest told at 1000. */
static const struct pace_seen keeps_up = {
	.now = 1010,
	.times = { 1000, 980, 960, 940 },
	.n = 4,
	.interval = 20,
	.ahead = 1,
	.earliest = 10,
};

static void
one_that_keeps_up(void **state UNUSED)
{
	struct pace_seen s = keeps_up;
	struct pace p;

	pace_reckon(&s, &p);
	assert_true(p.known && !p.behind && !p.quiet);
	assert_int_equal(p.seconds, 10);
	/* it is safe, and comes with the next L1 blocks */
	s.earliest = 0;
	s.ready = 1;
	s.now = 1022;
	pace_reckon(&s, &p);
	assert_true(p.known && !p.behind && !p.quiet);
	assert_int_equal(p.seconds, 0);
}

static void
one_that_catches_up(void **state UNUSED)
{
	struct pace_seen s = { .now = 1002,
			       .times = { 1000, 996, 992, 988 },
			       .n = 4,
			       .interval = 20,
			       .ahead = 50,
			       .ready = 60 };
	struct pace p;

	pace_reckon(&s, &p);
	assert_true(p.known && p.behind && !p.quiet);
	assert_int_equal(p.seconds, 50 * 4 - 2);
	assert_int_equal(p.caught_up, 60 * 4 * 20 / 16);
	/* of one that kept up until now it is not known how quick it is */
	s.times[1] = 985;
	s.times[2] = 970;
	s.times[3] = 955;
	pace_reckon(&s, &p);
	assert_int_equal(p.caught_up, 0);
	s.times[1] = 996;
	s.times[2] = 992;
	/* its pace is not that of the time that it was away */
	s.times[3] = 100;
	pace_reckon(&s, &p);
	assert_int_equal(p.seconds, 198);
	/* what is not safe yet is not there before */
	s.earliest = 500;
	pace_reckon(&s, &p);
	assert_int_equal(p.seconds, 500);
}

static void
one_of_few_outputs(void **state UNUSED)
{
	struct pace_seen s = { .now = 1001,
			       .times = { 1000, 994 },
			       .n = 2,
			       .interval = 20,
			       .ahead = 3,
			       .ready = 5 };
	struct pace p;

	pace_reckon(&s, &p);
	assert_int_equal(p.seconds, 17);
	s.times[1] = 0; /* it was away */
	pace_reckon(&s, &p);
	assert_int_equal(p.seconds, 59);
	assert_int_equal(p.caught_up, 0);
	s.n = 1;
	pace_reckon(&s, &p);
	assert_int_equal(p.seconds, 59);
	s.n = 0;
	pace_reckon(&s, &p);
	assert_true(p.behind && !p.known);
	s.ready = 1; /* the first is being made */
	pace_reckon(&s, &p);
	assert_true(!p.behind && p.known);
}

static void
one_that_has_stopped(void **state UNUSED)
{
	struct pace_seen s = keeps_up;
	struct pace p;

	s.ready = 1;
	s.now = 1100;
	pace_reckon(&s, &p);
	assert_true(p.known && !p.quiet);
	s.now = 1101;
	pace_reckon(&s, &p);
	assert_true(!p.known);
	assert_int_equal(p.quiet, 101);
	s.ready = 0; /* the L2 is not so far: not its fault */
	pace_reckon(&s, &p);
	assert_true(p.known && !p.quiet);
}

/* A chain or a node may say that blocks take no time. */
static void
no_interval(void **state UNUSED)
{
	struct pace_seen s = keeps_up;
	struct pace p;

	s.interval = 0;
	s.now = s.times[0];
	s.ready = 5;
	pace_reckon(&s, &p);
	assert_true(p.behind);
	assert_int_equal(p.caught_up, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_keeps_up),
		cmocka_unit_test(one_that_catches_up),
		cmocka_unit_test(one_of_few_outputs),
		cmocka_unit_test(one_that_has_stopped),
		cmocka_unit_test(no_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
