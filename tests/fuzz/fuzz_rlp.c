/* RLP: what is taken is canonical, so encoding it again gives the same. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/buf.h"
#include "providers/clients/keys/rlp.h"

#define DEPTH_MAX 64

static int
again(struct rlp in, struct buf *out, unsigned depth)
{
	struct rlp_item item;
	int rc;

	while ((rc = rlp_next(&in, &item)) == 1) {
		struct buf items CLEANUP(buf_done) = BUF_INIT(1u << 20);

		if (!item.list) {
			rlp_add_bytes(out, item.body.p, item.body.n);
			continue;
		}
		if (depth == DEPTH_MAX || again(item.body, &items, depth + 1))
			return -1;
		rlp_add_list(out, &items);
	}
	return rc;
}

static void
numbers(struct rlp in)
{
	struct buf out CLEANUP(buf_done) = BUF_INIT(64);
	struct rlp start = in;
	struct u256 v;
	uint64_t u;

	if (rlp_u64(&in, &u) == 0) {
		rlp_add_u64(&out, u);
		FUZZ_CHECK(out.n == start.n - in.n &&
			   !memcmp(out.p, start.p, out.n));
	}
	buf_reset(&out);
	in = start;
	if (rlp_u256(&in, &v) == 0) {
		rlp_add_u256(&out, &v);
		FUZZ_CHECK(out.n == start.n - in.n &&
			   !memcmp(out.p, start.p, out.n));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out CLEANUP(buf_done) = BUF_INIT(1u << 20);
	struct rlp in = { data, size };

	if (again(in, &out, 0) == 0)
		FUZZ_CHECK(out.n == size && !memcmp(buf_str(&out), data, size));
	numbers(in);
	return 0;
}
