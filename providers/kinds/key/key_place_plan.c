/* Where a key is, for a plan, which alone knows the other resources. */
#include "providers/kinds/key/key_place.h"

#include <string.h>

#include "engine/io/file.h"
#include "engine/kind/addr_file.h"
#include "engine/kind/places.h"
#include "state/state.h"

/* Which other resource the state has that file for, or NULL. */
static const char *
other_owner(struct kind_ctx *ctx, const char *name)
{
	const struct state_entry **list;
	size_t n = 0;

	list = ctx->state ? state_list(ctx->state, ctx->arena, &n) : NULL;
	for (size_t i = 0; i < n; i++) {
		const char *has =
			key_place_name(list[i]->config, list[i]->attrs);

		if (has && strcmp(has, name) == 0 &&
		    strcmp(list[i]->addr, ctx->addr) != 0)
			return list[i]->addr;
	}
	return NULL;
}

static const char *
in_keys(const struct kind_ctx *ctx, const char *name)
{
	return arena_printf(ctx->arena, "%s/%s", ctx->places->keys, name);
}

static const char *
ambiguous(struct kind_ctx *ctx, const char *old, const char *now)
{
	const char *dir = ctx->places->keys;

	diag_err(ctx->ds, "E1166",
		 "the key in '%s/%s' may belong to '%s' or to '%s'", dir, old,
		 ctx->addr, old);
	diag_path(ctx->ds, "/source");
	diag_hint(ctx->ds,
		  "if it belongs to '%s': mv '%s/%s' '%s/%s'; else apply with "
		  "-target=%s first",
		  ctx->addr, dir, old, dir, now, old);
	return NULL;
}

/* Of a key that the state does not have. */
static const char *
new_place(struct kind_ctx *ctx)
{
	const char *now = addr_file(ctx->arena, ctx->addr);
	const char *old = key_place_old(ctx->arena, ctx->addr);
	const char *at = in_keys(ctx, now);

	/* '+' at the end is in no other name. */
	if (other_owner(ctx, now))
		return arena_printf(ctx->arena, "%s+", at);
	if (strcmp(now, old) == 0 || file_exists(at) ||
	    !file_exists(in_keys(ctx, old)) || other_owner(ctx, old))
		return at;
	if (ctx->spec && ctx->find(ctx->spec, old))
		return ambiguous(ctx, old, now);
	return in_keys(ctx, old);
}

const char *
key_place(struct kind_ctx *ctx, const struct plan_req *req)
{
	const char *name = key_place_name(req->prior_config, req->recorded);
	const struct state_entry *e =
		ctx->state ? state_get(ctx->state, ctx->addr) : NULL;

	if (!name && e)
		name = key_place_name(e->config, e->attrs);
	return name ? in_keys(ctx, name) : new_place(ctx);
}
