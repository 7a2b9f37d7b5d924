/*
 * The encodings as a filter, so that others' libraries can be asked the same
 * (tests/cli/apply/t3004-encodings.sh). A line of JSON in, one out:
 *
 *	{"encode": "(T,...)", "values": [...]}	-> {"is": "0x..."}
 *	{"decode": "(T,...)", "data": "0x..."}	-> {"is": [...]}
 *	{"sign": {chain_id, nonce, gas, max_fee, priority, to or null, value,
 *		  data}, "key": 64 hex digits}	-> {"is": raw, "hash"}
 *	{"read": raw}	-> {"is": {the same fields and from}, "hash"}
 *
 * What cannot be done is {"is": null}.
 */
#include <stdio.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/keys/tx.h"
#include "providers/clients/rpc/rpc.h"

static json_t *
encode(const char *types, const json_t *values)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);

	if (abi_encode(&b, types, values, NULL) < 0 || b.over)
		return json_null();
	return hex_json(b.p, b.n);
}

static json_t *
decode(const char *types, const json_t *data)
{
	json_t *values = NULL;
	uint8_t *p;
	size_t n;

	if (hex_bytes(data, &p, &n) == 0) {
		values = abi_decode(types, p, n, NULL);
		free(p);
	}
	return values ? values : json_null();
}

static struct u256
number(const json_t *o, const char *key)
{
	struct u256 v;

	if (u256_parse(jx_str(o, key, ""), &v) < 0)
		abort(); /* a case that says nothing */
	return v;
}

static uint64_t
small(const json_t *o, const char *key)
{
	struct u256 v = number(o, key);

	return v.w[0];
}

static json_t *
sign(const json_t *o, const char *key, json_t *out)
{
	CLEANUP(buf_done) struct buf raw = BUF_INIT(TX_RAW_MAX);
	struct tx t = { .chain_id = small(o, "chain_id"),
			.nonce = small(o, "nonce"),
			.gas = small(o, "gas"),
			.max_fee = number(o, "max_fee"),
			.priority = number(o, "priority"),
			.value = number(o, "value") };
	const char *to = jx_str(o, "to", NULL);
	struct sign_key *k;
	uint8_t *data, hash[32];
	struct diags ds;

	diags_init(&ds);
	k = sign_key_from_hex(key, "the key", &ds);
	t.create = !to;
	if (!k || hex_bytes(jx_get(o, "data"), &data, &t.data_len) < 0 ||
	    (to && address_parse(to, t.to) < 0))
		abort();
	t.data = data;
	tx_sign(&t, k, &raw, hash);
	json_object_set_new(out, "hash", hex_json(hash, 32));
	sign_key_free(k);
	free(data);
	diags_done(&ds);
	return hex_json(raw.p, raw.n);
}

static json_t *
read_raw(const json_t *hex, json_t *out)
{
	char max_fee[79], priority[79], value[79], to[43], from_text[43];
	uint8_t *raw, from[20], hash[32];
	json_t *o = NULL;
	struct tx t;
	size_t n;

	if (hex_bytes(hex, &raw, &n) < 0)
		return json_null();
	if (tx_decode(raw, n, &t, from, hash) == 0) {
		u256_dec(&t.max_fee, max_fee);
		u256_dec(&t.priority, priority);
		u256_dec(&t.value, value);
		eip55(t.to, to);
		eip55(from, from_text);
		json_object_set_new(out, "hash", hex_json(hash, 32));
		o = json_pack("{s:o, s:o, s:o, s:s, s:s, s:o, s:s, s:o, s:s}",
			      "chain_id",
			      jx_strf("%llu", (unsigned long long)t.chain_id),
			      "nonce",
			      jx_strf("%llu", (unsigned long long)t.nonce),
			      "gas", jx_strf("%llu", (unsigned long long)t.gas),
			      "max_fee", max_fee, "priority", priority, "to",
			      t.create ? json_null() : json_string(to), "value",
			      value, "data", hex_json(t.data, t.data_len),
			      "from", from_text);
	}
	free(raw);
	return o ? o : json_null();
}

static json_t *
answer(const json_t *ask)
{
	json_t *out = json_object(), *is;
	const char *types;

	if ((types = jx_str(ask, "encode", NULL)))
		is = encode(types, jx_get(ask, "values"));
	else if ((types = jx_str(ask, "decode", NULL)))
		is = decode(types, jx_get(ask, "data"));
	else if (jx_get(ask, "sign"))
		is = sign(jx_get(ask, "sign"), jx_str(ask, "key", ""), out);
	else
		is = read_raw(jx_get(ask, "read"), out);
	json_object_set_new(out, "is", is);
	return out;
}

int
main(void)
{
	CLEANUP(freep) char *line = NULL;
	size_t max = 0;

	mem_init();
	while (getline(&line, &max, stdin) > 0) {
		CLEANUP(put_json)
		json_t *ask = json_loads(line, JSON_DECODE_ANY, NULL);
		CLEANUP(put_json) json_t *out = ask ? answer(ask) : NULL;
		CLEANUP(freep) char *text = out ? jx_dump_line(out) : NULL;

		if (!text)
			return 1;
		puts(text);
	}
	return ferror(stdout) ? 1 : 0;
}
