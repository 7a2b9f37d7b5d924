#include "tests/unit/t.h"

#include "providers/clients/packages/npmrc.h"

static void
put(const char *dir, const char *name, const char *text)
{
	CLEANUP(freep) char *path = path_join(dir, name);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, text, strlen(text), 0600, &ds), 0);
	diags_done(&ds);
}

struct fixture {
	struct arena a;
	struct diags ds;
	struct npmrc n;
	char *home, *project;
};

static void
load(struct fixture *f, const char *dir, const char *const *more)
{
	const char *env[16] = { NULL };
	size_t k = 0;

	arena_init(&f->a);
	diags_init(&f->ds);
	f->home = path_join(dir, "home");
	f->project = path_join(dir, "project");
	env[k++] = arena_printf(&f->a, "HOME=%s", f->home);
	env[k++] = arena_printf(&f->a, "PREFIX=%s/prefix", dir);
	for (; more && *more; more++)
		env[k++] = *more;
	assert_int_equal(npmrc_load(&f->n, &f->a, env, f->project, &f->ds), 0);
	t_no_errors(&f->ds);
}

static void
unload(struct fixture *f)
{
	npmrc_done(&f->n);
	diags_done(&f->ds);
	free(f->home);
	free(f->project);
	arena_done(&f->a);
}

static void
layout(const char *dir)
{
	static const char *const folders[] = { "home", "project",
					       "prefix/etc" };
	struct diags ds;

	diags_init(&ds);
	for (size_t i = 0; i < COUNTOF(folders); i++) {
		CLEANUP(freep) char *p = path_join(dir, folders[i]);

		assert_int_equal(file_mkdirs(p, 0755, &ds), 0);
	}
	diags_done(&ds);
}

static void
precedence(void **state)
{
	struct fixture f;
	static const char *const upper[] = {
		"NPM_CONFIG_REGISTRY=http://env.test/", NULL
	};

	layout(*state);
	load(&f, *state, NULL);
	assert_null(npmrc_registry(&f.n, "solc"));
	unload(&f);

	put(*state, "prefix/etc/npmrc", "registry=http://global.test\nx=g\n");
	load(&f, *state, NULL);
	assert_string_equal(npmrc_registry(&f.n, "solc"),
			    "http://global.test/");
	unload(&f);

	put(*state, "home/.npmrc", "registry = http://user.test/\nx=u\n");
	load(&f, *state, NULL);
	assert_string_equal(npmrc_registry(&f.n, "solc"), "http://user.test/");
	unload(&f);

	put(*state, "project/.npmrc", "registry=http://project.test/npm\n");
	load(&f, *state, NULL);
	assert_string_equal(npmrc_registry(&f.n, "solc"),
			    "http://project.test/npm/");
	assert_string_equal(npmrc_get(&f.n, "x"), "u");
	unload(&f);

	load(&f, *state, upper);
	assert_string_equal(npmrc_registry(&f.n, "solc"), "http://env.test/");
	unload(&f);
}

static void
syntax(void **state)
{
	struct fixture f;
	static const char *const env[] = { "TOKEN=s3cret", NULL };

	layout(*state);
	put(*state, "project/.npmrc",
	    "; a comment\n# another\n\n"
	    "@scope:registry=http://scope.test/\r\n"
	    "registry = \"http://quoted.test/\" \n"
	    "plain=value ; with a comment\n"
	    "twice=first\ntwice=second\n"
	    "token=${TOKEN}\nmissing=${NOPE}\nmaybe=a${NOPE?}b\n"
	    "escaped=\\${TOKEN}\nwindows=a\\b\n"
	    "${TOKEN}=key\n"
	    "flag\n"
	    "[section]\nregistry=http://section.test/\n");
	load(&f, *state, env);
	assert_string_equal(npmrc_registry(&f.n, "@scope/x"),
			    "http://scope.test/");
	assert_string_equal(npmrc_registry(&f.n, "@other/x"),
			    "http://quoted.test/");
	assert_string_equal(npmrc_get(&f.n, "plain"), "value");
	assert_string_equal(npmrc_get(&f.n, "twice"), "second");
	assert_string_equal(npmrc_get(&f.n, "token"), "s3cret");
	assert_string_equal(npmrc_get(&f.n, "missing"), "${NOPE}");
	assert_string_equal(npmrc_get(&f.n, "maybe"), "ab");
	assert_string_equal(npmrc_get(&f.n, "escaped"), "${TOKEN}");
	assert_string_equal(npmrc_get(&f.n, "windows"), "a\\b");
	assert_string_equal(npmrc_get(&f.n, "s3cret"), "key");
	unload(&f);
}

static void
requests(void **state)
{
	struct fixture f;
	const char *headers[3];
	struct http_req req = { .url = "https://r.test/npm/@s%2fx/1.0.0" };
	struct http_req other = { .url = "https://other.test/npm/x.tgz" };
	struct http_req plain = { .url = "http://basic.test/x" };

	layout(*state);
	put(*state, "home/.npmrc",
	    "//r.test/npm/:_authToken=abc\n"
	    "//basic.test/:username=me\n"
	    "//basic.test/:_password=cGFzcw==\n"
	    "https-proxy=http://proxy.test:3128\nproxy=http://p2.test:1\n"
	    "noproxy=localhost,.test\ncafile=/etc/ca.pem\nstrict-ssl=false\n"
	    "fetch-retries=6\nfetch-timeout=1500\n");
	load(&f, *state, NULL);
	npmrc_apply(&f.n, &req, headers);
	assert_string_equal(req.headers[0], "Authorization: Bearer abc");
	assert_null(req.headers[1]);
	assert_string_equal(req.proxy, "http://proxy.test:3128");
	assert_string_equal(req.noproxy, "localhost,.test");
	assert_string_equal(req.cafile, "/etc/ca.pem");
	assert_true(req.insecure);
	assert_int_equal(req.tries, 7);
	assert_int_equal(req.stall_s, 2);

	/* A credential stays with its registry. */
	npmrc_apply(&f.n, &other, headers);
	assert_null(other.headers);

	npmrc_apply(&f.n, &plain, headers);
	assert_string_equal(plain.headers[0],
			    "Authorization: Basic bWU6cGFzcw==");
	assert_string_equal(plain.proxy, "http://p2.test:1");
	unload(&f);
}

/* Hosts are spelled in many ways; the login is of one. */
static void
hosts_are_spelled_as_npm_does(void **state)
{
	static const char *const urls[] = {
		"https://R.Test/npm/x",     "https://r.test:443/npm/x",
		"HTTPS://R.TEST:443/npm/x", "http://plain.test:80/x",
		"http://Plain.test/x",      "https://r.test:8443/npm/x",
	};
	struct fixture f;

	layout(*state);
	put(*state, "home/.npmrc",
	    "//r.test/npm/:_authToken=abc\n"
	    "//plain.test/:_authToken=abc\n"
	    "//r.test:8443/npm/:_authToken=abc\n"
	    "//As.Written/:_authToken=abc\n");
	load(&f, *state, NULL);
	for (size_t i = 0; i < COUNTOF(urls); i++) {
		struct http_req req = { .url = urls[i] };
		const char *headers[3];

		npmrc_apply(&f.n, &req, headers);
		if (!req.headers)
			fail_msg("no login for '%s'", urls[i]);
	}
	{
		struct http_req req = { .url = "https://r.test:80/npm/x" };
		const char *headers[3];

		npmrc_apply(&f.n, &req, headers);
		assert_null(req.headers);
	}
	unload(&f);
}

static void
certificates(void **state)
{
	struct fixture f;
	const char *headers[3];
	struct http_req req = { .url = "https://r.test/x" };
	struct http_req other = { .url = "https://other.test/x" };
	CLEANUP(freep) char *ca = path_join(*state, "home/ca.pem");

	layout(*state);
	put(*state, "home/.npmrc",
	    "cafile=~/ca.pem\nca[]=\"one\\ntwo\"\nca[]=\"three\"\n"
	    "//r.test/:certfile=/c.pem\n//r.test/:keyfile=/k.pem\n");
	load(&f, *state, NULL);
	npmrc_apply(&f.n, &req, headers);
	assert_string_equal(req.cafile, ca);
	assert_string_equal(req.ca, "\none\ntwo\nthree");
	assert_string_equal(req.cert, "/c.pem");
	assert_string_equal(req.key, "/k.pem");
	npmrc_apply(&f.n, &other, headers);
	assert_null(other.cert);
	assert_null(other.key);
	unload(&f);
}

/* The user's file may be elsewhere, by ~/ too. */
static void
the_users_file_is_anywhere(void **state)
{
	const char *more[] = { "NPM_CONFIG_USERCONFIG=~/elsewhere", NULL };
	struct fixture f;

	layout(*state);
	put(*state, "home/.npmrc", "registry=https://no.test\n");
	put(*state, "home/elsewhere", "registry=https://yes.test\n");
	load(&f, *state, more);
	assert_string_equal(npmrc_registry(&f.n, "x"), "https://yes.test/");
	unload(&f);
}

static void
refuses_other_encodings(void **state)
{
	struct fixture f;
	CLEANUP(freep) char *project = path_join(*state, "project");
	const char *env[] = { NULL };

	layout(*state);
	put(*state, "project/.npmrc", "a=1\nb=\xff\xfe\n");
	arena_init(&f.a);
	diags_init(&f.ds);
	assert_int_equal(npmrc_load(&f.n, &f.a, env, project, &f.ds), -1);
	t_error(&f.ds, "E0712", "line 2");
	diags_done(&f.ds);
	arena_done(&f.a);
}

#define T(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(precedence),
		T(hosts_are_spelled_as_npm_does),
		T(certificates),
		T(the_users_file_is_anywhere),
		T(syntax),
		T(requests),
		T(refuses_other_encodings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
