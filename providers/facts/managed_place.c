#include "providers/facts/managed_place.h"

#include <string.h>

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "engine/kind/places.h"

#define MARKER "opl2.json" /* of providers/kinds/datadir */

const char *
managed_place(struct kind_ctx *ctx, const struct plan_req *req)
{
	return addr_place(ctx->arena, ctx->places->files, ctx->addr, NULL,
			  req->creating ? NULL : req->prior);
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
