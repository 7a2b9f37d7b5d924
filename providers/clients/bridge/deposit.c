#include "providers/clients/bridge/deposit.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/keys/rlp.h"
#include "providers/clients/rpc/rpc.h"

#define EVENT        "TransactionDeposited(address,address,uint256,bytes)"
#define DEPOSIT_TYPE 0x7e
#define DATA_MAX     (256u << 10)

static int
topic(const json_t *log, size_t i, uint8_t out[32])
{
	const char *s =
		json_string_value(json_array_get(jx_get(log, "topics"), i));

	return s ? hex_decode(s, out, 32) : -1;
}

const json_t *
deposit_log(const json_t *receipt, const uint8_t portal[20])
{
	const json_t *logs = jx_get(receipt, "logs");
	uint8_t event[32], t[32], a[20];

	abi_topic(EVENT, event);
	for (size_t i = 0; i < json_array_size(logs); i++) {
		const json_t *log = json_array_get(logs, i);

		if (hex_decode(jx_str(log, "address", ""), a, 20) == 0 &&
		    memcmp(a, portal, 20) == 0 && topic(log, 0, t) == 0 &&
		    memcmp(t, event, 32) == 0)
			return log;
	}
	return NULL;
}

/* Domain 0, a user's deposit: keccak(0, keccak(block hash, log index)). */
static int
source_hash(const json_t *log, uint8_t out[32])
{
	uint8_t text[64] = { 0 }, id[32];
	struct u256 index;

	if (hex_decode(jx_str(log, "blockHash", ""), text, 32) < 0 ||
	    quantity_u256(jx_get(log, "logIndex"), &index) < 0)
		return -1;
	u256_to_be(&index, text + 32);
	keccak256(text, sizeof(text), id);
	memset(text, 0, 32);
	memcpy(text + 32, id, 32);
	keccak256(text, sizeof(text), out);
	return 0;
}

/* opaqueData: mint 32, value 32, gas 8, creation 1, data. */
static void
add_opaque(struct buf *fields, const uint8_t *p, size_t n, const uint8_t to[20])
{
	struct u256 mint, value, gas;

	u256_from_be(p, 32, &mint);
	u256_from_be(p + 32, 32, &value);
	u256_from_be(p + 64, 8, &gas);
	rlp_add_bytes(fields, to, p[72] ? 0 : 20);
	rlp_add_u256(fields, &mint);
	rlp_add_u256(fields, &value);
	rlp_add_u256(fields, &gas);
	rlp_add_u64(fields, 0); /* no system transaction */
	rlp_add_bytes(fields, p + 73, n - 73);
}

static json_t *
opaque_data(const json_t *log)
{
	json_t *values, *out = NULL;
	uint8_t *p;
	size_t n;

	if (hex_bytes(jx_get(log, "data"), &p, &n) < 0)
		return NULL;
	values = abi_decode("(bytes)", p, n, NULL);
	out = json_incref(json_array_get(values, 0));
	json_decref(values);
	free(p);
	return out;
}

int
deposit_hash(const json_t *log, uint8_t out[32])
{
	CLEANUP(buf_done) struct buf fields = BUF_INIT(DATA_MAX);
	CLEANUP(buf_done) struct buf tx = BUF_INIT(DATA_MAX);
	CLEANUP(put_json) json_t *opaque = opaque_data(log);
	uint8_t source[32], from[32], to[32], *p;
	size_t n;

	if (source_hash(log, source) < 0 || topic(log, 1, from) < 0 ||
	    topic(log, 2, to) < 0 || hex_bytes(opaque, &p, &n) < 0)
		return -1;
	if (n >= 73) {
		rlp_add_bytes(&fields, source, 32);
		rlp_add_bytes(&fields, from + 12, 20);
		add_opaque(&fields, p, n, to + 12);
		buf_addch(&tx, DEPOSIT_TYPE);
		rlp_add_list(&tx, &fields);
		keccak256(tx.p, tx.n, out);
	}
	free(p);
	return n >= 73 && !tx.over ? 0 : -1;
}
