#ifndef OPL2_PROVIDERS_CLIENTS_RPC_RPC_INT_H
#define OPL2_PROVIDERS_CLIENTS_RPC_RPC_INT_H

#include "providers/clients/http/http.h"
#include "providers/clients/rpc/rpc.h"

/* Shared by the client's own files only. */

struct url {
	char *url, *name;
	bool checked; /* its chain is the right one */
};

struct rpc {
	struct http *http;
	struct url urls[RPC_URLS_MAX];
	size_t nurls, at;            /* the URL in use */
	uint64_t left_ms;            /* when the first one was left */
	uint64_t said_ms;            /* when a wait was last told, or began */
	uint64_t began_ms, ended_ms; /* the last request */
	struct http_reply *reply;    /* of the request that is out, or NULL */
	long status;                 /* HTTP's, of the last one */
	uint64_t chain_id, seen_chain_id, next_id;
	char *cafile, *cert, *key; /* or NULL */
	unsigned call_ms, tries, batch_max;
	bool (*cancelled)(void *arg);
	void (*waiting)(void *arg, const char *line);
	void *arg;
	struct rpc_error error;
	json_t *error_json; /* owns what error points into */
};

/*
 * Sends a request's body, single or batch, to the URL in use, and when nothing
 * is heard there to the next ones. again: it may be sent twice. *reply is the
 * parsed body, an object or an array; only the last failure is reported.
 */
enum rpc_status rpc_post(struct rpc *c, const char *body, bool again,
			 json_t **reply, struct diags *ds);
/* To be called some times a second while something is waited for: says so from
 * time to time. True when the caller has cancelled. arg: the client. */
bool rpc_tick(void *arg);
/* Is it "too many requests" (providers/facts/rate_limit.h)? NULL: no. */
bool rpc_is_limited(const json_t *error);
void rpc_wrong_chain(const struct rpc *c, uint64_t want, uint64_t seen,
		     struct diags *ds); /* E0812 */

#endif
