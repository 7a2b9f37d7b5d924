#include "cmd/opl2-supervise/loop/fetch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cmd/opl2-supervise/loop/helper.h"
#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "providers/clients/http/http1.h"
#include "providers/clients/tools/secret.h"

#define FETCH_MAX  (4u << 20)
#define RESOLVE_MS 10000

struct fetch {
	struct loop *loop;
	struct watch watch;
	struct timer timer;
	struct buf out, in; /* to send; received */
	size_t sent;
	const char *error; /* static, for the timer of an early end */
	fetch_fn fn;
	void *arg;
	struct fetch *resolver; /* of the name that it is for, or NULL */
	unsigned port;
	pid_t helper; /* > 0: in and out are frames of a helper program */
	int fd;
	bool bare;
	char why[160];
};

static bool names;

void
fetch_names(bool on)
{
	names = on;
}

static void
fetch_free(struct fetch *f)
{
	fetch_cancel(f->resolver);
	watch_off(f->loop, &f->watch);
	timer_off(f->loop, &f->timer);
	if (f->fd >= 0)
		close(f->fd);
	if (f->helper > 0) {
		kill(f->helper, SIGKILL);
		waitpid(f->helper, NULL, 0);
	}
	/* Either may hold a key, or a URL with one in it. */
	secret_wipe(&f->out);
	secret_wipe(&f->in);
	free(f);
}

static void
sup_fetch_finish(struct fetch *f, const char *error, int status,
		 const char *body, size_t len)
{
	struct fetch_reply r = { error, status, body, len };
	char why[sizeof(f->why)];

	if (error) {
		snprintf(why, sizeof(why), "%s", error);
		r = (struct fetch_reply){ .error = why, .body = "" };
		f->fn(f->arg, &r);
	} else {
		f->fn(f->arg, &r);
	}
	fetch_free(f);
}

/* The callback may start the next fetch, but never cancel this one: it has
 * forgotten it. So the owner's pointer must be cleared first thing in fn. */
void
fetch_cancel(struct fetch *f)
{
	if (f)
		fetch_free(f);
}

static void
on_timeout(void *arg)
{
	struct fetch *f = arg;

	sup_fetch_finish(f, f->error ? f->error : "no answer in time", 0, "",
			 0);
}

/* Ends it from the loop rather than from within the start. */
static struct fetch *
end_soon(struct fetch *f, const char *error)
{
	snprintf(f->why, sizeof(f->why), "%s", error);
	f->error = f->why;
	timer_on(f->loop, &f->timer, 0, on_timeout, f);
	return f;
}

static void
helper_done(struct fetch *f)
{
	CLEANUP(put_json) json_t *msg = NULL;
	const char *body;

	if (frame_take(&f->in, &msg) != 1) {
		sup_fetch_finish(f, "the helper ended without an answer", 0, "",
				 0);
		return;
	}
	if (jx_get(msg, "error")) {
		sup_fetch_finish(f, jx_str(msg, "error", "failed"), 0, "", 0);
		return;
	}
	body = jx_str(msg, "body", "");
	sup_fetch_finish(f, NULL, (int)jx_int(msg, "status", 0), body,
			 strlen(body));
}

static void
http_done(struct fetch *f, bool eof)
{
	struct http_msg m;

	switch (http_msg_parse(&f->in, eof, &m)) {
	case 0:
		return;
	case 1:
		sup_fetch_finish(f, NULL, m.status, m.body, m.len);
		return;
	default:
		sup_fetch_finish(
			f,
			f->in.n ? "the answer is not HTTP"
				: "the connection was closed without an answer",
			0, "", 0);
	}
}

static void
on_readable(struct fetch *f)
{
	char *p = buf_reserve(&f->in, 16384);
	ssize_t n;

	if (!p) {
		sup_fetch_finish(f, "the answer is too long", 0, "", 0);
		return;
	}
	n = recv(f->fd, p, 16384, 0);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			sup_fetch_finish(f, strerror(errno), 0, "", 0);
		return;
	}
	buf_filled(&f->in, (size_t)n);
	if (f->helper <= 0)
		http_done(f, n == 0);
	else if (n == 0)
		helper_done(f);
}

static void
sup_fetch_on_event(void *arg, uint32_t events)
{
	struct fetch *f = arg;
	int err = 0;
	socklen_t len = sizeof(err);
	ssize_t n;

	getsockopt(f->fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (err) {
		sup_fetch_finish(f, strerror(err), 0, "", 0);
		return;
	}
	if (f->bare) {
		sup_fetch_finish(f, NULL, 0, "", 0);
		return;
	}
	if (f->sent < f->out.n && (events & EPOLLOUT)) {
		n = send(f->fd, f->out.p + f->sent, f->out.n - f->sent,
			 MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			sup_fetch_finish(f, strerror(errno), 0, "", 0);
			return;
		}
		f->sent += n > 0 ? (size_t)n : 0;
		if (f->sent == f->out.n)
			watch_change(f->loop, &f->watch, EPOLLIN);
		return;
	}
	on_readable(f);
}

static struct fetch *
fetch_new(struct loop *l, unsigned timeout_ms, fetch_fn fn, void *arg)
{
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->loop = l;
	f->fn = fn;
	f->arg = arg;
	f->fd = -1;
	buf_init(&f->out, FETCH_MAX);
	buf_init(&f->in, FETCH_MAX);
	timer_on(l, &f->timer, timeout_ms, on_timeout, f);
	return f;
}

static struct fetch *
go(struct fetch *f)
{
	if (watch_on(f->loop, &f->watch, f->fd,
		     EPOLLOUT | (f->bare ? 0 : EPOLLIN), sup_fetch_on_event, f))
		return end_soon(f, strerror(errno));
	return f;
}

static struct fetch *
dial(struct fetch *f, const struct host *h)
{
	f->fd = socket(h->addr.any.sa_family,
		       SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (f->fd < 0)
		return end_soon(f, strerror(errno));
	if (connect(f->fd, &h->addr.any, h->len) && errno != EINPROGRESS)
		return end_soon(f, strerror(errno));
	return go(f);
}

static struct fetch *
ask_helper(struct fetch *f, const char *program, const char *arg,
	   const json_t *msg)
{
	const char *why = NULL;

	f->helper = helper_spawn(program, arg, &f->fd, &why);
	if (f->helper < 0)
		return end_soon(f, why);
	frame_add(&f->out, msg);
	return go(f);
}

static struct fetch *
by_helper(struct fetch *f, const char *url, const char *body,
	  unsigned timeout_ms)
{
	CLEANUP(put_json)
	json_t *msg = json_pack("{s:s, s:s*, s:I}", "url", url, "body", body,
				"timeout_ms", (json_int_t)timeout_ms);

	return ask_helper(f, "opl2-worker", "--fetch", msg);
}

struct fetch *
fetch_helper(struct loop *l, const char *program, const char *arg,
	     const json_t *msg, unsigned timeout_ms, fetch_fn fn, void *cb)
{
	return ask_helper(fetch_new(l, timeout_ms, fn, cb), program, arg, msg);
}

static void
on_resolved(void *arg, const struct fetch_reply *r)
{
	struct fetch *f = arg;
	struct host h;

	f->resolver = NULL;
	if (r->error)
		sup_fetch_finish(f, r->error, 0, "", 0);
	else if (host_parse(r->body, f->port, &h))
		sup_fetch_finish(f, "the resolver gave no address", 0, "", 0);
	else
		(void)dial(f, &h);
}

/* When it has its address it goes on as one with a numeric host. */
static struct fetch *
dial_name(struct fetch *f, const char *host, unsigned port)
{
	CLEANUP(put_json) json_t *msg = json_pack("{s:s}", "host", host);

	f->port = port;
	f->resolver = fetch_helper(f->loop, "opl2-supervise", "--resolve", msg,
				   RESOLVE_MS, on_resolved, f);
	return f;
}

struct fetch *
fetch_http(struct loop *l, const char *url, const char *body,
	   unsigned timeout_ms, fetch_fn fn, void *arg)
{
	struct fetch *f = fetch_new(l, timeout_ms, fn, arg);
	struct url u;

	if (url_parse(url, &u))
		return end_soon(f, "this is not a URL");
	if (!u.local && !(names && *u.name))
		return by_helper(f, url, body, timeout_ms);
	buf_addf(&f->out,
		 "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n"
		 "Accept: */*\r\n",
		 body ? "POST" : "GET", u.path, u.authority);
	if (body)
		buf_addf(&f->out,
			 "Content-Type: application/json\r\n"
			 "Content-Length: %zu\r\n",
			 strlen(body));
	buf_adds(&f->out, "\r\n");
	if (body)
		buf_adds(&f->out, body);
	return u.local ? dial(f, &u.host) : dial_name(f, u.name, u.port);
}

struct fetch *
fetch_tcp(struct loop *l, const char *host, unsigned port, unsigned timeout_ms,
	  fetch_fn fn, void *arg)
{
	struct fetch *f = fetch_new(l, timeout_ms, fn, arg);
	struct host h;

	f->bare = true;
	if (host_parse(host, port, &h) && names)
		return dial_name(f, host, port);
	if (host_parse(host, port, &h))
		return end_soon(f, "the host is not a numeric address");
	return dial(f, &h);
}
