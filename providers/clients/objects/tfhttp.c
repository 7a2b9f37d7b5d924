#include "providers/clients/objects/tfhttp.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define TOTAL_MS  60000u
#define UNLOCK_MS 10000u

/* --- opening -------------------------------------------------------------- */

/* Without a login and a query. */
static char *
bare(const char *url)
{
	CLEANUP(freep) char *host = http_redact(url);
	const char *path = strstr(url, "://");

	path = path ? strchr(path + 3, '/') : NULL;
	return xasprintf("%s%.*s", host, path ? (int)strcspn(path, "?#") : 0,
			 path ? path : "");
}

/* CI jobs of GitLab have these for Terraform already. */
static const char *
from_env(const char *ours, const char *terraforms)
{
	const char *v = getenv(ours);

	return v ? v : getenv(terraforms);
}

static int
set_login(struct tfhttp *t, const json_t *config, struct diags *ds)
{
	const char *user =
		jx_str(config, "username",
		       from_env("OPL2_HTTP_USERNAME", "TF_HTTP_USERNAME"));
	const char *password =
		from_env("OPL2_HTTP_PASSWORD", "TF_HTTP_PASSWORD");

	if (user && !password) {
		diag_err(ds, "E0532", "%s: there is no password for '%s'",
			 t->name, user);
		diag_hint(ds, "set TF_HTTP_PASSWORD or OPL2_HTTP_PASSWORD");
		return -1;
	}
	if (password)
		t->login = xasprintf("%s:%s", user ? user : "", password);
	return 0;
}

int
tfhttp_open(struct tfhttp *t, const json_t *config, struct diags *ds)
{
	const char *address = jx_str(config, "address", "");
	const char *lock = jx_str(config, "lock_address", NULL);

	*t = (struct tfhttp){
		.config = jx_share(config),
		.http = http_new(),
		.name = bare(address),
		.address = xstrdup(address),
		.lock_address = xstrdup(lock ? lock : ""),
		.unlock_address = xstrdup(
			jx_str(config, "unlock_address", lock ? lock : "")),
		.lock_method = jx_str(config, "lock_method", "LOCK"),
		.unlock_method = jx_str(config, "unlock_method", "UNLOCK"),
		.update_method = jx_str(config, "update_method", "POST"),
	};
	if (lock)
		return set_login(t, config, ds);
	diag_err(ds, "E0534",
		 "%s: without 'lock_address' nothing keeps two "
		 "runs apart there",
		 t->name);
	diag_hint(ds, "two runs could pay twice: write the address of the "
		      "server's lock, or use another backend");
	return -1;
}

void
tfhttp_done(struct tfhttp *t)
{
	json_decref(t->config);
	http_free(t->http);
	free(t->name);
	free(t->address);
	free(t->lock_address);
	free(t->unlock_address);
	if (t->login)
		explicit_bzero(t->login, strlen(t->login));
	free(t->login);
}

int64_t
tfhttp_now(const struct tfhttp *t)
{
	return server_clock_now(&t->clock);
}

/* --- asking --------------------------------------------------------------- */

struct ask {
	const char *method, *url;
	const void *body; /* JSON, or NULL */
	size_t n;
	unsigned total_ms;
};

static enum object_result
send_ask(struct tfhttp *t, const struct ask *q, struct http_reply *r,
	 struct diags *ds)
{
	static const char *const json[] = { "Content-Type: application/json",
					    NULL };
	struct http_req req = { .url = q->url,
				.method = q->method,
				.headers = q->body ? json : NULL,
				.body = q->body,
				.body_len = q->n,
				.login = t->login,
				.sensitive = true,
				.idempotent = true,
				.total_ms =
					q->total_ms ? q->total_ms : TOTAL_MS };
	CLEANUP(diags_done) struct diags own;
	enum http_result rc;

	diags_init(&own);
	rc = http_send(t->http, &req, r, &own);
	if (rc == HTTP_OK) {
		server_clock_set(&t->clock, r->date);
		return OBJECT_OK;
	}
	return objects_unheard(t->name, rc, &own, "'address'", ds);
}

static const char *
hint_for(long status)
{
	switch (status) {
	case 401:
	case 403:
		return "check 'username' and TF_HTTP_PASSWORD: they need to "
		       "read, write and lock the state";
	case 404:
		return "check the addresses of 'backend', and what the "
		       "credentials may see";
	case 405:
	case 501:
		return "write the methods that the server takes; for GitLab "
		       "lock_method: POST and unlock_method: DELETE";
	case 413:
		return "the server takes no state of this size: raise its "
		       "limit, or use another backend";
	default:
		return "run the command again later";
	}
}

/* A refusal, with the start of what the server says. */
static enum object_result
refused(const struct tfhttp *t, const struct ask *q, const struct http_reply *r,
	struct diags *ds)
{
	const char *text = buf_str(&r->body);
	int n = (int)strcspn(text, "\r\n");
	bool busy = r->status == 429 || (r->status >= 500 && r->status != 501);

	diag_err(ds,
		 busy                                   ? "E0530"
		 : r->status == 401 || r->status == 403 ? "E0531"
		 : r->status == 404                     ? "E0533"
		 : r->status == 405 || r->status == 501 ? "E0534"
							: "E0539",
		 "%s: %s was refused with status %ld%s%.*s", t->name, q->method,
		 r->status, n ? ": " : "", n > 200 ? 200 : n, text);
	diag_hint(ds, "%s", hint_for(r->status));
	return busy ? OBJECT_UNREACHABLE : OBJECT_FAILED;
}

static bool
is_held(const struct http_reply *r)
{
	return r->status == 409 || r->status == 423;
}

enum object_result
tfhttp_get(struct tfhttp *t, struct buf *out, struct diags *ds)
{
	struct ask q = { .method = "GET", .url = t->address };
	CLEANUP(http_reply_done)
	struct http_reply r = { .body = BUF_INIT(out->max) };
	enum object_result rc = send_ask(t, &q, &r, ds);

	if (rc)
		return rc;
	if (r.status == 404 || r.status == 204 ||
	    (r.status == 200 && !r.body.n))
		return OBJECT_NONE;
	if (r.status != 200)
		return refused(t, &q, &r, ds);
	buf_reset(out);
	buf_add(out, r.body.p, r.body.n);
	return OBJECT_OK;
}

enum object_result
tfhttp_put(struct tfhttp *t, const char *id, const void *p, size_t n,
	   bool *again, struct diags *ds)
{
	CLEANUP(freep)
	char *url = xasprintf("%s%cID=%s", t->address,
			      strchr(t->address, '?') ? '&' : '?', id);
	struct ask q = {
		.method = t->update_method, .url = url, .body = p, .n = n
	};
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	enum object_result rc = send_ask(t, &q, &r, ds);

	*again = rc || r.tries > 1 || r.status >= 500;
	if (rc || r.status / 100 == 2)
		return rc;
	return is_held(&r) ? OBJECT_CONFLICT : refused(t, &q, &r, ds);
}

/* --- the lock ------------------------------------------------------------- */

/* What Terraform says of itself, and GitLab wants. */
static char *
lock_text(const struct tfhttp *t, const char *id)
{
	char host[256] = "?", created[32];
	const char *user = getenv("USER");
	CLEANUP(freep) char *who = NULL;
	CLEANUP(put_json) json_t *j = NULL;

	if (gethostname(host, sizeof(host) - 1) < 0)
		*host = '\0';
	utc_text(tfhttp_now(t), created, sizeof(created));
	who = xasprintf("%s@%s", user ? user : "opl2", host);
	j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "ID", id,
		      "Operation", "opl2", "Info", "opl2", "Who", who,
		      "Version", OPL2_VERSION, "Created", created, "Path", "");
	return jx_dump_line(j);
}

enum object_result
tfhttp_lock(struct tfhttp *t, const char *id, struct buf *holder,
	    struct diags *ds)
{
	CLEANUP(freep) char *text = lock_text(t, id);
	struct ask q = { .method = t->lock_method,
			 .url = t->lock_address,
			 .body = text,
			 .n = strlen(text) };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	enum object_result rc = send_ask(t, &q, &r, ds);
	CLEANUP(put_json) json_t *j = NULL;

	if (rc) {
		tfhttp_unlock(t, id); /* it may have it */
		return rc;
	}
	if (r.status / 100 == 2)
		return OBJECT_OK;
	if (!is_held(&r))
		return refused(t, &q, &r, ds);
	j = jx_parse(buf_str(&r.body), r.body.n, "lock", NULL);
	buf_reset(holder);
	buf_adds(holder, jx_str(j, "ID", ""));
	/* The answer to an earlier try was lost. */
	return strcmp(buf_str(holder), id) == 0 ? OBJECT_OK : OBJECT_CONFLICT;
}

void
tfhttp_unlock(struct tfhttp *t, const char *id)
{
	CLEANUP(freep) char *text = lock_text(t, id);
	struct ask q = { .method = t->unlock_method,
			 .url = t->unlock_address,
			 .body = text,
			 .n = strlen(text),
			 .total_ms = UNLOCK_MS };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	(void)send_ask(t, &q, &r, &ignored);
}
