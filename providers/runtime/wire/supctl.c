#include "providers/runtime/wire/supctl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/diag/exit.h"
#include "engine/io/diag_json.h"
#include "engine/io/file.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"

#define TICK_MS       250
#define SAID_MAX      4096
#define RESPAWN_TRIES 8
#define CONNECT_TRIES 40 /* of 50 ms, when it is just being replaced */
#define SEND_S        5

const struct supctl_server supctl_local = {
	.socket = SUPCTL_SOCK,
	.program = "opl2-supervise",
	.title = "the supervisor",
	.silence_ms = 5000,
};

struct supctl {
	const struct supctl_server *who;
	int fd;
	int64_t next_id;
	struct buf in;
};

/* ---- starting one ---- */

static pid_t
spawn_daemon(const struct supctl_server *who, const char *path, const char *dir,
	     int said)
{
	CLEANUP(freep) char *arg = xasprintf("--dir=%s", dir);
	const char *argv[] = { who->program, who->mode ? who->mode : arg,
			       who->mode ? arg : NULL, NULL };
	struct spawn s = { .path = path,
			   .argv = argv,
			   .fd = { SPAWN_NULL, SPAWN_NULL, said },
			   .nfds = 3 };

	return spawn_program(&s);
}

/* Lines of JSON are its diagnostics. */
static bool
said_why(const char *text, struct diags *ds)
{
	size_t before = ds->nerrors;

	for (size_t n; *text; text += n + (text[n] == '\n')) {
		CLEANUP(put_json) json_t *j = NULL;

		n = strcspn(text, "\n");
		j = *text == '{' ? jx_parse(text, n, "what it said", NULL)
				 : NULL;
		if (j)
			(void)diag_from_json(ds, j);
	}
	return ds->nerrors > before;
}

static int
start_daemon(const struct supctl_server *who, const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *path = program_beside(who->program, ds);
	CLEANUP(buf_done) struct buf b = BUF_INIT(SAID_MAX);
	int said[2], status = -1;
	char text[256];
	ssize_t n;
	pid_t pid;

	if (!path)
		return -1;
	if (pipe2(said, O_CLOEXEC))
		return diag_errno(ds, "E0916", "no pipe");
	pid = spawn_daemon(who, path, dir, said[1]);
	close(said[1]);
	if (pid < 0) {
		close(said[0]);
		return diag_errno(ds, "E0916", "cannot run '%s'", path);
	}
	/* It ends soon: it only waits until its daemon listens. */
	while ((n = read(said[0], text, sizeof(text))) > 0 ||
	       (n < 0 && errno == EINTR))
		buf_add(&b, text, n > 0 ? (size_t)n : 0);
	close(said[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_OK)
		return 0;
	if (said_why(buf_str(&b), ds))
		return -1;
	diag_err(ds, "E0916", "%s did not start", who->title);
	if (b.n)
		diag_detail(ds, buf_str(&b));
	return -1;
}

/* ---- connection ---- */

void
supctl_address(int dir, const char *socket, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%s",
		 dir, socket);
}

/* A descriptor, or -1 with errno: EAGAIN when whoever listens takes no
 * connection any more. */
static int
dial(const struct supctl_server *who, const char *state_dir)
{
	const struct timeval patience = { .tv_sec = SEND_S };
	CLEANUP(freep) char *path = path_join(state_dir, SUPCTL_SOCK_DIR);
	CLEANUP(close_fdp)
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct sockaddr_un sa;
	int fd, err;

	if (dir < 0)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	supctl_address(dir, who->socket, &sa);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		return fd;
	err = errno;
	close(fd);
	errno = err;
	return -1;
}

/* Somebody listens, but is stopped or stuck. pid is 0 when not known. */
static int
silent(const struct supctl_server *who, pid_t pid, struct diags *ds)
{
	CLEANUP(freep) char *it = xasprintf("%d", (int)pid);

	if (pid > 0)
		diag_err(ds, "E1150", "%s, pid %s, does not answer", who->title,
			 it);
	else
		diag_err(ds, "E1150", "%s accepts no connection", who->title);
	diag_hint(ds,
		  "'kill -CONT %s' if it was stopped; else 'kill -9 %s': its "
		  "watchdog starts a new supervisor, which takes over the "
		  "running processes",
		  pid > 0 ? it : "PID", pid > 0 ? it : "PID");
	return -1;
}

/* Who listened on the other end; known before it takes the connection. */
static pid_t
peer_of(int fd)
{
	struct ucred who = { 0 };
	socklen_t n = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) ? 0 : who.pid;
}

static int
say_hello(const struct supctl_server *who, int fd, struct supctl **out,
	  struct diags *ds)
{
	struct supctl *s = xcalloc(1, sizeof(*s));
	CLEANUP(put_json)
	json_t *args = json_pack("{s:i}", "version", SUPCTL_VERSION);

	s->who = who;
	s->fd = fd;
	buf_init(&s->in, LIM_FRAME_BYTES);
	if (supctl_call(s, "hello", args, NULL, NULL, NULL, ds)) {
		supctl_close(s);
		return -1;
	}
	*out = s;
	return 0;
}

/* 0, 1: nobody listens (now), -1. gone: one was there and died on us. */
static int
try_connect(const struct supctl_server *who, const char *state_dir,
	    struct supctl **out, bool *gone, struct diags *ds)
{
	CLEANUP(diags_done) struct diags said;
	int fd = dial(who, state_dir);

	diags_init(&said);
	*gone = fd < 0 && errno == ECONNREFUSED;
	if (fd < 0 && errno == EAGAIN)
		return silent(who, 0, ds);
	if (fd < 0 && (*gone || errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0)
		return diag_errno(ds, "E0918", "cannot connect to %s of '%s'",
				  who->title, state_dir);
	if (say_hello(who, fd, out, &said) == 0)
		return 0;
	/* It took the connection and ended before it answered. */
	*gone = !strcmp(said.first->code, "E0918");
	if (*gone)
		return 1;
	diags_append(ds, &said);
	return -1;
}

int
supctl_connect(const struct supctl_server *who, const char *state_dir,
	       struct supctl **out, struct diags *ds)
{
	bool gone;
	int rc = try_connect(who, state_dir, out, &gone, ds);

	/* It was killed, and is perhaps on its way back: its watchdog takes no
	 * longer than this. */
	for (int i = 0; rc == 1 && gone && i < RESPAWN_TRIES; i++) {
		poll(NULL, 0, 50);
		rc = try_connect(who, state_dir, out, &gone, ds);
	}
	return rc;
}

int
supctl_ensure(const struct supctl_server *who, const char *state_dir,
	      struct supctl **out, struct diags *ds)
{
	int rc = supctl_connect(who, state_dir, out, ds);

	if (rc <= 0)
		return rc;
	if (start_daemon(who, state_dir, ds))
		return -1;
	for (int i = 0; i < CONNECT_TRIES; i++) {
		rc = supctl_connect(who, state_dir, out, ds);
		if (rc <= 0)
			return rc;
		poll(NULL, 0, 50);
	}
	return diag_err(ds, "E0916", "%s started but does not listen",
			who->title);
}

void
supctl_close(struct supctl *s)
{
	if (!s)
		return;
	close(s->fd);
	buf_done(&s->in);
	free(s);
}

void
supctl_closep(struct supctl **s)
{
	supctl_close(*s);
	*s = NULL;
}

/* ---- calls ---- */

/* 1 a message, 0 nothing within the tick, -1 with a diagnostic. */
static int
receive(struct supctl *s, json_t **msg, struct diags *ds)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	int rc = frame_take(&s->in, msg);
	ssize_t n;
	char *p;

	if (rc > 0)
		return 1;
	if (rc < 0)
		return diag_err(ds, "E0918", "%s sent an invalid reply",
				s->who->title);
	rc = poll(&pfd, 1, TICK_MS);
	if (rc == 0 || (rc < 0 && errno == EINTR))
		return 0;
	p = buf_reserve(&s->in, 16384);
	n = p ? recv(s->fd, p, 16384, MSG_DONTWAIT) : -1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0)
		return diag_err(ds, "E0918", "%s closed the connection",
				s->who->title);
	buf_filled(&s->in, (size_t)n);
	return frame_take(&s->in, msg) == 1;
}

static int
take_reply(struct supctl *s, json_t *msg, json_t **out, struct diags *ds)
{
	const json_t *d;
	size_t i, before = ds->nerrors;

	/* Warnings, too, when all is well. */
	json_array_foreach(jx_get(msg, "diags"), i, d)
		diag_from_json(ds, d);
	if (jx_bool(msg, "ok", false)) {
		if (out)
			*out = json_incref(msg);
		return 0;
	}
	if (ds->nerrors == before)
		diag_err(ds, "E0918", "%s refused without a reason",
			 s->who->title);
	return -1;
}

/* Is the answer to this only given when something has come about? */
static bool
takes_time(const char *op)
{
	static const char *const ops[] = { "stop",       "restart", "wait_gate",
					   "wait_ready", "pause",   "suspend" };

	for (size_t i = 0; i < COUNTOF(ops); i++)
		if (!strcmp(op, ops[i]))
			return true;
	return false;
}

int
supctl_call(struct supctl *s, const char *op, const json_t *args,
	    supctl_event_fn fn, void *arg, json_t **out, struct diags *ds)
{
	int64_t silence = takes_time(op) ? 0 : s->who->silence_ms;
	uint64_t until = silence ? mono_ms() + (uint64_t)silence : UINT64_MAX;
	CLEANUP(put_json) json_t *req = NULL;
	int64_t id = ++s->next_id;

	req = args ? json_copy((json_t *)(uintptr_t)args) : json_object();
	json_object_set_new(req, "op", json_string(op));
	json_object_set_new(req, "id", json_integer(id));
	if (frame_send(s->fd, req))
		return diag_errno(ds, "E0918", "cannot connect to %s",
				  s->who->title);
	for (;;) {
		CLEANUP(put_json) json_t *msg = NULL;
		int rc = receive(s, &msg, ds);

		if (rc < 0)
			return -1;
		if (rc == 0) {
			if (fn && fn(arg, NULL, "", ""))
				return 1;
			if (mono_ms() > until)
				return silent(s->who, peer_of(s->fd), ds);
			continue;
		}
		if (jx_int(msg, "id", 0) != id)
			continue;
		if (!jx_get(msg, "event"))
			return take_reply(s, msg, out, ds);
		if (fn && fn(arg, jx_str(msg, "name", ""),
			     jx_str(msg, "state", ""), jx_str(msg, "text", "")))
			return 1;
	}
}
