#include "providers/lib/proxies.h"

#include <string.h>

#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/lib/abi.h"

#define VIEW "getProxyImplementation(address)"

static bool
is_proxy(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, "Proxy") == 0 &&
	       strcmp(name, "AnchorStateRegistryProxy") != 0;
}

static json_t *
question(const char *admin, const json_t *proxy)
{
	CLEANUP(put_json) json_t *args = json_pack("[O]", proxy);
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);

	if (abi_encode_call(&data, VIEW, args, NULL) < 0)
		return json_array(); /* no address: the node will say so */
	return json_pack("[{s:s, s:o}, s]", "to", admin, "data",
			 hex_json(data.p, data.n), "latest");
}

static json_t *
answer(const json_t *result)
{
	CLEANUP(put_json) json_t *values = NULL;
	uint8_t *p;
	size_t n;

	if (hex_bytes(result, &p, &n) == 0) {
		values = abi_decode("(address)", p, n, NULL);
		free(p);
	}
	return values ? jx_share(json_array_get(values, 0)) : json_null();
}

enum rpc_status
proxies_look(struct rpc *rpc, const json_t *addresses, json_t **out,
	     struct diags *ds)
{
	const char *admin = jx_str(addresses, "ProxyAdmin", NULL), *name;
	size_t max = json_object_size(addresses) + 1, n = 0;
	struct rpc_item *items = xcalloc(max, sizeof(*items));
	const char **names = xcalloc(max, sizeof(*names));
	enum rpc_status st;
	json_t *addr;

	json_object_foreach((json_t *)(uintptr_t)addresses, name, addr)
	{
		if (!admin || !is_proxy(name))
			continue;
		names[n] = name;
		items[n].method = "eth_call";
		items[n++].params = question(admin, addr);
	}
	st = n ? rpc_batch(rpc, items, n, ds) : RPC_OK;
	if (st == RPC_OK) {
		*out = json_object();
		for (size_t i = 0; i < n; i++)
			json_object_set_new(*out, names[i],
					    answer(items[i].result));
	}
	rpc_items_done(items, n);
	free(items);
	free(names);
	return st;
}
