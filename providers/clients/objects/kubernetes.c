/*
 * Objects as Secrets of a namespace: "Kubernetes API Reference". An object is
 * the Secret NAME-<16 hex of the sha256 of its name>, which has that name as an
 * annotation. One of more than PART bytes is cut: its parts are Secrets of
 * their own, written before the one that names them, and the parts of what it
 * replaces go afterwards. A create is refused where there is one, an update
 * where the resourceVersion is another: these are the conditions. The object
 * "lease" is the Lease NAME, for people to see, with its text as an annotation.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/kube/kube_api.h"
#include "providers/clients/objects/objects.h"

#define PART      (900u << 10) /* a Secret has at most 1 MiB of data */
#define PARTS_MAX 128
#define LEASE     "lease" /* an object */
#define SAYS      "opl2/" /* what our annotations begin with */
#define REREADS   5
#define PAGE      500

struct cluster {
	struct objects base;
	struct kube_api *api;
	char *name, *prefix;    /* of the names there */
	char *secrets, *leases; /* paths of all of them there */
	struct server_clock clock;
};

#define SELF(o) ((struct cluster *)(o))

extern const struct objects_ops objects_kubernetes;

/* --- opening -------------------------------------------------------------- */

static struct objects *
kube_open(const json_t *config, struct diags *ds)
{
	const char *namespace = jx_str(config, "namespace", "default");
	const char *name = jx_str(config, "name", "");
	struct kube_api *api = kube_api_open(config, ds);
	struct cluster *k;

	if (!api)
		return NULL;
	k = xcalloc(1, sizeof(*k));
	k->base.ops = &objects_kubernetes;
	k->api = api;
	k->secrets = xasprintf("/api/v1/namespaces/%s/secrets", namespace);
	k->leases = xasprintf(
		"/apis/coordination.k8s.io/v1/namespaces/%s/leases", namespace);
	k->prefix = xstrdup(name);
	k->base.name = k->name =
		xasprintf("kubernetes://%s/%s", namespace, name);
	return &k->base;
}

static void
kube_close(struct objects *o)
{
	struct cluster *k = SELF(o);

	kube_api_close(k->api);
	free(k->name);
	free(k->secrets);
	free(k->leases);
	free(k->prefix);
	free(k);
}

/* --- asking --------------------------------------------------------------- */

struct ask {
	const char *method, *secret, *query, *accept;
	bool create; /* the secret, whose name is in the body */
	const json_t *body;
};

/* A Secret's name goes on after the prefix. */
static bool
is_lease(const struct cluster *k, const char *secret)
{
	return secret && strcmp(secret, k->prefix) == 0;
}

static enum object_result
send_ask(struct cluster *k, const struct ask *q, struct http_reply *r,
	 struct diags *ds)
{
	const char *all = is_lease(k, q->secret) ? k->leases : k->secrets;
	const char *one = q->create ? NULL : q->secret;
	CLEANUP(freep)
	char *path = xasprintf("%s%s%s%s", all, one ? "/" : "", one ? one : "",
			       q->query ? q->query : "");
	CLEANUP(diags_done) struct diags own;
	const struct kube_ask ask = { .method = q->method,
				      .path = path,
				      .accept = q->accept,
				      .body = q->body };
	enum http_result rc;

	diags_init(&own);
	rc = kube_api_send(k->api, &ask, r, &own);
	if (rc == HTTP_OK) {
		server_clock_set(&k->clock, r->date);
		return OBJECT_OK;
	}
	return objects_unheard(k->name, rc, &own, "the cluster", ds);
}

static enum object_result
refused(const struct cluster *k, const struct ask *q,
	const struct http_reply *r, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = kube_api_status(r);
	bool busy = r->status >= 500 || r->status == 429;
	const char *text = jx_str(j, "message", buf_str(&r->body));

	diag_err(ds,
		 busy                                   ? "E0530"
		 : r->status == 401 || r->status == 403 ? "E0531"
		 : r->status == 404                     ? "E0533"
							: "E0539",
		 "%s: %s was refused with status %ld: %.*s", k->name, q->method,
		 r->status, (int)strcspn(text, "\n"), text);
	if (busy)
		diag_hint(ds, "run the command again later");
	else
		diag_hint(ds, "the namespace must be there, and the service "
			      "account or user may get, list, create, update "
			      "and delete its Secrets and Leases");
	return busy ? OBJECT_UNREACHABLE : OBJECT_FAILED;
}

/* --- Secrets -------------------------------------------------------------- */

static char *
secret_name(const struct cluster *k, const char *object)
{
	char sum[65];

	if (strcmp(object, LEASE) == 0)
		return xstrdup(k->prefix);
	sha256_hex(object, strlen(object), sum);
	return xasprintf("%s-%.16s", k->prefix, sum);
}

static char *
part_name(const char *secret, const char *set, size_t i)
{
	return xasprintf("%s-%s-%zu", secret, set, i);
}

static json_t *
secret_json(const struct cluster *k, const char *secret, const char *role,
	    const void *p, size_t n)
{
	CLEANUP(freep) char *text = base64_text(p, n);

	return json_pack("{s:s, s:s, s:s, s:{s:s, s:{s:s, s:s, s:s}, s:{}}, "
			 "s:{s:s}}",
			 "apiVersion", "v1", "kind", "Secret", "type", "Opaque",
			 "metadata", "name", secret, "labels",
			 "app.kubernetes.io/managed-by", "opl2", "opl2/state",
			 k->prefix, "opl2/role", role, "annotations", "data",
			 "data", text);
}

static json_t *
lease_json(const struct cluster *k, const char *p, size_t n)
{
	CLEANUP(put_json) json_t *j = jx_parse(p, n, LEASE, NULL);
	CLEANUP(freep)
	char *who = jx_bool(j, "released", false)
			    ? xstrdup("")
			    : xasprintf("%s/%lld/%s", jx_str(j, "host", "?"),
					(long long)jx_int(j, "pid", 0),
					jx_str(j, "command", "?"));
	char now[32], renewed[48];

	utc_now(now, sizeof(now));
	snprintf(renewed, sizeof(renewed), "%.19s.000000Z", now);
	return json_pack("{s:s, s:s, s:{s:s, s:{s:s, s:s}, s:{s:s%}}, "
			 "s:{s:s, s:s}}",
			 "apiVersion", "coordination.k8s.io/v1", "kind",
			 "Lease", "metadata", "name", k->prefix, "labels",
			 "app.kubernetes.io/managed-by", "opl2", "opl2/state",
			 k->prefix, "annotations", SAYS "data", p, (int)n,
			 "spec", "holderIdentity", who, "renewTime", renewed);
}

static void
annotate(json_t *secret, const char *key, const char *value)
{
	json_object_set_new(json_object_get(json_object_get(secret, "metadata"),
					    "annotations"),
			    key, json_string(value));
}

static const char *
says(const json_t *secret, const char *key)
{
	return jx_str(jx_get(jx_get(secret, "metadata"), "annotations"), key,
		      "");
}

/* OBJECT_NONE without a diagnostic; *j is a new reference. */
static enum object_result
get_secret(struct cluster *k, const char *secret, json_t **j, struct diags *ds)
{
	struct ask q = { .method = "GET", .secret = secret };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	enum object_result rc = send_ask(k, &q, &r, ds);

	if (rc)
		return rc;
	if (r.status == 404)
		return OBJECT_NONE;
	if (r.status != 200)
		return refused(k, &q, &r, ds);
	*j = jx_parse(buf_str(&r.body), r.body.n, secret, ds);
	return *j ? OBJECT_OK : OBJECT_FAILED;
}

static enum object_result
delete_secret(struct cluster *k, const char *secret, struct diags *ds)
{
	struct ask q = { .method = "DELETE", .secret = secret };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	enum object_result rc = send_ask(k, &q, &r, ds);

	if (rc || r.status / 100 == 2 || r.status == 404)
		return rc;
	return refused(k, &q, &r, ds);
}

/* Of a Secret that is no more what names them. */
static void
delete_parts(struct cluster *k, const char *secret, const json_t *old)
{
	long long n = strtoll(says(old, SAYS "parts"), NULL, 10);
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	for (long long i = 0; i < n && i < PARTS_MAX; i++) {
		CLEANUP(freep)
		char *part =
			part_name(secret, says(old, SAYS "set"), (size_t)i);

		(void)delete_secret(k, part, &ignored);
	}
}

static int
add_data(const json_t *secret, struct buf *out)
{
	const char *text = jx_str(jx_get(secret, "data"), "data", "");
	char *to = buf_reserve(out, strlen(text) + 1);
	long n = to ? base64_decode(text, (uint8_t *)to, strlen(text)) : -1;

	if (n < 0)
		return -1;
	buf_filled(out, (size_t)n);
	return 0;
}

/* OBJECT_NONE: a part went while we read, for there is a newer object. */
static enum object_result
read_parts(struct cluster *k, const char *secret, const json_t *head,
	   struct buf *out, struct diags *ds)
{
	long long n = strtoll(says(head, SAYS "parts"), NULL, 10);

	for (long long i = 0; i < n && i < PARTS_MAX; i++) {
		CLEANUP(freep)
		char *part =
			part_name(secret, says(head, SAYS "set"), (size_t)i);
		CLEANUP(put_json) json_t *j = NULL;
		enum object_result rc = get_secret(k, part, &j, ds);

		if (rc)
			return rc;
		if (add_data(j, out) < 0)
			return OBJECT_FAILED;
	}
	if (is_lease(k, secret)) {
		buf_adds(out, says(head, SAYS "data"));
		return OBJECT_OK;
	}
	return add_data(head, out) < 0 ? OBJECT_FAILED : OBJECT_OK;
}

static enum object_result
damaged(const struct cluster *k, const char *name, struct diags *ds)
{
	if (!ds->nerrors)
		diag_err(ds, "E0535", "%s: the object '%s' is damaged", k->name,
			 name);
	return OBJECT_FAILED;
}

static void
set_version(struct object_version *v, const json_t *secret)
{
	snprintf(v->text, sizeof(v->text), "%s",
		 jx_str(jx_get(secret, "metadata"), "resourceVersion", ""));
}

static enum object_result
kube_get(struct objects *o, const char *name, struct object *out,
	 struct diags *ds)
{
	struct cluster *k = SELF(o);
	CLEANUP(freep) char *secret = secret_name(k, name);

	for (unsigned i = 0; i < REREADS; i++) {
		CLEANUP(put_json) json_t *head = NULL;
		enum object_result rc = get_secret(k, secret, &head, ds);

		if (rc)
			return rc;
		buf_reset(&out->data);
		rc = read_parts(k, secret, head, &out->data, ds);
		if (rc == OBJECT_NONE)
			continue;
		if (rc)
			return rc == OBJECT_FAILED ? damaged(k, name, ds) : rc;
		set_version(&out->version, head);
		out->modified = strtoll(says(head, SAYS "modified"), NULL, 10);
		out->now = server_clock_now(&k->clock);
		return OBJECT_OK;
	}
	return damaged(k, name, ds);
}

/* Creates it, or writes it over what expect says ("": whatever there is). */
static enum object_result
send_secret(struct cluster *k, json_t *j, const char *secret, bool create,
	    const char *version, struct object_version *now, struct diags *ds)
{
	struct ask q = { .method = create ? "POST" : "PUT",
			 .secret = secret,
			 .create = create,
			 .body = j };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *made = NULL;
	enum object_result rc;

	if (*version)
		json_object_set_new(json_object_get(j, "metadata"),
				    "resourceVersion", json_string(version));
	rc = send_ask(k, &q, &r, ds);
	if (rc)
		return rc;
	if (r.status == 409 || (r.status == 404 && !create))
		return OBJECT_CONFLICT;
	if (r.status / 100 != 2)
		return refused(k, &q, &r, ds);
	made = jx_parse(buf_str(&r.body), r.body.n, secret, NULL);
	if (now)
		set_version(now, made);
	return OBJECT_OK;
}

/* All but the last part, which is the head's own. */
static enum object_result
write_parts(struct cluster *k, const char *secret, const char *set,
	    const char *p, size_t n, struct diags *ds)
{
	enum object_result rc = OBJECT_OK;

	for (size_t i = 0; rc == OBJECT_OK && i < n; i++) {
		CLEANUP(freep) char *part = part_name(secret, set, i);
		CLEANUP(put_json)
		json_t *j = secret_json(k, part, "part", p + i * PART, PART);

		rc = send_secret(k, j, part, true, "", NULL, ds);
		/* A second try of ours: the name is of this write alone. */
		if (rc == OBJECT_CONFLICT)
			rc = OBJECT_OK;
	}
	return rc;
}

static enum object_result
send_head(struct cluster *k, json_t *j, const char *secret,
	  const struct object_version *expect, struct object_version *now,
	  struct diags *ds)
{
	enum object_result rc;

	if (expect)
		return send_secret(k, j, secret, !*expect->text, expect->text,
				   now, ds);
	rc = send_secret(k, j, secret, true, "", now, ds);
	return rc == OBJECT_CONFLICT
		       ? send_secret(k, j, secret, false, "", now, ds)
		       : rc;
}

/* The answer to a first try was lost, and the second found what it made? */
static bool
is_there(struct cluster *k, const char *secret, const char *set,
	 struct object_version *now)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (get_secret(k, secret, &j, &ignored) != OBJECT_OK ||
	    strcmp(says(j, SAYS "set"), set) != 0)
		return false;
	if (now)
		set_version(now, j);
	return true;
}

static enum object_result
kube_put(struct objects *o, const char *name, const void *p, size_t n,
	 const struct object_version *expect, struct object_version *now,
	 struct diags *ds)
{
	struct cluster *k = SELF(o);
	size_t parts = n ? (n - 1) / PART : 0;
	CLEANUP(freep) char *secret = secret_name(k, name);
	CLEANUP(freep) char *count = xasprintf("%zu", parts);
	CLEANUP(freep)
	char *time = xasprintf("%lld", (long long)server_clock_now(&k->clock));
	CLEANUP(put_json) json_t *head = NULL, *old = NULL;
	char set[9];
	enum object_result rc;

	random_hex(set, 4);
	if (!expect || *expect->text) {
		rc = get_secret(k, secret, &old, ds);
		if (rc && rc != OBJECT_NONE)
			return rc;
	}
	rc = write_parts(k, secret, set, p, parts, ds);
	if (rc)
		return rc;
	head = is_lease(k, secret)
		       ? lease_json(k, p, n)
		       : secret_json(k, secret, "head",
				     n ? (const char *)p + parts * PART : "",
				     n - parts * PART);
	annotate(head, SAYS "object", name);
	annotate(head, SAYS "modified", time);
	annotate(head, SAYS "parts", count);
	annotate(head, SAYS "set", set);
	rc = send_head(k, head, secret, expect, now, ds);
	if (rc == OBJECT_CONFLICT && is_there(k, secret, set, now))
		rc = OBJECT_OK;
	if (rc == OBJECT_OK && old && strcmp(says(old, SAYS "set"), set) != 0)
		delete_parts(k, secret, old);
	else if (rc == OBJECT_CONFLICT || rc == OBJECT_FAILED)
		delete_parts(k, secret, head);
	return rc;
}

static enum object_result
kube_remove(struct objects *o, const char *name, struct diags *ds)
{
	struct cluster *k = SELF(o);
	CLEANUP(freep) char *secret = secret_name(k, name);
	CLEANUP(put_json) json_t *old = NULL;
	enum object_result rc = get_secret(k, secret, &old, ds);

	if (rc)
		return rc == OBJECT_NONE ? OBJECT_OK : rc;
	rc = delete_secret(k, secret, ds);
	if (rc == OBJECT_OK)
		delete_parts(k, secret, old);
	return rc;
}

/* --- listing -------------------------------------------------------------- */

/* One page of them; *next is malloc'd, NULL at the end. */
static enum object_result
list_page(struct cluster *k, const char *from, json_t **items, char **next,
	  struct diags *ds)
{
	CLEANUP(buf_done) struct buf query = BUF_INIT(16u << 10);
	/* Without the data. */
	struct ask q = { .method = "GET",
			 .accept = "Accept: application/json;as="
				   "PartialObjectMetadataList;g=meta.k8s.io;"
				   "v=v1" };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	enum object_result rc;
	const char *more;

	buf_addf(&query,
		 "?limit=%d&labelSelector=opl2%%2Fstate%%3D%s%%2C"
		 "opl2%%2Frole%%3Dhead",
		 PAGE, k->prefix);
	if (from) {
		buf_adds(&query, "&continue=");
		buf_addurl(&query, from, strlen(from), "");
	}
	q.query = buf_str(&query);
	rc = send_ask(k, &q, &r, ds);
	if (rc)
		return rc;
	if (r.status != 200)
		return refused(k, &q, &r, ds);
	j = jx_parse(buf_str(&r.body), r.body.n, "list", ds);
	if (!j)
		return OBJECT_FAILED;
	json_array_extend(*items, json_object_get(j, "items"));
	more = jx_str(jx_get(j, "metadata"), "continue", "");
	*next = *more ? xstrdup(more) : NULL;
	return OBJECT_OK;
}

static enum object_result
kube_list(struct objects *o, struct arena *a, const char *prefix,
	  const char *after, const char ***names, size_t *n, struct diags *ds)
{
	struct cluster *k = SELF(o);
	CLEANUP(put_json) json_t *items = json_array();
	CLEANUP(freep) char *from = NULL;
	enum object_result rc;

	*n = 0;
	do {
		char *next = NULL;

		rc = list_page(k, from, &items, &next, ds);
		free(from);
		from = next;
	} while (rc == OBJECT_OK && from);
	if (rc)
		return rc;
	*names = arena_alloc(a, (json_array_size(items) + 1) * sizeof(**names));
	for (size_t i = 0; i < json_array_size(items); i++) {
		const char *name =
			says(json_array_get(items, i), SAYS "object");

		if (strncmp(name, prefix, strlen(prefix)) == 0 &&
		    (!after || strcmp(name, after) > 0))
			(*names)[(*n)++] = arena_strdup(a, name);
	}
	objects_sort(*names, *n);
	return OBJECT_OK;
}

const struct objects_ops objects_kubernetes = {
	.name = "kubernetes",
	.open = kube_open,
	.close = kube_close,
	.get = kube_get,
	.put = kube_put,
	.list = kube_list,
	.remove = kube_remove,
};
