#include "providers/clients/packages/gotool.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/platform.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/packages/goenv.h"
#include "providers/clients/packages/sumdb.h"
#include "providers/clients/store/untar.h"
#include "providers/clients/tools/need.h"

#define MODULE       "golang.org/toolchain"
#define LOOKUP_BYTES 65536u
#define PROXY_LINE   "GOPROXY=URL"
/* The module and what is unpacked of it, together. */
#define UNPACKED_BYTES (250u << 20)

static const char *const subject[] = { "module", "version", NULL };

struct gotool {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const char *version; /* "v0.0.1-go1.22.7.linux-amd64" */
	const char *what;    /* "go 1.22.7" */
	struct goenv env;
	const char *base;   /* of the checksum database that answered */
	struct tile *tiles; /* what was read of it */
};

struct tile {
	const char *path;
	uint8_t (*hash)[32];
	struct tile *next;
};

/* --- the hash of a module zip -----------------------------------------------
 */

struct listing {
	char **lines; /* "HEX  PATH\n" */
	size_t n, cap;
};

static void
list_file(void *arg, const char *path, const uint8_t sha256_raw[32])
{
	struct listing *l = arg;
	char hex[65];

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 1024;
		l->lines = xreallocarray(l->lines, l->cap, sizeof(char *));
	}
	hex_encode(sha256_raw, 32, hex);
	l->lines[l->n++] = xasprintf("%s  %s\n", hex, path);
}

static int
by_path(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return strcmp(*x + 66, *y + 66);
}

static const char *
h1_of(struct arena *a, struct listing *l)
{
	struct sha256 h;
	uint8_t raw[32];
	char text[48];

	qsort(l->lines, l->n, sizeof(char *), by_path);
	sha256_init(&h);
	for (size_t i = 0; i < l->n; i++)
		sha256_add(&h, l->lines[i], strlen(l->lines[i]));
	sha256_end(&h, raw);
	base64_encode(raw, sizeof(raw), text);
	return arena_printf(a, "h1:%s", text);
}

static void
listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->lines[i]);
	free(l->lines);
}

/* --- the checksum database --------------------------------------------------
 */

/* Looks up in the database at base; OC_GONE when it is not there. */
static enum outcome
ask_at(struct gotool *g, const char *base, struct buf *text)
{
	g->base = base;
	return fetch_text(g->ctx, g->op,
			  arena_printf(g->ctx->arena, "%s/lookup/%s@%s", base,
				       MODULE, g->version),
			  NULL, NULL, text);
}

/* The database through a proxy that carries it, else itself. */
static enum outcome
ask_sumdb(struct gotool *g, const char *name, struct buf *text)
{
	struct arena *a = g->ctx->arena;
	const char *at = g->env.proxy ? g->env.proxy : "", *proxy;
	const char *own = strpbrk(g->env.sumdb, " \t");
	enum outcome oc;
	bool any;

	while ((proxy = goenv_next_proxy(a, &at, &any))) {
		if (strncmp(proxy, "http", 4) != 0)
			continue;
		oc = ask_at(g, arena_printf(a, "%s/sumdb/%s", proxy, name),
			    text);
		if (oc != OC_GONE)
			return oc;
	}
	if (own)
		own += strspn(own, " \t");
	else
		own = arena_printf(a, "https://%s", name);
	return ask_at(g, own, text);
}

/* tlog_read of the database that answered; a tile is wanted more than once. */
static int
read_tile(void *arg, unsigned level, uint64_t n, unsigned width,
	  uint8_t (*out)[32])
{
	struct gotool *g = arg;
	struct arena *a = g->ctx->arena;
	const char *path = tlog_tile_path(a, level, n, width);
	CLEANUP(buf_done) struct buf b = BUF_INIT(LOOKUP_BYTES);
	enum outcome oc;
	struct tile *t;

	for (t = g->tiles; t; t = t->next)
		if (strcmp(t->path, path) == 0) {
			memcpy(out, t->hash, 32 * (size_t)width);
			return 0;
		}
	oc = fetch_text(g->ctx, g->op, arena_printf(a, "%s/%s", g->base, path),
			NULL, NULL, &b);
	if (oc == OC_GONE || (oc == OC_OK && b.n != 32 * (size_t)width))
		return diag_err(g->ctx->ds, "E0711",
				"the checksum database has no proof '%s'",
				path);
	if (oc != OC_OK)
		return -1;
	t = arena_alloc(a, sizeof(*t));
	t->path = path;
	t->hash = arena_alloc(a, b.n);
	memcpy(t->hash, b.p, b.n);
	memcpy(out, b.p, b.n);
	t->next = g->tiles;
	g->tiles = t;
	return 0;
}

static enum outcome
hash_from_sumdb(struct gotool *g, const char **h1)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LOOKUP_BYTES);
	struct diags *ds = g->ctx->ds;
	enum outcome oc;

	if (!g->env.sumdb || strcmp(g->env.sumdb, "off") == 0) {
		diag_err(ds, "E0711",
			 "cannot verify '%s': no checksum database is %s",
			 g->what,
			 g->env.sumdb ? "used (GOSUMDB=off)" : "configured");
		diag_hint(ds, "set GOSUMDB, 'registries: { go_sumdb: NAME }', "
			      "or the hash in the toolchain's 'from'");
		return OC_FAIL;
	}
	effect_progress(g->ctx, "asking the checksum database for %s", g->what);
	oc = ask_sumdb(g, sumdb_name(g->ctx->arena, g->env.sumdb), &text);
	if (oc == OC_GONE) {
		diag_err(ds, "E0711",
			 "the checksum database does not know '%s'", g->what);
		diag_hint(ds, "check the version: it has entries for releases "
			      "since 1.21");
		return OC_FAIL;
	}
	if (oc != OC_OK)
		return oc;
	*h1 = sumdb_lookup(g->ctx->arena, g->env.sumdb, buf_str(&text), MODULE,
			   g->version, read_tile, g, ds);
	return *h1 ? OC_OK : OC_FAIL;
}

/* --- download and unpack ----------------------------------------------------
 */

static enum outcome
gotool_download(struct gotool *g, const char *h1, char **file)
{
	struct arena *a = g->ctx->arena;
	const char *at = g->env.proxy ? g->env.proxy : "", *proxy;
	const char *urls[8];
	struct fetch f = { .what = g->what, .urls = urls, .key = h1 };
	bool any;

	while (f.nurls < COUNTOF(urls) &&
	       (proxy = goenv_next_proxy(a, &at, &any)))
		if (goenv_is_source(proxy))
			urls[f.nurls++] =
				arena_printf(a, "%s/%s/@v/%s.zip", proxy,
					     MODULE, g->version);
	if (!f.nurls) {
		diag_err(g->ctx->ds, "E0701",
			 "no Go module proxy is configured, so '%s' cannot be "
			 "fetched",
			 g->what);
		diag_hint(g->ctx->ds, "%s", goenv_add_line(a, PROXY_LINE));
		return OC_FAIL;
	}
	return fetch_file(g->ctx, g->op, &f, file);
}

/* A module zip has no modes: the programs must be made executable. Not every
 * release has each of the folders. */
static int
allow_exec(const char *dir, struct diags *ds)
{
	CLEANUP(freep) char *copy = xstrdup(dir);
	struct dirent **names;
	int n = scandir(copy, &names, NULL, NULL), rc = 0;

	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return diag_errno(ds, "E0707", "cannot list '%s'", dir);
	for (int i = 0; i < n; i++) {
		CLEANUP(freep) char *path = path_join(dir, names[i]->d_name);
		struct stat st;

		if (rc == 0 && names[i]->d_name[0] != '.' &&
		    stat(path, &st) == 0) {
			if (S_ISDIR(st.st_mode))
				rc = allow_exec(path, ds);
			else if (chmod(path, 0755))
				rc = diag_errno(ds, "E0707",
						"cannot make '%s' executable",
						path);
		}
		free(names[i]);
	}
	free(names);
	return rc;
}

static enum outcome
unpack(struct gotool *g, const char *file, const char *want,
       struct store_entry *e)
{
	struct listing l = { .n = 0 };
	struct untar opts = { .prefix = arena_printf(g->ctx->arena, "%s@%s/",
						     MODULE, g->version),
			      .cancelled = NULL,
			      .file = list_file,
			      .arg = &l };
	CLEANUP(freep) char *bin = path_join(e->root, "bin");
	CLEANUP(freep) char *tool = path_join(e->root, "pkg/tool");
	struct diags *ds = g->ctx->ds;
	const char *got;
	int rc;

	effect_progress(g->ctx, "unpacking %s", g->what);
	rc = untar(file, e->root, &opts, ds);
	got = rc ? "" : h1_of(g->ctx->arena, &l);
	listing_done(&l);
	if (rc)
		return OC_FAIL;
	if (strcmp(got, want) != 0) {
		diag_err(ds, "E0703",
			 "'%s' has the wrong digest: it has %s, expected %s",
			 g->what, got, want);
		diag_hint(ds,
			  "a module proxy may be broken; the file is not used");
		return OC_FAIL;
	}
	if (allow_exec(bin, ds) || allow_exec(tool, ds))
		return OC_FAIL;
	return OC_OK;
}

static enum outcome
gotool_make(struct gotool *g, const char *h1, const json_t *lock,
	    struct store_entry *e)
{
	CLEANUP(freep) char *file = NULL;
	enum outcome oc = gotool_download(g, h1, &file);

	if (oc != OC_OK)
		return oc;
	oc = unpack(g, file, h1, e);
	unlink(file);
	if (oc == OC_OK && store_commit(e, lock, g->ctx->ds))
		oc = OC_FAIL;
	return oc;
}

/* Names it. The new reference is its subject in opl2.lock; *h1 is the hash
 * that is known already, or NULL. */
static json_t *
gotool_begin(struct gotool *g, const struct gotool_want *want, const char **h1)
{
	struct arena *a = g->ctx->arena;
	json_t *lock;

	g->version = arena_printf(a, "v0.0.1-go%s.%s", want->version,
				  platform_name());
	g->what = arena_printf(a, "go %s (%s)", want->version, platform_name());
	lock = json_pack("{s:s,s:s}", "module", MODULE, "version", g->version);
	*h1 = want->h1;
	if (!*h1)
		*h1 = fetch_lock_value(g->op, lock, subject, "h1");
	if (*h1)
		*h1 = arena_strdup(a, *h1);
	return lock;
}

static bool
gotool_at_hand(struct gotool *g, const struct gotool_want *want, const char *h1)
{
	struct store_id id = { "toolchain", "go", want->version, h1 };
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;

	return h1 && store_find(g->op->env->store_dir, &id, &e, g->ctx->ds) ==
			     STORE_FOUND;
}

enum outcome
gotool_needs(struct effect_ctx *ctx, const struct effect_op *op,
	     const struct gotool_want *want, json_t *out)
{
	struct gotool g = { .ctx = ctx, .op = op };
	struct arena *a = ctx->arena;
	const char *h1;
	CLEANUP(put_json) json_t *lock = gotool_begin(&g, want, &h1);
	enum outcome oc;

	if (gotool_at_hand(&g, want, h1))
		return OC_OK;
	oc = goenv_load(ctx, op, &g.env);
	if (oc != OC_OK)
		return oc;
	if (!goenv_has_proxy(a, &g.env))
		need_setting(out, "Go module proxy", g.what,
			     goenv_add_line(a, PROXY_LINE), "go");
	if (!h1 && !g.env.sumdb)
		need_setting(out, "Go checksum database", g.what,
			     goenv_add_line(a, "GOSUMDB=NAME"), "go");
	need_disk(out, op->env->store_dir, UNPACKED_BYTES);
	return OC_OK;
}

enum outcome
gotool_get(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct gotool_want *want, struct gotool_got *out)
{
	struct gotool g = { .ctx = ctx, .op = op };
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	CLEANUP(put_json) json_t *lock = NULL;
	struct store_id id = { "toolchain", "go", want->version, NULL };
	enum outcome oc = OC_OK;
	bool found;

	*out = (struct gotool_got){ .h1 = NULL };
	lock = gotool_begin(&g, want, &out->h1);
	if (!out->h1)
		oc = goenv_load(ctx, op, &g.env);
	if (oc == OC_OK && !out->h1)
		oc = hash_from_sumdb(&g, &out->h1);
	if (oc != OC_OK)
		return oc;
	json_object_set_new(lock, "h1", json_string(out->h1));
	if (fetch_locked(ctx, op, lock, subject))
		return OC_FAIL;
	id.digest = out->h1;
	oc = fetch_begin(ctx, op, &id, &e, &found);
	if (oc == OC_OK && !found) {
		oc = goenv_load(ctx, op, &g.env);
		if (oc == OC_OK)
			oc = gotool_make(&g, out->h1, lock, &e);
	}
	if (oc != OC_OK)
		return oc;
	out->root = xstrdup(e.root);
	out->lock = TAKE(lock);
	return OC_OK;
}

void
gotool_got_done(struct gotool_got *g)
{
	free(TAKE(g->root));
	json_decref(TAKE(g->lock));
}
