/*
 * toolchain: which of its places a program is taken from. The next one is for
 * a place that cannot be reached or has nothing that runs here; a content that
 * is not what was promised ends it, or whoever can break a download chooses.
 */
#include <string.h>

#include "engine/base/platform.h"
#include "engine/io/jx.h"
#include "providers/kinds/toolchain/effect_toolchain.h"

/* Whether all of them only say that it is not to be had there. */
static bool
not_there(const struct diags *ds)
{
	static const char *const codes[] = {
		"E0801", "E0802", "E0803", "E0804", /* the transfer */
		"E0701", "E0702", "E0705",          /* registry, opl2.lock */
		"E0620", "E0621", "E0709",          /* it does not run here */
	};
	const struct diag *d;

	for (d = ds->first; d; d = d->next) {
		bool known = d->sev == SEV_WARNING;

		for (size_t i = 0; !known && i < COUNTOF(codes); i++)
			known = strcmp(d->code, codes[i]) == 0;
		if (!known)
			return false;
	}
	return true;
}

/* What to do about a server that is away: name another one that has it. */
static void
hint_mirror(struct effect_ctx *ctx, const struct effect_op *op,
	    const struct toolchain_place *place, const char *or_else)
{
	const char *url = jx_str(jx_get(place->from, "archive"), "url", NULL);
	const char *slash = url ? strrchr(url, '/') : NULL;

	if (slash)
		diag_hint(ctx->ds,
			  "if another server has it, set 'mirrors: { "
			  "\"%.*s/\": \"https://.../\" }' in the spec and run "
			  "'opl2 apply -replace=%s'",
			  (int)(slash - url), url, op->addr);
	else if (or_else)
		diag_hint(ctx->ds, "%s", or_else);
}

static void
toolchain_choose_tell(struct effect_ctx *ctx, const struct effect_op *op,
		      const struct toolchain_place *missed,
		      const struct toolchain_place *taken,
		      const struct diag *why)
{
	diag_warn(ctx->ds, "W0718", "'%s' comes from %s: %s",
		  jx_str(op->config, "program", ""),
		  toolchain_place_text(ctx->arena, taken->from), why->summary);
	diag_path(ctx->ds, "%s", missed->at);
	hint_mirror(ctx, op, missed, why->hint);
}

static void
none(struct effect_ctx *ctx, const struct effect_op *op,
     const struct toolchain_place *places, size_t n, const struct diags *why)
{
	diag_err(ctx->ds, "E0717",
		 "none of the %zu sources of '%s' works: the error of each "
		 "follows",
		 n, jx_str(op->config, "program", ""));
	diag_path(ctx->ds, "%s", places[0].at);
	hint_mirror(ctx, op, &places[0], NULL);
	diags_append(ctx->ds, why);
}

/* One place, with diagnostics of its own. brief: another one stands by. */
static enum outcome
attempt(struct effect_ctx *ctx, const struct effect_op *op,
	const struct toolchain_place *place, bool brief,
	struct effect_result *out, struct diags *ds)
{
	struct effect_ctx inner = *ctx;
	struct effect_op one = *op;

	inner.ds = ds;
	one.brief = brief;
	return toolchain_take(&inner, &one, place, out);
}

enum outcome
toolchain_choose(struct effect_ctx *ctx, const struct effect_op *op,
		 struct effect_result *out)
{
	struct toolchain_place *p;
	size_t n = toolchain_places(ctx->arena, op->config, platform_name(),
				    &p),
	       i;
	struct diags missed, own;
	enum outcome oc = OC_FAIL;
	bool next = true;

	diags_init(&missed);
	for (i = 0; i < n && next; i++) {
		diags_init(&own);
		oc = attempt(ctx, op, &p[i], i + 1 < n, out, &own);
		next = oc == OC_FAIL && n > 1 && not_there(&own);
		if (oc == OC_OK && missed.first)
			toolchain_choose_tell(ctx, op, &p[0], &p[i],
					      missed.first);
		if (next && i + 1 < n)
			effect_progress(ctx, "%s; trying %s",
					own.first->summary,
					toolchain_place_text(ctx->arena,
							     p[i + 1].from));
		diags_append(next ? &missed : ctx->ds, &own);
		diags_done(&own);
	}
	if (next)
		none(ctx, op, p, n, &missed);
	diags_done(&missed);
	return oc;
}
