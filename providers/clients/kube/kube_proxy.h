#ifndef OPL2_PROVIDERS_CLIENTS_KUBE_KUBE_PROXY_H
#define OPL2_PROVIDERS_CLIENTS_KUBE_KUBE_PROXY_H

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The API server of a cluster as kubectl reaches it: a `kubectl proxy` of our
 * own on a Unix socket in a folder that nobody else may enter. kubectl does
 * all of the login (kubeconfig, client certificates, exec plugins, renewal),
 * and we speak plain HTTP. Whoever reaches the socket is the user; it lives as
 * long as this process.
 */
struct kube_proxy;

/* config and context: of the kubeconfig; NULL for kubectl's own choice. NULL
 * with E0532: there is no kubectl, or it did not begin to serve. */
struct kube_proxy *kube_proxy_start(const char *config, const char *context,
				    struct diags *ds) MUST_CHECK;
const char *kube_proxy_socket(const struct kube_proxy *p); /* its path */
void kube_proxy_stop(struct kube_proxy *p);                /* NULL is fine */

/* Does the kubeconfig have that context? It is so when kubectl does not tell.
 * names: adds those that there are, with ", " between. */
bool kube_context_there(const char *config, const char *context,
			struct buf *names);

#endif
