#include "providers/clients/packages/npm.h"

#include <sys/stat.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/untar.h"
#include "providers/clients/tools/clients.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/run.h"

#define ASK_NPM_MS    60000u
#define ACCEPT_LIST   "application/vnd.npm.install-v1+json"
#define PACKAGE_BYTES (50u << 20) /* of a middling one, packed and unpacked */

static const char *const subject[] = { "package", "version", NULL };

struct npm {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const struct npm_want *want;
	const char *what; /* "solc@0.8.15" */
	struct npmrc rc;
	const char *registry; /* with a slash at its end */
};

/* --- which registry ------------------------------------------------------- */

/* The client's built-in registry, remembered for as long as the client is the
 * same file. */
static char *
remembered(struct npm *n, const char *client, const json_t *id)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(65536);
	CLEANUP(put_json) json_t *j = NULL;
	struct diags ignored;
	int rc;

	diags_init(&ignored);
	rc = file_read_opt(client, &b, &ignored);
	diags_done(&ignored);
	if (rc == 0 && b.n)
		j = jx_parse(b.p, b.n, client, NULL);
	if (!j || !json_equal(jx_get(j, "client"), id))
		return NULL;
	return arena_strdup(n->ctx->arena, jx_str(j, "registry", ""));
}

static void
remember(struct npm *n, const char *file, const json_t *id,
	 const char *registry)
{
	CLEANUP(put_json)
	json_t *j = json_pack("{s:O,s:s}", "client", id, "registry", registry);
	struct diags ignored; /* it is asked again the next time */

	diags_init(&ignored);
	if (file_mkdirs(n->op->env->store_dir, 0755, &ignored) == 0)
		(void)file_replace_json(file, j, 0644, &ignored);
	diags_done(&ignored);
}

/* What `npm config get registry` says, when there is an npm. */
static enum outcome
ask_client(struct npm *n, const char **registry)
{
	const char *client = tool_find(n->ctx->arena, NULL, "npm");
	const char *argv[] = { client, "config", "get", "registry", NULL };
	CLEANUP(buf_done) struct buf out = BUF_INIT(4096);
	CLEANUP(freep)
	char *file = path_join(n->op->env->store_dir, "npm-client.json");
	CLEANUP(put_json) json_t *id = NULL;
	struct tool t = { .argv = argv,
			  .cwd = n->op->env->spec_dir,
			  .out = &out,
			  .timeout_ms = ASK_NPM_MS };
	enum outcome oc;
	struct stat st;

	*registry = NULL;
	if (!client || stat(client, &st))
		return OC_OK;
	id = json_pack("[s,I,I,I]", client, (json_int_t)st.st_ino,
		       (json_int_t)st.st_size, (json_int_t)st.st_mtime);
	*registry = remembered(n, file, id);
	if (*registry)
		return OC_OK;
	effect_progress(n->ctx, "asking npm for its registry");
	oc = tool_run(n->ctx, &t);
	if (oc != OC_OK)
		return oc;
	while (out.n && isspace((unsigned char)out.p[out.n - 1]))
		out.p[--out.n] = '\0';
	if (strncmp(buf_str(&out), "http", 4) != 0 || strpbrk(out.p, " \n"))
		return OC_OK;
	remember(n, file, id, out.p);
	*registry = arena_strdup(n->ctx->arena, out.p);
	return OC_OK;
}

/* The registry of the package, with a slash at its end, or NULL. */
static enum outcome
find_registry(struct npm *n)
{
	const char *url = jx_str(n->op->env->registries, "npm", NULL);
	enum outcome oc = OC_OK;

	if (!url)
		url = npmrc_registry(&n->rc, n->want->package);
	if (!url)
		oc = ask_client(n, &url);
	if (oc != OC_OK)
		return oc;
	if (!url)
		url = clients_built(n->ctx->arena, "NPM_REGISTRY");
	if (url)
		n->registry =
			arena_printf(n->ctx->arena, "%s%s", url,
				     url[strlen(url) - 1] == '/' ? "" : "/");
	return OC_OK;
}

/* The hint for the one setting that is missing. */
static const char *
add_line(struct npm *n)
{
	return arena_printf(n->ctx->arena,
			    "add the line 'registry=URL' to %s, or install "
			    "npm, which sets one by default",
			    npmrc_user_file(&n->rc));
}

static enum outcome
need_registry(struct npm *n)
{
	enum outcome oc = find_registry(n);

	if (oc != OC_OK || n->registry)
		return oc;
	diag_err(n->ctx->ds, "E0701",
		 "no npm registry is configured, so '%s' cannot be fetched",
		 n->what);
	diag_hint(n->ctx->ds, "%s", add_line(n));
	return OC_FAIL;
}

/* --- metadata ------------------------------------------------------------- */

static enum outcome
get_json(struct npm *n, const char *url, const char *accept, json_t **out)
{
	CLEANUP(buf_done) struct buf body = BUF_INIT(LIM_HTTP_BODY);
	enum outcome oc = fetch_text(n->ctx, n->op, url, accept, &n->rc, &body);

	if (oc != OC_OK)
		return oc;
	/* npm's own servers repeat no keys, but some mirrors do. */
	*out = json_loadb(buf_str(&body), body.n, 0, NULL);
	if (json_is_object(*out))
		return OC_OK;
	json_decref(TAKE(*out));
	diag_err(n->ctx->ds, "E0702",
		 "the answer about '%s' is not that of a registry", n->what);
	diag_hint(n->ctx->ds, "check that '%s' is an npm registry",
		  n->registry);
	return OC_FAIL;
}

/* The version's own document, or, of mirrors that have none, its part of the
 * package's. */
static enum outcome
metadata(struct npm *n, json_t **out)
{
	struct arena *a = n->ctx->arena;
	const char *slash = strchr(n->want->package, '/');
	const char *base = arena_printf(
		a, "%s%.*s%s%s", n->registry,
		slash ? (int)(slash - n->want->package) : 0, n->want->package,
		slash ? "%2f" : "", slash ? slash + 1 : n->want->package);
	const char *url = arena_printf(a, "%s/%s", base, n->want->version);
	CLEANUP(put_json) json_t *all = NULL;
	enum outcome oc = get_json(n, url, NULL, out);

	if (oc != OC_GONE)
		return oc;
	oc = get_json(n, base, ACCEPT_LIST, &all);
	if (oc == OC_OK)
		*out = json_incref(json_object_get(
			json_object_get(all, "versions"), n->want->version));
	if (oc == OC_OK && *out)
		return OC_OK;
	if (oc == OC_OK || oc == OC_GONE) {
		diag_err(n->ctx->ds, "E0702", "the registry has no '%s'",
			 n->what);
		diag_hint(n->ctx->ds,
			  oc == OC_GONE
				  ? "check the package's name"
				  : "the package exists; check the version");
		oc = OC_FAIL;
	}
	return oc;
}

/*
 * Where the tarball may be. A mirror often hands on the address that the
 * package has at home; when it has the usual form, it is asked of the mirror
 * first.
 */
static size_t
tarball_urls(struct npm *n, const char *tarball, const char *urls[2])
{
	const char *usual =
		arena_printf(n->ctx->arena, "/%s/-/", n->want->package);
	const char *path = strstr(tarball, usual);
	size_t k = 0;

	if (path && strncmp(tarball, n->registry, strlen(n->registry)) != 0)
		urls[k++] = arena_printf(n->ctx->arena, "%s%s", n->registry,
					 path + 1);
	urls[k++] = tarball;
	return k;
}

/* --- one package ---------------------------------------------------------- */

static int
bad_integrity(struct npm *n, const char *text, const char *where)
{
	diag_err(n->ctx->ds, "E0702", "'%s' has no usable digest: %s '%s'",
		 n->what, where, text);
	diag_hint(n->ctx->ds,
		  "set 'integrity: sha512-...' (SHA-1 is not accepted)");
	return -1;
}

/*
 * The digest to demand: the spec's, else that of opl2.lock, else the
 * registry's. The registry must not contradict the others.
 */
static int
agree(struct npm *n, const json_t *meta, const char *expected,
      struct digest *want)
{
	const char *theirs = jx_str(jx_get(meta, "dist"), "integrity", "");
	struct digest d;

	if (digest_parse(theirs, &d)) {
		if (!expected)
			return bad_integrity(n, theirs, "the registry says");
		return 0;
	}
	if (!expected || d.bits != want->bits) {
		if (!expected)
			*want = d;
		return 0;
	}
	if (digest_equal(&d, want))
		return 0;
	diag_err(n->ctx->ds, n->want->integrity ? "E0703" : "E0704",
		 "'%s' has integrity %s in the registry, but %s has %s",
		 n->what, digest_text(n->ctx->arena, &d),
		 n->want->integrity ? "the spec" : "opl2.lock",
		 digest_text(n->ctx->arena, want));
	diag_hint(n->ctx->ds, "find out why it changed; nothing was "
			      "downloaded");
	return -1;
}

static enum outcome
npm_fill(struct npm *n, const json_t *meta, const struct digest *want,
	 const json_t *lock, struct store_entry *e)
{
	const char *tarball = jx_str(jx_get(meta, "dist"), "tarball", NULL);
	const char *urls[2];
	struct fetch f = { .what = n->what,
			   .urls = urls,
			   .want = want,
			   .key = digest_text(n->ctx->arena, want),
			   .npmrc = &n->rc };
	struct untar opts = { .strip = 1,
			      .cancelled = fetch_cancelled,
			      .arg = n->ctx };
	CLEANUP(freep) char *file = NULL;
	enum outcome oc;
	int rc;

	if (!tarball) {
		diag_err(n->ctx->ds, "E0702",
			 "the registry has no tarball for '%s'", n->what);
		return OC_FAIL;
	}
	f.nurls = tarball_urls(n, tarball, urls);
	oc = fetch_file(n->ctx, n->op, &f, &file);
	if (oc != OC_OK)
		return oc;
	effect_progress(n->ctx, "unpacking %s", n->what);
	rc = untar(file, e->root, &opts, n->ctx->ds);
	if (rc == 0)
		rc = store_commit(e, lock, n->ctx->ds);
	if (rc <= 0)
		unlink(file);
	if (rc > 0) {
		diag_err(n->ctx->ds, "E0805",
			 "interrupted while unpacking '%s'", n->what);
		return OC_CANCELLED;
	}
	return rc ? OC_FAIL : OC_OK;
}

static json_t *
lock_of(const struct npm *n)
{
	return json_pack("{s:s,s:s}", "package", n->want->package, "version",
			 n->want->version);
}

/* The digest that is known before the registry is asked: the spec's, else that
 * of opl2.lock, else none. */
static int
known_digest(struct npm *n, const json_t *lock, const char **expected,
	     struct digest *want)
{
	*expected = n->want->integrity;
	if (!*expected)
		*expected = fetch_lock_value(n->op, lock, subject, "integrity");
	if (*expected && digest_parse(*expected, want))
		return bad_integrity(n, *expected,
				     n->want->integrity ? "the spec says"
							: "opl2.lock says");
	return 0;
}

static enum outcome
get(struct npm *n, struct npm_got *out)
{
	struct store_id id = { "npm", n->want->package, n->want->version,
			       NULL };
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	CLEANUP(put_json) json_t *meta = NULL, *lock = lock_of(n);
	const char *expected;
	struct digest want = { .bits = 0 };
	enum outcome oc;
	bool found;

	if (known_digest(n, lock, &expected, &want))
		return OC_FAIL;
	for (unsigned round = 0;; round++) {
		if (want.bits) {
			out->integrity = digest_text(n->ctx->arena, &want);
			id.digest = out->integrity;
			json_object_set_new(lock, "integrity",
					    json_string(out->integrity));
			if (fetch_locked(n->ctx, n->op, lock, subject))
				return OC_FAIL;
			oc = fetch_begin(n->ctx, n->op, &id, &e, &found);
			if (oc != OC_OK)
				return oc;
			if (found || round)
				break;
			store_close(&e);
		}
		oc = need_registry(n);
		if (oc == OC_OK)
			oc = metadata(n, &meta);
		if (oc != OC_OK)
			return oc;
		if (agree(n, meta, expected, &want))
			return OC_FAIL;
	}
	if (!found) {
		oc = npm_fill(n, meta, &want, lock, &e);
		if (oc != OC_OK)
			return oc;
	}
	out->dir = xstrdup(e.root);
	out->lock = TAKE(lock);
	return OC_OK;
}

extern char **environ;

static int
npm_begin(struct npm *n)
{
	n->what = arena_printf(n->ctx->arena, "%s@%s", n->want->package,
			       n->want->version);
	return npmrc_load(&n->rc, n->ctx->arena, (const char *const *)environ,
			  n->op->env->spec_dir, n->ctx->ds);
}

enum outcome
npm_get(struct effect_ctx *ctx, const struct effect_op *op,
	const struct npm_want *want, struct npm_got *out)
{
	struct npm n = { .ctx = ctx, .op = op, .want = want };
	enum outcome oc;

	*out = (struct npm_got){ .dir = NULL };
	if (npm_begin(&n))
		return OC_FAIL;
	oc = get(&n, out);
	npmrc_done(&n.rc);
	return oc;
}

/* Is it in the store, under a digest that is known already? */
static bool
npm_at_hand(struct npm *n)
{
	struct store_id id = { "npm", n->want->package, n->want->version,
			       NULL };
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	CLEANUP(put_json) json_t *lock = lock_of(n);
	const char *expected;
	struct digest want = { .bits = 0 };

	if (known_digest(n, lock, &expected, &want) || !want.bits)
		return false;
	id.digest = digest_text(n->ctx->arena, &want);
	return store_find(n->op->env->store_dir, &id, &e, n->ctx->ds) ==
	       STORE_FOUND;
}

/* An npm is not run for it, which takes long: there is none that names none. */
static bool
has_registry(struct npm *n)
{
	struct arena *a = n->ctx->arena;

	return jx_str(n->op->env->registries, "npm", NULL) ||
	       npmrc_registry(&n->rc, n->want->package) ||
	       tool_find(a, NULL, "npm") || clients_built(a, "NPM_REGISTRY");
}

enum outcome
npm_needs(struct effect_ctx *ctx, const struct effect_op *op,
	  const struct npm_want *want, json_t *out)
{
	struct npm n = { .ctx = ctx, .op = op, .want = want };

	if (npm_begin(&n))
		return OC_FAIL;
	if (!npm_at_hand(&n)) {
		if (!has_registry(&n))
			need_setting(out, "npm registry", n.what, add_line(&n),
				     "npm");
		need_disk(out, op->env->store_dir, PACKAGE_BYTES);
	}
	npmrc_done(&n.rc);
	return OC_OK;
}

void
npm_got_done(struct npm_got *g)
{
	free(TAKE(g->dir));
	json_decref(TAKE(g->lock));
}
