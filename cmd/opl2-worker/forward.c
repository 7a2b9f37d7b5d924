/*
 * opl2-worker --forward: a web server on 127.0.0.1 that hands what is posted
 * to it on to one URL, for programs that take a URL in their arguments, where
 * every user can read it. The true URL, which may hold a key, comes as a line
 * on descriptor 0; its stand-in, with a random path, goes to descriptor 1. It
 * ends when descriptor 0 is closed at the other end, and with its parent.
 */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "providers/clients/http/http.h"
#include "providers/clients/tools/secret.h"

#define CONNS_MAX 32
#define HEAD_MAX  16384u
#define BODY_MAX  (8u << 20)
#define REPLY_MAX (64u << 20)
#define TOTAL_MS  120000
#define IDLE_MS   30000 /* for a request to come in; for a reply to leave */

struct conn {
	int fd; /* or -1 */
	uint64_t since;
	struct buf in;
	size_t head, body; /* lengths, once the head is complete */
};

struct forward {
	const char *url;
	struct http *http;
	int listener;
	char path[40]; /* " /TOKEN " as in a request line */
	struct conn conns[CONNS_MAX];
};

static bool
parent_gone(void *arg UNUSED)
{
	struct pollfd p = { .fd = 0 };

	return poll(&p, 1, 0) > 0;
}

static void
forward_drop(struct conn *c)
{
	close(c->fd);
	buf_done(&c->in);
	c->fd = -1;
}

static void
forward_answer(struct conn *c, long status, const void *body, size_t n)
{
	CLEANUP(buf_done) struct buf head = BUF_INIT(512);

	buf_addf(&head,
		 "HTTP/1.1 %ld -\r\nContent-Type: application/json\r\n"
		 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
		 status, n);
	if (fd_write_all(c->fd, head.p, head.n) == 0 && n > 0 &&
	    fd_write_all(c->fd, body, n))
		errno = 0; /* the program went away: nobody is left to tell */
	forward_drop(c);
}

static void
pass_on(struct forward *f, struct conn *c)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	CLEANUP(http_reply_done)
	struct http_reply r = { .body = BUF_INIT(REPLY_MAX) };
	CLEANUP(diags_done) struct diags ds;
	struct http_req req = {
		.url = f->url,
		.headers = headers,
		.body = c->in.p + c->head,
		.body_len = c->body,
		.sensitive = true,
		/* A program that computes only asks. */
		.idempotent = true,
		.total_ms = TOTAL_MS,
		.max_body = REPLY_MAX,
		.cancelled = parent_gone,
	};

	diags_init(&ds);
	if (http_send(f->http, &req, &r, &ds) == HTTP_OK)
		forward_answer(c, r.status, r.body.p, r.body.n);
	else
		forward_answer(c, 502, ds.first->summary,
			       strlen(ds.first->summary));
}

/* The value of a header's line, or NULL when it is another header's. */
static const char *
header_value(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) != 0 || line[n] != ':')
		return NULL;
	return line + n + 1 + strspn(line + n + 1, " \t");
}

/* Takes the head apart: 200, or the status to refuse it with. */
static int
take_head(const struct forward *f, struct conn *c, const char *end)
{
	const char *text = c->in.p, *line, *v;
	const char *target = text + strcspn(text, " \r");
	uint64_t body = 0;

	if (end - text > (ptrdiff_t)HEAD_MAX)
		return 431;
	c->head = (size_t)(end - text) + 4;
	if (strncmp(target, f->path, strlen(f->path)) != 0)
		return 404;
	if (strncmp(text, "POST ", 5) != 0)
		return 405;
	for (line = strstr(text, "\r\n"); line && line < end;
	     line = strstr(line + 2, "\r\n")) {
		if (header_value(line + 2, "Transfer-Encoding"))
			return 411;
		v = header_value(line + 2, "Content-Length");
		if (v) {
			char num[24];

			(void)snprintf(num, sizeof(num), "%.*s",
				       (int)strcspn(v, " \t\r"), v);
			if (parse_u64(num, BODY_MAX, &body))
				return 413;
		}
	}
	c->body = (size_t)body;
	return body > 0 ? 200 : 411;
}

static void
on_bytes(struct forward *f, struct conn *c)
{
	char *p = buf_reserve(&c->in, 65536);
	const char *end;
	ssize_t n = p ? recv(c->fd, p, 65536, MSG_DONTWAIT) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		forward_drop(c);
		return;
	}
	c->in.n += (size_t)n;
	c->in.p[c->in.n] = '\0';
	if (!c->head) {
		int status;

		end = strstr(c->in.p, "\r\n\r\n");
		if (!end && c->in.n <= HEAD_MAX)
			return;
		status = end ? take_head(f, c, end) : 431;
		if (status != 200) {
			forward_answer(c, status, NULL, 0);
			return;
		}
	}
	if (c->in.n >= c->head + c->body)
		pass_on(f, c);
}

static void
on_connection(struct forward *f)
{
	struct timeval tv = { .tv_sec = IDLE_MS / 1000 };
	int fd = accept4(f->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (f->conns[i].fd < 0) {
			f->conns[i] = (struct conn){
				.fd = fd,
				.since = mono_ms(),
				.in = BUF_INIT(HEAD_MAX + BODY_MAX + 131072),
			};
			return;
		}
	close(fd);
}

static void
serve(struct forward *f)
{
	struct pollfd p[CONNS_MAX + 1];

	while (!parent_gone(NULL)) {
		p[0] = (struct pollfd){ .fd = f->listener, .events = POLLIN };
		for (size_t i = 0; i < CONNS_MAX; i++)
			p[i + 1] = (struct pollfd){ .fd = f->conns[i].fd,
						    .events = POLLIN };
		/* PR_SET_PDEATHSIG ends this too; the wait is bounded for
		 * connections that never say anything. */
		if (poll(p, COUNTOF(p), 100) < 0 && errno != EINTR)
			return;
		for (size_t i = 0; i < CONNS_MAX; i++) {
			struct conn *c = &f->conns[i];

			if (c->fd >= 0 && p[i + 1].revents)
				on_bytes(f, c);
			else if (c->fd >= 0 && mono_ms() > c->since + IDLE_MS)
				forward_drop(c);
		}
		if (p[0].revents)
			on_connection(f);
	}
}

/* Listens and tells where. */
static int
open_door(struct forward *f)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(sa);
	uint64_t token[2];
	char line[96];
	int len;

	f->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->listener < 0 ||
	    bind(f->listener, (struct sockaddr *)&sa, sizeof(sa)) ||
	    listen(f->listener, CONNS_MAX) ||
	    getsockname(f->listener, (struct sockaddr *)&sa, &n) ||
	    getrandom(token, sizeof(token), 0) != (ssize_t)sizeof(token))
		return -1;
	(void)snprintf(f->path, sizeof(f->path), " /%016llx%016llx ",
		       (unsigned long long)token[0],
		       (unsigned long long)token[1]);
	len = snprintf(line, sizeof(line), "http://127.0.0.1:%u%.33s\n",
		       (unsigned)ntohs(sa.sin_port), f->path + 1);
	return fd_write_all(1, line, (size_t)len);
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
	struct sigaction sa = { .sa_handler = SIG_IGN };
	struct forward f = { .listener = -1 };

	diags_init(&ds);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGPIPE, &sa, NULL);
	for (size_t i = 0; i < CONNS_MAX; i++)
		f.conns[i].fd = -1;
	if (read_url(&url) || http_init(&ds))
		return 1;
	http = http_new();
	f.url = buf_str(&url);
	f.http = http;
	if (open_door(&f))
		return 1;
	serve(&f);
	for (size_t i = 0; i < CONNS_MAX; i++)
		if (f.conns[i].fd >= 0)
			forward_drop(&f.conns[i]);
	close(f.listener);
	return 0;
}
