#include "providers/clients/cluster/pod_status.h"

#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/io/jx.h"

#define LATE_S 30 /* after its grace a pod is gone in seconds */

static void
because(json_t *out, const char *reason, const char *message, const char *since)
{
	int64_t at;

	json_object_set_new(out, "reason", json_string(reason));
	if (message && *message)
		json_object_set_new(out, "message", json_string(message));
	if (since && utc_parse(since, &at) == 0)
		json_object_set_new(out, "since", json_integer(at));
}

static const json_t *
condition(const json_t *pod, const char *type, const char *status)
{
	const json_t *one;
	size_t i;

	json_array_foreach(jx_at(pod, "/status/conditions"), i, one)
		if (!strcmp(jx_str(one, "type", ""), type) &&
		    !strcmp(jx_str(one, "status", ""), status))
			return one;
	return NULL;
}

/* Its node does not tell that it has ended. */
static bool
overdue(const char *until)
{
	int64_t at;

	return until && utc_parse(until, &at) == 0 && time(NULL) > at + LATE_S;
}

/* The cluster takes a pod for not ready whose kubelet last said that it is:
 * the node no longer reports. NULL, or since when. */
static const char *
lost_since(const json_t *pod)
{
	const json_t *ready = condition(pod, "Ready", "False");

	return ready && condition(pod, "ContainersReady", "True")
		       ? jx_str(ready, "lastTransitionTime", "")
		       : NULL;
}

bool
pod_lost(const json_t *pod)
{
	return lost_since(pod);
}

static void
add_reason(json_t *out, const json_t *pod)
{
	const char *until =
		jx_str(jx_get(pod, "metadata"), "deletionTimestamp", NULL);
	const json_t *status = jx_get(pod, "status");
	const json_t *container = jx_at(status, "/containerStatuses/0");
	const json_t *waits = jx_at(container, "/state/waiting");
	const json_t *last = jx_at(container, "/lastState/terminated");
	const json_t *place = condition(pod, "PodScheduled", "False");
	const char *why = jx_str(waits, "reason", "");
	const char *lost = lost_since(pod);

	if (lost)
		because(out, "NodeLost", "the node no longer reports", lost);
	else if (overdue(until))
		because(out, "Terminating",
			jx_str(condition(pod, "DisruptionTarget", "True"),
			       "message", NULL),
			until);
	else if (jx_str(status, "reason", NULL))
		because(out, jx_str(status, "reason", ""),
			jx_str(status, "message", NULL), NULL);
	else if (*why && strcmp(why, "ContainerCreating") != 0)
		because(out, why, jx_str(waits, "message", NULL), NULL);
	else if (place)
		because(out, jx_str(place, "reason", "?"),
			jx_str(place, "message", NULL),
			jx_str(place, "lastTransitionTime", NULL));
	else if (!strcmp(jx_str(last, "reason", ""), "OOMKilled"))
		because(out, "OOMKilled", jx_str(last, "message", NULL),
			jx_str(last, "finishedAt", NULL));
}

json_t *
pod_status(const json_t *pod)
{
	json_t *out = json_pack(
		"{s:s, s:s*, s:s, s:I}", "name",
		jx_str(jx_get(pod, "metadata"), "name", "?"), "node",
		jx_str(jx_get(pod, "spec"), "nodeName", NULL), "phase",
		jx_str(jx_get(pod, "status"), "phase", "Unknown"), "restarts",
		(json_int_t)jx_int(jx_at(pod, "/status/containerStatuses/0"),
				   "restartCount", 0));
	int64_t at;

	if (utc_parse(jx_str(jx_get(pod, "metadata"), "creationTimestamp", ""),
		      &at) == 0)
		json_object_set_new(out, "since", json_integer(at));
	add_reason(out, pod);
	return out;
}

json_t *
pod_status_refused(const char *name, const char *message)
{
	json_t *out = json_pack("{s:s, s:s}", "name", name, "phase", "Missing");

	because(out, "FailedCreate", message, NULL);
	return out;
}
