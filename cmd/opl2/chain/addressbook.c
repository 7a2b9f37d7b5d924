#include "cmd/opl2/chain/addressbook.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define PROXY "Proxy"

/* What the genesis of every chain of these contracts has: 0x4200...XXXX, and
 * what OP Stack calls preinstalls. */
static const struct {
	unsigned at;
	const char *name;
} predeploys[] = {
	{ 0x00, "LegacyMessagePasser" },
	{ 0x02, "DeployerWhitelist" },
	{ 0x06, "WETH" },
	{ 0x07, "L2CrossDomainMessenger" },
	{ 0x0f, "GasPriceOracle" },
	{ 0x10, "L2StandardBridge" },
	{ 0x11, "SequencerFeeVault" },
	{ 0x12, "OptimismMintableERC20Factory" },
	{ 0x13, "L1BlockNumber" },
	{ 0x14, "L2ERC721Bridge" },
	{ 0x15, "L1Block" },
	{ 0x16, "L2ToL1MessagePasser" },
	{ 0x17, "OptimismMintableERC721Factory" },
	{ 0x18, "ProxyAdmin" },
	{ 0x19, "BaseFeeVault" },
	{ 0x1a, "L1FeeVault" },
	{ 0x20, "SchemaRegistry" },
	{ 0x21, "EAS" },
};
static const struct {
	const char *address, *name;
} preinstalls[] = {
	{ "0xba5Ed099633D3B313e4D5F7bdc1305d3c28ba5Ed", "CreateX" },
	{ "0x13b0D85CcB8bf860b6b79AF3029fCA081AE9beF2", "Create2Deployer" },
	{ "0x4e59b44847b379578588920cA78FbF26c0B4956C",
	  "DeterministicDeploymentProxy" },
	{ "0x5FF137D4b0FDCD49DcA30c7CF57E578a026d2789", "EntryPoint_v060" },
	{ "0x0000000071727De22E5E9d8BAf0edAc6f37da032", "EntryPoint_v070" },
	{ "0xcA11bde05977b3631167028862bE2a173976CA11", "MultiCall3" },
	{ "0x998739BFdAAdde7C933B942a68053933098f9EDa", "MultiSend_v130" },
	{ "0xA1dabEF33b3B82c7814B6D82A79e50F4AC44102B",
	  "MultiSendCallOnly_v130" },
	{ "0x000000000022D473030F116dDEE9F6B43aC78BA3", "Permit2" },
	{ "0xfb1bffC9d739B8D520DaF37dF666da4C687191EA", "SafeL2_v130" },
	{ "0x914d7Fec6aaC8cd542e72Bca78B30650d45643d7",
	  "SafeSingletonFactory" },
	{ "0x69f4D1788e39c87893C980c06EdF4b7f686e2938", "Safe_v130" },
};

/* EIP-55 of any spelling; the text itself when it is no address. */
static json_t *
checksummed(const char *text)
{
	uint8_t raw[20];
	char out[43];

	if (hex_decode(text, raw, sizeof(raw)) < 0)
		return json_string(text);
	eip55(raw, out);
	return json_string(out);
}

static json_t *
l2_contracts(void)
{
	json_t *out = json_object();
	uint8_t raw[20] = { 0x42 };
	char text[43];

	for (size_t i = 0; i < COUNTOF(predeploys); i++) {
		raw[19] = (uint8_t)predeploys[i].at;
		eip55(raw, text);
		json_object_set_new(out, predeploys[i].name,
				    json_pack("{s:s}", "address", text));
	}
	for (size_t i = 0; i < COUNTOF(preinstalls); i++)
		json_object_set_new(
			out, preinstalls[i].name,
			json_pack("{s:s}", "address", preinstalls[i].address));
	return out;
}

/* "OptimismPortalProxy" -> "OptimismPortal"; NULL when it is no such name. */
static char *
without_proxy(const char *name)
{
	size_t n = strlen(name), tail = strlen(PROXY);

	if (n <= tail || strcmp(name + n - tail, PROXY) != 0)
		return NULL;
	return xstrndup(name, n - tail);
}

static json_t *
l1_contracts(const json_t *addresses)
{
	json_t *out = json_object();
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)addresses, name, v) {
		CLEANUP(freep) char *bare = without_proxy(name);
		CLEANUP(freep) char *proxy = xasprintf("%s" PROXY, name);
		const char *text = json_string_value(v);

		if (bare) {
			const char *impl = jx_str(addresses, bare, NULL);
			json_t *c = json_pack("{s:o}", "address",
					      checksummed(text));

			if (impl)
				json_object_set_new(c, "implementation",
						    checksummed(impl));
			json_object_set_new(out, bare, c);
		} else if (!jx_get(addresses, proxy)) {
			json_object_set_new(out, name,
					    json_pack("{s:o}", "address",
						      checksummed(text)));
		}
	}
	return out;
}

/* Some kinds take several URLs; the first is the one to give away. */
static void
add_url(json_t *layer, const char *key, const json_t *v)
{
	if (json_is_array(v))
		v = json_array_get(v, 0);
	if (json_is_string(v))
		json_object_set_new(layer, key, jx_share(v));
}

static json_t *
layer_of(const json_t *facts, const char *name, json_t *contracts)
{
	const json_t *from = jx_get(facts, name);
	json_t *layer = json_pack("{s:o}", "contracts", contracts);

	if (jx_get(from, "chain_id"))
		json_object_set_new(layer, "chain_id",
				    jx_share(jx_get(from, "chain_id")));
	add_url(layer, "rpc", jx_get(from, "rpc"));
	add_url(layer, "rollup_rpc", jx_get(from, "rollup_rpc"));
	add_url(layer, "info_url", jx_get(from, "info_url"));
	return layer;
}

/* A key that is only planned may have no address yet. */
static json_t *
role_entry(const json_t *role)
{
	const char *address = jx_str(role, "address", NULL);

	if (!address)
		return json_pack("{s:s}", "pending",
				 jx_str(role, "pending", ""));
	return json_pack("{s:o}", "address", checksummed(address));
}

json_t *
addressbook(const json_t *facts, const char *name)
{
	json_t *roles = json_object();
	const char *role;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)jx_get(facts, "roles"), role,
			    v)
		json_object_set_new(roles, role, role_entry(v));
	return json_pack(
		"{s:s, s:o, s:o, s:o}", "name", name, "roles", roles, "l1",
		layer_of(facts, "l1", l1_contracts(jx_get(facts, "addresses"))),
		"l2", layer_of(facts, "l2", l2_contracts()));
}

/* --- finding ------------------------------------------------------------- */

static void
found(json_t *list, const char *where, const char *name, const char *address,
      const char *what)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "where",
					      where, "name", name, "address",
					      address, "what", what));
}

static void
match(json_t *list, const char *where, const char *name, const json_t *entry,
      const char *want)
{
	const char *address = jx_str(entry, "address", "");
	const char *impl = jx_str(entry, "implementation", NULL);
	CLEANUP(freep) char *bare = without_proxy(want);

	if (!strcmp(want, name) || (bare && !strcmp(bare, name)) ||
	    !strcasecmp(want, address))
		found(list, where, name, address, impl ? "proxy" : "");
	else if (impl && !strcasecmp(want, impl))
		found(list, where, name, impl, "implementation");
}

static void
match_all(json_t *list, const char *where, const json_t *map, const char *want)
{
	size_t n = strlen(where);
	const char *name;
	json_t *v;

	if (!strncmp(want, where, n) && want[n] == '/')
		want += n + 1;
	json_object_foreach((json_t *)(uintptr_t)map, name, v)
		match(list, where, name, v, want);
}

json_t *
addressbook_find(const json_t *book, const char *what)
{
	json_t *list = json_array();

	match_all(list, "role", jx_get(book, "roles"), what);
	match_all(list, "l1", jx_get(jx_get(book, "l1"), "contracts"), what);
	match_all(list, "l2", jx_get(jx_get(book, "l2"), "contracts"), what);
	return list;
}
