#include "cmd/opl2-supervise/loop/helper.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "engine/base/mem.h"
#include "engine/diag/diag.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"

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
	pid = spawn_program(&(struct spawn){
		.path = path,
		.argv = (const char *const[]){ program, arg, NULL },
		.fd = { pair[1], SPAWN_NULL, SPAWN_KEEP },
		.nfds = 3 });
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
