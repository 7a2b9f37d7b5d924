#ifndef OPL2_PROVIDERS_CLIENTS_RPC_RPC_H
#define OPL2_PROVIDERS_CLIENTS_RPC_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/base/u256.h"
#include "engine/diag/diag.h"

/*
 * JSON-RPC 2.0 over HTTP, as Ethereum nodes speak it.
 *
 * Each call returns an enum rpc_status, and anything but RPC_OK comes with an
 * error diagnostic, unless ds is NULL: then nothing is said, for callers to
 * whom a refusal is an answer (rpc_error() tells what it was). A URL may hold
 * a key, so nothing ever prints more of it than scheme and host.
 */
enum rpc_status {
	RPC_OK = 0,
	RPC_ERROR,       /* the node answered with an error object */
	RPC_UNREACHABLE, /* nothing was heard: conclude nothing */
	RPC_TIMEOUT,     /* the call's deadline passed */
	RPC_CANCELLED,
	RPC_BAD_REPLY /* what came is not a reply to what was asked */
};

#define RPC_URLS_MAX 4

struct rpc_options {
	/* The same node or its equals, best first; the next one is asked when
	 * one cannot be reached, and the first again a minute later. One that
	 * serves another chain than the others is passed over. NULL ends the
	 * list early. Copied. */
	const char *urls[RPC_URLS_MAX];
	uint64_t chain_id;  /* 0: any; else see rpc_check_chain */
	const char *cafile; /* copied; NULL: the system's */
	const char *cert;   /* PEM files of a client certificate; copied */
	const char *key;
	unsigned call_ms;   /* deadline of one call; 30,000 */
	unsigned tries;     /* 4; 1 for a probe that should not wait */
	unsigned batch_max; /* calls in one request; 100 */
	bool (*cancelled)(void *arg);
	/* MAY. One line, every few seconds, while a reply is waited for. */
	void (*waiting)(void *arg, const char *line);
	void *arg;
};

struct rpc_error {
	int64_t code;
	const char *message; /* never NULL after RPC_ERROR */
	const json_t *data;  /* or NULL */
};

struct rpc;
struct rpc *rpc_new(const struct rpc_options *opts); /* never NULL */
void rpc_free(struct rpc *c);
void rpc_freep(struct rpc **c); /* for CLEANUP */

/* Steals params (an array; NULL is []). *result is a new reference. */
enum rpc_status rpc_call(struct rpc *c, const char *method, json_t *params,
			 json_t **result, struct diags *ds) MUST_CHECK;

/* Of the last call that returned RPC_ERROR; valid until the next call. */
const struct rpc_error *rpc_error(const struct rpc *c);

struct rpc_item {
	const char *method;
	json_t *params; /* stolen by rpc_batch */
	json_t *result; /* new reference, or NULL when this one failed */
	json_t *error;  /* new reference: {code, message, data}, or NULL */
};
/*
 * Many calls in as few requests as the node takes: a refused batch is halved
 * and the limit remembered. RPC_OK means that every item has a result or an
 * error. The caller releases both, whatever the outcome (rpc_items_done).
 */
enum rpc_status rpc_batch(struct rpc *c, struct rpc_item *items, size_t n,
			  struct diags *ds) MUST_CHECK;
void rpc_items_done(struct rpc_item *items, size_t n);
/* The batch size the node has been seen to take. */
unsigned rpc_batch_limit(const struct rpc *c);

/* scheme://host of the URL in use; owned by the client. */
const char *rpc_name(const struct rpc *c);
/* The whole URL in use, which may hold a key; owned by the client. */
const char *rpc_url(const struct rpc *c);
/* Whether the first URL did not answer, so that another one is in use. */
bool rpc_turned(const struct rpc *c);

/* Asks for the chain id once and compares it with the expected one (E0812).
 * *out may be NULL. */
enum rpc_status rpc_check_chain(struct rpc *c, uint64_t *out,
				struct diags *ds) MUST_CHECK;

/* A call whose result is a quantity. */
enum rpc_status rpc_u64(struct rpc *c, const char *method, json_t *params,
			uint64_t *out, struct diags *ds) MUST_CHECK;
enum rpc_status rpc_u256(struct rpc *c, const char *method, json_t *params,
			 struct u256 *out, struct diags *ds) MUST_CHECK;

/* Quantities, "0x1f": -1 when it is not one or too large. */
int quantity_u64(const json_t *v, uint64_t *out);
int quantity_u256(const json_t *v, struct u256 *out);
/* New references. */
json_t *quantity_from_u64(uint64_t v);
json_t *quantity_from_u256(const struct u256 *v);
json_t *hex_json(const void *p, size_t n); /* "0x..." */
/* Bytes of "0x...": malloc'd (never NULL on success), or -1. */
int hex_bytes(const json_t *v, uint8_t **out, size_t *n);

#endif
