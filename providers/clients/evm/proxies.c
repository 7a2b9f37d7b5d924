#include "providers/clients/evm/proxies.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/queries.h"

#define VIEW "getProxyImplementation(address)"

static bool
is_proxy(const char *name)
{
	size_t n = strlen(name);

	return n > 5 && strcmp(name + n - 5, "Proxy") == 0 &&
	       strcmp(name, "AnchorStateRegistryProxy") != 0;
}

enum rpc_status
proxies_read(struct rpc *rpc, const json_t *addresses, json_t **out,
	     struct diags *ds)
{
	const char *admin = jx_str(addresses, "ProxyAdmin", NULL), *name;
	CLEANUP(queries_done) struct queries a = { .rpc = rpc, .lent = true };
	enum rpc_status st;
	size_t n = 0;
	json_t *addr;

	json_object_foreach((json_t *)(uintptr_t)addresses, name, addr) {
		if (admin && is_proxy(name))
			queries_view(&a, admin, VIEW, json_pack("[O]", addr));
	}
	st = queries_send(&a, ds);
	if (st != RPC_OK)
		return st;
	*out = json_object();
	json_object_foreach((json_t *)(uintptr_t)addresses, name, addr) {
		CLEANUP(put_json) json_t *values = NULL;

		if (!admin || !is_proxy(name))
			continue;
		values = queries_values(&a, n++, "(address)");
		json_object_set_new(*out, name,
				    values ? jx_share(json_array_get(values, 0))
					   : json_null());
	}
	return RPC_OK;
}
