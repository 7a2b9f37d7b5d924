/* opl2 store: what is kept for all chains of this user, and its clean-up. */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/view/text.h"
#include "cmd/opl2/view/view.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/run/storeuse.h"
#include "state/backend.h"

#define DAY_MS   86400000u
#define FTW_FDS  16
#define NOT_USED "-"

static const struct opt_def opts_list[] = {
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

static const struct opt_def opts_gc[] = {
	{ "dry-run", OPT_FLAG, NULL, "only print what would be removed" },
	{ "older-than", OPT_TIME, "DURATION",
	  "keep entries newer than this (24h)" },
	OPTS_END,
};

/* nftw() passes nothing on. */
static uint64_t tree_bytes;

static int
add_size(const char *path UNUSED, const struct stat *sb, int type UNUSED,
	 struct FTW *f UNUSED)
{
	tree_bytes += (uint64_t)sb->st_blocks * 512;
	return 0;
}

static uint64_t
size_of(const char *dir)
{
	tree_bytes = 0;
	nftw(dir, add_size, FTW_FDS, FTW_PHYS);
	return tree_bytes;
}

static bool
holds_entries(const char *kind)
{
	static const char *const others[] = { "lock", "tmp", "partial",
					      "roots" };
	size_t i;

	for (i = 0; i < COUNTOF(others); i++)
		if (!strcmp(kind, others[i]))
			return false;
	return *kind != '.';
}

/* Appends {entry, dir, bytes, age_ms, used_by} for all of one kind. */
static void
list_kind(const char *store, const char *kind, const json_t *used, json_t *out)
{
	CLEANUP(freep) char *dir = path_join(store, kind);
	struct dirent **names;
	int n = scandir(dir, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_join(dir, names[i]->d_name);
		CLEANUP(freep)
		char *key = xasprintf("%s/%s", kind, names[i]->d_name);
		const json_t *by = jx_get(used, key);
		struct stat sb;
		int64_t age;

		if (*names[i]->d_name != '.' && lstat(path, &sb) == 0 &&
		    S_ISDIR(sb.st_mode)) {
			age = ((int64_t)time(NULL) - sb.st_ctime) * 1000;
			json_array_append_new(
				out,
				json_pack("{s:s, s:s, s:I, s:I, s:o}", "entry",
					  key, "dir", path, "bytes",
					  (json_int_t)size_of(path), "age_ms",
					  (json_int_t)age, "used_by",
					  by ? jx_share(by) : json_array()));
		}
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

static json_t *
list_all(const char *store, const json_t *used)
{
	json_t *out = json_array();
	struct dirent **names;
	int n = scandir(store, &names, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		if (holds_entries(names[i]->d_name))
			list_kind(store, names[i]->d_name, used, out);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return out;
}

static json_t *
find_entries(const char *store, const json_t *chains, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *used = chains ? storeuse_find(store, chains, ds) : NULL;

	return used ? list_all(store, used) : NULL;
}

static const char *
mib(struct cmd *c, const json_t *entry)
{
	return arena_printf(&c->arena, "%.1f MiB",
			    (double)jx_int(entry, "bytes", 0) / 1048576);
}

/* What is named by a digest alone needs no more of it to be told apart, by
 * people. */
static const char *
shown(struct cmd *c, const json_t *entry)
{
	const char *key = jx_str(entry, "entry", "");
	const char *name = strchr(key, '/') + 1;

	return view_cuts(c->out) && strlen(name) == 64 &&
			       strspn(name, "0123456789abcdef") == 64
		       ? arena_printf(&c->arena, "%.*s", (int)(name - key) + 16,
				      key)
		       : key;
}

static int
store_exec_list(struct cmd *c)
{
	CLEANUP(freep) char *store = store_dir();
	CLEANUP(put_json)
	json_t *chains = storeuse_chains(store, false, &c->ds);
	CLEANUP(put_json) json_t *list = find_entries(store, chains, &c->ds);
	const json_t *e, *u;
	size_t i, k;

	if (!list)
		return -1;
	if (opt_flag(&c->opts, "json")) {
		CLEANUP(put_json)
		json_t *j = json_pack("{s:s, s:O}", "store", store, "entries",
				      list);
		CLEANUP(freep) char *text = jx_dump(j);

		fputs(text, c->out);
		return EXIT_OK;
	}
	fprintf(c->out, "%11s  %-58s  %s\n", "SIZE", "ENTRY", "USED BY");
	json_array_foreach(list, i, e) {
		fprintf(c->out, "%11s  %-58s  ", mib(c, e), shown(c, e));
		json_array_foreach(jx_get(e, "used_by"), k, u)
			fprintf(c->out, "%s%s", k ? ", " : "",
				json_string_value(u));
		fprintf(c->out, "%s\n", k ? "" : NOT_USED);
	}
	return EXIT_OK;
}

const struct cmd_entry cmd_store_list = {
	.name = "store list",
	.args = "",
	.summary = "list what is stored for all chains of this user",
	.text = "Lists packages, toolchains, repositories and builds, and the "
		"chains that use them.",
	.opts = opts_list,
	.exec = store_exec_list,
};

/* --- gc ------------------------------------------------------------------- */

/* No run of any chain may be under way: what it has just made is in no state
 * yet. The locks are held until the end. */
static int
lock_chains(struct cmd *c, const json_t *chains, struct state_backend **held)
{
	struct lease_claim claim = { .command = "store gc" };
	const json_t *v;
	char now[32];
	size_t i;

	utc_now(now, sizeof(now));
	claim.since = now;
	json_array_foreach(chains, i, v) {
		held[i] = backend_open_local(json_string_value(v));
		if (held[i]->ops->acquire(held[i], &claim, &c->ds))
			return -1;
	}
	return 0;
}

static bool
is_garbage(const json_t *entry, uint64_t older_ms)
{
	return json_array_size(jx_get(entry, "used_by")) == 0 &&
	       jx_int(entry, "age_ms", 0) >= (int64_t)older_ms;
}

/* Out of the way first: nobody may find half of an entry. */
static int
remove_entry(struct cmd *c, const char *store, const json_t *entry)
{
	const char *key = jx_str(entry, "entry", "");
	const char *slash = strchr(key, '/');
	CLEANUP(freep) char *tmp = path_join(store, "tmp");
	CLEANUP(freep)
	char *gone = xasprintf("%s/gc+%.*s+%s", tmp, (int)(slash - key), key,
			       slash + 1);

	if (file_mkdirs(tmp, 0755, &c->ds))
		return -1;
	if (rename(jx_str(entry, "dir", ""), gone))
		return diag_errno(&c->ds, "E0707", "cannot remove '%s'",
				  jx_str(entry, "dir", ""));
	return file_remove_tree(gone, &c->ds);
}

/* What killed runs left in the making. */
static void
remove_leftovers(struct cmd *c, const char *store, uint64_t older_ms)
{
	CLEANUP(put_json) json_t *list = json_array();
	const json_t *e;
	size_t i;

	list_kind(store, "tmp", NULL, list);
	json_array_foreach(list, i, e)
		if (is_garbage(e, older_ms) &&
		    file_remove_tree(jx_str(e, "dir", ""), &c->ds))
			break;
}

static int
store_collect(struct cmd *c, const char *store, const json_t *list)
{
	uint64_t older = opt_num(&c->opts, "older-than", DAY_MS), bytes = 0;
	bool dry = opt_flag(&c->opts, "dry-run");
	const json_t *e;
	size_t i, n = 0;

	json_array_foreach(list, i, e) {
		if (!is_garbage(e, older))
			continue;
		if (!dry && remove_entry(c, store, e))
			return -1;
		n++;
		bytes += (uint64_t)jx_int(e, "bytes", 0);
		fprintf(c->out, "%11s  %s\n", mib(c, e), shown(c, e));
	}
	if (!dry)
		remove_leftovers(c, store, older);
	fprintf(c->out, "%zu of %zu entries, %.1f MiB, %s.\n", n,
		json_array_size(list), (double)bytes / 1048576,
		dry ? "would be removed" : "removed");
	return EXIT_OK;
}

static int
exec_gc(struct cmd *c)
{
	CLEANUP(freep) char *store = store_dir();
	CLEANUP(put_json) json_t *chains = storeuse_chains(store, true, &c->ds);
	CLEANUP(put_json) json_t *list = NULL;
	size_t i, n = json_array_size(chains);
	CLEANUP(freep)
	struct state_backend **held =
		xcalloc(n + 1, sizeof(struct state_backend *));
	int rc;

	rc = chains ? lock_chains(c, chains, held) : -1;
	if (rc == 0)
		list = find_entries(store, chains, &c->ds);
	rc = list ? store_collect(c, store, list) : -1;
	for (i = 0; i < n; i++)
		backend_close(held[i]);
	return rc;
}

const struct cmd_entry cmd_store_gc = {
	.name = "store gc",
	.args = "",
	.summary = "remove entries that no chain uses from the store",
	.text = "Keeps an entry as long as the state of a chain of this user "
		"refers to it, a process runs from it, or a work tree borrows "
		"its objects. Removed entries are fetched or built again when "
		"they are needed. Refuses while a run of any chain is active.",
	.opts = opts_gc,
	.exec = exec_gc,
};
