#include "providers/clients/cluster/volume.h"

#include <poll.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/cluster/pod_image.h"
#include "providers/clients/cluster/pod_objects.h"
#include "providers/clients/cluster/pod_status.h"
#include "providers/clients/cluster/tree_pod.h"

#define POLL_MS  300
#define PLACE_MS 600000 /* to find a node, and pull the image */
#define GONE_MS  120000
#define TELL_MS  1000

struct volume {
	struct cluster *c;
	const struct volume_move *m;
	const struct cluster_wait *w;
	struct pod p;
	char *name;  /* of the pod that has it meanwhile */
	char *token; /* of the chain, which that pod needs from the start */
	uint64_t told;
};

static int
told(const struct volume *v, const char *state, const char *text)
{
	return v->w && v->w->fn &&
	       v->w->fn(v->w->arg, state ? v->m->process : NULL,
			state ? state : "", text);
}

/* --- the pod that has it -------------------------------------------------- */

/* 0, 1: given up, -1. */
static int
wait_gone(struct volume *v, struct diags *ds)
{
	uint64_t until = mono_ms() + GONE_MS;

	for (;;) {
		CLEANUP(put_json) json_t *pod = NULL;

		if (cluster_get(v->c, CLUSTER_POD_OBJECT, v->name, &pod, ds))
			return -1;
		if (!pod)
			return 0;
		if (mono_ms() > until)
			return diag_err(ds, "E1343",
					"the pod '%s' does not end", v->name);
		if (told(v, NULL, ""))
			return 1;
		poll(NULL, 0, POLL_MS);
	}
}

static int
end_pod(struct volume *v, struct diags *ds)
{
	if (cluster_delete(v->c, CLUSTER_POD_OBJECT, v->name, NULL, ds))
		return -1;
	return wait_gone(v, ds);
}

static bool
ends(const json_t *pod)
{
	return jx_get(jx_get(pod, "metadata"), "deletionTimestamp");
}

static bool
runs(const json_t *pod)
{
	const json_t *one;
	size_t i;

	if (ends(pod))
		return false;
	json_array_foreach(jx_at(pod, "/status/conditions"), i, one)
		if (!strcmp(jx_str(one, "type", ""), "Ready"))
			return !strcmp(jx_str(one, "status", ""), "True");
	return false;
}

static int
not_running(const struct volume *v, const json_t *pod, struct diags *ds)
{
	CLEANUP(put_json) json_t *st = pod_status(pod);

	diag_err(ds, "E1343",
		 "the pod '%s' with the volume of '%s' does not "
		 "start: %s",
		 v->name, v->m->process,
		 jx_str(st, "message", jx_str(st, "reason", "no reason yet")));
	diag_hint(
		ds,
		"'kubectl describe pod -n %s %s' shows more; rerun the command "
		"when it is mended",
		v->c->namespace, v->name);
	return -1;
}

static int
wait_runs(struct volume *v, struct diags *ds)
{
	CLEANUP(put_json) json_t *last = NULL;
	uint64_t until = mono_ms() + PLACE_MS;

	for (;;) {
		CLEANUP(put_json) json_t *pod = NULL;
		CLEANUP(put_json) json_t *st = NULL;
		bool news;

		if (cluster_get(v->c, CLUSTER_POD_OBJECT, v->name, &pod, ds))
			return -1;
		if (runs(pod))
			return 0;
		if (mono_ms() > until)
			return not_running(v, pod, ds);
		st = pod ? pod_status(pod) : json_object();
		news = !last || !json_equal(last, st);
		if (told(v, news ? "waiting" : NULL,
			 jx_str(st, "message", "the pod of its volume")))
			return 1;
		json_decref(last);
		last = TAKE(st);
		poll(NULL, 0, POLL_MS);
	}
}

/* The node of the process's own pod, which has the volume now; of the arena,
 * or NULL. */
static int
node_of(struct volume *v, const char **node, struct diags *ds)
{
	CLEANUP(freep) char *name = xasprintf("%s-0", v->p.name);
	CLEANUP(put_json) json_t *pod = NULL;
	const char *text;

	*node = NULL;
	if (cluster_get(v->c, CLUSTER_POD_OBJECT, name, &pod, ds))
		return -1;
	text = jx_str(jx_get(pod, "spec"), "nodeName", NULL);
	if (text)
		*node = arena_strdup(&v->p.arena, text);
	return 0;
}

/* A volume that is there is as large as it is. */
static int
begin_pod(struct volume *v, const char *image, struct diags *ds)
{
	CLEANUP(pod_objects_done) struct pod_objects o = { 0 };
	CLEANUP(freep) char *claim = pod_claim(&v->p);
	CLEANUP(put_json) json_t *there = NULL;
	const char *node;

	if (node_of(v, &node, ds) ||
	    cluster_get(v->c, CLUSTER_CLAIM, claim, &there, ds))
		return -1;
	if (!there && v->m->out)
		return diag_err(ds, "E1343",
				"the cluster has no volume '%s' of '%s'", claim,
				v->m->process);
	pod_volume_make(v->c, &v->p, image, v->name, node, &o);
	for (size_t i = 0; i < o.n; i++)
		if ((o.v[i].kind != CLUSTER_CLAIM || !there) &&
		    cluster_apply(v->c, o.v[i].kind, o.v[i].json, ds))
			return -1;
	return 0;
}

/* One of a former run will do when it runs the same, and does not end. */
static int
have_pod(struct volume *v, struct diags *ds)
{
	CLEANUP(freep) char *image = NULL;
	CLEANUP(put_json) json_t *pod = NULL;
	bool will_do;
	int rc = 0;

	if (pod_image(v->c, &v->p, &image, ds) ||
	    cluster_get(v->c, CLUSTER_POD_OBJECT, v->name, &pod, ds))
		return -1;
	will_do = pod && !ends(pod) &&
		  !strcmp(jx_str(jx_at(pod, "/spec/containers/0"), "image", ""),
			  image);
	if (pod && !will_do)
		rc = end_pod(v, ds);
	if (rc == 0 && !will_do)
		rc = begin_pod(v, image, ds);
	return rc ? rc : wait_runs(v, ds);
}

/* --- what is in it -------------------------------------------------------- */

static bool
on_bytes(void *arg, uint64_t bytes, uint64_t of)
{
	struct volume *v = arg;
	CLEANUP(freep) char *text = NULL;
	uint64_t now = mono_ms();

	if (now - v->told < TELL_MS && bytes < of)
		return told(v, NULL, "");
	v->told = now;
	text = xasprintf("%.1f of %.1f MiB", (double)bytes / 1048576,
			 (double)of / 1048576);
	return told(v, "copying", text);
}

/* The folders of the volume in which there is a database: it is not made
 * again. */
static int
mark(struct volume *v, struct tree *volume, struct diags *ds)
{
	CLEANUP(freep) char *data = path_join(v->c->dir, "data");
	size_t n = strlen(data);

	for (size_t i = 0; i < v->p.nmembers; i++) {
		const char *dir =
			jx_str(jx_at(jx_get(v->p.records, v->p.members[i]),
				     "/def/place"),
			       "datadir", "");
		CLEANUP(freep) char *path = NULL;

		if (strncmp(dir, data, n) != 0 || dir[n] != '/')
			continue;
		path = xasprintf("%s/" TREE_MADE, dir + n + 1);
		if (volume->ops->write(volume,
				       &(struct tree_piece){ .path = path,
							     .mode = 0600,
							     .p = "" },
				       ds))
			return -1;
	}
	return volume->ops->sync(volume, ds);
}

static int
copy(struct volume *v, struct tree_figures *figures, struct diags *ds)
{
	CLEANUP(freep) char *data = path_join(v->c->dir, "data");
	CLEANUP(tree_pod_done) struct tree_pod there = { 0 };
	struct tree_local here;
	struct tree *from = &here.tree, *to = &there.tree;
	int rc;

	tree_local_init(&here, data);
	tree_pod_init(&there, v->c, v->name, v->token);
	if (v->m->out) {
		from = &there.tree;
		to = &here.tree;
	}
	rc = tree_mirror(from, to, v->p.folders, v->m->live, on_bytes, v,
			 figures, ds);
	if (rc == 0 && !v->m->live && !v->m->out)
		rc = mark(v, to, ds);
	return rc;
}

static int
move(struct volume *v, json_t **out, struct diags *ds)
{
	struct tree_figures figures = { 0 };
	int rc;

	if (!v->p.data || strcmp(v->p.members[0], v->m->process) != 0) {
		*out = json_pack("{s:i, s:i, s:[]}", "files", 0, "bytes", 0,
				 "folders");
		return 0;
	}
	v->name = xasprintf("%s-volume", v->p.name);
	rc = cluster_token(v->c, &v->token, ds) ? -1 : have_pod(v, ds);
	if (rc == 0)
		rc = copy(v, &figures, ds);
	if (rc == 0 && !v->m->live)
		rc = end_pod(v, ds);
	if (rc == 0)
		*out = json_pack("{s:I, s:I, s:O}", "files",
				 (json_int_t)figures.files, "bytes",
				 (json_int_t)figures.bytes, "folders",
				 v->p.folders);
	freep(&v->name);
	freep(&v->token);
	return rc;
}

int
volume_move(struct cluster *c, const struct volume_move *m,
	    const struct cluster_wait *w, json_t **out, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *had = m->records ? jx_share(m->records) : NULL;
	CLEANUP(put_json) json_t *records = json_object();
	struct volume v = { .c = c, .m = m, .w = w };
	const char *name;
	json_t *record;
	int rc = -1;

	*out = NULL;
	if (!had && procs_records(c, &had, ds))
		return -1;
	/* All that may share the pod, whether it is to run or not. */
	json_object_foreach(had, name, record)
		json_object_set_new(
			records, name,
			json_pack("{s:O}", "def", jx_get(record, "def")));
	if (!jx_get(records, m->process))
		return diag_err(ds, "E0911", "there is no process '%s'",
				m->process);
	if (pod_make(&v.p, records, m->process, c->dir, NULL, ds) == 0)
		rc = move(&v, out, ds);
	pod_done(&v.p);
	return rc;
}
