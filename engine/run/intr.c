#include "engine/run/run_impl.h"

#include <errno.h>
#include <sys/signalfd.h>

int
intr_begin(struct intr *in, struct diags *ds)
{
	sigset_t set;

	in->count = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &in->old);
	in->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (in->fd < 0) {
		sigprocmask(SIG_SETMASK, &in->old, NULL);
		return diag_errno(ds, "E0654", "cannot wait for signals");
	}
	return 0;
}

void
intr_check(struct intr *in)
{
	struct signalfd_siginfo si;

	while (read(in->fd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		in->count++;
}

void
intr_end(struct intr *in)
{
	/* What came too late to matter must not kill the program now. */
	intr_check(in);
	close(in->fd);
	sigprocmask(SIG_SETMASK, &in->old, NULL);
}
