/* The upstream alt-DA routes, each answered through Meeda. */
#include "cmd/opl2-meeda/adapter.h"

#include <string.h>
#include <unistd.h>

#include "cmd/server/server.h"
#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"

#define GENERIC_COMMITMENT 1
#define KEY_MAX            16384u
#define IDLE_S             60u
#define MEMORY             (64u << 10)
#define HEALTH_MS          5000u
/* So much over its limit is read of a body before its sender is cut off. */
#define EXCESS_MAX (1u << 20)

struct request {
	enum adapter_op op;
	bool counted; /* is in in_flight */
	struct buf body;
	size_t seen; /* bytes of the body, kept or not */
	uint64_t start;
};

struct answer {
	unsigned status;
	enum outcome outcome;
	struct buf body;
	size_t bytes; /* of the object put or got */
	bool binary;
};

/* Takes what the buf holds. */
static enum MHD_Result
meeda_serve_reply(struct MHD_Connection *c, unsigned status, bool binary,
		  struct buf *b)
{
	const char *const headers[] = { "Content-Type",
					binary ? "application/octet-stream"
					       : "text/plain; charset=utf-8",
					status == MHD_HTTP_SERVICE_UNAVAILABLE
						? "Retry-After"
						: NULL,
					"2", NULL };

	return server_reply(c, status, headers, b);
}

static void
meeda_serve_say(struct answer *a, unsigned status, enum outcome o,
		const char *text)
{
	a->status = status;
	a->outcome = o;
	a->binary = false;
	buf_reset(&a->body);
	buf_addf(&a->body, "%s\n", text);
}

/* In words, but never with a status that could be read as data. */
static void
say_failure(struct answer *a, enum meeda_result r, const struct diags *ds)
{
	const struct diag *d = ds->last;

	if (r == MEEDA_NOT_FOUND)
		meeda_serve_say(a, MHD_HTTP_NOT_FOUND, OUT_NOT_FOUND,
				"no such object");
	else if (r == MEEDA_BUSY)
		meeda_serve_say(a, MHD_HTTP_SERVICE_UNAVAILABLE, OUT_BUSY, "");
	else if (r == MEEDA_TIMEOUT)
		meeda_serve_say(a, MHD_HTTP_GATEWAY_TIMEOUT, OUT_TIMEOUT, "");
	else
		meeda_serve_say(a, MHD_HTTP_BAD_GATEWAY, OUT_ERROR, "");
	if (!d)
		return;
	buf_reset(&a->body);
	buf_addf(&a->body, "%s: %s", d->code, d->summary);
	if (d->hint)
		buf_addf(&a->body, "; %s", d->hint);
	buf_addch(&a->body, '\n');
}

static void
on_put_tries(void *arg, unsigned n)
{
	struct adapter *a = arg;

	atomic_fetch_add(&a->ops[OP_PUT].tries, n);
}

static void
on_get_tries(void *arg, unsigned n)
{
	struct adapter *a = arg;

	atomic_fetch_add(&a->ops[OP_GET].tries, n);
}

static void
do_put(struct adapter *a, struct http *h, const struct request *q,
       struct answer *out)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(freep) char *id = NULL;
	struct meeda m = a->meeda;
	enum meeda_result r;

	diags_init(&ds);
	if (q->seen > a->meeda.max_object) {
		meeda_serve_say(out, MHD_HTTP_CONTENT_TOO_LARGE, OUT_TOO_LARGE,
				"the object is over the limit");
		return;
	}
	if (q->seen == 0) {
		meeda_serve_say(out, MHD_HTTP_BAD_REQUEST, OUT_BAD_REQUEST,
				"the object is empty");
		return;
	}
	m.tried = on_put_tries;
	r = meeda_put(&m, h, q->body.p, q->body.n, &id, &ds);
	if (r != MEEDA_OK) {
		say_failure(out, r, &ds);
		return;
	}
	out->status = MHD_HTTP_OK;
	out->outcome = OUT_OK;
	out->binary = true;
	buf_addch(&out->body, GENERIC_COMMITMENT);
	buf_adds(&out->body, id);
	out->bytes = q->body.n;
}

static void
do_get(struct adapter *a, struct http *h, const char *key, struct answer *out)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(http_reply_done) struct http_reply got = HTTP_REPLY_INIT;
	size_t n = strlen(key) / 2;
	CLEANUP(freep) uint8_t *raw = xmalloc(n + 1);
	struct meeda m = a->meeda;
	enum meeda_result r;

	diags_init(&ds);
	if (strncmp(key, "0x", 2) != 0 || strlen(key) % 2 || n < 3 ||
	    n > KEY_MAX || hex_decode(key + 2, raw, n - 1) ||
	    raw[0] != GENERIC_COMMITMENT) {
		meeda_serve_say(out, MHD_HTTP_BAD_REQUEST, OUT_BAD_REQUEST,
				"the key is not 0x01 and an id in hex");
		return;
	}
	m.tried = on_get_tries;
	r = meeda_get(&m, h, raw + 1, n - 2, &got, &ds);
	if (r != MEEDA_OK) {
		say_failure(out, r, &ds);
		return;
	}
	out->status = MHD_HTTP_OK;
	out->outcome = OUT_OK;
	out->binary = true;
	buf_done(&out->body);
	out->body = got.body;
	got.body = (struct buf)BUF_INIT(0);
	out->bytes = out->body.n;
}

static enum MHD_Result
meeda_serve_finish(struct adapter *a, struct MHD_Connection *c,
		   const struct request *q, struct answer *out)
{
	static const char *const ops[] = { "put", "get" };
	uint64_t ms = mono_ms() - q->start;
	size_t n = out->body.n ? out->body.n - 1 : 0;

	metrics_add(a, q->op, out->outcome, ms, out->bytes);
	if (out->outcome == OUT_OK)
		logfmt("info", "msg=%s status=200 bytes=%zu ms=%llu",
		       ops[q->op], out->bytes, (unsigned long long)ms);
	else
		logfmt(out->outcome == OUT_NOT_FOUND ? "info" : "warn",
		       "msg=%s status=%u ms=%llu err=\"%.*s\"", ops[q->op],
		       out->status, (unsigned long long)ms, (int)n,
		       out->body.p);
	return meeda_serve_reply(c, out->status, out->binary, &out->body);
}

/* key: of what is to be had; NULL puts. */
static enum MHD_Result
handle(struct adapter *a, struct MHD_Connection *c, struct request *q,
       const char *key)
{
	CLEANUP(http_freep) struct http *h = http_new();
	struct answer out = { .body = BUF_INIT(KEY_MAX + 65536) };
	enum MHD_Result rc;

	if (!q->counted)
		meeda_serve_say(&out, MHD_HTTP_SERVICE_UNAVAILABLE, OUT_BUSY,
				"too many requests at once");
	else if (key)
		do_get(a, h, key, &out);
	else
		do_put(a, h, q, &out);
	rc = meeda_serve_finish(a, c, q, &out);
	buf_done(&out.body);
	return rc;
}

/* Healthy is a Meeda that does not have what nobody has put. */
static enum MHD_Result
health(struct adapter *a, struct MHD_Connection *c)
{
	static const char id[] = "opl2-no-such-object";
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(http_freep) struct http *h = http_new();
	CLEANUP(http_reply_done) struct http_reply got = HTTP_REPLY_INIT;
	struct answer out = { .body = BUF_INIT(65536) };
	struct meeda m = a->meeda;
	enum meeda_result r;
	enum MHD_Result rc;

	diags_init(&ds);
	m.tries = 1;
	if (m.get_ms > HEALTH_MS)
		m.get_ms = HEALTH_MS;
	r = meeda_get(&m, h, id, sizeof(id) - 1, &got, &ds);
	if (r == MEEDA_OK)
		diag_err(&ds, "E0933", "Meeda answered 200 for an unknown id");
	if (r == MEEDA_NOT_FOUND)
		meeda_serve_say(&out, MHD_HTTP_OK, OUT_OK, "ok");
	else
		say_failure(&out, r, &ds);
	if (out.status != MHD_HTTP_OK)
		out.status = MHD_HTTP_SERVICE_UNAVAILABLE;
	rc = meeda_serve_reply(c, out.status, false, &out.body);
	buf_done(&out.body);
	return rc;
}

static enum MHD_Result
other(struct adapter *a, struct MHD_Connection *c, const char *url)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(65536);

	if (strcmp(url, "/healthz") == 0)
		return health(a, c);
	if (strcmp(url, "/metrics") == 0) {
		metrics_print(a, &b);
		return meeda_serve_reply(c, MHD_HTTP_OK, false, &b);
	}
	buf_adds(&b, "use POST /put, GET /get/0x..., /healthz or /metrics\n");
	return meeda_serve_reply(c, MHD_HTTP_NOT_FOUND, false, &b);
}

static struct request *
request_new(struct adapter *a, enum adapter_op op)
{
	struct request *q = xcalloc(1, sizeof(*q));

	q->op = op;
	q->start = mono_ms();
	buf_init(&q->body, a->meeda.max_object);
	/* Whoever is too many is answered, but no more than that. */
	q->counted = atomic_fetch_add(&a->in_flight, 1) < a->max_requests;
	if (!q->counted)
		atomic_fetch_sub(&a->in_flight, 1);
	return q;
}

/* Makes room at once for a body whose length is declared, as far as that can
 * be: it then grows no more. */
static bool
declared_too_large(struct adapter *a, struct MHD_Connection *c,
		   struct request *q)
{
	const char *text = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						       "Content-Length");
	uint64_t n;

	if (!text)
		return false;
	if (parse_u64(text, a->meeda.max_object, &n))
		return true;
	if (q->counted)
		buf_reserve(&q->body, n);
	return false;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version UNUSED, const char *data,
	   size_t *n, void **state)
{
	struct adapter *a = arg;
	struct request *q = *state;
	bool put = !strcmp(method, "POST") && !strcmp(url, "/put");
	bool get = !strcmp(method, "GET") && !strncmp(url, "/get/", 5);

	if (!put && !get)
		return other(a, c, url);
	if (!q) {
		*state = q = request_new(a, put ? OP_PUT : OP_GET);
		if (!put || !declared_too_large(a, c, q))
			return MHD_YES;
		q->seen = a->meeda.max_object + 1;
		return handle(a, c, q, NULL);
	}
	if (*n) {
		q->seen += *n;
		if (q->counted && q->seen <= a->meeda.max_object)
			buf_add(&q->body, data, *n);
		*n = 0;
		return q->seen > a->meeda.max_object + EXCESS_MAX ? MHD_NO
								  : MHD_YES;
	}
	return handle(a, c, q, get ? url + 5 : NULL);
}

static void
on_completed(void *arg, struct MHD_Connection *c UNUSED, void **state,
	     enum MHD_RequestTerminationCode why UNUSED)
{
	struct adapter *a = arg;
	struct request *q = TAKE(*state);

	if (!q)
		return;
	if (q->counted)
		atomic_fetch_sub(&a->in_flight, 1);
	buf_done(&q->body);
	free(q);
}

struct MHD_Daemon *
serve_start(struct adapter *a, const char *host, uint16_t *port,
	    struct diags *ds)
{
	/* Connections that only idle, or ask for metrics, have room too. */
	const struct server s = { .code = "E0934",
				  .flags = MHD_USE_THREAD_PER_CONNECTION,
				  .limit = 2 * a->max_requests + 8,
				  .idle_s = IDLE_S,
				  .memory = MEMORY,
				  .on_request = on_request,
				  .on_completed = on_completed,
				  .arg = a };

	return server_listen(&s, host, port, ds);
}

void
serve_stop(struct adapter *a, struct MHD_Daemon *d, uint64_t deadline)
{
	struct timespec nap = { .tv_nsec = 10000000 };
	MHD_socket fd = MHD_quiesce_daemon(d);

	while (atomic_load(&a->in_flight) && mono_ms() < deadline)
		nanosleep(&nap, NULL);
	atomic_store(&a->cancel, true);
	MHD_stop_daemon(d);
	if (fd != MHD_INVALID_SOCKET)
		close(fd);
}
