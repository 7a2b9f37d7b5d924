/*
 * opl2 restore: brings back what 'opl2 backup' kept.
 *
 * It is unpacked beside what is there, looked at, and then moved into place,
 * the state last: an interrupted one is begun again with the same command.
 */
#include "cmd/opl2/chain/backup.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "cmd/opl2/chain/chain.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/runtime/runtime.h"
#include "providers/runtime/tree/tree.h"
#include "state/backend.h"
#include "state/state.h"

#define UNPACKED "tmp/restore"

static const struct opt_def opts[] = {
	OPTS_LOCK,
	OPTS_END,
};

struct restore {
	struct cmd *c;
	const char *from; /* where it is unpacked */
	json_t *manifest;
};

/* What becomes of a file that is there already. */
enum when { KEEP, REPLACE };

/* --- moving --- */

static int
not_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static int
move_file(struct restore *r, const char *from, const char *to, enum when when)
{
	if (when == KEEP && file_exists(to))
		return 0;
	return rename(from, to)
		       ? diag_errno(&r->c->ds, "E1149", "cannot write '%s'", to)
		       : 0;
}

/* What says of a database that it is in a cluster: a restored one is here. */
static bool
is_elsewhere(const char *name)
{
	return !strcmp(name, TREE_PREPARE) || !strcmp(name, TREE_MOVED);
}

/* A folder is merged with the one that is there. */
static int
move_tree(struct restore *r, const char *from, const char *to, enum when when)
{
	struct dirent **found = NULL;
	struct stat st;
	int n, rc = 0;

	if (lstat(from, &st))
		return 0; /* the backup does not have it */
	if (!S_ISDIR(st.st_mode))
		return move_file(r, from, to, when);
	if (mkdir(to, 0755) && errno != EEXIST)
		return diag_errno(&r->c->ds, "E1149", "cannot make '%s'", to);
	n = scandir(from, &found, not_dots, alphasort);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *a = path_join(from, found[i]->d_name);
		CLEANUP(freep) char *b = path_join(to, found[i]->d_name);

		if (rc == 0 && !is_elsewhere(found[i]->d_name))
			rc = move_tree(r, a, b, when);
		free(found[i]);
	}
	free(found);
	return n < 0 ? diag_errno(&r->c->ds, "E1149", "cannot read '%s'", from)
		     : rc;
}

static int
move(struct restore *r, const char *path, enum when when)
{
	CLEANUP(freep) char *from = path_join(r->from, path);
	CLEANUP(freep) char *to = path_join(r->c->dir, path);

	return move_tree(r, from, to, when);
}

/* --- may it? --- */

static int
load_manifest(struct restore *r)
{
	CLEANUP(freep) char *path = path_join(r->from, BACKUP_MANIFEST);
	struct cmd *c = r->c;

	if (!file_exists(path) ||
	    !(r->manifest = jx_load_file(path, LIM_SPEC_BYTES, NULL)) ||
	    !jx_get(r->manifest, "lineage"))
		return diag_err(&c->ds, "E1149",
				"'%s' is not a backup made by opl2",
				c->opts.args[0]);
	if (jx_int(r->manifest, "opl2_backup", 0) == BACKUP_FORMAT)
		return 0;
	diag_err(&c->ds, "E1149", "'%s' was made by another release of opl2",
		 c->opts.args[0]);
	diag_hint(&c->ds, "use the release that wrote it, or a later one");
	return -1;
}

static int
check_state(struct restore *r)
{
	const struct state *s = r->c->state;
	int64_t serial = jx_int(r->manifest, "serial", 0);

	if (s->serial == 0)
		return 0;
	if (strcmp(s->lineage, jx_str(r->manifest, "lineage", "")) != 0)
		diag_err(&r->c->ds, "E1149",
			 "the state in this folder belongs to another chain");
	else if (s->serial > (uint64_t)serial)
		diag_err(&r->c->ds, "E1149",
			 "the state in this folder is newer: %llu, not %lld",
			 (unsigned long long)s->serial, (long long)serial);
	else
		return 0;
	diag_hint(&r->c->ds,
		  "restore into an empty folder, or move '.opl2/state.json' "
		  "and '.opl2/history' away if you no longer need them");
	return -1;
}

/* A database that is there is never touched. */
static int
check_data(struct restore *r)
{
	CLEANUP(freep) char *data = path_join(r->c->state_dir, "data");

	if (!jx_bool(r->manifest, "data", false))
		return 0;
	if (runtime_of(r->c->state_dir)->elsewhere) {
		diag_err(&r->c->ds, "E1342",
			 "the backup has databases, and the processes of '%s' "
			 "keep theirs in volumes of a cluster",
			 r->c->dir);
		diag_hint(
			&r->c->ds,
			"restore into an empty folder and bring the chain up "
			"there without 'runtime'; 'opl2 move' takes it to the "
			"cluster");
		return -1;
	}
	if (!file_exists(data))
		return 0;
	diag_err(&r->c->ds, "E1149",
		 "databases already exist in this folder: '%s'", data);
	diag_hint(&r->c->ds, "move the folder away, and restore again");
	return -1;
}

/* The record of a deployment: which contracts are the chain's. */
static int
check_deployments(struct restore *r)
{
	CLEANUP(freep) char *from = path_join(r->from, "deployments");
	struct dirent **found = NULL;
	int rc = 0, n = scandir(from, &found, not_dots, alphasort);

	if (n < 0 && errno != ENOENT)
		return diag_errno(&r->c->ds, "E1149", "cannot read '%s'", from);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *a = path_join(from, found[i]->d_name);
		CLEANUP(freep)
		char *b = xasprintf("%s/deployments/%s", r->c->dir,
				    found[i]->d_name);
		CLEANUP(put_json)
		json_t *x = jx_load_file(a, LIM_SPEC_BYTES, NULL);
		CLEANUP(put_json) json_t *y = NULL;

		if (rc == 0 && file_exists(b))
			y = jx_load_file(b, LIM_SPEC_BYTES, NULL);
		if (y && !json_equal(x, y)) {
			rc = diag_err(
				&r->c->ds, "E1149",
				"'%s' records other contracts than the backup",
				b);
			diag_hint(
				&r->c->ds,
				"move it away if you no longer need its chain");
		}
		free(found[i]);
	}
	free(found);
	return rc;
}

/* --- the whole --- */

/* Unpacking has made every file readable for all, in a folder of ours alone. */
static int
hide_private(struct restore *r)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(r->manifest, "private"), i, v) {
		const char *name = json_string_value(v);
		CLEANUP(freep)
		char *path = path_join(r->from, name ? name : "");

		if (!name || strstr(name, "..") || name[0] == '/')
			return diag_err(&r->c->ds, "E1149",
					"'%s' of the backup cannot be used",
					name ? name : "private");
		if (chmod(path, 0600) && errno != ENOENT)
			return diag_errno(&r->c->ds, "E1149",
					  "cannot hide '%s'", path);
	}
	return 0;
}

static int
put_in_place(struct restore *r)
{
	static const struct {
		const char *path;
		enum when when;
	} order[] = {
		{ "opl2.yaml", KEEP },           { "opl2.lock", KEEP },
		{ "deployments", KEEP },         { ".opl2/ledger", KEEP },
		{ ".opl2/secret.key", KEEP },    { ".opl2/keys", KEEP },
		{ ".opl2/files", REPLACE },      { ".opl2/data", KEEP },
		{ ".opl2/state.json", REPLACE },
	};

	for (size_t i = 0; i < COUNTOF(order); i++)
		if (move(r, order[i].path, order[i].when))
			return -1;
	return file_fsync_dir(r->c->state_dir, &r->c->ds);
}

static int
restore(struct restore *r, struct run *run)
{
	struct cmd *c = r->c;
	CLEANUP(put_json) json_t *answer = NULL;
	CLEANUP(put_json)
	json_t *args = json_pack("{s:s, s:s, s:s}", "archive",
				 cmd_path(c, c->opts.args[0]), "dir", r->from,
				 "base", c->dir);
	CLEANUP(freep) char *tmp = path_join(c->state_dir, "tmp");

	if (file_mkdirs(tmp, 0700, &c->ds) ||
	    file_remove_tree(r->from, &c->ds) ||
	    run_action(run, "backup_read", args, &answer, &c->ds) ||
	    load_manifest(r) || check_state(r) || check_data(r) ||
	    check_deployments(r) || hide_private(r))
		return -1;
	return put_in_place(r);
}

/* What is put into a copy would not get to the place. */
static int
refuse_copy(struct cmd *c)
{
	CLEANUP(put_json) json_t *mark = backend_mark(c->state_dir);

	if (!mark)
		return 0;
	diag_err(&c->ds, "E1149", "'%s' is a copy of a shared state",
		 c->state_dir);
	diag_hint(&c->ds, "restore into an empty folder; 'opl2 init "
			  "-migrate-state' there makes it the shared one");
	return -1;
}

static int
exec_restore(struct cmd *c)
{
	struct run_opts ro = { .command = "restore",
			       .no_lock = !opt_flag(&c->opts, "lock"),
			       .lock_timeout_ms =
				       opt_num(&c->opts, "lock-timeout", 0) };
	CLEANUP(freep) char *from = path_join(c->state_dir, UNPACKED);
	CLEANUP(diags_done) struct diags quiet;
	struct restore r = { .c = c, .from = from };
	struct run *run = NULL;
	int rc;

	diags_init(&quiet);
	if (!file_exists(cmd_path(c, c->opts.args[0])))
		return diag_err(&c->ds, "E1149", "there is no '%s'",
				c->opts.args[0]);
	if (refuse_copy(c) ||
	    backup_need_stopped(c, "stop it: its files would be replaced") ||
	    cmd_run_open(c, &ro, NULL, true, &run))
		return -1;
	rc = restore(&r, run);
	(void)file_remove_tree(from, &quiet);
	run_close(run);
	if (rc == 0)
		fprintf(c->out,
			"Restored%s. 'opl2 plan' shows what is "
			"missing.\n",
			jx_bool(r.manifest, "keys", false)
				? ""
				: ", without keys: restore them before you run "
				  "'opl2 apply'");
	json_decref(r.manifest);
	return rc ? -1 : EXIT_OK;
}

const struct cmd_entry cmd_restore = {
	.name = "restore",
	.args = "FILE.tar.gz",
	.summary = "restore a backup",
	.text = "Refuses to replace the state of another chain or a newer "
		"state, and refuses while processes run. Never replaces an "
		"existing ledger, key, database, spec or deployment record. "
		"State and ledger contain absolute paths: restore into a "
		"folder of the same name, or rerun 'opl2 apply' to write the "
		"files again.",
	.opts = opts,
	.min_args = 1,
	.max_args = 1,
	.needs = NEED_STATE_DIR | NEED_STATE,
	.exec = exec_restore,
};
