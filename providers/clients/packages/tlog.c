#include "providers/clients/packages/tlog.h"

#include "engine/base/hash.h"

#define HEIGHT 8u
#define WIDTH  256u

struct tlog {
	uint64_t id, size;
	uint8_t leaf[32];
	tlog_read *read;
	void *arg;
};

static void
node_hash(const uint8_t left[32], const uint8_t right[32], uint8_t out[32])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_add(&h, "\1", 1);
	sha256_add(&h, left, 32);
	sha256_add(&h, right, 32);
	sha256_end(&h, out);
}

/* The largest power of two below n, which is at least 2. */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

/* Of the complete subtree of 2^level leaves, the index-th of its kind. */
static int
stored_hash(struct tlog *t, unsigned level, uint64_t index, uint8_t out[32])
{
	unsigned tile_level = level / HEIGHT, up = level % HEIGHT;
	uint64_t first = index << up, n = first / WIDTH;
	uint64_t all = t->size >> (tile_level * HEIGHT);
	unsigned width = n < all / WIDTH ? WIDTH : (unsigned)(all % WIDTH);
	uint8_t tile[WIDTH][32];
	uint8_t(*at)[32] = tile + first % WIDTH;

	if (t->read(t->arg, tile_level, n, width, tile))
		return -1;
	for (unsigned count = 1u << up; count > 1; count /= 2)
		for (unsigned i = 0; i < count; i += 2)
			node_hash(at[i], at[i + 1], at[i / 2]);
	memcpy(out, *at, 32);
	return 0;
}

/* Of the leaves from lo to before hi, which are a node of the tree. */
static int
range_hash(struct tlog *t, uint64_t lo, uint64_t hi, uint8_t out[32])
{
	uint64_t n = hi - lo, k;
	uint8_t left[32], right[32];
	unsigned level = 0;

	if ((n & (n - 1)) == 0) {
		while ((n >> level) > 1)
			level++;
		return stored_hash(t, level, lo >> level, out);
	}
	k = split(n);
	if (range_hash(t, lo, lo + k, left) || range_hash(t, lo + k, hi, right))
		return -1;
	node_hash(left, right, out);
	return 0;
}

/* The same, of a range with our leaf in it, made from that leaf. */
static int
path_hash(struct tlog *t, uint64_t lo, uint64_t hi, uint8_t out[32])
{
	uint64_t k;
	uint8_t left[32], right[32];
	int rc;

	if (hi - lo == 1) {
		memcpy(out, t->leaf, 32);
		return 0;
	}
	k = split(hi - lo);
	if (t->id < lo + k) {
		rc = path_hash(t, lo, lo + k, left);
		if (rc == 0)
			rc = range_hash(t, lo + k, hi, right);
	} else {
		rc = range_hash(t, lo, lo + k, left);
		if (rc == 0)
			rc = path_hash(t, lo + k, hi, right);
	}
	if (rc == 0)
		node_hash(left, right, out);
	return rc;
}

int
tlog_check(const void *record, size_t n, uint64_t id, uint64_t size,
	   const uint8_t root[32], tlog_read *read, void *arg)
{
	struct tlog t = { .id = id, .size = size, .read = read, .arg = arg };
	struct sha256 h;
	uint8_t got[32];

	if (id >= size || size > INT64_MAX)
		return 1;
	sha256_init(&h);
	sha256_add(&h, "\0", 1);
	sha256_add(&h, record, n);
	sha256_end(&h, t.leaf);
	if (path_hash(&t, 0, size, got))
		return -1;
	return memcmp(got, root, 32) != 0;
}

const char *
tlog_tile_path(struct arena *a, unsigned level, uint64_t n, unsigned width)
{
	const char *number = arena_printf(a, "%03u", (unsigned)(n % 1000));

	while (n >= 1000) {
		n /= 1000;
		number = arena_printf(a, "x%03u/%s", (unsigned)(n % 1000),
				      number);
	}
	if (width == WIDTH)
		return arena_printf(a, "tile/8/%u/%s", level, number);
	return arena_printf(a, "tile/8/%u/%s.p/%u", level, number, width);
}
