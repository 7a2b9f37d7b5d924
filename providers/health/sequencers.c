#include "providers/health/sequencers.h"

#include <stdarg.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/voters.h"

/* op-conductor takes a sequencer with an older head for unhealthy: the presets'
 * healthcheck.unsafe-interval. */
#define OLD_HEAD_S 5

struct seq_job {
	const json_t *seen;
	json_t *out, *members, *problems; /* of out */
	size_t leaders, asked, silent;
};

static void seq_problem(struct seq_job *j, const char *code, const char *what,
			const char *fmt, ...) PRINTF_LIKE(4, 5);

static void
seq_problem(struct seq_job *j, const char *code, const char *what,
	    const char *fmt, ...)
{
	struct buf b = BUF_INIT(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	json_array_append_new(j->problems,
			      json_pack("{s:s, s:s, s:s}", "code", code, "what",
					what, "text", buf_str(&b)));
	buf_done(&b);
}

static const json_t *
node_named(const struct seq_job *j, const char *name)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(j->seen, "nodes"), i, v)
		if (!strcmp(jx_str(v, "name", ""), name))
			return v;
	return NULL;
}

/* Why its conductor takes an op-node for unhealthy. */
static void
unhealthy(struct seq_job *j, const char *name, const char *node)
{
	const json_t *peek = node_named(j, node);
	const json_t *answer = jx_get(peek, "answer");
	int64_t now = jx_int(j->seen, "now", 0);
	int64_t made =
		jx_int(jx_at(answer, "/sync/unsafe_l2"), "timestamp", now);

	if (!answer)
		seq_problem(j, "W1427", name,
			    "its sequencer is unhealthy: %s %s", node,
			    jx_bool(peek, "stopped", false)
				    ? "is stopped"
				    : "does not answer");
	else if (now - made > OLD_HEAD_S)
		seq_problem(j, "W1427", name,
			    "its sequencer is unhealthy: the newest block of "
			    "%s is %llds old",
			    node, (long long)(now - made));
	else if (jx_int(answer, "peers", 1) == 0)
		seq_problem(j, "W1427", name,
			    "its sequencer is unhealthy: %s has no peers",
			    node);
	else
		seq_problem(j, "W1427", name,
			    "its sequencer is unhealthy; its log says why");
}

static void
member(struct seq_job *j, const json_t *peek)
{
	const json_t *a = jx_get(peek, "answer");
	const char *name = jx_str(peek, "name", "?");
	const char *node = jx_str(peek, "node", "its op-node");
	json_t *one = json_pack("{s:s, s:s}", "name", name, "node", node);
	static const char *const keys[] = { "leads", "healthy", "paused" };

	json_array_append_new(j->members, one);
	j->asked++;
	if (!a) {
		j->silent++;
		return;
	}
	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (jx_get(a, keys[i]))
			json_object_set_new(one, keys[i],
					    jx_share(jx_get(a, keys[i])));
	if (!jx_bool(a, "healthy", true))
		unhealthy(j, name, node);
	if (jx_bool(a, "paused", false))
		seq_problem(j, "W1428", name,
			    "it is paused: it neither starts nor stops its "
			    "sequencer");
	if (!jx_bool(a, "leads", false))
		return;
	j->leaders++;
	json_object_set_new(j->out, "leader", json_string(name));
	json_object_set_new(j->out, "makes", json_string(node));
	if (jx_get(a, "servers")) {
		CLEANUP(put_json)
		json_t *voters = voters_of_servers(jx_get(a, "servers"));

		json_object_set_new(
			j->out, "voters",
			json_integer((json_int_t)json_array_size(voters)));
	}
}

static void
cluster(struct seq_job *j)
{
	int64_t voters = jx_int(j->out, "voters", -1);

	if (j->leaders > 1) {
		seq_problem(j, "E1426", "sequencers",
			    "%zu conductors say that they lead", j->leaders);
		json_object_del(j->out, "leader");
		json_object_del(j->out, "makes");
		json_object_del(j->out, "voters");
	} else if (j->leaders == 0 && j->silent < j->asked) {
		seq_problem(j, "E1425", "sequencers",
			    "no conductor leads, %zu of %zu answer: the L2 "
			    "makes no blocks",
			    j->asked - j->silent, j->asked);
	} else if (voters >= 0 && (size_t)voters != j->asked) {
		seq_problem(j, "W1429", "sequencers",
			    "the cluster has %lld members, the chain has %zu "
			    "conductors",
			    (long long)voters, j->asked);
	} else if (j->leaders == 1 &&
		   2 * (j->asked - j->silent) <= j->asked + 1 && j->asked > 2) {
		seq_problem(j, "W1427", "sequencers",
			    "%zu of %zu conductors answer: if one more fails, "
			    "the L2 makes no blocks",
			    j->asked - j->silent, j->asked);
	}
}

json_t *
health_sequencers(const json_t *seen)
{
	struct seq_job j = { .seen = seen };
	const json_t *list = jx_get(seen, "conductors"), *v;
	size_t i;

	if (json_array_size(list) == 0)
		return NULL;
	j.members = json_array();
	j.problems = json_array();
	j.out = json_pack("{s:o, s:o, s:I}", "members", j.members, "problems",
			  j.problems, "conductors",
			  (json_int_t)json_array_size(list));
	json_array_foreach(list, i, v)
		member(&j, v);
	cluster(&j);
	return j.out;
}
