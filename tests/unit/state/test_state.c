#include "tests/unit/t.h"

#include "state/codec.h"
#include "state/state.h"
#include "state/upgrade.h"

static json_t *
obj(const char *text)
{
	json_t *j = jx_parse(text, strlen(text), "test", NULL);

	assert_non_null(j);
	return j;
}

static void
put(struct state *s, const char *addr, const char *config, const char *depends)
{
	CLEANUP(put_json) json_t *c = obj(config);
	CLEANUP(put_json) json_t *d = obj(depends);
	struct state_entry e = {
		.addr = addr,
		.kind = "file",
		.config = c,
		.depends = d,
	};

	state_put(s, &e);
}

static int
setup(void **state)
{
	static struct state s;

	mem_init();
	state_init(&s);
	*state = &s;
	return 0;
}

static int
teardown(void **state)
{
	state_done(*state);
	return 0;
}

static void
map(void **state)
{
	struct state *s = *state;
	char addr[32];

	assert_null(state_get(s, "file.a"));
	assert_false(state_remove(s, "file.a"));
	for (int i = 0; i < 1000; i++) {
		snprintf(addr, sizeof(addr), "file.n%d", i);
		put(s, addr, "{}", "[]");
	}
	assert_int_equal(s->count, 1000);
	for (int i = 0; i < 1000; i += 2) {
		snprintf(addr, sizeof(addr), "file.n%d", i);
		assert_true(state_remove(s, addr));
	}
	assert_int_equal(s->count, 500);
	for (int i = 0; i < 1000; i++) {
		snprintf(addr, sizeof(addr), "file.n%d", i);
		if (i % 2)
			assert_string_equal(state_get(s, addr)->addr, addr);
		else
			assert_null(state_get(s, addr));
	}
}

static void
dirty_only_on_change(void **state)
{
	struct state *s = *state;
	CLEANUP(put_json) json_t *outputs = obj("{\"a\":1}");

	put(s, "file.a", "{\"x\":1}", "[]");
	assert_true(s->dirty);
	s->dirty = false;
	put(s, "file.a", "{\"x\":1}", "[]");
	assert_false(s->dirty);
	put(s, "file.a", "{\"x\":2}", "[]");
	assert_true(s->dirty);
	assert_int_equal(jx_int(state_get(s, "file.a")->config, "x", 0), 2);
	s->dirty = false;
	state_set_outputs(s, outputs);
	assert_true(s->dirty);
	s->dirty = false;
	state_set_outputs(s, outputs);
	assert_false(s->dirty);
}

static void
sorted_list(void **state)
{
	struct state *s = *state;
	const struct state_entry **list;
	struct arena a;
	size_t n;

	arena_init(&a);
	put(s, "file.b", "{}", "[]");
	put(s, "file.c", "{}", "[]");
	put(s, "file.a", "{}", "[]");
	list = state_list(s, &a, &n);
	assert_int_equal(n, 3);
	assert_string_equal(list[0]->addr, "file.a");
	assert_string_equal(list[2]->addr, "file.c");
	arena_done(&a);
}

/* A saved state with two entries and a dangling dependency. New reference. */
static json_t *
sample(struct state *s)
{
	struct diags ds;
	json_t *doc;

	diags_init(&ds);
	put(s, "file.b", "{\"n\":null}", "[\"file.a\",\"file.gone\"]");
	put(s, "file.a", "{}", "[]");
	state_ensure_lineage(s);
	s->serial = 3;
	doc = state_encode(s, &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	return doc;
}

static void
round_trip(void **state)
{
	CLEANUP(put_json) json_t *doc = sample(*state);
	CLEANUP(put_json) json_t *again = NULL;
	const struct state_entry *b;
	struct state s;
	struct diags ds;

	diags_init(&ds);
	state_init(&s);
	assert_int_equal(state_decode(doc, "x", &s, &ds), 0);
	t_no_errors(&ds);
	assert_false(s.dirty);
	assert_int_equal(s.serial, 3);
	b = state_get(&s, "file.b");
	assert_int_equal(b->status, ENTRY_OK);
	assert_true(json_is_null(json_object_get(b->config, "n")));
	assert_null(b->private);
	/* The dependency on what does not exist was left out. */
	assert_int_equal(json_array_size(b->depends), 1);
	again = state_encode(&s, &ds);
	assert_true(json_equal(doc, again));
	state_done(&s);
	diags_done(&ds);
}

static void
resum(json_t *doc)
{
	char sum[65];

	json_object_del(doc, "checksum");
	jx_digest(doc, sum);
	json_object_set_new(doc, "checksum", json_string(sum));
}

/* Changes the sample at a pointer and expects a refusal. */
static void
refused(void **state, const char *pointer, const char *value, bool sum,
	const char *code, const char *text)
{
	CLEANUP(put_json) json_t *doc = sample(*state);
	struct diags ds;
	struct state s;

	diags_init(&ds);
	state_init(&s);
	assert_int_equal(jx_set_at(doc, pointer, obj(value)), 0);
	if (sum)
		resum(doc);
	assert_int_equal(state_decode(doc, "the-file", &s, &ds), -1);
	t_error(&ds, code, text);
	state_done(&s);
	diags_done(&ds);
}

static void
refusals(void **state)
{
	refused(state, "/resources/0/config", "{\"x\":1}", false, "E0504",
		"the-file");
	refused(state, "/serial", "4", false, "E0504", "changed outside opl2");
	refused(state, "/version", "2", false, "E0505", "format 2");
	refused(state, "/version", "\"1\"", true, "E0503", "not a state");
	refused(state, "/serial", "0", true, "E0506", "fields of a state");
	refused(state, "/lineage", "\"x\"", true, "E0506", "fields of a state");
	refused(state, "/more", "{}", true, "E0506", "fields of a state");
	refused(state, "/resources/0/more", "{}", true, "E0506", "entry 0");
	refused(state, "/resources/0/addr", "\"dir.a\"", true, "E0506",
		"does not belong to its kind");
	refused(state, "/resources/0/status", "\"tainted\"", true, "E0506",
		"status");
	refused(state, "/resources/0/schema_version", "-1", true, "E0506",
		"schema_version");
	refused(state, "/resources/0/depends", "[1]", true, "E0506", "depends");
	refused(state, "/resources/0/depends", "[\"file.x\"]", true, "E0506",
		"no 'file.x', on which 'file.a' depends");
	refused(state, "/resources/0/addr", "\"file.b\"", true, "E0506",
		"'file.b' twice");
}

static void
saving_checks_too(void **state)
{
	struct state *s = *state;
	struct state_entry e = { .addr = "dir.a", .kind = "file" };
	struct diags ds;

	diags_init(&ds);
	state_put(s, &e);
	assert_null(state_encode(s, &ds));
	t_error(&ds, "E0506", "'dir.a' cannot be saved");
	diags_done(&ds);
}

static int
rename_field(json_t *doc, struct diags *ds)
{
	(void)ds;
	json_object_set(doc, "new", json_object_get(doc, "old"));
	return json_object_del(doc, "old");
}

static int
refuse_step(json_t *doc, struct diags *ds)
{
	(void)doc;
	return diag_err(ds, "E0503", "no way");
}

static void
upgrades(void **state)
{
	static const struct upgrade_step steps[] = {
		{ 2, refuse_step },
		{ 1, rename_field },
		{ .run = NULL },
	};
	CLEANUP(put_json) json_t *doc = obj("{\"version\":1,\"old\":7}");
	struct diags ds;

	(void)state;
	diags_init(&ds);
	assert_int_equal(upgrade_run(doc, steps, 2, &ds), 0);
	assert_int_equal(jx_int(doc, "version", 0), 2);
	assert_int_equal(jx_int(doc, "new", 0), 7);
	assert_int_equal(upgrade_run(doc, steps, 2, &ds), 0);
	assert_int_equal(upgrade_run(doc, steps, 3, &ds), -1);
	t_error(&ds, "E0503", "no way");
	diags_done(&ds);
	diags_init(&ds);
	json_object_set_new(doc, "version", json_integer(3));
	assert_int_equal(upgrade_run(doc, steps, 4, &ds), -1);
	t_error(&ds, "E0503", "format 3 cannot be upgraded");
	diags_done(&ds);
}

static void
lineages_differ(void **state)
{
	struct state *s = *state;
	char first[37];

	state_ensure_lineage(s);
	memcpy(first, s->lineage, sizeof(first));
	assert_int_equal(strlen(first), 36);
	assert_int_equal(first[14], '4');
	state_ensure_lineage(s);
	assert_string_equal(s->lineage, first);
	*s->lineage = '\0';
	state_ensure_lineage(s);
	assert_string_not_equal(s->lineage, first);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(map),         TEST(dirty_only_on_change),
		TEST(sorted_list), TEST(round_trip),
		TEST(refusals),    TEST(saving_checks_too),
		TEST(upgrades),    TEST(lineages_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
