#ifndef OPL2_PROVIDERS_CLIENTS_KEYS_RLP_H
#define OPL2_PROVIDERS_CLIENTS_KEYS_RLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/u256.h"

/*
 * Recursive Length Prefix, Yellow Paper appendix B.
 *
 * Encoding appends to a buf; a list is made by encoding its items into a buf
 * of their own and wrapping that. Decoding walks a slice and is strict: only
 * the one canonical form of each item is taken.
 */
void rlp_add_bytes(struct buf *b, const void *p, size_t n);
void rlp_add_u64(struct buf *b, uint64_t v);
void rlp_add_u256(struct buf *b, const struct u256 *v);
void rlp_add_list(struct buf *b, const struct buf *items);

struct rlp { /* borrowed bytes that are still to be read */
	const uint8_t *p;
	size_t n;
};

struct rlp_item {
	bool list;
	struct rlp body; /* of a list: its items, to walk in turn */
};

/* Takes the next item off `in`: 1 taken, 0 at the end, -1 malformed. */
int rlp_next(struct rlp *in, struct rlp_item *out);
/* Take one item of the kind; -1 when it is absent, of another kind, or a
 * number with leading zeros or too large. */
int rlp_list(struct rlp *in, struct rlp *out);
int rlp_bytes(struct rlp *in, struct rlp *out);
int rlp_u64(struct rlp *in, uint64_t *out);
int rlp_u256(struct rlp *in, struct u256 *out);

#endif
