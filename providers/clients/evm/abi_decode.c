/* ABI decoder: every offset and length from outside is checked against the
 * bytes there are, and the number of values made is bounded by them. */
#include "engine/base/hash.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/rpc/rpc.h"

struct area { /* what offsets are counted from */
	const uint8_t *p;
	size_t n;
	size_t *budget; /* values, and bytes in them, that may still be made */
};

static json_t *decode(const struct abi_type *t, struct area a, size_t at);

static const uint8_t *
word_at(struct area a, size_t at)
{
	return at <= a.n && a.n - at >= 32 ? a.p + at : NULL;
}

/* A word that is an offset or a length within the area. */
static int
size_at(struct area a, size_t at, size_t *out)
{
	const uint8_t *w = word_at(a, at);
	struct u256 v;
	uint64_t n;

	if (!w)
		return -1;
	u256_from_be(w, 32, &v);
	if (!u256_fits_u64(&v, &n) || n > a.n)
		return -1;
	*out = (size_t)n;
	return 0;
}

static json_t *
decimal(const struct u256 *v, bool negative)
{
	char text[79];

	u256_dec(v, text);
	return jx_strf("%s%s", negative ? "-" : "", text);
}

static json_t *
decode_number(const struct abi_type *t, const uint8_t *w)
{
	bool negative = t->base == ABI_INT && w[0] & 0x80;
	size_t unused = 32 - t->size / 8;
	struct u256 v, zero = u256_from(0);

	for (size_t i = 0; i < unused; i++)
		if (w[i] != (negative ? 0xff : 0))
			return NULL;
	if (t->base == ABI_INT && unused &&
	    (w[unused] & 0x80) != (negative ? 0x80 : 0))
		return NULL;
	u256_from_be(w, 32, &v);
	if (negative)
		u256_sub(&zero, &v, &v);
	return decimal(&v, negative);
}

static json_t *
decode_word(const struct abi_type *t, const uint8_t *w)
{
	static const uint8_t zeros[32];
	char text[43];

	switch (t->base) {
	case ABI_UINT:
	case ABI_INT:
		return decode_number(t, w);
	case ABI_ADDRESS:
		if (memcmp(w, zeros, 12) != 0)
			return NULL;
		eip55(w + 12, text);
		return json_string(text);
	case ABI_BOOL:
		if (memcmp(w, zeros, 31) != 0 || w[31] > 1)
			return NULL;
		return json_boolean(w[31]);
	default: /* ABI_FIXED_BYTES */
		return hex_json(w, t->size);
	}
}

static json_t *
decode_blob(const struct abi_type *t, struct area a, size_t at)
{
	size_t n;

	/* Offsets may share data: a megabyte must not become gigabytes. */
	if (size_at(a, at, &n) < 0 || a.n - at - 32 < n || n > *a.budget)
		return NULL;
	*a.budget -= n;
	if (t->base == ABI_BYTES)
		return hex_json(a.p + at + 32, n);
	/* NULL when it is no UTF-8; what holds a NUL is no text either. */
	if (memchr(a.p + at + 32, '\0', n))
		return NULL;
	return json_stringn((const char *)a.p + at + 32, n);
}

/* n members whose heads begin at `at`; offsets count from there. */
static json_t *
decode_members(const struct abi_type *types, bool same, struct area a,
	       size_t at, size_t n)
{
	CLEANUP(put_json) json_t *out = json_array();
	struct area inner;
	size_t head = 0;

	if (at > a.n)
		return NULL;
	inner = (struct area){ a.p + at, a.n - at, a.budget };
	for (size_t i = 0; i < n; i++) {
		const struct abi_type *t = &types[same ? 0 : i];
		size_t where = head;
		json_t *v;

		if ((*a.budget)-- == 0)
			return NULL;
		if (t->dynamic && size_at(inner, head, &where) < 0)
			return NULL;
		v = decode(t, inner, where);
		if (!v)
			return NULL;
		json_array_append_new(out, v);
		head += t->head;
	}
	return TAKE(out);
}

static json_t *
decode(const struct abi_type *t, struct area a, size_t at)
{
	const uint8_t *w;
	size_t n;

	switch (t->base) {
	case ABI_BYTES:
	case ABI_STRING:
		return decode_blob(t, a, at);
	case ABI_ARRAY:
		if (t->count >= 0)
			return decode_members(t->of, true, a, at,
					      (size_t)t->count);
		if (size_at(a, at, &n) < 0)
			return NULL;
		return decode_members(t->of, true, a, at + 32, n);
	case ABI_TUPLE:
		return decode_members(t->of, false, a, at, t->n);
	default:
		w = word_at(a, at);
		return w ? decode_word(t, w) : NULL;
	}
}

json_t *
abi_decode(const char *types, const uint8_t *p, size_t n, struct diags *ds)
{
	CLEANUP(abi_type_done) struct abi_type t = { 0 };
	size_t budget = 2 * n + 64;
	struct area a = { p, n, &budget };
	json_t *out = NULL;

	if (abi_type_parse(types, &t) == 0)
		out = decode_members(t.of, false, a, 0, t.n);
	if (!out && ds)
		diag_err(ds, "E0831", "%zu bytes do not decode as '%s'", n,
			 types);
	return out;
}
