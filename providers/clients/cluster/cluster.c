#include "providers/clients/cluster/cluster.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/kube/kube_proxy.h"
#include "providers/runtime/place.h"

#define ORPHAN_TRIES 100
#define ORPHAN_MS    100
#define TOKEN_BYTES  32
#define METADATA                                                               \
	"Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;" \
	"v=v1"

static const struct {
	const char *api, *version, *kind, *plural;
} kinds[] = {
	[CLUSTER_CONFIG_MAP] = { "api/v1", "v1", "ConfigMap", "configmaps" },
	[CLUSTER_SECRET] = { "api/v1", "v1", "Secret", "secrets" },
	[CLUSTER_SERVICE] = { "api/v1", "v1", "Service", "services" },
	[CLUSTER_STATEFUL_SET] = { "apis/apps/v1", "apps/v1", "StatefulSet",
				   "statefulsets" },
	[CLUSTER_POD_OBJECT] = { "api/v1", "v1", "Pod", "pods" },
	[CLUSTER_CLAIM] = { "api/v1", "v1", "PersistentVolumeClaim",
			    "persistentvolumeclaims" },
	[CLUSTER_BUDGET] = { "apis/policy/v1", "policy/v1",
			     "PodDisruptionBudget", "poddisruptionbudgets" },
	[CLUSTER_POLICY] = { "apis/networking.k8s.io/v1",
			     "networking.k8s.io/v1", "NetworkPolicy",
			     "networkpolicies" },
	[CLUSTER_MONITOR] = { "apis/monitoring.coreos.com/v1",
			      "monitoring.coreos.com/v1", "ServiceMonitor",
			      "servicemonitors" },
	[CLUSTER_INGRESS] = { "apis/networking.k8s.io/v1",
			      "networking.k8s.io/v1", "Ingress", "ingresses" },
};

/* A login of kubectl's is one of a cluster here, and not of a state. */
static int
not_open(const struct cluster *c, const struct diags *why, struct diags *ds)
{
	const char *context = jx_str(c->config, "context", NULL);
	CLEANUP(buf_done) struct buf names = BUF_INIT(64u << 10);

	if (context &&
	    !kube_context_there(jx_str(c->config, "kubeconfig", NULL), context,
				&names)) {
		diag_err(ds, "E1312", "the kubeconfig has no context '%s'",
			 context);
		diag_hint(ds, "%s%s", names.n ? "it has " : "it has none",
			  buf_str(&names));
		return -1;
	}
	diag_err(ds, "E1301", "%s", why->first ? why->first->summary : "?");
	if (why->first && why->first->hint)
		diag_hint(ds, "%s", why->first->hint);
	return -1;
}

int
cluster_open(struct cluster *c, const char *state_dir, struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;

	diags_init(&own);
	*c = (struct cluster){ 0 };
	if (kube_place_read(state_dir, &c->chain, &c->config, ds))
		return -1;
	c->namespace = jx_str(c->config, "namespace", "default");
	c->dir = xstrdup(state_dir);
	c->known = json_object();
	c->api = kube_api_open(c->config, &own);
	return c->api ? 0 : not_open(c, &own, ds);
}

void
cluster_close(struct cluster *c)
{
	kube_api_close(c->api);
	json_decref(c->config);
	json_decref(c->known);
	free(c->chain);
	free(c->dir);
	*c = (struct cluster){ 0 };
}

int
cluster_reopen(struct cluster *c, struct diags *ds)
{
	CLEANUP(put_json) json_t *config = NULL;
	CLEANUP(freep) char *chain = NULL;
	CLEANUP(freep) char *dir = xstrdup(c->dir);
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	/* A chain that has just moved away is still looked after there. */
	if (kube_place_read(dir, &chain, &config, &quiet))
		return 0;
	if (json_equal(config, c->config) && !strcmp(chain, c->chain))
		return 0;
	cluster_close(c);
	return cluster_open(c, dir, ds);
}

json_t *
cluster_object(const struct cluster *c, enum cluster_kind kind,
	       const char *name)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:{s:s, s:s}}}", "apiVersion",
			 kinds[kind].version, "kind", kinds[kind].kind,
			 "metadata", "name", name, "namespace", c->namespace,
			 "labels", CLUSTER_BY, CLUSTER_MANAGER, CLUSTER_CHAIN,
			 c->chain);
}

const char *
cluster_name(const json_t *object)
{
	return jx_str(jx_get(object, "metadata"), "name", "");
}

int
cluster_ask(struct cluster *c, const char *path, struct kube_ask *q,
	    struct http_reply *r, struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;
	enum http_result rc;

	diags_init(&own);
	q->path = path;
	rc = kube_api_send(c->api, q, r, &own);
	if (rc == HTTP_OK)
		return 0;
	diag_err(ds, "E1301", "the cluster does not answer: %s",
		 own.first ? own.first->summary : "");
	diag_hint(ds,
		  "nothing is assumed to be gone; rerun the command when "
		  "'kubectl get pods -n %s' works",
		  c->namespace);
	return -1;
}

char *
cluster_path(const struct cluster *c, enum cluster_kind kind, const char *name,
	     const char *query)
{
	return xasprintf("/%s/namespaces/%s/%s%s%s%s", kinds[kind].api,
			 c->namespace, kinds[kind].plural, name ? "/" : "",
			 name ? name : "", query ? query : "");
}

/* The fields that the server found wrong, or that others hold. */
static void
add_causes(const json_t *status, struct diags *ds)
{
	const json_t *causes = jx_get(jx_get(status, "details"), "causes");
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	const json_t *one;
	size_t i;

	json_array_foreach(causes, i, one)
		buf_addf(&b, "%s: %s\n", jx_str(one, "field", "?"),
			 jx_str(one, "message", ""));
	if (b.n)
		diag_detail(ds, buf_str(&b));
}

int
cluster_refused(const struct cluster *c, const char *what,
		const struct http_reply *r, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = kube_api_status(r);
	const char *text = jx_str(j, "message", buf_str(&r->body));
	bool busy = r->status >= 500 || r->status == 429;
	/* The words of RBAC; a quota or a policy is a 403, too. */
	bool denied = r->status == 403 && strstr(text, " cannot ");

	diag_err(ds,
		 busy                         ? "E1301"
		 : r->status == 401 || denied ? "E1302"
					      : "E1304",
		 "the cluster refused %s with status %ld: %.*s", what,
		 r->status, (int)strcspn(text, "\n"), text);
	add_causes(j, ds);
	if (r->status == 401)
		diag_hint(ds,
			  "log in to the cluster again: 'kubectl get pods "
			  "-n %s' uses the same login",
			  c->namespace);
	else if (denied)
		diag_hint(ds, "'opl2 schema -rbac' prints the Role that is "
			      "needed");
	/* It answers so for a group of the API that it does not have. */
	else if (r->status == 404 && !j)
		diag_hint(ds, "it has no such kind of objects: install what "
			      "has it, or leave it out of the spec");
	else if (r->status == 404)
		diag_hint(ds,
			  "the namespace '%s' must exist: 'kubectl create "
			  "namespace %s'",
			  c->namespace, c->namespace);
	return -1;
}

/* --- what is known -------------------------------------------------------- */

static json_t *
known(const struct cluster *c, enum cluster_kind kind, const char *name)
{
	CLEANUP(freep) char *key = xasprintf("%s/%s", kinds[kind].kind, name);

	return json_object_get(c->known, key);
}

/* how: NULL when it is not there. */
static void
know(struct cluster *c, enum cluster_kind kind, const char *name, json_t *how)
{
	CLEANUP(freep) char *key = xasprintf("%s/%s", kinds[kind].kind, name);

	if (how)
		json_object_set_new(c->known, key, how);
	else
		json_object_del(c->known, key);
}

static const char *
chain_of(const json_t *object)
{
	return jx_str(jx_get(jx_get(object, "metadata"), "labels"),
		      CLUSTER_CHAIN, "");
}

static void
know_ours(struct cluster *c, enum cluster_kind kind, const json_t *object)
{
	const char *name = cluster_name(object);

	if (!strcmp(chain_of(object), c->chain) && !known(c, kind, name))
		know(c, kind, name, json_true());
}

/* --- requests ------------------------------------------------------------- */

/* A GET that must succeed. *out: a new reference, or NULL for a 404 where
 * `maybe` allows it. */
static int
fetch_as(struct cluster *c, const char *path, const char *accept, bool maybe,
	 json_t **out, struct diags *ds)
{
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	struct kube_ask q = { .accept = accept };

	*out = NULL;
	if (cluster_ask(c, path, &q, &r, ds))
		return -1;
	if (maybe && r.status == 404)
		return 0;
	if (r.status != 200)
		return cluster_refused(c, path, &r, ds);
	*out = jx_parse(buf_str(&r.body), r.body.n, "the cluster's answer", ds);
	return *out ? 0 : -1;
}

static int
fetch(struct cluster *c, const char *path, bool maybe, json_t **out,
      struct diags *ds)
{
	return fetch_as(c, path, NULL, maybe, out, ds);
}

int
cluster_get(struct cluster *c, enum cluster_kind kind, const char *name,
	    json_t **out, struct diags *ds)
{
	CLEANUP(freep) char *path = cluster_path(c, kind, name, NULL);

	if (fetch(c, path, true, out, ds))
		return -1;
	if (*out)
		know_ours(c, kind, *out);
	else
		know(c, kind, name, NULL);
	return 0;
}

static char *
list_path(const struct cluster *c, enum cluster_kind kind, const char *label)
{
	CLEANUP(freep)
	char *query = xasprintf("?labelSelector=" CLUSTER_CHAIN "%%3D%s%s%s",
				c->chain, label ? "," : "", label ? label : "");

	return cluster_path(c, kind, NULL, query);
}

int
cluster_list(struct cluster *c, enum cluster_kind kind, const char *label,
	     json_t **items, struct diags *ds)
{
	CLEANUP(freep) char *path = list_path(c, kind, label);
	CLEANUP(put_json) json_t *j = NULL;
	const json_t *one;
	size_t i;

	*items = NULL;
	if (fetch(c, path, false, &j, ds))
		return -1;
	*items = jx_share(jx_get(j, "items"));
	json_array_foreach(*items, i, one)
		know_ours(c, kind, one);
	return 0;
}

int
cluster_names(struct cluster *c, enum cluster_kind kind, json_t **out,
	      struct diags *ds)
{
	CLEANUP(freep) char *path = list_path(c, kind, NULL);
	CLEANUP(put_json) json_t *j = NULL;
	const json_t *one;
	size_t i;

	*out = NULL;
	if (fetch_as(c, path, METADATA, false, &j, ds))
		return -1;
	*out = json_object();
	json_array_foreach(jx_get(j, "items"), i, one)
		json_object_set_new(*out, cluster_name(one), json_true());
	return 0;
}

int
cluster_check_alone(struct cluster *c, struct diags *ds)
{
	CLEANUP(freep)
	char *query = xasprintf("?limit=1&labelSelector=" CLUSTER_PROCESS
				"," CLUSTER_CHAIN "%%21%%3D%s",
				c->chain);
	CLEANUP(freep)
	char *path = cluster_path(c, CLUSTER_CONFIG_MAP, NULL, query);
	CLEANUP(put_json) json_t *j = NULL;
	const json_t *other;

	if (fetch(c, path, false, &j, ds))
		return -1;
	other = jx_at(j, "/items/0/metadata/labels");
	if (!other)
		return 0;
	diag_err(ds, "E1303", "the namespace '%s' has the chain '%s'",
		 c->namespace, jx_str(other, CLUSTER_CHAIN, "?"));
	diag_hint(ds, "a namespace holds one chain: name another one");
	return -1;
}

/* Is there an object of this name that another chain, or nobody of ours,
 * made? */
static int
check_owner(const struct cluster *c, enum cluster_kind kind,
	    const json_t *there, struct diags *ds)
{
	const char *name = cluster_name(there);
	const char *chain = chain_of(there);

	if (!there || !strcmp(chain, c->chain))
		return 0;
	diag_err(ds, "E1303",
		 "the %s '%s' of the namespace '%s' is not of this chain",
		 kinds[kind].kind, name, c->namespace);
	diag_hint(ds, "%s%s%s; a namespace holds one chain",
		  *chain ? "it is of the chain '" : "it was made without opl2",
		  chain, *chain ? "'" : "");
	return -1;
}

/* Was it applied as it is now? */
static bool
is_applied(const struct cluster *c, enum cluster_kind kind,
	   const json_t *object, const char *digest)
{
	const json_t *how = known(c, kind, cluster_name(object));

	if (!how || kind == CLUSTER_STATEFUL_SET)
		return false;
	return jx_bool(object, "immutable", false) ||
	       (json_is_string(how) && !strcmp(json_string_value(how), digest));
}

int
cluster_apply(struct cluster *c, enum cluster_kind kind, const json_t *object,
	      struct diags *ds)
{
	const char *name = cluster_name(object);
	CLEANUP(freep)
	char *path = cluster_path(
		c, kind, name, "?fieldManager=" CLUSTER_MANAGER "&force=true");
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(freep) char *text = jx_dump_line(object);
	CLEANUP(put_json) json_t *there = NULL;
	struct kube_ask q = { .method = "PATCH",
			      .type = "application/apply-patch+yaml",
			      .raw = text,
			      .nraw = strlen(text) };
	char digest[65];

	sha256_hex(text, strlen(text), digest);
	if (is_applied(c, kind, object, digest))
		return 0;
	if ((!known(c, kind, name) && (cluster_get(c, kind, name, &there, ds) ||
				       check_owner(c, kind, there, ds))) ||
	    cluster_ask(c, path, &q, &r, ds))
		return -1;
	if (r.status / 100 != 2)
		return cluster_refused(c, path, &r, ds);
	know(c, kind, name, json_string(digest));
	return 0;
}

int
cluster_delete(struct cluster *c, enum cluster_kind kind, const char *name,
	       const char *query, struct diags *ds)
{
	CLEANUP(freep) char *path = cluster_path(c, kind, name, query);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	struct kube_ask q = { .method = "DELETE" };

	know(c, kind, name, NULL);
	if (cluster_ask(c, path, &q, &r, ds))
		return -1;
	return r.status / 100 == 2 || r.status == 404
		       ? 0
		       : cluster_refused(c, path, &r, ds);
}

int
cluster_patch(struct cluster *c, const char *path, const json_t *patch,
	      struct http_reply *r, struct diags *ds)
{
	struct kube_ask q = { .method = "PATCH",
			      .type = "application/merge-patch+json",
			      .body = patch };

	return cluster_ask(c, path, &q, r, ds);
}

int
cluster_orphan(struct cluster *c, enum cluster_kind kind, const char *name,
	       struct diags *ds)
{
	if (cluster_delete(c, kind, name, "?propagationPolicy=Orphan", ds))
		return -1;
	for (unsigned i = 0; i < ORPHAN_TRIES; i++) {
		CLEANUP(put_json) json_t *there = NULL;

		if (cluster_get(c, kind, name, &there, ds))
			return -1;
		if (!there)
			return 0;
		poll(NULL, 0, ORPHAN_MS);
	}
	return diag_err(ds, "E1304", "the %s '%s' does not go",
			kinds[kind].kind, name);
}

/* The value of that Secret, or NULL; malloc'd. */
static char *
token_of(const json_t *secret)
{
	const char *text = jx_str(jx_get(secret, "data"), "token", "");
	uint8_t value[2 * TOKEN_BYTES + 1] = { 0 };
	long n = base64_decode(text, value, sizeof(value) - 1);

	return n > 0 ? xstrdup((char *)value) : NULL;
}

/* Of two that do it at the same time one makes it: not by an apply. */
static int
token_make(struct cluster *c, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = cluster_object(c, CLUSTER_SECRET, CLUSTER_TOKEN);
	CLEANUP(freep)
	char *path = cluster_path(c, CLUSTER_SECRET, NULL,
				  "?fieldManager=" CLUSTER_MANAGER);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	struct kube_ask q = { .method = "POST", .body = j };
	char value[2 * TOKEN_BYTES + 1];
	CLEANUP(freep) char *text = NULL;

	random_hex(value, TOKEN_BYTES);
	text = base64_text(value, strlen(value));
	json_object_set_new(j, "data", json_pack("{s:s}", "token", text));
	if (cluster_ask(c, path, &q, &r, ds))
		return -1;
	return r.status / 100 == 2 || r.status == 409
		       ? 0
		       : cluster_refused(c, path, &r, ds);
}

int
cluster_token(struct cluster *c, char **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *there = NULL;
	CLEANUP(freep) char *value = NULL;

	if (out)
		*out = NULL;
	else if (known(c, CLUSTER_SECRET, CLUSTER_TOKEN))
		return 0;
	if (cluster_get(c, CLUSTER_SECRET, CLUSTER_TOKEN, &there, ds) ||
	    (!there &&
	     (token_make(c, ds) ||
	      cluster_get(c, CLUSTER_SECRET, CLUSTER_TOKEN, &there, ds))) ||
	    check_owner(c, CLUSTER_SECRET, there, ds))
		return -1;
	value = token_of(there);
	if (!value) {
		diag_err(ds, "E1311", "the Secret '%s' has no token",
			 CLUSTER_TOKEN);
		diag_hint(ds,
			  "'kubectl delete secret -n %s %s', and the next "
			  "apply makes it",
			  c->namespace, CLUSTER_TOKEN);
		return -1;
	}
	if (out)
		*out = TAKE(value);
	return 0;
}
