#include "providers/clients/cluster/procs.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/drift.h"
#include "providers/clients/cluster/extras.h"
#include "providers/clients/cluster/pod_image.h"
#include "providers/clients/cluster/pod_objects.h"

#define VALUES    "opl2-values" /* the Secret with values of definitions */
#define POLL_MS   300
#define GONE_MS   60000 /* longer than the pod may take to stop */
#define VALUE_MAX (64u << 10)

/* --- records -------------------------------------------------------------- */

int
procs_records(struct cluster *c, json_t **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *items = NULL;
	CLEANUP(put_json) json_t *all = json_object();
	const json_t *one;
	size_t i;

	*out = NULL;
	if (cluster_list(c, CLUSTER_CONFIG_MAP, CLUSTER_PROCESS, &items, ds))
		return -1;
	json_array_foreach(items, i, one) {
		const json_t *data = jx_get(one, "data");
		const char *text = jx_str(data, "record", "");
		json_t *record =
			jx_parse(text, strlen(text), cluster_name(one), ds);

		if (!record)
			return -1;
		json_object_set_new(all, jx_str(data, "process", "?"), record);
	}
	*out = TAKE(all);
	return 0;
}

json_t *
procs_named(const json_t *records, const json_t *names, struct diags *ds)
{
	CLEANUP(put_json) json_t *list = json_array();
	const json_t *one;
	const char *key;
	json_t *record;
	size_t i;

	if (json_array_size(names) == 0)
		json_object_foreach((json_t *)(uintptr_t)records, key, record)
			json_array_append_new(list, json_string(key));
	json_array_foreach(names, i, one) {
		if (!jx_get(records, json_string_value(one))) {
			diag_err(ds, "E0911", "there is no process '%s'",
				 json_string_value(one));
			return NULL;
		}
		json_array_append(list, (json_t *)(uintptr_t)one);
	}
	return TAKE(list);
}

static char *
record_name(const char *process)
{
	struct arena a;
	char *name;

	arena_init(&a);
	name = xasprintf("%s-record", pod_host(&a, process));
	arena_done(&a);
	return name;
}

static int
record_save(struct cluster *c, const json_t *records, const char *process,
	    struct diags *ds)
{
	CLEANUP(freep) char *name = record_name(process);
	CLEANUP(put_json)
	json_t *j = cluster_object(c, CLUSTER_CONFIG_MAP, name);
	CLEANUP(freep) char *text = jx_dump_line(jx_get(records, process));
	struct arena a;

	arena_init(&a);
	json_object_set_new(
		json_object_get(json_object_get(j, "metadata"), "labels"),
		CLUSTER_PROCESS, json_string(pod_host(&a, process)));
	arena_done(&a);
	json_object_set_new(
		j, "data",
		json_pack("{s:s, s:s}", "process", process, "record", text));
	return cluster_apply(c, CLUSTER_CONFIG_MAP, j, ds);
}

/* --- values of secrets ---------------------------------------------------- */

/* "env:NAME" as a key of a Secret, and back. */
static char *
turned(const char *key, char from, char to)
{
	char *out = xstrdup(key), *at = strchr(out, from);

	if (at)
		*at = to;
	return out;
}

static int
values_read(struct cluster *c, json_t **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = NULL;
	const char *key;
	json_t *v;

	if (cluster_get(c, CLUSTER_SECRET, VALUES, &j, ds))
		return -1;
	*out = json_object();
	json_object_foreach((json_t *)(uintptr_t)jx_get(j, "data"), key, v) {
		CLEANUP(freep) char *name = turned(key, '.', ':');
		char text[VALUE_MAX];
		long n = base64_decode(json_string_value(v), (uint8_t *)text,
				       sizeof(text) - 1);

		if (n >= 0)
			json_object_set_new(*out, name,
					    json_stringn(text, (size_t)n));
		explicit_bzero(text, sizeof(text));
	}
	return 0;
}

/* What there was, and these. */
static int
values_add(struct cluster *c, json_t *values, const json_t *more,
	   struct diags *ds)
{
	CLEANUP(put_json) json_t *j = NULL;
	json_t *data;
	const char *key;
	json_t *v;
	bool news = false;

	json_object_foreach((json_t *)(uintptr_t)more, key, v) {
		news |= !json_equal(json_object_get(values, key), v);
		json_object_set(values, key, v);
	}
	if (!news)
		return 0;
	j = cluster_object(c, CLUSTER_SECRET, VALUES);
	data = json_object();
	json_object_foreach(values, key, v) {
		CLEANUP(freep) char *name = turned(key, ':', '.');
		CLEANUP(freep)
		char *text = base64_text(json_string_value(v),
					 json_string_length(v));

		json_object_set_new(data, name, json_string(text));
	}
	json_object_set_new(j, "data", data);
	return cluster_apply(c, CLUSTER_SECRET, j, ds);
}

int
procs_give_secrets(struct cluster *c, const json_t *secrets, struct diags *ds)
{
	CLEANUP(put_json) json_t *values = NULL;

	if (json_object_size(secrets) == 0)
		return 0;
	return values_read(c, &values, ds) || values_add(c, values, secrets, ds)
		       ? -1
		       : 0;
}

/* --- pods ----------------------------------------------------------------- */

static int
pod_of(struct cluster *c, const struct pod *p, json_t **out, struct diags *ds)
{
	CLEANUP(freep) char *name = xasprintf("%s-0", p->name);

	return cluster_get(c, CLUSTER_POD_OBJECT, name, out, ds);
}

/* NULL: without a volume. */
static const char *
claim_size(const json_t *set)
{
	return json_string_value(
		jx_at(set, "/spec/volumeClaimTemplates/0/spec/resources/"
			   "requests/storage"));
}

/* Of a class that is not the one that is wished for. */
static bool
other_class(const json_t *set, const json_t *want)
{
	const char *at = "/spec/volumeClaimTemplates/0/spec";
	const char *was = jx_str(jx_at(set, at), "storageClassName", "");
	const char *is = jx_str(jx_at(want, at), "storageClassName", "");

	return strcmp(was, is) != 0;
}

/* Its volume, too. One that cannot be enlarged stays as it is. */
static int
enlarge(struct cluster *c, const struct pod *p, const char *size,
	struct diags *ds)
{
	CLEANUP(freep) char *name = pod_claim(p);
	CLEANUP(freep)
	char *path = cluster_path(c, CLUSTER_CLAIM, name,
				  "?fieldManager=" CLUSTER_MANAGER);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *status = NULL;
	CLEANUP(put_json)
	json_t *j = json_pack("{s:{s:{s:{s:s}}}}", "spec", "resources",
			      "requests", "storage", size);

	if (cluster_patch(c, path, j, &r, ds))
		return -1;
	if (r.status / 100 == 2 || r.status == 404)
		return 0;
	status = kube_api_status(&r);
	diag_warn(ds, "W1309", "the volume '%s' keeps its size: %s", name,
		  jx_str(status, "message", "the cluster refused"));
	return 0;
}

/* What an apply cannot change of a StatefulSet is changed by making it anew,
 * around its pod and its volume: it takes back fields of ours, but does not
 * remove what others added, and it refuses another volume. *tainted: the pod
 * was made by what is wrong. */
static int
clear_way(struct cluster *c, const struct pod *p, const json_t *want,
	  bool *tainted, struct diags *ds)
{
	CLEANUP(buf_done) struct buf drift = BUF_INIT(64u << 10);
	CLEANUP(put_json) json_t *set = NULL;
	CLEANUP(put_json) json_t *pod = NULL;
	const char *had, *size = claim_size(want);
	bool resized;

	if (cluster_get(c, CLUSTER_STATEFUL_SET, p->name, &set, ds))
		return -1;
	had = claim_size(set);
	resized = had && size && pod_bytes(had) != pod_bytes(size);
	drift_add_settings(set, jx_at(want, "/spec/template/spec"), &drift);
	if (drift.n)
		*tainted = true;
	buf_reset(&drift);
	drift_add(set, &drift);
	if (!set || (drift.n == 0 && !resized && !had == !size &&
		     !other_class(set, want)))
		return 0;
	if (pod_of(c, p, &pod, ds) || (resized && enlarge(c, p, size, ds)))
		return -1;
	*tainted |=
		!had != !size ||
		(strstr(buf_str(&drift), "spec.template") &&
		 !strcmp(jx_str(jx_at(pod, "/metadata/labels"),
				"controller-revision-hash", "-"),
			 jx_str(jx_get(set, "status"), "updateRevision", "")));
	return cluster_orphan(c, CLUSTER_STATEFUL_SET, p->name, ds);
}

static int
pods_own(struct cluster *c, enum cluster_kind kind, const char *pod,
	 json_t **items, struct diags *ds)
{
	CLEANUP(freep) char *label = xasprintf(CLUSTER_POD "%%3D%s", pod);

	return cluster_list(c, kind, label, items, ds);
}

static int
delete_unused(struct cluster *c, enum cluster_kind kind, const json_t *items,
	      const json_t *used, struct diags *ds)
{
	const json_t *one;
	size_t i;

	json_array_foreach(items, i, one)
		if (!jx_get(used, cluster_name(one)) &&
		    cluster_delete(c, kind, cluster_name(one), NULL, ds))
			return -1;
	return 0;
}

/* Of the pod's objects of a kind all that are not used go. */
static int
prune_kind(struct cluster *c, enum cluster_kind kind, const char *pod,
	   const json_t *used, struct diags *ds)
{
	CLEANUP(put_json) json_t *items = NULL;

	return pods_own(c, kind, pod, &items, ds) ||
			       delete_unused(c, kind, items, used, ds)
		       ? -1
		       : 0;
}

static int
apply_all(struct cluster *c, const struct pod_objects *o, struct diags *ds)
{
	for (size_t i = 0; i < o->n; i++)
		if (cluster_apply(c, o->v[i].kind, o->v[i].json, ds))
			return -1;
	return 0;
}

/* What the pod's objects say now that it should be. */
static int
pod_apply(struct cluster *c, struct pod *p, bool *tainted, struct diags *ds)
{
	CLEANUP(pod_objects_done) struct pod_objects o = { 0 };
	CLEANUP(freep) char *image = NULL;
	CLEANUP(put_json) json_t *services = NULL;
	CLEANUP(put_json) json_t *used = json_object();
	bool ignored = false;

	/* The StatefulSet is the last one. A chain of an earlier opl2 may have
	 * no token yet, without which a pod does not start. */
	if (cluster_token(c, NULL, ds) || pod_image(c, p, &image, ds) ||
	    pod_objects_make(c, p, image, &o, ds) ||
	    clear_way(c, p, o.v[o.n - 1].json, tainted ? tainted : &ignored,
		      ds) ||
	    pods_own(c, CLUSTER_SERVICE, p->name, &services, ds) ||
	    apply_all(c, &o, ds))
		return -1;
	for (size_t i = 0; i < o.n; i++)
		if (o.v[i].kind == CLUSTER_SERVICE)
			json_object_set_new(used, cluster_name(o.v[i].json),
					    json_true());
	return delete_unused(c, CLUSTER_SERVICE, services, used, ds);
}

/* What neither its StatefulSet nor its pod has any more goes. */
static int
pod_prune(struct cluster *c, const struct pod *p, struct diags *ds)
{
	CLEANUP(put_json) json_t *used = json_object();
	CLEANUP(put_json) json_t *set = NULL;
	CLEANUP(put_json) json_t *pod = NULL;

	if (cluster_get(c, CLUSTER_STATEFUL_SET, p->name, &set, ds) ||
	    pod_of(c, p, &pod, ds))
		return -1;
	pod_contents(jx_at(set, "/spec/template/spec"), used);
	pod_contents(jx_get(pod, "spec"), used);
	return prune_kind(c, CLUSTER_CONFIG_MAP, p->name, used, ds) ||
			       prune_kind(c, CLUSTER_SECRET, p->name, used, ds)
		       ? -1
		       : 0;
}

static int
tell(const struct cluster_wait *w, const char *name, const char *state,
     const char *text)
{
	return w && w->fn && w->fn(w->arg, name, state, text);
}

static int
stuck(struct cluster *c, const json_t *pod, const char *process,
      struct diags *ds)
{
	const char *node = jx_str(jx_get(pod, "spec"), "nodeName", "?");

	diag_err(ds, "E0907", "the pod '%s' of '%s' does not end",
		 cluster_name(pod), process);
	diag_hint(ds,
		  "if its node '%s' is lost it ends when the node is back. "
		  "Only when that machine is off for good: 'kubectl delete pod "
		  "-n %s %s --force'",
		  node, c->namespace, cluster_name(pod));
	return -1;
}

/* Until that very pod is gone: 0, 1: given up, -1. */
static int
wait_gone(struct cluster *c, const struct pod *p, const json_t *pod,
	  const struct cluster_wait *w, struct diags *ds)
{
	const char *uid = jx_str(jx_get(pod, "metadata"), "uid", "");
	int64_t grace = jx_int(jx_get(pod, "spec"),
			       "terminationGracePeriodSeconds", 30);
	uint64_t until = mono_ms() + (uint64_t)grace * 1000 + GONE_MS;

	if (tell(w, p->members[0], "stopping", ""))
		return 1;
	for (;;) {
		CLEANUP(put_json) json_t *now = NULL;

		if (pod_of(c, p, &now, ds))
			return -1;
		if (!now ||
		    strcmp(jx_str(jx_get(now, "metadata"), "uid", ""), uid))
			return 0;
		if (mono_ms() > until)
			return stuck(c, now, p->members[0], ds);
		if (tell(w, NULL, "", ""))
			return 1;
		poll(NULL, 0, POLL_MS);
	}
}

/* Its pod ends; one that has replicas comes back by the newest template. */
static int
replace_pod(struct cluster *c, struct pod *p, bool force,
	    const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(put_json) json_t *pod = NULL;
	int rc;

	if (pod_of(c, p, &pod, ds))
		return -1;
	if (!pod)
		return 0;
	if ((p->up || force) &&
	    cluster_delete(c, CLUSTER_POD_OBJECT, cluster_name(pod),
			   force ? "?gracePeriodSeconds=5" : NULL, ds))
		return -1;
	rc = wait_gone(c, p, pod, w, ds);
	return rc ? rc : pod_prune(c, p, ds);
}

/* Does the pod run just those processes that it should? */
static bool
runs_all(const struct pod *p, const json_t *pod)
{
	const json_t *notes = jx_at(pod, "/metadata/annotations");
	const char *process, *key;
	json_t *v;
	size_t n = 0;

	json_object_foreach((json_t *)(uintptr_t)notes, key, v)
		n += !strncmp(key, POD_DIGEST, strlen(POD_DIGEST));
	json_object_foreach(p->defs, process, v) {
		CLEANUP(freep) char *mine = pod_digest_key(process);

		if (!jx_get(notes, mine))
			return false;
	}
	return n == json_object_size(p->defs);
}

/* One in which nothing runs yet, and that was made by other definitions: it may
 * wait for what nobody wants any more. */
static bool
is_outdated(const struct pod *p, const json_t *pod)
{
	const json_t *notes = jx_at(pod, "/metadata/annotations");
	const char *process;
	json_t *v;

	if (strcmp(jx_str(jx_get(pod, "status"), "phase", ""), "Pending") != 0)
		return false;
	json_object_foreach(p->defs, process, v) {
		CLEANUP(freep) char *key = pod_digest_key(process);
		char sum[65];

		jx_digest(jx_get(jx_get(p->records, process), "def"), sum);
		if (strcmp(jx_str(notes, key, ""), sum) != 0)
			return true;
	}
	return false;
}

/* --- the chain as a whole ------------------------------------------------- */

static int
chain_apply(struct cluster *c, struct diags *ds)
{
	CLEANUP(pod_objects_done) struct pod_objects o = { 0 };

	if (cluster_check_alone(c, ds))
		return -1;
	chain_objects_make(c, &o);
	return apply_all(c, &o, ds) || cluster_token(c, NULL, ds) ? -1 : 0;
}

/* With the first process, or when somebody deleted what is of all. */
static int
chain_keep(struct cluster *c, const json_t *records, struct diags *ds)
{
	CLEANUP(put_json) json_t *there = NULL;

	if (json_object_size(records) > 1 &&
	    cluster_get(c, CLUSTER_BUDGET, c->chain, &there, ds))
		return -1;
	return there ? 0 : chain_apply(c, ds);
}

/* All of a pod goes but its claim. */
static int
pod_remove(struct cluster *c, const char *name, struct diags *ds)
{
	static const enum cluster_kind kinds[] = {
		CLUSTER_STATEFUL_SET, CLUSTER_SERVICE, CLUSTER_POLICY,
		CLUSTER_CONFIG_MAP, CLUSTER_SECRET
	};
	CLEANUP(put_json) json_t *none = json_object();

	for (size_t i = 0; i < COUNTOF(kinds); i++)
		if (prune_kind(c, kinds[i], name, none, ds))
			return -1;
	return 0;
}

static int
chain_remove(struct cluster *c, struct diags *ds)
{
	return cluster_delete(c, CLUSTER_BUDGET, c->chain, NULL, ds) ||
			       cluster_delete(c, CLUSTER_SECRET, VALUES, NULL,
					      ds) ||
			       cluster_delete(c, CLUSTER_SECRET, CLUSTER_TOKEN,
					      NULL, ds)
		       ? -1
		       : 0;
}

/* --- what is asked for ---------------------------------------------------- */

/* All that is needed for any change. */
struct change {
	json_t *records, *values;
	json_t *names; /* of change_begin_named() */
};

static int
change_begin(struct cluster *c, struct change *x, struct diags *ds)
{
	return procs_records(c, &x->records, ds) ||
			       values_read(c, &x->values, ds)
		       ? -1
		       : 0;
}

/* Of these processes, or of all. */
static int
change_begin_named(struct cluster *c, struct change *x, const json_t *names,
		   struct diags *ds)
{
	if (change_begin(c, x, ds))
		return -1;
	x->names = procs_named(x->records, names, ds);
	return x->names ? 0 : -1;
}

static void
change_done(struct change *x)
{
	json_decref(x->records);
	json_decref(x->values);
	json_decref(x->names);
}

/* Would a process be in another pod, or with others, by this definition? */
static bool
moves(json_t *records, const char *name, const json_t *def)
{
	json_t *record = json_object_get(records, name);
	CLEANUP(put_json) json_t *old = jx_share(jx_get(record, "def"));
	CLEANUP(arena_done) struct arena a;
	const char **was, **is;
	size_t nwas, nis;
	bool same;

	arena_init(&a);
	was = pod_members(records, name, &a, &nwas);
	json_object_set(record, "def", (json_t *)(uintptr_t)def);
	is = pod_members(records, name, &a, &nis);
	json_object_set(record, "def", old);
	same = nwas == nis;
	for (size_t i = 0; same && i < nis; i++)
		same = !strcmp(was[i], is[i]);
	return !same;
}

/* Out of the pod that it is in, which may run on without it: it is never in
 * two. */
static int
take_out(struct cluster *c, struct change *x, const char *name,
	 struct diags *ds)
{
	bool up = jx_bool(jx_get(x->records, name), "up", false);
	bool hold = jx_bool(jx_get(x->records, name), "hold", false);

	if (procs_remove(c, name, false, NULL, ds))
		return -1;
	json_object_set_new(x->records, name,
			    json_pack("{s:b, s:b}", "up", up, "hold", hold));
	return 0;
}

int
procs_put(struct cluster *c, const char *name, const json_t *def,
	  const json_t *secrets, struct diags *ds)
{
	CLEANUP(change_done) struct change x = { 0 };
	CLEANUP(pod_done) struct pod p = { 0 };
	bool tainted = false;

	if (change_begin(c, &x, ds) ||
	    (jx_get(x.records, name) && moves(x.records, name, def) &&
	     take_out(c, &x, name, ds)) ||
	    chain_keep(c, x.records, ds) ||
	    values_add(c, x.values, secrets, ds))
		return -1;
	if (!jx_get(x.records, name))
		json_object_set_new(x.records, name, json_object());
	json_object_set(json_object_get(x.records, name), "def",
			(json_t *)(uintptr_t)def);
	if (pod_make(&p, x.records, name, c->dir, x.values, ds) ||
	    pod_apply(c, &p, &tainted, ds) ||
	    extras_keep(c, &p, name, json_object_get(x.records, name), ds) ||
	    record_save(c, x.records, name, ds))
		return -1;
	return tainted ? replace_pod(c, &p, false, NULL, ds) : 0;
}

/* It runs by what it is put as, from now on. */
static void
set_ran(json_t *records, const char *process)
{
	json_t *record = json_object_get(records, process);

	json_object_set(record, "ran", json_object_get(record, "def"));
}

/* The pod that a process is in, as the records say that it should be. */
static int
start_one(struct cluster *c, struct change *x, const char *process,
	  const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(pod_done) struct pod p = { 0 };
	CLEANUP(put_json) json_t *pod = NULL;
	bool stays;

	if (pod_make(&p, x->records, process, c->dir, x->values, ds) ||
	    pod_of(c, &p, &pod, ds))
		return -1;
	stays = pod && runs_all(&p, pod) && !is_outdated(&p, pod);
	if (!stays)
		for (size_t i = 0; i < p.nmembers; i++)
			set_ran(x->records, p.members[i]);
	for (size_t i = 0; i < p.nmembers; i++)
		if (record_save(c, x->records, p.members[i], ds))
			return -1;
	if (pod_apply(c, &p, NULL, ds))
		return -1;
	if (!pod || stays)
		return 0;
	return replace_pod(c, &p, false, w, ds);
}

int
procs_start(struct cluster *c, const json_t *names,
	    const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(change_done) struct change x = { 0 };
	const json_t *one;
	size_t i;
	int rc = 0;

	if (change_begin_named(c, &x, names, ds))
		return -1;
	json_array_foreach(x.names, i, one) {
		json_t *record =
			json_object_get(x.records, json_string_value(one));

		json_object_set_new(record, "up", json_true());
		json_object_set_new(record, "hold", json_false());
	}
	json_array_foreach(x.names, i, one)
		if (rc == 0)
			rc = start_one(c, &x, json_string_value(one), w, ds);
	return rc;
}

static int64_t
stop_order(const json_t *records, const char *process)
{
	return jx_int(jx_get(jx_get(records, process), "def"), "stop_order", 0);
}

/* One name of each pod, those that stop first before the others. */
static const char **
by_stop_order(const json_t *records, const json_t *list, struct arena *a,
	      size_t *n)
{
	const char **v =
		arena_alloc(a, (json_array_size(list) + 1) * sizeof(*v));
	const json_t *one;
	size_t i, k;

	*n = 0;
	json_array_foreach(list, i, one) {
		const char *name = json_string_value(one);
		int64_t order = stop_order(records, name);

		for (k = *n; k > 0 && stop_order(records, v[k - 1]) > order;
		     k--)
			v[k] = v[k - 1];
		v[k] = name;
		(*n)++;
	}
	return v;
}

/* A stop needs no registry, as an apply of all that the pod is would. */
static int
scale_down(struct cluster *c, const struct pod *p, struct diags *ds)
{
	CLEANUP(freep)
	char *path = cluster_path(c, CLUSTER_STATEFUL_SET, p->name,
				  "?fieldManager=" CLUSTER_MANAGER);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json)
	json_t *j = json_pack("{s:{s:i}}", "spec", "replicas", 0);

	if (cluster_patch(c, path, j, &r, ds))
		return -1;
	return r.status / 100 == 2 || r.status == 404
		       ? 0
		       : cluster_refused(c, path, &r, ds);
}

static int
stop_one(struct cluster *c, struct change *x, const char *process, bool force,
	 const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(pod_done) struct pod p = { 0 };

	if (record_save(c, x->records, process, ds) ||
	    pod_make(&p, x->records, process, c->dir, x->values, ds) ||
	    (p.up ? pod_apply(c, &p, NULL, ds) : scale_down(c, &p, ds)))
		return -1;
	return replace_pod(c, &p, force, w, ds);
}

int
procs_stop(struct cluster *c, const json_t *names, bool hold, bool force,
	   const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(change_done) struct change x = { 0 };
	CLEANUP(arena_done) struct arena a;
	const char **v;
	size_t n, i;
	int rc = 0;

	arena_init(&a);
	if (change_begin_named(c, &x, names, ds))
		return -1;
	v = by_stop_order(x.records, x.names, &a, &n);
	for (i = 0; i < n; i++) {
		json_t *record = json_object_get(x.records, v[i]);

		json_object_set_new(record, "up", json_false());
		if (hold)
			json_object_set_new(record, "hold", json_true());
	}
	for (i = 0; i < n && rc == 0; i++)
		rc = stop_one(c, &x, v[i], force, w, ds);
	return rc;
}

int
procs_restart(struct cluster *c, const json_t *names, bool force,
	      const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(change_done) struct change x = { 0 };
	CLEANUP(put_json) json_t *done = json_object();
	CLEANUP(arena_done) struct arena a;
	const char **v;
	size_t n, i;
	int rc = 0;

	arena_init(&a);
	if (change_begin_named(c, &x, names, ds))
		return -1;
	v = by_stop_order(x.records, x.names, &a, &n);
	for (i = 0; i < n; i++)
		json_object_set_new(json_object_get(x.records, v[i]), "up",
				    json_true());
	for (i = 0; i < n && rc == 0; i++) {
		CLEANUP(pod_done) struct pod p = { 0 };

		if (pod_make(&p, x.records, v[i], c->dir, x.values, ds))
			return -1;
		if (jx_get(done, p.name))
			continue;
		json_object_set_new(done, p.name, json_true());
		for (size_t k = 0; k < p.nmembers; k++) {
			set_ran(x.records, p.members[k]);
			if (record_save(c, x.records, p.members[k], ds))
				return -1;
		}
		rc = pod_apply(c, &p, NULL, ds)
			     ? -1
			     : replace_pod(c, &p, force, w, ds);
	}
	return rc;
}

int
procs_pause(struct cluster *c, const char *name, bool on, struct diags *ds)
{
	CLEANUP(change_done) struct change x = { 0 };
	CLEANUP(pod_done) struct pod p = { 0 };

	if (change_begin(c, &x, ds))
		return -1;
	if (!jx_at(jx_get(x.records, name), "/def/pause"))
		return diag_err(ds, "E0936", "'%s' cannot be paused", name);
	json_object_set_new(json_object_get(x.records, name), "paused",
			    json_boolean(on));
	return pod_make(&p, x.records, name, c->dir, x.values, ds) ||
			       pod_apply(c, &p, NULL, ds) ||
			       record_save(c, x.records, name, ds)
		       ? -1
		       : 0;
}

int
procs_remove(struct cluster *c, const char *name, bool force,
	     const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(change_done) struct change x = { 0 };
	CLEANUP(pod_done) struct pod was = { 0 };
	CLEANUP(pod_done) struct pod p = { 0 };
	CLEANUP(freep) char *record = record_name(name);
	const char *other = NULL;
	int rc;

	if (change_begin(c, &x, ds))
		return -1;
	if (!jx_get(x.records, name))
		return 0;
	json_object_set_new(json_object_get(x.records, name), "up",
			    json_false());
	rc = stop_one(c, &x, name, force, w, ds);
	if (rc)
		return rc;
	if (pod_make(&was, x.records, name, c->dir, x.values, ds))
		return -1;
	if (extras_remove(c, name, jx_get(x.records, name), ds))
		return -1;
	for (size_t i = 0; i < was.nmembers; i++)
		if (strcmp(was.members[i], name))
			other = was.members[i];
	/* The others' pod may get another name without this one. */
	json_object_del(x.records, name);
	if (other && (pod_make(&p, x.records, other, c->dir, x.values, ds) ||
		      pod_apply(c, &p, NULL, ds)))
		return -1;
	if ((!other || strcmp(p.name, was.name)) && pod_remove(c, was.name, ds))
		return -1;
	if (cluster_delete(c, CLUSTER_CONFIG_MAP, record, NULL, ds))
		return -1;
	return json_object_size(x.records) == 0 ? chain_remove(c, ds) : 0;
}
