#include "providers/clients/cluster/extras.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/pod_objects.h"

struct extra {
	enum cluster_kind kind;
	const char *key; /* of `runtime`, and in the record */
	const char *name;
	bool (*wanted)(const json_t *settings, const json_t *def);
	/* Adds its spec, and what else it has. */
	void (*fill)(const struct cluster *c, struct pod *p,
		     const char *process, const json_t *settings, json_t *j);
};

static json_t *
labels_of(json_t *object)
{
	return json_object_get(json_object_get(object, "metadata"), "labels");
}

/* --- ServiceMonitor ------------------------------------------------------- */

static bool
monitor_wanted(const json_t *settings, const json_t *def UNUSED)
{
	return settings != NULL;
}

static void
add_endpoint(json_t *list, const json_t *settings, const char *port,
	     const char *path)
{
	json_array_append_new(list,
			      json_pack("{s:s, s:s, s:s}", "port", port, "path",
					path, "interval",
					jx_str(settings, "interval", "30s")));
}

/* Where its program has metrics: `urls.metrics` of its spec. */
static void
add_own(json_t *list, const json_t *settings, const json_t *def)
{
	const char *url = jx_str(jx_at(def, "/note/urls"), "metrics", "");
	const char *at = strrchr(url, ':'), *path = at ? strchr(at, '/') : NULL;
	long long port = at ? strtoll(at + 1, NULL, 10) : 0;
	const json_t *one;
	size_t i;

	json_array_foreach(jx_get(def, "ports"), i, one) {
		CLEANUP(freep) char *name = NULL;

		if (jx_int(one, "port", 0) != port)
			continue;
		name = pod_port_name(one);
		add_endpoint(list, settings, name, path ? path : "/metrics");
	}
}

static void
monitor_fill(const struct cluster *c, struct pod *p, const char *process,
	     const json_t *settings, json_t *j)
{
	json_t *list = json_array();

	json_object_update(labels_of(j),
			   (json_t *)(uintptr_t)jx_get(settings, "labels"));
	/* One supervisor for all that share a pod. */
	if (!strcmp(process, p->members[0]))
		add_endpoint(list, settings, "opl2", "/metrics");
	add_own(list, settings, jx_get(jx_get(p->records, process), "def"));
	json_object_set_new(
		j, "spec",
		json_pack("{s:{s:{s:s, s:s}}, s:o}", "selector", "matchLabels",
			  CLUSTER_CHAIN, c->chain, CLUSTER_PROCESS,
			  pod_host(&p->arena, process), "endpoints", list));
}

/* --- Ingress -------------------------------------------------------------- */

static bool
ingress_wanted(const json_t *settings UNUSED, const json_t *def)
{
	return !strcmp(jx_str(jx_get(def, "place"), "expose", ""), "ingress");
}

static void
add_rule(json_t *rules, json_t *hosts, const char *host, const char *service,
	 json_int_t port)
{
	json_array_append_new(hosts, json_string(host));
	json_array_append_new(
		rules,
		json_pack("{s:s, s:{s:[{s:s, s:s, s:{s:{s:s, s:{s:I}}}}]}}",
			  "host", host, "http", "paths", "path", "/",
			  "pathType", "Prefix", "backend", "service", "name",
			  service, "port", "number", port));
}

static void
ingress_fill(const struct cluster *c UNUSED, struct pod *p, const char *process,
	     const json_t *settings, json_t *j)
{
	const char *name = pod_host(&p->arena, process);
	const char *domain = jx_str(settings, "domain", "");
	const char *class = jx_str(settings, "class", NULL);
	const char *secret = jx_str(settings, "tls_secret", NULL);
	json_t *rules = json_array(), *hosts = json_array(), *spec;
	const json_t *one;
	size_t i;

	json_array_foreach(jx_at(jx_get(p->records, process), "/def/ports"), i,
			   one) {
		const char *port = jx_str(one, "name", "");
		bool ws = !strcmp(port, "ws");

		if (ws || !strcmp(port, "http") || !strcmp(port, "rpc"))
			add_rule(rules, hosts,
				 arena_printf(&p->arena, "%s%s.%s", name,
					      ws ? "-ws" : "", domain),
				 name, jx_int(one, "port", 0));
	}
	spec = json_pack("{s:s*, s:o}", "ingressClassName", class, "rules",
			 rules);
	if (secret)
		json_object_set_new(spec, "tls",
				    json_pack("[{s:O, s:s}]", "hosts", hosts,
					      "secretName", secret));
	json_decref(hosts);
	json_object_set_new(j, "spec", spec);
}

/* --- all of them ---------------------------------------------------------- */

static const struct extra extras[] = {
	{ CLUSTER_MONITOR, "service_monitor", "ServiceMonitor", monitor_wanted,
	  monitor_fill },
	{ CLUSTER_INGRESS, "ingress", "Ingress", ingress_wanted, ingress_fill },
};

static const json_t *
settings_of(const struct cluster *c, const struct extra *x)
{
	return jx_get(c->config, x->key);
}

/* What the record should have: "" without one. */
static void
mark_of(const struct cluster *c, const struct extra *x, const json_t *def,
	char out[65])
{
	CLEANUP(put_json) json_t *none = json_object();
	const json_t *settings = settings_of(c, x);

	*out = '\0';
	if (x->wanted(settings, def))
		jx_digest(settings ? settings : none, out);
}

static int
keep_one(struct cluster *c, const struct extra *x, struct pod *p,
	 const char *process, const json_t *record, const char *mark,
	 struct diags *ds)
{
	const json_t *settings = settings_of(c, x);
	const char *name = pod_host(&p->arena, process);
	CLEANUP(put_json) json_t *j = NULL;

	if (!*mark)
		return *jx_str(record, x->key, "")
			       ? cluster_delete(c, x->kind, name, NULL, ds)
			       : 0;
	if (!settings) {
		diag_err(ds, "E1313",
			 "'%s' is to have an %s, and 'runtime' names no domain",
			 process, x->name);
		diag_hint(ds,
			  "add '%s: { domain: rpc.example.com }' to "
			  "'kubernetes'",
			  x->key);
		return -1;
	}
	j = cluster_object(c, x->kind, name);
	json_object_set_new(labels_of(j), CLUSTER_POD, json_string(p->name));
	x->fill(c, p, process, settings, j);
	return cluster_apply(c, x->kind, j, ds);
}

int
extras_keep(struct cluster *c, struct pod *p, const char *process,
	    json_t *record, struct diags *ds)
{
	for (size_t i = 0; i < COUNTOF(extras); i++) {
		const struct extra *x = &extras[i];
		char mark[65];

		mark_of(c, x, jx_get(record, "def"), mark);
		if (keep_one(c, x, p, process, record, mark, ds))
			return -1;
		json_object_set_new(record, x->key, json_string(mark));
	}
	return 0;
}

int
extras_remove(struct cluster *c, const char *process, const json_t *record,
	      struct diags *ds)
{
	CLEANUP(arena_done) struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNTOF(extras); i++)
		if (*jx_str(record, extras[i].key, "") &&
		    cluster_delete(c, extras[i].kind, pod_host(&a, process),
				   NULL, ds))
			return -1;
	return 0;
}

void
extras_add_drift(const struct cluster *c, const json_t *record, struct buf *out)
{
	for (size_t i = 0; i < COUNTOF(extras); i++) {
		const struct extra *x = &extras[i];
		char mark[65];

		mark_of(c, x, jx_get(record, "def"), mark);
		if (strcmp(mark, jx_str(record, x->key, "")) != 0)
			buf_addf(out, "its %s is not as 'runtime' says\n",
				 x->name);
	}
}
