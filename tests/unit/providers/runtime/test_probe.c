#include "tests/unit/t.h"

#include "providers/runtime/probe.h"

/* now in ms for all cases: 2023-11-14T22:13:20Z */
#define NOW 1700000000000

static const struct {
	const char *rpc, *result, *why; /* why NULL: it holds */
} cases[] = {
	{ "{}", "0", NULL },
	{ "{}", "null", "no value yet" },
	{ "{\"at\":\"/a/b\"}", "{\"a\":{}}", "no value yet" },
	{ "{\"at\":\"/a/b\"}", "{\"a\":{\"b\":false}}", NULL },
	{ "{\"equals\":3151}", "\"0xc4f\"", NULL },
	{ "{\"equals\":\"0xC4F\"}", "\"3151\"", NULL },
	{ "{\"equals\":\"3151\"}", "3151", NULL },
	{ "{\"equals\":1}", "\"0x2\"", "is \"0x2\", must be 1" },
	{ "{\"equals\":\"0xABcd\"}", "\"0xabCD\"", NULL },
	{ "{\"equals\":false}", "false", NULL },
	{ "{\"equals\":false}", "{\"x\":1}", "must be false" },
	{ "{\"at_least\":\"16\"}", "\"0x10\"", NULL },
	{ "{\"at_least\":17}", "\"0x10\"", "must be at least 17" },
	{ "{\"at_least\":1}", "true", "must be at least 1" },
	{ "{\"at_least\":"
	  "\"115792089237316195423570985008687907853269984665640564039457584007"
	  "913129639935\"}",
	  "18446744073709551", "must be at least" },
	{ "{\"age_below\":5000}", "\"0x6553f0fd\"", NULL },
	{ "{\"age_below\":3000}", "1699999997", NULL },
	{ "{\"age_below\":2000}", "1699999997",
	  "3 s behind, at most 2 s are allowed" },
	{ "{\"age_below\":2000}", "\"soon\"", "not a time" },
	{ "{\"age_below\":2000}", "\"0xffffffffffffffff\"", "not a time" },
};

static void
answers_are_judged(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json)
		json_t *probes = json_pack("[{s:o}]", "rpc",
					   json_loads(cases[i].rpc, 0, NULL));
		CLEANUP(put_json)
		json_t *result =
			json_loads(cases[i].result, JSON_DECODE_ANY, NULL);
		struct process_probes probe;
		char why[200] = "";
		struct arena a;
		bool ok;

		assert_non_null(probes);
		assert_non_null(result);
		arena_init(&a);
		probe = process_probes_decode(&a, probes);
		ok = probe_holds(&probe.v[0], result, NOW, why, sizeof(why));
		if (ok != !cases[i].why || (!ok && !strstr(why, cases[i].why)))
			fail_msg("%s on %s: %s", cases[i].rpc, cases[i].result,
				 why);
		arena_done(&a);
	}
}

/* The whole of a definition with this probe. */
static struct process_def *
defined(const char *probe, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *def = json_pack("{s:[s], s:[o]}", "command", "/bin/true",
				"ready", json_loads(probe, 0, NULL));

	return process_def_decode("p", def, ds);
}

static void
bad_probes_are_refused(void **state UNUSED)
{
	static const char *const bad[] = {
		"{}",
		"{\"rpc\":{\"url\":\"http://x\"}}",
		"{\"rpc\":{\"method\":\"m\"}}",
		"{\"tcp\":{\"port\":0}}",
		"{\"tcp\":{\"port\":65536}}",
		"{\"http\":{}}",
		"{\"tcp\":{\"port\":1},\"http\":{\"url\":\"http://x\"}}",
		"{\"rpc\":{\"url\":\"u\",\"method\":\"m\",\"at_least\":\"x\"}}",
	};
	static const char *const good[] = {
		"{\"tcp\":{\"port\":80}}",
		"{\"http\":{\"url\":{\"$secret\":[]}}}",
		"{\"rpc\":{\"url\":\"u\",\"method\":\"m\",\"at_least\":"
		"\"0x1\"}}",
	};

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(diags_done) struct diags ds;

		diags_init(&ds);
		assert_null(defined(bad[i], &ds));
		assert_string_equal(ds.first->code, "E0901");
	}
	for (size_t i = 0; i < COUNTOF(good); i++) {
		CLEANUP(diags_done) struct diags ds;
		CLEANUP(process_def_putp) struct process_def *d = NULL;

		diags_init(&ds);
		d = defined(good[i], &ds);
		assert_non_null(d);
	}
}

static void
the_number_below(void **state)
{
	static const char *const numbers[][2] = {
		{ "115", "0x72" },       { "\"0x73\"", "0x72" },
		{ "\"0x100\"", "0xff" }, { "1", "0x0" },
		{ "0", NULL },           { "\"0x0\"", NULL },
		{ "null", NULL },        { "\"later\"", NULL },
		{ "-3", NULL },          { "false", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNTOF(numbers); i++) {
		CLEANUP(put_json)
		json_t *v = json_loads(numbers[i][0], JSON_DECODE_ANY, NULL);
		CLEANUP(put_json) json_t *below = value_below(v);

		assert_non_null(v);
		if (!numbers[i][1])
			assert_null(below);
		else
			assert_string_equal(json_string_value(below),
					    numbers[i][1]);
		if (below)
			assert_true(value_above(v, below));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(bad_probes_are_refused),
		cmocka_unit_test(the_number_below),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
