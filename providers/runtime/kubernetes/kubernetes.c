/*
 * kubernetes: the processes of a chain in pods of a cluster. What reaches the
 * cluster is `opl2-worker --cluster`, which speaks the supervisor's protocol
 * and lives as long as somebody is connected to it.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/runtime/kubernetes/agent.h"
#include "providers/runtime/place.h"
#include "providers/runtime/runtime.h"
#include "providers/runtime/wire/sup_chain.h"

const struct supctl_server supctl_cluster = {
	.socket = CLUSTER_SOCK,
	.program = "opl2-worker",
	.mode = CLUSTER_ARG,
	.title = "what connects to the cluster",
};

extern const struct runtime runtime_kubernetes;

/* A log that is read: what was not given out yet, and the time of its last
 * line. */
struct kube_log {
	struct kube_log *next;
	char *name, *since;
	struct buf text;
};

struct kube_chain {
	struct sup_chain l; /* first: one is the other */
	struct kube_log *logs;
};

#define LOG_TEXT_MAX (32u << 20)

static struct kube_chain *
kube_of(struct runtime_chain *c)
{
	return (struct kube_chain *)c;
}

static int
kube_open(const char *state_dir, struct runtime_chain **out,
	  struct diags *ds UNUSED)
{
	struct kube_chain *k = xcalloc(1, sizeof(*k));

	sup_chain_init(&k->l, &runtime_kubernetes, &supctl_cluster, state_dir);
	*out = &k->l.c;
	return 0;
}

static void
kube_close(struct runtime_chain *c)
{
	struct kube_chain *k = kube_of(c);

	while (k->logs) {
		struct kube_log *log = k->logs;

		k->logs = log->next;
		free(log->name);
		free(log->since);
		buf_done(&log->text);
		free(log);
	}
	sup_chain_close(c);
}

static char *
kube_log_place(const char *state_dir UNUSED, const char *name)
{
	return xasprintf("the pod of %s", name);
}

static int
kube_attend(struct runtime_chain *c, struct diags *ds)
{
	return sup_chain_call(&kube_of(c)->l, "attend", NULL, NULL, NULL, ds);
}

static int
kube_suspend(struct runtime_chain *c, const struct runtime_wait *w,
	     struct diags *ds)
{
	return sup_chain_stop(c, NULL, false, false, w, ds);
}

/* All that one command reads of the cluster may be of one look. */
static json_t *
of_command(json_t *args)
{
	const char *begun = getenv(RUNTIME_BEGUN);

	if (begun)
		json_object_set_new(args, "begun",
				    json_integer(strtoll(begun, NULL, 10)));
	return args;
}

static int
kube_status(struct runtime_chain *c, const json_t *names, bool asked UNUSED,
	    struct runtime_status **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *answer = NULL;
	struct runtime_status *st;

	if (sup_chain_call(&kube_of(c)->l, "status",
			   of_command(sup_chain_named(names)), NULL, &answer,
			   ds))
		return -1;
	st = runtime_status_decode(answer);
	st->keeper_text =
		arena_printf(&st->arena, "cluster: namespace %s%s%s",
			     jx_str(st->keeper, "namespace", "?"),
			     jx_get(st->keeper, "context") ? ", context " : "",
			     jx_str(st->keeper, "context", ""));
	*out = st;
	return 0;
}

static int
kube_recall(struct runtime_chain *c, const char *name,
	    struct runtime_recall *out, struct diags *ds)
{
	CLEANUP(put_json) json_t *answer = NULL;
	CLEANUP(put_json)
	json_t *args = json_pack("{s:s}", "name", name);
	const json_t *record, *ran;

	*out = (struct runtime_recall){ 0 };
	if (sup_chain_call(&kube_of(c)->l, "recall", of_command(jx_share(args)),
			   NULL, &answer, ds))
		return -1;
	record = jx_get(answer, "record");
	if (!record)
		return 1;
	out->wanted = jx_bool(record, "up", false);
	out->def = process_def_decode(name, jx_get(record, "def"), ds);
	ran = jx_bool(record, "up", false) ? jx_get(record, "ran") : NULL;
	if (out->def && ran)
		out->ran = process_def_decode(name, ran, ds);
	return out->def ? 0 : -1;
}

static int
kube_remove(struct runtime_chain *c, const char *name, bool force,
	    const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = json_pack("{s:[s], s:b}", "names", name, "force", force);

	return sup_chain_call(&kube_of(c)->l, "remove", args, w, NULL, ds);
}

static int
kube_move_volume(struct runtime_chain *c, const struct runtime_volume *v,
		 const struct runtime_wait *w, json_t **out, struct diags *ds)
{
	json_t *args = json_pack("{s:s, s:O*, s:b, s:b}", "process", v->process,
				 "records", v->records, "out", v->out, "live",
				 v->live);

	return sup_chain_call(&kube_of(c)->l, "volume", args, w, out, ds);
}

/* --- logs ----------------------------------------------------------------- */

/* The first `lines` from the end, or what came since. */
static int
fetch_log(struct kube_chain *k, struct kube_log *log, uint64_t lines,
	  struct diags *ds)
{
	CLEANUP(put_json) json_t *answer = NULL;
	json_t *args = json_pack("{s:s, s:I, s:s*}", "name", log->name, "lines",
				 (json_int_t)lines, "since", log->since);
	const char *text;

	if (sup_chain_call(&k->l, "log", args, NULL, &answer, ds))
		return -1;
	text = jx_str(answer, "text", "");
	buf_add(&log->text, text, strlen(text));
	free(log->since);
	log->since = xstrdup(jx_str(answer, "since", ""));
	return 0;
}

static struct kube_log *
log_of(struct kube_chain *k, const char *name)
{
	struct kube_log *log = k->logs;

	while (log && strcmp(log->name, name) != 0)
		log = log->next;
	if (log)
		return log;
	log = xcalloc(1, sizeof(*log));
	log->name = xstrdup(name);
	buf_init(&log->text, LOG_TEXT_MAX);
	log->next = k->logs;
	k->logs = log;
	return log;
}

static int
kube_log_seek(struct runtime_chain *c, const char *name, uint64_t lines,
	      uint64_t bytes, int64_t *at, struct diags *ds)
{
	struct kube_chain *k = kube_of(c);
	struct kube_log *log = log_of(k, name);

	*at = 0;
	buf_reset(&log->text);
	free(TAKE(log->since));
	if (fetch_log(k, log, lines, ds))
		return -1;
	if (bytes && log->text.n > bytes)
		buf_drop(&log->text, log->text.n - bytes);
	return 0;
}

static ssize_t
kube_log_read(struct runtime_chain *c, const char *name, int64_t *at, char *to,
	      size_t n)
{
	struct kube_chain *k = kube_of(c);
	struct kube_log *log = log_of(k, name);
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	if (log->text.n == 0 && fetch_log(k, log, 0, &quiet))
		return 0; /* its pod is just being replaced */
	if (n > log->text.n)
		n = log->text.n;
	memcpy(to, buf_str(&log->text), n);
	buf_drop(&log->text, n);
	*at += (int64_t)n;
	return (ssize_t)n;
}

static int
kube_reachable(struct runtime_chain *c, struct diags *ds)
{
	return sup_chain_call(&kube_of(c)->l, "hello", NULL, NULL, NULL, ds);
}

static int
kube_check_rights(struct runtime_chain *c, struct diags *ds)
{
	return sup_chain_call(&kube_of(c)->l, "rights", NULL, NULL, NULL, ds);
}

/* The agent listens here for each port and passes on what comes. */
static char *
kube_reach(struct runtime_chain *c, const char *process, const char *port,
	   struct diags *ds)
{
	unsigned n = runtime_port(c, process, port, ds);

	if (!n ||
	    sup_chain_call(&kube_of(c)->l, "reach",
			   json_pack("{s:i}", "port", (int)n), NULL, NULL, ds))
		return NULL;
	return xasprintf("127.0.0.1:%u", n);
}

const struct runtime runtime_kubernetes = {
	.name = "kubernetes",
	.elsewhere = true,
	.open = kube_open,
	.close = kube_close,
	.reachable = kube_reachable,
	.check_rights = kube_check_rights,
	.log_place = kube_log_place,
	.attend = kube_attend,
	.put = sup_chain_put,
	.give_secrets = sup_chain_give_secrets,
	.start = sup_chain_start,
	.stop = sup_chain_stop,
	.suspend = kube_suspend,
	.restart = sup_chain_restart,
	.pause = sup_chain_pause,
	.wait_ready = sup_chain_wait_ready,
	.wait_gate = sup_chain_wait_gate,
	.status = kube_status,
	.recall = kube_recall,
	.remove = kube_remove,
	.log_seek = kube_log_seek,
	.log_read = kube_log_read,
	.move_volume = kube_move_volume,
	.reach = kube_reach,
};
