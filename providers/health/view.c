#include "providers/health/view.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/role.h"
#include "providers/health/games.h"
#include "providers/health/l1_fork.h"
#include "providers/health/outputs.h"
#include "providers/health/sequencers.h"

struct view_job {
	const json_t *seen;
	json_t *out, *problems; /* problems is of out */
	int64_t now;
};

static void problem(struct view_job *h, const char *what, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void
problem(struct view_job *h, const char *what, const char *fmt, ...)
{
	struct buf b = BUF_INIT(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	json_array_append_new(h->problems, json_pack("{s:s, s:s}", "what", what,
						     "text", buf_str(&b)));
	buf_done(&b);
}

static void
view_put(json_t *to, const char *key, const json_t *v)
{
	if (v)
		json_object_set_new(to, key, jx_share(v));
}

static void
view_put_int(json_t *to, const char *key, int64_t v)
{
	json_object_set_new(to, key, json_integer((json_int_t)v));
}

static int64_t
since(const struct view_job *h, int64_t time)
{
	return h->now > time ? h->now - time : 0;
}

/* The answer of a peek; NULL after having noted why there is none. */
static const json_t *
answer_of(struct view_job *h, const json_t *peek, const char *what)
{
	const char *error = jx_str(peek, "error", NULL);

	if (error)
		problem(h, what, "%s", error);
	if (jx_bool(peek, "stopped", false))
		json_array_append_new(json_object_get(h->out, "stopped"),
				      json_string(what));
	return jx_get(peek, "answer");
}

/* --- heads --- */

/* A head by the node's word: {number, timestamp} of it, or of the L1 itself:
 * {number, time}. One that is all zero is not known yet. */
static int64_t
view_put_head(struct view_job *h, const char *key, const json_t *head)
{
	int64_t time = jx_int(head, "timestamp", jx_int(head, "time", 0));

	if (time == 0)
		return -1;
	json_object_set_new(json_object_get(h->out, "heads"), key,
			    json_pack("{s:I, s:I}", "number",
				      (json_int_t)jx_int(head, "number", 0),
				      "lag_s", (json_int_t)since(h, time)));
	return since(h, time);
}

static void
view_l1(struct view_job *h, const json_t *l1)
{
	int64_t lag = view_put_head(h, "l1", jx_get(l1, "latest"));

	view_put_head(h, "l1_finalized", jx_get(l1, "finalized"));
	if (lag > HEALTH_L1_LAG_S)
		problem(h, "l1", "its newest block is %llds old",
			(long long)lag);
}

bool
health_rederives(const json_t *node)
{
	return jx_int(node, "up_s", INT64_MAX) < HEALTH_REDERIVE_S;
}

static void
view_window(struct view_job *h, const json_t *peek, json_t *batches)
{
	const json_t *node = jx_get(peek, "answer");
	const json_t *sync = jx_get(node, "sync");
	int64_t size = jx_int(node, "seq_window", 0), left;
	int64_t head = jx_int(jx_get(sync, "head_l1"), "number", 0);
	int64_t origin = jx_int(jx_get(jx_get(sync, "safe_l2"), "l1origin"),
				"number", 0);

	if (size <= 0 || head == 0)
		return;
	left = origin + size > head ? (origin + size - head) * 100 / size : 0;
	view_put_int(batches, "window", size);
	if (left < HEALTH_WINDOW_LEFT && health_rederives(peek))
		return;
	view_put_int(batches, "window_left_percent", left);
	if (left < HEALTH_WINDOW_LEFT)
		problem(h, "batches",
			"the safe head comes from L1 block %lld, %lld%% of the "
			"sequencing window of %lld is left",
			(long long)origin, (long long)left, (long long)size);
}

static void
view_sequencer(struct view_job *h, const json_t *peek, const char *name)
{
	const json_t *node = jx_get(peek, "answer");
	const json_t *sync = jx_get(node, "sync");
	int64_t limit = 10 * jx_int(node, "block_time", 0), lag;
	json_t *batches = json_object_get(h->out, "batches");

	lag = view_put_head(h, "unsafe", jx_get(sync, "unsafe_l2"));
	view_put_head(h, "safe", jx_get(sync, "safe_l2"));
	view_put_head(h, "finalized", jx_get(sync, "finalized_l2"));
	if (limit < HEALTH_UNSAFE_LAG_S)
		limit = HEALTH_UNSAFE_LAG_S;
	if (lag > limit)
		problem(h, name, "the L2's newest block is %llds old",
			(long long)lag);
	view_put_int(batches, "waiting",
		     jx_int(jx_get(sync, "unsafe_l2"), "number", 0) -
			     jx_int(jx_get(sync, "safe_l2"), "number", 0));
	view_window(h, peek, batches);
}

static void
view_replica(struct view_job *h, const json_t *node, const char *name,
	     int64_t safe)
{
	const json_t *sync = jx_get(node, "sync");
	int64_t own = jx_int(jx_get(sync, "safe_l2"), "number", 0);
	json_t *one = json_pack(
		"{s:s, s:I, s:I}", "name", name, "unsafe",
		(json_int_t)jx_int(jx_get(sync, "unsafe_l2"), "number", 0),
		"safe", (json_int_t)own);

	if (safe >= 0)
		view_put_int(one, "behind", safe > own ? safe - own : 0);
	json_array_append_new(json_object_get(h->out, "replicas"), one);
}

/* The first is the one that makes blocks, or that the chain has in its place;
 * those after it follow. */
static void
view_nodes(struct view_job *h)
{
	json_t *peers = json_object_get(h->out, "peers");
	int64_t safe = -1;
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(h->seen, "nodes"), i, v) {
		const char *name = jx_str(v, "name", role_name(ROLE_NODE));
		const json_t *node = answer_of(h, v, name);

		if (!node)
			continue;
		view_put(peers, name, jx_get(node, "peers"));
		if (i > 0) {
			view_replica(h, node, name, safe);
			continue;
		}
		view_sequencer(h, v, name);
		safe = jx_int(jx_at(node, "/sync/safe_l2"), "number", -1);
	}
}

static void
view_sequencers(struct view_job *h)
{
	json_t *s = health_sequencers(h->seen);
	const json_t *v;
	size_t i;

	if (!s)
		return;
	json_array_foreach(jx_get(h->seen, "conductors"), i, v)
		(void)answer_of(h, v, jx_str(v, "name", "?"));
	json_array_foreach(jx_get(s, "problems"), i, v)
		problem(h, jx_str(v, "what", "?"), "%s", jx_str(v, "text", ""));
	json_object_del(s, "problems");
	json_object_set_new(h->out, "sequencers", s);
}

static void
view_engines(struct view_job *h)
{
	const char *want = jx_str(jx_get(h->seen, "expected"), "genesis", NULL);
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(h->seen, "engines"), i, v) {
		const char *name = jx_str(v, "name", role_name(ROLE_ENGINE));
		const json_t *node = answer_of(h, v, name);
		const char *got = jx_str(node, "genesis", NULL);

		view_put(json_object_get(h->out, "peers"), name,
			 jx_get(node, "peers"));
		if (got && want && strcasecmp(got, want) != 0)
			problem(h, name, "its block 0 is %s, not %s", got,
				want);
	}
}

/* --- outputs, batches, balances --- */

static void
view_due(struct view_job *h, const json_t *from, json_t *o)
{
	const json_t *node =
		jx_get(json_array_get(jx_get(h->seen, "nodes"), 0), "answer");
	struct outputs_due due;

	if (!outputs_due(from, node,
			 jx_int(jx_get(h->seen, "proposals"), "interval_s", 0),
			 h->now, &due))
		return;
	view_put_int(o, "due_s", due.seconds > 0 ? due.seconds : 0);
	view_put_int(o, "overdue_s", due.seconds < 0 ? -due.seconds : 0);
	if (due.made)
		json_object_set_new(o, "waits_for_safe", json_true());
	if (due.behind)
		view_put_int(o, "behind", due.behind);
	if (due.caught_up)
		view_put_int(o, "caught_up_s", due.caught_up);
	if (due.late)
		problem(h, "outputs", "the next one is %llds overdue",
			(long long)-due.seconds);
}

static void
view_output(struct view_job *h, const json_t *l1)
{
	const json_t *from = jx_get(l1, "output");
	const json_t *computed = jx_at(h->seen, "/computed/answer");
	const char *root = jx_str(from, "root", NULL);
	const char *own = jx_str(computed, "output_root", NULL);
	json_t *o;
	bool same;

	if (!from || !jx_get(h->seen, "proposals"))
		return;
	o = json_copy((json_t *)(uintptr_t)from);
	json_object_set_new(h->out, "output", o);
	if (jx_get(from, "time"))
		view_put_int(o, "age_s", since(h, jx_int(from, "time", 0)));
	json_object_del(o, "time");
	json_object_del(o, "times");
	if (root && own) {
		same = !strcasecmp(root, own);
		json_object_set_new(o, "matches", json_boolean(same));
		if (!same && health_output_is_own(h->seen))
			problem(h, "outputs",
				"the output of block %lld is %s, but the node "
				"computes %s",
				(long long)jx_int(from, "block", 0), root, own);
	}
	view_due(h, from, o);
}

static void
view_claims(struct view_job *h)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(h->seen, "claims"), i, v) {
		CLEANUP(freep) char *text = health_bad_claim(h->seen, v);

		if (text)
			problem(h, "games", "%s", text);
	}
}

static void
view_sent(struct view_job *h, const json_t *l1)
{
	json_t *batches = json_object_get(h->out, "batches");
	const json_t *sent = jx_get(l1, "sent");

	view_put(batches, "looked_back", jx_get(l1, "looked_back"));
	if (sent)
		json_object_set_new(
			batches, "last",
			json_pack(
				"{s:I, s:I}", "block",
				(json_int_t)jx_int(sent, "block", 0), "age_s",
				(json_int_t)since(h, jx_int(sent, "time", 0))));
}

static void
view_balances(struct view_job *h, const json_t *l1)
{
	const json_t *accounts = jx_get(l1, "accounts"), *sender;
	size_t i;

	json_array_foreach(jx_get(h->seen, "senders"), i, sender) {
		const json_t *a = json_array_get(accounts, i);
		const char *wei = jx_str(a, "balance", NULL);
		int64_t hours = jx_int(a, "hours_left", -1);
		json_t *one = json_copy((json_t *)(uintptr_t)sender);

		if (!wei) {
			json_decref(one);
			continue;
		}
		view_put(one, "wei", jx_get(a, "balance"));
		view_put(one, "wei_per_day", jx_get(a, "burn_per_day"));
		view_put(one, "hours_left", jx_get(a, "hours_left"));
		json_array_append_new(json_object_get(h->out, "balances"), one);
		if (!strcmp(wei, "0"))
			problem(h, jx_str(sender, "process", "?"),
				"its account %s has no ether",
				jx_str(sender, "address", "?"));
		else if (hours >= 0 && hours < HEALTH_HOURS_LEFT)
			problem(h, jx_str(sender, "process", "?"),
				"the balance of its account %s lasts for %lldh",
				jx_str(sender, "address", "?"),
				(long long)hours);
	}
}

/* What runs in front of one is silent for its sake. */
static void
view_services(struct view_job *h)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(h->seen, "services"), i, v)
		(void)answer_of(h, v, jx_str(v, "name", "?"));
}

/* Is the server away that batches go to, and told as such? */
static bool
store_is_away(const struct view_job *h)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(h->seen, "services"), i, v)
		if (jx_get(v, "error") &&
		    strcmp(jx_str(v, "type", ""), "beacon"))
			return true;
	return false;
}

static void
view_da(struct view_job *h)
{
	const json_t *peek = jx_get(h->seen, "da"), *answer;
	const char *name = jx_str(peek, "name", "DA server");

	/* It is the same server, or one in front of it. */
	if (!peek || (jx_get(peek, "error") && store_is_away(h)))
		return;
	answer = answer_of(h, peek, name);
	if (answer)
		json_object_set_new(h->out, "da",
				    json_pack("{s:s, s:O}", "name", name, "ms",
					      json_object_get(answer, "ms")));
}

/* --- forks of the L1 --- */

static void
problem_of_next(struct view_job *h, const json_t *f, const json_t *next)
{
	const char *use = jx_str(f, "use", "programs of a newer opl2");
	char when[CLOCK_MINUTE];

	if (jx_bool(next, "followed", true) ||
	    jx_int(next, "in_s", 0) >= HEALTH_FORK_SOON_S)
		return;
	utc_minute(jx_int(next, "time", 0), when);
	problem(h, "l1",
		"it upgrades to %s at %s, but programs %s support it only up "
		"to %s: change programs to %s",
		jx_str(next, "name", "?"), when, jx_str(f, "programs", "?"),
		jx_str(f, "follows", "?"), use);
}

static void
view_l1_fork(struct view_job *h)
{
	json_t *f = health_l1_fork(h->seen);
	const char *now = jx_str(f, "now", "?");
	const json_t *stopped = jx_get(f, "stopped"), *v;
	size_t i;

	if (!f)
		return;
	json_object_set_new(h->out, "l1_fork", f);
	problem_of_next(h, f, jx_get(f, "next"));
	if (jx_bool(f, "followed", true))
		return;
	problem(h, "l1",
		"it is at %s, but programs %s support it only up to %s", now,
		jx_str(f, "programs", "?"), jx_str(f, "follows", "?"));
	json_array_foreach(stopped, i, v)
		problem(h, jx_str(v, "name", role_name(ROLE_NODE)),
			"it stopped following the L1 at block %lld, the last "
			"before %s",
			(long long)jx_int(v, "block", 0),
			jx_str(v, "fork", "?"));
}

static void
view_forks(struct view_job *h)
{
	const json_t *times = jx_get(h->seen, "l2_forks"), *v;
	const char *name, *active = NULL, *next = NULL;
	int64_t since_s = 0, at = INT64_MAX, t;
	json_t *forks = json_object();

	json_object_foreach((json_t *)(uintptr_t)times, name, v) {
		t = json_integer_value(v);
		if (t <= h->now && t > since_s) {
			active = name;
			since_s = t;
		} else if (t > h->now && t < at) {
			next = name;
			at = t;
		}
	}
	if (active)
		json_object_set_new(forks, "active", json_string(active));
	if (next)
		json_object_set_new(forks, "next",
				    json_pack("{s:s, s:I, s:I}", "name", next,
					      "time", (json_int_t)at, "in_s",
					      (json_int_t)(at - h->now)));
	if (json_object_size(forks))
		json_object_set(h->out, "forks", forks);
	json_decref(forks);
}

json_t *
health_view(const json_t *seen)
{
	struct view_job h = { .seen = seen,
			      .now = jx_int(seen, "now", 0),
			      .problems = json_array() };
	const json_t *l1;

	h.out = json_pack("{s:o, s:{}, s:{}, s:[], s:[], s:{}, s:[]}",
			  "problems", h.problems, "heads", "batches",
			  "balances", "replicas", "peers", "stopped");
	l1 = answer_of(&h, jx_get(seen, "l1"), "l1");
	if (l1)
		view_l1(&h, l1);
	view_l1_fork(&h);
	view_nodes(&h);
	view_sequencers(&h);
	view_engines(&h);
	view_services(&h);
	view_da(&h);
	view_forks(&h);
	if (l1) {
		view_output(&h, l1);
		view_claims(&h);
		view_sent(&h, l1);
		view_balances(&h, l1);
	}
	return h.out;
}
