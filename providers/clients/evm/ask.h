#ifndef OPL2_PROVIDERS_CLIENTS_EVM_ASK_H
#define OPL2_PROVIDERS_CLIENTS_EVM_ASK_H

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
struct ask {
	struct rpc *rpc; /* owned, unless lent */
	bool lent;       /* { .rpc = a client at hand, .lent = true } */
	struct rpc_item *items;
	size_t n, cap;
};

/* The RPC at `field` of the config (chain_id: that field, 0 for any), as
 * somebody asks who waits for the answer: one try of a few seconds. -1 with a
 * diagnostic when a secret is missing. */
int ask_init(struct ask *a, struct op_ctx *ctx, const struct op *op,
	     const char *field) MUST_CHECK;
void ask_done(struct ask *a); /* for CLEANUP; also after a failed ask_init */
/* Forgets questions and answers. */
void ask_reset(struct ask *a);

/* Each returns the number of the question. Steals params; method is kept. */
size_t ask_rpc(struct ask *a, const char *method, json_t *params);
/* eth_call of "f(T)" at the newest block. Steals args (NULL: none). */
size_t ask_view(struct ask *a, const char *to, const char *function,
		json_t *args);
/* A block without its transactions: "latest" or by number. */
size_t ask_block(struct ask *a, const char *tag);
size_t ask_block_at(struct ask *a, uint64_t number);

/* Sends them all; with none, nothing. */
enum rpc_status ask_send(struct ask *a, struct diags *ds) MUST_CHECK;

/* Borrowed; NULL when there is no answer, or null. */
const json_t *ask_answer(const struct ask *a, size_t i);
bool ask_u64(const struct ask *a, size_t i, uint64_t *out);
bool ask_u256(const struct ask *a, size_t i, struct u256 *out);
/* What a view returned, decoded as `types` ("(uint256)"): new reference to an
 * array, or NULL. */
json_t *ask_values(const struct ask *a, size_t i, const char *types);
/* {number, time, hash} of a block; new reference, or NULL. */
json_t *ask_head(const struct ask *a, size_t i);

#endif
