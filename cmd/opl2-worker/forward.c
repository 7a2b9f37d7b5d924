/*
 * opl2-worker --forward: a web server on 127.0.0.1 that hands what is posted
 * to it on to one URL, for programs that take a URL in their arguments, where
 * every user can read it. The true URL, which may hold a key, comes as a line
 * on descriptor 0; its stand-in, with a random path, goes to descriptor 1. It
 * ends when descriptor 0 is closed at the other end, and with its parent.
 */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include "cmd/server/server.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "providers/clients/http/http.h"
#include "providers/clients/tools/secret.h"

#define CONNS_MAX 32
#define HEAD_MAX  16384u
#define BODY_MAX  (8u << 20)
#define REPLY_MAX (64u << 20)
#define TOTAL_MS  120000
#define IDLE_S    30

/* One thread answers all requests, one after the other. */
struct forward {
	const char *url;
	struct http *http;
	char path[40]; /* "/TOKEN" */
};

static bool
parent_gone(void *arg UNUSED)
{
	struct pollfd p = { .fd = 0 };

	return poll(&p, 1, 0) > 0;
}

static enum MHD_Result
forward_answer(struct MHD_Connection *c, long status, struct buf *body)
{
	static const char *const headers[] = { "Content-Type",
					       "application/json", "Connection",
					       "close", NULL };

	return server_reply(c, (unsigned)status, headers, body);
}

static enum MHD_Result
pass_on(struct forward *f, struct MHD_Connection *c, const struct buf *body)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	CLEANUP(http_reply_done)
	struct http_reply r = { .body = BUF_INIT(REPLY_MAX) };
	CLEANUP(diags_done) struct diags ds;
	struct http_req req = {
		.url = f->url,
		.headers = headers,
		.body = body->p,
		.body_len = body->n,
		.sensitive = true,
		/* A program that computes only asks. */
		.idempotent = true,
		.total_ms = TOTAL_MS,
		.max_body = REPLY_MAX,
		.cancelled = parent_gone,
	};

	diags_init(&ds);
	if (http_send(f->http, &req, &r, &ds) == HTTP_OK)
		return forward_answer(c, r.status, &r.body);
	buf_reset(&r.body);
	buf_adds(&r.body, ds.first->summary);
	return forward_answer(c, MHD_HTTP_BAD_GATEWAY, &r.body);
}

/* Whether a head is worth its body: 0, or the status to refuse it with. */
static long
refusal(const struct forward *f, struct MHD_Connection *c, const char *path,
	const char *method)
{
	const char *length = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
							 "Content-Length");
	uint64_t n = 0;

	if (strcmp(path, f->path) != 0)
		return MHD_HTTP_NOT_FOUND;
	if (strcmp(method, "POST") != 0)
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	if (length && parse_u64(length, BODY_MAX, &n))
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return n ? 0 : MHD_HTTP_LENGTH_REQUIRED;
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *path,
	   const char *method, const char *version UNUSED, const char *data,
	   size_t *n, void **state)
{
	struct buf *body = *state, none = BUF_INIT(0);
	long status;

	if (!body) {
		status = refusal(arg, c, path, method);
		if (status)
			return forward_answer(c, status, &none);
		*state = body = xmalloc(sizeof(*body));
		buf_init(body, BODY_MAX);
		return MHD_YES;
	}
	if (!*n)
		return pass_on(arg, c, body);
	buf_add(body, data, *n);
	*n = 0;
	return MHD_YES;
}

static void
on_completed(void *arg UNUSED, struct MHD_Connection *c UNUSED, void **state,
	     enum MHD_RequestTerminationCode why UNUSED)
{
	struct buf *body = TAKE(*state);

	if (body)
		buf_done(body);
	free(body);
}

/* Listens and tells where. */
static struct MHD_Daemon *
open_door(struct forward *f, struct diags *ds)
{
	const struct server s = { .code = "E0429",
				  .limit = CONNS_MAX,
				  .idle_s = IDLE_S,
				  .memory = HEAD_MAX,
				  .on_request = on_request,
				  .on_completed = on_completed,
				  .arg = f };
	struct MHD_Daemon *d;
	uint64_t token[2];
	uint16_t port = 0;

	if (getrandom(token, sizeof(token), 0) != (ssize_t)sizeof(token))
		return NULL;
	snprintf(f->path, sizeof(f->path), "/%016llx%016llx",
		 (unsigned long long)token[0], (unsigned long long)token[1]);
	d = server_listen(&s, "127.0.0.1", &port, ds);
	if (d)
		dprintf(1, "http://127.0.0.1:%u%s\n", (unsigned)port, f->path);
	return d;
}

/* The URL, which ends with a newline; bytewise, for it is read once. */
static int
read_url(struct buf *url)
{
	char c;

	while (read(0, &c, 1) == 1) {
		if (c == '\n')
			return url->n > 0 && !url->over ? 0 : -1;
		buf_addch(url, c);
	}
	return -1;
}

int
forward_main(void)
{
	CLEANUP(secret_wipe) struct buf url = BUF_INIT(SECRET_MAX);
	CLEANUP(http_freep) struct http *http = NULL;
	CLEANUP(diags_done) struct diags ds;
	struct pollfd parent = { .fd = 0 };
	struct MHD_Daemon *d;
	struct forward f;

	diags_init(&ds);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	if (read_url(&url) || http_init(&ds))
		return 1;
	http = http_new();
	f = (struct forward){ .url = buf_str(&url), .http = http };
	d = open_door(&f, &ds);
	if (!d)
		return 1;
	while (poll(&parent, 1, -1) < 0 && errno == EINTR)
		;
	MHD_stop_daemon(d);
	return 0;
}
