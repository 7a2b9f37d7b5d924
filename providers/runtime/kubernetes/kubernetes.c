/*
 * kubernetes: the processes of a chain in pods of a cluster. What reaches the
 * cluster is `opl2-worker --cluster`, which speaks the supervisor's protocol
 * and lives as long as somebody is connected to it.
 */
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

struct kube_chain {
	struct sup_chain l; /* first: one is the other */
	/* The log that is read: what was not given out yet, and the time of
	 * its last line. */
	char *log_name, *since;
	struct buf text;
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
	buf_init(&k->text, LOG_TEXT_MAX);
	*out = &k->l.c;
	return 0;
}

static void
kube_close(struct runtime_chain *c)
{
	struct kube_chain *k = kube_of(c);

	free(k->log_name);
	free(k->since);
	buf_done(&k->text);
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

static int
kube_status(struct runtime_chain *c, const json_t *names, bool asked UNUSED,
	    struct runtime_status **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *answer = NULL;
	struct runtime_status *st;

	if (sup_chain_call(&kube_of(c)->l, "status", sup_chain_named(names),
			   NULL, &answer, ds))
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
	if (sup_chain_call(&kube_of(c)->l, "recall", jx_share(args), NULL,
			   &answer, ds))
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
fetch_log(struct kube_chain *k, const char *name, uint64_t lines,
	  struct diags *ds)
{
	CLEANUP(put_json) json_t *answer = NULL;
	json_t *args = json_pack("{s:s, s:I, s:s*}", "name", name, "lines",
				 (json_int_t)lines, "since", k->since);
	const char *text;

	if (sup_chain_call(&k->l, "log", args, NULL, &answer, ds))
		return -1;
	text = jx_str(answer, "text", "");
	buf_add(&k->text, text, strlen(text));
	free(k->since);
	k->since = xstrdup(jx_str(answer, "since", ""));
	return 0;
}

static void
forget_log(struct kube_chain *k, const char *name)
{
	buf_reset(&k->text);
	free(k->since);
	k->since = NULL;
	free(k->log_name);
	k->log_name = xstrdup(name);
}

static int
kube_log_seek(struct runtime_chain *c, const char *name, uint64_t lines,
	      uint64_t bytes, int64_t *at, struct diags *ds)
{
	struct kube_chain *k = kube_of(c);

	*at = 0;
	forget_log(k, name);
	if (fetch_log(k, name, lines, ds))
		return -1;
	if (bytes && k->text.n > bytes)
		buf_drop(&k->text, k->text.n - bytes);
	return 0;
}

static ssize_t
kube_log_read(struct runtime_chain *c, const char *name, int64_t *at, char *to,
	      size_t n)
{
	struct kube_chain *k = kube_of(c);
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	if (!k->log_name || strcmp(k->log_name, name) != 0)
		forget_log(k, name);
	if (k->text.n == 0 && fetch_log(k, name, 0, &quiet))
		return 0; /* its pod is just being replaced */
	if (n > k->text.n)
		n = k->text.n;
	memcpy(to, buf_str(&k->text), n);
	buf_drop(&k->text, n);
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
