#include "providers/facts/managed_place.h"

#include <string.h>

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "engine/kind/places.h"
#include "state/state.h"

#define MARKER "opl2.json" /* of providers/kinds/datadir */

/* Is what is called so that of another resource, which was made at this
 * address and has moved? */
static bool
others_have(struct kind_ctx *ctx, const char *place)
{
	const char *name = strrchr(place, '/') + 1, *dot = strchr(name, '.');
	const struct state_entry **list;
	size_t n = 0;

	list = ctx->state ? state_list(ctx->state, ctx->arena, &n) : NULL;
	for (size_t i = 0; dot && i < n; i++) {
		const struct state_entry *e = list[i];
		const char *has;

		if (strncmp(e->addr, name, (size_t)(dot - name) + 1) != 0 ||
		    strcmp(e->addr, ctx->addr) == 0)
			continue;
		has = addr_file_of(ctx->arena, "", e->addr, e->attrs);
		if (has && strcmp(has, name) == 0)
			return true;
	}
	return false;
}

/* '+' at the end is in no other name. */
const char *
managed_place(struct kind_ctx *ctx, const struct plan_req *req)
{
	const char *place =
		addr_place(ctx->arena, ctx->places->files, ctx->addr, NULL,
			   req->creating ? NULL : req->prior);

	return req->creating && others_have(ctx, place)
		       ? arena_printf(ctx->arena, "%s+", place)
		       : place;
}

/* The folder of these attributes below that of the chain, which has it for what
 * the datadir was called when it was made; NULL: it is of another chain. */
static const char *
recorded_folder(struct arena *a, const char *chain, const json_t *recorded)
{
	const char *p = jx_str(recorded, "path", ""), *last = NULL;
	const char *part = arena_printf(a, "%s/", strrchr(chain, '/'));

	for (; (p = strstr(p, part)); p++)
		last = p + strlen(part);
	return last && *last ? last : NULL;
}

const char *
datadir_place(struct arena *a, const char *data, const char *key,
	      const char *name, const json_t *recorded)
{
	const char *sub, *old;

	if (strncmp(key, "0x", 2) == 0)
		key += 2;
	sub = arena_printf(a, "%s/%.8s", data, key);
	old = recorded ? recorded_folder(a, sub, recorded) : NULL;
	if (old)
		return arena_printf(a, "%s/%s", sub, old);
	/* A folder there may be geth's own, of a datadir with the instance's
	 * name: the marker tells. */
	old = arena_printf(a, "%s/%s/" MARKER, sub, name);
	return arena_printf(a, "%s/%s", sub,
			    file_exists(old) ? name : addr_file(a, name));
}
