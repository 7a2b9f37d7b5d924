/* ABI encoder. A tuple, and an array's members, are a head part of fixed size
 * and a tail part; the head of a dynamic member is the offset of its tail. */
#include "engine/base/hash.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/rpc.h"

static int abi_encode_value(struct buf *b, const struct abi_type *t,
			    const json_t *v);

void
abi_topic(const char *signature, uint8_t out[32])
{
	keccak256(signature, strlen(signature), out);
}

void
abi_selector(const char *signature, uint8_t out[4])
{
	uint8_t hash[32];

	abi_topic(signature, hash);
	memcpy(out, hash, 4);
}

static void
add_u256(struct buf *b, const struct u256 *v)
{
	uint8_t be[32];

	u256_to_be(v, be);
	buf_add(b, be, sizeof(be));
}

static void
add_u64(struct buf *b, uint64_t n)
{
	struct u256 v = u256_from(n);

	add_u256(b, &v);
}

static struct u256
power_of_two(unsigned bits)
{
	struct u256 v = { { 0 } };

	v.w[bits / 64] = (uint64_t)1 << bits % 64;
	return v;
}

/* Magnitude and sign of a JSON number or text. */
static int
read_number(const json_t *v, struct u256 *out, bool *negative)
{
	const char *s = json_string_value(v);

	if (json_is_integer(v)) {
		json_int_t i = json_integer_value(v);

		*negative = i < 0;
		*out = u256_from(i < 0 ? -(uint64_t)i : (uint64_t)i);
		return 0;
	}
	if (!s)
		return -1;
	*negative = s[0] == '-';
	return u256_parse(s + *negative, out);
}

static int
encode_number(struct buf *b, const struct abi_type *t, const json_t *v)
{
	bool is_int = t->base == ABI_INT, negative;
	unsigned bits = is_int ? t->size - 1 : t->size;
	struct u256 n, limit;

	if (read_number(v, &n, &negative) < 0 || (negative && !is_int))
		return -1;
	if (bits < 256) {
		/* The range of intN is -2^(N-1) .. 2^(N-1) - 1. */
		int c;

		limit = power_of_two(bits);
		c = u256_cmp(&n, &limit);
		if (c > 0 || (c == 0 && !negative))
			return -1;
	}
	if (negative) {
		struct u256 zero = u256_from(0);

		u256_sub(&zero, &n, &n); /* two's complement */
	}
	add_u256(b, &n);
	return 0;
}

static int
encode_address(struct buf *b, const json_t *v)
{
	uint8_t word[32] = { 0 };
	const char *s = json_string_value(v);

	if (!s || address_parse(s, word + 12) != 0)
		return -1;
	buf_add(b, word, sizeof(word));
	return 0;
}

/* Zeros up to a whole word. */
static void
pad(struct buf *b, size_t n)
{
	static const uint8_t zeros[32];

	if (n % 32)
		buf_add(b, zeros, 32 - n % 32);
}

/* A call, for a contract that passes it on. */
static int
encode_inner(struct buf *b, const json_t *v)
{
	CLEANUP(buf_done) struct buf call = BUF_INIT(ABI_DATA_MAX);

	if (abi_encode_call(&call, jx_str(v, "function", ""), jx_get(v, "args"),
			    NULL) < 0)
		return -1;
	add_u64(b, call.n);
	buf_add(b, call.p, call.n);
	pad(b, call.n);
	return 0;
}

static int
encode_bytes(struct buf *b, const struct abi_type *t, const json_t *v)
{
	uint8_t *p;
	size_t n;

	if (json_is_object(v) && t->base == ABI_BYTES)
		return encode_inner(b, v);
	if (hex_bytes(v, &p, &n) < 0)
		return -1;
	if (t->base == ABI_BYTES)
		add_u64(b, n);
	if (n > 0)
		buf_add(b, p, n);
	free(p);
	pad(b, n);
	return t->base == ABI_FIXED_BYTES && n != t->size ? -1 : 0;
}

static int
encode_string(struct buf *b, const json_t *v)
{
	size_t n = json_string_length(v);

	if (!json_is_string(v))
		return -1;
	add_u64(b, n);
	buf_add(b, json_string_value(v), n);
	pad(b, n);
	return 0;
}

/* n members; types[i], or types[0] for all when `same`. */
static int
encode_members(struct buf *b, const struct abi_type *types, bool same,
	       const json_t *v, size_t n)
{
	CLEANUP(buf_done) struct buf tail = BUF_INIT(ABI_DATA_MAX);
	size_t head = 0;

	for (size_t i = 0; i < n; i++)
		head += types[same ? 0 : i].head;
	for (size_t i = 0; i < n; i++) {
		const struct abi_type *t = &types[same ? 0 : i];
		const json_t *m = json_array_get(v, i);

		if (t->dynamic)
			add_u64(b, head + tail.n);
		if (abi_encode_value(t->dynamic ? &tail : b, t, m) < 0)
			return -1;
	}
	if (tail.n > 0)
		buf_add(b, tail.p, tail.n);
	return tail.over ? -1 : 0;
}

static int
abi_encode_value(struct buf *b, const struct abi_type *t, const json_t *v)
{
	size_t n = json_array_size(v);

	switch (t->base) {
	case ABI_UINT:
	case ABI_INT:
		return encode_number(b, t, v);
	case ABI_ADDRESS:
		return encode_address(b, v);
	case ABI_BOOL:
		if (!json_is_boolean(v))
			return -1;
		add_u64(b, json_is_true(v));
		return 0;
	case ABI_FIXED_BYTES:
	case ABI_BYTES:
		return encode_bytes(b, t, v);
	case ABI_STRING:
		return encode_string(b, v);
	case ABI_ARRAY:
		if (!json_is_array(v) ||
		    (t->count >= 0 && n != (size_t)t->count))
			return -1;
		if (t->count < 0)
			add_u64(b, n);
		return encode_members(b, t->of, true, v, n);
	case ABI_TUPLE:
		if (!json_is_array(v) || n != t->n)
			return -1;
		return encode_members(b, t->of, false, v, n);
	}
	return -1;
}

int
abi_encode(struct buf *b, const char *types, const json_t *args,
	   struct diags *ds)
{
	CLEANUP(abi_type_done) struct abi_type t = { 0 };
	size_t n = json_array_size(args);

	if (abi_type_parse(types, &t) < 0)
		return diag_err(ds, "E0830", "'%s' is not a list of ABI types",
				types);
	if (n != t.n)
		return diag_err(ds, "E0830", "%zu arguments for '%s'", n,
				types);
	for (size_t i = 0; i < n; i++) {
		CLEANUP(buf_done) struct buf probe = BUF_INIT(ABI_DATA_MAX);

		if (abi_encode_value(&probe, &t.of[i],
				     json_array_get(args, i)) < 0)
			return diag_err(ds, "E0830",
					"argument %zu does not fit '%s'", i + 1,
					types);
	}
	if (encode_members(b, t.of, false, args, n) < 0 || b->over)
		return diag_err(ds, "E0830", "arguments for '%s' are too long",
				types);
	return 0;
}

int
abi_encode_call(struct buf *b, const char *signature, const json_t *args,
		struct diags *ds)
{
	const char *types = strchr(signature, '(');
	uint8_t selector[4];

	if (!types || types == signature)
		return diag_err(ds, "E0830", "'%s' is not a function signature",
				signature);
	abi_selector(signature, selector);
	buf_add(b, selector, sizeof(selector));
	return abi_encode(b, types, args, ds);
}
