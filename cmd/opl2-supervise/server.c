/*
 * The socket. Its folder may lie deeper than the 108 bytes of sun_path, so it
 * is bound through /proc/self/fd. Only the user who runs the supervisor is
 * served.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "providers/runtime/wire/supctl.h"
#include "providers/runtime/wire/supctl.h"

#define REQUEST_MAX (8u << 20)

struct conn {
	struct conn *next;
	struct sup *sup;
	struct watch watch;
	struct buf in, out;
	struct waiter *waiters;
	conn_say_fn say; /* NULL: fd is a socket */
	void *arg;
	int fd;
	bool dead; /* freed in the next turn */
};

struct server {
	struct watch watch;
	struct conn *conns;
	int fd;
};

struct waiter **
conn_waiters(struct conn *c)
{
	return &c->waiters;
}

static void
hang_up(struct conn *c)
{
	c->dead = true;
	watch_off(&c->sup->loop, &c->watch);
	sup_kick(c->sup);
}

static void
flush(struct conn *c)
{
	while (c->out.n && !c->dead) {
		ssize_t n = send(c->fd, c->out.p, c->out.n, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			hang_up(c);
		if (n <= 0)
			break;
		buf_drop(&c->out, (size_t)n);
	}
	watch_change(&c->sup->loop, &c->watch,
		     EPOLLIN | (c->out.n ? EPOLLOUT : 0));
}

void
conn_send(struct conn *c, json_t *msg)
{
	if (c->say) {
		if (msg && !c->dead)
			c->say(c->arg, msg);
		json_decref(msg);
		return;
	}
	/* A peer that does not read is not worth more memory. */
	if (!msg || frame_add(&c->out, msg))
		hang_up(c);
	json_decref(msg);
	flush(c);
}

static struct conn *
conn_new(struct sup *s, int fd)
{
	struct conn *c = xcalloc(1, sizeof(*c));

	c->sup = s;
	c->fd = fd;
	buf_init(&c->in, REQUEST_MAX);
	buf_init(&c->out, REQUEST_MAX);
	c->next = s->server->conns;
	s->server->conns = c;
	return c;
}

struct conn *
conn_open(struct sup *s, conn_say_fn say, void *arg)
{
	struct conn *c = conn_new(s, -1);

	c->say = say;
	c->arg = arg;
	return c;
}

void
conn_close(struct conn *c)
{
	if (c)
		hang_up(c);
}

static void
on_conn(void *arg, uint32_t events)
{
	struct conn *c = arg;
	char *p;
	ssize_t n;
	int rc = 0;

	if (events & EPOLLOUT)
		flush(c);
	if (c->dead || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
		return;
	p = buf_reserve(&c->in, 16384);
	n = p ? recv(c->fd, p, 16384, 0) : 0;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(c);
		return;
	}
	buf_filled(&c->in, (size_t)n);
	for (;;) {
		CLEANUP(put_json) json_t *msg = NULL;

		if (c->dead || (rc = frame_take(&c->in, &msg)) != 1)
			break;
		request(c->sup, c, msg);
	}
	if (rc < 0)
		hang_up(c);
	/* A request may have held secrets. */
	if (c->in.n == 0 && c->in.p)
		explicit_bzero(c->in.p, c->in.cap);
}

static void
on_accept(void *arg, uint32_t events UNUSED)
{
	struct sup *s = arg;
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	struct conn *c;
	int fd = accept4(s->server->fd, NULL, NULL,
			 SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) ||
	    (peer.uid != geteuid() && peer.uid != 0)) {
		close(fd);
		return;
	}
	c = conn_new(s, fd);
	if (watch_on(&s->loop, &c->watch, fd, EPOLLIN, on_conn, c))
		hang_up(c);
}

static void
conn_free(struct conn *c)
{
	waiters_free(&c->waiters);
	watch_off(&c->sup->loop, &c->watch);
	if (c->fd >= 0)
		close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

void
server_turn(struct sup *s)
{
	struct conn **at = &s->server->conns, *c;

	for (c = *at; c; c = c->next)
		if (!c->dead)
			waiters_turn(s, &c->waiters);
	while ((c = *at)) {
		if (c->dead) {
			*at = c->next;
			conn_free(c);
		} else {
			at = &c->next;
		}
	}
}

static int
bind_in(int dir, const char *shown, struct diags *ds)
{
	struct sockaddr_un sa;
	CLEANUP(close_fdp)
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	unlinkat(dir, SUPCTL_SOCK, 0);
	supctl_address(dir, SUPCTL_SOCK, &sa);
	if (fd < 0 || bind(fd, (struct sockaddr *)&sa, sizeof(sa)) ||
	    fchmodat(dir, SUPCTL_SOCK, 0600, 0) || listen(fd, 16))
		return diag_errno(ds, "E0910", "cannot listen in '%s'", shown);
	return fd_take(&fd);
}

int
server_open(struct sup *s, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(s->dir, SUPCTL_SOCK_DIR);
	CLEANUP(close_fdp) int dir = -1;
	int fd;

	if (file_mkdirs(path, 0700, ds))
		return -1;
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return diag_errno(ds, "E0910", "cannot open '%s'", path);
	fd = bind_in(dir, path, ds);
	if (fd < 0)
		return -1;
	s->server = xcalloc(1, sizeof(*s->server));
	s->server->fd = fd;
	if (watch_on(&s->loop, &s->server->watch, fd, EPOLLIN, on_accept, s))
		return diag_errno(ds, "E0910", "cannot watch the socket");
	return 0;
}

void
server_close(struct sup *s)
{
	CLEANUP(freep)
	char *path =
		xasprintf("%s/%s/%s", s->dir, SUPCTL_SOCK_DIR, SUPCTL_SOCK);
	struct conn *c;

	if (!s->server)
		return;
	unlink(path);
	while ((c = s->server->conns)) {
		s->server->conns = c->next;
		conn_free(c);
	}
	watch_off(&s->loop, &s->server->watch);
	close(s->server->fd);
	free(TAKE(s->server));
}
