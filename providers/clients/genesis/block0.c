#include "providers/clients/genesis/block0.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/keys/rlp.h"
#include "providers/clients/rpc/rpc.h"
#include "providers/clients/trie/trie.h"

#define VALUE_MAX  4096
#define HEADER_MAX 8192
#define BASE_FEE   1000000000
#define GAS_LIMIT  4712388
#define DIFFICULTY 131072
#define PASSER     "4200000000000000000000000000000000000016"

/* Values of a header without transactions: no uncles, no transactions, no
 * requests. */
static const char no_uncles[] =
	"1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347";
static const char no_items[] =
	"56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
static const char no_requests[] =
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct items {
	struct trie_item *v;
	size_t n;
};

static void
items_done(struct items *t)
{
	for (size_t i = 0; i < t->n; i++)
		free((void *)(uintptr_t)t->v[i].value);
	free(t->v);
}

/* Takes what value holds. */
static void
items_add(struct items *t, const void *key, size_t nkey, struct buf *value)
{
	struct trie_item *it = &t->v[t->n++];

	keccak256(key, nkey, it->key);
	it->n = value->n;
	it->value = (uint8_t *)buf_take(value);
}

static int
block0_bad(struct diags *ds, const char *what, const char *where)
{
	return diag_err(ds, "E1046", "genesis.json: cannot parse '%s' of %s",
			what, where);
}

/* A number or hex digits; def when it is not there. */
static int
block0_number(const json_t *o, const char *key, uint64_t def, struct u256 *out)
{
	const json_t *v = jx_get(o, key);

	*out = u256_from(def);
	if (!v)
		return 0;
	if (json_is_integer(v) && json_integer_value(v) >= 0) {
		*out = u256_from((uint64_t)json_integer_value(v));
		return 0;
	}
	return json_is_string(v) ? u256_parse(json_string_value(v), out) : -1;
}

/* --- the state --- */

/* Up to 32 bytes of hex digits. */
static int
block0_word(const char *hex, uint8_t out[32])
{
	struct u256 v;

	if (strncmp(hex, "0x", 2) != 0 || u256_parse(hex, &v) < 0)
		return -1;
	u256_to_be(&v, out);
	return 0;
}

static int
storage_root(const json_t *storage, const char *where, uint8_t out[32],
	     struct diags *ds)
{
	struct items t = { 0 };
	const char *slot;
	json_t *v;
	int rc = 0;

	t.v = xcalloc(json_object_size(storage) + 1, sizeof(*t.v));
	json_object_foreach((json_t *)(uintptr_t)storage, slot, v) {
		struct buf value = BUF_INIT(VALUE_MAX);
		const char *text = json_string_value(v);
		uint8_t key[32], raw[32];
		struct u256 n;

		if (block0_word(slot, key) || !text || block0_word(text, raw)) {
			rc = block0_bad(ds, slot, where);
			break;
		}
		u256_from_be(raw, sizeof(raw), &n);
		if (u256_is_zero(&n))
			continue;
		rlp_add_u256(&value, &n);
		items_add(&t, key, sizeof(key), &value);
	}
	trie_root(t.v, t.n, out);
	items_done(&t);
	return rc;
}

static int
code_hash(const json_t *code, uint8_t out[32])
{
	uint8_t *p = NULL;
	size_t n = 0;

	if (code && hex_bytes(code, &p, &n) < 0)
		return -1;
	keccak256(p ? p : (const uint8_t *)"", n, out);
	free(p);
	return 0;
}

static int
add_account(struct items *t, const char *addr, const json_t *a,
	    struct diags *ds)
{
	struct buf fields = BUF_INIT(VALUE_MAX), value = BUF_INIT(VALUE_MAX);
	uint8_t raw[20], root[32], code[32];
	struct u256 nonce, balance;
	const char *wrong = NULL;

	if (hex_decode(addr, raw, sizeof(raw)))
		wrong = "address";
	else if (block0_number(a, "nonce", 0, &nonce))
		wrong = "nonce";
	else if (block0_number(a, "balance", 0, &balance))
		wrong = "balance";
	else if (code_hash(jx_get(a, "code"), code))
		wrong = "code";
	if (wrong)
		return block0_bad(ds, wrong, addr);
	if (storage_root(jx_get(a, "storage"), addr, root, ds))
		return -1;
	rlp_add_u256(&fields, &nonce);
	rlp_add_u256(&fields, &balance);
	rlp_add_bytes(&fields, root, sizeof(root));
	rlp_add_bytes(&fields, code, sizeof(code));
	rlp_add_list(&value, &fields);
	buf_done(&fields);
	items_add(t, raw, sizeof(raw), &value);
	return 0;
}

static int
state_root(const json_t *alloc, uint8_t out[32], struct diags *ds)
{
	struct items t = { 0 };
	const char *addr;
	json_t *a;
	int rc = 0;

	t.v = xcalloc(json_object_size(alloc) + 1, sizeof(*t.v));
	json_object_foreach((json_t *)(uintptr_t)alloc, addr, a) {
		rc = add_account(&t, addr, a, ds);
		if (rc)
			break;
	}
	if (rc == 0)
		trie_root(t.v, t.n, out);
	items_done(&t);
	return rc;
}

/* --- the header --- */

static void
add_hex(struct buf *h, const char *hex, size_t n)
{
	uint8_t raw[32];

	if (hex_decode(hex, raw, n))
		abort(); /* a constant of this file */
	rlp_add_bytes(h, raw, n);
}

/* n bytes of a field, zeros when it is not there. */
static int
add_fixed(struct buf *h, const json_t *g, const char *key, size_t n,
	  struct diags *ds)
{
	const char *text = jx_str(g, key, NULL);
	uint8_t raw[32] = { 0 };

	if (text && hex_decode(text, raw, n))
		return block0_bad(ds, key, "the block");
	rlp_add_bytes(h, raw, n);
	return 0;
}

static int
add_number(struct buf *h, const json_t *g, const char *key, uint64_t def,
	   struct diags *ds)
{
	struct u256 v;

	if (block0_number(g, key, def, &v))
		return block0_bad(ds, key, "the block");
	rlp_add_u256(h, &v);
	return 0;
}

static int
add_extra(struct buf *h, const json_t *g, struct diags *ds)
{
	const json_t *v = jx_get(g, "extraData");
	uint8_t *p = NULL;
	size_t n = 0;

	if (v && hex_bytes(v, &p, &n) < 0)
		return block0_bad(ds, "extraData", "the block");
	rlp_add_bytes(h, p ? p : (const uint8_t *)"", n);
	free(p);
	return 0;
}

/* As geth: 8 bytes, whatever the number is written like. */
static int
add_nonce(struct buf *h, const json_t *g, struct diags *ds)
{
	uint8_t be[32];
	struct u256 v;

	if (block0_number(g, "nonce", 0, &v))
		return block0_bad(ds, "nonce", "the block");
	u256_to_be(&v, be);
	rlp_add_bytes(h, be + 24, 8);
	return 0;
}

/* Is a fork on at block 0? */
static bool
is_on(const json_t *g, const char *fork)
{
	const json_t *at = jx_at(g, fork);
	struct u256 time, from;

	if (!json_is_integer(at) || block0_number(g, "timestamp", 0, &time))
		return false;
	from = u256_from((uint64_t)json_integer_value(at));
	return u256_cmp(&from, &time) <= 0;
}

/* From isthmus on: what has been withdrawn, as a root. */
static int
add_withdrawals(struct buf *h, const json_t *g, struct diags *ds)
{
	const json_t *alloc = jx_get(g, "alloc"), *passer;
	uint8_t root[32];

	if (!is_on(g, "/config/isthmusTime")) {
		add_hex(h, no_items, 32);
		return 0;
	}
	passer = jx_get(alloc, PASSER);
	if (!passer)
		passer = jx_get(alloc, "0x" PASSER);
	if (storage_root(jx_get(passer, "storage"), PASSER, root, ds))
		return -1;
	rlp_add_bytes(h, root, sizeof(root));
	return 0;
}

/* What forks have added at the end. */
static int
add_forks(struct buf *h, const json_t *g, struct diags *ds)
{
	if (json_is_integer(jx_at(g, "/config/londonBlock")) &&
	    add_number(h, g, "baseFeePerGas", BASE_FEE, ds))
		return -1;
	if (is_on(g, "/config/shanghaiTime") && add_withdrawals(h, g, ds))
		return -1;
	if (is_on(g, "/config/cancunTime") &&
	    (add_number(h, g, "blobGasUsed", 0, ds) ||
	     add_number(h, g, "excessBlobGas", 0, ds) ||
	     add_fixed(h, NULL, "parentBeaconBlockRoot", 32, ds)))
		return -1;
	if (is_on(g, "/config/pragueTime") || is_on(g, "/config/isthmusTime"))
		add_hex(h, no_requests, 32);
	return 0;
}

static int
add_header(struct buf *h, const json_t *g, const uint8_t root[32],
	   struct diags *ds)
{
	static const uint8_t bloom[256];
	uint64_t difficulty = jx_get(g, "mixHash") ? 0 : DIFFICULTY;

	if (add_fixed(h, g, "parentHash", 32, ds))
		return -1;
	add_hex(h, no_uncles, 32);
	if (add_fixed(h, g, "coinbase", 20, ds))
		return -1;
	rlp_add_bytes(h, root, 32);
	add_hex(h, no_items, 32);
	add_hex(h, no_items, 32);
	rlp_add_bytes(h, bloom, sizeof(bloom));
	return add_number(h, g, "difficulty", difficulty, ds) ||
			       add_number(h, g, "number", 0, ds) ||
			       add_number(h, g, "gasLimit", GAS_LIMIT, ds) ||
			       add_number(h, g, "gasUsed", 0, ds) ||
			       add_number(h, g, "timestamp", 0, ds) ||
			       add_extra(h, g, ds) ||
			       add_fixed(h, g, "mixHash", 32, ds) ||
			       add_nonce(h, g, ds) || add_forks(h, g, ds)
		       ? -1
		       : 0;
}

int
block0_hash(const json_t *genesis, uint8_t out[32], struct diags *ds)
{
	CLEANUP(buf_done) struct buf fields = BUF_INIT(HEADER_MAX);
	CLEANUP(buf_done) struct buf header = BUF_INIT(HEADER_MAX);
	uint8_t root[32];

	if (!json_is_object(jx_get(genesis, "alloc")) ||
	    !json_is_object(jx_get(genesis, "config")))
		return diag_err(ds, "E1046",
				"genesis.json has no 'alloc' or no 'config'");
	if (state_root(jx_get(genesis, "alloc"), root, ds) ||
	    add_header(&fields, genesis, root, ds))
		return -1;
	rlp_add_list(&header, &fields);
	keccak256(header.p, header.n, out);
	return 0;
}
