#ifndef OPL2_IO_LIBC_H
#define OPL2_IO_LIBC_H

/*
 * What we use of glibc that musl 1.2.3 lacks, for programs that run on any
 * Linux (docs/packaging/libraries.sh): system calls, and a question about
 * groups.
 */
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <sys/pidfd.h>
#else
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>

static inline int
pidfd_open(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int
pidfd_send_signal(int fd, int sig, siginfo_t *info, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

static inline int
close_range(unsigned first, unsigned last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int
renameat2(int from_dir, const char *from, int to_dir, const char *to,
	  unsigned flags)
{
	return (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, flags);
}

static inline bool
group_member(gid_t gid)
{
	int n = getgroups(0, NULL);
	gid_t *v = n > 0 ? calloc((size_t)n, sizeof(*v)) : NULL;
	bool found = gid == getegid();

	n = v ? getgroups(n, v) : 0;
	for (int i = 0; i < n; i++)
		found |= v[i] == gid;
	free(v);
	return found;
}

static inline const char *
sigabbrev_np(int sig)
{
	static const char *const names[] = {
		[SIGHUP] = "HUP",   [SIGINT] = "INT",
		[SIGQUIT] = "QUIT", [SIGILL] = "ILL",
		[SIGTRAP] = "TRAP", [SIGABRT] = "ABRT",
		[SIGBUS] = "BUS",   [SIGFPE] = "FPE",
		[SIGKILL] = "KILL", [SIGUSR1] = "USR1",
		[SIGSEGV] = "SEGV", [SIGUSR2] = "USR2",
		[SIGPIPE] = "PIPE", [SIGALRM] = "ALRM",
		[SIGTERM] = "TERM", [SIGSTKFLT] = "STKFLT",
		[SIGCHLD] = "CHLD", [SIGCONT] = "CONT",
		[SIGSTOP] = "STOP", [SIGTSTP] = "TSTP",
		[SIGTTIN] = "TTIN", [SIGTTOU] = "TTOU",
		[SIGURG] = "URG",   [SIGXCPU] = "XCPU",
		[SIGXFSZ] = "XFSZ", [SIGVTALRM] = "VTALRM",
		[SIGPROF] = "PROF", [SIGWINCH] = "WINCH",
		[SIGPOLL] = "POLL", [SIGPWR] = "PWR",
		[SIGSYS] = "SYS",
	};

	return sig > 0 && (size_t)sig < sizeof(names) / sizeof(*names)
		       ? names[sig]
		       : NULL;
}
#endif

#endif
