#include "providers/clients/evm/l1_fork.h"

#include "engine/io/jx.h"
#include "providers/facts/forks.h"

void
l1_fork_query(struct queries *a, struct l1_fork_queries *q)
{
	q->block = queries_block(a, "latest");
	q->clz = queries_rpc(
		a, "eth_call",
		json_pack("[{s:s}, s]", "data", FORK_CLZ_CODE, "latest"));
	q->config = queries_rpc(a, "eth_config", NULL);
}

void
l1_fork_take(const struct queries *a, const struct l1_fork_queries *q,
	     struct l1_fork *out)
{
	const json_t *block = queries_answer(a, q->block);

	*out = (struct l1_fork){ 0 };
	if (!json_is_object(block))
		return;
	out->now = forks_of_header(block, &out->field);
	if (json_string_length(queries_answer(a, q->clz)) == 66)
		out->now = forks_with_clz(out->now);
	out->next = forks_next(queries_answer(a, q->config), out->now,
			       &out->next_time);
}
