#include "tests/unit/t.h"
#include "tests/unit/spec_fix.h"

#include "engine/spec/spec_preset.h"
#include "engine/yaml/yaml.h"

/* p/preset.yaml with the parts a and b beside it. */
static const char preset_text[] =
	"parts: [a, b]\n"
	"inputs:\n"
	"  own: { type: string, default: own }\n"
	"  from_b:\n"
	"  from_a: { default: mine }\n"
	"shared:\n"
	"  flags: { two: preset }\n"
	"resources:\n"
	"  process:\n"
	"    x:\n"
	"      args: { own: \"${with.own}\", both: preset, gone: null }\n"
	"      after: [l]\n"
	"    y: { <<: [cmd, flagged], args: { two: null } }\n"
	"    z: null\n"
	"variants:\n"
	"  from_b: { aye: { resources: { null: { v: { note: both } } } } }\n"
	"moved: [ { from: null.old, to: null.v } ]\n";
static const char a_text[] =
	"description: a part\n"
	"inputs:\n"
	"  from_a: { type: string, default: a, description: d }\n"
	"shared:\n"
	"  cmd: { command: [y] }\n"
	"  flags: { one: a, two: a }\n"
	"  flagged: { args: { one: f, two: f } }\n"
	"  many: [b, c]\n"
	"resources:\n"
	"  process:\n"
	"    x:\n"
	"      command:\n"
	"        - a\n"
	"        - <<: many\n"
	"        - d\n"
	"      args: { <<: flags, both: a, gone: a, a: \"${with.from_a}\" }\n"
	"      after: [q]\n"
	"    l: { command: [l] }\n"
	"    q: { command: [q] }\n"
	"    z: { command: [z] }\n"
	"outputs: { o: \"${process.x.args.one}\" }\n";
static const char b_text[] =
	"inputs:\n"
	"  from_b: { type: enum, values: [aye, nay], default: aye }\n"
	"variants:\n"
	"  from_b:\n"
	"    aye: { resources: { null: { v: { triggers: { t: b } } } } }\n"
	"resources: { process: { x: { args: { both: b, b: b } } } }\n";

static void
put_all(struct fix *f, const char *preset, const char *a, const char *b)
{
	put_file(f->dir, "p/preset.yaml", preset);
	put_file(f->dir, "a/part.yaml", a);
	put_file(f->dir, "b/part.yaml", b);
}

static void
test_merge(void **state)
{
	struct fix *f = *state;
	CLEANUP(freep) char *args = NULL, *command = NULL, *y = NULL;

	put_all(f, preset_text, a_text, b_text);
	load_ok(f, HEAD "use: ./p\n");
	args = jx_dump_line(
		jx_at(spec_find(f->sp, "process.x")->config, "/args"));
	assert_string_equal(args,
			    "{\"a\":\"mine\",\"b\":\"b\",\"both\":\"preset\","
			    "\"one\":\"a\",\"own\":\"own\","
			    "\"two\":\"preset\"}");
	command = jx_dump_line(
		jx_at(spec_find(f->sp, "process.x")->config, "/command"));
	assert_string_equal(command, "[\"a\",\"b\",\"c\",\"d\"]");
	y = jx_dump_line(jx_at(spec_find(f->sp, "process.y")->config, "/args"));
	assert_string_equal(y, "{\"one\":\"f\"}");
	assert_null(spec_find(f->sp, "process.z"));
	assert_string_equal(config_str(f, "null.v", "/triggers/t"), "b");
	assert_string_equal(config_str(f, "null.v", "/note"), "both");
	assert_int_equal(f->sp->noutputs, 1);
	assert_int_equal(f->sp->nmoves, 1);
}

/* The same spec written out has the same digest, but for the text's own. */
static void
test_written_out(void **state)
{
	struct fix *f = *state;
	char digest[65], preset[65];

	put_all(f,
		"parts: [a]\nshared: { s: { note: x } }\n"
		"resources: { null: { n: { <<: s } } }\n",
		"resources: { null: { m: { note: y } } }\n", "{}");
	load_ok(f, HEAD "use: ./p\n");
	memcpy(digest, f->sp->digest, sizeof(digest));
	snprintf(preset, sizeof(preset), "%s", f->sp->preset_digest);
	put_file(f->dir, "a/part.yaml",
		 "resources: { null: { m: { note: z } } }\n");
	load_ok(f, NULL);
	assert_string_not_equal(f->sp->preset_digest, preset);
	assert_string_not_equal(f->sp->digest, digest);
	put_file(f->dir, "p/preset.yaml",
		 "resources: { null: { m: { note: y }, n: { note: x } } }\n");
	load_ok(f, NULL);
	assert_string_equal(f->sp->digest, digest);
}

/* "asset:" is beside the file in which it stands. */
static void
test_assets(void **state)
{
	struct fix *f = *state;
	const char *in_part, *in_preset;
	size_t n;

	if (!kind_find("go_binary"))
		skip();
	put_all(f,
		"parts: [a]\nresources: { go_binary: { p: { <<: b, "
		"go_sum: asset:s/f } } }\n",
		"shared: { b: { go: /go, package: x, go_mod: asset:s/f } }\n",
		"{}");
	put_file(f->dir, "a/s/f", "part");
	put_file(f->dir, "p/s/f", "preset");
	load_ok(f, HEAD "use: ./p\n");
	in_part = config_str(f, "go_binary.p", "/go_mod");
	in_preset = config_str(f, "go_binary.p", "/go_sum");
	assert_string_equal(spec_asset(f->sp, in_part, &n), "part");
	assert_string_equal(spec_asset(f->sp, in_preset, &n), "preset");
	put_file(
		f->dir, "a/part.yaml",
		"shared: { b: { go: /go, package: x, go_mod: asset:none } }\n");
	assert_int_equal(load(f, NULL), -1);
	t_error(&f->ds, "E0217", "the file 'none' does not exist in part a");
	assert_string_equal(f->ds.first->pos.file, "./a/part.yaml");
}

/* Other ways to name the folder of the preset. */
static void
test_folders(void **state)
{
	static const char *const uses[] = { "./p", "./p/", "./p//", "./b/../p",
					    "./p/." };
	struct fix *f = *state;
	size_t i;

	put_all(f, preset_text, a_text, b_text);
	for (i = 0; i < COUNTOF(uses); i++) {
		CLEANUP(freep)
		char *text = xasprintf(HEAD "use: \"%s\"\n", uses[i]);

		load_ok(f, text);
		assert_string_equal(config_str(f, "process.x", "/args/b"), "b");
	}
}

static const struct bad {
	const char *preset, *part, *place, *code, *says, *hint;
} bad[] = {
	{ "parts: a\n", "{}", "./p/preset.yaml:1:1", "E0203",
	  "must be a list, not text", NULL },
	{ "parts: [c]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "unknown part 'c'", "./c/part.yaml" },
	{ "parts: [a, a]\n", "{}", "./p/preset.yaml:1:12", "E0475",
	  "duplicate part 'a'", "remove one" },
	{ "parts: [../a]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "invalid part name '../a'", "beside the preset's" },
	{ "parts: [a/]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "invalid part name", "beside" },
	{ "parts: [/a]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "invalid part name", "beside" },
	{ "parts: [..]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "invalid part name", "beside" },
	{ "parts: [\"\"]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "invalid part name", "beside" },
	{ "parts: [{ a: b }]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "invalid part name 'a map'", "beside" },
	{ "parts: [p]\n", "{}", "./p/preset.yaml:1:9", "E0475",
	  "unknown part 'p'", "./p/part.yaml" },
	{ "parts: [a]\n", "parts: [a]\n", "./a/part.yaml:1:1", "E0475",
	  "a part cannot have 'parts'", "move it" },
	{ "parts: [a]\n", "x: 1\nmoved: []\n", "./a/part.yaml:1:1", "E0201",
	  "unknown field 'x'", "known: " },
	{ "parts: [a]\n", "shared: {}\nmoved: []\n", "./a/part.yaml:2:1",
	  "E0475", "a part cannot have 'moved'", "move it" },
	{ "parts: [a]\n", "limits: { eth: 1eth }\n", "./a/part.yaml:1:1",
	  "E0475", "a part cannot have 'limits'", "move it" },
	{ "parts: [a]\n", "- x\n", "./a/part.yaml:1:1", "E0111", "not a map",
	  NULL },
	{ "parts: [a]\n", "resources: {\n", "./a/part.yaml:2:1", "E0101", NULL,
	  NULL },
	{ "parts: [a]\n", "resources: { null: { n: { nott: x } } }\n",
	  "./a/part.yaml:1:27", "E0201", "unknown field 'nott'", "note" },
	{ "parts: [a]\nresources: { null: { n: { nott: x } } }\n", "{}",
	  "./p/preset.yaml:2:27", "E0201", "unknown field 'nott'", "note" },
	{ "shared: []\n", "{}", "./p/preset.yaml:1:1", "E0203",
	  "must be a map, not a list", NULL },
	{ "shared: { one: {} }\nresources: { null: { n: { <<: on } } }\n", "{}",
	  "./p/preset.yaml:2:31", "E0475", "unknown shared body 'on'",
	  "did you mean 'one'?" },
	{ "resources: { null: { n: { <<: x } } }\n", "{}",
	  "./p/preset.yaml:1:31", "E0475", "unknown shared body 'x'",
	  "under 'shared:'" },
	{ "resources: { null: { n: { <<: { a: b } } } }\n", "{}",
	  "./p/preset.yaml:1:31", "E0475", "unknown shared body 'a map'",
	  "under 'shared:'" },
	{ "shared: { l: [a] }\nresources: { null: { n: { <<: l } } }\n", "{}",
	  "./p/preset.yaml:2:31", "E0475", "the shared body 'l' is a list",
	  "that is a map" },
	{ "shared: { t: text }\nresources: { null: { n: { <<: t } } }\n", "{}",
	  "./p/preset.yaml:2:31", "E0475", "the shared body 't' is text",
	  "that is a map" },
	{ "shared: { m: {}, o: { q: [{ <<: m }] } }\n", "{}",
	  "./p/preset.yaml:1:29", "E0475", "a shared body cannot have '<<'",
	  "write out the keys" },
};

static void
test_bad(void **state)
{
	struct fix *f = *state;
	size_t i;

	for (i = 0; i < COUNTOF(bad); i++) {
		const struct bad *b = &bad[i];
		const struct diag *d;
		CLEANUP(freep) char *place = NULL;

		put_all(f, b->preset, b->part, "{}");
		assert_int_equal(load(f, HEAD "use: ./p\n"), -1);
		d = f->ds.first;
		place = xasprintf("%s:%u:%u", d->pos.file, d->pos.line,
				  d->pos.col);
		assert_string_equal(place, b->place);
		assert_string_equal(d->code, b->code);
		if (b->says)
			t_error(&f->ds, b->code, b->says);
		if (b->hint && !strstr(d->hint, b->hint))
			fail_msg("%s: %s", b->place, d->hint);
	}
}

/* A few lines that would bring a million. */
static void
test_too_much(void **state)
{
	struct fix *f = *state;
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	int i;

	buf_adds(&b, "shared:\n  s: [0");
	for (i = 0; i < 1000; i++)
		buf_adds(&b, ", 0");
	buf_adds(&b, "]\noutputs:\n  o:\n    value:\n");
	for (i = 0; i < 1000; i++)
		buf_adds(&b, "      - <<: s\n");
	put_file(f->dir, "p/preset.yaml", buf_str(&b));
	assert_int_equal(load(f, HEAD "use: ./p\n"), -1);
	t_error(&f->ds, "E0109", "too many values");
}

static void
test_builtin(void **state)
{
	struct fix *f = *state;
	CLEANUP(arena_done) struct arena a;
	CLEANUP(put_json) json_t *pin = preset_pin("replica");
	const char *key;
	const json_t *v;

	arena_init(&a);
	assert_null(preset_tree(&a, "node", &f->ds));
	assert_null(preset_tree(&a, "none", &f->ds));
	assert_non_null(
		ynode_get(preset_tree(&a, "replica", &f->ds), "resources"));
	t_no_errors(&f->ds);
	/* its own files and those of its parts, no more */
	json_object_foreach(json_object_get(pin, "files"), key, v)
		assert_true(strcmp(key, "preset.yaml") == 0 ||
			    strcmp(key, "../node/part.yaml") == 0 ||
			    strcmp(key, "../public/part.yaml") == 0);
	assert_int_equal(json_object_size(json_object_get(pin, "files")), 3);
	assert_int_equal(load(f, HEAD "use: node\n"), -1);
	t_error(&f->ds, "E0312", "unknown preset 'node'");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
		cmocka_unit_test_setup_teardown(test_written_out, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_assets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bad, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_much, setup, teardown),
		cmocka_unit_test_setup_teardown(test_builtin, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
