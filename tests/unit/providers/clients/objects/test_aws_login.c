#include "tests/unit/scripted.h"

#include <time.h>

#include "engine/base/clock.h"
#include "providers/clients/http/http.h"
#include "providers/clients/objects/aws_login.h"

static char *home;

static void
put(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", home, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
settings(const char *name, const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", home, file);
	setenv(name, path, 1);
}

/* Nothing is set; the files are ours. */
static int
clean(void **state UNUSED)
{
	static const char *const names[] = {
		"AWS_ACCESS_KEY_ID",
		"AWS_SECRET_ACCESS_KEY",
		"AWS_SESSION_TOKEN",
		"AWS_PROFILE",
		"AWS_REGION",
		"AWS_DEFAULT_REGION",
		"AWS_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_S3",
		"AWS_ENDPOINT_URL_STS",
		"AWS_ROLE_ARN",
		"AWS_ROLE_SESSION_NAME",
		"AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT",
	};

	for (size_t i = 0; i < COUNTOF(names); i++)
		unsetenv(names[i]);
	setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
	settings("AWS_SHARED_CREDENTIALS_FILE", "credentials");
	settings("AWS_CONFIG_FILE", "config");
	put("credentials", "");
	put("config", "");
	return 0;
}

/* "" or the code of the error. */
static const char *
find(struct aws_login *l)
{
	static char code[8];
	struct http *h = http_new();
	struct diags ds;

	diags_init(&ds);
	*l = (struct aws_login){ 0 };
	*code = '\0';
	if (aws_login_find(h, NULL, l, &ds) < 0)
		snprintf(code, sizeof(code), "%s", ds.first->code);
	http_free(h);
	diags_done(&ds);
	return code;
}

static void
found(const char *id, const char *secret, const char *token)
{
	struct aws_login l;

	assert_string_equal(find(&l), "");
	assert_string_equal(l.id, id);
	assert_string_equal(l.secret, secret);
	if (token)
		assert_string_equal(l.token, token);
	else
		assert_null(l.token);
	aws_login_done(&l);
}

static void
profiles(void **state UNUSED)
{
	struct aws_login l = { 0 };

	assert_string_equal(find(&l), "E0532");
	put("credentials", "# a comment\n[default]\n"
			   "aws_access_key_id = D\r\n"
			   "aws_secret_access_key=d =d  \n\n"
			   "[ci]\naws_access_key_id=C\n"
			   "aws_secret_access_key=c\naws_session_token = t\n"
			   "[ci2]\naws_access_key_id=X\n");
	put("config", "[default]\nregion = eu-west-1\n"
		      "[profile ci]\nregion=eu-west-2\n"
		      "endpoint_url = http://h:1\n"
		      "[ci]\nregion=no\n"
		      "[profile other]\naws_access_key_id=O\n"
		      "aws_secret_access_key=o\n");
	found("D", "d =d", NULL);
	setenv("AWS_PROFILE", "ci", 1);
	found("C", "c", "t");
	aws_settings(&l);
	assert_string_equal(l.region, "eu-west-2");
	assert_string_equal(l.endpoint, "http://h:1");
	aws_login_done(&l);
	setenv("AWS_PROFILE", "other", 1);
	found("O", "o", NULL);
	setenv("AWS_PROFILE", "ci2", 1); /* it has no secret */
	assert_string_equal(find(&l), "E0532");
	setenv("AWS_PROFILE", "nobody", 1);
	assert_string_equal(find(&l), "E0532");
}

static void
environment(void **state UNUSED)
{
	struct aws_login l = { 0 };

	put("credentials", "[default]\naws_access_key_id=D\n"
			   "aws_secret_access_key=d\n");
	setenv("AWS_ACCESS_KEY_ID", "E", 1);
	found("D", "d", NULL); /* one without the other is none */
	setenv("AWS_SECRET_ACCESS_KEY", "e", 1);
	found("E", "e", NULL);
	setenv("AWS_PROFILE", "default", 1);
	found("D", "d", NULL); /* who names a profile wants it */
	setenv("AWS_DEFAULT_REGION", "one", 1);
	aws_settings(&l);
	assert_string_equal(l.region, "one");
	aws_login_done(&l);
	setenv("AWS_REGION", "two", 1);
	aws_settings(&l);
	assert_string_equal(l.region, "two");
	aws_login_done(&l);
}

#define STS(expires)                                                           \
	"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"                         \
	"<R><Credentials><AccessKeyId>W</AccessKeyId>"                         \
	"<SecretAccessKey>w&amp;</SecretAccessKey>"                            \
	"<SessionToken>t</SessionToken>"                                       \
	"<Expiration>" expires "</Expiration></Credentials></R>"

static void
web_identity(void **state UNUSED)
{
	static const char *const answers[] = { STS("2020-01-01T00:00:00Z"),
					       NULL };
	struct aws_login l;
	struct server s;
	char seen[4096];

	put("token", "abc.def+g\n");
	settings("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci", 1);
	start(&s, answers);
	setenv("AWS_ENDPOINT_URL_STS", s.url, 1);
	assert_string_equal(find(&l), "");
	assert_string_equal(l.id, "W");
	assert_string_equal(l.secret, "w&");
	assert_string_equal(l.token, "t");
	assert_int_equal(l.expires, 1577836800);
	assert_true(aws_login_ends(&l));
	aws_login_done(&l);
	halt(&s, seen, sizeof(seen));
	assert_non_null(strstr(seen, "RoleSessionName=opl2&"));
	assert_non_null(strstr(seen, "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fci"));
	assert_non_null(strstr(seen, "WebIdentityToken=abc.def%2Bg"));
	assert_null(strstr(seen, "%0A"));
}

static void
web_identity_refused(void **state UNUSED)
{
	static const char *const answers[] = {
		HEAD("403 Forbidden", "2") "\r\nno", NULL
	};
	struct aws_login l;
	struct server s;
	char seen[4096];

	settings("AWS_WEB_IDENTITY_TOKEN_FILE", "nothing");
	setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/ci", 1);
	assert_string_not_equal(find(&l), "");
	put("token", "abc");
	settings("AWS_WEB_IDENTITY_TOKEN_FILE", "token");
	start(&s, answers);
	setenv("AWS_ENDPOINT_URL_STS", s.url, 1);
	assert_string_equal(find(&l), "E0531");
	aws_login_done(&l);
	halt(&s, seen, sizeof(seen));
}

static void
container(void **state UNUSED)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		"{\"AccessKeyId\":\"K\",\"SecretAccessKey\":\"k\","
		"\"Token\":\"t\",\"Expiration\":\"2999-01-01T00:00:00Z\"}",
		NULL
	};
	struct aws_login l;
	struct server s;
	char seen[4096];

	start(&s, answers);
	setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", s.url, 1);
	assert_string_equal(find(&l), "");
	assert_string_equal(l.id, "K");
	assert_false(aws_login_ends(&l));
	aws_login_done(&l);
	halt(&s, seen, sizeof(seen));
}

static void
machine(void **state UNUSED)
{
	static const char *const answers[] = {
		HEAD("200 OK", "3") "\r\ntok", HEAD("200 OK", "5") "\r\nrole\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
		"{\"AccessKeyId\":\"M\",\"SecretAccessKey\":\"m\"}",
		NULL
	};
	struct server s;
	char seen[8192];

	start(&s, answers);
	*strrchr(s.url, '/') = '\0';
	setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", s.url, 1);
	unsetenv("AWS_EC2_METADATA_DISABLED");
	found("M", "m", NULL);
	halt(&s, seen, sizeof(seen));
	assert_non_null(strstr(seen, "PUT /latest/api/token "));
	assert_non_null(strstr(seen, "security-credentials/role "));
	assert_non_null(strstr(seen, "X-aws-ec2-metadata-token: tok"));
}

/* A minute before the end it is asked for anew. */
static void
ends(void **state UNUSED)
{
	struct aws_login l = { 0 };

	assert_false(aws_login_ends(&l));
	l.expires = (int64_t)time(NULL) + 30;
	assert_true(aws_login_ends(&l));
	l.expires = (int64_t)time(NULL) + 300;
	assert_false(aws_login_ends(&l));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(profiles, clean),
		cmocka_unit_test_setup(environment, clean),
		cmocka_unit_test_setup(web_identity, clean),
		cmocka_unit_test_setup(web_identity_refused, clean),
		cmocka_unit_test_setup(container, clean),
		cmocka_unit_test_setup(machine, clean),
		cmocka_unit_test(ends),
	};
	struct diags ds;
	int rc;

	diags_init(&ds);
	if (http_init(&ds))
		return 1;
	home = t_mkdir();
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	t_rmdir(home);
	return rc;
}
