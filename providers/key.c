/*
 * key: the key of a role. A generated one lives in .opl2/keys, mode 0600, and
 * is made once: a file that is there is never overwritten, so running create
 * again is the recovery. Destroy forgets the resource and leaves the file.
 */
#include "engine/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/jx.h"
#include "providers/key_source.h"

static int
key_check(struct kind_ctx *ctx, const json_t *config,
	  const json_t *unknown UNUSED)
{
	const json_t *source = jx_get(config, "source");
	static const char *const later[] = { "keystore", "signer" };

	for (size_t i = 0; i < COUNTOF(later); i++) {
		if (!jx_get(source, later[i]))
			continue;
		diag_err(ctx->ds, "E0823", "a key from '%s' is not supported",
			 later[i]);
		diag_path(ctx->ds, "/source/%s", later[i]);
		diag_hint(ctx->ds, "use 'generate: true', 'env' or 'file'");
		return -1;
	}
	if (jx_get(source, "generate") && !jx_bool(source, "generate", false)) {
		diag_err(ctx->ds, "E0823",
			 "a key that is not generated needs "
			 "another source");
		diag_path(ctx->ds, "/source/generate");
		diag_hint(ctx->ds, "use 'generate: true', 'env' or 'file'");
		return -1;
	}
	return 0;
}

static int
key_plan(struct kind_ctx *ctx, const struct plan_req *req, struct plan_out *out)
{
	const json_t *source = jx_get(req->config, "source");
	const char *file;

	if (!source || is_unknown(req->unknown, "/source"))
		return 0;
	file = key_source_file(ctx->arena, source, ctx->addr, ctx->spec_dir,
			       ctx->state_dir);
	out->attrs = json_pack("{s:o, s:s?}", "private_key",
			       key_source_token(source, file), "file", file);
	return 0;
}

static int
key_leaves(struct kind_ctx *ctx, const json_t *config, const json_t *attrs,
	   struct plan_out *out)
{
	const char *addr = jx_str(attrs, "address", "an account");
	const char *file = jx_str(attrs, "file", NULL);
	const char *env = jx_str(jx_get(config, "source"), "env", NULL);

	if (file)
		kind_note(ctx, out, "account %s: its key is in %s", addr, file);
	else if (env)
		kind_note(ctx, out,
			  "account %s: its key comes from the environment, %s",
			  addr, env);
	else
		kind_note(ctx, out, "perhaps a key below %s/keys",
			  ctx->state_dir);
	return 0;
}

const struct kind kind_key = {
	.name = "key",
	.schema_version = 1,
	.flags = KIND_FORGET,
	.check = key_check,
	.plan = key_plan,
	.leaves = key_leaves,
};
