#include "providers/clients/keys/rlp.h"

/* Big-endian without leading zeros; returns the number of bytes. */
static size_t
be_min(uint64_t v, uint8_t out[8])
{
	size_t n = 0;

	for (int shift = 56; shift >= 0; shift -= 8) {
		uint8_t c = (uint8_t)(v >> shift);

		if (n > 0 || c)
			out[n++] = c;
	}
	return n;
}

static void
add_head(struct buf *b, uint8_t base, size_t n)
{
	uint8_t len[8];
	size_t k;

	if (n < 56) {
		buf_addch(b, (char)(base + n));
		return;
	}
	k = be_min(n, len);
	buf_addch(b, (char)(base + 55 + k));
	buf_add(b, len, k);
}

void
rlp_add_bytes(struct buf *b, const void *p, size_t n)
{
	const uint8_t *s = p;

	if (n != 1 || s[0] >= 0x80)
		add_head(b, 0x80, n);
	if (n > 0)
		buf_add(b, p, n);
}

void
rlp_add_u64(struct buf *b, uint64_t v)
{
	uint8_t be[8];
	size_t n = be_min(v, be);

	rlp_add_bytes(b, be, n);
}

void
rlp_add_u256(struct buf *b, const struct u256 *v)
{
	uint8_t be[32];
	size_t zeros = 0;

	u256_to_be(v, be);
	while (zeros < 32 && be[zeros] == 0)
		zeros++;
	rlp_add_bytes(b, be + zeros, 32 - zeros);
}

void
rlp_add_list(struct buf *b, const struct buf *items)
{
	add_head(b, 0xc0, items->n);
	if (items->n > 0)
		buf_add(b, items->p, items->n);
}

/* The long form's length: k bytes at p. -1 when it is not canonical. */
static int
long_length(const uint8_t *p, size_t k, size_t *out)
{
	size_t n = 0;

	if (p[0] == 0)
		return -1;
	for (size_t i = 0; i < k; i++) {
		if (n > SIZE_MAX >> 8)
			return -1;
		n = n << 8 | p[i];
	}
	if (n < 56)
		return -1;
	*out = n;
	return 0;
}

int
rlp_next(struct rlp *in, struct rlp_item *out)
{
	size_t head = 1, n;
	uint8_t c;

	if (in->n == 0)
		return 0;
	c = in->p[0];
	if (c < 0x80) {
		head = 0;
		n = 1;
	} else {
		n = c < 0xc0 ? c - 0x80u : c - 0xc0u;
		if (n > 55) {
			size_t k = n - 55;

			if (in->n < 1 + k || long_length(in->p + 1, k, &n) < 0)
				return -1;
			head = 1 + k;
		}
	}
	if (in->n - head < n)
		return -1;
	if (c == 0x81 && in->p[1] < 0x80)
		return -1;
	out->list = c >= 0xc0;
	out->body.p = in->p + head;
	out->body.n = n;
	in->p += head + n;
	in->n -= head + n;
	return 1;
}

static int
rlp_take(struct rlp *in, bool list, struct rlp *out)
{
	struct rlp rest = *in;
	struct rlp_item item;

	if (rlp_next(&rest, &item) != 1 || item.list != list)
		return -1;
	*in = rest;
	*out = item.body;
	return 0;
}

int
rlp_list(struct rlp *in, struct rlp *out)
{
	return rlp_take(in, true, out);
}

int
rlp_bytes(struct rlp *in, struct rlp *out)
{
	return rlp_take(in, false, out);
}

int
rlp_u256(struct rlp *in, struct u256 *out)
{
	struct rlp body;

	if (rlp_bytes(in, &body) < 0 || body.n > 32 ||
	    (body.n > 0 && body.p[0] == 0))
		return -1;
	u256_from_be(body.p, body.n, out);
	return 0;
}

int
rlp_u64(struct rlp *in, uint64_t *out)
{
	struct u256 v;

	return rlp_u256(in, &v) == 0 && u256_fits_u64(&v, out) ? 0 : -1;
}
