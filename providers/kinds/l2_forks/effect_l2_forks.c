/*
 * l2_forks: the effect half. With nothing scheduled there is no file of its
 * own: what genesis wrote is passed on, so that such a chain restarts nothing.
 */
#include <time.h>

#include "engine/base/hash.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/managed_files.h"
#include "providers/facts/l2_schedule.h"

#define ROLLUP_MAX (1u << 20)

static const char *const files[] = { "rollup", "rollup_chain_op", NULL };

static enum outcome
l2_forks_read(struct effect_ctx *ctx, const struct effect_op *op,
	      struct effect_result *out)
{
	if (op->priv || !op->prior)
		return managed_read(ctx, op, files, out);
	out->attrs = jx_share(op->prior); /* the files are those of genesis */
	return OC_OK;
}

/* Writes one of the two files, and its path and digest to attrs. */
static int
write_one(struct effect_ctx *ctx, const struct effect_op *op,
	  const struct l2_schedule *s, const char *field, const char *name,
	  json_t *attrs)
{
	const char *from = jx_str(jx_get(op->config, "genesis"), field, "");
	const char *dir = managed_dir(ctx, op, true), *to;
	CLEANUP(put_json) json_t *rollup = NULL;
	CLEANUP(put_json) json_t *doc = NULL;
	char digest[65];

	rollup = dir ? jx_load_file(from, ROLLUP_MAX, ctx->ds) : NULL;
	if (!rollup)
		return -1;
	doc = l2_schedule_render(s, rollup);
	to = arena_printf(ctx->arena, "%s/%s", dir, name);
	if (file_replace_json(to, doc, 0644, ctx->ds) ||
	    file_sha256(to, digest, ctx->ds))
		return -1;
	json_object_set_new(attrs, field, json_string(to));
	json_object_set_new(attrs, arena_printf(ctx->arena, "%s_sha256", field),
			    json_string(digest));
	return 0;
}

/* The files of genesis as they are. */
static void
pass_on(const struct effect_op *op, json_t *attrs)
{
	static const char *const keys[] = { "rollup", "rollup_sha256",
					    "rollup_chain_op",
					    "rollup_chain_op_sha256" };
	const json_t *genesis = jx_get(op->config, "genesis");

	for (size_t i = 0; i < COUNTOF(keys); i++)
		json_object_set_new(attrs, keys[i],
				    jx_share(jx_get(genesis, keys[i])));
}

static enum outcome
l2_forks_create(struct effect_ctx *ctx, const struct effect_op *op,
		struct effect_result *out)
{
	bool same = l2_same_chain(op->prior_config, op->config);
	struct l2_schedule s = { .config = op->config,
				 .recorded = same ? op->prior : NULL,
				 .now = time(NULL),
				 .lead_s = L2_FORK_LEAD_APPLY_S };
	CLEANUP(put_json) json_t *attrs = NULL;

	if (l2_schedule_settle(&s, ctx->ds))
		return OC_FAIL;
	attrs = l2_schedule_attrs(&s);
	if (l2_schedule_empty(&s)) {
		if (managed_remove(ctx, op) != OC_OK)
			return OC_FAIL;
		pass_on(op, attrs);
	} else {
		if (write_one(ctx, op, &s, files[0], "rollup.json", attrs) ||
		    write_one(ctx, op, &s, files[1], "rollup-chain-op.json",
			      attrs))
			return OC_FAIL;
		out->priv = managed_marks(attrs, files);
	}
	out->attrs = TAKE(attrs);
	return OC_OK;
}

const struct effects effects_l2_forks = {
	.kind = "l2_forks",
	.read = l2_forks_read,
	.create = l2_forks_create,
	.remove = managed_remove,
};
