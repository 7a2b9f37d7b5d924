#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_CLUSTER_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/kube/kube_api.h"

/*
 * The namespace of a cluster that a chain's processes run in, and requests of
 * it. Objects are written by server-side apply ("Kubernetes API Reference"), as
 * the field manager "opl2": what others set stays theirs.
 */
#define CLUSTER_MANAGER "opl2"
#define CLUSTER_CHAIN   "opl2.dev/chain" /* labels */
#define CLUSTER_POD     "opl2.dev/pod"
#define CLUSTER_PROCESS "opl2.dev/process"
#define CLUSTER_ROLE    "opl2.dev/role" /* of a pod with an op-geth */
#define CLUSTER_BY      "app.kubernetes.io/managed-by"
#define CLUSTER_PORT    7300         /* of the supervisor in each pod */
#define CLUSTER_TOKEN   "opl2-token" /* the Secret of cluster_token() */

struct cluster {
	struct kube_api *api;
	json_t *config;        /* `kubernetes` of the spec's `runtime` */
	const char *namespace; /* of config */
	char *chain;           /* the chain's name */
	char *dir;             /* the absolute .opl2 */
	int64_t begun;         /* boot_ms() when the command began that asks;
				  0: not known */
	json_t *known;         /* what this process need not ask again:
				  {"KIND/NAME": digest of what it applied, or
				  true: it is this chain's} */
};

/* Of what runtime_settle() recorded. cluster_close() in any case. */
int cluster_open(struct cluster *c, const char *state_dir,
		 struct diags *ds) MUST_CHECK;
void cluster_close(struct cluster *c);
/* Opens it anew when something else is recorded by now. */
int cluster_reopen(struct cluster *c, struct diags *ds) MUST_CHECK;

/* Kinds of objects, each with its place in the API. */
enum cluster_kind {
	CLUSTER_CONFIG_MAP,
	CLUSTER_SECRET,
	CLUSTER_SERVICE,
	CLUSTER_STATEFUL_SET,
	CLUSTER_POD_OBJECT,
	CLUSTER_CLAIM,
	CLUSTER_BUDGET,
	CLUSTER_POLICY,
	CLUSTER_MONITOR, /* of the Prometheus Operator, where it is */
	CLUSTER_INGRESS,
	CLUSTER_KINDS
};
json_t *cluster_object(const struct cluster *c, enum cluster_kind kind,
		       const char *name); /* head and labels; new reference */
const char *cluster_name(const json_t *object); /* never NULL */
/* Of the API; name NULL: of all. malloc'd. */
char *cluster_path(const struct cluster *c, enum cluster_kind kind,
		   const char *name, const char *query);

/* *out: a new reference, or NULL when there is none. */
int cluster_get(struct cluster *c, enum cluster_kind kind, const char *name,
		json_t **out, struct diags *ds) MUST_CHECK;
/* The items of this chain that have the label; label NULL: all of the chain.
 * New reference. */
int cluster_list(struct cluster *c, enum cluster_kind kind, const char *label,
		 json_t **items, struct diags *ds) MUST_CHECK;
/* {NAME: true} of this chain's objects of the kind, without what is in them.
 * New reference. */
int cluster_names(struct cluster *c, enum cluster_kind kind, json_t **out,
		  struct diags *ds) MUST_CHECK;
/* E1303: the namespace has processes of another chain. */
int cluster_check_alone(struct cluster *c, struct diags *ds) MUST_CHECK;
/* Server-side apply; takes back fields of ours that another manager set. What
 * this process has applied already, or what cannot be other than it is, is not
 * sent again, but for a StatefulSet. E1303: what is there belongs to somebody
 * else. */
int cluster_apply(struct cluster *c, enum cluster_kind kind,
		  const json_t *object, struct diags *ds) MUST_CHECK;
/* query: "?..." that tells how, or NULL. One that is not there is fine. */
int cluster_delete(struct cluster *c, enum cluster_kind kind, const char *name,
		   const char *query, struct diags *ds) MUST_CHECK;
/* A merge patch (RFC 7396); the answer is the caller's to judge. */
int cluster_patch(struct cluster *c, const char *path, const json_t *patch,
		  struct http_reply *r, struct diags *ds) MUST_CHECK;
/* As cluster_delete(), once it is gone; what it had made stays. */
int cluster_orphan(struct cluster *c, enum cluster_kind kind, const char *name,
		   struct diags *ds) MUST_CHECK;

/* The chain's token: who calls a supervisor has it, in the field X-Opl2-Token
 * (the API server takes Authorization out of what it passes on). In a pod it is
 * the file POD_TOKEN (pod_def.h). It is made when there is none, and never
 * changed. malloc'd; out NULL: only made. */
int cluster_token(struct cluster *c, char **out, struct diags *ds) MUST_CHECK;

/* Any request; path is that of the API, and set into q. -1 with E1301 when
 * nothing was heard. */
int cluster_ask(struct cluster *c, const char *path, struct kube_ask *q,
		struct http_reply *r, struct diags *ds) MUST_CHECK;
/* E1301, E1302 or E1304: what the cluster answered; -1. */
int cluster_refused(const struct cluster *c, const char *what,
		    const struct http_reply *r, struct diags *ds);

#endif
