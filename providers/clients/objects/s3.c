/*
 * Objects in a bucket of S3, or of a server that speaks like it: "Amazon S3 API
 * Reference". Requests are signed by libcurl.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/http/http.h"
#include "providers/clients/objects/aws_login.h"
#include "providers/clients/objects/objects.h"
#include "providers/clients/objects/xml.h"

#define TOTAL_MS   60000u
#define LIST_BYTES (8u << 20)
#define LIST_PAGES 1000u

struct s3 {
	struct objects base;
	struct http *http;
	struct aws_login login;
	char *name, *bucket, *prefix; /* the prefix ends with a slash */
	char *region, *url;           /* up to the bucket */
	char *sigv4;
};

#define SELF(o) ((struct s3 *)(o))

/* One request and its answer. */
struct ask {
	const char *method, *name, *query; /* name NULL: the bucket's */
	const char *condition;             /* a header, or NULL */
	const char *md5;                   /* Content-MD5, or NULL */
	const void *body;
	size_t n;
};

static void
encode(struct buf *b, const char *text, const char *also)
{
	buf_addurl(b, text, strlen(text), also);
}

/* --- opening -------------------------------------------------------------- */

static void
s3_close(struct objects *o)
{
	struct s3 *s = SELF(o);

	http_free(s->http);
	aws_login_done(&s->login);
	free(s->name);
	free(s->bucket);
	free(s->prefix);
	free(s->region);
	free(s->url);
	free(s->sigv4);
	free(s);
}

/* Names with a dot have no certificate below the endpoint's. */
static char *
bucket_url(const char *endpoint, const char *region, const char *bucket,
	   bool path_style)
{
	const char *host = endpoint ? strstr(endpoint, "://") : NULL;
	size_t n = endpoint ? strlen(endpoint) : 0;

	while (n && endpoint[n - 1] == '/')
		n--;
	if (!host && (path_style || strchr(bucket, '.')))
		return xasprintf("https://s3.%s.amazonaws.com/%s", region,
				 bucket);
	if (!host)
		return xasprintf("https://%s.s3.%s.amazonaws.com", bucket,
				 region);
	if (path_style)
		return xasprintf("%.*s/%s", (int)n, endpoint, bucket);
	host += 3;
	return xasprintf("%.*s%s.%.*s", (int)(host - endpoint), endpoint,
			 bucket, (int)(n - (size_t)(host - endpoint)), host);
}

extern const struct objects_ops objects_s3;

static struct objects *
s3_open(const json_t *config, struct diags *ds)
{
	struct s3 *s = xcalloc(1, sizeof(*s));
	struct aws_login set = { 0 };
	const char *endpoint;

	(void)ds;
	aws_settings(&set);
	endpoint = jx_str(config, "endpoint", set.endpoint);
	s->base.ops = &objects_s3;
	s->http = http_new();
	s->bucket = xstrdup(jx_str(config, "bucket", ""));
	s->prefix = xasprintf("%s/", jx_str(config, "key", ""));
	s->region = xstrdup(jx_str(config, "region",
				   set.region ? set.region : "us-east-1"));
	s->url = bucket_url(endpoint, s->region, s->bucket,
			    jx_bool(config, "path_style", endpoint != NULL));
	s->sigv4 = xasprintf("aws:amz:%s:s3", s->region);
	s->base.name = s->name =
		xasprintf("s3://%s/%s", s->bucket, jx_str(config, "key", ""));
	aws_login_done(&set);
	return &s->base;
}

/* --- asking --------------------------------------------------------------- */

static int
log_in(struct s3 *s, struct diags *ds)
{
	if (s->login.id && !aws_login_ends(&s->login))
		return 0;
	aws_login_done(&s->login);
	return aws_login_find(s->http, s->region, &s->login, ds);
}

static char *
object_url(const struct s3 *s, const struct ask *q)
{
	struct buf b = BUF_INIT(64u << 10);

	buf_addf(&b, "%s/", s->url);
	if (q->name) {
		encode(&b, s->prefix, "/");
		encode(&b, q->name, "/");
	}
	if (q->query)
		buf_addf(&b, "?%s", q->query);
	return buf_take(&b);
}

static void
hint_for(const struct s3 *s, const char *code, const char *region,
	 struct diags *ds)
{
	if (strcmp(code, "NoSuchBucket") == 0)
		diag_hint(ds,
			  "create the bucket '%s', or mend 'bucket' and "
			  "'endpoint'",
			  s->bucket);
	else if (region && strcmp(region, s->region) != 0)
		diag_hint(ds, "write region: %s", region);
	else if (strcmp(code, "RequestTimeTooSkewed") == 0)
		diag_hint(ds, "set this machine's clock");
	else if (strcmp(code, "ExpiredToken") == 0 ||
		 strcmp(code, "ExpiredTokenException") == 0)
		diag_hint(ds, "the credentials have ended: get new ones, then "
			      "run the command again");
	else if (strcmp(code, "InvalidAccessKeyId") == 0 ||
		 strcmp(code, "SignatureDoesNotMatch") == 0)
		diag_hint(ds, "check the credentials (AWS_ACCESS_KEY_ID or "
			      "the profile's)");
	else
		diag_hint(ds, "the credentials need s3:GetObject, "
			      "s3:PutObject, s3:DeleteObject and "
			      "s3:ListBucket");
}

/* A refusal, in the server's own words. */
static enum object_result
refused(const struct s3 *s, const struct ask *q, const struct http_reply *r,
	struct diags *ds)
{
	const char *text = buf_str(&r->body);
	CLEANUP(freep) char *code = xml_text(text, "Code");
	CLEANUP(freep) char *message = xml_text(text, "Message");
	CLEANUP(freep) char *region = xml_text(text, "Region");
	bool access = r->status == 401 || r->status == 403;

	if (r->status == 503 || r->status == 429 || r->status >= 500)
		diag_err(ds, "E0530", "%s: the server is busy: status %ld, %s",
			 s->name, r->status, code ? code : "no reason");
	else
		diag_err(ds,
			 access ? "E0531"
			 : (code && strcmp(code, "NoSuchBucket") == 0) || region
				 ? "E0533"
				 : "E0539",
			 "%s: %s was refused with status %ld%s%s%s%s", s->name,
			 q->method, r->status, code ? ", " : "",
			 code ? code : "", message ? ": " : "",
			 message ? message : "");
	if (r->status >= 500 || r->status == 429) {
		diag_hint(ds, "run the command again later");
		return OBJECT_UNREACHABLE;
	}
	hint_for(s, code ? code : "", region, ds);
	return OBJECT_FAILED;
}

static enum object_result
send_ask(struct s3 *s, const struct ask *q, struct http_reply *r,
	 struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;
	CLEANUP(freep) char *url = object_url(s, q);
	CLEANUP(freep) char *token = NULL;
	CLEANUP(freep) char *login = NULL;
	/* S3 wants it, and signs it; libcurl takes the body's sum from it. */
	char sum[96] = "x-amz-content-sha256: ";
	const char *headers[6] = { sum };
	size_t n = 1;
	struct http_req req = { .url = url,
				.method = q->method,
				.headers = headers,
				.body = q->body,
				.body_len = q->n,
				.sigv4 = s->sigv4,
				.idempotent = true,
				.total_ms = TOTAL_MS,
				.max_body = OBJECT_MAX };
	enum http_result rc;

	diags_init(&own);
	if (log_in(s, ds) < 0)
		return OBJECT_FAILED;
	sha256_hex(q->body ? q->body : "", q->n, sum + strlen(sum));
	login = xasprintf("%s:%s", s->login.id, s->login.secret);
	req.login = login;
	if (q->body)
		headers[n++] = "Content-Type: application/octet-stream";
	if (q->condition)
		headers[n++] = q->condition;
	if (q->md5)
		headers[n++] = q->md5;
	if (s->login.token) {
		token = xasprintf("x-amz-security-token: %s", s->login.token);
		headers[n++] = token;
	}
	rc = http_send(s->http, &req, r, &own);
	explicit_bzero(login, strlen(login));
	return rc == HTTP_OK
		       ? OBJECT_OK
		       : objects_unheard(s->name, rc, &own, "'endpoint'", ds);
}

static void
set_version(struct object_version *v, const struct http_reply *r)
{
	snprintf(v->text, sizeof(v->text), "%.*s", (int)sizeof(v->text) - 1,
		 r->etag ? r->etag : "");
}

static enum object_result
s3_get(struct objects *o, const char *name, struct object *out,
       struct diags *ds)
{
	struct ask q = { .method = "GET", .name = name };
	CLEANUP(http_reply_done)
	struct http_reply r = { .body = BUF_INIT(OBJECT_MAX) };
	enum object_result rc = send_ask(SELF(o), &q, &r, ds);
	CLEANUP(freep) char *code = NULL;

	if (rc)
		return rc;
	if (r.status == 404) {
		code = xml_text(buf_str(&r.body), "Code");
		if (!code || strcmp(code, "NoSuchBucket") != 0)
			return OBJECT_NONE;
	}
	if (r.status != 200)
		return refused(SELF(o), &q, &r, ds);
	buf_reset(&out->data);
	buf_add(&out->data, buf_str(&r.body), r.body.n);
	set_version(&out->version, &r);
	out->modified = r.modified;
	out->now = r.date;
	return OBJECT_OK;
}

static enum object_result
s3_put(struct objects *o, const char *name, const void *p, size_t n,
       const struct object_version *expect, struct object_version *now,
       struct diags *ds)
{
	CLEANUP(freep) char *match = NULL;
	struct ask q = { .method = "PUT", .name = name, .body = p, .n = n };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	enum object_result rc;

	if (expect && *expect->text) {
		match = xasprintf("If-Match: %s", expect->text);
		q.condition = match;
	} else if (expect) {
		q.condition = "If-None-Match: *";
	}
	rc = send_ask(SELF(o), &q, &r, ds);
	if (rc)
		return rc;
	/* 404: the object of If-Match is gone; 409: another write of it is
	 * under way. */
	if (expect && (r.status == 412 || r.status == 409 ||
		       (r.status == 404 && *expect->text)))
		return OBJECT_CONFLICT;
	if (r.status != 200)
		return refused(SELF(o), &q, &r, ds);
	if (now)
		set_version(now, &r);
	return OBJECT_OK;
}

static enum object_result
s3_remove(struct objects *o, const char *name, struct diags *ds)
{
	struct ask q = { .method = "DELETE", .name = name };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	enum object_result rc = send_ask(SELF(o), &q, &r, ds);

	if (rc)
		return rc;
	return r.status / 100 == 2 || r.status == 404
		       ? OBJECT_OK
		       : refused(SELF(o), &q, &r, ds);
}

/* DeleteObjects of the API, which wants a sum of its body. */
static enum object_result
s3_remove_all(struct objects *o, const char *const *names, size_t n,
	      struct diags *ds)
{
	struct s3 *s = SELF(o);
	CLEANUP(buf_done) struct buf body = BUF_INIT(2u << 20);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	struct ask q = { .method = "POST", .query = "delete=" };
	char sum[64] = "Content-MD5: ";
	uint8_t md[MD5_BYTES];
	enum object_result rc;

	/* Neither needs an entity: names are of [a-z0-9._/-]. */
	buf_adds(&body, "<Delete><Quiet>true</Quiet>");
	for (size_t i = 0; i < n; i++)
		buf_addf(&body, "<Object><Key>%s%s</Key></Object>", s->prefix,
			 names[i]);
	buf_adds(&body, "</Delete>");
	md5(body.p, body.n, md);
	base64_encode(md, sizeof(md), sum + strlen(sum));
	q.body = body.p;
	q.n = body.n;
	q.md5 = sum;
	rc = send_ask(s, &q, &r, ds);
	if (rc)
		return rc;
	if (r.status == 200 && !xml_find(buf_str(&r.body), "Error"))
		return OBJECT_OK;
	return refused(s, &q, &r, ds);
}

/* --- listing -------------------------------------------------------------- */

struct names {
	struct arena *a;
	const char **list;
	size_t n, cap;
};

static void
add_name(struct names *all, const char *name)
{
	if (all->n == all->cap) {
		size_t cap = all->cap ? all->cap * 2 : 64;
		const char **more = arena_alloc(all->a, cap * sizeof(*more));

		if (all->n)
			memcpy(more, all->list, all->n * sizeof(*more));
		all->list = more;
		all->cap = cap;
	}
	all->list[all->n++] = arena_strdup(all->a, name);
}

/* The keys of a page, without our prefix. Sets *last to the last key. */
static void
read_page(const struct s3 *s, const char *text, struct names *all, char **last)
{
	size_t n = strlen(s->prefix);
	const char *p = text;

	while ((p = xml_find(p, "Contents"))) {
		char *key = xml_text(p, "Key");

		if (!key)
			break;
		if (strncmp(key, s->prefix, n) == 0)
			add_name(all, key + n);
		free(*last);
		*last = key;
	}
}

static enum object_result
s3_list(struct objects *o, struct arena *a, const char *prefix,
	const char *after, const char ***names, size_t *n, struct diags *ds)
{
	struct s3 *s = SELF(o);
	struct names all = { .a = a };
	CLEANUP(freep)
	char *last = after ? xasprintf("%s%s", s->prefix, after) : NULL;

	for (unsigned page = 0; page < LIST_PAGES; page++) {
		CLEANUP(buf_done) struct buf query = BUF_INIT(16u << 10);
		CLEANUP(http_reply_done)
		struct http_reply r = { .body = BUF_INIT(LIST_BYTES) };
		CLEANUP(freep) char *more = NULL;
		struct ask q = { .method = "GET" };
		enum object_result rc;

		/* In the order that a signature needs. */
		buf_adds(&query, "list-type=2&prefix=");
		encode(&query, s->prefix, "");
		encode(&query, prefix, "");
		if (last) {
			buf_adds(&query, "&start-after=");
			encode(&query, last, "");
		}
		q.query = buf_str(&query);
		rc = send_ask(s, &q, &r, ds);
		if (rc)
			return rc;
		if (r.status != 200)
			return refused(s, &q, &r, ds);
		read_page(s, buf_str(&r.body), &all, &last);
		more = xml_text(buf_str(&r.body), "IsTruncated");
		if (!more || strcmp(more, "true") != 0) {
			*names = all.list;
			*n = all.n;
			return OBJECT_OK;
		}
	}
	diag_err(ds, "E0539", "%s has too many objects", s->name);
	return OBJECT_FAILED;
}

const struct objects_ops objects_s3 = {
	.name = "s3",
	.open = s3_open,
	.close = s3_close,
	.get = s3_get,
	.put = s3_put,
	.list = s3_list,
	.remove = s3_remove,
	.remove_all = s3_remove_all,
};
