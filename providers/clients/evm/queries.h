#ifndef OPL2_PROVIDERS_CLIENTS_EVM_QUERIES_H
#define OPL2_PROVIDERS_CLIENTS_EVM_QUERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * Questions to one endpoint, gathered and sent in one request. A question that
 * the node refuses has no answer and is no error: nodes differ in what they
 * know.
 */
struct queries {
	struct rpc *rpc; /* owned, unless lent */
	bool lent;       /* { .rpc = a client at hand, .lent = true } */
	struct rpc_item *items;
	size_t n, cap;
};

/* The RPC at `field` of the config (chain_id: that field, 0 for any), as
 * somebody asks who waits for the answer: one try of a few seconds. -1 with a
 * diagnostic when a secret is missing. */
int queries_init(struct queries *a, struct effect_ctx *ctx,
		 const struct effect_op *op, const char *field) MUST_CHECK;
void queries_done(
	struct queries *a); /* for CLEANUP; also after a failed queries_init */
/* Forgets questions and answers. */
void queries_reset(struct queries *a);

/* Each returns the number of the question. Steals params; method is kept. */
size_t queries_rpc(struct queries *a, const char *method, json_t *params);
/* eth_call of "f(T)" at the newest block. Steals args (NULL: none). */
size_t queries_view(struct queries *a, const char *to, const char *function,
		    json_t *args);
/* A block without its transactions: "latest" or by number. */
size_t queries_block(struct queries *a, const char *tag);
size_t queries_block_at(struct queries *a, uint64_t number);

/* Sends them all; with none, nothing. */
enum rpc_status queries_send(struct queries *a, struct diags *ds) MUST_CHECK;

/* Borrowed; NULL when there is no answer, or null. */
const json_t *queries_answer(const struct queries *a, size_t i);
bool queries_u64(const struct queries *a, size_t i, uint64_t *out);
bool queries_u256(const struct queries *a, size_t i, struct u256 *out);
/* What a view returned, decoded as `types` ("(uint256)"): new reference to an
 * array, or NULL. */
json_t *queries_values(const struct queries *a, size_t i, const char *types);
/* {number, time, hash} of a block; new reference, or NULL. */
json_t *queries_head(const struct queries *a, size_t i);

#endif
