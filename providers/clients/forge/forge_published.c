/*
 * A forge project out of published artifacts.
 *
 * The package of contracts has compiled scripts, not their Solidity, so small
 * drivers stand for them (schemas/presets/devnet/driver/): they put the
 * published code at a fixed address and run it in their own place. forge also
 * wants to find by name each contract that the scripts look up: an empty stub
 * is compiled for every one, then its output is overwritten with the published
 * code. forge's cache knows sources only and stays valid.
 */
#include "engine/io/file.h"
#include "providers/clients/forge/forge_layout.h"
#include "providers/clients/forge/forge_tree.h"

static const char settings[] =
	"[profile.default]\n"
	"src = \"src\"\n"
	"script = \"scripts\"\n"
	"out = \"out\"\n"
	"libs = []\n"
	"solc = \"%s\"\n"
	"optimizer = false\n"
	"offline = true\n"
	"ffi = true\n"
	"fs_permissions = [{ access = \"read-write\", path = \"./\" }]\n";

int
published_settings(struct effect_ctx *ctx, const struct forge_sources *src,
		   const char *dir)
{
	const char *toml = arena_printf(ctx->arena, "%s/foundry.toml", dir);
	size_t size = sizeof(settings) + strlen(src->solc);
	char *text = arena_alloc(ctx->arena, size);

	(void)snprintf(text, size, settings, src->solc);
	return file_replace(toml, text, strlen(text), 0644, ctx->ds);
}

int
published_lay_out(struct effect_ctx *ctx, const struct forge_sources *src,
		  const char *dir)
{
	static const char *const scripts[] = { "Deploy", "DeployConfig",
					       "L2Genesis" };
	size_t i;

	if (file_mkdirs(dir, 0755, ctx->ds) ||
	    published_settings(ctx, src, dir) ||
	    forge_put_drivers(ctx, src, dir))
		return -1;
	for (i = 0; i < COUNTOF(scripts); i++)
		if (artifacts_take(
			    src->artifacts,
			    arena_printf(ctx->arena, "%s.s.sol", scripts[i]),
			    scripts[i], dir, ctx->ds))
			return -1;
	return artifacts_stub(ctx->arena, src->artifacts, dir, ctx->ds);
}

int
published_finish(struct effect_ctx *ctx, const struct forge_sources *src,
		 const char *dir)
{
	return artifacts_overlay(ctx->arena, src->artifacts, dir, ctx->ds);
}
