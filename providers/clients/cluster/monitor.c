#include "providers/clients/cluster/monitor.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/pod_objects.h"

static const json_t *
wanted(const struct cluster *c)
{
	return jx_get(c->config, "service_monitor");
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

static json_t *
make(const struct cluster *c, struct pod *p, const char *process)
{
	const json_t *settings = wanted(c);
	const char *name = pod_host(&p->arena, process);
	json_t *j = cluster_object(c, CLUSTER_MONITOR, name);
	json_t *labels =
		json_object_get(json_object_get(j, "metadata"), "labels");
	json_t *list = json_array();

	json_object_update(labels,
			   (json_t *)(uintptr_t)jx_get(settings, "labels"));
	json_object_set_new(labels, CLUSTER_POD, json_string(p->name));
	/* One supervisor for all that share a pod. */
	if (!strcmp(process, p->members[0]))
		add_endpoint(list, settings, "opl2", "/metrics");
	add_own(list, settings, jx_get(jx_get(p->records, process), "def"));
	json_object_set_new(j, "spec",
			    json_pack("{s:{s:{s:s, s:s}}, s:o}", "selector",
				      "matchLabels", CLUSTER_CHAIN, c->chain,
				      CLUSTER_PROCESS, name, "endpoints",
				      list));
	return j;
}

int
monitor_keep(struct cluster *c, struct pod *p, const char *process,
	     json_t *record, struct diags *ds)
{
	CLEANUP(put_json) json_t *j = NULL;
	int rc;

	if (wanted(c)) {
		j = make(c, p, process);
		rc = cluster_apply(c, CLUSTER_MONITOR, j, ds);
	} else {
		rc = monitor_remove(c, process, record, ds);
	}
	if (rc == 0)
		json_object_set_new(record, "monitor",
				    json_boolean(wanted(c) != NULL));
	return rc;
}

int
monitor_remove(struct cluster *c, const char *process, const json_t *record,
	       struct diags *ds)
{
	CLEANUP(arena_done) struct arena a;

	arena_init(&a);
	return jx_bool(record, "monitor", false)
		       ? cluster_delete(c, CLUSTER_MONITOR,
					pod_host(&a, process), NULL, ds)
		       : 0;
}

void
monitor_add_drift(const struct cluster *c, const json_t *record,
		  struct buf *out)
{
	bool has = jx_bool(record, "monitor", false);

	if (wanted(c) && !has)
		buf_adds(out, "it has no ServiceMonitor\n");
	else if (!wanted(c) && has)
		buf_adds(out, "its ServiceMonitor is not wanted any more\n");
}
