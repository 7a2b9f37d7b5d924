/* opl2 backup: what cannot be made again, in one file. */
#include "cmd/opl2/chain/backup.h"

#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/chain/procs.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/runtime/runtime.h"
#include "state/backend.h"
#include "state/state.h"

static const struct opt_def opts[] = {
	OPTS_LOCK,
	{ "keys", OPT_FLAG, NULL, "include keys and other secrets" },
	{ "data", OPT_FLAG, NULL,
	  "include the databases of stopped processes" },
	OPTS_END,
};

int
backup_need_stopped(struct cmd *c, const char *why)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;

	if (runtime_read_status(c->state_dir, NULL, true, &st, &c->ds))
		return -1;
	for (size_t i = 0; i < st->n; i++) {
		if (!process_runs(&st->procs[i]))
			continue;
		diag_err(&c->ds, "E1144", "'%s' runs: %s", st->procs[i].name,
			 why);
		diag_hint(&c->ds, "'opl2 stop' first");
		return -1;
	}
	return 0;
}

/* From the volumes of a cluster, where they stay, to where those of this
 * machine are. */
static int
fetch_data(struct cmd *c)
{
	CLEANUP(runtime_closep) struct runtime_chain *rc = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;

	if (runtime_open(c->state_dir, &rc, &c->ds))
		return -1;
	if (!rc->rt->move_volume)
		return 0;
	if (rc->rt->status(rc, NULL, true, &st, &c->ds))
		return -1;
	for (size_t i = 0; i < st->n; i++) {
		const struct runtime_volume v = { .process = st->procs[i].name,
						  .out = true };
		CLEANUP(put_json) json_t *figures = NULL;

		if (rc->rt->move_volume(rc, &v, &procs_printing, &figures,
					&c->ds))
			return -1;
	}
	return 0;
}

static void
add_path(json_t *list, const char *path, bool public_only)
{
	json_array_append_new(list, json_pack("{s:s, s:b}", "path", path,
					      "public", public_only));
}

/* How the shared state is sealed that this folder is a copy of; new reference,
 * or NULL. */
static json_t *
encryption_of(const struct cmd *c)
{
	CLEANUP(put_json) json_t *mark = backend_mark(c->state_dir);
	const json_t *e = jx_get(mark, "encryption");

	return jx_bool(e, "unencrypted", false) ? NULL : jx_share(e);
}

static json_t *
what(struct cmd *c, const json_t *encryption)
{
	bool keys = opt_flag(&c->opts, "keys"),
	     data = opt_flag(&c->opts, "data");
	json_t *list = json_array(), *args;

	add_path(list, "opl2.yaml", false);
	add_path(list, "opl2.lock", false);
	add_path(list, "deployments", false);
	add_path(list, ".opl2/ledger", false);
	add_path(list, ".opl2/files", !keys);
	if (keys) {
		add_path(list, ".opl2/secret.key", false);
		add_path(list, ".opl2/keys", false);
	}
	if (data)
		add_path(list, ".opl2/data", false);
	add_path(list, ".opl2/state.json", false);
	args = json_pack("{s:s, s:s, s:o, s:{s:i, s:s, s:I, s:b, s:b}}",
			 "archive", cmd_path(c, c->opts.args[0]), "dir", c->dir,
			 "paths", list, "manifest", "opl2_backup",
			 BACKUP_FORMAT, "lineage", c->state->lineage, "serial",
			 (json_int_t)c->state->serial, "keys", (int)keys,
			 "data", (int)data);
	if (encryption)
		json_object_set_new(args, "encryption", jx_share(encryption));
	return args;
}

/* Under the lock of the state, so that no run changes anything meanwhile. */
static int
write_backup(struct cmd *c, const json_t *encryption, json_t **answer)
{
	struct run_opts ro = { .command = "backup",
			       .no_lock = !opt_flag(&c->opts, "lock"),
			       .lock_timeout_ms =
				       opt_num(&c->opts, "lock-timeout", 0) };
	CLEANUP(put_json) json_t *args = what(c, encryption);
	struct run *r = NULL;
	int rc;

	if (cmd_run_open(c, &ro, NULL, true, &r))
		return -1;
	rc = run_action(r, "backup_write", args, answer, &c->ds);
	run_close(r);
	return rc;
}

static int
exec_backup(struct cmd *c)
{
	CLEANUP(put_json) json_t *encryption = encryption_of(c);
	CLEANUP(put_json) json_t *answer = NULL;

	if (c->state->serial == 0) {
		diag_err(&c->ds, "E1148",
			 "there is nothing to back up in this folder");
		diag_hint(&c->ds, "-chdir=DIR selects another folder");
		return -1;
	}
	if (opt_flag(&c->opts, "data") &&
	    (backup_need_stopped(c, "its database changes while it is read") ||
	     fetch_data(c)))
		return -1;
	if (write_backup(c, encryption, &answer))
		return -1;
	fprintf(c->out, "%s: %lld files, %lld MiB before packing, %s%s.\n",
		c->opts.args[0], (long long)jx_int(answer, "files", 0),
		(long long)(jx_int(answer, "bytes", 0) >> 20),
		encryption ? "encrypted, " : "",
		!opt_flag(&c->opts, "keys") ? "without keys"
		: encryption                ? "with keys"
			     : "contains unencrypted keys: keep it safe");
	return EXIT_OK;
}

const struct cmd_entry cmd_backup = {
	.name = "backup",
	.args = "FILE.tar.gz",
	.summary = "write everything that cannot be recreated to one file",
	.text = "Saves the spec, its lock file, the deployment record, the "
		"state, the ledger and the files written for node programs. "
		"Keys and other secrets are saved only with -keys. Databases "
		"can be derived again from the L1 and the DA server; they are "
		"saved only with -data, and the processes must be stopped. "
		"Those of a cluster are copied from its volumes to .opl2/data "
		"first. "
		"Targets of links in .opl2/data are left out. With a shared "
		"state that has 'encryption' the file is encrypted with the "
		"same passphrase or key file, which 'opl2 restore' needs.",
	.opts = opts,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_HERE | NEED_STATE,
	.exec = exec_backup,
};
