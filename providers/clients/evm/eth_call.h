#ifndef OPL2_PROVIDERS_CLIENTS_EVM_ETH_CALL_H
#define OPL2_PROVIDERS_CLIENTS_EVM_ETH_CALL_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/rpc/rpc.h"

/*
 * Asks a contract a question. view is "f(T,...)(R,...)"; args is an array (or
 * NULL for none) and is stolen. RPC_OK with *values NULL: it reverts, or there
 * is no such contract or function, which is an answer too. Else *values is a
 * new array, as abi.h has values.
 */
enum rpc_status view_call(struct rpc *rpc, const char *to, const char *view,
			  json_t *args, json_t **values,
			  struct diags *ds) MUST_CHECK;
/* Where the result's types begin in a view. Borrowed. */
const char *view_result(const char *view);
/* A single number. RPC_BAD_REPLY with E0831 when the contract gives none, or
 * one that does not fit. */
enum rpc_status view_u64(struct rpc *rpc, const char *to, const char *view,
			 json_t *args, uint64_t *out,
			 struct diags *ds) MUST_CHECK;

/* The i-th of values, which view_call or abi_decode gave. */
uint64_t value_u64(const json_t *values, size_t i); /* UINT64_MAX: too large */
const char *value_text(const json_t *values, size_t i); /* "": none */
/* 32 bytes; false when there are not. */
bool value_word(const json_t *values, size_t i, uint8_t out[32]);

/* Whether the last call, which ended with RPC_ERROR, did because the contract
 * reverted; *reason (may be NULL) is why, malloc'd. */
bool rpc_reverted(const struct rpc *rpc, char **reason);

#endif
