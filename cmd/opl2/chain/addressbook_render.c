/* The address book in the forms of other programs. */
#include "cmd/opl2/chain/addressbook.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

static const json_t *
layer(const json_t *book, const char *name)
{
	return jx_get(book, name);
}

static const char *
contract(const json_t *book, const char *name)
{
	const json_t *l1 = jx_get(layer(book, "l1"), "contracts");

	return jx_str(jx_get(l1, name), "address", NULL);
}

/* Is it a word that a module cannot call a constant of its own? */
static bool
is_taken(const char *name)
{
	static const char words[] =
		" arguments await break case catch class const continue "
		"debugger default delete do else enum eval export extends "
		"false finally for function if implements import in "
		"instanceof interface let new null package private protected "
		"public return static super switch this throw true try typeof "
		"var void while with yield chainConfig defineChain ";
	CLEANUP(freep) char *word = xasprintf(" %s ", name);

	return strstr(words, word) != NULL;
}

/* "my-chain" -> myChain, "new" -> newChain */
static void
add_identifier(struct buf *b, const char *name)
{
	CLEANUP(buf_done) struct buf id = BUF_INIT(4096);
	bool up = false;

	if (!isalpha((unsigned char)*name))
		buf_adds(&id, "chain");
	for (; *name; name++) {
		if (!isalnum((unsigned char)*name)) {
			up = id.n > 0;
			continue;
		}
		buf_addch(&id,
			  (char)(up ? toupper((unsigned char)*name) : *name));
		up = false;
	}
	buf_addf(b, "%s%s", buf_str(&id),
		 is_taken(buf_str(&id)) ? "Chain" : "");
}

static void
add_literal(struct buf *b, const char *text)
{
	json_t *s = json_string(text);
	char *quoted = json_dumps(s, JSON_ENCODE_ANY);

	buf_adds(b, quoted);
	free(quoted);
	json_decref(s);
}

/* What viem/op-stack calls them, and what they are called here. */
static void
add_contracts(struct buf *b, const json_t *book)
{
	static const char *const names[][2] = {
		{ "disputeGameFactory", "DisputeGameFactory" },
		{ "l1StandardBridge", "L1StandardBridge" },
		{ "l2OutputOracle", "L2OutputOracle" },
		{ "portal", "OptimismPortal" },
	};
	long long id = jx_int(layer(book, "l1"), "chain_id", 0);

	buf_adds(b, "  contracts: {\n    ...chainConfig.contracts,\n");
	for (size_t i = 0; i < COUNTOF(names); i++) {
		const char *at = contract(book, names[i][1]);

		if (at)
			buf_addf(b, "    %s: { %lld: { address: '%s' } },\n",
				 names[i][0], id, at);
	}
	buf_adds(b, "    multicall3: { address: "
		    "'0xcA11bde05977b3631167028862bE2a173976CA11' },\n  },\n");
}

/* What a definition of the L1 has as one of the L2 has it. */
static void
addressbook_render_add_definition(struct buf *b, const json_t *of,
				  const char *name)
{
	const char *rpc = jx_str(of, "rpc", NULL);

	buf_addf(b,
		 "  id: %lld,\n  name: ", (long long)jx_int(of, "chain_id", 0));
	add_literal(b, name);
	buf_adds(b, ",\n  nativeCurrency: { name: 'Ether', symbol: 'ETH', "
		    "decimals: 18 },\n  rpcUrls: { default: { http: [");
	if (rpc)
		add_literal(b, rpc);
	buf_adds(b, "] } },\n");
}

/* Whether an L1 has Multicall3 is not recorded, so it gets none. */
static void
addressbook_render_add_l1(struct buf *b, const json_t *book, const char *name)
{
	CLEANUP(freep) char *own = xasprintf("%s L1", name);

	buf_adds(b, "// Its client wants `batch: { multicall: { deployless: "
		    "true } }`: an L1 of one's\n// own has no Multicall3.\n"
		    "export const ");
	add_identifier(b, own);
	buf_adds(b, " = defineChain({\n");
	addressbook_render_add_definition(b, layer(book, "l1"), own);
	buf_adds(b, "})\n");
}

char *
addressbook_viem(const json_t *book)
{
	struct buf b = BUF_INIT(1u << 20);
	const char *name = jx_str(book, "name", "");

	buf_adds(&b, "import { defineChain } from 'viem'\n"
		     "import { chainConfig } from 'viem/op-stack'\n\n");
	addressbook_render_add_l1(&b, book, name);
	buf_adds(&b, "\nexport const ");
	add_identifier(&b, name);
	buf_adds(&b, " = defineChain({\n  ...chainConfig,\n");
	addressbook_render_add_definition(&b, layer(book, "l2"), name);
	add_contracts(&b, book);
	buf_addf(&b, "  sourceId: %lld,\n})\n",
		 (long long)jx_int(layer(book, "l1"), "chain_id", 0));
	return buf_take(&b);
}

/* Its shortName has two letters, digits or hyphens at least. */
static void
short_name(const char *name, struct buf *out)
{
	for (; *name; name++)
		buf_addch(out, isalnum((unsigned char)*name) ? *name : '-');
	if (out->n < 2)
		buf_adds(out, "-l2");
}

json_t *
addressbook_chainlist(const json_t *book)
{
	CLEANUP(buf_done) struct buf brief = BUF_INIT(4096);
	const char *name = jx_str(book, "name", "");
	const json_t *rpc = jx_get(layer(book, "l2"), "rpc");
	json_int_t id = jx_int(layer(book, "l2"), "chain_id", 0);
	const json_t *info = jx_get(layer(book, "l2"), "info_url");
	json_t *rpcs = json_array(), *out;

	short_name(name, &brief);
	if (rpc)
		json_array_append_new(rpcs, jx_share(rpc));
	out = json_pack(
		"{s:s, s:s, s:o, s:[], s:{s:s, s:s, s:i}, s:s, s:I, s:I, "
		"s:{s:s, s:o}}",
		"name", name, "chain", "ETH", "rpc", rpcs, "faucets",
		"nativeCurrency", "name", "Ether", "symbol", "ETH", "decimals",
		18, "shortName", buf_str(&brief), "chainId", id, "networkId",
		id, "parent", "type", "L2", "chain",
		jx_strf("eip155-%lld",
			(long long)jx_int(layer(book, "l1"), "chain_id", 0)));
	/* Nobody but the chain's own people knows it; the list wants one. */
	if (info)
		json_object_set_new(out, "infoURL", jx_share(info));
	return out;
}
