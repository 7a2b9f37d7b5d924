#include "providers/clients/cluster/watch.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/drift.h"
#include "providers/clients/cluster/extras.h"
#include "providers/clients/cluster/pod_def.h"
#include "providers/clients/cluster/pod_objects.h"
#include "providers/clients/cluster/pod_status.h"
#include "providers/clients/cluster/seen.h"
#include "providers/runtime/process_def.h"

#define POLL_MS  500
#define PLACE_MS 600000 /* to find a node, pull the image, make a database */
#define LOG_MAX  (16u << 20)
#define SLACK_MS 15000

/* The pod that a process is in, and its StatefulSet; or NULL. */
static const json_t *
pod_with(const struct seen *s, const char *process, const json_t **set)
{
	CLEANUP(arena_done) struct arena a;
	const char **v, *name;
	size_t n;

	arena_init(&a);
	v = pod_members(s->records, process, &a, &n);
	name = pod_host(&a, v[0]);
	*set = jx_get(s->sets, name);
	return jx_get(s->pods, arena_printf(&a, "%s-0", name));
}

/* Of its pod, which may not be there. */
static json_t *
pod_said(const struct seen *s, const char *process, const json_t *pod)
{
	CLEANUP(arena_done) struct arena a;
	const char **v, *name, *why;
	size_t n;

	arena_init(&a);
	if (pod)
		return pod_status(pod);
	v = pod_members(s->records, process, &a, &n);
	name = pod_host(&a, v[0]);
	why = jx_str(s->refused, name, NULL);
	return why ? pod_status_refused(arena_printf(&a, "%s-0", name), why)
		   : NULL;
}

/* --- one process ---------------------------------------------------------- */

/* Those of a pod are what it was made with. */
static bool
same_resources(const json_t *was, const json_t *is)
{
	const json_t *a = jx_at(was, "/place/resources");
	const json_t *b = jx_at(is, "/place/resources");

	return a == b || (a && b && json_equal(a, b));
}

static bool
ran_as_put(const json_t *record, const json_t *pod, const char *process)
{
	CLEANUP(freep) char *key = pod_digest_key(process);
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(process_def_putp) struct process_def *is = NULL;
	CLEANUP(process_def_putp) struct process_def *was = NULL;
	char sum[65];

	diags_init(&quiet);
	jx_digest(jx_get(record, "def"), sum);
	if (!strcmp(jx_str(jx_at(pod, "/metadata/annotations"), key, ""), sum))
		return true;
	is = process_def_decode(process, jx_get(record, "def"), &quiet);
	was = process_def_decode(process, jx_get(record, "ran"), &quiet);
	return is && was && process_def_same_start(was, is) &&
	       same_resources(jx_get(record, "ran"), jx_get(record, "def"));
}

/* What the cluster says of it, over what its supervisor does. */
static void
add_pod(struct process_status *p, const json_t *record, const json_t *pod,
	bool asked, struct arena *a)
{
	const char *node = jx_str(jx_get(pod, "spec"), "nodeName", NULL);
	bool ends = jx_get(jx_get(pod, "metadata"), "deletionTimestamp");
	const char *why;

	if (!pod) {
		p->state = PROCESS_STOPPED;
		p->ready = false;
		p->pid = 0;
		if (p->wanted) {
			p->state = PROCESS_WAITING;
			p->waits_for =
				p->pod ? arena_printf(
						 a, "its pod: %s",
						 jx_str(p->pod, "message", ""))
				       : "its pod";
		}
		return;
	}
	why = jx_str(p->pod, "reason", NULL);
	if (ends) {
		p->state = PROCESS_STOPPING;
		p->ready = false;
	}
	if (!asked && !ends) {
		p->state = PROCESS_WAITING;
		p->waits_for = why ? arena_printf(a, "%s: %s", why,
						  jx_str(p->pod, "message", ""))
				   : arena_printf(a, "its pod on %s",
						  node ? node : "a node");
	}
	p->stale = asked && !ran_as_put(record, pod, p->name);
	p->restarts += jx_int(jx_at(pod, "/status/containerStatuses/0"),
			      "restartCount", 0);
}

/* Objects that somebody deleted. One that is of the whole chain is told of the
 * first process alone. */
static void
add_gone(const struct seen *s, const char *process, const char *pod,
	 const json_t *set, struct buf *out)
{
	CLEANUP(put_json) json_t *used = json_object();
	CLEANUP(arena_done) struct arena a;
	const json_t *place = jx_at(jx_get(s->records, process), "/def/place");
	json_t *records = s->records, *v;
	const char *host, *name;

	arena_init(&a);
	host = pod_host(&a, process);
	if (!jx_get(s->services, host))
		buf_adds(out, "its Service is gone\n");
	if (jx_get(place, "expose") &&
	    strcmp(jx_str(place, "expose", ""), "ingress") != 0 &&
	    !jx_get(s->services, arena_printf(&a, "%s-exposed", host)))
		buf_adds(out, "its exposed Service is gone\n");
	if (!jx_get(s->policies, pod))
		buf_adds(out, "its NetworkPolicy is gone\n");
	pod_contents(jx_at(set, "/spec/template/spec"), used);
	json_object_foreach(used, name, v)
		if (!jx_get(s->contents, name))
			buf_addf(out, "'%s' is gone\n", name);
	if (!s->budget &&
	    !strcmp(process, json_object_iter_key(json_object_iter(records))))
		buf_adds(out, "the PodDisruptionBudget is gone\n");
}

/* What is not as opl2 left it, in lines. A scale leaves no manager of the field
 * that it sets. */
static void
add_drift(const struct seen *s, const char *process, const json_t *set,
	  const json_t *settings, struct buf *out)
{
	CLEANUP(arena_done) struct arena a;
	const char **v;
	bool up = false;
	size_t n;

	arena_init(&a);
	v = pod_members(s->records, process, &a, &n);
	for (size_t i = 0; i < n; i++)
		up |= jx_bool(jx_get(s->records, v[i]), "up", false);
	drift_add(set, out);
	drift_add_settings(set, settings, out);
	if (!set)
		buf_adds(out, "its StatefulSet is gone\n");
	else if (jx_int(jx_get(set, "spec"), "replicas", 1) != up)
		buf_addf(out, "spec.replicas is %lld, should be %d\n",
			 (long long)jx_int(jx_get(set, "spec"), "replicas", 1),
			 up);
	add_gone(s, process, pod_host(&a, v[0]), set, out);
}

static json_t *
status_of(struct cluster *c, const struct seen *s, const char *process)
{
	const json_t *record = jx_get(s->records, process);
	const json_t *said = jx_get(s->states, process);
	const json_t *set, *pod = pod_with(s, process, &set);
	CLEANUP(buf_done) struct buf drift = BUF_INIT(8192);
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(process_def_putp) struct process_def *def = NULL;
	CLEANUP(put_json) json_t *of_pod = pod_said(s, process, pod);
	CLEANUP(put_json) json_t *settings = pod_settings(c);
	CLEANUP(arena_done) struct arena a;
	struct process_status p;
	char sum[65];

	arena_init(&a);
	diags_init(&quiet);
	def = process_def_decode(process, jx_get(record, "def"), &quiet);
	p = said ? process_status_decode(&a, said) : process_status_of(process);
	p.name = process;
	p.pod = of_pod;
	p.hold = jx_bool(record, "hold", false);
	p.wanted = jx_bool(record, "up", false);
	add_pod(&p, record, pod, said, &a);
	if (def) {
		process_def_digest(def, sum);
		p.digest = sum;
		p.stop_order = def->stop_order;
		p.ports = def->ports;
		p.nports = def->nports;
		p.note = def->note;
	}
	add_drift(s, process, set, settings, &drift);
	extras_add_drift(c, record, &drift);
	p.drift = drift.n ? buf_str(&drift) : NULL;
	/* Its secrets are in the cluster. */
	p.nneeds = 0;
	p.log = arena_printf(&a, "kubectl logs -n %s %s", c->namespace,
			     pod ? cluster_name(pod) : process);
	return process_status_encode(&p);
}

static int
status_within(struct cluster *c, uint64_t max_ms, const json_t *names,
	      json_t **out, struct diags *ds)
{
	CLEANUP(seen_done) struct seen s = { 0 };
	CLEANUP(put_json) json_t *list = NULL;
	json_t *procs;
	const json_t *one;
	size_t i;

	*out = NULL;
	if (seen_look(c, max_ms, &s, ds) ||
	    !(list = procs_named(s.records, names, ds)))
		return -1;
	procs = json_array();
	json_array_foreach(list, i, one)
		json_array_append_new(procs,
				      status_of(c, &s, json_string_value(one)));
	*out = json_pack("{s:o, s:{s:s, s:s?}}", "procs", procs, "supervisor",
			 "namespace", c->namespace, "context",
			 jx_str(c->config, "context", NULL));
	return 0;
}

int
watch_status(struct cluster *c, const json_t *names, json_t **out,
	     struct diags *ds)
{
	return status_within(c, SEEN_MS, names, out, ds);
}

/* --- waiting -------------------------------------------------------------- */

/* What everybody in the list is waited for until. */
static uint64_t
ready_until(const json_t *records, const json_t *list)
{
	int64_t ms = 0;
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one) {
		int64_t its = jx_int(
			jx_get(jx_get(records, json_string_value(one)), "def"),
			"ready_timeout", 0);

		ms = its > ms ? its : ms;
	}
	return mono_ms() + (uint64_t)ms + PLACE_MS;
}

static bool
has_failed(const struct process_status *p)
{
	return p->state == PROCESS_FAILED || p->state == PROCESS_BLOCKED;
}

static int
fail(const struct process_status *p, const char *code, struct diags *ds)
{
	const char *why = p->reason      ? p->reason
			  : p->waits_for ? p->waits_for
					 : process_state_name(p->state);

	diag_err(ds, p->code ? p->code : code, "'%s' is not ready: %s", p->name,
		 why);
	if (p->last_exit.tail)
		diag_detail(ds, p->last_exit.tail);
	diag_hint(ds,
		  "'opl2 logs %s' shows what it printed; 'kubectl describe "
		  "pod' what the cluster did",
		  p->name);
	return -1;
}

/* 0 when all are ready, 1 when not yet, -1. Tells what has changed. */
static int
look_ready(struct cluster *c, const json_t *names, json_t *last, bool *gives_up,
	   const struct cluster_wait *w, bool over, struct diags *ds)
{
	CLEANUP(put_json) json_t *answer = NULL;
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	int rc = 0;

	/* All that wait look once in a turn, together. */
	if (status_within(c, POLL_MS - SEEN_MS, names, &answer, ds))
		return -1;
	st = runtime_status_decode(answer);
	for (size_t i = 0; i < st->n; i++) {
		const struct process_status *p = &st->procs[i];
		const char *state = process_state_name(p->state);
		const char *text = p->reason      ? p->reason
				   : p->waits_for ? p->waits_for
						  : "";
		CLEANUP(freep) char *both = xasprintf("%s: %s", state, text);

		if (strcmp(jx_str(last, p->name, ""), both) != 0 && w->fn)
			*gives_up |= w->fn(w->arg, p->name, state, text);
		json_object_set_new(last, p->name, json_string(both));
		if (has_failed(p))
			return fail(p, "E0904", ds);
		if (p->ready)
			continue;
		if (over)
			return fail(p, "E0906", ds);
		rc = 1;
	}
	return rc;
}

int
watch_ready(struct cluster *c, const json_t *names,
	    const struct cluster_wait *w, struct diags *ds)
{
	CLEANUP(put_json) json_t *records = NULL;
	CLEANUP(put_json) json_t *list = NULL;
	CLEANUP(put_json) json_t *last = json_object();
	bool gives_up = false;
	uint64_t until;
	int rc;

	if (seen_records(c, &records, ds) ||
	    !(list = procs_named(records, names, ds)))
		return -1;
	until = ready_until(records, list);
	while ((rc = look_ready(c, list, last, &gives_up, w, mono_ms() > until,
				ds)) == 1) {
		gives_up |= w->fn && w->fn(w->arg, NULL, "", "");
		if (gives_up)
			return 1;
		poll(NULL, 0, POLL_MS);
	}
	return rc;
}

/* --- one pod ----------------------------------------------------------------
 */

/* The pod that a process is in, or NULL; *n: how many share it. No supervisor
 * is asked for that. */
static int
pod_alone(struct cluster *c, const char *process, json_t **pod, size_t *n,
	  struct diags *ds)
{
	CLEANUP(put_json) json_t *records = NULL;
	CLEANUP(arena_done) struct arena a;
	const char **v;

	arena_init(&a);
	*pod = NULL;
	if (seen_records(c, &records, ds))
		return -1;
	v = pod_members(records, process, &a, n);
	return cluster_get(c, CLUSTER_POD_OBJECT,
			   arena_printf(&a, "%s-0", pod_host(&a, v[0])), pod,
			   ds);
}

/* --- orders for a pod's supervisor ---------------------------------------- */

static int
no_token(const struct cluster *c, const char *process, struct diags *ds)
{
	diag_err(ds, "E1310", "the pod of '%s' does not take the chain's token",
		 process);
	diag_hint(ds,
		  "when the Secret '%s' of '%s' was made anew, a pod has it "
		  "after two minutes; 'opl2 restart %s' replaces the pod",
		  CLUSTER_TOKEN, c->namespace, process);
	return -1;
}

int
watch_pod_call(struct cluster *c, const char *process, const char *op,
	       const json_t *args, int64_t ms, struct diags *ds)
{
	CLEANUP(put_json) json_t *pod = NULL;
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *body = json_deep_copy(args);
	CLEANUP(put_json) json_t *reply = NULL;
	CLEANUP(freep) char *path = NULL;
	CLEANUP(freep) char *token = NULL;
	CLEANUP(freep) char *header = NULL;
	struct kube_ask q = { .method = "POST",
			      .body = body,
			      .once = true,
			      .waits = true,
			      .total_ms = (unsigned)(ms + SLACK_MS) };
	const json_t *d;
	size_t i, n, before = ds->nerrors;

	if (pod_alone(c, process, &pod, &n, ds))
		return -1;
	if (!pod)
		return diag_err(ds, "E0912", "'%s' has no pod", process);
	json_object_set_new(body, "op", json_string(op));
	path = seen_pod_path(c, cluster_name(pod), "call");
	if (cluster_token(c, &token, ds))
		return -1;
	header = xasprintf("X-Opl2-Token: %s", token);
	q.header = header;
	if (cluster_ask(c, path, &q, &r, ds))
		return -1;
	/* The API server has words for it when it says so itself. */
	if (r.status == 401 && r.body.n == 0)
		return no_token(c, process, ds);
	reply = jx_parse(buf_str(&r.body), r.body.n, "a pod's answer", NULL);
	if (!reply)
		return cluster_refused(c, path, &r, ds);
	json_array_foreach(jx_get(reply, "diags"), i, d)
		(void)diag_from_json(ds, d);
	if (jx_bool(reply, "ok", false))
		return 0;
	if (ds->nerrors == before)
		diag_err(ds, "E0918", "'%s': the supervisor of its pod refused",
			 process);
	return -1;
}

/* --- logs ----------------------------------------------------------------- */

/* "TIME LINE": the line, when it is of this process and after `since`. */
static void
add_line(struct buf *out, const char *line, size_t n, const char *prefix,
	 const char *since, char *last, size_t nlast)
{
	const char *space = memchr(line, ' ', n);
	size_t time = space ? (size_t)(space - line) : 0;

	if (!space || time >= nlast)
		return;
	if (since && strncmp(line, since, time) <= 0)
		return;
	memcpy(last, line, time);
	last[time] = '\0';
	line = space + 1;
	n -= time + 1;
	if (prefix) {
		size_t k = strlen(prefix);

		if (n < k || strncmp(line, prefix, k) != 0)
			return;
		line += k;
		n -= k;
	}
	buf_add(out, line, n);
	buf_addch(out, '\n');
}

int
watch_log(struct cluster *c, const char *process, uint64_t lines,
	  const char *since, json_t **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *pod = NULL;
	CLEANUP(http_reply_done)
	struct http_reply r = { .body = BUF_INIT(LOG_MAX) };
	CLEANUP(buf_done) struct buf text = BUF_INIT(LOG_MAX);
	CLEANUP(arena_done) struct arena a;
	struct kube_ask q = { .accept = "Accept: text/plain, */*",
			      .max_body = LOG_MAX };
	const char *path, *prefix = NULL, *at, *end;
	char last[64] = "";
	size_t n;

	arena_init(&a);
	*out = NULL;
	if (pod_alone(c, process, &pod, &n, ds))
		return -1;
	if (!pod) {
		diag_err(ds, "E0925", "'%s' has no pod, and so no log",
			 process);
		return -1;
	}
	if (pod_lost(pod))
		return diag_err(ds, "E0925",
				"the node of '%s' is lost, and its log with it",
				process);
	if (n > 1)
		prefix = arena_printf(&a, "%s: ", process);
	path = arena_printf(&a,
			    "/api/v1/namespaces/%s/pods/%s/log?timestamps"
			    "=true",
			    c->namespace, cluster_name(pod));
	if (since)
		path = arena_printf(&a, "%s&sinceTime=%s", path, since);
	else if (lines)
		path = arena_printf(&a, "%s&tailLines=%llu", path,
				    (unsigned long long)lines * n);
	if (cluster_ask(c, path, &q, &r, ds))
		return -1;
	if (r.status != 200)
		return cluster_refused(c, path, &r, ds);
	if (since)
		snprintf(last, sizeof(last), "%s", since);
	for (at = buf_str(&r.body); (end = strchr(at, '\n')); at = end + 1)
		add_line(&text, at, (size_t)(end - at), prefix, since, last,
			 sizeof(last));
	*out = json_pack("{s:s%, s:s}", "text", buf_str(&text), text.n, "since",
			 last);
	/* What a program prints need not be UTF-8. */
	if (!*out)
		*out = json_pack("{s:s, s:s}", "text", "", "since", last);
	return 0;
}
