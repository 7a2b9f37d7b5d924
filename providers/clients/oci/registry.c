#include "providers/clients/oci/registry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/oci/headers.h"

#define STALL_S     120u /* a registry that looks through a big layer is silent */
#define TOKEN_MS    60000u
#define TOKEN_BYTES (1u << 20)
#define URL_BYTES   65536u
#define ANSWER_TEXT 300

/* --- opening -------------------------------------------------------------- */

/* As docker has it: what listens on this machine needs no TLS. */
static bool
is_plain(const struct oci_target *t, const char *host)
{
	size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");

	if (t->plain != OCI_PLAIN_BY_HOST)
		return t->plain == OCI_PLAIN_HTTP;
	return (strncmp(host, "127.", 4) == 0 &&
		strspn(host, "0123456789.") == n) ||
	       (n == 5 && strncmp(host, "[::1]", n) == 0) ||
	       (n == 9 && strncmp(host, "localhost", n) == 0);
}

static int
parse_like(struct oci_registry *r, struct diags *ds)
{
	if (!r->t->like)
		return 0;
	if (image_repository_parse(&r->a, r->t->like, &r->like, ds))
		return -1;
	if (strcmp(r->like.host, r->repo.host) != 0 ||
	    strcmp(r->like.path, r->repo.path) == 0)
		r->like.host = NULL;
	return 0;
}

int
oci_registry_open(struct oci_registry *r, const struct oci_target *t, bool push,
		  struct diags *ds)
{
	const char *host;

	*r = (struct oci_registry){ .t = t, .push = push };
	arena_init(&r->a);
	r->http = http_new();
	if (image_repository_parse(&r->a, t->repository, &r->repo, ds) ||
	    parse_like(r, ds))
		return -1;
	host = r->repo.host;
	r->name = arena_printf(&r->a, "%s/%s", host, r->repo.path);
	if (strcmp(host, "docker.io") == 0)
		host = "registry-1.docker.io";
	r->base = arena_printf(&r->a, "%s://%s",
			       is_plain(t, host) ? "http" : "https", host);
	return 0;
}

static void
forget_auth(struct oci_registry *r)
{
	if (r->auth)
		explicit_bzero(r->auth, strlen(r->auth));
	free(TAKE(r->auth));
}

void
oci_registry_done(struct oci_registry *r)
{
	forget_auth(r);
	oci_login_done(&r->login);
	http_freep(&r->http);
	arena_done(&r->a);
}

char *
oci_registry_url(const struct oci_registry *r, const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(URL_BYTES);
	va_list ap;

	buf_addf(&b, "%s/v2/%s/", r->base, r->repo.path);
	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	return buf_take(&b);
}

/* --- refusals ------------------------------------------------------------- */

/* What it says: the first of "errors", or the start of its text. */
static const char *
words_of(struct arena *a, const struct http_reply *reply)
{
	CLEANUP(put_json)
	json_t *j =
		jx_parse(buf_str(&reply->body), reply->body.n, "answer", NULL);
	const json_t *e = jx_at(j, "/errors/0");
	const char *text = buf_str(&reply->body);

	if (e)
		return arena_printf(a, ": %s: %.*s", jx_str(e, "code", "?"),
				    ANSWER_TEXT, jx_str(e, "message", ""));
	if (!*text || (reply->type && strstr(reply->type, "html")))
		return "";
	return arena_printf(a, ": %.*s",
			    (int)strcspn(text, "\r\n") < ANSWER_TEXT
				    ? (int)strcspn(text, "\r\n")
				    : ANSWER_TEXT,
			    text);
}

static const struct refusal {
	long status; /* 0: any */
	const char *says, *code, *hint;
} refusals[] = {
	{ 0, "quota", "E1326",
	  "remove images that nobody uses any more, or raise the quota" },
	{ 0, "DIGEST_INVALID", "E1325",
	  "run the command again; if it stays so, a proxy in between changes "
	  "what is sent" },
	{ 0, "SIZE_INVALID", "E1325",
	  "run the command again; if it stays so, a proxy in between changes "
	  "what is sent" },
	{ 0, "BLOB_UNKNOWN", "E1325",
	  "the registry lost a layer that it had taken: run the command "
	  "again" },
	{ 0, "NAME_UNKNOWN", "E1329",
	  "create the repository, or mend its name in the spec" },
	{ 0, "NAME_INVALID", "E1329",
	  "create the repository, or mend its name in the spec" },
	{ 0, "TOOMANYREQUESTS", "E1327", "wait, then run the command again" },
	{ 401, "", "E1323", NULL },
	{ 403, "", "E1323",
	  "the account needs the right to push to this repository" },
	{ 404, "", "E1329",
	  "create the repository, or mend its name in the spec; if it speaks "
	  "another API, use a registry of the OCI Distribution Specification" },
	{ 413, "", "E1326",
	  "the registry, or a proxy before it, takes no layer of this size: "
	  "raise its limit" },
	{ 429, "", "E1327", "wait, then run the command again" },
	{ 507, "", "E1326", "make room on the registry's disk" },
};

static const struct refusal *
refusal_of(long status, const char *words)
{
	static const struct refusal away = {
		0, "", "E1322", "look at the registry's log, or wait"
	};
	static const struct refusal other = { 0, "", "E1324",
					      "look at the registry's log" };

	for (size_t i = 0; i < COUNTOF(refusals); i++)
		if (refusals[i].status
			    ? refusals[i].status == status
			    : strcasestr(words, refusals[i].says) != NULL)
			return &refusals[i];
	return status >= 500 ? &away : &other;
}

/* Which credentials were not good enough. */
static void
hint_login(const struct oci_registry *r, struct diags *ds)
{
	bool any = r->login.user || r->login.token;

	if (!any && r->login.file)
		diag_hint(ds, "'%s' has no login for it: docker login %s",
			  r->login.file, r->repo.host);
	else if (!any)
		diag_hint(ds, "set DOCKER_CONFIG to the folder with docker's "
			      "config.json");
	else
		diag_hint(ds,
			  "log in anew (docker login %s) with an account "
			  "that may %s",
			  r->repo.host, r->push ? "push to it" : "read it");
}

int
oci_registry_refused(const struct oci_registry *r, const char *what,
		     const struct http_reply *reply, struct diags *ds)
{
	CLEANUP(arena_done) struct arena a;
	const struct refusal *row;
	const char *words;

	arena_init(&a);
	words = words_of(&a, reply);
	row = refusal_of(reply->status, words);
	diag_err(ds, row->code,
		 "'%s': the request to %s was refused with "
		 "status %ld%s",
		 r->name, what, reply->status, words);
	if (row->hint)
		diag_hint(ds, "%s", row->hint);
	else
		hint_login(r, ds);
	return -1;
}

/* Nothing was heard, or it was cancelled. */
static enum oci_heard
unheard(const struct oci_registry *r, enum http_result rc,
	const struct diags *own, struct diags *ds)
{
	const char *why = own->first ? own->first->summary : "no answer";

	if (rc == HTTP_CANCELLED)
		return OCI_CANCELLED;
	diag_err(ds, "E1322", "cannot connect to the image registry '%s': %s",
		 r->repo.host, why);
	if (strncmp(r->base, "https", 5) == 0 && strcasestr(why, "SSL"))
		diag_hint(ds, "if it speaks http without TLS, set plain_http: "
			      "true; for a company's own certificate "
			      "authority set SSL_CERT_FILE");
	else
		diag_hint(ds, "check the network, the proxy settings and the "
			      "registry; then run the command again");
	return rc == HTTP_FAILED ? OCI_FAILED : OCI_LOST;
}

/* --- logging in ----------------------------------------------------------- */

/* Sends without judging what comes. */
static enum oci_heard
registry_ask(struct oci_registry *r, struct http_req *req,
	     struct http_reply *out, struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;
	enum http_result rc;

	diags_init(&own);
	req->sensitive = true;
	req->stall_s = STALL_S;
	req->cancelled = r->t->cancelled;
	req->arg = r->t->arg;
	rc = http_send(r->http, req, out, &own);
	return rc == HTTP_OK ? OCI_HEARD : unheard(r, rc, &own, ds);
}

static void
set_basic(struct oci_registry *r)
{
	CLEANUP(freep)
	char *pair = xasprintf("%s:%s", r->login.user, r->login.password);
	CLEANUP(freep) char *text = xmalloc(4 * (strlen(pair) / 3 + 1) + 1);

	base64_encode(pair, strlen(pair), text);
	r->auth = xasprintf("Authorization: Basic %s", text);
	explicit_bzero(pair, strlen(pair));
	explicit_bzero(text, strlen(text));
}

static void
add_pair(struct buf *b, const char *name, const char *text)
{
	if (!text)
		return;
	buf_addf(b, "%s%s=", b->n ? "&" : "", name);
	buf_addurl(b, text, strlen(text), ":/,");
}

/* What the token is for. The server's own words come too: it may count with
 * another name than the one that it is asked by. */
static void
add_scopes(const struct oci_registry *r, const struct oci_challenge *c,
	   struct buf *b)
{
	CLEANUP(freep)
	char *scope = xasprintf("repository:%s:pull%s", r->repo.path,
				r->push ? ",push" : "");
	CLEANUP(freep)
	char *like = r->push && r->like.host
			     ? xasprintf("repository:%s:pull", r->like.path)
			     : NULL;
	bool more = c->scope && strcmp(c->scope, scope) != 0;

	add_pair(b, "scope", scope);
	add_pair(b, "scope", like);
	if (more)
		add_pair(b, "scope", c->scope);
}

/* By GET with the login; an identity token is for POST, as OAuth 2 has it. */
static enum oci_heard
ask_token(struct oci_registry *r, const struct oci_challenge *c,
	  struct http_reply *out, struct diags *ds)
{
	static const char *const form[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL
	};
	CLEANUP(buf_done) struct buf b = BUF_INIT(URL_BYTES);
	CLEANUP(freep) char *url = NULL, *pair = NULL;
	struct http_req req = { .total_ms = TOKEN_MS,
				.max_body = TOKEN_BYTES,
				.idempotent = true };
	enum oci_heard rc;

	add_pair(&b, "service", c->service);
	add_scopes(r, c, &b);
	if (r->login.token) {
		add_pair(&b, "grant_type", "refresh_token");
		add_pair(&b, "client_id", "opl2");
		add_pair(&b, "refresh_token", r->login.token);
		req.url = c->realm;
		req.headers = form;
		req.body = buf_str(&b);
		req.body_len = b.n;
	} else {
		url = xasprintf("%s%c%s", c->realm,
				strchr(c->realm, '?') ? '&' : '?', buf_str(&b));
		if (r->login.user)
			pair = xasprintf("%s:%s", r->login.user,
					 r->login.password);
		req.url = url;
		req.login = pair;
	}
	rc = registry_ask(r, &req, out, ds);
	if (pair)
		explicit_bzero(pair, strlen(pair));
	if (b.p)
		explicit_bzero(b.p, b.n);
	return rc;
}

static enum oci_heard
get_token(struct oci_registry *r, const struct oci_challenge *c,
	  struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	const char *token;
	enum oci_heard rc;

	/* Nobody in between is to get a password. */
	if (strncmp(r->base, "https:", 6) == 0 &&
	    strncasecmp(c->realm, "https:", 6) != 0)
		return diag_err(ds, "E1324",
				"'%s' names a token server without TLS: %s",
				r->repo.host, c->realm);
	rc = ask_token(r, c, &reply, ds);
	if (rc)
		return rc;
	if (reply.status != 200)
		return oci_registry_refused(r, "get a token", &reply, ds);
	j = jx_parse(buf_str(&reply.body), reply.body.n, "token", NULL);
	explicit_bzero(reply.body.p, reply.body.n);
	token = jx_str(j, "token", jx_str(j, "access_token", NULL));
	if (!token || strpbrk(token, "\r\n"))
		return diag_err(ds, "E1324",
				"'%s': its token server answered without a "
				"token",
				r->name);
	r->auth = xasprintf("Authorization: Bearer %s", token);
	return OCI_HEARD;
}

/* After a 401. */
static enum oci_heard
log_in(struct oci_registry *r, const struct http_reply *reply, struct diags *ds)
{
	CLEANUP(freep) char *text = http_header(r->http, "WWW-Authenticate");
	struct oci_challenge c;

	forget_auth(r);
	oci_challenge_parse(&r->a, text, &c);
	if (!r->login.user && !r->login.token) {
		oci_login_done(&r->login);
		if (oci_login_find(r->repo.host, &r->login, ds))
			return OCI_FAILED;
	}
	if (c.bearer && c.realm)
		return get_token(r, &c, ds);
	if (!c.basic || !r->login.user)
		return oci_registry_refused(r, "log in", reply, ds);
	set_basic(r);
	return OCI_HEARD;
}

/* --- asking --------------------------------------------------------------- */

enum oci_heard
oci_registry_send(struct oci_registry *r, const struct oci_ask *q,
		  struct http_reply *out, struct diags *ds)
{
	bool ours = oci_same_server(r->base, q->url);

	for (bool again = false;; again = true) {
		const char *headers[] = { q->headers[0], q->headers[1], NULL,
					  NULL };
		struct http_req req = { .method = q->method,
					.url = q->url,
					.headers = headers,
					.body = q->body,
					.body_len = q->body_len,
					.body_at = q->body_at,
					.body_arg = q->arg,
					.idempotent = !q->once,
					.fresh = q->once };
		size_t n = 0;
		enum oci_heard rc;

		while (headers[n])
			n++;
		if (ours)
			headers[n] = r->auth;
		rc = registry_ask(r, &req, out, ds);
		if (rc || out->status != 401)
			return rc;
		if (again || !ours)
			return oci_registry_refused(r, "log in", out, ds);
		rc = log_in(r, out, ds);
		if (rc)
			return rc;
	}
}
