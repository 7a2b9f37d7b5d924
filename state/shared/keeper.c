#include "state/shared/keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"
#include "state/shared/wire.h"

static int
launch(struct keeper *k, struct diags *ds)
{
	CLEANUP(freep) char *path = program_beside("opl2-worker", ds);
	const char *argv[] = { path, KEEPER_ARG, NULL };
	struct spawn s = { .path = path,
			   .argv = argv,
			   .fd = { SPAWN_NULL, SPAWN_NULL, SPAWN_KEEP },
			   .nfds = 3,
			   /* Ctrl-C is for us to hear. */
			   .leads = SPAWN_GROUP };
	int sv[2];

	if (!path)
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv))
		return diag_errno(ds, "E0617", "cannot start '%s'", path);
	s.fd[0] = sv[1];
	k->pid = spawn_program(&s);
	if (k->pid < 0)
		diag_errno(ds, "E0617", "cannot start '%s'", path);
	close(sv[1]);
	k->fd = sv[0];
	if (k->pid > 0)
		return 0;
	close(k->fd);
	*k = (struct keeper)KEEPER_INIT;
	return -1;
}

static json_t *
open_msg(const struct backend_place *p)
{
	json_t *m =
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "do", "open", "chain",
			  p->chain, "spec_dir", p->spec_dir, "state_dir",
			  p->state_dir, "store_dir", p->store_dir);

	json_object_set_new(m, "backend", jx_share(p->backend));
	if (p->encryption)
		json_object_set_new(m, "encryption", jx_share(p->encryption));
	return m;
}

int
keeper_start(struct keeper *k, const struct backend_place *p, struct diags *ds)
{
	if (k->pid)
		return 0;
	if (launch(k, ds) < 0)
		return -1;
	if (keeper_ask(k, open_msg(p), NULL, ds) == 0)
		return 0;
	keeper_stop(k);
	return -1;
}

void
keeper_stop(struct keeper *k)
{
	if (!k->pid)
		return;
	close(k->fd);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*k = (struct keeper)KEEPER_INIT;
}

int
keeper_ask(struct keeper *k, json_t *msg, json_t **reply, struct diags *ds)
{
	CLEANUP(put_json) json_t *owned = msg;
	CLEANUP(put_json) json_t *r = NULL;
	const json_t *list;
	size_t before = ds->nerrors, i;

	if (frame_send(k->fd, owned) || frame_recv(k->fd, &r) != 1) {
		diag_err(ds, "E0530", "the keeper of the shared state ended");
		diag_hint(ds, "run the command again");
		return -1;
	}
	list = jx_get(r, "diags");
	for (i = 0; i < json_array_size(list); i++)
		(void)diag_from_json(ds, json_array_get(list, i));
	if (reply)
		*reply = jx_share(r);
	if (jx_bool(r, "ok", false))
		return 0;
	return ds->nerrors > before ? -1 : 1;
}
