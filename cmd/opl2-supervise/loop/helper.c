#include "cmd/opl2-supervise/loop/helper.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/diag/diag.h"
#include "engine/io/file.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"

#define MSG_MAX (4u << 20)

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

int
helper_main(json_t *(*answer)(const json_t *msg))
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(MSG_MAX);
	CLEANUP(buf_done) struct buf out = BUF_INIT(MSG_MAX);
	CLEANUP(put_json) json_t *msg = NULL;
	CLEANUP(put_json) json_t *reply = NULL;
	ssize_t n = 1;

	while (n > 0 && frame_take(&in, &msg) == 0) {
		char *p = buf_reserve(&in, 1024);

		n = p ? read(STDIN_FILENO, p, 1024) : -1;
		if (n > 0)
			buf_filled(&in, (size_t)n);
	}
	if (!msg)
		return 1;
	reply = answer(msg);
	frame_add(&out, reply);
	return fd_write_all(STDIN_FILENO, out.p, out.n) ? 1 : 0;
}
