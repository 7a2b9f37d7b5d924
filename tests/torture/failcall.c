/*
 * failcall: runs a command and has one of its system calls fail.
 *
 * usage: failcall [-l LOG] [-r RECORD] [-p PROGRAM] [-a ARGUMENT] [-c CLASS]
 *                 [-n N -e ERROR] [-k PID] [-s] [-t SECONDS] --
 *                 COMMAND [ARG...]
 *
 * Counts the calls that calls.c knows, of the command and of all that it
 * starts, as long as they are programs of ours (opl2*): any other than the
 * command itself is let go when it is executed. -p counts those of one program,
 * -a those of processes that have such an argument, -c those of one class
 * ("write", "write:file", "disk": all that fails on a disk without space or
 * that became read-only). The Nth fails with ERROR, the name of an errno, or
 * is cut `short`; with -s all calls after it that a full (ENOSPC) or read-only
 * (EROFS) disk would refuse fail as well. What fails is not done. With `kill`
 * the process that makes the Nth dies of it by SIGKILL, or process PID of -k
 * does, with `killall` all of ours. Each call that was counted is a line of
 * LOG: number, program, class, call, path, error. What any of them did to a
 * file is in RECORD (record.h).
 *
 * It is a tracer and not a library that is preloaded, because opl2 is linked
 * statically, and because what stdio and posix_spawn call inside of libc is
 * never looked up by name. Its exit status is the command's, 128 and the number
 * of its signal, or 124 after -t SECONDS. Who outlives the command is let go.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "tests/torture/calls.h"
#include "tests/torture/record.h"

/* Errors that are none: half of it is written; the process is killed, or all
 * of them. */
#define SHORT    -1
#define KILL     -2
#define KILL_ALL -3

static struct {
	FILE *log, *record;
	const char *program, *argument, *class;
	uint64_t at, seconds, victim;
	int error;
	bool sticky;
} opt;

struct tracee {
	pid_t tid;
	int error; /* what the call that it is in ends with: 0 for its own */
	int count_arg;
	uint64_t count;
	struct recorded *recorded; /* the call that it is in, or NULL */
	char program[32];
	bool has_argument;
};

static struct tracee *tracees;
static size_t ntracees;
static uint64_t counted;
static pid_t command;
static volatile sig_atomic_t late;

/* --- registers: the kernel's interface for reading is the same everywhere,
 * that for writing is not --- */

#ifdef __x86_64__
static void
set_register(pid_t tid, size_t offset, uint64_t value)
{
	ptrace(PTRACE_POKEUSER, tid, offset, value);
}

static void
skip_call(pid_t tid)
{
	set_register(tid, offsetof(struct user_regs_struct, orig_rax),
		     UINT64_MAX);
}

static void
set_result(pid_t tid, int64_t value)
{
	set_register(tid, offsetof(struct user_regs_struct, rax),
		     (uint64_t)value);
}

/* All that are cut short have their count in the third. */
static void
set_count(pid_t tid, uint64_t value)
{
	set_register(tid, offsetof(struct user_regs_struct, rdx), value);
}
#else
#error "failcall writes the registers of x86-64 alone"
#endif

/* --- who is traced --- */

static struct tracee *
find(pid_t tid)
{
	for (size_t i = 0; i < ntracees; i++)
		if (tracees[i].tid == tid)
			return &tracees[i];
	return NULL;
}

static void
name_program(struct tracee *t)
{
	char link[64], path[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)t->tid);
	n = readlink(link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	snprintf(t->program, sizeof(t->program), "%.31s",
		 slash ? slash + 1 : "?");
}

static void
look_at_arguments(struct tracee *t)
{
	char path[64], args[4096];
	FILE *f;
	size_t n;

	if (!opt.argument)
		return;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)t->tid);
	f = fopen(path, "re");
	n = f ? fread(args, 1, sizeof(args) - 1, f) : 0;
	if (f)
		fclose(f);
	args[n] = '\0';
	t->has_argument = false;
	for (const char *a = args; a < args + n; a += strlen(a) + 1)
		if (strcmp(a, opt.argument) == 0)
			t->has_argument = true;
}

static struct tracee *
add(pid_t tid)
{
	tracees = xreallocarray(tracees, ntracees + 1, sizeof(*tracees));
	tracees[ntracees] = (struct tracee){ .tid = tid };
	name_program(&tracees[ntracees]);
	look_at_arguments(&tracees[ntracees]);
	return &tracees[ntracees++];
}

static void
drop(pid_t tid)
{
	struct tracee *t = find(tid);

	if (t)
		*t = tracees[--ntracees];
}

static void
let_go(pid_t tid, int sig)
{
	ptrace(PTRACE_DETACH, tid, NULL, (uintptr_t)sig);
	drop(tid);
}

static bool
is_ours(const struct tracee *t)
{
	return strncmp(t->program, "opl2", 4) == 0;
}

/* --- what fails --- */

static bool
is_counted(const struct tracee *t, const struct call *c, const char *label)
{
	size_t n = opt.class ? strlen(opt.class) : 0;

	if (!is_ours(t) || (opt.program && strcmp(opt.program, t->program)) ||
	    (opt.argument && !t->has_argument))
		return false;
	if (!opt.class)
		return true;
	if (strcmp(opt.class, "disk") == 0)
		return opt.error == EROFS ? call_changes_disk(c)
					  : call_needs_space(c);
	return strncmp(label, opt.class, n) == 0 &&
	       (label[n] == '\0' || label[n] == ':');
}

/* A disk that is full, or read-only, is so for everybody. */
static bool
stays_failed(const struct tracee *t, const struct call *c)
{
	return opt.sticky && opt.at && counted >= opt.at && is_ours(t) &&
	       (opt.error == EROFS ? call_changes_disk(c)
				   : call_needs_space(c));
}

static void
kill_all(void)
{
	for (size_t i = 0; i < ntracees; i++)
		if (is_ours(&tracees[i]))
			kill(tracees[i].tid, SIGKILL);
}

static void
fail(struct tracee *t, const struct call *c, uint64_t count)
{
	if (opt.error == KILL_ALL) {
		kill_all();
	} else if (opt.error == KILL) {
		kill(opt.victim ? (pid_t)opt.victim : t->tid, SIGKILL);
	} else if (opt.error != SHORT) {
		skip_call(t->tid);
		t->error = opt.error;
	} else if (c->count_arg == 2 && count > 1) {
		t->error = SHORT;
		t->count = count;
		set_count(t->tid, count / 2);
	}
}

static const char *
what_failed(const struct tracee *t, bool fails)
{
	if (!fails)
		return "";
	if (opt.error == KILL || opt.error == KILL_ALL)
		return "killed";
	return !t->error           ? ""
	       : t->error == SHORT ? "short"
				   : strerrorname_np(t->error);
}

static void
on_entry(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	const uint64_t *args = (const uint64_t *)info->entry.args;
	bool counts, fails;
	struct call c;
	char label[32];

	call_read(&c, t->tid, info->entry.nr, args);
	if (c.class == CALL_NONE)
		return;
	call_label(&c, label, sizeof(label));
	counts = is_counted(t, &c, label);
	fails = stays_failed(t, &c);
	if (counts && ++counted == opt.at)
		fails = true;
	if (fails)
		fail(t, &c, args[2]);
	if (opt.log && (counts || fails)) {
		fprintf(opt.log, "%llu\t%s\t%s\t%s\t%s\t%s\n",
			(unsigned long long)counted, t->program, label, c.name,
			c.path, what_failed(t, fails));
		fflush(opt.log);
	}
	if (opt.record && is_ours(t) && !t->error)
		t->recorded = record_entry(t->tid, t->program, &c,
					   info->entry.nr, args);
}

static void
on_exit_of_call(struct tracee *t, int64_t result)
{
	if (t->recorded)
		record_exit(opt.record, t->recorded, result);
	t->recorded = NULL;
	if (t->error == SHORT)
		set_count(t->tid, t->count);
	else if (t->error)
		set_result(t->tid, -t->error);
	t->error = 0;
}

static void
on_call(struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) <= 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		on_exit_of_call(t, info.exit.rval);
}

/* --- the loop --- */

/* Returns how it goes on: the request and the signal it gets. */
static void
on_stop(pid_t tid, int status, bool leaving)
{
	struct tracee *t = find(tid);
	int sig = WSTOPSIG(status), event = status >> 16;
	bool listen = false;

	if (!t)
		t = add(tid);
	if (event == PTRACE_EVENT_EXEC) {
		unsigned long before = 0;

		/* A thread that executes takes the number of its process. */
		ptrace(PTRACE_GETEVENTMSG, tid, NULL, &before);
		if ((pid_t)before != tid)
			drop((pid_t)before);
		t = find(tid);
		name_program(t);
		look_at_arguments(t);
		leaving = leaving || (!is_ours(t) && tid != command);
	} else if (event == PTRACE_EVENT_STOP) {
		listen = sig != SIGTRAP;
	} else if (sig == (SIGTRAP | 0x80)) {
		on_call(t);
		/* One that is in the middle of a call is let go after it. */
		leaving = leaving && !t->error;
	}
	if (event || sig == (SIGTRAP | 0x80))
		sig = 0;
	if (leaving)
		let_go(tid, sig);
	else
		ptrace(listen ? PTRACE_LISTEN : PTRACE_SYSCALL, tid, NULL,
		       (uintptr_t)sig);
}

static void
interrupt_all(void)
{
	for (size_t i = 0; i < ntracees; i++)
		ptrace(PTRACE_INTERRUPT, tracees[i].tid, NULL, NULL);
}

static void
on_alarm(int sig UNUSED)
{
	late = 1;
}

/* Until the command has ended; then until all others are let go. */
static int
follow(void)
{
	int status, result = -1;

	while (ntracees > 0) {
		pid_t tid = waitpid(-1, &status, __WALL);

		if (late) {
			for (size_t i = 0; i < ntracees; i++)
				kill(tracees[i].tid, SIGKILL);
			return 124;
		}
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			break;
		if (WIFSTOPPED(status)) {
			on_stop(tid, status, result >= 0);
			continue;
		}
		drop(tid);
		if (tid != command)
			continue;
		result = WIFSIGNALED(status) ? 128 + WTERMSIG(status)
					     : WEXITSTATUS(status);
		interrupt_all();
	}
	return result;
}

static int
run(char **argv)
{
	int go[2];
	char c = 'g';

	if (pipe(go) < 0)
		return 125;
	command = fork();
	if (command == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) == 1)
			execvp(argv[0], argv);
		_exit(127);
	}
	close(go[0]);
	if (command < 0 ||
	    ptrace(PTRACE_SEIZE, command, NULL,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC |
			   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			   PTRACE_O_TRACECLONE) < 0) {
		perror("failcall: cannot trace");
		return 125;
	}
	add(command);
	ptrace(PTRACE_INTERRUPT, command, NULL, NULL);
	if (write(go[1], &c, 1) != 1)
		return 125;
	close(go[1]);
	if (opt.seconds) {
		struct sigaction sa = { .sa_handler = on_alarm };

		sigaction(SIGALRM, &sa, NULL);
		alarm((unsigned)opt.seconds);
	}
	return follow();
}

static int
error_number(const char *name)
{
	if (strcmp(name, "short") == 0)
		return SHORT;
	if (strcmp(name, "kill") == 0)
		return KILL;
	if (strcmp(name, "killall") == 0)
		return KILL_ALL;
	for (int e = 1; e < 200; e++) {
		const char *known = strerrorname_np(e);

		if (known && strcmp(known, name) == 0)
			return e;
	}
	return 0;
}

static int
usage(void)
{
	fputs("usage: failcall [-l LOG] [-r RECORD] [-p PROGRAM] "
	      "[-a ARGUMENT] [-c CLASS]\n"
	      "                [-n N -e ERROR] [-k PID] [-s] [-t SECONDS] -- "
	      "COMMAND [ARG...]\n",
	      stderr);
	return 125;
}

int
main(int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+l:r:p:a:c:n:e:k:st:")) != -1) {
		switch (c) {
		case 'l':
			opt.log = fopen(optarg, "we");
			if (!opt.log)
				return usage();
			break;
		case 'r':
			opt.record = fopen(optarg, "we");
			if (!opt.record)
				return usage();
			break;
		case 'p':
			opt.program = optarg;
			break;
		case 'a':
			opt.argument = optarg;
			break;
		case 'c':
			opt.class = optarg;
			break;
		case 'n':
			if (parse_u64(optarg, UINT32_MAX, &opt.at))
				return usage();
			break;
		case 'e':
			opt.error = error_number(optarg);
			if (!opt.error)
				return usage();
			break;
		case 'k':
			if (parse_u64(optarg, INT32_MAX, &opt.victim))
				return usage();
			break;
		case 's':
			opt.sticky = true;
			break;
		case 't':
			if (parse_u64(optarg, 3600, &opt.seconds))
				return usage();
			break;
		default:
			return usage();
		}
	}
	if (optind == argc || !!opt.at != !!opt.error)
		return usage();
	calls_init();
	return run(argv + optind);
}
