/* Answers whoever asks whether the processes are ready: a kubelet, an opl2. It
 * tells nothing that is secret, and takes no orders but those of pod_call.c,
 * from who has the token. */
#include "cmd/opl2-supervise/pod.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "cmd/opl2-supervise/sup.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/base/prom.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/health/metrics.h"
#include "providers/runtime/tree/tree.h"

#define ASKERS_MAX 32
#define CALLS_MAX  16 /* of them, so that who only asks gets an answer */
#define ASK_MAX    (64u << 10)
#define REPLY_MAX  (1u << 20)
#define ASK_MS     5000
#define VOLUME     "/volume/"
#define PIECE_MAX  (TREE_PIECE + (64u << 10)) /* with its line of JSON */
#define LIST_MAX   (64u << 20)
#define VOLUME_MS  120000
#define READ_MAX   (64u << 10)
#define TOKEN_MAX  256u
#define TOKEN      "\r\nX-Opl2-Token:"

struct asker {
	struct asker *next;
	struct pod_http *http;
	struct watch watch;
	struct timer timer;
	struct buf in, out;
	struct conn *conn; /* of a call that has no answer yet, or NULL */
	size_t sent;
	int fd;
};

struct pod_http {
	struct sup *sup;
	struct watch watch;
	struct asker *askers;
	unsigned n, calls;
	int fd;
	const char *token;  /* the file that has it, or NULL */
	const char *volume; /* the folder, or NULL */
	/* Of one who asks. */
	size_t ask_max, reply_max;
	unsigned ask_ms;
};

static void
call_off(struct asker *a)
{
	if (a->conn)
		a->http->calls--;
	conn_close(TAKE(a->conn));
}

static void
asker_free(struct asker *a)
{
	struct asker **at;

	for (at = &a->http->askers; *at != a; at = &(*at)->next)
		;
	*at = a->next;
	a->http->n--;
	call_off(a);
	watch_off(&a->http->sup->loop, &a->watch);
	timer_off(&a->http->sup->loop, &a->timer);
	close(a->fd);
	buf_done(&a->in);
	buf_done(&a->out);
	free(a);
}

static void
too_slow(void *arg)
{
	asker_free(arg);
}

/* What is not ready, a line each; nothing: all is. only: of that name. */
static void
add_missing(const struct sup *s, const struct proc *only, struct buf *b)
{
	for (const struct proc *p = s->procs; p; p = p->next) {
		const char *why = p->reason      ? p->reason
				  : p->waits_for ? p->waits_for
						 : p->gate.waits_for;

		if (p->removed || p->state == PROCESS_READY ||
		    (only && p != only))
			continue;
		buf_addf(b, "%s: %s%s%s\n", p->name,
			 process_state_name(p->state), why ? ", " : "",
			 why ? why : "");
	}
}

static void
add_status(const struct sup *s, struct buf *b)
{
	CLEANUP(put_json) json_t *j = json_object();
	CLEANUP(freep) char *text = NULL;
	json_t *list = json_array();

	for (const struct proc *p = s->procs; p; p = p->next)
		if (!p->removed)
			json_array_append_new(list, proc_status(p));
	json_object_set_new(j, "processes", list);
	text = jx_dump_line(j);
	buf_addf(b, "%s\n", text);
}

/* Of its processes, for Prometheus; of a chain as a whole opl2-metrics tells.
 */
static void
add_metrics(const struct sup *s, struct buf *b)
{
	CLEANUP(put_json) json_t *answer = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	struct prom p = { .out = b };
	json_t *list = json_array();

	for (const struct proc *one = s->procs; one; one = one->next)
		if (!one->removed)
			json_array_append_new(list, proc_status(one));
	answer = json_pack("{s:o, s:{s:i, s:I}}", "procs", list, "supervisor",
			   "pid", (int)getpid(), "rss_bytes",
			   (json_int_t)pid_rss(getpid()));
	st = runtime_status_decode(answer);
	health_metrics_procs(&p, st);
}

static void
respond(struct asker *a, const char *status, const char *type,
	const struct buf *body)
{
	buf_addf(&a->out,
		 "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		 "Connection: close\r\n\r\n",
		 status, type, body->n);
	buf_add(&a->out, buf_str(body), body->n);
	timer_on(&a->http->sup->loop, &a->timer, a->http->ask_ms, too_slow, a);
	watch_change(&a->http->sup->loop, &a->watch, EPOLLOUT);
}

/* name: "", or of one process after a slash. */
static const char *
ready(const struct sup *s, const char *name, struct buf *body)
{
	const struct proc *only = *name ? proc_find(s, name + 1) : NULL;

	if (*name && !only)
		return "404 Not Found";
	add_missing(s, only, body);
	if (body->n > 0 || s->suspended)
		return "503 Service Unavailable";
	buf_adds(body, "ready\n");
	return "200 OK";
}

static void
answer(struct asker *a, const char *path)
{
	CLEANUP(buf_done) struct buf body = BUF_INIT(REPLY_MAX);
	const struct sup *s = a->http->sup;
	const char *status = "404 Not Found", *type = "text/plain";

	if (!strncmp(path, "/ready", 6) && (!path[6] || path[6] == '/')) {
		status = ready(s, path + 6, &body);
	} else if (!strcmp(path, "/status")) {
		status = "200 OK";
		type = "application/json";
		add_status(s, &body);
	} else if (!strcmp(path, "/metrics")) {
		status = "200 OK";
		type = PROM_TYPE;
		add_metrics(s, &body);
	}
	respond(a, status, type, &body);
}

/* The answer to a call; what comes before it is for those who watch. */
static void
said(void *arg, const json_t *msg)
{
	CLEANUP(buf_done) struct buf body = BUF_INIT(REPLY_MAX);
	CLEANUP(freep) char *text = NULL;
	struct asker *a = arg;

	if (jx_get(msg, "event"))
		return;
	text = jx_dump_line(msg);
	buf_addf(&body, "%s\n", text);
	call_off(a);
	respond(a, pod_call_status(msg), "application/json", &body);
}

static void
call(struct asker *a, const char *text, size_t len)
{
	const struct buf none = BUF_INIT(1);

	if (a->http->calls >= CALLS_MAX) {
		respond(a, "503 Service Unavailable", "text/plain", &none);
		return;
	}
	timer_off(&a->http->sup->loop, &a->timer);
	a->http->calls++;
	a->conn = conn_open(a->http->sup, said, a);
	pod_call(a->http->sup, a->conn, text, len);
}

static void
volume(struct asker *a, const char *op, const char *text, size_t len)
{
	CLEANUP(buf_done) struct buf body = BUF_INIT(a->http->reply_max);
	bool good = pod_volume_call(a->http->volume, op, text, len, &body);

	respond(a, good ? "200 OK" : "409 Conflict", "application/octet-stream",
		&body);
}

/* The length of its body; -1: more than is read here. */
static int64_t
body_length(const struct pod_http *h, const char *head, const char *end)
{
	const char *field = strcasestr(head, "\r\nContent-Length:");
	long long n = field && field < end ? strtoll(field + 17, NULL, 10) : 0;

	return n < 0 || (size_t)n >= h->ask_max ? -1 : n;
}

/* The value of a field of the head; malloc'd, or NULL. */
static char *
field_of(const char *head, const char *end, const char *name)
{
	const char *field = strcasestr(head, name);

	if (!field || field >= end)
		return NULL;
	field += strlen(name);
	field += strspn(field, " \t");
	return xstrndup(field, strcspn(field, " \t\r"));
}

/* Does it have the token? The file is read each time, for the cluster puts
 * another one there when it was made anew. */
static bool
may_call(const struct pod_http *h, const char *head, const char *end)
{
	CLEANUP(freep) char *given = field_of(head, end, TOKEN);
	CLEANUP(buf_done) struct buf b = BUF_INIT(TOKEN_MAX);
	CLEANUP(diags_done) struct diags quiet;
	bool same;

	diags_init(&quiet);
	if (!given || !h->token || file_read(h->token, &b, &quiet) || b.n == 0)
		return false;
	same = equal_secret(given, buf_str(&b));
	explicit_bzero(given, strlen(given));
	explicit_bzero(b.p, b.n);
	return same;
}

/* malloc'd. */
static char *
path_of(const char *request)
{
	const char *p = request + strcspn(request, " \r");

	p += *p == ' ';
	return xstrndup(p, strcspn(p, " ?\r"));
}

/* What a POST may ask for; false: there is no such thing. */
static bool
is_order(const struct pod_http *h, const char *path)
{
	return h->volume ? !strncmp(path, VOLUME, strlen(VOLUME))
			 : !strcmp(path, "/call");
}

/* When there is a whole request. */
static void
take(struct asker *a)
{
	const struct buf none = BUF_INIT(1);
	const char *text = buf_str(&a->in), *end = strstr(text, "\r\n\r\n");
	CLEANUP(freep) char *path = NULL;
	int64_t len;

	if (!end)
		return;
	len = body_length(a->http, text, end);
	end += 4;
	if (len >= 0 && a->in.n < (size_t)(end - text) + (size_t)len)
		return;
	path = path_of(text);
	if (len < 0)
		respond(a, "413 Content Too Large", "text/plain", &none);
	else if (!strncmp(text, "GET ", 4))
		answer(a, path);
	else if (strncmp(text, "POST ", 5) != 0 || !is_order(a->http, path))
		respond(a, "404 Not Found", "text/plain", &none);
	else if (!may_call(a->http, text, end))
		respond(a, "401 Unauthorized", "text/plain", &none);
	else if (a->http->volume)
		volume(a, path + strlen(VOLUME), end, (size_t)len);
	else
		call(a, end, (size_t)len);
}

static void
hear(struct asker *a)
{
	size_t max = a->http->volume ? READ_MAX : 1024;
	char *p = buf_reserve(&a->in, max);
	ssize_t n = p ? recv(a->fd, p, max, 0) : 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		asker_free(a);
		return;
	}
	buf_filled(&a->in, (size_t)n);
	if (!a->conn)
		take(a);
}

static void
on_asker(void *arg, uint32_t events)
{
	struct asker *a = arg;
	ssize_t n;

	if (a->out.n == 0) {
		hear(a);
		return;
	}
	n = send(a->fd, a->out.p + a->sent, a->out.n - a->sent, MSG_NOSIGNAL);
	if (n > 0)
		a->sent += (size_t)n;
	if (a->sent == a->out.n || (n < 0 && errno != EAGAIN) ||
	    events & (EPOLLHUP | EPOLLERR))
		asker_free(a);
}

static void
pod_http_on_accept(void *arg, uint32_t events UNUSED)
{
	struct pod_http *h = arg;
	struct asker *a;
	int fd = accept4(h->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (h->n >= ASKERS_MAX) {
		close(fd);
		return;
	}
	a = xcalloc(1, sizeof(*a));
	a->http = h;
	a->fd = fd;
	buf_init(&a->in, h->ask_max + READ_MAX);
	buf_init(&a->out, h->reply_max + 1024);
	a->next = h->askers;
	h->askers = a;
	h->n++;
	timer_on(&h->sup->loop, &a->timer, h->ask_ms, too_slow, a);
	if (watch_on(&h->sup->loop, &a->watch, fd, EPOLLIN, on_asker, a))
		asker_free(a);
}

struct pod_http *
pod_http_open(struct sup *s, const struct pod_options *o, struct diags *ds)
{
	unsigned port = o->port;
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6,
				   .sin6_port = htons((uint16_t)port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = sa.sin6_port };
	int fd =
		socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1, off = 0, rc;
	struct pod_http *h;

	if (fd >= 0) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	} else { /* a node without IPv6 */
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			    0);
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		rc = bind(fd, (struct sockaddr *)&v4, sizeof(v4));
	}
	if (fd < 0 || rc || listen(fd, 16)) {
		diag_errno(ds, "E0910", "cannot listen on port %u", port);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	h = xcalloc(1, sizeof(*h));
	h->sup = s;
	h->fd = fd;
	h->token = o->token;
	h->volume = o->volume;
	h->ask_max = o->volume ? PIECE_MAX : ASK_MAX;
	h->reply_max = o->volume ? LIST_MAX : REPLY_MAX;
	h->ask_ms = o->volume ? VOLUME_MS : ASK_MS;
	if (watch_on(&s->loop, &h->watch, fd, EPOLLIN, pod_http_on_accept, h)) {
		diag_errno(ds, "E0910", "cannot watch port %u", port);
		pod_http_close(h);
		return NULL;
	}
	return h;
}

void
pod_http_close(struct pod_http *h)
{
	struct asker *a, *next;

	if (!h)
		return;
	for (a = h->askers; a; a = next) {
		next = a->next;
		asker_free(a);
	}
	watch_off(&h->sup->loop, &h->watch);
	close(h->fd);
	free(h);
}
