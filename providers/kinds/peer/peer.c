/*
 * peer: who a node is to its peers. The addresses follow from the key and the
 * ports; nothing is asked of anybody.
 */
#include "engine/kind/kind.h"

#include "engine/io/jx.h"

static int
peer_plan(struct kind_ctx *ctx UNUSED, const struct plan_req *req,
	  struct plan_out *out)
{
	const json_t *had = jx_get(req->recorded, "generation");

	if (had)
		out->attrs = json_pack("{s:O}", "generation",
				       (json_t *)(uintptr_t)had);
	return 0;
}

const struct kind kind_peer = {
	.name = "peer",
	.schema_version = 1,
	.plan = peer_plan,
};
