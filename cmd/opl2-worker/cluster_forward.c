#include "cmd/opl2-worker/cluster_forward.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/http/http.h"
#include "providers/clients/cluster/pod_def.h"

#define HEAD_MAX  (64u << 10)
#define BODY_MAX  (64u << 20)
#define REPLY_MAX (256u << 20)
#define TOTAL_MS  120000u
#define IDLE_S    60

struct forward {
	unsigned port;
	char host[64]; /* of the Service */
	int fd;        /* -1: another program has the port */
	bool wanted;
};

struct forwards {
	struct cluster *c;
	struct forward v[FORWARDS_MAX];
	size_t n;
};

struct forwards *
forwards_new(struct cluster *c)
{
	struct forwards *f = xcalloc(1, sizeof(*f));

	f->c = c;
	return f;
}

void
forwards_close(struct forwards *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].fd >= 0)
			close(f->v[i].fd);
	f->n = 0;
}

void
forwards_free(struct forwards *f)
{
	forwards_close(f);
	free(f);
}

/* --- which ports ---------------------------------------------------------- */

static int
listen_at(unsigned port)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 &&
	    listen(fd, 64) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
want(struct forwards *f, const char *process, unsigned port)
{
	CLEANUP(arena_done) struct arena a;
	struct forward *w;

	arena_init(&a);
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].port == port) {
			f->v[i].wanted = true;
			return;
		}
	if (f->n == FORWARDS_MAX)
		return;
	w = &f->v[f->n++];
	*w = (struct forward){ .port = port,
			       .fd = listen_at(port),
			       .wanted = true };
	snprintf(w->host, sizeof(w->host), "%s", pod_host(&a, process));
}

void
forwards_set(struct forwards *f, const json_t *records)
{
	const char *process;
	json_t *record;

	for (size_t i = 0; i < f->n; i++)
		f->v[i].wanted = false;
	json_object_foreach((json_t *)(uintptr_t)records, process, record) {
		const json_t *one;
		size_t i;

		json_array_foreach(jx_get(jx_get(record, "def"), "ports"), i,
				   one)
			if (strcmp(jx_str(one, "name", ""), "p2p") != 0)
				want(f, process,
				     (unsigned)jx_int(one, "port", 0));
	}
	for (size_t i = 0; i < f->n; i++)
		if (!f->v[i].wanted) {
			if (f->v[i].fd >= 0)
				close(f->v[i].fd);
			f->v[i--] = f->v[--f->n];
		}
}

/* --- one connection ------------------------------------------------------- */

struct visitor {
	const struct forward *to;
	struct cluster *c;
	int fd;
	struct buf in;
	/* Of the request in `in`. */
	size_t head, body; /* bytes; the head ends with an empty line */
	char method[16], path[4096];
	bool last; /* the connection ends after the answer */
};

/* 0 when there are more bytes, -1 when there will be none. */
static int
more(struct visitor *v)
{
	char *p = buf_reserve(&v->in, 65536);
	ssize_t n;

	do
		n = p ? recv(v->fd, p, 65536, 0) : -1;
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	buf_filled(&v->in, (size_t)n);
	return 0;
}

/* The value of a header of the request, or NULL. */
static const char *
header(const struct visitor *v, const char *name)
{
	const char *at = buf_str(&v->in), *end = at + v->head;
	size_t n = strlen(name);

	while ((at = strstr(at, "\r\n")) && at + 2 < end) {
		at += 2;
		if (!strncasecmp(at, name, n) && at[n] == ':')
			return at + n + 1 + strspn(at + n + 1, " ");
	}
	return NULL;
}

static int
answer(struct visitor *v, long status, const char *type, const char *p,
       size_t n)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(HEAD_MAX);

	buf_addf(&b,
		 "HTTP/1.1 %ld \r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		 "Connection: %s\r\n\r\n",
		 status, type, n, v->last ? "close" : "keep-alive");
	return fd_write_all(v->fd, buf_str(&b), b.n) ||
			       fd_write_all(v->fd, p, n)
		       ? -1
		       : 0;
}

static int
refuse(struct visitor *v, long status, const char *why)
{
	v->last = true;
	(void)answer(v, status, "text/plain", why, strlen(why));
	return -1;
}

/* "METHOD PATH HTTP/1.1" */
static int
take_line(struct visitor *v)
{
	const char *line = buf_str(&v->in);
	size_t n = strcspn(line, " \r"), k;

	if (n >= sizeof(v->method) || line[n] != ' ' || line[n + 1] != '/')
		return -1;
	memcpy(v->method, line, n);
	v->method[n] = '\0';
	line += n + 1;
	k = strcspn(line, " \r");
	if (k >= sizeof(v->path))
		return -1;
	memcpy(v->path, line, k);
	v->path[k] = '\0';
	return 0;
}

/* A head and its body, of a length that is told before. */
static int
take_request(struct visitor *v)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	const char *end, *length, *connection;
	uint64_t n;

	while (!(end = strstr(buf_str(&v->in), "\r\n\r\n")))
		if (v->in.n > HEAD_MAX || more(v))
			return -1;
	v->head = (size_t)(end - buf_str(&v->in)) + 4;
	if (take_line(v))
		return refuse(v, 400, "no HTTP request\n");
	if (header(v, "Upgrade"))
		return refuse(v, 501, "only HTTP is passed on\n");
	if (header(v, "Transfer-Encoding"))
		return refuse(v, 411, "a length is needed\n");
	length = header(v, "Content-Length");
	n = length ? strtoull(length, NULL, 10) : 0;
	if (n > BODY_MAX)
		return refuse(v, 413, "too large\n");
	connection = header(v, "Connection");
	v->last = connection && !strncasecmp(connection, "close", 5);
	if (header(v, "Expect") &&
	    fd_write_all(v->fd, go_on, sizeof(go_on) - 1))
		return -1;
	v->body = (size_t)n;
	while (v->in.n < v->head + v->body)
		if (more(v))
			return -1;
	return 0;
}

static int
pass_on(struct visitor *v)
{
	CLEANUP(http_reply_done)
	struct http_reply r = { .body = BUF_INIT(REPLY_MAX) };
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(freep)
	char *path =
		xasprintf("/api/v1/namespaces/%s/services/http:%s:%u/proxy"
			  "%s",
			  v->c->namespace, v->to->host, v->to->port, v->path);
	struct kube_ask q = { .method = v->method,
			      .raw = v->body ? buf_str(&v->in) + v->head : NULL,
			      .nraw = v->body,
			      .accept = "Accept: */*",
			      .once = true,
			      .total_ms = TOTAL_MS,
			      .max_body = REPLY_MAX };

	diags_init(&ds);
	if (cluster_ask(v->c, path, &q, &r, &ds)) {
		const char *why = ds.first ? ds.first->summary : "";

		return answer(v, 502, "text/plain", why, strlen(why));
	}
	return answer(v, r.status, r.type ? r.type : "application/json",
		      buf_str(&r.body), r.body.n);
}

static void
serve(struct visitor *v)
{
	const struct timeval idle = { .tv_sec = IDLE_S };

	setsockopt(v->fd, SOL_SOCKET, SO_RCVTIMEO, &idle, sizeof(idle));
	buf_init(&v->in, HEAD_MAX + BODY_MAX + 65536);
	do {
		if (take_request(v) || pass_on(v))
			break;
		buf_drop(&v->in, v->head + v->body);
	} while (!v->last);
}

nfds_t
forwards_poll(struct forwards *f, struct pollfd *p)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->v[i].fd < 0)
			f->v[i].fd = listen_at(f->v[i].port);
		p[i] = (struct pollfd){ .fd = f->v[i].fd, .events = POLLIN };
	}
	return f->n;
}

static void
take_visitor(struct forwards *f, size_t i)
{
	int fd = accept4(f->v[i].fd, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid = fd < 0 ? -1 : fork();

	if (pid == 0) {
		struct forward to = f->v[i];
		struct visitor v = { .to = &to, .c = f->c, .fd = fd };

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		forwards_close(f);
		kube_api_forked(f->c->api);
		serve(&v);
		_exit(0);
	}
	if (fd >= 0)
		close(fd);
}

void
forwards_serve(struct forwards *f, const struct pollfd *p)
{
	for (size_t i = 0; i < f->n; i++)
		if (p[i].revents && p[i].fd == f->v[i].fd)
			take_visitor(f, i);
}
