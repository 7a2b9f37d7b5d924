#include "providers/facts/cost.h"

#include "engine/io/jx.h"

static const json_t *
either(const json_t *config, const char *one, const char *other)
{
	const json_t *v = jx_get(config, one);

	return v ? v : jx_get(config, other);
}

void
cost_chain(json_t *cost, const json_t *config)
{
	const json_t *rpc = either(config, "l1_rpc", "rpc");
	const json_t *id = either(config, "l1_chain_id", "chain_id");

	if (rpc)
		json_object_set_new(cost, "rpc", jx_share(rpc));
	if (id)
		json_object_set_new(cost, "chain_id", jx_share(id));
}

json_t *
cost_list(const struct plan_req *req, const char *role, const char *from,
	  const char *gas, const char *wei)
{
	json_t *cost = json_pack("{s:s, s:s, s:s, s:b, s:s, s:s+}", "role",
				 role, "gas", gas, "wei", wei, "estimate", 1,
				 "source", "recorded", "at", "/", from);

	cost_chain(cost, req->config);
	return json_pack("[o]", cost);
}
