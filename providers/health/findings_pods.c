/* What a cluster says of the pods of processes, as findings. */
#include "providers/health/findings_impl.h"

#include <string.h>

#include "engine/io/jx.h"

static const struct trouble {
	const char *reason, *code, *cure; /* cure has the pod's name */
} troubles[] = {
	{ "Unschedulable", "E1180",
	  "'kubectl describe pod %s' lists what each node lacks; free room "
	  "there, add a node, or change 'resources', 'node_selector' or "
	  "'storage_class'. A pod with a local volume waits for its own node" },
	{ "ErrImagePull", "E1181",
	  "let the nodes reach the registry of 'images.repository', and set "
	  "'images.pull_secret' if it wants a login (pod %s)" },
	{ "ImagePullBackOff", "E1181",
	  "let the nodes reach the registry of 'images.repository', and set "
	  "'images.pull_secret' if it wants a login (pod %s)" },
	{ "Terminating", "E1182",
	  "it goes on, or ends, when its node is back. Only when that machine "
	  "is off for "
	  "good: 'kubectl delete pod %s --force'. On a machine that still runs "
	  "it would go on beside its successor" },
	{ "NodeLost", "E1182",
	  "it goes on, or ends, when its node is back. Only when that machine "
	  "is off for "
	  "good: 'kubectl delete pod %s --force'. On a machine that still runs "
	  "it would go on beside its successor" },
	{ "Evicted", "E1183",
	  "free memory or disk on the node, or ask for what the process needs "
	  "by 'resources'; then 'kubectl delete pod %s' if it stays" },
	{ "OOMKilled", "E1184",
	  "raise 'resources.memory' of the process, then 'opl2 apply' (pod "
	  "%s)" },
	{ "FailedCreate", "E1186",
	  "the words are those of a quota, a policy or an admission webhook of "
	  "the namespace: let the pod %s in there, or change 'resources'" },
	{ "CrashLoopBackOff", "E1185",
	  "'kubectl logs %s --previous' has its last words" },
};

/* With the pod's name where a cure has %s. */
static const char *
cure_of(struct job *j, const char *cure, const char *name)
{
	const char *at = strstr(cure, "%s");

	return say(j, "%.*s%s%s", (int)(at - cure), cure, name, at + 2);
}

static const char *
evidence(struct job *j, const json_t *pod)
{
	return say(j, "pod %s on %s: %s%s%s", jx_str(pod, "name", "?"),
		   jx_str(pod, "node", "no node"), jx_str(pod, "reason", ""),
		   jx_get(pod, "message") ? ": " : "",
		   jx_str(pod, "message", ""));
}

void
find_pod(struct job *j, const struct process_status *p)
{
	const char *reason = jx_str(p->pod, "reason", NULL);
	const char *name = jx_str(p->pod, "name", "?");
	const struct trouble *t = NULL;

	if (p->drift)
		found(j, "W1308", p->name,
		      "'opl2 apply' takes it back; put into the spec what "
		      "should stay",
		      "%s", p->drift);
	if (health_volume_low(p))
		found(j, "E1187", p->name,
		      "raise 'storage' of the process, then 'opl2 apply'",
		      "%lld of %lld MiB are free in the volume of its pod",
		      (long long)(p->volume_free_bytes >> 20),
		      (long long)(p->volume_bytes >> 20));
	if (!reason)
		return;
	for (size_t i = 0; i < COUNTOF(troubles); i++)
		if (!strcmp(troubles[i].reason, reason))
			t = &troubles[i];
	if (!t) {
		found(j, "E1186", p->name,
		      say(j, "'kubectl describe pod %s' has the rest", name),
		      "%s", evidence(j, p->pod));
		return;
	}
	found(j, t->code, p->name, cure_of(j, t->cure, name), "%s",
	      evidence(j, p->pod));
}

/* Of one that votes; NULL: it is none, or its pod has no node. */
static const char *
node_of(const struct process_status *p)
{
	bool votes =
		role_parse(jx_str(p->note, "role", NULL)) == ROLE_CONDUCTOR;

	return votes ? jx_str(p->pod, "node", NULL) : NULL;
}

static void
find_pair(struct job *j, const struct process_status *a,
	  const struct process_status *b)
{
	const char *node = node_of(a), *other = node_of(b);
	const char *pod = jx_str(b->pod, "name", "?");

	if (!node || !other || strcmp(node, other) != 0)
		return;
	found(j, "W1188", node,
	      say(j,
		  "add a node where there are fewer than three. Then 'kubectl "
		  "cordon %s', 'kubectl delete pod %s', 'kubectl uncordon %s'. "
		  "A "
		  "pod whose volume cannot leave its node stays there until "
		  "that "
		  "claim is deleted, too",
		  node, pod, node),
	      "%s and %s are on it", a->name, b->name);
}

void
find_shared_nodes(struct job *j)
{
	const struct runtime_status *st = j->in->procs;

	for (size_t i = 0; st && i < st->n; i++)
		for (size_t k = 0; k < i; k++)
			find_pair(j, &st->procs[k], &st->procs[i]);
}
