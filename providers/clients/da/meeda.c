#include "providers/clients/da/meeda.h"

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/rate_limit.h"

/* A reply to a put is an id and a few words about it. */
#define PUT_REPLY_MAX 65536u
/* A deadline that libcurl saw a little before us is still a deadline. */
#define SLACK_MS 50u

static const char *
type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	default:
		return "something else";
	}
}

static void
odd_hint(struct diags *ds)
{
	diag_hint(ds,
		  "the reply to a put must be a flat JSON object of strings "
		  "with an 'id'; check that the URL is that of a Meeda server");
}

char *
meeda_reply_id(const char *body, size_t n, struct diags *ds)
{
	json_error_t why;
	json_t *reply = json_loadb(body, n, 0, &why), *v;
	const char *key;
	char *id = NULL;

	if (!json_is_object(reply)) {
		if (reply)
			diag_err(ds, "E0931", "the reply to a put is %s",
				 type_name(reply));
		else
			diag_err(ds, "E0931",
				 "the reply to a put is not JSON: %s",
				 why.text);
		goto out;
	}
	json_object_foreach(reply, key, v) {
		if (json_is_string(v) || json_is_null(v))
			continue;
		diag_err(ds, "E0931",
			 "'%.40s' in the reply to a put is %s, not a string",
			 key, type_name(v));
		goto out;
	}
	v = json_object_get(reply, "id");
	if (!v)
		diag_err(ds, "E0931", "the reply to a put has no 'id'");
	else if (json_string_length(v) == 0)
		diag_err(ds, "E0931",
			 "the 'id' in the reply to a put is "
			 "empty");
	else
		id = xstrdup(json_string_value(v));
out:
	json_decref(reply);
	if (!id)
		odd_hint(ds);
	return id;
}

/* Sends, and judges all that put and get have in common. */
static enum meeda_result
call(const struct meeda *m, struct http *h, struct http_req *req,
     struct http_reply *out, struct diags *ds)
{
	uint64_t start = mono_ms();
	enum http_result r;

	req->tries = m->tries;
	/* The deadline alone decides when a silent server is given up. */
	req->stall_s = req->total_ms / 1000 + 60;
	req->sensitive = true;
	req->idempotent = true;
	req->cancelled = m->cancelled;
	req->arg = m->arg;
	r = http_send(h, req, out, ds);
	if (m->tried)
		m->tried(m->arg, out->tries);
	if (r == HTTP_TIMEOUT ||
	    (r == HTTP_UNREACHABLE &&
	     mono_ms() + SLACK_MS >= start + req->total_ms))
		return MEEDA_TIMEOUT;
	if (r != HTTP_OK)
		return MEEDA_ERROR;
	if (out->status == 200)
		return MEEDA_OK;
	diag_err(ds, "E0932", "Meeda answered %ld", out->status);
	return out->status == HTTP_TOO_MANY ? MEEDA_BUSY : MEEDA_ERROR;
}

/* {"data":"HEX"}: the hex is made as it is sent, so that an object is in
 * memory once. */
struct put_body {
	const unsigned char *data;
	size_t n;
};

static const char put_head[] = "{\"data\":\"";
static const char put_tail[] = "\"}";
#define PUT_HEAD (sizeof(put_head) - 1)
#define PUT_TAIL (sizeof(put_tail) - 1)

static void
put_body_at(void *arg, size_t at, char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const struct put_body *b = arg;

	for (size_t end = at + n; at < end; at++) {
		size_t i = at - PUT_HEAD;

		if (at < PUT_HEAD)
			*p++ = put_head[at];
		else if (i < 2 * b->n)
			*p++ = digits[b->data[i / 2] >> (i % 2 ? 0 : 4) & 0xf];
		else
			*p++ = put_tail[i - 2 * b->n];
	}
}

enum meeda_result
meeda_put(const struct meeda *m, struct http *h, const void *data, size_t n,
	  char **id, struct diags *ds)
{
	static const char *const headers[] = {
		"Content-Type: application/octet-stream", NULL
	};
	CLEANUP(freep) char *url = xasprintf("%s/putObject", m->url);
	struct put_body body = { .data = data, .n = n };
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	struct http_req req = { .url = url,
				.headers = headers,
				.body_at = put_body_at,
				.body_arg = &body,
				.body_len = PUT_HEAD + 2 * n + PUT_TAIL,
				.total_ms = m->put_ms,
				.max_body = PUT_REPLY_MAX };
	enum meeda_result r;

	r = call(m, h, &req, &reply, ds);
	if (r != MEEDA_OK)
		return r;
	*id = meeda_reply_id(buf_str(&reply.body), reply.body.n, ds);
	return *id ? MEEDA_OK : MEEDA_ERROR;
}

/*
 * A batch begins with its version, a zero byte; a page or an error in JSON does
 * not. Taking such a text for data would be derived as an empty batch, for
 * ever, so better no answer than that one.
 */
static bool
is_text(const struct http_reply *r)
{
	if (!r->type || r->body.p[0] == '\0')
		return false;
	return strncmp(r->type, "text/", 5) == 0 ||
	       strncmp(r->type, "application/json", 16) == 0;
}

enum meeda_result
meeda_get(const struct meeda *m, struct http *h, const void *id, size_t n,
	  struct http_reply *out, struct diags *ds)
{
	CLEANUP(buf_done) struct buf url = BUF_INIT(1u << 20);
	struct http_req req = { .total_ms = m->get_ms,
				.max_body = m->max_object };
	CLEANUP(diags_done) struct diags mine;
	enum meeda_result r;

	diags_init(&mine);
	buf_addf(&url, "%s/getObject?id=", m->url);
	buf_addurl(&url, id, n, "");
	req.url = buf_str(&url);
	r = call(m, h, &req, out, &mine);
	if (r == MEEDA_ERROR && out->status == 404 && mine.first &&
	    strcmp(mine.first->code, "E0932") == 0)
		return MEEDA_NOT_FOUND;
	diags_append(ds, &mine);
	if (r == MEEDA_OK && out->body.n == 0) {
		diag_err(ds, "E0933", "Meeda's reply to a get is empty");
		return MEEDA_ERROR;
	}
	if (r == MEEDA_OK && is_text(out)) {
		diag_err(ds, "E0933", "Meeda's reply to a get is text (%.60s)",
			 out->type);
		return MEEDA_ERROR;
	}
	return r;
}
