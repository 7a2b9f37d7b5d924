/*
 * contract_call: the effect half. In this order: go on with what was begun,
 * ask whether there is anything to do, look into the ledger, and only then
 * send.
 */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/call.h"
#include "providers/clients/evm/create2.h"
#include "providers/clients/evm/delegate.h"
#include "providers/clients/evm/effect_expect.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/send/effect_send.h"

#define ENTRY        "contract_call"
#define ARTIFACT_MAX (32u << 20)

struct call {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct effect_sender s;
	const char *target; /* the contract called or made */
	const char *to;     /* of the transaction: a Safe, the deployer ... */
	struct u256 value;  /* of the transaction */
	struct buf data;
};

static uint64_t
contract_call_chain_id(const struct effect_op *op)
{
	return (uint64_t)jx_int(op->config, "chain_id", 0);
}

static void
call_done(struct call *c)
{
	effect_sender_done(&c->s);
	buf_done(&c->data);
}

static bool
is_delegate(const struct effect_op *op)
{
	return jx_bool(op->config, "delegatecall", false);
}

/* --- what is sent -------------------------------------------------------- */

static int
add_hex(struct call *c, const json_t *text, struct buf *out)
{
	uint8_t *p;
	size_t n;

	if (hex_bytes(text, &p, &n) < 0 || n == 0) {
		diag_err(c->ctx->ds, "E0863",
			 "the creation code is missing or not hexadecimal");
		diag_path(c->ctx->ds, "/create");
		return -1;
	}
	buf_add(out, p, n);
	free(p);
	return 0;
}

static int
add_code(struct call *c, const json_t *create, struct buf *out)
{
	const char *file = jx_str(create, "artifact", NULL);
	CLEANUP(put_json) json_t *artifact = NULL;
	const char *path;

	if (!file)
		return add_hex(c, jx_get(create, "bytecode"), out);
	path = file[0] == '/' ? file
			      : arena_printf(c->ctx->arena, "%s/%s",
					     c->op->env->spec_dir, file);
	artifact = jx_load_file(path, ARTIFACT_MAX, c->ctx->ds);
	if (!artifact)
		return -1;
	return add_hex(c, jx_at(artifact, "/bytecode/object"), out);
}

/* Salt and creation code, which are the deployer's call data. */
static int
encode_create(struct call *c, const json_t *create)
{
	CLEANUP(put_json) json_t *args = json_array();
	uint8_t salt[32], deployer[20], hash[32], addr[20];
	char text[43];

	if (jx_get(create, "args"))
		json_array_extend(args, json_object_get(create, "args"));
	if (hex_decode(jx_str(create, "salt", ""), salt, 32) < 0)
		memset(salt, 0, sizeof(salt));
	buf_add(&c->data, salt, 32);
	if (add_code(c, create, &c->data) < 0)
		return -1;
	if (abi_encode(&c->data, jx_str(create, "constructor", "()"), args,
		       c->ctx->ds) < 0) {
		diag_path(c->ctx->ds, "/create/args");
		return -1;
	}
	(void)address_parse(CREATE2_DEPLOYER, deployer);
	keccak256(c->data.p + 32, c->data.n - 32, hash);
	create2_address(deployer, salt, hash, addr);
	eip55(addr, text);
	c->target = arena_strdup(c->ctx->arena, text);
	c->to = CREATE2_DEPLOYER;
	return 0;
}

static int
encode_function(struct call *c)
{
	CLEANUP(put_json) json_t *args = json_array();
	const json_t *o = c->op->config;

	if (jx_get(o, "args"))
		json_array_extend(args, json_object_get(o, "args"));
	c->to = c->target = jx_str(o, "to", "");
	if (abi_encode_call(&c->data, jx_str(o, "function", ""), args,
			    c->ctx->ds) == 0)
		return 0;
	diag_path(c->ctx->ds, "/args");
	return -1;
}

static int
contract_call_encode(struct call *c)
{
	const json_t *create = jx_get(c->op->config, "create");
	const char *safe = jx_str(c->op->config, "through_safe", NULL);
	enum safe_operation how =
		is_delegate(c->op) ? SAFE_DELEGATECALL : SAFE_CALL;
	struct buf inner;
	int rc;

	buf_init(&c->data, ABI_DATA_MAX);
	if (u256_parse(jx_str(c->op->config, "value", "0"), &c->value) < 0)
		c->value = u256_from(0);
	if ((create ? encode_create(c, create) : encode_function(c)) < 0)
		return -1;
	if (!safe)
		return 0;
	inner = c->data;
	buf_init(&c->data, ABI_DATA_MAX);
	rc = safe_encode(&c->data, how, c->to, &c->value, &inner, c->s.from,
			 c->ctx->ds);
	buf_done(&inner);
	c->to = safe;
	c->value = u256_from(0);
	return rc;
}

/* --- what the chain says ------------------------------------------------- */

static enum outcome
has_code(struct effect_ctx *ctx, struct rpc *rpc, const char *addr, bool *out)
{
	CLEANUP(put_json) json_t *code = NULL;
	enum rpc_status st =
		rpc_call(rpc, "eth_getCode",
			 json_pack("[s, s]", addr, "latest"), &code, ctx->ds);

	*out = st == RPC_OK && json_string_length(code) > 2;
	return rpc_outcome(st);
}

/*
 * Whether what the call is for holds. *known: there is something that tells.
 * say: when it does not hold, that is an error with this code.
 */
static enum outcome
contract_call_holds(struct effect_ctx *ctx, const struct effect_op *op,
		    struct rpc *rpc, const char *target, const char *say,
		    bool *known, bool *out)
{
	const json_t *expect = jx_get(op->config, "expect");
	const json_t *create = jx_get(op->config, "create");
	enum outcome oc = OC_OK;

	*known = expect || create;
	*out = true;
	if (create)
		oc = has_code(ctx, rpc, target, out);
	if (oc == OC_OK && *out && expect)
		return effect_expect(ctx, rpc, expect, target, say, out);
	if (oc != OC_OK || *out || !say)
		return oc;
	diag_err(ctx->ds, say, "%s has no code", target);
	diag_path(ctx->ds, "/create");
	return OC_FAIL;
}

static enum outcome
check_deployer(struct call *c)
{
	enum outcome oc;

	if (!jx_get(c->op->config, "create"))
		return OC_OK;
	oc = create2_check(c->ctx, c->s.rpc);
	if (oc == OC_FAIL)
		diag_path(c->ctx->ds, "/create");
	return oc;
}

/* What the Safe would hide. */
static enum outcome
rehearse(struct call *c)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	const json_t *o = c->op->config;
	CLEANUP(put_json) json_t *args = json_array();

	if (!is_delegate(c->op))
		return OC_OK;
	if (jx_get(o, "args"))
		json_array_extend(args, json_object_get(o, "args"));
	if (abi_encode_call(&data, jx_str(o, "function", ""), args,
			    c->ctx->ds) < 0)
		return OC_FAIL;
	return delegate_rehearse(c->ctx, c->s.rpc,
				 jx_str(o, "through_safe", ""), c->target,
				 &data, "function");
}

/* --- the ledger ---------------------------------------------------------- */

static bool
same_call(const struct ledger *l, void *arg)
{
	const struct call *c = arg;
	const struct tx *t = &l->slots[0].tx;
	uint8_t to[20];

	return l->nslots == 1 && !t->create && address_parse(c->to, to) == 0 &&
	       memcmp(t->to, to, 20) == 0 &&
	       u256_cmp(&t->value, &c->value) == 0 &&
	       t->data_len == c->data.n &&
	       memcmp(t->data, c->data.p, t->data_len) == 0;
}

static json_t *
plan_tx(const struct call *c)
{
	char wei[79];

	u256_dec(&c->value, wei);
	return json_pack("[{s:s, s:s, s:o, s:s}]", "to", c->to, "value", wei,
			 "data", hex_json(c->data.p, c->data.n), "name",
			 c->op->name);
}

/* --- create, update ------------------------------------------------------ */

static void
contract_call_fill(const struct call *c, const struct ledger *l,
		   const char *entry, struct effect_result *out)
{
	const struct ledger_slot *slot = l ? &l->slots[0] : NULL;

	out->attrs = json_pack(
		"{s:o, s:o, s:s, s:b}", "transaction",
		slot ? hex_json(slot->mined_hash, 32) : json_null(), "block",
		slot ? json_integer((json_int_t)slot->block) : json_null(),
		"address", c->target, "holds", 1);
	if (entry)
		out->priv = json_pack("{s:s}", "entry", entry);
}

static enum outcome
send_and_see(struct call *c, const char *entry, struct effect_result *out)
{
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	enum outcome oc = OC_OK;
	bool known, ok;

	if (!entry)
		oc = ledger_entry_find(c->ctx, c->op, &c->s, ENTRY, same_call,
				       c, &entry);
	if (oc == OC_OK)
		oc = effect_send_txs(c->op, &c->s, entry, plan_tx(c), &l);
	if (oc == OC_OK)
		oc = contract_call_holds(c->ctx, c->op, c->s.rpc, c->target,
					 "E0861", &known, &ok);
	if (oc != OC_OK)
		return entry ? ledger_entry_outcome(c->op, entry, oc, out) : oc;
	contract_call_fill(c, l, entry, out);
	return OC_OK;
}

static enum outcome
contract_call_create(struct effect_ctx *ctx, const struct effect_op *op,
		     struct effect_result *out)
{
	CLEANUP(call_done) struct call c = { .ctx = ctx, .op = op };
	const char *entry = ledger_entry_begun(op);
	bool known = false, ok = false;
	enum outcome oc = effect_sender_init(
		ctx, op, "rpc", contract_call_chain_id(op), "from", &c.s);

	if (oc == OC_OK && contract_call_encode(&c) < 0)
		oc = OC_FAIL;
	if (oc == OC_OK && !entry)
		oc = check_deployer(&c);
	if (oc == OC_OK && !entry)
		oc = contract_call_holds(ctx, op, c.s.rpc, c.target, NULL,
					 &known, &ok);
	if (oc != OC_OK)
		return entry ? ledger_entry_outcome(op, entry, oc, out) : oc;
	if (known && ok && !op->accept) {
		effect_progress(ctx, "already holds; nothing is sent");
		contract_call_fill(&c, NULL, NULL, out);
		return OC_OK;
	}
	oc = entry ? OC_OK : rehearse(&c);
	return oc == OC_OK ? send_and_see(&c, entry, out) : oc;
}

/* Other expectations, or what was expected has ceased to hold. */
static enum outcome
contract_call_update(struct effect_ctx *ctx, const struct effect_op *op,
		     struct effect_result *out)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc =
		effect_rpc(ctx, op, "rpc", contract_call_chain_id(op));
	const char *entry = ledger_entry_begun(op);
	bool again = jx_bool(op->config, "again", false), known, ok;
	enum outcome oc;

	if (!rpc)
		return OC_FAIL;
	if (entry)
		return contract_call_create(ctx, op, out);
	oc = rpc_outcome(rpc_check_chain(rpc, NULL, ctx->ds));
	if (oc == OC_OK)
		oc = contract_call_holds(ctx, op, rpc,
					 jx_str(op->prior, "address", ""),
					 again ? NULL : "E0862", &known, &ok);
	if (oc != OC_OK)
		return oc;
	if (!ok)
		return contract_call_create(ctx, op, out);
	effect_expect_keep(op, true, out);
	return OC_OK;
}

/* --- the rest ------------------------------------------------------------ */

static enum outcome
contract_call_read(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	bool known, ok;
	enum outcome oc;

	if (!op->prior)
		return OC_GONE;
	rpc = effect_rpc(ctx, op, "rpc", contract_call_chain_id(op));
	if (!rpc)
		return OC_FAIL;
	oc = rpc_outcome(rpc_check_chain(rpc, NULL, ctx->ds));
	if (oc == OC_OK)
		oc = contract_call_holds(ctx, op, rpc,
					 jx_str(op->prior, "address", ""), NULL,
					 &known, &ok);
	if (oc == OC_RETRY)
		return OC_UNREACHABLE;
	if (oc == OC_OK)
		effect_expect_keep(op, ok, out);
	return oc;
}

static enum outcome
contract_call_cost(struct effect_ctx *ctx, const struct effect_op *op,
		   struct effect_result *out)
{
	CLEANUP(call_done) struct call c = { .ctx = ctx, .op = op };
	CLEANUP(put_json) json_t *txs = NULL;
	const char *entry = ledger_entry_begun(op);
	bool known = false, ok = false;
	int left = 0;
	enum outcome oc = effect_sender_init(
		ctx, op, "rpc", contract_call_chain_id(op), "from", &c.s);

	if (oc == OC_OK && contract_call_encode(&c) < 0)
		oc = OC_FAIL;
	if (oc == OC_OK && entry)
		left = ledger_entry_left(ctx, &c.s, entry, &txs);
	if (left < 0)
		return OC_FAIL;
	if (oc == OC_OK && left == 0)
		oc = contract_call_holds(ctx, op, c.s.rpc, c.target, NULL,
					 &known, &ok);
	if (oc == OC_OK && left == 0 && !(known && ok))
		txs = plan_tx(&c);
	if (oc == OC_OK)
		oc = effect_costs(ctx, op, &c.s, "caller", txs, &out->attrs);
	return oc;
}

static enum outcome
contract_call_needs(struct effect_ctx *ctx, const struct effect_op *op,
		    json_t *out)
{
	if (jx_get(op->config, "create"))
		create2_need(ctx, op, "rpc", contract_call_chain_id(op), out);
	return OC_OK;
}

const struct effects effects_contract_call = {
	.kind = "contract_call",
	.read = contract_call_read,
	.create = contract_call_create,
	.update = contract_call_update,
	.remove = effect_leave,
	.recover = ledger_entry_recover,
	.cost = contract_call_cost,
	.needs = contract_call_needs,
};
