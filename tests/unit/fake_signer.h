#ifndef OPL2_TESTS_FAKE_SIGNER_H
#define OPL2_TESTS_FAKE_SIGNER_H

#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* tests/fake/signer.py, for as long as a test takes. */
struct fake {
	char *dir, *url;
	pid_t pid;
	int in; /* it lives as long as this is open */
};

/* The fake in dir, where its file 'fault' is looked for. */
static inline void
fake_start(struct fake *f, const char *dir, const char *key)
{
	CLEANUP(freep) char *cwd = realpath(".", NULL);
	CLEANUP(freep) char *program = path_join(cwd, "tests/fake/signer.py");
	char port[8] = "";
	int in[2], out[2];
	size_t n = 0;

	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	f->pid = fork();
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (chdir(dir) == 0)
			execlp("python3", "python3", program, key, "--log",
			       "log", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	f->in = in[1];
	f->dir = xstrdup(dir);
	while (n < sizeof(port) - 1 && read(out[0], port + n, 1) == 1 &&
	       port[n] != '\n')
		n++;
	close(out[0]);
	assert_int_equal(port[n], '\n');
	port[n] = '\0';
	f->url = xasprintf("http://127.0.0.1:%s", port);
}

static inline void
fake_stop(struct fake *f)
{
	close(f->in);
	waitpid(f->pid, NULL, 0);
	free(f->dir);
	free(f->url);
}

/* What it is to do wrong from now on; "" for nothing. */
static inline void
fake_fault(const struct fake *f, const char *what)
{
	CLEANUP(freep) char *path = path_join(f->dir, "fault");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, what, strlen(what), 0600, &ds), 0);
	diags_done(&ds);
}

static inline bool
fake_possible(void)
{
	const char *path = getenv("PATH");
	CLEANUP(freep) char *dirs = xstrdup(path ? path : "");
	char *save = NULL;

	for (char *d = strtok_r(dirs, ":", &save); d;
	     d = strtok_r(NULL, ":", &save)) {
		CLEANUP(freep) char *program = path_join(d, "python3");

		if (access(program, X_OK) == 0)
			return true;
	}
	return false;
}

#endif
