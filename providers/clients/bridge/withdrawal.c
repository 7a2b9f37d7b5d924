#include "providers/clients/bridge/withdrawal.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/rpc.h"

#define EVENT                                                                  \
	"MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)"

static int
topic(const json_t *log, size_t i, uint8_t out[32])
{
	const char *s =
		json_string_value(json_array_get(jx_get(log, "topics"), i));

	return s ? hex_decode(s, out, 32) : -1;
}

static bool
is_message(const json_t *log)
{
	uint8_t event[32], t[32];

	abi_topic(EVENT, event);
	return strcasecmp(jx_str(log, "address", ""), MESSAGE_PASSER) == 0 &&
	       topic(log, 0, t) == 0 && memcmp(t, event, 32) == 0;
}

const json_t *
withdrawal_log(const json_t *receipt, size_t i)
{
	const json_t *logs = jx_get(receipt, "logs"), *log;
	size_t k;

	json_array_foreach(logs, k, log)
		if (is_message(log) && i-- == 0)
			return log;
	return NULL;
}

static json_t *
number_json(const uint8_t word[32])
{
	struct u256 v;
	char text[79];

	u256_from_be(word, 32, &v);
	u256_dec(&v, text);
	return json_string(text);
}

static json_t *
address_json(const uint8_t word[32])
{
	char text[43];

	eip55(word + 12, text);
	return json_string(text);
}

/* Value, gas limit, data and hash are not indexed. */
static json_t *
unindexed(const json_t *log)
{
	json_t *values;
	uint8_t *p;
	size_t n;

	if (hex_bytes(jx_get(log, "data"), &p, &n) < 0)
		return NULL;
	values = abi_decode("(uint256,uint256,bytes,bytes32)", p, n, NULL);
	free(p);
	return values;
}

static int
hash_tuple(const json_t *tuple, uint8_t out[32])
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);

	if (abi_encode(&b, "(uint256,address,address,uint256,uint256,bytes)",
		       tuple, NULL) < 0 ||
	    b.over)
		return -1;
	keccak256(b.p, b.n, out);
	return 0;
}

int
withdrawal_from_log(const json_t *log, struct withdrawal *out)
{
	CLEANUP(put_json) json_t *rest = unindexed(log);
	uint8_t nonce[32], sender[32], target[32], said[32];

	out->tuple = NULL;
	if (!rest || !is_message(log) || topic(log, 1, nonce) < 0 ||
	    topic(log, 2, sender) < 0 || topic(log, 3, target) < 0 ||
	    hex_decode(json_string_value(json_array_get(rest, 3)), said, 32))
		return -1;
	out->tuple = json_pack("[o, o, o, O, O, O]", number_json(nonce),
			       address_json(sender), address_json(target),
			       json_array_get(rest, 0), json_array_get(rest, 1),
			       json_array_get(rest, 2));
	if (hash_tuple(out->tuple, out->hash) == 0 &&
	    memcmp(out->hash, said, 32) == 0)
		return 0;
	withdrawal_done(out);
	return -1;
}

/* The arguments of the call that data is, if it is that one. */
static json_t *
call_args(const json_t *data, const char *function, const char *types)
{
	uint8_t selector[4], *p;
	json_t *args = NULL;
	size_t n;

	abi_selector(function, selector);
	if (hex_bytes(data, &p, &n) < 0)
		return NULL;
	if (n >= 4 && memcmp(p, selector, 4) == 0)
		args = abi_decode(types, p + 4, n - 4, NULL);
	free(p);
	return args;
}

static bool
text_is(const json_t *list, size_t i, const char *want)
{
	const char *s = json_string_value(json_array_get(list, i));

	return s && strcasecmp(s, want) == 0;
}

/* The bridge speaks through the messenger, and to its like on the L1. */
json_t *
withdrawal_token(const struct withdrawal *w)
{
#define RELAY  "(uint256,address,address,uint256,uint256,bytes)"
#define TOKENS "(address,address,address,address,uint256,bytes)"
	CLEANUP(put_json) json_t *message = NULL;

	if (!text_is(w->tuple, 1, L2_MESSENGER))
		return NULL;
	message = call_args(json_array_get(w->tuple, 5), "relayMessage" RELAY,
			    RELAY);
	if (!message || !text_is(message, 1, L2_BRIDGE))
		return NULL;
	return call_args(json_array_get(message, 5),
			 "finalizeBridgeERC20" TOKENS, TOKENS);
#undef RELAY
#undef TOKENS
}

void
withdrawal_done(struct withdrawal *w)
{
	put_json(&w->tuple);
}

void
withdrawal_slot(const uint8_t hash[32], uint8_t out[32])
{
	/* sentMessages is the mapping in slot 0. */
	uint8_t text[64] = { 0 };

	memcpy(text, hash, 32);
	keccak256(text, sizeof(text), out);
}

void
output_root(const struct output_parts *p, uint8_t out[32])
{
	uint8_t text[4][32] = { 0 };

	memcpy(text[1], p->state_root, 32);
	memcpy(text[2], p->storage_root, 32);
	memcpy(text[3], p->block_hash, 32);
	keccak256(text, sizeof(text), out);
}
