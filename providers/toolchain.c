/*
 * toolchain: a program in a range of versions. The host's copy is used when it
 * is good enough, and is then nothing of ours; else it is unpacked into the
 * store. Converges; opl2.lock keeps the range, and the identity of what was
 * fetched. The computed field for the exact version is `found`, because
 * `version` is what the spec asks for.
 */
#include "engine/base/jx.h"
#include "engine/base/version.h"
#include "engine/kind.h"

/* What the schema cannot say: what goes with what. */
static int
toolchain_check(struct kind_ctx *ctx, const json_t *config,
		const json_t *unknown)
{
	const json_t *from = jx_get(config, "from");
	bool script =
		jx_get(from, "script") || is_unknown(unknown, "/from/script");
	bool node = jx_get(from, "node") || is_unknown(unknown, "/from/node");

	if (!from) {
		if (jx_bool(config, "host", true))
			return 0;
		diag_err(ctx->ds, "E0714", "there is nowhere to take '%s' from",
			 jx_str(config, "program", ""));
		diag_path(ctx->ds, "/host");
		diag_hint(ctx->ds, "allow the host's, or say 'from'");
		return -1;
	}
	if (script && !node) {
		diag_err(ctx->ds, "E0714", "'script' needs 'node' beside it");
		diag_path(ctx->ds, "/from/script");
		return -1;
	}
	return 0;
}

const struct kind kind_toolchain = {
	.name = "toolchain",
	.schema_version = 1,
	.flags = KIND_CACHE,
	.check = toolchain_check,
};
