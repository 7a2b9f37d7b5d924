#include "providers/clients/git/git.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/git/git_int.h"
#include "providers/clients/store/store.h"
#include "providers/clients/tools/run.h"
#include "providers/clients/tools/shim.h"

/* --- the process that talks ----------------------------------------------- */

struct talk {
	struct effect_ctx *ctx;
	struct buf odd; /* what it printed otherwise, such as a crash */
};

static void
git_store_on_line(void *arg, const char *line)
{
	struct talk *t = arg;
	CLEANUP(put_json) json_t *m = json_loads(line, 0, NULL);
	const char *text = jx_str(m, "progress", NULL);

	if (text) {
		effect_progress(t->ctx, "%s", text);
	} else if (!m || diag_from_json(t->ctx->ds, m)) {
		buf_adds(&t->odd, line);
		buf_addch(&t->odd, '\n');
	}
}

static enum outcome
explain_end(struct talk *t, const char *shown, int status)
{
	struct diags *ds = t->ctx->ds;

	if (status == 0)
		return OC_OK;
	if (status == 128 + SIGALRM) {
		diag_err(ds, "E0731", "the server of '%s' stopped sending data",
			 shown);
		diag_hint(ds, "rerun apply; git's http.lowSpeedTime sets the "
			      "timeout in seconds");
	} else if (ds->nerrors == 0) {
		diag_err(ds, "E0731",
			 "the fetch from '%s' exited with status %d", shown,
			 status);
		diag_detail(ds, buf_str(&t->odd));
	}
	return OC_FAIL;
}

static enum outcome
talk(struct effect_ctx *ctx, const json_t *job, const char *shown)
{
	CLEANUP(freep) char *text = jx_dump_line(job);
	const char *const argv[] = { worker_path(ctx->arena), "--git-fetch",
				     NULL };
	/* Not an argument, for the URL may hold a credential. */
	const char *const env[] = {
		arena_printf(ctx->arena, "OPL2_GIT_JOB=%s", text), NULL
	};
	struct talk t = { .ctx = ctx, .odd = BUF_INIT(65536) };
	struct diags own;
	struct effect_ctx inner = *ctx;
	int status = 0;
	struct tool tool = { .argv = argv,
			     .env = env,
			     .line = git_store_on_line,
			     .arg = &t,
			     .status = &status };
	enum outcome oc;

	diags_init(&own);
	inner.ds = &own;
	oc = tool_run(&inner, &tool);
	if (oc == OC_CANCELLED)
		diag_err(ctx->ds, "E0805", "interrupted while fetching '%s'",
			 shown);
	else
		diags_append(ctx->ds, &own);
	if (oc == OC_OK)
		oc = explain_end(&t, shown, status);
	diags_done(&own);
	buf_done(&t.odd);
	return oc;
}

/* The URL by the mirror of the spec that has the longest prefix of it. */
static const char *
mirrored(struct effect_ctx *ctx, const struct effect_op *op, const char *url)
{
	const char *prefix, *base = "";
	size_t best = 0;
	json_t *to;

	json_object_foreach((json_t *)(uintptr_t)op->env->mirrors, prefix, to) {
		size_t len = strlen(prefix);

		if (len <= best || !json_is_string(to) ||
		    strncmp(url, prefix, len) != 0)
			continue;
		best = len;
		base = json_string_value(to);
	}
	return arena_printf(ctx->arena, "%s%s", base, url + best);
}

static const char *
without_credential(struct effect_ctx *ctx, const char *url)
{
	const char *host = strstr(url, "://"), *at;

	if (!host)
		return arena_strdup(ctx->arena, url);
	host += 3;
	at = memrchr(host, '@', strcspn(host, "/"));
	return arena_printf(ctx->arena, "%.*s%s", (int)(host - url), url,
			    at ? at + 1 : host);
}

static enum outcome
fetch(struct effect_ctx *ctx, const struct effect_op *op,
      const struct git_want *w, const char *store)
{
	const char *url = mirrored(ctx, op, w->url);
	const char *shown = without_credential(ctx, url);
	CLEANUP(put_json)
	json_t *job = json_pack("{s:s, s:s, s:s, s:s*, s:s}", "store", store,
				"url", url, "shown", shown, "ref", w->ref,
				"commit", w->commit);

	effect_progress(ctx, "fetching %s", shown);
	return talk(ctx, job, shown);
}

/* --- the store ------------------------------------------------------------ */

static bool
pause_op(void *arg, unsigned ms)
{
	return effect_wait_queued(arg, ms);
}

static void
tell_waiting(void *arg)
{
	effect_progress(arg, "waiting: the same repository is already being "
			     "fetched");
}

static enum outcome
take_lock(struct effect_ctx *ctx, const struct effect_op *op, const char *key,
	  int *lock)
{
	struct store_wait wait = { pause_op, tell_waiting, ctx };

	switch (store_lock(op->env->store_dir,
			   arena_printf(ctx->arena, "git-%s", key), &wait, lock,
			   ctx->ds)) {
	case STORE_FOUND:
	case STORE_NEW:
		return OC_OK;
	case STORE_CANCELLED:
		diag_err(ctx->ds, "E0805", "interrupted while waiting");
		return OC_CANCELLED;
	case STORE_ERROR:
		break;
	}
	return OC_FAIL;
}

static bool
is_leftover(const char *name)
{
	size_t n = strlen(name);

	/* A pack that is there wholly is called pack-... */
	return strncmp(name, "pack_", 5) == 0 ||
	       (n > 5 && strcmp(name + n - 5, ".lock") == 0);
}

/* What a killed fetch left: half a pack may be large, and a lock file would
 * stop the next. Whoever holds the store's lock is alone here. */
static void
sweep(struct effect_ctx *ctx, const char *store)
{
	static const char *const places[] = { "", "/objects/pack",
					      "/refs/opl2" };

	for (size_t i = 0; i < COUNTOF(places); i++) {
		const char *dir =
			arena_printf(ctx->arena, "%s%s", store, places[i]);
		DIR *d = opendir(dir);
		struct dirent *e;

		while (d && (e = readdir(d)))
			if (is_leftover(e->d_name))
				unlinkat(dirfd(d), e->d_name, 0);
		if (d)
			closedir(d);
	}
}

/* Is the commit one of those that are there wholly, or in their history? The
 * latter tells nothing of where a ref leads now. */
static bool
is_kept(struct effect_ctx *ctx, git_repository *repo, const struct git_want *w)
{
	CLEANUP(drop_ref) git_reference *ref = NULL;
	CLEANUP(drop_refs) git_reference_iterator *it = NULL;
	git_reference *kept;
	bool found = false;
	git_oid oid;

	if (file_exists(arena_printf(ctx->arena, "%s" GIT_LACKS,
				     git_repository_path(repo))))
		return false;
	if (git_reference_lookup(
		    &ref, repo,
		    arena_printf(ctx->arena, GIT_KEPT "%s", w->commit)) == 0)
		return true;
	if (w->ref || git_oid_fromstr(&oid, w->commit) ||
	    git_reference_iterator_glob_new(&it, repo, GIT_KEPT "*"))
		return false;
	while (!found && git_reference_next(&kept, it) == 0) {
		found = git_graph_descendant_of(
				repo, git_reference_target(kept), &oid) == 1;
		git_reference_free(kept);
	}
	return found;
}

enum outcome
git_get(struct effect_ctx *ctx, const struct effect_op *op,
	const struct git_want *w, const char **store)
{
	CLEANUP(drop_repo) git_repository *repo = NULL;
	CLEANUP(close_fdp) int lock = -1;
	char key[65];
	enum outcome oc;

	git_own_settings();
	sha256_hex(w->url, strlen(w->url), key);
	*store = arena_printf(ctx->arena, "%s/git/%s", op->env->store_dir, key);
	oc = take_lock(ctx, op, key, &lock);
	if (oc != OC_OK)
		return oc;
	if (file_mkdirs(*store, 0755, ctx->ds))
		return OC_FAIL;
	sweep(ctx, *store);
	if (git_repository_init(&repo, *store, 1)) {
		git_error_diag(ctx->ds, "E0735", "make the store", *store);
		return OC_FAIL;
	}
	return is_kept(ctx, repo, w) ? OC_OK : fetch(ctx, op, w, *store);
}
