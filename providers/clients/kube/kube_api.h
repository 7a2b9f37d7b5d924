#ifndef OPL2_PROVIDERS_CLIENTS_KUBE_KUBE_API_H
#define OPL2_PROVIDERS_CLIENTS_KUBE_KUBE_API_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"

/*
 * The API of a Kubernetes cluster: "Kubernetes API Reference". In a pod the
 * server and its credentials are the service account's. Elsewhere kubectl
 * knows them: one of ours is asked (kube_proxy.h), or the one whose address is
 * OPL2_KUBERNETES_PROXY.
 */
struct kube_api;

/* config: may have "kubeconfig" and "context". NULL with E0532. */
struct kube_api *kube_api_open(const json_t *config,
			       struct diags *ds) MUST_CHECK;
void kube_api_close(struct kube_api *k); /* NULL is fine */

/* In a child of fork(): connections of its own; the proxy stays the parent's.
 */
void kube_api_forked(struct kube_api *k);

struct kube_ask {
	const char *method; /* NULL: GET */
	const char *path;   /* "/api/v1/...", with its query */
	const char *type;   /* of the body; NULL: application/json */
	const char *accept; /* "Accept: ..."; NULL: application/json */
	const char *header; /* one more, or NULL */
	const json_t *body; /* or NULL */
	const void *raw;    /* instead of body */
	size_t nraw;
	unsigned total_ms; /* 60,000 */
	unsigned tries;    /* as http_req.tries; a try more does no harm */
	bool once;         /* ... but here it would */
	size_t max_body;
};
/* HTTP_OK with any status. */
enum http_result kube_api_send(struct kube_api *k, const struct kube_ask *q,
			       struct http_reply *r,
			       struct diags *ds) MUST_CHECK;
/* The message of a Status that a refusal has for a body; in the reply. */
json_t *
kube_api_status(const struct http_reply *r); /* new reference, or NULL */

#endif
