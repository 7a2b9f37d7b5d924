#include "providers/clients/tools/forward.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#include "engine/base/clock.h"
#include "engine/base/pid.h"
#include "engine/io/file.h"
#include "engine/io/spawn.h"
#include "providers/clients/tools/shim.h"

#define START_MS 10000

bool
url_is_plain_loopback(const char *url)
{
	static const char *const hosts[] = { "http://127.0.0.1",
					     "http://localhost",
					     "http://[::1]" };

	for (size_t i = 0; i < COUNTOF(hosts); i++) {
		size_t n = strlen(hosts[i]);
		const char *p = url + n;

		if (strncmp(url, hosts[i], n) != 0)
			continue;
		if (*p == ':')
			p += 1 + strspn(p + 1, "0123456789");
		if (*p == '/')
			p++;
		if (!*p)
			return true;
	}
	return false;
}

static int
spawn_forwarder(struct effect_ctx *ctx, struct forward *f, int in, int out)
{
	const char *self = worker_path(ctx->arena);
	const char *argv[] = { self, "--forward", NULL };
	struct spawn s = { .path = self,
			   .argv = argv,
			   .fd = { in, out, SPAWN_NULL },
			   .nfds = 3,
			   .leads = SPAWN_GROUP };
	pid_t pid = spawn_program(&s);

	f->pid = pid < 0 ? 0 : pid;
	return pid < 0 ? -1 : 0;
}

/* Its first and only line. */
static int
read_line(struct forward *f, int fd)
{
	uint64_t end = mono_ms() + START_MS;
	size_t n = 0;

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = mono_ms();

		if (now >= end || n + 1 >= sizeof(f->url))
			return -1;
		if (poll(&p, 1, (int)(end - now)) <= 0)
			continue;
		if (read(fd, f->url + n, 1) != 1)
			return -1;
		if (f->url[n] == '\n') {
			f->url[n] = '\0';
			return 0;
		}
		n++;
	}
}

int
forward_start(struct effect_ctx *ctx, const char *url, struct forward *f)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 };
	int rc = -1;

	*f = (struct forward)FORWARD_INIT;
	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
		rc = spawn_forwarder(ctx, f, in[0], out[1]);
	f->in = in[1];
	if (in[0] >= 0)
		close(in[0]);
	if (out[1] >= 0)
		close(out[1]);
	if (rc == 0)
		rc = effect_pgroup(ctx, f->pid, pid_born(f->pid));
	if (rc == 0 && (fd_write_all(f->in, url, strlen(url)) ||
			fd_write_all(f->in, "\n", 1) || read_line(f, out[0])))
		rc = -1;
	if (out[0] >= 0)
		close(out[0]);
	if (rc)
		return diag_err(ctx->ds, "E0429",
				"the forwarder to the L1 could not be started");
	return 0;
}

void
forward_stop(struct effect_ctx *ctx, struct forward *f)
{
	if (f->in >= 0)
		close(f->in);
	f->in = -1;
	if (!f->pid)
		return;
	/* It holds nothing that a gentler end would save. */
	kill(f->pid, SIGKILL);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	effect_pgroup_end(ctx, f->pid);
	f->pid = 0;
}
