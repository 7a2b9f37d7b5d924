#include "providers/clients/cluster/drift.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/cluster.h"

#define FIELD_MAX 512u

/* What the cluster itself writes into objects of ours. */
static bool
is_known(const char *manager)
{
	static const char *const own[] = { CLUSTER_MANAGER,
					   "kube-controller-manager",
					   "kube-apiserver", "kube-scheduler",
					   "cloud-controller-manager" };

	for (size_t i = 0; i < COUNTOF(own); i++)
		if (!strcmp(manager, own[i]))
			return true;
	return false;
}

/* {"f:NAME": {...}, "k:{\"name\":...}": {...}, ".": {}}: a leaf is a field. */
static void
add_fields(const json_t *fields, const char *path, const char *who,
	   struct buf *out)
{
	const char *key;
	json_t *below;
	bool leaf = true;

	json_object_foreach((json_t *)(uintptr_t)fields, key, below) {
		CLEANUP(freep) char *deeper = NULL;

		/* "." is the object itself. */
		if (strlen(key) < 2 || strlen(path) > FIELD_MAX)
			continue;
		leaf = false;
		deeper = *key == 'f' ? xasprintf("%s%s%s", path,
						 *path ? "." : "", key + 2)
				     : xasprintf("%s[%s]", path, key + 2);
		add_fields(below, deeper, who, out);
	}
	if (leaf)
		buf_addf(out, "%s set %s\n", who, path);
}

void
drift_add(const json_t *object, struct buf *out)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(jx_at(object, "/metadata/managedFields"), i, entry) {
		const char *who = jx_str(entry, "manager", "?");
		const json_t *spec = jx_at(entry, "/fieldsV1/f:spec");

		if (spec && !is_known(who) &&
		    strcmp(jx_str(entry, "subresource", ""), "status") != 0)
			add_fields(spec, "spec", who, out);
	}
}

/* Has it all that is wanted, and no more elements? */
static bool
covers(const json_t *had, const json_t *want)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_array(want)) {
		if (json_array_size(had) != json_array_size(want))
			return false;
		json_array_foreach((json_t *)(uintptr_t)want, i, v)
			if (!covers(json_array_get(had, i), v))
				return false;
		return true;
	}
	if (!json_is_object(want))
		return had && json_equal(had, want);
	json_object_foreach((json_t *)(uintptr_t)want, key, v)
		if (!covers(jx_get(had, key), v))
			return false;
	return true;
}

void
drift_add_settings(const json_t *set, const json_t *want, struct buf *out)
{
	static const char *const keys[] = { "nodeSelector", "tolerations",
					    "imagePullSecrets" };
	const json_t *spec = jx_at(set, "/spec/template/spec");

	for (size_t i = 0; set && i < COUNTOF(keys); i++) {
		const json_t *had = jx_get(spec, keys[i]);
		const json_t *is = jx_get(want, keys[i]);
		bool same = is && covers(had, is) &&
			    (!json_is_object(is) ||
			     json_object_size(is) == json_object_size(had));

		if (is ? !same : had != NULL)
			buf_addf(out,
				 "spec.template.spec.%s is not as 'runtime' "
				 "says\n",
				 keys[i]);
	}
}
