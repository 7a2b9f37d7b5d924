#include "providers/clients/evm/eth_call.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"

bool
rpc_reverted(const struct rpc *rpc, char **reason)
{
	const struct rpc_error *e = rpc_error(rpc);
	const json_t *data = e->data;
	uint8_t *p;
	size_t n;

	if (json_is_object(data)) /* some nodes wrap it */
		data = jx_get(data, "data");
	if (hex_bytes(data, &p, &n) == 0) {
		if (reason)
			*reason = abi_revert_reason(p, n);
		free(p);
		return true;
	}
	if (e->code != 3 && !strcasestr(e->message, "revert"))
		return false;
	if (reason)
		*reason = xstrdup(e->message);
	return true;
}

const char *
view_result(const char *view)
{
	const char *s = strchr(view, '(');
	int depth = 0;

	for (; s && *s; s++) {
		depth += (*s == '(') - (*s == ')');
		if (depth == 0)
			return s + 1;
	}
	return view;
}

static enum rpc_status
eth_call_send(struct rpc *rpc, const char *to, const struct buf *data,
	      json_t **result, struct diags *ds)
{
	struct diags said;
	enum rpc_status st;

	diags_init(&said);
	st = rpc_call(rpc, "eth_call",
		      json_pack("[{s:s, s:o}, s]", "to", to, "data",
				hex_json(data->p, data->n), "latest"),
		      result, &said);
	if (st == RPC_ERROR && rpc_reverted(rpc, NULL))
		st = RPC_OK;
	else if (ds)
		diags_append(ds, &said);
	diags_done(&said);
	return st;
}

enum rpc_status
view_call(struct rpc *rpc, const char *to, const char *view, json_t *args,
	  json_t **values, struct diags *ds)
{
	const char *types = view_result(view);
	CLEANUP(freep)
	char *call = xasprintf("%.*s", (int)(types - view), view);
	CLEANUP(put_json) json_t *given = args ? args : json_array();
	CLEANUP(put_json) json_t *result = NULL;
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	enum rpc_status st;
	uint8_t *p;
	size_t n;

	*values = NULL;
	if (abi_encode_call(&data, call, given, ds) < 0)
		return RPC_BAD_REPLY;
	st = eth_call_send(rpc, to, &data, &result, ds);
	if (st == RPC_OK && hex_bytes(result, &p, &n) == 0) {
		if (n > 0)
			*values = abi_decode(types, p, n, NULL);
		free(p);
	}
	return st;
}

enum rpc_status
view_u64(struct rpc *rpc, const char *to, const char *view, json_t *args,
	 uint64_t *out, struct diags *ds)
{
	CLEANUP(put_json) json_t *values = NULL;
	enum rpc_status st = view_call(rpc, to, view, args, &values, ds);

	if (st != RPC_OK)
		return st;
	*out = value_u64(values, 0);
	if (*out != UINT64_MAX)
		return RPC_OK;
	if (ds)
		diag_err(ds, "E0831", "%s does not answer to '%.*s'", to,
			 (int)(view_result(view) - view), view);
	return RPC_BAD_REPLY;
}

uint64_t
value_u64(const json_t *values, size_t i)
{
	struct u256 v;
	uint64_t out;

	if (u256_parse(value_text(values, i), &v) < 0 ||
	    !u256_fits_u64(&v, &out))
		return UINT64_MAX;
	return out;
}

const char *
value_text(const json_t *values, size_t i)
{
	const char *s = json_string_value(json_array_get(values, i));

	return s ? s : "";
}

bool
value_word(const json_t *values, size_t i, uint8_t out[32])
{
	return hex_decode(value_text(values, i), out, 32) == 0;
}
