#include "providers/clients/evm/queries.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/effect_rpc.h"

int
queries_init(struct queries *a, struct effect_ctx *ctx,
	     const struct effect_op *op, const char *field)
{
	uint64_t id = (uint64_t)jx_int(op->config, "chain_id", 0);

	*a = (struct queries){ .rpc = effect_rpc_quick(ctx, op, field, id) };
	return a->rpc ? 0 : -1;
}

void
queries_reset(struct queries *a)
{
	rpc_items_done(a->items, a->n);
	a->n = 0;
}

void
queries_done(struct queries *a)
{
	queries_reset(a);
	free(a->items);
	if (!a->lent)
		rpc_free(a->rpc);
	*a = (struct queries){ 0 };
}

size_t
queries_rpc(struct queries *a, const char *method, json_t *params)
{
	if (a->n == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 32;
		a->items = xreallocarray(a->items, a->cap, sizeof(*a->items));
	}
	a->items[a->n] =
		(struct rpc_item){ .method = method,
				   .params = params ? params : json_array() };
	return a->n++;
}

size_t
queries_view(struct queries *a, const char *to, const char *function,
	     json_t *args)
{
	struct buf data = BUF_INIT(ABI_DATA_MAX);
	json_t *list = args ? args : json_array();
	json_t *call;
	struct diags ds;

	diags_init(&ds);
	if (abi_encode_call(&data, function, list, &ds))
		buf_reset(&data); /* the node will refuse it */
	call = json_pack("[{s:s, s:o}, s]", "to", to, "data",
			 hex_json(data.p ? data.p : "", data.n), "latest");
	diags_done(&ds);
	buf_done(&data);
	json_decref(list);
	return queries_rpc(a, "eth_call", call);
}

size_t
queries_block(struct queries *a, const char *tag)
{
	return queries_rpc(a, "eth_getBlockByNumber",
			   json_pack("[s, b]", tag, 0));
}

size_t
queries_block_at(struct queries *a, uint64_t number)
{
	return queries_rpc(a, "eth_getBlockByNumber",
			   json_pack("[o, b]", quantity_from_u64(number), 0));
}

enum rpc_status
queries_send(struct queries *a, struct diags *ds)
{
	return a->n ? rpc_batch(a->rpc, a->items, a->n, ds) : RPC_OK;
}

const json_t *
queries_answer(const struct queries *a, size_t i)
{
	const json_t *v = i < a->n ? a->items[i].result : NULL;

	return json_is_null(v) ? NULL : v;
}

bool
queries_u64(const struct queries *a, size_t i, uint64_t *out)
{
	const json_t *v = queries_answer(a, i);

	return v && quantity_u64(v, out) == 0;
}

bool
queries_u256(const struct queries *a, size_t i, struct u256 *out)
{
	const json_t *v = queries_answer(a, i);

	return v && quantity_u256(v, out) == 0;
}

json_t *
queries_values(const struct queries *a, size_t i, const char *types)
{
	const json_t *v = queries_answer(a, i);
	json_t *out = NULL;
	uint8_t *p;
	size_t n;

	if (!v || hex_bytes(v, &p, &n))
		return NULL;
	out = abi_decode(types, p, n, NULL);
	free(p);
	return out;
}

json_t *
queries_head(const struct queries *a, size_t i)
{
	const json_t *block = queries_answer(a, i);
	uint64_t number, time;

	if (!json_is_object(block) ||
	    quantity_u64(json_object_get(block, "number"), &number) ||
	    quantity_u64(json_object_get(block, "timestamp"), &time))
		return NULL;
	return json_pack("{s:I, s:I, s:s}", "number", (json_int_t)number,
			 "time", (json_int_t)time, "hash",
			 jx_str(block, "hash", ""));
}
