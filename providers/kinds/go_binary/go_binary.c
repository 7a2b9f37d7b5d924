/*
 * go_binary: a program built from Go modules. Its identity is the digest of
 * go.mod, go.sum, package, flags, platform and Go version; the store has it
 * under that digest. Converges: building again is the recovery, and Go's own
 * caches make that quick. Removing it leaves the store to other chains.
 */
#include "engine/io/jx.h"
#include "engine/kind/kind.h"

static bool
is_plain_name(const char *s)
{
	return *s && *s != '.' && *s != '-' && !strchr(s, '/');
}

static bool
is_below(const char *path, const json_t *modules)
{
	const char *link, *p;
	json_t *module;

	for (p = path; p; p = strchr(p + 1, '/'))
		if (strncmp(p, "/../", 4) == 0 || strcmp(p, "/..") == 0)
			return false;
	json_object_foreach((json_t *)(uintptr_t)modules, link, module) {
		size_t n = strlen(link);

		if (strncmp(path, link, n) == 0 && path[n] == '/' &&
		    path[n + 1])
			return true;
	}
	return false;
}

static int
check_names(struct kind_ctx *ctx, const json_t *config)
{
	const json_t *modules = jx_get(config, "modules");
	const char *key;
	json_t *v;
	int rc = 0;

	json_object_foreach((json_t *)(uintptr_t)modules, key, v) {
		if (is_plain_name(key) && strcmp(key, "overlay") != 0)
			continue;
		rc = diag_err(
			ctx->ds, "E0716",
			"'%s' is not a valid name for a link next to go.mod",
			key);
		diag_path(ctx->ds, "/modules");
		diag_hint(ctx->ds, "use one word, such as the module's last "
				   "part");
	}
	json_object_foreach(json_object_get(config, "overlay"), key, v) {
		if (is_below(key, modules))
			continue;
		rc = diag_err(ctx->ds, "E0716",
			      "'%s' is not a file of one of 'modules'", key);
		diag_path(ctx->ds, "/overlay");
		diag_hint(ctx->ds, "write LINK/PATH, where LINK is a name in "
				   "'modules'");
	}
	return rc;
}

static int
go_binary_check(struct kind_ctx *ctx, const json_t *config,
		const json_t *unknown UNUSED)
{
	/* Variables that would make the build another than its digest says. */
	static const char *const ours[] = {
		"GOFLAGS",    "GOOS",         "GOARCH",     "GOTOOLCHAIN",
		"GOWORK",     "GONOSUMCHECK", "GONOSUMDB",  "GOSUMDB",
		"GOINSECURE", "GOBIN",        "GO111MODULE"
	};
	const json_t *env = jx_get(config, "env");
	int rc = check_names(ctx, config);

	for (size_t i = 0; i < COUNTOF(ours); i++) {
		if (!jx_get(env, ours[i]))
			continue;
		rc = diag_err(ctx->ds, "E0715",
			      "'%s' cannot be set for a build", ours[i]);
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
	.flags = KIND_CACHE | KIND_NEEDS,
	.check = go_binary_check,
};
