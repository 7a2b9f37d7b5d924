/* What the sender sees of the chain, and the fees that follow from it. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/send/sender_int.h"

#define GWEI 1000000000u

/* A quarter on top, for fees rise while a list is sent. */
static struct u256
with_margin(const struct u256 *v)
{
	struct u256 four = u256_from(4), out;

	u256_div(v, &four, &out, NULL);
	if (u256_add(v, &out, &out))
		return *v;
	return out;
}

/* Nothing is signed while the base fee is over the limit, so that it counts by
 * the limit at most. */
static struct u256
expected_price(const struct send_policy *p, const struct fees *f)
{
	struct u256 base = with_margin(&f->base), tip, out;

	if (!u256_is_zero(&p->max_base_fee) &&
	    u256_cmp(&base, &p->max_base_fee) > 0)
		base = p->max_base_fee;
	tip = with_margin(&f->priority);
	if (u256_add(&base, &tip, &out))
		memset(&out, 0xff, sizeof(out));
	if (!u256_is_zero(&p->max_fee) && u256_cmp(&out, &p->max_fee) > 0)
		out = p->max_fee;
	return out;
}

void
fees_for(const struct send_policy *p, const struct u256 *base,
	 const struct u256 *suggested, struct fees *out)
{
	bool capped = !u256_is_zero(&p->max_fee);

	out->base = *base;
	out->priority = u256_is_zero(&p->priority) ? *suggested : p->priority;
	out->cap = out->priority;
	/* Room for six full blocks in a row, each 12.5 % dearer. */
	if (u256_add(&out->cap, base, &out->cap) ||
	    u256_add(&out->cap, base, &out->cap))
		out->cap = p->max_fee;
	if (capped && u256_cmp(&out->cap, &p->max_fee) > 0)
		out->cap = p->max_fee;
	if (u256_cmp(&out->priority, &out->cap) > 0)
		out->priority = out->cap;
	out->too_dear = (capped && u256_cmp(base, &p->max_fee) >= 0) ||
			(!u256_is_zero(&p->max_base_fee) &&
			 u256_cmp(base, &p->max_base_fee) > 0);
	out->price = expected_price(p, out);
}

static struct u256
raised(const struct u256 *old, const struct u256 *now)
{
	struct u256 eight = u256_from(8), one = u256_from(1), v;

	u256_div(old, &eight, &v, NULL);
	if (u256_add(old, &v, &v) || u256_add(&v, &one, &v))
		v = *old;
	return u256_cmp(&v, now) < 0 ? *now : v;
}

/* Without a max_fee of the spec's own, a bump ends at this many times what the
 * chain asks now: what is still not mined then is not stuck for its fee. */
#define BUMP_LIMIT 4

bool
fees_bump(const struct send_policy *p, const struct fees *now,
	  const struct ledger_version *old, struct u256 *max_fee,
	  struct u256 *priority)
{
	struct u256 times = u256_from(BUMP_LIMIT), most = p->max_fee;

	if (now->too_dear)
		return false;
	if (u256_is_zero(&most) && u256_mul(&now->cap, &times, &most))
		most = now->cap;
	*max_fee = raised(&old->max_fee, &now->cap);
	*priority = raised(&old->priority, &now->priority);
	if (u256_cmp(priority, max_fee) > 0)
		*max_fee = *priority;
	return u256_cmp(max_fee, &most) <= 0;
}

enum rpc_status
sender_read_chain(const struct sender *s, const uint8_t from[20],
		  struct chain_view *out, struct diags *ds)
{
	char addr[43];
	struct u256 base, tip = u256_from(GWEI);
	enum rpc_status st;
	size_t n = 4;

	eip55(from, addr);
	struct rpc_item items[5] = {
		{ .method = "eth_getBlockByNumber",
		  .params = json_pack("[s, b]", "latest", 0) },
		{ .method = "eth_getTransactionCount",
		  .params = json_pack("[s, s]", addr, "latest") },
		{ .method = "eth_maxPriorityFeePerGas",
		  .params = json_array() },
		{ .method = "eth_getBalance",
		  .params = json_pack("[s, s]", addr, "latest") },
	};
	if (s->policy.tag)
		items[n++] = (struct rpc_item){
			.method = "eth_getBlockByNumber",
			.params = json_pack("[s, b]", s->policy.tag, 0)
		};
	st = rpc_batch(s->rpc, items, n, ds);
	if (st == RPC_OK &&
	    (gas_head_read(items[0].result, &out->head) < 0 ||
	     quantity_u256(jx_get(items[0].result, "baseFeePerGas"), &base) <
		     0 ||
	     quantity_u64(items[1].result, &out->count) < 0)) {
		if (ds)
			diag_err(ds, "E0811",
				 "'%s' returned no usable newest block",
				 rpc_name(s->rpc));
		st = RPC_BAD_REPLY;
	}
	if (st == RPC_OK) {
		/* Not every node suggests a tip: a gwei does anywhere. */
		quantity_u256(items[2].result, &tip);
		if (quantity_u256(items[3].result, &out->balance) < 0)
			memset(&out->balance, 0xff, sizeof(out->balance));
		/* A young chain has no such block yet. */
		out->settled = 0;
		quantity_u64(jx_get(items[4].result, "number"), &out->settled);
		fees_for(&s->policy, &base, &tip, &out->fees);
	}
	rpc_items_done(items, n);
	return st;
}

enum rpc_status
sender_price(struct rpc *rpc, const struct send_policy *p,
	     struct send_price *out, struct diags *ds)
{
	const struct sender s = { .rpc = rpc, .policy = *p };
	const uint8_t nobody[20] = { 0 };
	struct chain_view v;
	enum rpc_status st = sender_read_chain(&s, nobody, &v, ds);

	if (st == RPC_OK)
		*out = (struct send_price){ .each = v.fees.price,
					    .base = v.fees.base,
					    .tip = v.fees.priority,
					    .waits = v.fees.too_dear };
	return st;
}

enum rpc_status
chain_genesis(struct rpc *c, uint8_t out[32], struct diags *ds)
{
	CLEANUP(put_json) json_t *block = NULL;
	enum rpc_status st =
		rpc_call(c, "eth_getBlockByNumber",
			 json_pack("[s, b]", "0x0", 0), &block, ds);
	const char *hash = jx_str(block, "hash", "");

	if (st == RPC_OK && hex_decode(hash, out, 32) < 0) {
		if (ds)
			diag_err(ds, "E0811",
				 "'%s' does not return its block 0",
				 rpc_name(c));
		st = RPC_BAD_REPLY;
	}
	return st;
}

static json_t *
call_object(const struct ledger *l, size_t i)
{
	const struct tx *t = &l->slots[i].tx;
	char from[43], to[43];
	json_t *o;

	eip55(l->from, from);
	o = json_pack("{s:s, s:o, s:o, s:o}", "from", from, "data",
		      hex_json(t->data, t->data_len), "value",
		      quantity_from_u256(&t->value), "gas",
		      quantity_from_u64(t->gas));
	if (!t->create) {
		eip55(t->to, to);
		json_object_set_new(o, "to", json_string(to));
	}
	return o;
}

char *
revert_reason(const struct sender *s, const struct ledger *l, size_t i,
	      uint64_t block, uint64_t gas_used)
{
	CLEANUP(put_json) json_t *result = NULL;
	json_t *at = quantity_from_u64(block ? block - 1 : 0);
	const struct rpc_error *e = rpc_error(s->rpc);
	const json_t *data;
	uint8_t *p;
	size_t n;

	if (gas_used >= l->slots[i].tx.gas) {
		json_decref(at);
		return xstrdup("it ran out of gas");
	}
	if (rpc_call(s->rpc, "eth_call",
		     json_pack("[o, o]", call_object(l, i), at), &result,
		     NULL) != RPC_ERROR)
		return xstrdup("the reason is not known");
	data = e->data;
	if (json_is_object(data)) /* some nodes wrap it */
		data = jx_get(data, "data");
	if (hex_bytes(data, &p, &n) < 0)
		return xstrdup(e->message);
	char *out = abi_revert_reason(p, n);
	free(p);
	return out;
}
