/*
 * toolchain: a program in a range of versions. The host's copy is used when it
 * is good enough, and is then nothing of ours; else it is unpacked into the
 * store, from the first place that can be reached. Converges; opl2.lock keeps
 * the range, and the identity of what was fetched. The computed field for the
 * exact version is `found`, because `version` is what the spec asks for.
 */
#include "engine/base/platform.h"
#include "engine/base/version.h"
#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "providers/kinds/toolchain/toolchain_places.h"

static int
place_check(struct kind_ctx *ctx, const struct toolchain_place *p,
	    const json_t *unknown)
{
	const char *script = jx_ptr_key(ctx->arena, p->at, "script");
	const char *node = jx_ptr_key(ctx->arena, p->at, "node");

	if (!jx_get(p->from, "script") && !is_unknown(unknown, script))
		return 0;
	if (jx_get(p->from, "node") || is_unknown(unknown, node))
		return 0;
	diag_err(ctx->ds, "E0714", "'script' also needs 'node'");
	diag_path(ctx->ds, "%s", script);
	return -1;
}

/* What the schema cannot say: what goes with what. */
static int
toolchain_check(struct kind_ctx *ctx, const json_t *config,
		const json_t *unknown)
{
	struct toolchain_place *places;
	size_t n = toolchain_places(ctx->arena, config, NULL, &places), i;
	int rc = 0;

	for (i = 0; i < n; i++)
		if (place_check(ctx, &places[i], unknown))
			rc = -1;
	if (n || jx_bool(config, "host", true))
		return rc;
	diag_err(ctx->ds, "E0714", "'%s' has no source",
		 jx_str(config, "program", ""));
	diag_path(ctx->ds, "/host");
	diag_hint(ctx->ds, "%s",
		  jx_str(config, "remedy",
			 "allow the host's program, or set 'from'"));
	return -1;
}

/* Which place it will be, as far as that is known before one is asked. */
static void
note_places(struct kind_ctx *ctx, const json_t *config, struct plan_out *out)
{
	const char *machine = platform_name();
	struct toolchain_place *all, *here;
	size_t nall = toolchain_places(ctx->arena, config, NULL, &all), i;
	size_t n = toolchain_places(ctx->arena, config, machine, &here);

	if (n && (nall > 1 || jx_get(here[0].from, "note")))
		kind_note(ctx, out, "from %s",
			  toolchain_place_text(ctx->arena, here[0].from));
	for (i = 1; i < n; i++)
		kind_note(ctx, out, "if that cannot be reached: %s",
			  toolchain_place_text(ctx->arena, here[i].from));
	if (n && n < nall && here[0].from != all[0].from)
		kind_note(ctx, out, "%s has nothing for %s",
			  toolchain_place_text(ctx->arena, all[0].from),
			  machine);
}

static int
toolchain_plan(struct kind_ctx *ctx, const struct plan_req *req,
	       struct plan_out *out)
{
	struct toolchain_place *all, *here;

	if (toolchain_places(ctx->arena, req->config, NULL, &all) == 0 ||
	    toolchain_places(ctx->arena, req->config, platform_name(), &here) ||
	    jx_bool(req->config, "host", true)) {
		note_places(ctx, req->config, out);
		return 0;
	}
	diag_err(ctx->ds, "E0719", "no source has '%s' for this machine (%s)",
		 jx_str(req->config, "program", ""), platform_name());
	diag_path(ctx->ds, "%s", all[0].at);
	diag_hint(ctx->ds, "add a source that has it to 'fallback', or allow "
			   "the host's program with 'host: true'");
	return -1;
}

const struct kind kind_toolchain = {
	.name = "toolchain",
	.schema_version = 1,
	.flags = KIND_CACHE | KIND_NEEDS,
	.check = toolchain_check,
	.plan = toolchain_plan,
};
