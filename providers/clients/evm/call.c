#include "providers/clients/evm/call.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/eth_call.h"

#define EXEC                                                                   \
	"execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256," \
	"address,address,bytes)"
#define NOBODY "0x0000000000000000000000000000000000000000"

int
safe_encode(struct buf *out, enum safe_operation how, const char *to,
	    const struct u256 *value, const struct buf *data,
	    const uint8_t owner[20], struct diags *ds)
{
	/* r: the owner, s: nothing, v: 1, "the sender approves". */
	uint8_t signature[65] = { [64] = 1 };
	CLEANUP(put_json) json_t *args = NULL;
	char wei[79];

	memcpy(signature + 12, owner, 20);
	u256_dec(value, wei);
	args = json_pack("[s, s, o, i, s, s, s, s, s, o]", to, wei,
			 hex_json(data->p, data->n), (int)how, "0", "0", "0",
			 NOBODY, NOBODY,
			 hex_json(signature, sizeof(signature)));
	return abi_encode_call(out, EXEC, args, ds);
}

/* --- expectations -------------------------------------------------------- */

const json_t *
call_wanted(const json_t *expect)
{
	const json_t *not = jx_get(expect, "not");

	return not ? not : jx_get(expect, "equals");
}

/* Compares as the ABI does, so that writing and case do not matter. */
static int
same_values(const char *types, const json_t *e, json_t *values, bool *holds,
	    json_t **got, struct diags *ds)
{
	const json_t *equals = call_wanted(e);
	CLEANUP(buf_done) struct buf want = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(buf_done) struct buf have = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(abi_type_done) struct abi_type t = { 0 };
	CLEANUP(put_json) json_t *list = NULL;

	if (abi_type_parse(types, &t) < 0)
		return diag_err(ds, "E0830", "'%s' is not a list of ABI types",
				types);
	list = t.n == 1 ? json_pack("[O]", equals) : jx_share(equals);
	if (abi_encode(&want, types, list, ds) < 0)
		return -1;
	if (!values)
		return 0;
	*got = t.n == 1 ? jx_share(json_array_get(values, 0))
			: jx_share(values);
	if (abi_encode(&have, types, values, ds) < 0)
		return -1;
	*holds = !jx_get(e, "not") ==
		 (want.n == have.n && memcmp(want.p, have.p, want.n) == 0);
	return 0;
}

static enum rpc_status
expect_view(struct rpc *rpc, const json_t *e, const char *to, bool *holds,
	    json_t **got, struct diags *ds)
{
	const char *view = jx_str(e, "function", "");
	CLEANUP(put_json) json_t *values = NULL;
	json_t *args = json_array();
	enum rpc_status st;

	if (jx_get(e, "args"))
		json_array_extend(args, json_object_get(e, "args"));
	st = view_call(rpc, to, view, args, &values, ds);
	if (st != RPC_OK)
		return st;
	return same_values(view_result(view), e, values, holds, got, ds) < 0
		       ? RPC_BAD_REPLY
		       : RPC_OK;
}

static int
read_word(const json_t *v, struct u256 *out)
{
	if (json_is_string(v))
		return u256_parse(json_string_value(v), out);
	if (json_is_boolean(v))
		*out = u256_from(json_is_true(v));
	else if (json_is_integer(v) && json_integer_value(v) >= 0)
		*out = u256_from((uint64_t)json_integer_value(v));
	else
		return -1;
	return 0;
}

static enum rpc_status
expect_slot(struct rpc *rpc, const json_t *e, const char *to, bool *holds,
	    json_t **got, struct diags *ds)
{
	struct u256 slot, want, have;
	uint8_t be[32];
	enum rpc_status st;

	if (read_word(jx_get(e, "slot"), &slot) < 0 ||
	    read_word(call_wanted(e), &want) < 0) {
		diag_err(ds, "E0830",
			 "a slot and its value must be numbers or 0x text of "
			 "at most 32 bytes");
		diag_path(ds, "/expect");
		return RPC_BAD_REPLY;
	}
	u256_to_be(&slot, be);
	st = rpc_call(rpc, "eth_getStorageAt",
		      json_pack("[s, o, s]", to, hex_json(be, 32), "latest"),
		      got, ds);
	if (st == RPC_OK)
		*holds = read_word(*got, &have) == 0 &&
			 !jx_get(e, "not") == (u256_cmp(&want, &have) == 0);
	return st;
}

enum rpc_status
call_expect(struct rpc *rpc, const json_t *expect, const char *to, bool *holds,
	    json_t **got, struct diags *ds)
{
	to = jx_str(expect, "to", to);
	*holds = false;
	*got = NULL;
	if (jx_get(expect, "slot"))
		return expect_slot(rpc, expect, to, holds, got, ds);
	return expect_view(rpc, expect, to, holds, got, ds);
}
