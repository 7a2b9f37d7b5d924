#include "tests/unit/t.h"

#include "engine/base/buf.h"

static json_t *
obj(const char *text)
{
	json_t *j = jx_parse(text, strlen(text), "test", NULL);

	assert_non_null(j);
	return j;
}

static void
parse_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"{\"a\":1,\"a\":2}",
		"[1,]",
		"{} x",
		"\"\\ud800\"",
		"\"\xff\"",
		"12345678901234567890",
	};
	struct diags ds;

	(void)state;
	diags_init(&ds);
	for (size_t i = 0; i < COUNTOF(bad); i++)
		assert_null(jx_parse(bad[i], strlen(bad[i]), "f.json", &ds));
	assert_int_equal(ds.nerrors, COUNTOF(bad));
	t_error(&ds, "E0502", "'f.json' is not valid JSON");
	assert_null(jx_parse("{", 1, "quiet", NULL));
	diags_done(&ds);
}

static void
canonical_text(void **state)
{
	CLEANUP(put_json)
	json_t *j =
		obj("{\"b\":[1,{\"d\":null,\"c\":true}],\"a\":\"\\u00e9\"}");
	CLEANUP(put_json)
	json_t *same = obj("{\"a\":\"\xc3\xa9\",\"b\":"
			   "[1,{\"c\":true,\"d\":null}]}");
	CLEANUP(freep) char *line = jx_dump_line(j);
	CLEANUP(freep) char *text = jx_dump(j);
	char one[65], two[65];

	(void)state;
	assert_string_equal(line, "{\"a\":\"\xc3\xa9\",\"b\":[1,{\"c\":true,"
				  "\"d\":null}]}");
	assert_string_equal(text, "{\n  \"a\": \"\xc3\xa9\",\n  \"b\": [\n"
				  "    1,\n    {\n      \"c\": true,\n"
				  "      \"d\": null\n    }\n  ]\n}\n");
	jx_digest(j, one);
	jx_digest(same, two);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), 64);
}

static void
getters(void **state)
{
	CLEANUP(put_json)
	json_t *j = obj("{\"s\":\"x\",\"i\":7,\"b\":true,\"n\":null}");

	(void)state;
	assert_string_equal(jx_str(j, "s", "d"), "x");
	assert_string_equal(jx_str(j, "i", "d"), "d");
	assert_int_equal(jx_int(j, "i", 1), 7);
	assert_int_equal(jx_int(j, "s", 1), 1);
	assert_true(jx_bool(j, "b", false));
	assert_true(jx_bool(j, "none", true));
	assert_null(jx_get(j, "n"));
	assert_non_null(jx_get(j, "s"));
	assert_null(jx_str(NULL, "s", NULL));
}

/* The examples of RFC 6901, section 5. */
static void
pointers(void **state)
{
	CLEANUP(put_json)
	json_t *j = obj("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,"
			"\"c%d\":2,\"m~n\":8}");
	struct arena a;

	(void)state;
	assert_ptr_equal(jx_at(j, ""), j);
	assert_string_equal(json_string_value(jx_at(j, "/foo/1")), "baz");
	assert_int_equal(json_integer_value(jx_at(j, "/a~1b")), 1);
	assert_int_equal(json_integer_value(jx_at(j, "/c%d")), 2);
	assert_int_equal(json_integer_value(jx_at(j, "/m~0n")), 8);
	assert_true(json_is_integer(jx_at(j, "/")));
	assert_null(jx_at(j, "foo"));
	assert_null(jx_at(j, "/foo/2"));
	assert_null(jx_at(j, "/foo/01"));
	assert_null(jx_at(j, "/foo/-"));
	assert_null(jx_at(j, "/m~2n"));
	assert_null(jx_at(j, "/foo/0/x"));
	arena_init(&a);
	assert_string_equal(jx_ptr_key(&a, "/x", "a/b~c"), "/x/a~1b~0c");
	assert_string_equal(jx_ptr_idx(&a, "/x", 3), "/x/3");
	arena_done(&a);
}

static void
set_at(void **state)
{
	CLEANUP(put_json) json_t *j = obj("{\"l\":[1],\"s\":\"x\"}");
	CLEANUP(put_json) json_t *want = NULL;

	(void)state;
	assert_int_equal(jx_set_at(j, "/a/b/c", json_integer(1)), 0);
	assert_int_equal(jx_set_at(j, "/l/0", json_integer(2)), 0);
	assert_int_equal(jx_set_at(j, "/l/-", json_integer(3)), 0);
	assert_int_equal(jx_set_at(j, "/l/2/x", json_integer(4)), 0);
	want = obj("{\"a\":{\"b\":{\"c\":1}},\"l\":[2,3,{\"x\":4}],"
		   "\"s\":\"x\"}");
	assert_true(json_equal(j, want));
	assert_int_equal(jx_set_at(j, "/s/x", json_integer(1)), -1);
	assert_int_equal(jx_set_at(j, "/l/9", json_integer(1)), -1);
	assert_int_equal(jx_set_at(j, "/l/9/x", json_integer(1)), -1);
	assert_int_equal(jx_set_at(j, "/l/x", json_integer(1)), -1);
	assert_int_equal(jx_set_at(j, "", json_integer(1)), -1);
	assert_int_equal(jx_set_at(j, "a", json_integer(1)), -1);
	assert_true(json_equal(j, want));
}

static void
merge(void **state)
{
	CLEANUP(put_json)
	json_t *base = obj("{\"m\":{\"a\":1,\"b\":2},\"l\":[1,2],\"s\":1}");
	CLEANUP(put_json)
	json_t *over = obj("{\"m\":{\"b\":null,\"c\":{\"d\":3}},\"l\":[3],"
			   "\"s\":{\"x\":1,\"y\":null}}");
	CLEANUP(put_json)
	json_t *want = obj("{\"m\":{\"a\":1,\"c\":{\"d\":3}},\"l\":[3],"
			   "\"s\":{\"x\":1}}");

	(void)state;
	jx_merge(base, over);
	assert_true(json_equal(base, want));
}

/* What a merge took from one document, the next does not change in it. */
static void
merge_never_shows_through(void **state)
{
	CLEANUP(put_json) json_t *base = json_object();
	CLEANUP(put_json) json_t *shared = obj("{\"m\":{\"a\":1}}");
	CLEANUP(put_json) json_t *keep = json_deep_copy(shared);
	CLEANUP(put_json) json_t *over = obj("{\"m\":{\"a\":2}}");

	(void)state;
	json_object_set(base, "m", json_object_get(shared, "m"));
	jx_merge(base, over);
	assert_true(json_equal(base, over));
	assert_true(json_equal(shared, keep));
	jx_merge(base, shared);
	jx_merge(base, over);
	assert_true(json_equal(shared, keep));
}

static void
buffers(void **state)
{
	struct buf b = BUF_INIT(10);
	char *at;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_adds(&b, "hello");
	buf_addf(&b, "%d", 12345);
	assert_string_equal(buf_str(&b), "hello12345");
	assert_false(b.over);
	buf_addch(&b, '!');
	assert_true(b.over);
	assert_string_equal(buf_str(&b), "hello12345");
	buf_drop(&b, 5);
	assert_string_equal(buf_str(&b), "12345");
	at = buf_reserve(&b, 5);
	assert_non_null(at);
	memcpy(at, "ab", 2);
	buf_filled(&b, 2);
	assert_string_equal(buf_str(&b), "12345ab");
	assert_null(buf_reserve(&b, 4));
	buf_reset(&b);
	assert_false(b.over);
	buf_addf(&b, "%s", "12345678901");
	assert_true(b.over);
	assert_int_equal(b.n, 0);
	at = buf_take(&b);
	assert_string_equal(at, "");
	free(at);
	buf_done(&b);
}

static void
arenas(void **state)
{
	struct arena a;
	char *kept, *p;

	(void)state;
	arena_init(&a);
	kept = arena_printf(&a, "%s-%d", "x", 7);
	for (size_t n = 0; n < 20000; n = n * 2 + 1) {
		p = arena_alloc(&a, n);
		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, n);
	}
	assert_string_equal(kept, "x-7");
	assert_string_equal(arena_strndup(&a, "abc", 2), "ab");
	arena_done(&a);
	arena_done(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_refuses),
		cmocka_unit_test(canonical_text),
		cmocka_unit_test(getters),
		cmocka_unit_test(pointers),
		cmocka_unit_test(set_at),
		cmocka_unit_test(merge),
		cmocka_unit_test(merge_never_shows_through),
		cmocka_unit_test(buffers),
		cmocka_unit_test(arenas),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
