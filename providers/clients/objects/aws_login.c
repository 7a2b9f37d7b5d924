#include "providers/clients/objects/aws_login.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/objects/xml.h"

#define FILE_MAX    (1u << 20)
#define ENDS_SOON_S 60
#define METADATA    "http://169.254.169.254"
#define CONTAINER   "http://169.254.170.2"
#define METADATA_MS 1000u
#define STS_MS      10000u

static const char *
env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

void
aws_login_done(struct aws_login *l)
{
	if (l->secret)
		explicit_bzero(l->secret, strlen(l->secret));
	free(l->id);
	free(l->secret);
	free(l->token);
	free(l->region);
	free(l->endpoint);
	*l = (struct aws_login){ 0 };
}

bool
aws_login_ends(const struct aws_login *l)
{
	return l->expires && l->expires < (int64_t)time(NULL) + ENDS_SOON_S;
}

/* --- the profile ---------------------------------------------------------- */

static char *
profile_file(const char *variable, const char *name)
{
	const char *home = env("HOME");

	if (env(variable))
		return xstrdup(env(variable));
	return xasprintf("%s/.aws/%s", home ? home : "", name);
}

/* Is the line, "[NAME]", the section of the profile? In the configuration all
 * but the default one are called "profile NAME". */
static bool
is_section(const char *line, const char *profile, bool config)
{
	size_t n = strlen(profile);

	line++;
	line += strspn(line, " \t");
	if (config && strncmp(line, "profile", 7) == 0 &&
	    strspn(line + 7, " \t"))
		line += 7 + strspn(line + 7, " \t");
	else if (config && strcmp(profile, "default") != 0)
		return false;
	return strncmp(line, profile, n) == 0 &&
	       line[n + strspn(line + n, " \t")] == ']';
}

/* The value of key in the profile's section; malloc'd, or NULL. */
static char *
find_setting(char *text, const char *profile, bool config, const char *key)
{
	size_t n = strlen(key);
	bool inside = false;
	char *save = NULL;

	for (char *line = strtok_r(text, "\r\n", &save); line;
	     line = strtok_r(NULL, "\r\n", &save)) {
		char *v = line + n;

		if (*line == '[') {
			inside = is_section(line, profile, config);
			continue;
		}
		if (!inside || strncmp(line, key, n) != 0)
			continue;
		v += strspn(v, " \t");
		if (*v != '=')
			continue;
		v++;
		v += strspn(v, " \t");
		n = strlen(v);
		while (n && strchr(" \t", v[n - 1]))
			n--;
		return xstrndup(v, n);
	}
	return NULL;
}

static char *
setting_of(const char *path, bool config, const char *key)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(FILE_MAX);
	CLEANUP(diags_done) struct diags ignored;
	const char *profile = env("AWS_PROFILE");
	char *v;

	diags_init(&ignored);
	if (file_read_opt(path, &b, &ignored) != 0 || !b.n)
		return NULL;
	v = find_setting(b.p, profile ? profile : "default", config, key);
	explicit_bzero(b.p, b.n);
	return v;
}

/* Of the credentials file, else of the configuration. */
static char *
profile_setting(const char *key)
{
	CLEANUP(freep)
	char *login =
		profile_file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
	CLEANUP(freep) char *config = profile_file("AWS_CONFIG_FILE", "config");
	char *v = setting_of(login, false, key);

	return v ? v : setting_of(config, true, key);
}

void
aws_settings(struct aws_login *out)
{
	static const char *const regions[] = { "AWS_REGION",
					       "AWS_DEFAULT_REGION" };
	static const char *const endpoints[] = { "AWS_ENDPOINT_URL_S3",
						 "AWS_ENDPOINT_URL" };

	for (size_t i = 0; i < 2; i++) {
		if (!out->region && env(regions[i]))
			out->region = xstrdup(env(regions[i]));
		if (!out->endpoint && env(endpoints[i]))
			out->endpoint = xstrdup(env(endpoints[i]));
	}
	if (!out->region)
		out->region = profile_setting("region");
	if (!out->endpoint)
		out->endpoint = profile_setting("endpoint_url");
}

/* --- from where ----------------------------------------------------------- */

static bool
from_env(struct aws_login *out)
{
	const char *id = env("AWS_ACCESS_KEY_ID");
	const char *secret = env("AWS_SECRET_ACCESS_KEY");
	const char *token = env("AWS_SESSION_TOKEN");

	if (!id || !secret)
		return false;
	out->id = xstrdup(id);
	out->secret = xstrdup(secret);
	out->token = token ? xstrdup(token) : NULL;
	return true;
}

static bool
from_profile(struct aws_login *out)
{
	out->id = profile_setting("aws_access_key_id");
	out->secret = profile_setting("aws_secret_access_key");
	if (out->id && out->secret) {
		out->token = profile_setting("aws_session_token");
		return true;
	}
	free(TAKE(out->id));
	free(TAKE(out->secret));
	return false;
}

/* A line of it, without the line's end. malloc'd; NULL with a diag. */
static char *
read_token(const char *path, struct diags *ds)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(FILE_MAX);

	if (file_read(path, &b, ds) < 0)
		return NULL;
	while (b.n && strchr("\r\n ", b.p[b.n - 1]))
		b.p[--b.n] = '\0';
	return xstrdup(buf_str(&b));
}

static void
add_value(struct buf *b, const char *text)
{
	buf_addurl(b, text, strlen(text), "");
}

static char *
sts_url(const char *region)
{
	const char *given = env("AWS_ENDPOINT_URL_STS");

	if (!given)
		given = env("AWS_ENDPOINT_URL");
	if (given)
		return xstrdup(given);
	return region ? xasprintf("https://sts.%s.amazonaws.com/", region)
		      : xstrdup("https://sts.amazonaws.com/");
}

/* AssumeRoleWithWebIdentity ("AWS STS API Reference"). */
static int
ask_sts(struct http *http, const char *region, const char *token,
	const char *role, struct aws_login *out, struct diags *ds)
{
	static const char *const headers[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL
	};
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(buf_done) struct buf body = BUF_INIT(FILE_MAX);
	CLEANUP(freep) char *url = sts_url(region);
	CLEANUP(freep) char *expires = NULL;
	const char *session = env("AWS_ROLE_SESSION_NAME");
	struct http_req req = { .url = url,
				.headers = headers,
				.idempotent = true,
				.sensitive = true,
				.total_ms = STS_MS };

	buf_adds(&body, "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
			"&RoleSessionName=");
	add_value(&body, session ? session : "opl2");
	buf_adds(&body, "&RoleArn=");
	add_value(&body, role);
	buf_adds(&body, "&WebIdentityToken=");
	add_value(&body, token);
	req.body = body.p;
	req.body_len = body.n;
	if (http_send(http, &req, &r, ds) != HTTP_OK)
		return -1;
	out->id = xml_text(buf_str(&r.body), "AccessKeyId");
	out->secret = xml_text(buf_str(&r.body), "SecretAccessKey");
	out->token = xml_text(buf_str(&r.body), "SessionToken");
	expires = xml_text(buf_str(&r.body), "Expiration");
	if (expires)
		(void)utc_parse(expires, &out->expires);
	if (out->id && out->secret)
		return 0;
	return diag_err(ds, "E0531",
			"the role '%s' cannot be assumed with the token of "
			"AWS_WEB_IDENTITY_TOKEN_FILE: status %ld",
			role, r.status);
}

/* Of the environment, or else of the profile; malloc'd, or NULL. */
static char *
setting(const char *var, const char *key)
{
	const char *value = env(var);

	return value ? xstrdup(value) : profile_setting(key);
}

/* 1: found, 0: not set, -1. */
static int
from_web_identity(struct http *http, const char *region, struct aws_login *out,
		  struct diags *ds)
{
	CLEANUP(freep)
	char *file = setting("AWS_WEB_IDENTITY_TOKEN_FILE",
			     "web_identity_token_file");
	CLEANUP(freep) char *role = setting("AWS_ROLE_ARN", "role_arn");
	CLEANUP(freep) char *token = NULL;

	if (!file || !role)
		return 0;
	token = read_token(file, ds);
	return token && ask_sts(http, region, token, role, out, ds) == 0 ? 1
									 : -1;
}

/* The document that containers and machines are given. */
static int
read_document(const char *text, size_t n, struct aws_login *out)
{
	CLEANUP(put_json) json_t *j = jx_parse(text, n, "credentials", NULL);
	const char *id = jx_str(j, "AccessKeyId", NULL);
	const char *secret = jx_str(j, "SecretAccessKey", NULL);
	const char *token = jx_str(j, "Token", NULL);

	if (!id || !secret)
		return 0;
	out->id = xstrdup(id);
	out->secret = xstrdup(secret);
	out->token = token ? xstrdup(token) : NULL;
	(void)utc_parse(jx_str(j, "Expiration", ""), &out->expires);
	return 1;
}

static int
from_container(struct http *http, struct aws_login *out)
{
	const char *relative = env("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
	const char *full = env("AWS_CONTAINER_CREDENTIALS_FULL_URI");
	const char *given = env("AWS_CONTAINER_AUTHORIZATION_TOKEN");
	const char *file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(freep) char *url = NULL;
	CLEANUP(freep) char *token = NULL;
	CLEANUP(freep) char *line = NULL;
	const char *headers[2] = { NULL };
	struct http_req req = { .headers = headers,
				.sensitive = true,
				.total_ms = STS_MS };

	diags_init(&ignored);
	if (!relative && !full)
		return 0;
	url = relative ? xasprintf(CONTAINER "%s", relative) : xstrdup(full);
	if (file)
		token = read_token(file, &ignored);
	else if (given)
		token = xstrdup(given);
	if (token) {
		line = xasprintf("Authorization: %s", token);
		headers[0] = line;
	}
	req.url = url;
	return http_get(http, &req, &r, &ignored) == HTTP_OK
		       ? read_document(buf_str(&r.body), r.body.n, out)
		       : 0;
}

static int
ask_machine(struct http *http, const char *method, const char *base,
	    const char *path, const char *header, struct http_reply *r)
{
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(freep) char *url = xasprintf("%s%s", base, path);
	const char *headers[] = { header, NULL };
	struct http_req req = { .url = url,
				.method = method,
				.headers = headers,
				.proxy = "",
				.sensitive = true,
				.tries = 1,
				.connect_ms = METADATA_MS,
				.total_ms = METADATA_MS };

	diags_init(&ignored);
	return http_send(http, &req, r, &ignored) == HTTP_OK &&
			       r->status == 200 && r->body.n
		       ? 0
		       : -1;
}

/* IMDSv2 ("Amazon EC2 User Guide", instance metadata). */
static int
from_machine(struct http *http, struct aws_login *out)
{
	static const char path[] =
		"/latest/meta-data/iam/security-credentials/";
	const char *base = env("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *off = env("AWS_EC2_METADATA_DISABLED");
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(freep) char *header = NULL;
	CLEANUP(freep) char *role = NULL;

	if (off && strcasecmp(off, "true") == 0)
		return 0;
	base = base ? base : METADATA;
	if (ask_machine(http, "PUT", base, "/latest/api/token",
			"X-aws-ec2-metadata-token-ttl-seconds: 300", &r))
		return 0;
	header = xasprintf("X-aws-ec2-metadata-token: %s", r.body.p);
	if (ask_machine(http, NULL, base, path, header, &r))
		return 0;
	role = xasprintf("%s%.*s", path, (int)strcspn(r.body.p, "\r\n"),
			 r.body.p);
	if (ask_machine(http, NULL, base, role, header, &r))
		return 0;
	return read_document(buf_str(&r.body), r.body.n, out);
}

int
aws_login_find(struct http *http, const char *region, struct aws_login *out,
	       struct diags *ds)
{
	bool profile = env("AWS_PROFILE") != NULL;
	int rc;

	/* A profile that is named goes before what happens to be set. */
	if (profile ? from_profile(out) || from_env(out) : from_env(out))
		return 0;
	rc = from_web_identity(http, region, out, ds);
	if (rc)
		return rc < 0 ? -1 : 0;
	if ((!profile && from_profile(out)) || from_container(http, out) ||
	    from_machine(http, out))
		return 0;
	diag_err(ds, "E0532", "no credentials for S3 were found");
	diag_hint(ds, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
		      "AWS_PROFILE, or AWS_WEB_IDENTITY_TOKEN_FILE and "
		      "AWS_ROLE_ARN");
	return -1;
}
