#include "providers/clients/cluster/pod_objects.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/addr_file.h"
#include "providers/clients/cluster/pack.h"

#define USER        65532
#define CONTENT_MAX (1000u << 10) /* of data in a ConfigMap or Secret */
#define GRACE_S     10
#define ENGINE      "engine" /* the role */

static void
add(struct pod_objects *o, enum cluster_kind kind, json_t *j)
{
	o->v = xreallocarray(o->v, o->n + 1, sizeof(*o->v));
	o->v[o->n++] = (struct pod_object){ kind, j };
}

void
pod_objects_done(struct pod_objects *o)
{
	for (size_t i = 0; i < o->n; i++)
		json_decref(o->v[i].json);
	free(o->v);
	*o = (struct pod_objects){ 0 };
}

static void
label(json_t *object, const char *key, const char *value)
{
	json_t *meta = json_object_get(object, "metadata");

	json_object_set_new(json_object_get(meta, "labels"), key,
			    json_string(value));
}

/* --- what is mounted ------------------------------------------------------ */

/* Data of an object, and where it is mounted. */
struct content {
	json_t *data;  /* {KEY: base64} */
	json_t *items; /* [{key, path}] */
	size_t bytes;
};

static void
content_init(struct content *c)
{
	*c = (struct content){ json_object(), json_array(), 0 };
}

static void
content_done(struct content *c)
{
	json_decref(c->data);
	json_decref(c->items);
}

/* A key has no slash. */
static char *
key_of(const char *path)
{
	char *key = xstrdup(path);

	for (char *c = key; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '.' && *c != '-')
			*c = '_';
	return key;
}

static void
content_put(struct content *c, const char *key, const char *path, const void *p,
	    size_t n)
{
	CLEANUP(freep) char *text = base64_text(p, n);

	json_object_set_new(c->data, key, json_string(text));
	json_array_append_new(
		c->items, json_pack("{s:s, s:s}", "key", key, "path", path));
	c->bytes += strlen(text);
}

static void
content_add(struct content *c, const char *path, const void *p, size_t n)
{
	CLEANUP(freep) char *key = key_of(path);

	content_put(c, key, path, p, n);
}

static int
content_add_file(struct content *c, const struct pod_file *f, const char *under,
		 struct diags *ds)
{
	const char *path = f->to + strlen(under) + 1;
	CLEANUP(buf_done) struct buf b = BUF_INIT(PACK_MAX);
	CLEANUP(buf_done) struct buf gz = BUF_INIT(CONTENT_MAX);
	CLEANUP(freep) char *packed = xasprintf("%s.gz", path);

	if (f->text) {
		content_add(c, path, f->text, strlen(f->text));
		return 0;
	}
	if (file_read(f->from, &b, ds))
		return -1;
	if (!f->packed) {
		content_add(c, path, buf_str(&b), b.n);
	} else if (pack_gzip(buf_str(&b), b.n, &gz) == 0) {
		content_add(c, packed, buf_str(&gz), gz.n);
	} else {
		c->bytes = CONTENT_MAX;
	}
	explicit_bzero(b.p, b.n);
	if (c->bytes < CONTENT_MAX)
		return 0;
	diag_err(ds, "E1307", "'%s' is too large for a pod's configuration",
		 f->from);
	diag_hint(ds, "a ConfigMap or Secret holds 1 MiB");
	return -1;
}

/* The object, named by what is in it. Its name is borrowed from it. */
static const char *
content_object(const struct cluster *c, const struct pod *p,
	       enum cluster_kind kind, const char *what, struct content *x,
	       struct pod_objects *out)
{
	CLEANUP(freep) char *name = NULL;
	char sum[65];
	json_t *j;

	jx_digest(x->data, sum);
	name = xasprintf("%s-%s-%.10s", p->name, what, sum);
	j = cluster_object(c, kind, name);
	label(j, CLUSTER_POD, p->name);
	json_object_set_new(j, "immutable", json_true());
	json_object_set(j, kind == CLUSTER_SECRET ? "data" : "binaryData",
			x->data);
	add(out, kind, j);
	return cluster_name(j);
}

struct mounts {
	json_t *volumes, *mounts;
};

static void
mount(struct mounts *m, const char *name, const char *path, bool readonly,
      json_t *source)
{
	json_t *v = json_pack("{s:s, s:s}", "name", name, "mountPath", path);

	if (readonly)
		json_object_set_new(v, "readOnly", json_true());
	json_array_append_new(m->mounts, v);
	if (!source)
		return;
	json_object_set_new(source, "name", json_string(name));
	json_array_append_new(m->volumes, source);
}

/* Those of the pod, and the token of the chain. */
static void
mount_secrets(const struct cluster *c, const struct pod *p, struct content *x,
	      struct pod_objects *out, struct mounts *m)
{
	json_t *from = json_pack("[{s:{s:s, s:[{s:s, s:s}]}}]", "secret",
				 "name", CLUSTER_TOKEN, "items", "key", "token",
				 "path", POD_TOKEN + strlen(POD_SECRETS "/"));

	if (json_object_size(x->data))
		json_array_append_new(
			from, json_pack("{s:{s:s, s:O}}", "secret", "name",
					content_object(c, p, CLUSTER_SECRET,
						       "secrets", x, out),
					"items", x->items));
	mount(m, "secrets", POD_SECRETS, true,
	      json_pack("{s:{s:i, s:o}}", "projected", "defaultMode", 0440,
			"sources", from));
}

static int
mount_files(const struct cluster *c, struct pod *p, bool secret,
	    struct pod_objects *out, struct mounts *m, struct diags *ds)
{
	const char *under = secret ? POD_SECRETS : POD_FILES;
	CLEANUP(content_done) struct content x;
	const char *name;

	content_init(&x);
	for (size_t i = 0; i < p->nfiles; i++)
		if (p->files[i].secret == secret &&
		    content_add_file(&x, &p->files[i], under, ds))
			return -1;
	if (secret) {
		mount_secrets(c, p, &x, out, m);
	} else if (json_object_size(x.data)) {
		name = content_object(c, p, CLUSTER_CONFIG_MAP, "files", &x,
				      out);
		mount(m, "files", POD_FILES, true,
		      json_pack("{s:{s:s, s:O}}", "configMap", "name", name,
				"items", x.items));
	}
	return 0;
}

static void
mount_defs(const struct cluster *c, struct pod *p, struct pod_objects *out,
	   struct mounts *m)
{
	CLEANUP(content_done) struct content x;
	const char *process, *name;
	json_t *def;

	content_init(&x);
	json_object_foreach(p->defs, process, def) {
		CLEANUP(freep) char *text = jx_dump(def);
		CLEANUP(freep) char *path = xasprintf("%s.json", process);
		CLEANUP(freep)
		char *key = xasprintf("%s.json", pod_host(&p->arena, process));

		addr_flatten(path);
		content_put(&x, key, path, text, strlen(text));
	}
	name = content_object(c, p, CLUSTER_CONFIG_MAP, "defs", &x, out);
	mount(m, "defs", "/opl2/defs", true,
	      json_pack("{s:{s:s, s:O}}", "configMap", "name", name, "items",
			x.items));
}

static void
mount_scratch(struct mounts *m)
{
	mount(m, "run", POD_RUN, false, json_pack("{s:{}}", "emptyDir"));
	mount(m, "tmp", "/tmp", false, json_pack("{s:{}}", "emptyDir"));
}

void
pod_contents(const json_t *spec, json_t *used)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(spec, "volumes"), i, v) {
		const json_t *from = jx_at(v, "/projected/sources"), *one;
		const char *name =
			jx_str(jx_get(v, "configMap"), "name",
			       jx_str(jx_get(v, "secret"), "secretName", NULL));
		size_t k;

		if (name)
			json_object_set_new(used, name, json_true());
		json_array_foreach(from, k, one)
			json_object_set_new(
				used,
				jx_str(jx_get(one, "secret"), "name", "?"),
				json_true());
	}
}

/* --- the StatefulSet ------------------------------------------------------ */

char *
pod_digest_key(const char *process)
{
	CLEANUP(arena_done) struct arena a;

	arena_init(&a);
	return xasprintf(POD_DIGEST "%s", pod_host(&a, process));
}

/* The supervisor of the next pod pauses them from the start. */
static void
add_paused(const struct pod *p, json_t *notes)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(8192);

	for (size_t i = 0; i < p->nmembers; i++)
		if (jx_bool(jx_get(p->records, p->members[i]), "paused", false))
			buf_addf(&b, "%s%s", b.n ? "," : "", p->members[i]);
	if (b.n)
		json_object_set_new(notes, POD_PAUSED,
				    json_string(buf_str(&b)));
}

/* Is an op-geth in it? That is the first of a sequencer's programs, so that its
 * pod, and with it its volume, is where it should be from the beginning. */
static bool
has_engine(const struct pod *p)
{
	for (size_t i = 0; i < p->nmembers; i++)
		if (!strcmp(jx_str(jx_at(jx_get(p->records, p->members[i]),
					 "/def/note"),
				   "role", ""),
			    ENGINE))
			return true;
	return false;
}

/* Of what a process was told before anything was rewritten. */
static json_t *
template_meta(const struct cluster *c, const struct pod *p)
{
	json_t *notes = json_object();
	const char *process, *role = has_engine(p) ? ENGINE : NULL;
	json_t *def;

	json_object_foreach(p->defs, process, def) {
		CLEANUP(freep) char *key = pod_digest_key(process);
		char sum[65];

		jx_digest(jx_get(jx_get(p->records, process), "def"), sum);
		json_object_set_new(notes, key, json_string(sum));
	}
	add_paused(p, notes);
	return json_pack("{s:{s:s, s:s, s:s, s:s*}, s:o}", "labels", CLUSTER_BY,
			 CLUSTER_MANAGER, CLUSTER_CHAIN, c->chain, CLUSTER_POD,
			 p->name, CLUSTER_ROLE, role, "annotations", notes);
}

static const json_t *
place_of(const struct pod *p, size_t i)
{
	return jx_get(jx_get(jx_get(p->records, p->members[i]), "def"),
		      "place");
}

double
pod_bytes(const char *quantity)
{
	static const char units[] = "kMGTPE";
	char *unit;
	double v = strtod(quantity, &unit);
	const char *at =
		*unit ? strchr(units, *unit == 'K' ? 'k' : *unit) : NULL;

	for (const char *u = units; at && u <= at; u++)
		v *= unit[1] == 'i' ? 1024 : 1000;
	return v;
}

static double
millicores_of(const char *text)
{
	char *unit;
	double v = strtod(text, &unit);

	return *unit == 'm' ? v : v * 1000;
}

/* What all of its processes need, of one resource; NULL: none says. */
static json_t *
quantity(const struct pod *p, const char *key)
{
	double sum = 0;
	bool cpu = !strcmp(key, "cpu");

	for (size_t i = 0; i < p->nmembers; i++) {
		const char *text =
			jx_str(jx_get(place_of(p, i), "resources"), key, NULL);

		if (text)
			sum += cpu ? millicores_of(text) : pod_bytes(text);
	}
	if (sum == 0)
		return NULL;
	return cpu ? jx_strf("%.0fm", sum) : jx_strf("%.0f", sum);
}

static json_t *
resources(const struct pod *p)
{
	json_t *cpu = quantity(p, "cpu"), *memory = quantity(p, "memory");
	json_t *limit = memory ? jx_share(memory) : NULL;

	return json_pack("{s:{s:o*, s:o*}, s:{s:o*}}", "requests", "cpu", cpu,
			 "memory", memory, "limits", "memory", limit);
}

/* Kubernetes kills when this is over, opl2 never does: it is above all that
 * the stop steps may take, one process after the other. */
static json_int_t
grace_s(const struct pod *p)
{
	json_int_t ms = 0;
	const char *key;
	json_t *def;

	json_object_foreach(p->defs, key, def) {
		const json_t *step;
		size_t i;

		json_array_foreach(jx_get(def, "stop"), i, step)
			ms += jx_int(jx_get(step, "rpc"), "timeout", 0) +
			      jx_int(step, "grace", 0);
	}
	return (ms + 999) / 1000 + GRACE_S;
}

static json_t *
probe(int period_s, json_int_t failures)
{
	return json_pack("{s:{s:s, s:i}, s:i, s:i, s:I}", "httpGet", "path",
			 "/ready", "port", CLUSTER_PORT, "periodSeconds",
			 period_s, "timeoutSeconds", 5, "failureThreshold",
			 failures);
}

/* what: "--pod=..." or "--volume=...". */
static json_t *
container(const struct pod *p, const char *image, const char *what,
	  struct mounts *m)
{
	json_t *j = json_pack(
		"{s:s, s:s, s:[s, s, s, s, s], s:[{s:s, s:{s:{s:s}}}], "
		"s:[{s:s, s:i}], s:o, s:o, s:o, s:O, s:{s:b, s:b, s:{s:[s]}}}",
		"name", "opl2", "image", image, "command",
		POD_BIN "/opl2-supervise", what, "--dir=" POD_RUN,
		"--listen=7300", "--token=" POD_TOKEN, "env", "name",
		"OPL2_PAUSED", "valueFrom", "fieldRef", "fieldPath",
		"metadata.annotations['" POD_PAUSED "']", "ports", "name",
		"opl2", "containerPort", CLUSTER_PORT, "resources",
		resources(p),
		/* It never gives up by this; the supervisor does. */
		"startupProbe", probe(1, 1000000), "readinessProbe",
		probe(5, 3), "volumeMounts", m->mounts, "securityContext",
		"allowPrivilegeEscalation", 0, "readOnlyRootFilesystem", 1,
		"capabilities", "drop", "ALL");

	if (p->data)
		json_array_append_new(json_object_get(j, "command"),
				      json_string("--data=" POD_DATA));
	return j;
}

json_t *
pod_settings(const struct cluster *c)
{
	const char *pull =
		jx_str(jx_get(c->config, "images"), "pull_secret", NULL);
	json_t *j = json_pack("{s:O*, s:O*}", "nodeSelector",
			      jx_get(c->config, "node_selector"), "tolerations",
			      jx_get(c->config, "tolerations"));

	if (pull)
		json_object_set_new(j, "imagePullSecrets",
				    json_pack("[{s:s}]", "name", pull));
	return j;
}

static json_t *
apart_by(const struct cluster *c, const char *topology)
{
	return json_pack("{s:i, s:{s:s, s:{s:{s:s, s:s}}}}", "weight", 100,
			 "podAffinityTerm", "topologyKey", topology,
			 "labelSelector", "matchLabels", CLUSTER_CHAIN,
			 c->chain, CLUSTER_ROLE, ENGINE);
}

/* The loss of a node, or of a zone, ends one sequencer of several, where others
 * have room. Nodes that name no zone are not compared by it. */
static json_t *
apart(const struct cluster *c)
{
	return json_pack("{s:{s:[o, o]}}", "podAntiAffinity",
			 "preferredDuringSchedulingIgnoredDuringExecution",
			 apart_by(c, "kubernetes.io/hostname"),
			 apart_by(c, "topology.kubernetes.io/zone"));
}

static json_t *
pod_spec(const struct cluster *c, const struct pod *p, const char *image,
	 const char *what, struct mounts *m)
{
	CLEANUP(put_json) json_t *settings = pod_settings(c);
	json_t *j = json_pack(
		"{s:b, s:b, s:I, s:[o], s:O, s:{s:i, s:i, s:i, s:b, s:{s:s}}}",
		"enableServiceLinks", 0, "automountServiceAccountToken", 0,
		"terminationGracePeriodSeconds", grace_s(p), "containers",
		container(p, image, what, m), "volumes", m->volumes,
		"securityContext", "runAsUser", USER, "runAsGroup", USER,
		"fsGroup", USER, "runAsNonRoot", 1, "seccompProfile", "type",
		"RuntimeDefault");

	if (has_engine(p))
		json_object_set_new(j, "affinity", apart(c));
	json_object_update(j, settings);
	return j;
}

static json_t *
claim(const struct cluster *c, const struct pod *p)
{
	const char *class = jx_str(c->config, "storage_class", NULL);
	const char *size = NULL;
	json_t *spec;

	/* It is one volume, and the largest wish counts. */
	for (size_t i = 0; i < p->nmembers; i++) {
		const char *wish = jx_str(place_of(p, i), "storage", NULL);

		if (wish && (!size || pod_bytes(wish) > pod_bytes(size)))
			size = wish;
	}
	if (!size)
		size = "10Gi";
	spec = json_pack("{s:[s], s:{s:{s:s}}}", "accessModes", "ReadWriteOnce",
			 "resources", "requests", "storage", size);
	if (class)
		json_object_set_new(spec, "storageClassName",
				    json_string(class));
	return json_pack("{s:s, s:s, s:{s:s}, s:o}", "apiVersion", "v1", "kind",
			 "PersistentVolumeClaim", "metadata", "name", "data",
			 "spec", spec);
}

static void
add_set(const struct cluster *c, const struct pod *p, const char *image,
	struct mounts *m, struct pod_objects *out)
{
	json_t *j = cluster_object(c, CLUSTER_STATEFUL_SET, p->name);
	json_t *spec = json_pack(
		"{s:i, s:s, s:s, s:{s:s}, s:{s:{s:s, s:s}}, s:{s:s, s:s}, "
		"s:{s:o, s:o}}",
		"replicas", p->up, "serviceName", p->name,
		"podManagementPolicy", "Parallel", "updateStrategy", "type",
		"OnDelete", "selector", "matchLabels", CLUSTER_CHAIN, c->chain,
		CLUSTER_POD, p->name, "persistentVolumeClaimRetentionPolicy",
		"whenDeleted", "Retain", "whenScaled", "Retain", "template",
		"metadata", template_meta(c, p), "spec",
		pod_spec(c, p, image, "--pod=/opl2/defs", m));

	label(j, CLUSTER_POD, p->name);
	if (p->data)
		json_object_set_new(spec, "volumeClaimTemplates",
				    json_pack("[o]", claim(c, p)));
	json_object_set_new(j, "spec", spec);
	add(out, CLUSTER_STATEFUL_SET, j);
}

/* --- Services and who reaches them ---------------------------------------- */

/* The engine API is for processes of the chain alone. */
static bool
is_open(const json_t *port)
{
	return strcmp(jx_str(port, "name", ""), "engine") != 0;
}

/* It has to be a label of DNS. */
char *
pod_port_name(const json_t *port)
{
	char *name = xasprintf("%.63s", jx_str(port, "name", ""));
	size_t n = strlen(name);

	for (char *x = name; *x; x++)
		*x = isalnum((unsigned char)*x) ? (char)tolower(*x) : '-';
	if (n && *name != '-' && name[n - 1] != '-' && strcmp(name, "opl2"))
		return name;
	free(name);
	return xasprintf("port-%lld", (long long)jx_int(port, "port", 0));
}

static void
add_ports(json_t *to, const json_t *list, bool all)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		CLEANUP(freep) char *name = pod_port_name(one);
		json_int_t port = jx_int(one, "port", 0);

		if (all || is_open(one))
			json_array_append_new(
				to,
				json_pack("{s:s, s:I, s:I}", "name", name,
					  "port", port, "targetPort", port));
	}
}

static void
add_service(const struct cluster *c, const struct pod *p, const char *name,
	    const char *type, json_t *ports, struct pod_objects *out)
{
	json_t *j = cluster_object(c, CLUSTER_SERVICE, name);

	label(j, CLUSTER_POD, p->name);
	json_object_set_new(j, "spec",
			    json_pack("{s:s, s:b, s:{s:s, s:s}, s:o}", "type",
				      type, "publishNotReadyAddresses", 1,
				      "selector", CLUSTER_CHAIN, c->chain,
				      CLUSTER_POD, p->name, "ports", ports));
	add(out, CLUSTER_SERVICE, j);
}

/* One inside the cluster, with all of a process's ports and the supervisor's;
 * and one for what is exposed. */
static void
add_services(const struct cluster *c, struct pod *p, size_t i,
	     struct pod_objects *out)
{
	const char *name = pod_host(&p->arena, p->members[i]);
	const char *expose = jx_str(place_of(p, i), "expose", NULL);
	const json_t *list = jx_get(jx_get(p->defs, p->members[i]), "ports");
	json_t *ports = json_pack("[{s:s, s:i, s:i}]", "name", "opl2", "port",
				  CLUSTER_PORT, "targetPort", CLUSTER_PORT);

	add_ports(ports, list, true);
	add_service(c, p, name, "ClusterIP", ports, out);
	label(out->v[out->n - 1].json, CLUSTER_PROCESS, name);
	/* One by an Ingress is reached inside the cluster (extras.h). */
	if (!expose || !strcmp(expose, "ingress"))
		return;
	ports = json_array();
	add_ports(ports, list, false);
	add_service(c, p, arena_printf(&p->arena, "%s-exposed", name),
		    !strcmp(expose, "node_port") ? "NodePort" : "LoadBalancer",
		    ports, out);
}

/* Who is not of the chain reaches open ports. The supervisor's is one of them:
 * the API server asks there, whose address is not known. */
static void
add_policy(const struct cluster *c, const struct pod *p,
	   struct pod_objects *out)
{
	json_t *j = cluster_object(c, CLUSTER_POLICY, p->name);
	json_t *open = json_pack("[{s:i}]", "port", CLUSTER_PORT);
	const char *process;
	json_t *def;

	json_object_foreach(p->defs, process, def) {
		const json_t *one;
		size_t i;

		json_array_foreach(jx_get(def, "ports"), i, one)
			if (is_open(one))
				json_array_append_new(
					open,
					json_pack("{s:I}", "port",
						  jx_int(one, "port", 0)));
	}
	label(j, CLUSTER_POD, p->name);
	json_object_set_new(
		j, "spec",
		json_pack("{s:{s:{s:s, s:s}}, s:[s], "
			  "s:[{s:[{s:{s:{s:s}}}]}, {s:o}]}",
			  "podSelector", "matchLabels", CLUSTER_CHAIN, c->chain,
			  CLUSTER_POD, p->name, "policyTypes", "Ingress",
			  "ingress", "from", "podSelector", "matchLabels",
			  CLUSTER_CHAIN, c->chain, "ports", open));
	add(out, CLUSTER_POLICY, j);
}

int
pod_objects_make(const struct cluster *c, struct pod *p, const char *image,
		 struct pod_objects *out, struct diags *ds)
{
	struct mounts m = { json_array(), json_array() };
	int rc;

	*out = (struct pod_objects){ 0 };
	/* Their names may be somebody else's: then nothing is written. */
	for (size_t i = 0; i < p->nmembers; i++)
		add_services(c, p, i, out);
	mount_defs(c, p, out, &m);
	rc = mount_files(c, p, false, out, &m, ds);
	if (rc == 0)
		rc = mount_files(c, p, true, out, &m, ds);
	if (rc == 0) {
		mount_scratch(&m);
		if (p->data)
			mount(&m, "data", POD_DATA, false, NULL);
		add_policy(c, p, out);
		add_set(c, p, image, &m, out);
	}
	json_decref(m.volumes);
	json_decref(m.mounts);
	return rc;
}

/* --- a volume alone ------------------------------------------------------- */

/* As a StatefulSet would make it, which takes one that is there. */
static void
add_claim(const struct cluster *c, const struct pod *p, struct pod_objects *out)
{
	CLEANUP(freep) char *name = pod_claim(p);
	CLEANUP(put_json) json_t *like = claim(c, p);
	json_t *j = cluster_object(c, CLUSTER_CLAIM, name);

	label(j, CLUSTER_POD, p->name);
	json_object_set(j, "spec", json_object_get(like, "spec"));
	add(out, CLUSTER_CLAIM, j);
}

void
pod_volume_make(const struct cluster *c, struct pod *p, const char *image,
		const char *name, const char *node, struct pod_objects *out)
{
	struct mounts m = { json_array(), json_array() };
	CLEANUP(freep) char *of_pod = pod_claim(p);
	json_t *j = cluster_object(c, CLUSTER_POD_OBJECT, name);
	CLEANUP(content_done) struct content none;
	json_t *spec;

	*out = (struct pod_objects){ 0 };
	add_claim(c, p, out);
	content_init(&none);
	mount_secrets(c, p, &none, out, &m);
	mount_scratch(&m);
	mount(&m, "data", POD_DATA, false,
	      json_pack("{s:{s:s}}", "persistentVolumeClaim", "claimName",
			of_pod));
	spec = pod_spec(c, p, image, "--volume=" POD_DATA, &m);
	/* It has nothing to stop. */
	json_object_set_new(spec, "terminationGracePeriodSeconds",
			    json_integer(GRACE_S));
	if (node)
		json_object_set_new(spec, "nodeName", json_string(node));
	json_object_set_new(j, "spec", spec);
	add(out, CLUSTER_POD_OBJECT, j);
	json_decref(m.volumes);
	json_decref(m.mounts);
}

/* --- the chain as a whole ------------------------------------------------- */

void
chain_objects_make(const struct cluster *c, struct pod_objects *out)
{
	json_t *budget = cluster_object(c, CLUSTER_BUDGET, c->chain);

	*out = (struct pod_objects){ 0 };
	/* A drain takes one pod after the other. */
	json_object_set_new(budget, "spec",
			    json_pack("{s:i, s:{s:{s:s}}}", "maxUnavailable", 1,
				      "selector", "matchLabels", CLUSTER_CHAIN,
				      c->chain));
	add(out, CLUSTER_BUDGET, budget);
}
