#include "providers/clients/keys/tx.h"

#include "engine/base/hash.h"
#include "providers/clients/keys/rlp.h"

#define TX_TYPE 0x02

/* The nine fields that are signed. */
static void
add_fields(struct buf *b, const struct tx *t)
{
	rlp_add_u64(b, t->chain_id);
	rlp_add_u64(b, t->nonce);
	rlp_add_u256(b, &t->priority);
	rlp_add_u256(b, &t->max_fee);
	rlp_add_u64(b, t->gas);
	rlp_add_bytes(b, t->to, t->create ? 0 : sizeof(t->to));
	rlp_add_u256(b, &t->value);
	rlp_add_bytes(b, t->data, t->data_len);
	buf_addch(b, (char)0xc0); /* access list */
}

void
tx_sign(const struct tx *t, const struct sign_key *k, struct buf *raw,
	uint8_t hash[32])
{
	struct buf fields CLEANUP(buf_done) = BUF_INIT(TX_RAW_MAX);
	struct buf unsigned_tx CLEANUP(buf_done) = BUF_INIT(TX_RAW_MAX);
	uint8_t digest[32], sig[64];
	struct u256 r, s;
	size_t at = raw->n;
	int recid;

	add_fields(&fields, t);
	buf_addch(&unsigned_tx, TX_TYPE);
	rlp_add_list(&unsigned_tx, &fields);
	keccak256(unsigned_tx.p, unsigned_tx.n, digest);
	recid = sign_hash(k, digest, sig);
	u256_from_be(sig, 32, &r);
	u256_from_be(sig + 32, 32, &s);
	rlp_add_u64(&fields, (uint64_t)recid);
	rlp_add_u256(&fields, &r);
	rlp_add_u256(&fields, &s);
	buf_addch(raw, TX_TYPE);
	rlp_add_list(raw, &fields);
	/* Data was dropped: that the caller sees, as with any buf. */
	raw->over = raw->over || fields.over || unsigned_tx.over;
	keccak256(raw->p + at, raw->n - at, hash);
}

static int
decode_fields(struct rlp *in, struct tx *t)
{
	struct rlp to, data, access;

	if (rlp_u64(in, &t->chain_id) < 0 || rlp_u64(in, &t->nonce) < 0 ||
	    rlp_u256(in, &t->priority) < 0 || rlp_u256(in, &t->max_fee) < 0 ||
	    rlp_u64(in, &t->gas) < 0 || rlp_bytes(in, &to) < 0 ||
	    rlp_u256(in, &t->value) < 0 || rlp_bytes(in, &data) < 0 ||
	    rlp_list(in, &access) < 0 || access.n != 0)
		return -1;
	if (to.n != 0 && to.n != sizeof(t->to))
		return -1;
	t->create = to.n == 0;
	if (!t->create)
		memcpy(t->to, to.p, sizeof(t->to));
	t->data = data.p;
	t->data_len = data.n;
	return 0;
}

static int
recover_from(const struct tx *t, uint64_t recid, const struct u256 *r,
	     const struct u256 *s, uint8_t from[20])
{
	struct buf fields CLEANUP(buf_done) = BUF_INIT(TX_RAW_MAX);
	struct buf unsigned_tx CLEANUP(buf_done) = BUF_INIT(TX_RAW_MAX);
	uint8_t digest[32], sig[64];

	add_fields(&fields, t);
	buf_addch(&unsigned_tx, TX_TYPE);
	rlp_add_list(&unsigned_tx, &fields);
	keccak256(unsigned_tx.p, unsigned_tx.n, digest);
	u256_to_be(r, sig);
	u256_to_be(s, sig + 32);
	return sign_recover(digest, sig, (int)recid, from);
}

/* EIP-2: not over half the order of secp256k1. Nodes refuse the other one. */
static bool
is_low(const struct u256 *s)
{
	static const uint8_t half[32] = {
		0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d,
		0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
	};
	uint8_t be[32];

	u256_to_be(s, be);
	return memcmp(be, half, sizeof(be)) <= 0;
}

int
tx_decode(const uint8_t *raw, size_t n, struct tx *out, uint8_t from[20],
	  uint8_t hash[32])
{
	struct rlp in = { raw, n }, list;
	struct tx t = { 0 };
	struct u256 r, s;
	uint64_t recid;

	if (n < 2 || n > TX_RAW_MAX || raw[0] != TX_TYPE)
		return -1;
	in.p++;
	in.n--;
	if (rlp_list(&in, &list) < 0 || in.n != 0 ||
	    decode_fields(&list, &t) < 0 || rlp_u64(&list, &recid) < 0 ||
	    recid > 1 || rlp_u256(&list, &r) < 0 || rlp_u256(&list, &s) < 0 ||
	    list.n != 0 || !is_low(&s))
		return -1;
	if (from && recover_from(&t, recid, &r, &s, from) < 0)
		return -1;
	if (hash)
		keccak256(raw, n, hash);
	*out = t;
	return 0;
}

uint64_t
tx_intrinsic_gas(const struct tx *t)
{
	uint64_t zeros = 0, others, gas, floor_gas;

	for (size_t i = 0; i < t->data_len; i++)
		zeros += t->data[i] == 0;
	others = t->data_len - zeros;
	gas = 21000 + 4 * zeros + 16 * others;
	if (t->create)
		gas += 32000 + 2 * ((t->data_len + 31) / 32);
	floor_gas = 21000 + 10 * zeros + 40 * others;
	return gas > floor_gas ? gas : floor_gas;
}

void
create_address(const uint8_t from[20], uint64_t nonce, uint8_t out[20])
{
	struct buf fields CLEANUP(buf_done) = BUF_INIT(64);
	struct buf list CLEANUP(buf_done) = BUF_INIT(64);
	uint8_t hash[32];

	rlp_add_bytes(&fields, from, 20);
	rlp_add_u64(&fields, nonce);
	rlp_add_list(&list, &fields);
	keccak256(list.p, list.n, hash);
	memcpy(out, hash + 12, 20);
}

void
create2_address(const uint8_t from[20], const uint8_t salt[32],
		const uint8_t init_hash[32], uint8_t out[20])
{
	uint8_t text[1 + 20 + 32 + 32], hash[32];

	text[0] = 0xff;
	memcpy(text + 1, from, 20);
	memcpy(text + 21, salt, 32);
	memcpy(text + 53, init_hash, 32);
	keccak256(text, sizeof(text), hash);
	memcpy(out, hash + 12, 20);
}
