#include "providers/health/metrics.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

struct job {
	const struct health_metrics *in;
	struct prom p;
};

static void
gauge(struct job *j, const char *name, const char *help)
{
	prom_family(&j->p, name, "gauge", help);
}

/* A gauge without labels, if it is known. */
static void
metrics_put_int(struct job *j, const char *name, const char *help,
		const json_t *v)
{
	gauge(j, name, help);
	if (json_is_boolean(v))
		prom_int(&j->p, json_is_true(v), NULL);
	else if (json_is_integer(v))
		prom_int(&j->p, json_integer_value(v), NULL);
}

/* --- what answers --- */

static void
put_answers(struct job *j, const json_t *peek, const char *name)
{
	if (jx_get(peek, "answer") || jx_get(peek, "error"))
		prom_int(&j->p, jx_get(peek, "answer") != NULL, "endpoint",
			 name, NULL);
}

static void
put_sequencers(struct job *j)
{
	const json_t *s = jx_get(j->in->view, "sequencers"), *v;
	size_t i;

	gauge(j, "opl2_sequencer_leads",
	      "Of several sequencers: whether it is the one that makes "
	      "blocks.");
	json_array_foreach(jx_get(s, "members"), i, v)
		if (jx_get(v, "leads"))
			prom_int(&j->p, jx_bool(v, "leads", false), "process",
				 jx_str(v, "name", "?"), NULL);
	gauge(j, "opl2_sequencer_healthy",
	      "Whether its conductor takes it for fit to make blocks.");
	json_array_foreach(jx_get(s, "members"), i, v)
		if (jx_get(v, "healthy"))
			prom_int(&j->p, jx_bool(v, "healthy", false), "process",
				 jx_str(v, "name", "?"), NULL);
	metrics_put_int(j, "opl2_sequencer_voters",
			"Members of the cluster, by the leader's word.",
			jx_get(s, "voters"));
}

static void
put_endpoints(struct job *j)
{
	static const char *const lists[] = { "nodes", "engines", "conductors" };
	const json_t *seen = j->in->seen, *da = jx_get(seen, "da"), *v;
	const char *name;
	json_t *n;
	size_t i, k;

	gauge(j, "opl2_endpoint_up",
	      "Whether it answers; stopped processes are not checked.");
	put_answers(j, jx_get(seen, "l1"), "l1");
	for (k = 0; k < COUNTOF(lists); k++)
		json_array_foreach(jx_get(seen, lists[k]), i, v)
			put_answers(j, v, jx_str(v, "name", "?"));
	put_answers(j, da, jx_str(da, "name", "da"));
	gauge(j, "opl2_da_response_seconds",
	      "How long the DA server took to answer.");
	v = jx_get(jx_get(j->in->view, "da"), "ms");
	if (v)
		prom_milli(&j->p, json_integer_value(v), NULL);
	gauge(j, "opl2_peers", "Peers of a node.");
	v = jx_get(j->in->view, "peers");
	json_object_foreach((json_t *)(uintptr_t)v, name, n)
		prom_int(&j->p, json_integer_value(n), "process", name, NULL);
}

/* --- heads --- */

static void
put_heads(struct job *j)
{
	static const char *const heads[] = { "l1", "l1_finalized", "unsafe",
					     "safe", "finalized" };
	const json_t *from = jx_get(j->in->view, "heads"), *h;
	size_t i;

	gauge(j, "opl2_head_block_number",
	      "Newest block of the L1 and of the L2, by finality.");
	for (i = 0; i < COUNTOF(heads); i++)
		if ((h = jx_get(from, heads[i])))
			prom_int(&j->p, jx_int(h, "number", 0), "head",
				 heads[i], NULL);
	gauge(j, "opl2_head_timestamp_seconds", "Time of that block.");
	for (i = 0; i < COUNTOF(heads); i++)
		if ((h = jx_get(from, heads[i])))
			prom_int(&j->p, j->in->now - jx_int(h, "lag_s", 0),
				 "head", heads[i], NULL);
	gauge(j, "opl2_head_lag_seconds", "How old that block is.");
	for (i = 0; i < COUNTOF(heads); i++)
		if ((h = jx_get(from, heads[i])))
			prom_int(&j->p, jx_int(h, "lag_s", 0), "head", heads[i],
				 NULL);
}

static void
put_l1_fork(struct job *j)
{
	const json_t *f = jx_get(j->in->view, "l1_fork");
	const json_t *next = jx_get(f, "next");
	const json_t *followed = jx_get(next, "followed");

	metrics_put_int(j, "opl2_l1_fork_follow",
			"Whether the node programs support the L1's current "
			"fork; if not, the safe head does not advance.",
			jx_get(f, "followed"));
	gauge(j, "opl2_l1_next_fork_time_seconds",
	      "When the L1 upgrades to its next fork, as Unix time, and "
	      "whether the node programs support it.");
	if (next)
		prom_int(&j->p, jx_int(next, "time", 0), "fork",
			 jx_str(next, "name", "?"), "followed",
			 !followed                ? "unknown"
			 : json_is_true(followed) ? "1"
						  : "0",
			 NULL);
}

static void
put_replicas(struct job *j)
{
	const json_t *list = jx_get(j->in->view, "replicas"), *v;
	size_t i;

	gauge(j, "opl2_replica_safe_block_number",
	      "Safe head of an additional node.");
	json_array_foreach(list, i, v)
		prom_int(&j->p, jx_int(v, "safe", 0), "process",
			 jx_str(v, "name", "?"), NULL);
	gauge(j, "opl2_replica_behind_blocks",
	      "How far its safe head is behind that of the chain's node.");
	json_array_foreach(list, i, v)
		if (jx_get(v, "behind"))
			prom_int(&j->p, jx_int(v, "behind", 0), "process",
				 jx_str(v, "name", "?"), NULL);
}

static void
put_l2_forks(struct job *j)
{
	const char *name;
	json_t *v;

	gauge(j, "opl2_l2_fork_time_seconds",
	      "Scheduled time of a fork of the L2.");
	json_object_foreach(
		(json_t *)(uintptr_t)jx_get(j->in->seen, "l2_forks"), name, v)
		prom_int(&j->p, json_integer_value(v), "fork", name, NULL);
}

/* --- batches, outputs --- */

static void
put_batches(struct job *j)
{
	const json_t *b = jx_get(j->in->view, "batches");
	const json_t *last = jx_get(b, "last"), *left;

	metrics_put_int(j, "opl2_batch_last_l1_block_number",
			"L1 block of the newest batch.", jx_get(last, "block"));
	metrics_put_int(j, "opl2_batch_last_age_seconds",
			"How long ago that block was.", jx_get(last, "age_s"));
	metrics_put_int(j, "opl2_batch_waiting_blocks",
			"L2 blocks that are not safe yet.",
			jx_get(b, "waiting"));
	metrics_put_int(
		j, "opl2_sequencing_window_blocks",
		"Number of L1 blocks within which a block must be in a batch.",
		jx_get(b, "window"));
	gauge(j, "opl2_sequencing_window_left_ratio",
	      "Share of it that is left for the oldest block that is not "
	      "safe.");
	left = jx_get(b, "window_left_percent");
	if (left)
		prom_milli(&j->p, json_integer_value(left) * 10, NULL);
}

static void
put_output(struct job *j)
{
	const json_t *o = jx_get(j->in->view, "output");
	const char *kind = jx_str(o, "kind", NULL);

	gauge(j, "opl2_output_info",
	      "How outputs are posted to the L1: oracle or games.");
	if (kind)
		prom_int(&j->p, 1, "kind", kind, NULL);
	metrics_put_int(j, "opl2_output_index",
			"Number of the newest output or game.",
			jx_get(o, "index"));
	metrics_put_int(j, "opl2_output_block_number",
			"L2 block of the newest output or game.",
			jx_get(o, "block"));
	metrics_put_int(j, "opl2_output_age_seconds",
			"How long ago it was made.", jx_get(o, "age_s"));
	metrics_put_int(j, "opl2_output_matches",
			"Whether it is what the node computes; 0 is an alarm.",
			jx_get(o, "matches"));
	metrics_put_int(j, "opl2_output_next_block_number",
			"L2 block that the next output is for.",
			jx_get(o, "next_block"));
	metrics_put_int(j, "opl2_output_due_seconds",
			"Time until the next one is due; 0 if it is due.",
			jx_get(o, "due_s"));
	metrics_put_int(j, "opl2_output_overdue_seconds",
			"For how long it has been due.",
			jx_get(o, "overdue_s"));
}

/* --- money --- */

/* Wei, as text, in ether. */
static const char *
metrics_ether(const json_t *from, const char *key, char *text, size_t n)
{
	struct u256 v;

	if (u256_parse(jx_str(from, key, ""), &v))
		return NULL;
	ether_format(&v, text, n);
	text[strspn(text, "0123456789.")] = '\0'; /* the unit */
	return text;
}

static void
put_ether(struct job *j, const char *name, const char *help, const char *key)
{
	const json_t *v;
	const char *number;
	char text[96];
	size_t i;

	gauge(j, name, help);
	json_array_foreach(jx_get(j->in->view, "balances"), i, v) {
		number = metrics_ether(v, key, text, sizeof(text));
		if (number)
			prom_text(&j->p, number, "process",
				  jx_str(v, "process", ""), "role",
				  jx_str(v, "role", ""), "address",
				  jx_str(v, "address", ""), NULL);
	}
}

#define LONG_HOURS (100 * 365 * 24) /* more says nothing more */

static int64_t
lasts(const json_t *balance)
{
	int64_t hours = jx_int(balance, "hours_left", 0);

	return (hours < LONG_HOURS ? hours : LONG_HOURS) * 3600;
}

static void
put_balances(struct job *j)
{
	const json_t *v;
	size_t i;

	put_ether(j, "opl2_account_balance_ether",
		  "L1 balance of an account that pays on the L1.", "wei");
	put_ether(j, "opl2_account_spend_ether_per_day",
		  "Spending of the account, from the last 120 L1 blocks.",
		  "wei_per_day");
	gauge(j, "opl2_account_lasts_seconds",
	      "How long the balance lasts at that rate; at most 100 years.");
	json_array_foreach(jx_get(j->in->view, "balances"), i, v)
		if (jx_get(v, "hours_left"))
			prom_int(&j->p, lasts(v), "process",
				 jx_str(v, "process", ""), "role",
				 jx_str(v, "role", ""), "address",
				 jx_str(v, "address", ""), NULL);
}

/* --- in all --- */

static void
put_summary(struct job *j)
{
	const json_t *list = jx_get(j->in->view, "problems");
	const json_t *want = jx_get(j->in->seen, "expected");
	const json_t *id = jx_get(want, "l2_chain_id");
	char text[24];

	gauge(j, "opl2_build_info", "The version of opl2.");
	prom_int(&j->p, 1, "version", j->in->version, NULL);
	gauge(j, "opl2_chain_info", "Which chain this is.");
	if (json_is_integer(id)) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)json_integer_value(id));
		prom_int(&j->p, 1, "l2_chain_id", text, "genesis",
			 jx_str(want, "genesis", ""), NULL);
	}
	gauge(j, "opl2_look_timestamp_seconds",
	      "When these values were collected.");
	prom_int(&j->p, j->in->now, NULL);
	gauge(j, "opl2_healthy", "Whether opl2 status exits with status 0.");
	prom_int(&j->p, j->in->healthy, NULL);
	gauge(j, "opl2_problems",
	      "How many problems of the chain opl2 status lists.");
	if (list)
		prom_int(&j->p, (int64_t)json_array_size(list), NULL);
}

void
health_metrics(const struct health_metrics *in, struct buf *out)
{
	struct job j = { .in = in, .p = { .out = out } };

	put_summary(&j);
	health_metrics_procs(&j.p, in->status);
	put_endpoints(&j);
	put_sequencers(&j);
	put_heads(&j);
	put_l1_fork(&j);
	put_replicas(&j);
	put_l2_forks(&j);
	put_batches(&j);
	put_output(&j);
	put_balances(&j);
}
