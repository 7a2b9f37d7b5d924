#include "tests/unit/t.h"

#include <sys/stat.h>

#include "providers/clients/tools/secret.h"

static json_t *
parse(const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(j);
	return j;
}

static void
resolves_to(const char *token, const char *secrets, const char *base,
	    const char *want)
{
	CLEANUP(put_json) json_t *t = parse(token);
	CLEANUP(put_json) json_t *s = parse(secrets);
	CLEANUP(secret_wipe) struct buf out = BUF_INIT(SECRET_MAX);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	assert_int_equal(secret_resolve(t, s, base, &out, &ds), 0);
	t_no_errors(&ds);
	assert_string_equal(buf_str(&out), want);
}

static void
fails_with(const char *token, const char *secrets, const char *code,
	   const char *text)
{
	CLEANUP(put_json) json_t *t = parse(token);
	CLEANUP(put_json) json_t *s = parse(secrets);
	CLEANUP(secret_wipe) struct buf out = BUF_INIT(8);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	assert_int_equal(secret_resolve(t, s, NULL, &out, &ds), -1);
	t_error(&ds, code, text);
}

static void
parts_concatenate(void **state)
{
	const char *dir = *state;
	CLEANUP(freep) char *path = path_join(dir, "key");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, "f00\r\n\n", 6, 0600, &ds), 0);
	diags_done(&ds);
	resolves_to("\"plain\"", "{}", NULL, "plain");
	resolves_to("{\"$secret\":[]}", "{}", NULL, "");
	resolves_to("{\"$secret\":[\"a\",{\"env\":\"E\"},\"/\",{\"var\":\"v\"},"
		    "{\"file\":\"key\"}]}",
		    "{\"env:E\":\"1\",\"var:v\":\"2\"}", dir, "a1/2f00");
}

static void
what_is_missing_is_named(void **state)
{
	CLEANUP(freep) char *path = path_join(*state, "open");
	CLEANUP(freep)
	char *token = xasprintf("{\"$secret\":[{\"file\":\"%s\"}]}", path);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, "x", 1, 0644, &ds), 0);
	diags_done(&ds);
	fails_with("{\"$secret\":[{\"env\":\"E\"}]}", "{\"var:E\":\"1\"}",
		   "E0920", "'E'");
	fails_with("{\"$secret\":[{\"file\":\"/no/such\"}]}", "{}", "E0921",
		   "/no/such");
	fails_with(token, "{}", "E0922", path);
	fails_with("{\"$secret\":[{\"x\":1}]}", "{}", "E0923", "unknown");
	fails_with("{\"$secret\":[{\"keystore\":\"/k\"}]}", "{}", "E0894",
		   "'/k'");
	fails_with("{\"$secret\":[{\"signer\":{\"address\":\"0xab\"}}]}", "{}",
		   "E0894", "0xab");
	fails_with("17", "{}", "E0923", "neither");
	fails_with("\"longer than 8\"", "{}", "E0923", "longer");
}

static void
an_opened_keystore_has_its_key(void **state UNUSED)
{
	resolves_to("{\"$secret\":[{\"keystore\":\"/k\",\"password\":"
		    "{\"env\":\"P\"}}]}",
		    "{\"keystore:/k\":\"f00\"}", NULL, "f00");
}

static void
names_are_found_anywhere_once(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *def = parse("{\"env\":{\"A\":{\"$secret\":[\"x\",{\"env\":"
			    "\"K\"}]},\"B\":{\"$secret\":[{\"env\":\"K\"}]}},"
			    "\"p\":[{\"url\":{\"$secret\":[{\"var\":\"u\"},"
			    "{\"file\":\"f\"}]}},{\"$secret\":[{\"keystore\":"
			    "\"k\",\"password\":{\"env\":\"P\"}}]}]}");
	CLEANUP(put_json) json_t *stores = json_array();
	CLEANUP(put_json) json_t *names = json_array();
	CLEANUP(freep) char *text = NULL;

	secret_names(def, names);
	text = jx_dump_line(names);
	assert_string_equal(text, "[\"env:K\",\"var:u\",\"env:P\"]");
	secret_keystores(def, stores);
	assert_int_equal(json_array_size(stores), 1);
	assert_string_equal(jx_str(json_array_get(stores, 0), "keystore", ""),
			    "k");
}

static void
known_values_are_redacted(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *s = parse("{\"env:A\":\"hunter2\",\"env:B\":\"abc\"}");
	CLEANUP(buf_done) struct buf b = BUF_INIT(256);

	buf_adds(&b, "hunter2 and hunter2hunter2, abc");
	secret_redact(&b, s);
	assert_string_equal(buf_str(&b), "*** and ******, abc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_concatenate, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(what_is_missing_is_named,
						t_setup_dir, t_teardown_dir),
		cmocka_unit_test(an_opened_keystore_has_its_key),
		cmocka_unit_test(names_are_found_anywhere_once),
		cmocka_unit_test(known_values_are_redacted),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
