/*
 * The shim between a worker and a tool. It stays the tool's parent and adopts
 * what the tool leaves behind, so that everything can be killed when the
 * worker says so or dies, a SIGKILL included.
 *
 * On SHIM_FD: to the worker "p PGID STARTTIME\n" when the tool's group exists,
 * "e ERRNO\n" when it could not be started, "x STATUS\n" (128 + signal) when
 * it ended; from the worker 'g' lets the tool begin, 'k' stops it, and the end
 * of the stream kills it at once.
 */
#include "cmd/opl2-worker/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/base/pid.h"
#include "engine/base/units.h"
#include "providers/clients/store/confine.h"
#include "providers/clients/tools/shim.h"

#define GRACE_MS 3000 /* between SIGTERM and SIGKILL */

struct shim {
	pid_t pid;   /* of the tool, leader of its group */
	int go, err; /* lets the tool begin; why it could not */
	int sigs;    /* signalfd */
	int status;  /* exit code; -1: not waited for, so its number is its own
		      */
	bool dead;   /* the worker is gone */
	bool stopping;
	/* The folders that the tool may change, when it is confined to them. */
	bool confines, net;
	char **changes;
	size_t nchanges;
};

static void
shim_say(struct shim *s, const char *what, uint64_t a, uint64_t b)
{
	char line[80];
	int n = snprintf(line, sizeof(line), "%s %llu %llu\n", what,
			 (unsigned long long)a, (unsigned long long)b);

	if (send(SHIM_FD, line, (size_t)n, MSG_NOSIGNAL) != n)
		s->dead = true;
}

static NORETURN void
be_tool(struct shim *s, int go, int err, pid_t parent, char **argv)
{
	sigset_t none;
	char c;
	int e;

	/* Should the shim be killed, at least the leader goes with it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
	setpgid(0, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (read(go, &c, 1) != 1)
		_exit(125);
	/* A kernel that cannot do it does not keep the tool from its work. */
	if (s->confines)
		(void)confine_self((const char *const *)s->changes, s->nchanges,
				   s->net);
	execv(argv[0], argv);
	e = errno;
	if (write(err, &e, sizeof(e)) < 0)
		_exit(125);
	_exit(126);
}

static int
shim_start(struct shim *s, char **argv)
{
	pid_t self = getpid();
	int go[2], err[2];

	if (pipe2(go, O_CLOEXEC) || pipe2(err, O_CLOEXEC | O_NONBLOCK))
		return -1;
	s->pid = fork();
	if (s->pid < 0)
		return -1;
	if (s->pid == 0) {
		close(go[1]);
		be_tool(s, go[0], err[1], self, argv);
	}
	setpgid(s->pid, s->pid);
	close(go[0]);
	close(err[1]);
	s->go = go[1];
	s->err = err[0];
	shim_say(s, "p", (uint64_t)s->pid, pid_born(s->pid));
	return 0;
}

/* Daemons that left the group have become our children. */
static void
kill_adopted(void)
{
	char path[64], text[4096];
	ssize_t n;
	char *p, *sp;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return;
	text[n] = '\0';
	for (p = text; (sp = strchr(p, ' ')); p = sp + 1) {
		uint64_t pid;

		*sp = '\0';
		if (parse_u64(p, INT32_MAX, &pid) == 0 && pid > 1)
			kill((pid_t)pid, SIGKILL);
	}
}

/* Reaps one child: 1, or 0 when there is none to reap (now). The tool's group
 * goes before its leader is waited for, which sets the number free. */
static int
reap_one(struct shim *s, int flags)
{
	siginfo_t si = { 0 };

	while (waitid(P_ALL, 0, &si, WEXITED | WNOWAIT | flags))
		if (errno != EINTR)
			return 0;
	if (si.si_pid == 0)
		return 0;
	if (si.si_pid == s->pid) {
		kill(-s->pid, SIGKILL);
		s->status = si.si_code == CLD_EXITED ? si.si_status
						     : 128 + si.si_status;
	}
	waitid(P_PID, (id_t)si.si_pid, &si, WEXITED | WNOHANG);
	return 1;
}

/* Kills all that is left, until there is nobody to wait for. */
static void
sweep(struct shim *s)
{
	do {
		if (s->status < 0)
			kill(-s->pid, SIGKILL);
		kill_adopted();
	} while (reap_one(s, 0));
}

static void
on_worker(struct shim *s)
{
	char c;
	ssize_t n = recv(SHIM_FD, &c, 1, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->dead = true;
	} else if (c == 'g' && s->go >= 0) {
		if (write(s->go, "g", 1) != 1)
			s->dead = true;
		close(s->go);
		s->go = -1;
	} else if (c == 'k') {
		s->stopping = true;
		if (s->status < 0)
			kill(-s->pid, SIGTERM);
	}
}

static void
on_signal(struct shim *s)
{
	struct signalfd_siginfo si;

	while (read(s->sigs, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		if (si.ssi_signo == SIGCHLD)
			while (reap_one(s, WNOHANG))
				;
		else
			s->dead = true;
	}
}

static void
watch(struct shim *s)
{
	struct pollfd p[2] = { { .fd = SHIM_FD, .events = POLLIN },
			       { .fd = s->sigs, .events = POLLIN } };

	while (s->status < 0 && !s->dead) {
		int n = poll(p, 2, s->stopping ? GRACE_MS : -1);

		if (n == 0)
			return;
		if (n > 0 && p[1].revents)
			on_signal(s);
		if (n > 0 && p[0].revents && s->status < 0)
			on_worker(s);
	}
}

/* The tool, after what it may change; NULL when there is none. */
static char **
read_arguments(struct shim *s, char **argv)
{
	if (*argv && strcmp(*argv, "--") != 0) {
		s->confines = true;
		s->net = strcmp(*argv++, "net") == 0;
		s->changes = argv;
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		s->nchanges = (size_t)(argv - s->changes);
	}
	return *argv && argv[1] ? argv + 1 : NULL;
}

int
shim_main(int argc, char **argv)
{
	struct shim s = { .go = -1, .status = -1 };
	char **tool = argc < 5 ? NULL : read_arguments(&s, argv + 3);
	uint64_t parent;
	sigset_t set;
	int e = 0;

	if (!tool || parse_u64(argv[2], INT32_MAX, &parent))
		return 3;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	fcntl(SHIM_FD, F_SETFD, FD_CLOEXEC);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s.sigs = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* The worker may have died before prctl: then nobody tells us. */
	if (s.sigs < 0 || getppid() != (pid_t)parent)
		return 3;
	if (shim_start(&s, tool)) {
		shim_say(&s, "e", (uint64_t)errno, 0);
		return 3;
	}
	watch(&s);
	sweep(&s);
	if (read(s.err, &e, sizeof(e)) == (ssize_t)sizeof(e))
		shim_say(&s, "e", (uint64_t)e, 0);
	else
		shim_say(&s, "x", s.status < 0 ? 137u : (uint64_t)s.status, 0);
	return 0;
}
