/*
 * go_binary: the effect half. Two `go build` at a time would compile the same
 * packages twice, so builds take turns; what one of them compiled, Go's cache
 * has for the next.
 */
#include <errno.h>
#include <glob.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/store.h"
#include "providers/clients/tools/build_queue.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/run.h"
#include "providers/kinds/go_binary/effect_go_module.h"

#define ASK_MS      120000u
#define FILE_BYTES  (16u << 20)
#define TAIL_LINES  30u
#define PROGRESS_MS 1000u
#define FEW_CPUS    4
/* What Go keeps of a program that it never built: sources, objects. */
#define MODULES_BYTES (200u << 20)
#define OBJECTS_BYTES (200u << 20)

static const char *const lock_subject[] = { "package", "go_mod", "go_sum",
					    NULL };

struct build {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const char *go;
	const char *name;       /* of the program's file */
	const char *go_version; /* "go1.26.8" */
	const char **env;
	char mod_sha[65], sum_sha[65];
	struct buf mod, sum;
	/* What go says on the way. */
	unsigned compiled, fetched;
	enum { GO_LOADS, GO_FETCHES, GO_COMPILES, GO_LINKS } phase, told;
	bool news; /* since it was told */
	uint64_t told_ms;
	char *tail[TAIL_LINES]; /* a ring of lines worth showing */
	unsigned ntail;
};

/* --- inputs ----------------------------------------------------------------
 */

/* "…/op-node/cmd" is op-node: the last part that says something. */
static const char *
program_name(struct arena *a, const char *package)
{
	char *s = arena_strdup(a, package), *slash;

	while ((slash = strrchr(s, '/')) != NULL) {
		if (strcmp(slash, "/cmd") != 0 && strcmp(slash, "/main") != 0 &&
		    strcmp(slash, "/") != 0)
			return slash + 1;
		*slash = '\0';
	}
	return s;
}

static int
load_asset(struct build *b, const char *field, struct buf *out, char sha[65])
{
	const char *file =
		effect_asset(b->ctx, b->op, jx_str(b->op->config, field, ""));

	if (!file || file_read(file, out, b->ctx->ds))
		return -1;
	sha256_hex(buf_str(out), out->n, sha);
	return 0;
}

static void
go_binary_make_env(struct build *b)
{
	const json_t *env = jx_get(b->op->config, "env");
	const char *goos = jx_str(b->op->config, "goos", NULL);
	const char *goarch = jx_str(b->op->config, "goarch", NULL);
	struct arena *a = b->ctx->arena;
	size_t n = 0;
	const char *key;
	json_t *value;

	b->env = arena_alloc(a, (json_object_size(env) + 8) * sizeof(char *));
	b->env[n++] = "GOFLAGS=-mod=readonly";
	b->env[n++] = "GOTOOLCHAIN=local";
	b->env[n++] = "GOWORK=off";
	b->env[n++] = "GO111MODULE=on";
	if (goos)
		b->env[n++] = arena_printf(a, "GOOS=%s", goos);
	if (goarch)
		b->env[n++] = arena_printf(a, "GOARCH=%s", goarch);
	json_object_foreach((json_t *)(uintptr_t)env, key, value)
		b->env[n++] =
			arena_printf(a, "%s=%s", key, json_string_value(value));
}

/* Version and platform, which are part of what the build is. *about is a new
 * reference. */
static enum outcome
ask_go(struct build *b, json_t **about)
{
	const char *argv[] = { b->go,   "env",    "-json",        "GOVERSION",
			       "GOOS",  "GOARCH", "CGO_ENABLED",  "GOAMD64",
			       "GOARM", "GOMIPS", "GOEXPERIMENT", NULL };
	CLEANUP(buf_done) struct buf out = BUF_INIT(LIM_TOOL_TAIL);
	struct tool t = { .argv = argv,
			  .env = b->env,
			  .cwd = b->op->env->store_dir,
			  .out = &out,
			  .timeout_ms = ASK_MS };
	enum outcome oc = tool_run(b->ctx, &t);

	if (oc != OC_OK)
		return oc;
	*about = jx_parse(buf_str(&out), out.n, "the answer of 'go env'",
			  b->ctx->ds);
	if (!*about)
		return OC_FAIL;
	b->go_version =
		arena_strdup(b->ctx->arena, jx_str(*about, "GOVERSION", ""));
	return OC_OK;
}

/* Everything that makes the program what it is. */
static const char *
inputs_digest(struct build *b, const json_t *about)
{
	static const char *const fields[] = { "package", "tags",     "gcflags",
					      "ldflags", "trimpath", "env",
					      "modules", "overlay",  NULL };
	CLEANUP(put_json)
	json_t *all = json_pack("{s:s,s:s,s:O}", "go_mod", b->mod_sha, "go_sum",
				b->sum_sha, "go", about);
	char hex[65];

	for (const char *const *f = fields; *f; f++) {
		const json_t *v = jx_get(b->op->config, *f);

		if (v)
			json_object_set_new(all, *f, jx_share(v));
	}
	jx_digest(all, hex);
	return arena_strdup(b->ctx->arena, hex);
}

/* --- what go says ----------------------------------------------------------
 */

static void
keep_line(struct build *b, const char *line)
{
	char **at = &b->tail[b->ntail++ % TAIL_LINES];

	free(*at);
	*at = xstrdup(line);
}

/* What go does now. Not the name it printed last: several are compiled at a
 * time, and the one that takes long is not the last. */
static void
go_binary_say(struct build *b)
{
	b->news = false;
	b->told = b->phase;
	b->told_ms = mono_ms();
	if (b->phase == GO_FETCHES)
		effect_progress(b->ctx, "downloading modules of %s, %u so far",
				b->name, b->fetched);
	else if (b->phase == GO_COMPILES)
		effect_progress(b->ctx, "compiling %s, %u packages so far",
				b->name, b->compiled);
	else if (b->phase == GO_LINKS)
		effect_progress(b->ctx, "linking %s", b->name);
}

static void
on_tick(void *arg)
{
	struct build *b = arg;

	if (b->phase != b->told ||
	    (b->news && mono_ms() - b->told_ms >= PROGRESS_MS))
		go_binary_say(b);
}

/* -v prints a package when it begins to compile it, the program's own as the
 * last one; a download says so. */
static void
go_binary_on_line(void *arg, const char *line)
{
	struct build *b = arg;
	bool download = strncmp(line, "go: downloading ", 16) == 0;
	bool package = *line && !strpbrk(line, " \t:#");

	b->fetched += download;
	b->compiled += package;
	if (!download && !package) {
		keep_line(b, line);
		return;
	}
	b->news = true;
	if (download)
		b->phase = GO_FETCHES;
	else if (strcmp(line, jx_str(b->op->config, "package", "")) == 0)
		b->phase = GO_LINKS;
	else
		b->phase = GO_COMPILES;
}

static char *
tail_text(struct build *b)
{
	struct buf out = BUF_INIT(LIM_TOOL_TAIL);
	unsigned n = b->ntail < TAIL_LINES ? b->ntail : TAIL_LINES;

	for (unsigned i = b->ntail - n; i < b->ntail; i++)
		buf_addf(&out, "%s\n", b->tail[i % TAIL_LINES]);
	return buf_take(&out);
}

static const char *
hint_for(const char *text)
{
	static const struct {
		const char *says, *hint;
	} rows[] = {
		{ "no space left on device",
		  "free some space on the disks of the store, GOCACHE and "
		  "GOMODCACHE" },
		{ "missing go.sum entry",
		  "go.sum does not cover the package: run 'go mod tidy' where "
		  "go.mod is, and commit both" },
		{ "updates to go.mod needed",
		  "go.mod is not tidy: run 'go mod tidy' where it is" },
		{ "checksum mismatch", "a module does not match go.sum; find "
				       "out why before you continue" },
		{ "SECURITY ERROR",
		  "a module does not match the checksum database; find out why "
		  "before you continue" },
		{ "requires go >=", "extend the toolchain's version range to "
				    "the version in go.mod" },
		{ "dial tcp", "check the network and GOPROXY" },
		{ "module lookup disabled", "set GOPROXY" },
		{ "cgo: C compiler", "install gcc, or set CGO_ENABLED to 0" },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (strstr(text, rows[i].says))
			return rows[i].hint;
	return "the full output is in the log";
}

/* --- the build --------------------------------------------------------------
 */

static enum outcome
compile(struct build *b, const struct go_module *m, const char *out,
	const char *log)
{
	const json_t *c = b->op->config, *tags = jx_get(c, "tags"), *tag;
	struct arena *a = b->ctx->arena;
	const char *argv[20], *ldflags = jx_str(c, "ldflags", NULL);
	const char *gcflags = jx_str(c, "gcflags", NULL);
	CLEANUP(freep) char *tail = NULL;
	int status = 0;
	struct tool t = { .argv = argv,
			  .env = b->env,
			  .cwd = m->dir,
			  .log = log,
			  .line = go_binary_on_line,
			  .tick = on_tick,
			  .arg = b,
			  .status = &status };
	char *list = NULL;
	enum outcome oc;
	size_t n = 0, i;

	argv[n++] = b->go;
	argv[n++] = "build";
	argv[n++] = "-v";
	argv[n++] = "-o";
	argv[n++] = out;
	if (m->overlay)
		argv[n++] = m->overlay;
	if (jx_bool(c, "trimpath", false))
		argv[n++] = "-trimpath";
	json_array_foreach(tags, i, tag)
		list = arena_printf(a, "%s%s%s",
				    list ? list : "-tags=", list ? "," : "",
				    json_string_value(tag));
	if (list)
		argv[n++] = list;
	if (gcflags)
		argv[n++] = arena_printf(a, "-gcflags=%s", gcflags);
	if (ldflags)
		argv[n++] = arena_printf(a, "-ldflags=%s", ldflags);
	argv[n++] = jx_str(c, "package", "");
	argv[n] = NULL;
	effect_progress(b->ctx, "finding out what %s needs", b->name);
	oc = tool_run(b->ctx, &t);
	if (oc != OC_OK || status == 0)
		return oc;
	tail = tail_text(b);
	diag_err(b->ctx->ds, "E0710",
		 "building '%s' failed (go build exited with status %d)",
		 b->name, status);
	diag_detail(b->ctx->ds, tail);
	diag_hint(b->ctx->ds, "%s: %s", hint_for(tail), log);
	return OC_FAIL;
}

static enum outcome
in_module(struct build *b, const char *dir, const char *out)
{
	struct go_module m = { .ctx = b->ctx,
			       .op = b->op,
			       .dir = dir,
			       .go = b->go,
			       .env = b->env,
			       .mod = &b->mod,
			       .sum = &b->sum };
	char *log = arena_printf(b->ctx->arena, "%s/%s.log",
				 b->op->env->places->logs,
				 addr_file(b->ctx->arena, b->op->addr));
	enum outcome oc = go_module_make(&m);

	return oc == OC_OK ? compile(b, &m, out, log) : oc;
}

/* Different modules share the standard library and many dependencies, which
 * matters more than what one build leaves idle, unless there are many
 * processors. */
static void
queue_name(const struct build *b, char *name, size_t size)
{
	const char *what = sysconf(_SC_NPROCESSORS_ONLN) <= FEW_CPUS
				   ? b->go_version
				   : b->mod_sha;
	char sha[65];

	sha256_hex(what, strlen(what), sha);
	snprintf(name, size, "go-%.16s", sha);
}

static enum outcome
go_binary_make(struct build *b, struct store_entry *e, const char *inputs)
{
	CLEANUP(freep) char *dir = xasprintf("%s.module", e->tmp);
	CLEANUP(freep) char *out = path_join(e->root, b->name);
	CLEANUP(close_fdp) int turn = -1;
	CLEANUP(put_json) json_t *what = NULL;
	int64_t weight = jx_int(b->op->config, "weight", 0);
	struct diags ignored;
	char queue[32], sha[65];
	enum outcome oc;

	queue_name(b, queue, sizeof(queue));
	oc = build_queue_take(b->ctx, b->op->env->store_dir, queue,
			      (unsigned)weight, &turn);
	if (oc == OC_OK)
		oc = in_module(b, dir, out);
	/* The next may compile while this one is brought to the disk. */
	close_fdp(&turn);
	turn = -1;
	diags_init(&ignored); /* the next build of it removes it */
	(void)file_remove_tree(dir, &ignored);
	diags_done(&ignored);
	if (oc != OC_OK)
		return oc;
	if (file_sha256(out, sha, b->ctx->ds))
		return OC_FAIL;
	what = json_pack("{s:s,s:s,s:s,s:s}", "package",
			 jx_str(b->op->config, "package", ""), "go",
			 b->go_version, "inputs", inputs, "sha256", sha);
	return store_commit(e, what, b->ctx->ds) ? OC_FAIL : OC_OK;
}

static enum outcome
find_or_make(struct build *b, struct effect_result *out)
{
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	CLEANUP(put_json) json_t *about = NULL, *lock = NULL;
	struct store_id id = { "go", b->name, "", NULL };
	enum outcome oc;
	bool found;

	if (load_asset(b, "go_mod", &b->mod, b->mod_sha) ||
	    load_asset(b, "go_sum", &b->sum, b->sum_sha) ||
	    file_mkdirs(b->op->env->store_dir, 0755, b->ctx->ds))
		return OC_FAIL;
	go_binary_make_env(b);
	oc = ask_go(b, &about);
	if (oc != OC_OK)
		return oc;
	lock = json_pack("{s:s,s:s,s:s}", "package",
			 jx_str(b->op->config, "package", ""), "go_mod",
			 b->mod_sha, "go_sum", b->sum_sha);
	if (fetch_locked(b->ctx, b->op, lock, lock_subject))
		return OC_FAIL;
	id.version = b->go_version;
	id.digest = inputs_digest(b, about);
	oc = fetch_begin(b->ctx, b->op, &id, &e, &found);
	if (oc == OC_OK && !found)
		oc = go_binary_make(b, &e, id.digest);
	if (oc != OC_OK)
		return oc;
	out->attrs = json_pack(
		"{s:o,s:o,s:s}", "path", jx_strf("%s/%s", e.root, b->name),
		"digest", jx_strf("sha256:%s", jx_str(e.what, "sha256", "")),
		"go_version", b->go_version);
	out->priv = json_pack("{s:s,s:s}", "root", e.root, "inputs", id.digest);
	out->lock = TAKE(lock);
	return OC_OK;
}

/* --- operations -------------------------------------------------------------
 */

static enum outcome
go_binary_read(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	const char *root = jx_str(op->priv, "root", NULL);
	int rc = root ? store_verify(root, false, NULL, ctx->ds) : 0;

	if (rc < 0)
		return OC_FAIL;
	if (rc == 0)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	out->priv = jx_share(op->priv);
	return OC_OK;
}

static enum outcome
go_binary_create(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	struct build b = { .ctx = ctx,
			   .op = op,
			   .go = jx_str(op->config, "go", "go"),
			   .name = program_name(
				   ctx->arena,
				   jx_str(op->config, "package", "")),
			   .mod = BUF_INIT(FILE_BYTES),
			   .sum = BUF_INIT(FILE_BYTES) };
	enum outcome oc = find_or_make(&b, out);

	buf_done(&b.mod);
	buf_done(&b.sum);
	for (size_t i = 0; i < TAIL_LINES; i++)
		free(b.tail[i]);
	return oc;
}

/* Is a program of that name in the store? Which one it is, only a go that may
 * not be there yet could tell. */
static bool
built_before(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *name =
		program_name(ctx->arena, jx_str(op->config, "package", ""));
	const char *pattern = arena_printf(ctx->arena, "%s/go/%s-*",
					   op->env->store_dir, name);
	glob_t g = { 0 };
	bool found = glob(pattern, GLOB_NOSORT, NULL, &g) == 0;

	globfree(&g);
	return found;
}

/* Did Go download the module that the package is in, or one around it? */
static bool
downloaded_before(struct effect_ctx *ctx, const struct effect_op *op,
		  const char *modcache)
{
	char *module =
		arena_strdup(ctx->arena, jx_str(op->config, "package", ""));
	char *slash;

	/* HOST/OWNER/MODULE is as short as the name of a module gets. */
	while ((slash = strrchr(module, '/')) &&
	       strchr(strchr(module, '/') + 1, '/')) {
		if (file_exists(arena_printf(ctx->arena,
					     "%s/cache/download/%s/@v",
					     modcache, module)))
			return true;
		*slash = '\0';
	}
	return false;
}

static const char *
go_folder(struct effect_ctx *ctx, const char *var, const char *home_dir)
{
	const char *dir = getenv(var), *home = getenv("HOME");

	if (dir && *dir == '/')
		return dir;
	return home ? arena_printf(ctx->arena, "%s/%s", home, home_dir) : NULL;
}

/* At least, for one of several of the same modules. */
static enum outcome
go_binary_needs(struct effect_ctx *ctx, const struct effect_op *op, json_t *out)
{
	const char *modules = go_folder(ctx, "GOMODCACHE", "go/pkg/mod");
	const char *built = go_folder(ctx, "GOCACHE", ".cache/go-build");

	if (!modules || !built || built_before(ctx, op) ||
	    downloaded_before(ctx, op, modules))
		return OC_OK;
	need_disk(out, modules, MODULES_BYTES);
	need_disk(out, built, OBJECTS_BYTES);
	return OC_OK;
}

const struct effects effects_go_binary = {
	.kind = "go_binary",
	.read = go_binary_read,
	.create = go_binary_create,
	.remove = effect_leave,
	.needs = go_binary_needs,
};
