#include "providers/clients/cluster/seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/pod_status.h"
#include "providers/clients/cluster/procs.h"

#define ASK_MS     10000
#define REFUSED_S  1200 /* the controller tries again within 1000 s */
#define CACHE_MAX  (64u << 20)
#define COMMAND_MS 3000

/* --- what the cluster says ------------------------------------------------ */

char *
seen_pod_path(const struct cluster *c, const char *pod, const char *rest)
{
	return xasprintf("/api/v1/namespaces/%s/pods/%s:%d/proxy/%s",
			 c->namespace, pod, CLUSTER_PORT, rest);
}

/* What the supervisor of a pod says of its processes. One that cannot be asked
 * says nothing. */
static void
ask_pod(struct cluster *c, const char *pod, json_t *states)
{
	CLEANUP(freep) char *path = seen_pod_path(c, pod, "status");
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *j = NULL;
	struct kube_ask q = { .tries = 1, .total_ms = ASK_MS };
	const json_t *one;
	size_t i;

	diags_init(&quiet);
	if (cluster_ask(c, path, &q, &r, &quiet) || r.status != 200)
		return;
	j = jx_parse(buf_str(&r.body), r.body.n, pod, NULL);
	json_array_foreach(jx_get(j, "processes"), i, one)
		json_object_set(states, jx_str(one, "name", "?"),
				(json_t *)(uintptr_t)one);
}

static json_t *
by_name(struct cluster *c, enum cluster_kind kind, struct diags *ds)
{
	CLEANUP(put_json) json_t *items = NULL;
	json_t *out;
	const json_t *one;
	size_t i;

	if (cluster_list(c, kind, NULL, &items, ds))
		return NULL;
	out = json_object();
	json_array_foreach(items, i, one) {
		/* Half of an object, and of StatefulSets alone looked at. */
		if (kind != CLUSTER_STATEFUL_SET)
			json_object_del(
				(json_t *)(uintptr_t)jx_get(one, "metadata"),
				"managedFields");
		json_object_set(out, cluster_name(one),
				(json_t *)(uintptr_t)one);
	}
	return out;
}

static json_t *
states_of(struct cluster *c, const json_t *pods)
{
	json_t *out = json_object(), *pod;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)pods, name, pod)
		if (!pod_lost(pod) &&
		    !strcmp(jx_str(jx_get(pod, "status"), "phase", ""),
			    "Running"))
			ask_pod(c, name, out);
	return out;
}

/* A StatefulSet has no condition that tells; its events do, to those who may
 * read them. The newest one of each counts. */
static json_t *
refused_now(struct cluster *c)
{
	CLEANUP(freep)
	char *path = xasprintf("/api/v1/namespaces/%s/events?fieldSelector="
			       "reason%%3DFailedCreate,"
			       "involvedObject.kind%%3DStatefulSet",
			       c->namespace);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(put_json) json_t *last = json_object();
	struct kube_ask q = { 0 };
	json_t *out = json_object();
	const json_t *one;
	size_t i;

	diags_init(&quiet);
	if (cluster_ask(c, path, &q, &r, &quiet) || r.status != 200)
		return out;
	j = jx_parse(buf_str(&r.body), r.body.n, "events", NULL);
	json_array_foreach(jx_get(j, "items"), i, one) {
		const char *set =
			jx_str(jx_get(one, "involvedObject"), "name", "?");
		const char *at = jx_str(one, "lastTimestamp", "");
		int64_t s;

		if (strcmp(at, jx_str(last, set, "")) < 0 ||
		    utc_parse(at, &s) || s + REFUSED_S < time(NULL))
			continue;
		json_object_set_new(last, set, json_string(at));
		json_object_set_new(out, set,
				    json_string(jx_str(one, "message", "")));
	}
	return out;
}

/* Is there one that should have a pod, and has none? */
static bool
lacks_pod(const json_t *sets, const json_t *pods)
{
	const char *name;
	json_t *set;

	json_object_foreach((json_t *)(uintptr_t)sets, name, set) {
		CLEANUP(freep) char *pod = xasprintf("%s-0", name);

		if (jx_int(jx_get(set, "spec"), "replicas", 1) &&
		    !jx_get(pods, pod))
			return true;
	}
	return false;
}

/* {NAME: true} of both kinds. */
static json_t *
contents_now(struct cluster *c, struct diags *ds)
{
	CLEANUP(put_json) json_t *secrets = NULL;
	json_t *out;

	if (cluster_names(c, CLUSTER_SECRET, &secrets, ds) ||
	    cluster_names(c, CLUSTER_CONFIG_MAP, &out, ds))
		return NULL;
	json_object_update(out, secrets);
	return out;
}

static int
add_chain(struct cluster *c, json_t *all, struct diags *ds)
{
	CLEANUP(put_json) json_t *budget = NULL;
	json_t *policies, *contents = contents_now(c, ds);

	if (!contents)
		return -1;
	json_object_set_new(all, "contents", contents);
	if (cluster_names(c, CLUSTER_POLICY, &policies, ds))
		return -1;
	json_object_set_new(all, "policies", policies);
	if (cluster_get(c, CLUSTER_BUDGET, c->chain, &budget, ds))
		return -1;
	json_object_set_new(all, "budget", json_boolean(budget));
	json_object_set_new(all, "refused",
			    lacks_pod(jx_get(all, "sets"), jx_get(all, "pods"))
				    ? refused_now(c)
				    : json_object());
	return 0;
}

static json_t *
records_now(struct cluster *c, struct diags *ds)
{
	json_t *out;

	return procs_records(c, &out, ds) ? NULL : out;
}

/* The members of struct seen. */
static json_t *
all_now(struct cluster *c, struct diags *ds)
{
	static const struct {
		const char *name;
		enum cluster_kind kind;
	} lists[] = { { "sets", CLUSTER_STATEFUL_SET },
		      { "services", CLUSTER_SERVICE },
		      { "pods", CLUSTER_POD_OBJECT } };
	CLEANUP(put_json) json_t *all = json_object();
	json_t *one;

	if (seen_records(c, &one, ds))
		return NULL;
	json_object_set_new(all, "records", one);
	for (size_t i = 0; i < COUNTOF(lists); i++) {
		one = by_name(c, lists[i].kind, ds);
		if (!one)
			return NULL;
		json_object_set_new(all, lists[i].name, one);
	}
	if (add_chain(c, all, ds))
		return NULL;
	json_object_set_new(all, "states",
			    states_of(c, json_object_get(all, "pods")));
	return TAKE(all);
}

/* --- in a file ------------------------------------------------------------ */

/* Whoever looks while something is changed may see what was before: what was
 * seen is of the turn in which it was begun. */
static char *
turn_path(const struct cluster *c)
{
	return xasprintf("%s/run/cluster.turn", c->dir);
}

/* 0: nothing was changed yet. */
static json_int_t
turn_now(const struct cluster *c)
{
	CLEANUP(freep) char *path = turn_path(c);
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	json_int_t turn = 0;

	return fd >= 0 && pread(fd, &turn, sizeof(turn), 0) == sizeof(turn)
		       ? turn
		       : 0;
}

void
seen_forget(struct cluster *c)
{
	CLEANUP(freep) char *turn = turn_path(c);
	CLEANUP(close_fdp)
	int fd = open(turn, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	json_int_t next;

	/* A number that no turn had: another one may write at the same time. */
	if (fd >= 0 && getrandom(&next, sizeof(next), 0) == sizeof(next) &&
	    pwrite(fd, &next, sizeof(next), 0) != sizeof(next))
		(void)unlink(turn);
}

static json_t *
take(const struct cluster *c, const char *path, json_int_t turn,
     uint64_t max_ms)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(diags_done) struct diags quiet;
	int64_t age;
	bool same; /* command has seen it */

	diags_init(&quiet);
	j = file_exists(path) ? jx_load_file(path, CACHE_MAX, &quiet) : NULL;
	age = (int64_t)boot_ms() - jx_int(j, "at", INT64_MIN / 2);
	same = c->begun && jx_int(j, "from", 0) >= c->begun &&
	       age <= COMMAND_MS;
	if (age < 0 || (age > (int64_t)max_ms && !same) ||
	    jx_int(j, "turn", -1) != turn)
		return NULL;
	return jx_share(jx_get(j, "seen"));
}

/* It may be lost, and no one else writes it now. */
static void
keep(const char *path, const json_t *seen, json_int_t turn, uint64_t from)
{
	CLEANUP(freep) char *next = xasprintf("%s.new", path);
	CLEANUP(put_json)
	json_t *j =
		json_pack("{s:I, s:I, s:I, s:O}", "at", (json_int_t)boot_ms(),
			  "from", (json_int_t)from, "turn", turn, "seen", seen);
	CLEANUP(close_fdp)
	int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd >= 0 && json_dumpfd(j, fd, JSON_COMPACT) == 0)
		(void)rename(next, path);
}

/* New reference; NULL with a diagnostic. */
static json_t *
shared(struct cluster *c, const char *name, uint64_t max_ms,
       json_t *(*look)(struct cluster *c, struct diags *ds), struct diags *ds)
{
	CLEANUP(freep)
	char *path = xasprintf("%s/run/cluster.%s", c->dir, name);
	CLEANUP(freep) char *lock = xasprintf("%s.lock", path);
	CLEANUP(close_fdp)
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool locked = fd >= 0 && flock(fd, LOCK_EX) == 0;
	uint64_t from = boot_ms();
	json_int_t turn = turn_now(c);
	json_t *seen = locked ? take(c, path, turn, max_ms) : NULL;

	if (seen)
		return seen;
	seen = look(c, ds);
	if (seen && locked)
		keep(path, seen, turn, from);
	return seen;
}

int
seen_records(struct cluster *c, json_t **out, struct diags *ds)
{
	*out = shared(c, "records", SEEN_MS, records_now, ds);
	return *out ? 0 : -1;
}

int
seen_look(struct cluster *c, uint64_t max_ms, struct seen *s, struct diags *ds)
{
	CLEANUP(put_json) json_t *all = shared(c, "seen", max_ms, all_now, ds);

	*s = (struct seen){ 0 };
	if (!all)
		return -1;
	s->records = jx_share(jx_get(all, "records"));
	s->pods = jx_share(jx_get(all, "pods"));
	s->sets = jx_share(jx_get(all, "sets"));
	s->services = jx_share(jx_get(all, "services"));
	s->states = jx_share(jx_get(all, "states"));
	s->contents = jx_share(jx_get(all, "contents"));
	s->policies = jx_share(jx_get(all, "policies"));
	s->refused = jx_share(jx_get(all, "refused"));
	s->budget = jx_bool(all, "budget", false);
	return 0;
}

void
seen_done(struct seen *s)
{
	json_decref(s->records);
	json_decref(s->pods);
	json_decref(s->sets);
	json_decref(s->services);
	json_decref(s->states);
	json_decref(s->contents);
	json_decref(s->policies);
	json_decref(s->refused);
	*s = (struct seen){ 0 };
}
