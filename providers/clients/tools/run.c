#include "providers/clients/tools/run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"
#include "providers/clients/tools/secret.h"
#include "providers/clients/tools/shim.h"
#include "providers/clients/tools/tool_env.h"

#define POLL_MS 100 /* how often cancellation is looked for */

struct running {
	struct effect_ctx *ctx;
	const struct tool *t;
	const char *name; /* for messages */
	pid_t shim;
	int ctl, out, sout; /* shim; output; standard output or -1 */
	int log;
	int64_t pgid;
	struct buf tail, line, said; /* said: lines of the shim */
	uint64_t end;                /* monotonic ms, or 0 */
	int status;                  /* -1 while it runs */
	int exec_errno;
	bool cancelled, timed_out, broken;
};

char *
tool_find(struct arena *a, const char *path, const char *name)
{
	const char *p = path ? path : getenv("PATH");

	if (strchr(name, '/'))
		return access(name, X_OK) ? NULL : arena_strdup(a, name);
	while (p && *p) {
		size_t n = strcspn(p, ":");
		char *file = arena_printf(a, "%.*s/%s", (int)n, p, name);
		struct stat st;

		if (n > 0 && stat(file, &st) == 0 && S_ISREG(st.st_mode) &&
		    access(file, X_OK) == 0)
			return file;
		p += n + (p[n] == ':');
	}
	return NULL;
}

/* --- the environment --- */

/* Adds a variable, replacing one of the same name. */
static void
env_put(char **env, size_t *n, const char *var)
{
	size_t len = strcspn(var, "=") + 1, i;

	for (i = 0; i < *n; i++)
		if (strncmp(env[i], var, len) == 0)
			break;
	env[i] = (char *)(uintptr_t)var;
	if (i == *n)
		++*n;
}

static char **
run_make_env(struct arena *a, const struct tool *t)
{
	size_t n = 0, max = 2, i;
	char **env;

	for (i = 0; environ[i]; i++)
		max++;
	for (i = 0; t->env && t->env[i]; i++)
		max++;
	env = arena_alloc(a, max * sizeof(*env));
	for (i = 0; environ[i]; i++)
		if (tool_env_allowed(environ[i]))
			env_put(env, &n, environ[i]);
	if (t->path)
		env_put(env, &n, arena_printf(a, "PATH=%s", t->path));
	for (i = 0; t->env && t->env[i]; i++)
		env_put(env, &n, t->env[i]);
	return env;
}

/* --- starting --- */

/* A test program is none, and says where one is. */
char *
worker_path(struct arena *a)
{
	const char *dir = getenv("OPL2_LIBEXEC");
	CLEANUP(freep) char *self = program_self();
	const char *base = self ? strrchr(self, '/') : NULL;

	if (!dir || (base && strcmp(base, "/opl2-worker") == 0))
		return arena_strdup(a, "/proc/self/exe");
	return arena_printf(a, "%s/opl2-worker", dir);
}

static const char **
shim_argv(struct arena *a, const char *shim, const char *file,
	  const struct tool *t)
{
	size_t n = 0, folders = 0, at = 0;
	const char **argv;

	while (t->argv[n])
		n++;
	while (t->changes && t->changes[folders])
		folders++;
	argv = arena_alloc(a, (n + folders + 6) * sizeof(*argv));
	argv[at++] = shim;
	argv[at++] = "--shim";
	argv[at++] = arena_printf(a, "%d", (int)getpid());
	if (t->changes)
		argv[at++] = t->net ? "net" : "alone";
	for (size_t i = 0; i < folders; i++)
		argv[at++] = t->changes[i];
	argv[at++] = "--";
	argv[at++] = file;
	for (size_t i = 1; i < n; i++)
		argv[at++] = t->argv[i];
	return argv;
}

/* ends: the child's ends of control socket, output, standard output. */
static int
spawn_shim(struct running *r, const char *file, const int ends[3])
{
	struct arena *a = r->ctx->arena;
	const char *shim = worker_path(a);
	struct spawn s = { .path = shim,
			   .argv = shim_argv(a, shim, file, r->t),
			   .env = run_make_env(a, r->t),
			   .dir = r->t->cwd,
			   .in = r->t->stdin_file,
			   .fd = { SPAWN_NULL, ends[ends[2] >= 0 ? 2 : 1],
				   ends[1], [SHIM_FD] = ends[0] },
			   .nfds = SHIM_FD + 1 };

	r->shim = spawn_program(&s);
	return r->shim < 0 ? -1 : 0;
}

/* The ends that we poll are non-blocking. */
static int
make_pipe(int *ours, int *theirs)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return -1;
	*ours = p[0];
	*theirs = p[1];
	fcntl(*ours, F_SETFL, O_NONBLOCK);
	return 0;
}

static int
run_start(struct running *r, const char *file)
{
	int ends[3] = { -1, -1, -1 }, sv[2], rc = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == 0) {
		r->ctl = sv[0];
		ends[0] = sv[1];
		if (make_pipe(&r->out, &ends[1]) == 0 &&
		    (!r->t->out || make_pipe(&r->sout, &ends[2]) == 0))
			rc = spawn_shim(r, file, ends);
	}
	if (rc)
		diag_errno(r->ctx->ds, "E0620", "'%s' could not be started",
			   r->name);
	for (int i = 0; i < 3; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return rc;
}

/* --- while it runs --- */

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
give_lines(struct running *r, const char *p, size_t n)
{
	const char *nl;

	while ((nl = memchr(p, '\n', n))) {
		buf_add(&r->line, p, (size_t)(nl - p));
		r->t->line(r->t->arg, buf_str(&r->line));
		buf_reset(&r->line);
		n -= (size_t)(nl - p) + 1;
		p = nl + 1;
	}
	buf_add(&r->line, p, n);
}

static void
on_text(struct running *r, const char *p, size_t n)
{
	if (r->log >= 0 && fd_write_all(r->log, p, n)) {
		diag_errno(r->ctx->ds, "E0501", "cannot write '%s'", r->t->log);
		close(r->log);
		r->log = -1;
		r->broken = true;
	}
	buf_add(&r->tail, p, n);
	if (r->tail.n > LIM_TOOL_TAIL)
		buf_drop(&r->tail, r->tail.n - LIM_TOOL_TAIL);
	if (r->t->line)
		give_lines(r, p, n);
}

/* Reads a piece of what is there, for a tool that never stops printing must
 * still be stopped; at the end of the stream closes and sets fd to -1. True
 * when there may be more. */
static bool
drain(struct running *r, int *fd)
{
	char text[16384];
	ssize_t n = read(*fd, text, sizeof(text));

	if (n > 0 && fd == &r->sout)
		buf_add(r->t->out, text, (size_t)n);
	else if (n > 0)
		on_text(r, text, (size_t)n);
	else if (n == 0)
		close_fd(fd);
	return n > 0 || (n < 0 && errno == EINTR);
}

static void
shim_says(struct running *r, char *line)
{
	char *save = NULL;
	const char *what = strtok_r(line, " ", &save);
	const char *a = strtok_r(NULL, " ", &save);
	const char *b = strtok_r(NULL, " ", &save);
	uint64_t va = 0, vb = 0;

	if (!what || !a || !b || parse_u64(a, INT32_MAX, &va) ||
	    parse_u64(b, UINT64_MAX, &vb))
		return;
	if (*what == 'p') {
		r->pgid = (int64_t)va;
		if (effect_pgroup(r->ctx, r->pgid, vb)) {
			r->broken = true;
			close_fd(&r->ctl); /* which kills it */
		} else if (send(r->ctl, "g", 1, MSG_NOSIGNAL) != 1) {
			r->status = 137;
		}
	} else if (*what == 'e') {
		r->exec_errno = (int)va;
		r->status = 126;
	} else if (*what == 'x') {
		r->status = (int)va;
	}
}

static void
on_ctl(struct running *r)
{
	char text[256];
	ssize_t n = recv(r->ctl, text, sizeof(text), MSG_DONTWAIT);
	char *nl;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close_fd(&r->ctl);
		if (r->status < 0)
			r->status = 137;
		return;
	}
	buf_add(&r->said, text, (size_t)n);
	while (r->said.n && (nl = memchr(r->said.p, '\n', r->said.n))) {
		size_t len = (size_t)(nl - r->said.p);

		*nl = '\0';
		shim_says(r, r->said.p);
		buf_drop(&r->said, len + 1);
	}
}

/* Asks the shim to stop it; the shim grows impatient by itself. */
static void
check_stop(struct running *r)
{
	if (r->cancelled || r->timed_out || r->ctl < 0)
		return;
	if (effect_cancelled(r->ctx))
		r->cancelled = true;
	else if (r->end && mono_ms() >= r->end)
		r->timed_out = true;
	else
		return;
	if (send(r->ctl, "k", 1, MSG_NOSIGNAL) != 1)
		close_fd(&r->ctl);
}

static void
watch(struct running *r)
{
	while (r->status < 0) {
		struct pollfd p[3] = { { .fd = r->ctl, .events = POLLIN },
				       { .fd = r->out, .events = POLLIN },
				       { .fd = r->sout, .events = POLLIN } };

		if (poll(p, 3, POLL_MS) > 0) {
			if (p[1].revents)
				drain(r, &r->out);
			if (p[2].revents)
				drain(r, &r->sout);
			if (p[0].revents)
				on_ctl(r);
		}
		if (r->t->tick)
			r->t->tick(r->t->arg);
		check_stop(r);
		if (r->ctl < 0 && r->status < 0)
			r->status = 137;
	}
	close_fd(&r->ctl);
	while (waitpid(r->shim, NULL, 0) < 0 && errno == EINTR)
		;
	/* All writers are dead: what is in the pipes is all there is. */
	while (r->out >= 0 && drain(r, &r->out))
		;
	while (r->sout >= 0 && drain(r, &r->sout))
		;
	if (r->t->line && r->line.n)
		r->t->line(r->t->arg, buf_str(&r->line));
	if (r->pgid)
		effect_pgroup_end(r->ctx, r->pgid);
}

static enum outcome
run_judge(struct running *r)
{
	struct diags *ds = r->ctx->ds;

	if (r->broken)
		return OC_FAIL;
	if (r->cancelled) {
		diag_err(ds, "E0623", "'%s' was stopped", r->name);
		return OC_CANCELLED;
	}
	if (r->timed_out) {
		diag_err(ds, "E0622", "'%s' did not end within %llu s", r->name,
			 (unsigned long long)r->t->timeout_ms / 1000);
	} else if (r->exec_errno) {
		errno = r->exec_errno;
		diag_errno(ds, "E0620", "'%s' could not be started", r->name);
	} else if (r->t->out && r->t->out->over) {
		diag_err(ds, "E0621", "'%s' printed too much output", r->name);
	} else if (r->t->status) {
		*r->t->status = r->status;
		return OC_OK;
	} else if (r->status) {
		diag_err(ds, "E0621",
			 r->status > 128 ? "'%s' was killed by signal %d"
					 : "'%s' failed with status %d",
			 r->name,
			 r->status > 128 ? r->status - 128 : r->status);
	} else {
		return OC_OK;
	}
	if (r->tail.n) {
		CLEANUP(put_json)
		json_t *known = json_pack("{s:s*}", "", r->t->secret);

		secret_redact(&r->tail, known);
		diag_detail(ds, buf_str(&r->tail));
	}
	if (r->t->log)
		diag_hint(ds, "the full output is in '%s'", r->t->log);
	return OC_FAIL;
}

static int
run_open_log(struct running *r)
{
	CLEANUP(freep) char *dir = NULL;
	const char *slash;

	if (!r->t->log)
		return 0;
	slash = strrchr(r->t->log, '/');
	if (slash && slash > r->t->log) {
		dir = xstrndup(r->t->log, (size_t)(slash - r->t->log));
		if (file_mkdirs(dir, 0700, r->ctx->ds))
			return -1;
	}
	r->log = open(r->t->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		      0600);
	if (r->log < 0)
		return diag_errno(r->ctx->ds, "E0501", "cannot open '%s'",
				  r->t->log);
	return 0;
}

enum outcome
tool_run(struct effect_ctx *ctx, const struct tool *t)
{
	struct running r = { .ctx = ctx,
			     .t = t,
			     .ctl = -1,
			     .out = -1,
			     .sout = -1,
			     .log = -1,
			     .status = -1,
			     .tail = BUF_INIT(LIM_TOOL_TAIL + 32768),
			     .line = BUF_INIT(65536),
			     .said = BUF_INIT(4096) };
	const char *base = strrchr(t->argv[0], '/');
	const char *file = tool_find(ctx->arena, t->path, t->argv[0]);
	enum outcome oc = OC_FAIL;

	r.name = base ? base + 1 : t->argv[0];
	if (!file) {
		diag_err(ctx->ds, "E0620", "cannot find the program '%s'",
			 t->argv[0]);
		return OC_FAIL;
	}
	r.end = t->timeout_ms ? mono_ms() + t->timeout_ms : 0;
	if (run_open_log(&r) == 0 && run_start(&r, file) == 0) {
		watch(&r);
		oc = run_judge(&r);
	}
	close_fd(&r.log);
	close_fd(&r.ctl);
	close_fd(&r.out);
	close_fd(&r.sout);
	buf_done(&r.tail);
	buf_done(&r.line);
	buf_done(&r.said);
	return oc;
}
