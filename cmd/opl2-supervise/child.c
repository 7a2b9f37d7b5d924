/*
 * Starting and watching one child.
 *
 * fork, not posix_spawn: the child waits on a pipe until its pid is on disk,
 * and only then executes its program. A supervisor that dies in between
 * closes the pipe, and the child ends without having been anything; so there
 * is never a node that no record knows, and never a second one on its data.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/libc.h"
#include "providers/clients/tools/port.h"
#include "providers/clients/tools/secret.h"
#include "providers/facts/listen.h"

#define GROUP_OF_PIDFD 4u /* PIDFD_SIGNAL_PROCESS_GROUP of linux/pidfd.h */

/* Everything that the child needs, made before the fork: after it, only
 * async-signal-safe calls are made. */
struct launch {
	char **argv, **envp;
	const char *dir;
	int log, null, go, status;
};

static void
vec_free(char **v)
{
	for (size_t i = 0; v && v[i]; i++) {
		explicit_bzero(v[i], strlen(v[i]));
		free(v[i]);
	}
	free(v);
}

/* *paused: these arguments start it paused. */
static char **
build_argv(const struct proc *p, bool *paused)
{
	struct process_texts cmd = p->def->command, more = { 0 };
	char **argv;
	size_t i, n = 0;

	if (pause_wanted(p))
		more = p->def->pause.args;
	*paused = more.n > 0;
	argv = xcalloc(cmd.n + more.n + 1, sizeof(*argv));
	for (i = 0; i < cmd.n; i++)
		argv[n++] = xstrdup(cmd.v[i]);
	for (i = 0; i < more.n; i++)
		argv[n++] = xstrdup(more.v[i]);
	return argv;
}

static bool
is_set_in(const json_t *env, const char *entry)
{
	char name[256];
	const char *eq = strchr(entry, '=');

	snprintf(name, sizeof(name), "%.*s", (int)(eq ? eq - entry : 0), entry);
	return !eq || json_object_get(env, name);
}

/* The supervisor's own environment is small (main.c sees to it). */
static int
build_envp(struct proc *p, char ***out, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *known = unlock_table(&p->unlock, p->sup->secrets);
	CLEANUP(put_json) json_t *env = json_object();
	const json_t *lists = p->def->failover.env, *v;
	size_t n = 0, have = 0;
	const char *key;
	char **envp;

	json_object_update(env, (json_t *)(uintptr_t)p->def->env);
	json_object_update(env, (json_t *)(uintptr_t)lists);
	while (environ[have])
		have++;
	envp = xcalloc(have + json_object_size(env) + 1, sizeof(*envp));
	for (size_t i = 0; i < have; i++)
		if (!is_set_in(env, environ[i]))
			envp[n++] = xstrdup(environ[i]);
	json_object_foreach(env, key, v) {
		CLEANUP(secret_wipe) struct buf b = BUF_INIT(SECRET_MAX);

		if (secret_resolve(v, known, NULL, &b, ds)) {
			vec_free(envp);
			return -1;
		}
		if (jx_get(lists, key))
			failover_choose(p, &b);
		envp[n++] = xasprintf("%s=%s", key, buf_str(&b));
	}
	*out = envp;
	return 0;
}

NORETURN static void
child_main(const struct launch *l)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;
	char byte;
	int err;

	sigemptyset(&none);
	for (int sig = 1; sig < NSIG; sig++)
		sigaction(sig, &dfl, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	if (dup2(l->null, 0) < 0 || dup2(l->log, 1) < 0 || dup2(l->log, 2) < 0)
		_exit(126);
	/* The two pipes go to 3 and 4, whatever numbers they have. */
	err = fcntl(l->go, F_DUPFD_CLOEXEC, 10);
	if (err < 0 ||
	    dup3(fcntl(l->status, F_DUPFD_CLOEXEC, 10), 3, O_CLOEXEC) < 0 ||
	    dup3(err, 4, O_CLOEXEC) < 0)
		_exit(126);
	close_range(5, ~0u, 0);
	if (read(4, &byte, 1) != 1)
		_exit(125);
	if (chdir(l->dir) == 0)
		execve(l->argv[0], l->argv, l->envp);
	err = errno;
	if (write(3, &err, sizeof(err)) < 0)
		_exit(126);
	_exit(127);
}

void
child_how_it_ended(const siginfo_t *si, char *out, size_t n)
{
	const char *sig;

	if (si->si_code == CLD_EXITED) {
		snprintf(out, n, "exited with status %d", si->si_status);
		return;
	}
	sig = sigabbrev_np(si->si_status);
	snprintf(out, n, "was killed by SIG%s%s", sig ? sig : "?",
		 si->si_code == CLD_DUMPED ? " (core dumped)" : "");
}

/* By pidfd, for the number of one that ended may be another's by now; before
 * Linux 6.9 only what the number says can be looked at. */
int
child_signal_group(const struct proc *p, int sig)
{
	uint64_t start;

	if (pidfd_send_signal(p->pidfd, sig, NULL, GROUP_OF_PIDFD) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	start = pid_starttime(p->pid);
	if (start && start != p->starttime)
		return -1;
	return kill(-p->pid, sig);
}

static void
on_exec(void *arg, uint32_t events UNUSED)
{
	struct proc *p = arg;
	ssize_t n;
	int err = 0;

	n = read(p->execfd, &err, sizeof(err));
	watch_off(&p->sup->loop, &p->execw);
	close(p->execfd);
	p->execfd = -1;
	if (n != sizeof(err)) {
		machine_executed(p);
		return;
	}
	/* It exits by itself; what is said about it is this. */
	proc_set_reason(p, "E0902", "cannot run '%s': %s", p->def->command.v[0],
			strerror(err));
}

static void
on_end(void *arg, uint32_t events UNUSED)
{
	struct proc *p = arg;
	siginfo_t si = { 0 };
	char text[64];
	bool mine;

	mine = waitid(P_PIDFD, (id_t)p->pidfd, &si,
		      WEXITED | WNOHANG | WNOWAIT) == 0;
	if (mine && si.si_pid == 0)
		return;
	/* Why it never ran its program may not have been read yet. */
	if (p->execfd >= 0)
		on_exec(p, 0);
	/* Whatever is left of its group had its parent in what ended. Told
	 * first: the number is nobody else's until it is waited for. */
	child_signal_group(p, SIGTERM);
	if (mine)
		waitid(P_PIDFD, (id_t)p->pidfd, &si, WEXITED | WNOHANG);
	if (child_signal_group(p, 0) == 0)
		sup_log(p->sup, "%s: sent a signal to the rest of its group",
			p->name);
	child_forget(p);
	if (mine)
		child_how_it_ended(&si, text, sizeof(text));
	machine_exited(p, mine ? text : NULL);
}

void
child_forget(struct proc *p)
{
	struct loop *l = &p->sup->loop;

	watch_off(l, &p->pidw);
	watch_off(l, &p->execw);
	if (p->pidfd >= 0)
		close(p->pidfd);
	if (p->execfd >= 0)
		close(p->execfd);
	p->pidfd = p->execfd = -1;
}

bool
child_adopt(struct proc *p)
{
	siginfo_t si = { 0 };

	p->pidfd = pidfd_open(p->pid, 0);
	/* Checked after the open: now the pid cannot change its meaning. */
	if (p->pidfd >= 0 && pid_starttime(p->pid) == p->starttime &&
	    watch_on(&p->sup->loop, &p->pidw, p->pidfd, EPOLLIN, on_end, p) ==
		    0) {
		/* After a re-exec in place it is still our child. */
		p->adopted = waitid(P_PIDFD, (id_t)p->pidfd, &si,
				    WEXITED | WNOHANG | WNOWAIT) != 0;
		return true;
	}
	child_forget(p);
	return false;
}

/* Refuses before the fork what can be known before it. */
static int
ports_free(struct proc *p)
{
	CLEANUP(arena_done) struct arena a;
	CLEANUP(put_json) json_t *argv = process_texts_encode(p->def->command);

	arena_init(&a);
	for (size_t i = 0; i < p->def->nports; i++) {
		const char *name = p->def->ports[i].name;
		unsigned port = p->def->ports[i].port;
		const char *host = port_host(&a, argv, port);
		char comm[32] = "";
		pid_t pid = 0;

		if (port == 0 ||
		    !port_holder(host, port, &pid, comm, sizeof(comm)))
			continue;
		if (pid)
			machine_start_failed(p, true, "E0905",
					     "port %u (%s) is in use by pid %d "
					     "(%s)",
					     port, name, (int)pid, comm);
		else
			machine_start_failed(p, true, "E0905",
					     "port %u (%s) is in use by a "
					     "process of another user",
					     port, name);
		return -1;
	}
	return 0;
}

/* Records the child, then lets it go on. */
static int
record_and_go(struct proc *p, int go)
{
	CLEANUP(diags_done) struct diags ds;
	int rc = 0;

	diags_init(&ds);
	p->starttime = pid_starttime(p->pid);
	p->since = unix_now();
	process_def_put(p->run_def);
	p->run_def = process_def_share(p->def);
	p->new_secrets = false;
	p->log_from = p->failover.at = p->hang_at = scan_mark(p->def);
	p->hung = NULL;
	p->failover.hits = 0;
	FAULT("supervise.before_record");
	if (proc_save(p, &ds) || !child_adopt(p)) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		p->pid = 0;
		machine_start_failed(
			p, false, "E0903", "cannot record that it started: %s",
			ds.first ? ds.first->summary : "it is gone");
		rc = -1;
	} else {
		FAULT("supervise.after_record");
		if (write(go, "g", 1) != 1)
			sup_log(p->sup,
				"%s: it ended before its program started",
				p->name);
	}
	return rc;
}

static enum spawn_result
do_fork(struct proc *p, struct launch *l)
{
	int go[2] = { -1, -1 }, st[2] = { -1, -1 };
	enum spawn_result res = SPAWN_FAILED;

	if (pipe2(go, O_CLOEXEC) || pipe2(st, O_CLOEXEC)) {
		machine_start_failed(p, false, "E0903", "no pipe: %s",
				     strerror(errno));
		goto out;
	}
	l->go = go[0];
	l->status = st[1];
	p->pid = fork();
	if (p->pid == 0)
		child_main(l);
	if (p->pid < 0) {
		p->pid = 0;
		machine_start_failed(p, false, "E0903",
				     "cannot create a process: %s",
				     strerror(errno));
		goto out;
	}
	if (record_and_go(p, go[1]))
		goto out;
	p->execfd = st[0];
	st[0] = -1;
	if (watch_on(&p->sup->loop, &p->execw, p->execfd, EPOLLIN, on_exec, p))
		sup_log(p->sup, "%s: cannot monitor its start", p->name);
	res = SPAWN_OK;
out:
	for (int i = 0; i < 2; i++) {
		if (go[i] >= 0)
			close(go[i]);
		if (st[i] >= 0)
			close(st[i]);
	}
	return res;
}

enum spawn_result
child_spawn(struct proc *p)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(close_fdp) int log = -1;
	CLEANUP(close_fdp) int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct launch l = { .dir = p->def->dir };
	enum spawn_result res;

	diags_init(&ds);
	if (ports_free(p))
		return SPAWN_FAILED;
	if (build_envp(p, &l.envp, &ds)) {
		proc_set_reason(p, "E0909", "cannot start: %s",
				ds.first->summary);
		return SPAWN_BLOCKED;
	}
	if (log_open(p->def, &log, &ds) || null < 0) {
		vec_free(l.envp);
		machine_start_failed(p, false, "E0903", "%s",
				     ds.first ? ds.first->summary
					      : "no /dev/null");
		return SPAWN_FAILED;
	}
	l.argv = build_argv(p, &p->pause.told);
	p->pause.since = unix_now();
	l.log = log;
	l.null = null;
	res = do_fork(p, &l);
	vec_free(l.argv);
	vec_free(l.envp);
	return res;
}
