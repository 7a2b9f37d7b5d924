#include "engine/run/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"
#include "engine/kind/wire.h"

#define KILL_GRACE_MS 30000 /* from a timeout's cancellation to the kill */
#define STILLBORN_MAX 3
#define EXIT_GRACE_MS 3000 /* for idle workers at the end */

struct pworker {
	pid_t pid; /* 0: the slot is free */
	int fd;
	struct buf in;
	bool hello;         /* it has said so */
	bool cancelled;     /* its operation was asked to stop */
	bool waiting;       /* for an ok */
	struct pool_op *op; /* NULL: idle */
};

struct pool {
	struct pworker *w;
	size_t max, n; /* slots used so far */
	int lock_fd;
	char *path;
	json_t *env;
	struct pool_op *queue, **tail;
	size_t queued, running;
	bool cancelled;
	unsigned stillborn; /* workers in a row that died before a hello */
	bool unsynced;      /* an intent waits for the round's sync */
};

static const char *const outcome_names[] = OUTCOME_NAMES;

void
pool_op_init(struct pool_op *op)
{
	memset(op, 0, sizeof(*op));
	diags_init(&op->ds);
}

void
pool_op_done(struct pool_op *op)
{
	json_decref(op->msg);
	json_decref(op->attrs);
	json_decref(op->priv);
	json_decref(op->lock);
	diags_done(&op->ds);
	memset(op, 0, sizeof(*op));
}

char *
pool_worker_path(struct diags *ds)
{
	char *path = program_find("opl2-worker");

	if (path)
		return path;
	diag_err(ds, "E0617", "the program 'opl2-worker' was not found");
	diag_hint(ds, "reinstall opl2, or set OPL2_LIBEXEC to the folder of "
		      "opl2-worker");
	return NULL;
}

struct pool *
pool_new(const struct pool_opts *opts)
{
	struct pool *p = xcalloc(1, sizeof(*p));

	p->max = opts->max ? opts->max : 1;
	p->w = xcalloc(p->max, sizeof(*p->w));
	p->lock_fd = opts->lock_fd;
	p->path = xstrdup(opts->path);
	p->env = jx_share(opts->env);
	p->tail = &p->queue;
	return p;
}

size_t
pool_load(const struct pool *p)
{
	return p->queued + p->running;
}

void
pool_submit(struct pool *p, struct pool_op *op)
{
	op->next = NULL;
	*p->tail = op;
	p->tail = &op->next;
	p->queued++;
}

static struct pool_op *
dequeue(struct pool *p)
{
	struct pool_op *op = p->queue;

	p->queue = op->next;
	if (!p->queue)
		p->tail = &p->queue;
	p->queued--;
	return op;
}

/* --- starting --- */

static int
pool_spawn(struct pool *p, struct pworker *w, int theirs)
{
	const char *argv[] = { p->path, NULL };
	/* Ctrl-C is for us to hear, not for the workers. */
	struct spawn s = {
		.path = p->path,
		.argv = argv,
		.fd = { SPAWN_NULL, SPAWN_KEEP, SPAWN_KEEP, [WIRE_FD] = theirs,
			[WIRE_LOCK_FD] =
				p->lock_fd < 0 ? SPAWN_NULL : p->lock_fd },
		.nfds = WIRE_LOCK_FD + 1,
		.leads = SPAWN_GROUP
	};
	pid_t pid = spawn_program(&s);

	w->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? -1 : 0;
}

static int
start_worker(struct pool *p, struct diags *ds)
{
	struct pworker *w = p->w;
	int sv[2] = { -1, -1 }, rc;

	while (w->pid)
		w++;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return diag_errno(ds, "E0617", "cannot start a worker");
	*w = (struct pworker){ .fd = sv[0],
			       .in = BUF_INIT(LIM_FRAME_BYTES + 65536) };
	rc = pool_spawn(p, w, sv[1]);
	if (rc)
		diag_errno(ds, "E0617", "cannot start '%s'", p->path);
	close(sv[1]);
	if (rc) {
		close(sv[0]);
		return -1;
	}
	if ((size_t)(w - p->w) >= p->n)
		p->n = (size_t)(w - p->w) + 1;
	return 0;
}

static void
give_op(struct pool *p, struct pworker *w)
{
	w->op = dequeue(p);
	w->cancelled = false;
	w->op->started = mono_ms();
	p->running++;
	/* A failure shows as the end of the stream, in the next round. */
	if (frame_send(w->fd, w->op->msg))
		kill(w->pid, SIGKILL);
}

/* Gives queued operations to idle workers. One worker is started at a time:
 * by the time it is up, quick operations may have left nothing for more. */
static int
feed(struct pool *p, struct diags *ds)
{
	bool starting = false;
	size_t i, alive = 0;

	for (i = 0; i < p->n; i++) {
		struct pworker *w = &p->w[i];

		if (!w->pid)
			continue;
		alive++;
		if (!w->hello)
			starting = true;
		else if (!w->op && p->queue)
			give_op(p, w);
	}
	if (p->queue && !starting && alive < p->max)
		return start_worker(p, ds);
	return 0;
}

/* --- what workers say --- */

static void
pool_finish(struct pool *p, struct pworker *w, const struct pool_hooks *h)
{
	struct pool_op *op = TAKE(w->op);

	w->waiting = false;
	p->running--;
	h->done(h->arg, op);
}

/* Whoever reads it looks for the cause: only SIGKILL comes from outside. */
static char *
how_it_died(int st, bool astray)
{
	if (astray)
		return xstrdup("sent an invalid answer");
	if (WIFSIGNALED(st) && WTERMSIG(st) != SIGKILL)
		return xasprintf("crashed (signal %d)", WTERMSIG(st));
	return WIFEXITED(st)
		       ? xasprintf("exited with status %d", WEXITSTATUS(st))
		       : xstrdup("was killed");
}

/* astray: it does not keep to the protocol. */
static void
worker_died(struct pool *p, struct pworker *w, bool astray,
	    const struct pool_hooks *h)
{
	CLEANUP(freep) char *how = NULL;
	int st = 0;

	close(w->fd);
	buf_done(&w->in);
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, &st, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	p->stillborn += !w->hello;
	if (!w->op)
		return;
	w->op->died = true;
	w->op->outcome = OC_FAIL;
	how = how_it_died(st, astray);
	diag_err(&w->op->ds, "E0616", "a worker %s during the operation", how);
	diag_addr(&w->op->ds, w->op->addr);
	pool_finish(p, w, h);
}

static void
pool_on_done(struct pool *p, struct pworker *w, const json_t *m,
	     const struct pool_hooks *h)
{
	const char *name = jx_str(m, "outcome", "");
	struct pool_op *op = w->op;
	size_t i;

	op->outcome = OC_FAIL;
	for (i = 0; i < COUNTOF(outcome_names); i++)
		if (strcmp(name, outcome_names[i]) == 0)
			op->outcome = (enum outcome)i;
	op->attrs = jx_share(jx_get(m, "attrs"));
	op->priv = jx_share(jx_get(m, "priv"));
	op->lock = jx_share(jx_get(m, "lock"));
	op->down = jx_bool(m, "down", false);
	op->waited_ms = (uint64_t)jx_int(m, "waited_ms", 0);
	if (op->outcome != OC_OK && op->outcome != OC_GONE &&
	    op->ds.nerrors == 0) {
		diag_err(&op->ds, "E0600", "operation ended as '%s'", name);
		diag_addr(&op->ds, op->addr);
	}
	pool_finish(p, w, h);
}

/* False when the worker does not keep to the protocol. */
static bool
on_op_msg(struct pool *p, struct pworker *w, const json_t *m,
	  const struct pool_hooks *h)
{
	const char *type = jx_str(m, "type", "");
	struct pool_op *op = w->op;
	pid_t pgid = (pid_t)jx_int(m, "pgid", 0);
	int rc = 0;

	if (strcmp(type, "progress") == 0) {
		h->progress(h->arg, op, jx_str(m, "text", ""));
	} else if (strcmp(type, "early") == 0) {
		if (h->early)
			h->early(h->arg, op, jx_get(m, "attrs"));
	} else if (strcmp(type, "diag") == 0) {
		return diag_from_json(&op->ds, m) == 0;
	} else if (strcmp(type, "done") == 0) {
		pool_on_done(p, w, m, h);
	} else if (strcmp(type, "pgroup_end") == 0) {
		if (h->pgroup_end)
			h->pgroup_end(h->arg, op, pgid);
	} else if (strcmp(type, "intend") == 0) {
		rc = h->intend ? h->intend(h->arg, op, jx_get(m, "token"))
			       : diag_err(&op->ds, "E0600",
					  "an action was announced without a "
					  "journal");
		op->intended = op->intended || rc == 0;
		w->waiting = p->unsynced = true;
	} else if (strcmp(type, "keep") == 0 && h->keep) {
		h->keep(h->arg, jx_str(m, "path", ""), jx_int(m, "from", -1));
		w->waiting = p->unsynced = true;
	} else if (strcmp(type, "pgroup") == 0 && pgid > 1) {
		if (h->pgroup)
			rc = h->pgroup(h->arg, op, pgid,
				       (uint64_t)jx_int(m, "start", 0));
		w->waiting = p->unsynced = true;
	} else {
		return false;
	}
	/* No answer would let it wait for ever; without a journal it must not
	 * go on. Its end is the one safe answer. */
	if (rc) {
		w->waiting = false;
		kill(w->pid, SIGKILL);
	}
	return true;
}

static bool
on_msg(struct pool *p, struct pworker *w, const json_t *m,
       const struct pool_hooks *h)
{
	if (!w->hello) {
		if (strcmp(jx_str(m, "type", ""), "hello") != 0 ||
		    jx_int(m, "protocol", 0) != WIRE_PROTOCOL)
			return false;
		w->hello = true;
		p->stillborn = 0;
		return frame_send(w->fd, p->env) == 0;
	}
	return w->op && on_op_msg(p, w, m, h);
}

static void
on_readable(struct pool *p, struct pworker *w, const struct pool_hooks *h)
{
	char *at = buf_reserve(&w->in, 65536);
	ssize_t n = at ? recv(w->fd, at, 65536, MSG_DONTWAIT) : 0;
	bool good = true;
	json_t *m;
	int rc = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		buf_filled(&w->in, (size_t)n);
		while (good && (rc = frame_take(&w->in, &m)) == 1) {
			good = on_msg(p, w, m, h);
			json_decref(m);
		}
	}
	if (n <= 0 || rc < 0 || !good)
		worker_died(p, w, rc < 0 || !good, h);
}

/* --- rounds --- */

static void
pool_answer(struct pool *p, const struct pool_hooks *h)
{
	CLEANUP(put_json) json_t *ok = json_pack("{s:s}", "type", "ok");
	bool good = !h->sync || h->sync(h->arg) == 0;
	size_t i;

	for (i = 0; p->unsynced && i < p->n; i++) {
		struct pworker *w = &p->w[i];

		if (!w->pid || !w->waiting)
			continue;
		w->waiting = false;
		if (!good || frame_send(w->fd, ok))
			kill(w->pid, SIGKILL);
	}
	p->unsynced = false;
}

static void
send_cancel(struct pworker *w)
{
	CLEANUP(put_json) json_t *m = json_pack("{s:s}", "type", "cancel");

	w->cancelled = true;
	if (frame_send(w->fd, m))
		kill(w->pid, SIGKILL);
}

/* Cancels operations whose time is up, and kills those that do not listen.
 * Returns the ms until the next one is due, at most `ms`. */
static int
check_time(struct pool *p, int ms)
{
	uint64_t now = mono_ms();
	size_t i;

	for (i = 0; i < p->n; i++) {
		struct pworker *w = &p->w[i];
		uint64_t due;

		if (!w->pid || !w->op || !w->op->timeout_ms)
			continue;
		due = w->op->started + w->op->timeout_ms;
		if (now >= due + KILL_GRACE_MS) {
			kill(w->pid, SIGKILL);
		} else if (now >= due && !w->cancelled) {
			diag_err(&w->op->ds, "E0618",
				 "not finished within %llu s",
				 (unsigned long long)w->op->timeout_ms / 1000);
			diag_addr(&w->op->ds, w->op->addr);
			diag_hint(&w->op->ds, "increase the resource's "
					      "'timeout' if it needs longer");
			send_cancel(w);
		}
		if (now < due && (ms < 0 || due - now < (uint64_t)ms))
			ms = (int)(due - now);
		else if (now >= due && (ms < 0 || ms > 1000))
			ms = 1000;
	}
	return ms;
}

static void
end_queued(struct pool *p, const struct pool_hooks *h)
{
	while (p->queue) {
		struct pool_op *op = dequeue(p);

		op->outcome = OC_CANCELLED;
		diag_err(&op->ds, "E0619",
			 "not started: the run was interrupted");
		diag_addr(&op->ds, op->addr);
		h->done(h->arg, op);
	}
}

int
pool_turn(struct pool *p, const struct pool_hooks *h, int timeout_ms, int fd,
	  struct diags *ds)
{
	struct pollfd *pfd;
	size_t i, n;
	int rc;

	/* Then there may be nothing left to wait for. */
	if (p->cancelled && p->queue) {
		end_queued(p, h);
		return 0;
	}
	if (feed(p, ds))
		return -1;
	n = p->n;
	pfd = xcalloc(n + 1, sizeof(*pfd));
	for (i = 0; i < n; i++)
		pfd[i] = (struct pollfd){ .fd = p->w[i].pid ? p->w[i].fd : -1,
					  .events = POLLIN };
	pfd[n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	rc = poll(pfd, n + 1, check_time(p, timeout_ms));
	for (i = 0; rc > 0 && i < n; i++)
		if (pfd[i].revents)
			on_readable(p, &p->w[i], h);
	free(pfd);
	pool_answer(p, h);
	/* A library that it needs is not there, perhaps: it says so itself. */
	if (p->stillborn == STILLBORN_MAX)
		return diag_err(ds, "E0617", "cannot start '%s'", p->path);
	return 0;
}

void
pool_cancel(struct pool *p)
{
	size_t i;

	p->cancelled = true;
	for (i = 0; i < p->n; i++)
		if (p->w[i].pid && p->w[i].op && !p->w[i].cancelled)
			send_cancel(&p->w[i]);
}

void
pool_kill(struct pool *p)
{
	size_t i;

	p->cancelled = true;
	for (i = 0; i < p->n; i++)
		if (p->w[i].pid)
			kill(p->w[i].pid, SIGKILL);
}

/* Waits for an exit without a signal handler: workers leave at the end of
 * their stream, so this takes a millisecond or the whole grace. */
static void
await_exit(pid_t pid, uint64_t end)
{
	const struct timespec nap = { .tv_nsec = 500000 };
	pid_t rc;

	while ((rc = waitpid(pid, NULL, WNOHANG)) == 0 && mono_ms() < end)
		nanosleep(&nap, NULL);
	if (rc == 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
}

void
pool_free(struct pool *p)
{
	uint64_t end = mono_ms() + EXIT_GRACE_MS;
	size_t i;

	if (!p)
		return;
	for (i = 0; i < p->n; i++)
		if (p->w[i].pid)
			close(p->w[i].fd);
	for (i = 0; i < p->n; i++)
		if (p->w[i].pid) {
			await_exit(p->w[i].pid, end);
			buf_done(&p->w[i].in);
		}
	free(p->w);
	free(p->path);
	json_decref(p->env);
	free(p);
}
