#include "cmd/opl2-supervise/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>

#include "engine/base/mem.h"
#include "engine/diag/diag.h"
#include "engine/io/program.h"

static pid_t
spawn_on(const char *path, const char *program, const char *arg, int sock)
{
	char *argv[] = { xstrdup(program), xstrdup(arg), NULL };
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, all;
	pid_t pid;
	int err;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, sock, 0);
	posix_spawn_file_actions_addopen(&fa, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	posix_spawnattr_init(&at);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
					      POSIX_SPAWN_SETSIGDEF);
	err = posix_spawn(&pid, path, &fa, &at, argv, environ);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	free(argv[0]);
	free(argv[1]);
	return err ? -1 : pid;
}

pid_t
helper_spawn(const char *program, const char *arg, int *fd, const char **why)
{
	CLEANUP(diags_done) struct diags ds;
	CLEANUP(freep) char *path = NULL;
	int pair[2];
	pid_t pid;

	diags_init(&ds);
	path = program_beside(program, &ds);
	if (!path) {
		*why = "the helper opl2-worker is not installed";
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		*why = "cannot create a socket pair";
		return -1;
	}
	pid = spawn_on(path, program, arg, pair[1]);
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		*why = "the helper opl2-worker could not be started";
		return -1;
	}
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	*fd = pair[0];
	return pid;
}
