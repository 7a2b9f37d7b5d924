#include "providers/clients/evm/ask.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/op_rpc.h"

int
ask_init(struct ask *a, struct op_ctx *ctx, const struct op *op,
	 const char *field)
{
	uint64_t id = (uint64_t)jx_int(op->config, "chain_id", 0);

	*a = (struct ask){ .rpc = op_rpc_quick(ctx, op, field, id) };
	return a->rpc ? 0 : -1;
}

void
ask_reset(struct ask *a)
{
	rpc_items_done(a->items, a->n);
	a->n = 0;
}

void
ask_done(struct ask *a)
{
	ask_reset(a);
	free(a->items);
	if (!a->lent)
		rpc_free(a->rpc);
	*a = (struct ask){ 0 };
}

size_t
ask_rpc(struct ask *a, const char *method, json_t *params)
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
ask_view(struct ask *a, const char *to, const char *function, json_t *args)
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
	return ask_rpc(a, "eth_call", call);
}

size_t
ask_block(struct ask *a, const char *tag)
{
	return ask_rpc(a, "eth_getBlockByNumber", json_pack("[s, b]", tag, 0));
}

size_t
ask_block_at(struct ask *a, uint64_t number)
{
	return ask_rpc(a, "eth_getBlockByNumber",
		       json_pack("[o, b]", quantity_from_u64(number), 0));
}

enum rpc_status
ask_send(struct ask *a, struct diags *ds)
{
	return a->n ? rpc_batch(a->rpc, a->items, a->n, ds) : RPC_OK;
}

const json_t *
ask_answer(const struct ask *a, size_t i)
{
	const json_t *v = i < a->n ? a->items[i].result : NULL;

	return json_is_null(v) ? NULL : v;
}

bool
ask_u64(const struct ask *a, size_t i, uint64_t *out)
{
	const json_t *v = ask_answer(a, i);

	return v && quantity_u64(v, out) == 0;
}

bool
ask_u256(const struct ask *a, size_t i, struct u256 *out)
{
	const json_t *v = ask_answer(a, i);

	return v && quantity_u256(v, out) == 0;
}

json_t *
ask_values(const struct ask *a, size_t i, const char *types)
{
	const json_t *v = ask_answer(a, i);
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
ask_head(const struct ask *a, size_t i)
{
	const json_t *block = ask_answer(a, i);
	uint64_t number, time;

	if (!json_is_object(block) ||
	    quantity_u64(json_object_get(block, "number"), &number) ||
	    quantity_u64(json_object_get(block, "timestamp"), &time))
		return NULL;
	return json_pack("{s:I, s:I, s:s}", "number", (json_int_t)number,
			 "time", (json_int_t)time, "hash",
			 jx_str(block, "hash", ""));
}
