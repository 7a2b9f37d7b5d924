/*
 * datadir: the effect half. The client's init runs once; the marker, written
 * after it, is how an initialised database is recognised without running it.
 * What is there already is never reset.
 */
#include "providers/kinds/datadir/effect_datadir.h"

#include <sys/stat.h>

#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/tools/need.h"
#include "providers/clients/tools/run.h"
#include "providers/facts/managed_place.h"

#define INIT_MS        600000
#define DATABASE_BYTES (512u << 20)

const char *
datadir_path(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *planned = jx_str(op->planned, "path", NULL);

	return planned ? planned
		       : datadir_place(ctx->arena, op->env->places->data,
				       jx_str(op->config, "key", ""), op->name,
				       op->prior);
}

/* 1 with *out: marked; 0: not; -1. */
static int
marker(struct effect_ctx *ctx, const char *dir, json_t **out)
{
	const char *path = arena_printf(ctx->arena, "%s/" DATADIR_MARKER, dir);

	if (!file_exists(path))
		return 0;
	*out = jx_load_file(path, 1u << 16, ctx->ds);
	return *out ? 1 : -1;
}

json_t *
datadir_attrs(const char *dir, bool initialised)
{
	return json_pack("{s:s, s:b}", "path", dir, "initialised", initialised);
}

static enum outcome
datadir_read(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	const char *dir = op->prior ? jx_str(op->prior, "path", NULL) : NULL;

	if (!dir || !file_exists(dir))
		return OC_GONE;
	out->attrs = datadir_attrs(
		dir, file_exists(arena_printf(ctx->arena, "%s/" DATADIR_MARKER,
					      dir)) &&
			     datadir_at_home(ctx, op, dir));
	return OC_OK;
}

/* The marker of a folder that is there must be that of this genesis. */
static int
same_chain(struct effect_ctx *ctx, const struct effect_op *op, const char *dir,
	   const json_t *mark)
{
	const char *had = jx_str(mark, "genesis_sha256", "");
	const char *want = jx_str(op->config, "genesis_sha256", "");

	if (strcmp(had, want) == 0)
		return 0;
	diag_err(ctx->ds, "E0424", "'%s' holds the database of another genesis",
		 dir);
	diag_hint(ctx->ds, "nothing was changed; set 'key' to the digest of "
			   "the whole chain, or move the folder away");
	return -1;
}

/* The format that its programs write; the marker of before says none. */
static int64_t
format_of(const json_t *mark)
{
	return jx_int(mark, "format", 8);
}

/* A database cannot go back to an older format. Raising it was accepted with
 * the plan, but for a folder that was not known of then. */
static int
check_format(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *dir, const json_t *mark)
{
	int64_t had = format_of(mark), is = format_of(op->config);

	if (is < had) {
		diag_err(ctx->ds, "E0468",
			 "'%s' holds a database of format %lld, but these "
			 "programs support only %lld",
			 dir, (long long)had, (long long)is);
		diag_hint(ctx->ds,
			  "use the newer programs, or move the folder away");
		return -1;
	}
	if (is > had && !op->prior_config) {
		diag_warn(ctx->ds, "W0469",
			  "'%s' holds a database of format %lld: its program "
			  "converts it to %lld at the next start",
			  dir, (long long)had, (long long)is);
		diag_hint(ctx->ds, "no action is needed; older programs can no "
				   "longer open it");
	}
	return 0;
}

/* geth prints hashes as "9f0c1b..5d2e7a", op-reth whole. */
static bool
is_hash(const char *said, const char *want)
{
	size_t n = strlen(want);

	if (strncmp(said, "0x", 2) == 0)
		return strncmp(said, want, n) == 0;
	return strncmp(said, want + 2, 6) == 0 &&
	       strncmp(said + 6, "..", 2) == 0 &&
	       strncmp(said + 8, want + n - 6, 6) == 0;
}

/* NULL when it told that hash; else the one that it told last, or "?". */
static const char *
other_hash(const char *text, const char *want)
{
	const char *p = strstr(text, "hash="), *last = "?";

	for (; p; p = strstr(p + 1, "hash=")) {
		last = p + 5;
		if (is_hash(last, want))
			return NULL;
	}
	return last;
}

/* op-node compares block 0 again, at each start. */
static int
verify(struct effect_ctx *ctx, const struct effect_op *op, const char *log)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(4u << 20);
	const struct datadir_client *client = datadir_client(op->config);
	const char *want = jx_str(op->config, "genesis_hash", ""), *got;

	if (strlen(want) != 66)
		return 0;
	if (file_read(log, &text, ctx->ds))
		return -1;
	got = other_hash(buf_str(&text), want);
	if (!got)
		return 0;
	diag_err(ctx->ds, "E0422", "%s computed block 0 '%.*s', not '%s'",
		 client->name, (int)strcspn(got, " \r\n"), got, want);
	diag_hint(ctx->ds, "the genesis is for other versions of the programs: "
			   "use programs of the same release");
	return -1;
}

int
datadir_own(struct effect_ctx *ctx, const struct effect_op *op, const char *dir)
{
	const struct datadir_client *had = datadir_client_of(dir);
	const struct datadir_client *is = datadir_client(op->config);

	if (!had || had == is || !jx_get(op->config, "program"))
		return 0;
	diag_err(ctx->ds, "E0486",
		 "'%s' holds a database of %s, which %s cannot open", dir,
		 had->name, is->name);
	diag_hint(ctx->ds, "nothing was changed; give %s a folder of its own",
		  is->name);
	return -1;
}

enum outcome
datadir_init(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *dir)
{
	const struct datadir_client *client = datadir_client(op->config);
	const char *log = arena_printf(ctx->arena, "%s/%s.init.log",
				       op->env->places->logs,
				       addr_file(ctx->arena, op->addr));
	const char *argv[10] = { jx_str(op->config, "program", "") };
	struct tool t = { .argv = argv, .log = log, .timeout_ms = INIT_MS };
	enum outcome oc;

	for (size_t i = 0; client->init[i]; i++)
		argv[1 + i] =
			datadir_init_word(ctx, op, client->init[i], dir,
					  jx_str(op->config, "genesis", ""));
	(void)unlink(log);
	effect_progress(ctx, "asking %s for the database of block 0",
			client->name);
	oc = tool_run(ctx, &t);
	if (oc == OC_OK && verify(ctx, op, log))
		return OC_FAIL;
	return oc;
}

const char *
datadir_init_word(struct effect_ctx *ctx, const struct effect_op *op,
		  const char *word, const char *dir, const char *genesis)
{
	if (strcmp(word, "{datadir}") == 0)
		return dir;
	if (strcmp(word, "{genesis}") == 0)
		return genesis;
	if (strcmp(word, "--state.scheme={scheme}") == 0)
		return arena_printf(ctx->arena, "--state.scheme=%s",
				    jx_str(op->config, "state_scheme", "hash"));
	return word;
}

int
datadir_mark(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *dir)
{
	CLEANUP(put_json)
	json_t *mark = json_pack(
		"{s:s, s:s, s:s, s:I}", "key", jx_str(op->config, "key", ""),
		"genesis_sha256", jx_str(op->config, "genesis_sha256", ""),
		"chain", op->env->chain, "format",
		(json_int_t)format_of(op->config));

	if (jx_get(op->config, "forks"))
		json_object_set_new(mark, "forks",
				    jx_share(jx_get(op->config, "forks")));
	return file_replace_json(
		arena_printf(ctx->arena, "%s/" DATADIR_MARKER, dir), mark, 0644,
		ctx->ds);
}

static bool
other_forks(const struct effect_op *op, const json_t *mark)
{
	const json_t *had = jx_get(mark, "forks");
	const json_t *want = jx_get(op->config, "forks");

	return had != want && !json_equal(had, want);
}

/* One that is there stays as it is. */
static enum outcome
make_database(struct effect_ctx *ctx, const struct effect_op *op,
	      const char *dir, bool have)
{
	if (!jx_get(op->config, "program"))
		return OC_OK;
	if (datadir_is_remote(op))
		return datadir_hand_over(ctx, op, dir) ? OC_FAIL : OC_OK;
	if (!datadir_at_home(ctx, op, dir))
		return datadir_not_here(ctx, dir) ? OC_FAIL : OC_OK;
	return have ? OC_OK : datadir_init(ctx, op, dir);
}

static enum outcome
datadir_create(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	CLEANUP(put_json) json_t *mark = NULL;
	const char *dir = datadir_path(ctx, op);
	enum outcome oc;
	int have;

	if (file_mkdirs(dir, 0700, ctx->ds))
		return OC_FAIL;
	have = marker(ctx, dir, &mark);
	if (datadir_own(ctx, op, dir) || have < 0 ||
	    (have && (same_chain(ctx, op, dir, mark) ||
		      check_format(ctx, op, dir, mark) ||
		      datadir_forks_agree(ctx, op, dir, mark))))
		return OC_FAIL;
	oc = make_database(ctx, op, dir, have);
	if (oc != OC_OK)
		return oc;
	if ((!have || other_forks(op, mark) ||
	     format_of(mark) != format_of(op->config)) &&
	    datadir_mark(ctx, op, dir))
		return OC_FAIL;
	out->attrs = datadir_attrs(dir, true);
	return OC_OK;
}

/* geth stops by itself when less is free; op-reth begins with as much. */
static enum outcome
datadir_needs(struct effect_ctx *ctx UNUSED, const struct effect_op *op,
	      json_t *out)
{
	/* Of a program that is not built yet null is what is known. */
	if (json_object_get(op->config, "program") && !datadir_is_remote(op))
		need_disk(out, op->env->places->data, DATABASE_BYTES);
	return OC_OK;
}

static enum outcome
datadir_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	const char *dir = op->prior ? jx_str(op->prior, "path", NULL) : NULL;
	char *parent, *slash;

	if (!dir || !op->delete_data)
		return OC_OK;
	if (file_remove_tree(dir, ctx->ds))
		return OC_FAIL;
	parent = arena_strdup(ctx->arena, dir);
	slash = strrchr(parent, '/');
	if (slash) {
		*slash = '\0';
		(void)rmdir(parent); /* only when it was the last one in it */
	}
	return OC_OK;
}

const struct effects effects_datadir = {
	.kind = "datadir",
	.read = datadir_read,
	.create = datadir_create,
	.remove = datadir_remove,
	.needs = datadir_needs,
	.import = datadir_import,
};
