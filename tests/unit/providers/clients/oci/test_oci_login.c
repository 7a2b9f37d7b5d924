#include "tests/unit/t.h"

#include <sys/stat.h>

#include "providers/clients/oci/login.h"

/* base64 of "me:pa:ss" */
#define AUTH "bWU6cGE6c3M="

static void
put(const char *dir, const char *name, mode_t mode, const char *text)
{
	CLEANUP(freep) char *path = path_join(dir, name), *s = xstrdup(text);
	struct diags ds;

	for (char *p = s; *p; p++)
		if (*p == '\'' && mode != 0755)
			*p = '"';
	diags_init(&ds);
	assert_int_equal(file_replace(path, s, strlen(s), mode, &ds), 0);
	diags_done(&ds);
}

static int
find(const char *host, struct oci_login *l, struct diags *ds)
{
	diags_init(ds);
	return oci_login_find(host, l, ds);
}

static const struct {
	const char *config, *host, *user, *password, *token;
} cases[] = {
	{ "{'auths':{'r.example:5000':{'auth':'" AUTH "'}}}", "r.example:5000",
	  "me", "pa:ss", NULL },
	{ "{'auths':{'https://r.example/v1/':{'auth':'" AUTH "'}}}",
	  "r.example", "me", "pa:ss", NULL },
	{ "{'auths':{'https://index.docker.io/v1/':{'auth':'" AUTH "'}}}",
	  "docker.io", "me", "pa:ss", NULL },
	{ "{'auths':{'r.example':{'username':'u','password':'p'}}}",
	  "r.example", "u", "p", NULL },
	{ "{'auths':{'r.example':{'auth':'','identitytoken':'t'}}}",
	  "r.example", NULL, NULL, "t" },
	/* Another host, another port, and what only looks alike. */
	{ "{'auths':{'r.example':{'auth':'" AUTH "'}}}", "r.example:5000", NULL,
	  NULL, NULL },
	{ "{'auths':{'r.example':{'auth':'" AUTH "'}}}", "r.example.evil", NULL,
	  NULL, NULL },
	{ "{'auths':{'r.example':{}}}", "r.example", NULL, NULL, NULL },
	{ "{}", "r.example", NULL, NULL, NULL },
	/* Helpers go first; one that has none leaves it to the rest. */
	{ "{'credHelpers':{'h.example':'good'},'auths':{'h.example':{'auth':"
	  "'" AUTH "'}}}",
	  "h.example", "hu", "h.example", NULL },
	{ "{'credsStore':'good','auths':{'h.example':{}}}", "h.example", "hu",
	  "h.example", NULL },
	{ "{'credHelpers':{'h.example':'token'}}", "h.example", NULL, NULL,
	  "id" },
	{ "{'credsStore':'none','auths':{'h.example':{'auth':'" AUTH "'}}}",
	  "h.example", "me", "pa:ss", NULL },
};

static void
assert_same(const char *a, const char *b)
{
	if (b && !a)
		fail_msg("'%s' is missing", b);
	if (b)
		assert_string_equal(a, b);
	else
		assert_null(a);
}

static void
test_found(void **state)
{
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(oci_login_done) struct oci_login l;
		struct diags ds;

		put(*state, "config.json", 0600, cases[i].config);
		assert_int_equal(find(cases[i].host, &l, &ds), 0);
		t_no_errors(&ds);
		assert_same(l.user, cases[i].user);
		assert_same(l.password, cases[i].password);
		assert_same(l.token, cases[i].token);
		assert_non_null(l.file);
		diags_done(&ds);
	}
}

static const struct {
	const char *config, *says;
} broken[] = {
	{ "{'auths':", "is not JSON" },
	{ "", "is not JSON" },
	{ "[]", "is not JSON" },
	{ "{'auths':{'h.example':{'auth':'%%'}}}", "is no login" },
	{ "{'auths':{'h.example':{'auth':'bWU='}}}", "is no login" },
	{ "{'credHelpers':{'h.example':'absent'}}",
	  "'docker-credential-absent' cannot be run" },
	{ "{'credHelpers':{'h.example':'broken'}}", "(status 3): is locked" },
	{ "{'credHelpers':{'h.example':'mute'}}", "answered without a login" },
};

static void
test_broken(void **state)
{
	for (size_t i = 0; i < COUNTOF(broken); i++) {
		CLEANUP(oci_login_done) struct oci_login l;
		struct diags ds;

		put(*state, "config.json", 0600, broken[i].config);
		assert_int_equal(find("h.example", &l, &ds), -1);
		t_error(&ds, "E1328", broken[i].says);
		diags_done(&ds);
	}
}

static void
test_none(void **state UNUSED)
{
	CLEANUP(oci_login_done) struct oci_login l;
	struct diags ds;

	setenv("DOCKER_CONFIG", "/nonexistent", 1);
	assert_int_equal(find("h.example", &l, &ds), 0);
	assert_null(l.user);
	assert_string_equal(l.file, "/nonexistent/config.json");
	diags_done(&ds);
}

static int
setup(void **state)
{
	CLEANUP(freep) char *path = NULL;
	int rc = t_setup_dir(state);

	setenv("DOCKER_CONFIG", *state, 1);
	path = xasprintf("%s:%s", (char *)*state, getenv("PATH"));
	setenv("PATH", path, 1);
	put(*state, "docker-credential-good", 0755,
	    "#!/bin/sh\n[ $1 = get ] && read -r h\n"
	    "echo '{\"Username\":\"hu\",\"Secret\":\"'$h'\"}'\n");
	put(*state, "docker-credential-token", 0755,
	    "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"id\"}'\n");
	put(*state, "docker-credential-none", 0755,
	    "#!/bin/sh\necho credentials not found in native keychain\n"
	    "exit 1\n");
	put(*state, "docker-credential-broken", 0755,
	    "#!/bin/sh\necho is locked\nexit 3\n");
	put(*state, "docker-credential-mute", 0755, "#!/bin/sh\n:\n");
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_found, setup,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_broken, setup,
						t_teardown_dir),
		cmocka_unit_test(test_none),
	};

	mem_init();
	signal(SIGPIPE, SIG_IGN); /* as workers have it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
