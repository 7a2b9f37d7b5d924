/*
 * go_binary: a program built from Go modules. Its identity is the digest of
 * go.mod, go.sum, package, flags, platform and Go version; the store has it
 * under that digest. Converges: building again is the recovery, and Go's own
 * caches make that quick. Removing it leaves the store to other chains.
 */
#include "engine/base/jx.h"
#include "engine/kind.h"

/* Variables that would make the build another than its digest says. */
static int
go_binary_check(struct kind_ctx *ctx, const json_t *config,
		const json_t *unknown UNUSED)
{
	static const char *const ours[] = {
		"GOFLAGS",    "GOOS",         "GOARCH",     "GOTOOLCHAIN",
		"GOWORK",     "GONOSUMCHECK", "GONOSUMDB",  "GOSUMDB",
		"GOINSECURE", "GOBIN",        "GO111MODULE"
	};
	const json_t *env = jx_get(config, "env");
	int rc = 0;

	for (size_t i = 0; i < COUNTOF(ours); i++) {
		if (!jx_get(env, ours[i]))
			continue;
		rc = diag_err(ctx->ds, "E0715",
			      "'%s' may not be set for a build", ours[i]);
		diag_path(ctx->ds, "/env/%s", ours[i]);
		diag_hint(ctx->ds,
			  "use the fields goos, goarch, tags, trimpath; the "
			  "checksum database stays on");
	}
	return rc;
}

const struct kind kind_go_binary = {
	.name = "go_binary",
	.schema_version = 1,
	.check = go_binary_check,
};
