/*
 * build: the effect half. One tree at a time is built, for each takes all
 * processors and much memory. The copy is always in the same folder, so that
 * compilers' caches, which know paths, still fit after a failed try.
 */
#include <assert.h>
#include <errno.h>
#include <sys/stat.h>

#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/packages/fetch.h"
#include "providers/clients/store/manifest.h"
#include "providers/clients/store/source_tree.h"
#include "providers/clients/store/store.h"
#include "providers/clients/tools/build_queue.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/run.h"
#include "providers/kinds/effect.h"

struct build {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	const char *scratch; /* the folder of the next two */
	const char *tree;    /* the copy */
	const char *bin;     /* a link for each tool */
	const char *path;    /* PATH of the steps */
	const char *log;
	const char **env;
	struct buf tail; /* of the step that runs */
};

/* --- inputs --------------------------------------------------------------- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

/* {NAME: sha256} of the tools' own files. A new reference. */
static json_t *
tool_files(struct build *b)
{
	CLEANUP(put_json) json_t *out = json_object();
	const json_t *tools = jx_get(b->op->config, "tools"), *tool;
	struct diags *ds = b->ctx->ds;
	char sha[65];
	size_t i;

	json_array_foreach(tools, i, tool) {
		const char *path = json_string_value(tool);

		if (!is_program(path)) {
			diag_err(ds, "E0751", "cannot find the program '%s'",
				 path);
			diag_path(ds, "/tools/%zu", i);
			return NULL;
		}
		if (json_object_get(out, base_name(path))) {
			diag_err(ds, "E0751", "two tools are called '%s'",
				 base_name(path));
			diag_path(ds, "/tools/%zu", i);
			return NULL;
		}
		if (file_sha256(path, sha, ds))
			return NULL;
		json_object_set_new(out, base_name(path), json_string(sha));
	}
	return TAKE(out);
}

/* Everything that makes the outputs what they are. */
static const char *
inputs_digest(struct build *b)
{
	static const char *const fields[] = { "source_digest", "patches",
					      "steps",         "dir",
					      "env",           "tool_digests",
					      "host_path",     "outputs" };
	CLEANUP(put_json) json_t *files = tool_files(b);
	CLEANUP(put_json) json_t *all = NULL;
	char hex[65];

	if (!files)
		return NULL;
	all = json_pack("{s:i,s:O}", "format", 1, "tools", files);
	for (size_t i = 0; i < COUNTOF(fields); i++) {
		const json_t *v = jx_get(b->op->config, fields[i]);

		if (v)
			json_object_set_new(all, fields[i], jx_share(v));
	}
	jx_digest(all, hex);
	return arena_strdup(b->ctx->arena, hex);
}

static void
build_make_env(struct build *b)
{
	const json_t *env = jx_get(b->op->config, "env");
	struct arena *a = b->ctx->arena;
	size_t n = 0;
	const char *key;
	json_t *value;

	b->env = arena_alloc(a, (json_object_size(env) + 5) * sizeof(char *));
	/* What the user has set for other work is no input of the build; nor
	 * is the repository that the spec may be in. */
	b->env[n++] = "GOFLAGS=";
	b->env[n++] = "GOWORK=off";
	b->env[n++] = "GOTOOLCHAIN=local";
	b->env[n++] = arena_printf(a, "GIT_CEILING_DIRECTORIES=%s", b->scratch);
	json_object_foreach((json_t *)(uintptr_t)env, key, value)
		b->env[n++] =
			arena_printf(a, "%s=%s", key, json_string_value(value));
	b->env[n] = NULL;
}

static void
name_places(struct build *b)
{
	struct arena *a = b->ctx->arena;
	const char *addr = addr_file(a, b->op->addr);

	b->scratch =
		arena_printf(a, "%s/%s", b->op->env->places->scratch, addr);
	b->tree = arena_printf(a, "%s/source", b->scratch);
	b->bin = arena_printf(a, "%s/bin", b->scratch);
	b->path = jx_bool(b->op->config, "host_path", true)
			  ? arena_printf(a, "%s:/usr/bin:/bin", b->bin)
			  : b->bin;
	b->log = arena_printf(a, "%s/%s.log", b->op->env->places->logs, addr);
}

/* --- before the first step ------------------------------------------------ */

static int
link_tools(struct build *b)
{
	const json_t *tools = jx_get(b->op->config, "tools"), *tool;
	size_t i;

	if (file_remove_tree(b->scratch, b->ctx->ds) ||
	    file_mkdirs(b->bin, 0755, b->ctx->ds))
		return -1;
	json_array_foreach(tools, i, tool) {
		const char *path = json_string_value(tool);
		CLEANUP(freep) char *to = path_join(b->bin, base_name(path));

		if (symlink(path, to))
			return diag_errno(b->ctx->ds, "E0501",
					  "cannot make link '%s'", to);
	}
	return 0;
}

static const json_t *
step_argv(const json_t *step)
{
	return json_is_array(step) ? step : jx_get(step, "command");
}

/* The program of a step when there is none in path; NULL: it is there, or not
 * to be looked for. */
static const char *
missing_program(struct effect_ctx *ctx, const json_t *step, const char *path)
{
	const char *name =
		json_string_value(json_array_get(step_argv(step), 0));

	if (!name || strchr(name, '/') || tool_find(ctx->arena, path, name))
		return NULL;
	return name;
}

/* Rather now than after an hour of the steps before it. */
static int
check_steps(struct build *b)
{
	const json_t *steps = jx_get(b->op->config, "steps"), *step;
	struct diags *ds = b->ctx->ds;
	size_t i;

	json_array_foreach(steps, i, step) {
		const char *name = missing_program(b->ctx, step, b->path);

		if (!name)
			continue;
		diag_err(ds, "E0751",
			 "cannot find the program '%s' for step %zu", name,
			 i + 1);
		diag_path(ds, "/steps/%zu", i);
		diag_hint(ds, "set its path in 'tools', or install it");
		return -1;
	}
	return 0;
}

static int
check_source(struct build *b)
{
	const char *source = jx_str(b->op->config, "source", "");
	struct stat st;

	if (stat(source, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	diag_err(b->ctx->ds, "E0751", "the folder '%s' does not exist", source);
	diag_path(b->ctx->ds, "/source");
	return -1;
}

static enum outcome
lay_out(struct build *b)
{
	const json_t *patches = jx_get(b->op->config, "patches"), *patch;
	enum outcome oc;
	size_t i;

	effect_progress(b->ctx, "copying the source of %s", b->op->name);
	oc = source_copy(b->ctx, jx_str(b->op->config, "source", ""), b->tree);
	if (oc != OC_OK)
		return oc;
	json_array_foreach(patches, i, patch) {
		if (source_patch(b->ctx, b->tree, patch) == 0)
			continue;
		diag_path(b->ctx->ds, "/patches/%zu", i);
		return OC_FAIL;
	}
	return OC_OK;
}

/* --- steps ---------------------------------------------------------------- */

static void
build_on_line(void *arg, const char *line)
{
	struct build *b = arg;

	buf_adds(&b->tail, line);
	buf_addch(&b->tail, '\n');
	if (b->tail.n > LIM_TOOL_TAIL)
		buf_drop(&b->tail, b->tail.n - LIM_TOOL_TAIL);
}

static const char *
command_text(struct arena *a, const json_t *argv)
{
	const json_t *word;
	char *out = arena_strdup(a, "");
	size_t i;

	json_array_foreach(argv, i, word)
		out = arena_printf(a, "%s%s%s", out, i ? " " : "",
				   json_string_value(word));
	return out;
}

static enum outcome
run_step(struct build *b, size_t i, const json_t *step)
{
	const json_t *words = step_argv(step), *word;
	struct arena *a = b->ctx->arena;
	const char *dir = jx_str(b->op->config, "dir", ".");
	const char **argv =
		arena_alloc(a, (json_array_size(words) + 1) * sizeof(*argv));
	int status = 0;
	struct tool t = { .argv = argv,
			  .env = b->env,
			  .path = b->path,
			  .log = b->log,
			  .line = build_on_line,
			  .arg = b,
			  .status = &status };
	enum outcome oc;
	size_t n;

	if (json_is_object(step))
		dir = jx_str(step, "dir", dir);
	t.cwd = arena_printf(a, "%s/%s", b->tree, dir);
	json_array_foreach(words, n, word)
		argv[n] = json_string_value(word);
	argv[n] = NULL;
	assert(argv[0]); /* check() refuses a step without a program */
	/* A program of the tree itself. */
	if (*argv[0] != '/' && strchr(argv[0], '/'))
		argv[0] = arena_printf(a, "%s/%s", t.cwd, argv[0]);
	buf_reset(&b->tail);
	effect_progress(b->ctx, "step %zu of %zu: %s", i + 1,
			json_array_size(jx_get(b->op->config, "steps")),
			command_text(a, words));
	oc = tool_run(b->ctx, &t);
	if (oc != OC_OK || status == 0)
		return oc;
	diag_err(b->ctx->ds, "E0753",
		 "step %zu of '%s' exited with status %d: %s", i + 1,
		 b->op->name, status, command_text(a, words));
	diag_path(b->ctx->ds, "/steps/%zu", i);
	diag_detail(b->ctx->ds, buf_str(&b->tail));
	diag_hint(b->ctx->ds, "the full output is in '%s'", b->log);
	return OC_FAIL;
}

/* --- outputs -------------------------------------------------------------- */

static enum outcome
take_outputs(struct build *b, const char *root)
{
	const json_t *outputs = jx_get(b->op->config, "outputs");
	enum outcome oc = OC_OK;
	const char *name;
	json_t *path;

	effect_progress(b->ctx, "storing the output of the build of %s",
			b->op->name);
	json_object_foreach((json_t *)(uintptr_t)outputs, name, path) {
		CLEANUP(freep)
		char *from = path_join(b->tree, json_string_value(path));
		CLEANUP(freep) char *to = path_join(root, name);

		if (!file_exists(from)) {
			diag_err(b->ctx->ds, "E0754",
				 "the build of '%s' did not create '%s'",
				 b->op->name, json_string_value(path));
			diag_path(b->ctx->ds, "/outputs/%s", name);
			diag_hint(b->ctx->ds, "the full output is in '%s'",
				  b->log);
			return OC_FAIL;
		}
		oc = source_copy(b->ctx, from, to);
		if (oc != OC_OK)
			return oc;
	}
	return OC_OK;
}

static enum outcome
in_turn(struct build *b, const char *root)
{
	const json_t *steps = jx_get(b->op->config, "steps"), *step;
	enum outcome oc = lay_out(b);
	size_t i;

	json_array_foreach(steps, i, step) {
		if (oc != OC_OK)
			break;
		oc = run_step(b, i, step);
	}
	return oc == OC_OK ? take_outputs(b, root) : oc;
}

static enum outcome
build_make(struct build *b, struct store_entry *e, const char *inputs)
{
	int64_t weight = jx_int(b->op->config, "weight", 0);
	CLEANUP(close_fdp) int turn = -1;
	CLEANUP(put_json) json_t *what = NULL;
	struct diags ignored;
	enum outcome oc;

	if (check_source(b) || link_tools(b) || check_steps(b))
		return OC_FAIL;
	build_make_env(b);
	oc = build_queue_take(b->ctx, b->op->env->store_dir, "build",
			      (unsigned)weight, &turn);
	if (oc == OC_OK)
		oc = in_turn(b, e->root);
	diags_init(&ignored); /* the next run removes it */
	(void)file_remove_tree(b->scratch, &ignored);
	diags_done(&ignored);
	if (oc != OC_OK)
		return oc;
	what = json_pack("{s:s,s:s}", "source",
			 jx_str(b->op->config, "source_digest", ""), "inputs",
			 inputs);
	return store_commit(e, what, b->ctx->ds) ? OC_FAIL : OC_OK;
}

/* An empty folder has no file that the manifest could name. */
static json_t *
digest_of(const json_t *digests, const char *name)
{
	const json_t *known = jx_get(digests, name);
	CLEANUP(put_json) json_t *nothing = json_array();
	char hex[65];

	if (known)
		return jx_share(known);
	jx_digest(nothing, hex);
	return jx_strf("sha256:%s", hex);
}

static int
build_fill(struct build *b, const struct store_entry *e,
	   struct effect_result *out)
{
	const json_t *outputs = jx_get(b->op->config, "outputs");
	CLEANUP(put_json) json_t *digests = NULL;
	json_t *paths, *sums, *unused;
	const char *name;

	if (manifest_digests(e->dir, &digests, b->ctx->ds))
		return -1;
	paths = json_object();
	sums = json_object();
	json_object_foreach((json_t *)(uintptr_t)outputs, name, unused) {
		json_object_set_new(paths, name,
				    jx_strf("%s/%s", e->root, name));
		json_object_set_new(sums, name, digest_of(digests, name));
	}
	out->attrs = json_pack("{s:o,s:o,s:s}", "paths", paths, "digests", sums,
			       "store_dir", e->root);
	return 0;
}

static const char *
first_output(const struct effect_op *op)
{
	const json_t *outputs = jx_get(op->config, "outputs");
	const char *first = NULL, *name;
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)outputs, name, unused)
		if (!first || strcmp(name, first) < 0)
			first = name;
	return first ? first : "nothing";
}

/* --- operations ----------------------------------------------------------- */

static enum outcome
build_create(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(store_close) struct store_entry e = STORE_ENTRY_INIT;
	struct build b = { .ctx = ctx,
			   .op = op,
			   .tail = BUF_INIT(2 * LIM_TOOL_TAIL) };
	/* Not by the name of the resource: another chain may have another. */
	struct store_id id = { "build", first_output(op), "", NULL };
	enum outcome oc;
	bool found;

	name_places(&b);
	id.digest = inputs_digest(&b);
	if (!id.digest || file_mkdirs(op->env->store_dir, 0755, ctx->ds))
		return OC_FAIL;
	oc = fetch_begin(ctx, op, &id, &e, &found);
	if (oc == OC_OK && !found)
		oc = build_make(&b, &e, id.digest);
	buf_done(&b.tail);
	if (oc != OC_OK)
		return oc;
	return build_fill(&b, &e, out) ? OC_FAIL : OC_OK;
}

static enum outcome
build_read(struct effect_ctx *ctx, const struct effect_op *op,
	   struct effect_result *out)
{
	const char *root =
		op->prior ? jx_str(op->prior, "store_dir", NULL) : NULL;
	int rc = root ? store_verify(root, false, NULL, ctx->ds) : 0;

	if (rc < 0)
		return OC_FAIL;
	if (rc == 0)
		return OC_GONE;
	out->attrs = jx_share(op->prior);
	return OC_OK;
}

static bool
among_tools(const json_t *tools, const char *name)
{
	const json_t *tool;
	size_t i;

	json_array_foreach(tools, i, tool) {
		const char *path = json_string_value(tool);

		/* One that is not known yet may be anything: its own toolchain
		 * answers for it. */
		if (!path || strcmp(base_name(path), name) == 0)
			return true;
	}
	return json_is_null(tools);
}

static enum outcome
build_needs(struct effect_ctx *ctx, const struct effect_op *op, json_t *out)
{
	const json_t *steps = jx_get(op->config, "steps"), *step;
	const json_t *tools = json_object_get(op->config, "tools");
	bool host = jx_bool(op->config, "host_path", true);
	size_t i;

	json_array_foreach(steps, i, step) {
		const char *name =
			missing_program(ctx, step, host ? "/usr/bin:/bin" : "");

		if (name && !among_tools(tools, name))
			need_program(out, name,
				     arena_printf(ctx->arena,
						  "step %zu runs it", i + 1),
				     false);
	}
	return OC_OK;
}

const struct effects effects_build = {
	.kind = "build",
	.read = build_read,
	.create = build_create,
	.remove = effect_leave,
	.needs = build_needs,
};
