/*
 * opl2-supervise --dir=DIR: runs the processes of one chain; DIR is its .opl2.
 *
 * Started so, it becomes a daemon: a watchdog, which starts the supervisor. The
 * command itself ends when the supervisor listens, or says why it does not.
 * --pod is of containers: pod.h. The other options are what the program says to
 * itself.
 */
#include "cmd/opl2-supervise/sup.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "cmd/opl2-supervise/loop/fetch.h"
#include "cmd/opl2-supervise/pod.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/base/units.h"
#include "engine/diag/exit.h"
#include "engine/io/file.h"
#include "engine/io/flock.h"
#include "engine/io/jx.h"
#include "engine/io/libc.h"

struct options {
	char *dir;
	bool watchdog, supervisor, resolve, prepare;
	struct pod_options pod;
	int memfd, notify;
	pid_t watch, watchdog_pid;
};

int64_t
unix_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

void
sup_log(const struct sup *s UNUSED, const char *fmt, ...)
{
	char line[1400], when[32] = "";
	struct tm tm;
	time_t t = (time_t)unix_now();
	va_list ap;
	int n;

	if (gmtime_r(&t, &tm))
		strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	n = snprintf(line, sizeof(line), "%s [%d] ", when, (int)getpid());
	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	n = (int)strlen(line);
	line[n] = '\n';
	/* One write: the file is open for appending, by the watchdog too. */
	if (write(STDERR_FILENO, line, (size_t)n + 1) < 0)
		return;
}

static void
nothing(void *arg UNUSED)
{
}

void
sup_kick(struct sup *s)
{
	/* The timer does nothing: it makes the loop take another turn. */
	if (!s->kick.on)
		timer_on(&s->loop, &s->kick, 0, nothing, s);
}

static void
notify(int fd, const char *text)
{
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		return;
	close(fd);
}

static void
on_signal(void *arg, uint32_t events UNUSED)
{
	struct sup *s = arg;
	struct signalfd_siginfo si;

	if (read(s->sigw.fd, &si, sizeof(si)) != sizeof(si))
		return;
	if (s->pod) {
		if (si.ssi_signo != SIGHUP)
			pod_end(s);
		return;
	}
	sup_log(s, "signal %u: exiting; processes keep running", si.ssi_signo);
	s->loop.quit = true;
}

/* Those that come from now on are kept until somebody looks. */
static sigset_t
hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return set;
}

static int
catch_signals(struct sup *s)
{
	sigset_t set = hold_signals();
	int fd;

	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -1
		      : watch_on(&s->loop, &s->sigw, fd, EPOLLIN, on_signal, s);
}

/* A supervisor that was just killed may take a moment to be gone. */
static bool
still_supervised(void *arg UNUSED, unsigned before)
{
	usleep(50000);
	return before == 40;
}

/* 0 locked, 1 another supervisor has it. The descriptor is never closed. */
static int
take_lock(const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *path = path_join(dir, "run/supervise.lock");
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return diag_errno(ds, "E0910", "cannot open '%s'", path);
	rc = flock_wait(fd, still_supervised, NULL);
	if (rc < 0)
		diag_errno(ds, "E0910", "cannot lock '%s'", path);
	if (rc)
		close(fd);
	return rc;
}

static int
sup_set_up(struct sup *s, struct diags *ds)
{
	struct diag *d;

	if (loop_init(&s->loop) || catch_signals(s))
		return diag_errno(ds, "E0910", "cannot create the event loop");
	s->secrets = secret_memory_load(s->memfd);
	boot_id_read(s->boot_id);
	failover_load(s);
	if (procs_load(s, ds) || server_open(s, ds))
		return -1;
	/* A record that cannot be read is no reason not to run the others. */
	for (d = ds->first; d; d = d->next)
		sup_log(s, "%s", d->summary);
	logs_tick(s);
	return 0;
}

static void
tear_down(struct sup *s)
{
	struct proc *p;

	pod_close(s);
	server_close(s);
	while ((p = s->procs)) {
		s->procs = p->next;
		proc_free(p);
	}
	json_decref(s->secrets);
	json_decref(s->failover);
	timer_off(&s->loop, &s->log_tick);
	if (s->watchdog_pidfd >= 0)
		close(s->watchdog_pidfd);
	loop_done(&s->loop);
}

static int
supervisor_main(const struct options *o)
{
	struct sup s = { .dir = o->dir,
			 .memfd = o->memfd,
			 .watchdog_pid = o->watchdog_pid,
			 .watchdog_pidfd = -1 };
	CLEANUP(diags_done) struct diags ds;
	int rc;

	diags_init(&ds);
	fcntl(o->memfd, F_SETFD, FD_CLOEXEC);
	if (o->notify >= 0)
		fcntl(o->notify, F_SETFD, FD_CLOEXEC);
	mem_hide();
	rc = take_lock(o->dir, &ds);
	if (rc == 0 && sup_set_up(&s, &ds) == 0) {
		watchdog_spawn(&s);
		notify(o->notify, "ok");
		sup_log(&s, "supervisor %s, watchdog pid %d", OPL2_VERSION,
			(int)s.watchdog_pid);
		for (;;) {
			loop_run(&s.loop, machine_turn, &s);
			if (!s.upgrade)
				break;
			upgrade_exec(&s); /* comes back when it failed */
			s.loop.quit = false;
		}
		secret_memory_end(s.memfd);
		sup_log(&s, "ended");
		tear_down(&s);
		return EXIT_OK;
	}
	if (rc == 1) {
		notify(o->notify, "ok");
		secret_memory_end(o->memfd);
		return EXIT_OK;
	}
	sup_log(&s, "cannot start: %s", ds.first->summary);
	/* The first one says why and that is that; a later one is retried. */
	if (o->notify >= 0)
		secret_memory_end(o->memfd);
	notify(o->notify, ds.first->summary);
	return EXIT_FAILED;
}

/* What a daemon and its nodes may know of the caller's environment: no keys.
 * The strings are borrowed; the vector is for ever. */
static char **
small_environment(void)
{
	static const char *const keep[] = {
		"PATH=",           "HOME=",
		"USER=",           "LANG=",
		"LC_ALL=",         "TZ=",
		"TMPDIR=",         "OPL2_LIBEXEC=",
		"http_proxy=",     "https_proxy=",
		"no_proxy=",       "all_proxy=",
		"HTTP_PROXY=",     "HTTPS_PROXY=",
		"NO_PROXY=",       "ALL_PROXY=",
		"SSL_CERT_FILE=",  "SSL_CERT_DIR=",
		"CURL_CA_BUNDLE=", "NODE_EXTRA_CA_CERTS=",
		"OPL2_FAULT="
	};
	char **out = xcalloc(COUNTOF(keep) + 1, sizeof(*out));
	size_t n = 0;

	for (char **e = environ; *e; e++)
		for (size_t i = 0; i < COUNTOF(keep); i++)
			if (!strncmp(*e, keep[i], strlen(keep[i])) &&
			    n < COUNTOF(keep))
				out[n++] = *e;
	return out;
}

static int
pod_folders(const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *run = path_join(dir, "run");
	CLEANUP(freep) char *logs = path_join(dir, "logs");

	return file_mkdirs(run, 0700, ds) || file_mkdirs(logs, 0700, ds) ? -1
									 : 0;
}

/* The first process of a container. */
static int
pod_main(const struct options *o)
{
	struct sup s = { .dir = o->dir, .memfd = -1, .watchdog_pidfd = -1 };
	CLEANUP(diags_done) struct diags ds;
	struct pod_options pod = o->pod;
	int rc;

	/* The kernel drops what the first process of a container does not
	 * hold or handle, and who sent it waits for the whole grace. */
	(void)hold_signals();
	diags_init(&ds);
	pod.paused = getenv("OPL2_PAUSED");
	umask(077);
	environ = small_environment();
	close_range(3, ~0u, 0);
	mem_hide();
	s.memfd = secret_memory_create();
	rc = s.memfd < 0 ? diag_errno(&ds, "E0910", "cannot keep secrets")
			 : pod_folders(o->dir, &ds);
	if (rc == 0)
		rc = take_lock(o->dir, &ds);
	if (rc == 0)
		rc = sup_set_up(&s, &ds);
	if (rc == 0 && pod_open(&s, &pod, &ds)) {
		rc = -1;
		tear_down(&s);
	}
	if (rc) {
		sup_log(&s, "cannot start: %s",
			ds.first ? ds.first->summary
				 : "another supervisor has the folder");
		return EXIT_FAILED;
	}
	sup_log(&s, "supervisor %s, of a pod", OPL2_VERSION);
	loop_run(&s.loop, machine_turn, &s);
	sup_log(&s, "ended");
	tear_down(&s);
	return EXIT_OK;
}

/* Leaves the terminal, the session and every inherited descriptor. */
static int
sup_open_log(const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *run = path_join(dir, "run");
	CLEANUP(freep) char *logs = path_join(dir, "logs");
	CLEANUP(freep) char *path = path_join(logs, "supervise.log");
	CLEANUP(close_fdp) int fd = -1;
	CLEANUP(close_fdp) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (file_mkdirs(run, 0700, ds) || file_mkdirs(logs, 0700, ds))
		return -1;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || null < 0)
		return diag_errno(ds, "E0910", "cannot open '%s'", path);
	dup2(null, 0);
	dup2(null, 1);
	dup2(fd, 2);
	return 0;
}

static int
start_daemon(const struct options *o)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(close_fdp) int said = dup3(2, 3, O_CLOEXEC);
	char text[1024];
	int ready[2], memfd;
	ssize_t got = -1;

	diags_init(&ds);
	environ = small_environment();
	close_range(4, ~0u, 0);
	memfd = secret_memory_create();
	if (sup_open_log(o->dir, &ds) || memfd < 0 || pipe2(ready, O_CLOEXEC)) {
		dprintf(said, "opl2-supervise: %s\n",
			ds.first ? ds.first->summary : strerror(errno));
		return EXIT_FAILED;
	}
	if (self_spawn(o->dir, true, 0, memfd, ready[1]) > 0) {
		close(ready[1]);
		got = read(ready[0], text, sizeof(text));
	}
	if (got == 2 && !memcmp(text, "ok", 2))
		return EXIT_OK;
	dprintf(said, "opl2-supervise: %.*s\n", got > 0 ? (int)got : 15,
		got > 0 ? text : "it ended immediately");
	return EXIT_FAILED;
}

static int
sup_number(const char *text)
{
	uint64_t v;

	return parse_u64(text, INT32_MAX, &v) ? -1 : (int)v;
}

static int
sup_parse(int argc, char **argv, struct options *o)
{
	/* A watchdog of an earlier release starts this program too: to it
	 * "guard" and "guard-pid" are the names. */
	static const struct option opts[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "guard", no_argument, NULL, 'G' },
		{ "guard-pid", required_argument, NULL, 'p' },
		{ "listen", required_argument, NULL, 'l' },
		{ "memfd", required_argument, NULL, 'm' },
		{ "notify", required_argument, NULL, 'n' },
		{ "pod", required_argument, NULL, 'P' },
		{ "prepare", no_argument, NULL, 'e' },
		{ "resolve", no_argument, NULL, 'r' },
		{ "supervisor", no_argument, NULL, 'S' },
		{ "data", required_argument, NULL, 'D' },
		{ "token", required_argument, NULL, 't' },
		{ "volume", required_argument, NULL, 'v' },
		{ "watch", required_argument, NULL, 'w' },
		{ 0 }
	};
	int c;

	while ((c = getopt_long_only(argc, argv, "", opts, NULL)) != -1) {
		switch (c) {
		case 'd':
			o->dir = optarg;
			break;
		case 'G':
			o->watchdog = true;
			break;
		case 'p':
			o->watchdog_pid = sup_number(optarg);
			break;
		case 'l':
			c = sup_number(optarg);
			if (c < 1 || c > 65535)
				return -1;
			o->pod.port = (unsigned)c;
			break;
		case 'P':
			o->pod.definitions = optarg;
			break;
		case 'e':
			o->prepare = true;
			return 0;
		case 'r':
			o->resolve = true;
			return 0;
		case 'm':
			o->memfd = sup_number(optarg);
			break;
		case 'n':
			o->notify = sup_number(optarg);
			break;
		case 'S':
			o->supervisor = true;
			break;
		case 'D':
			o->pod.data = optarg;
			break;
		case 't':
			o->pod.token = optarg;
			break;
		case 'v':
			o->pod.volume = optarg;
			break;
		case 'w':
			o->watch = sup_number(optarg);
			break;
		default:
			return -1;
		}
	}
	return o->dir && *o->dir == '/' && optind == argc ? 0 : -1;
}

int
main(int argc, char **argv)
{
	struct options o = { .memfd = -1, .notify = -1 };

	mem_init();
	if (sup_parse(argc, argv, &o)) {
		fputs("usage: opl2-supervise --dir=/absolute/path/of/.opl2\n"
		      "       opl2-supervise --pod=DEFINITIONS --dir=/absolute"
		      "/path [--listen=PORT]\n",
		      stderr);
		return EXIT_SPEC;
	}
	if (o.prepare)
		return prepare_main();
	if (o.resolve)
		return resolve_main();
	env_spare_local();
	if (o.watchdog)
		return watchdog_main(o.dir, o.memfd, o.watch, o.notify);
	if (o.pod.definitions || o.pod.volume)
		return pod_main(&o);
	if (o.supervisor)
		return supervisor_main(&o);
	return start_daemon(&o);
}
