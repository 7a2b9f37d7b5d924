/*
 * conductor_cluster: the effect half. Only the leader changes who is a member,
 * and who is leader changes at any time: each round looks anew, does the first
 * thing that is missing, and looks again.
 */
#include <string.h>
#include <time.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/facts/voters.h"

#define TOTAL_S    180
#define DISSOLVE_S 60
#define ROUND_MS   500
#define SAY_EACH   6
/* For so long a conductor may start block building by itself. */
#define START_S 30

/* What a round saw. */
struct sight {
	const json_t *leader; /* of members, or NULL */
	json_t *voters;
	size_t answered;
	int64_t head;       /* of the leader's op-node, or -1 */
	int64_t best;       /* the highest of all */
	const char *block;  /* hash of the leader's head; arena */
	bool active;        /* the leader's op-node makes blocks */
	bool paused;        /* the leader is */
	const json_t *held; /* a member that is paused, or NULL */
	json_t *paused_ids; /* of all that are */
};

static void
sight_done(struct sight *s)
{
	json_decref(s->voters);
	json_decref(s->paused_ids);
}

/* An answer, or NULL: nobody spoke, or refused. why: MAY, arena. */
static json_t *
ask(struct effect_ctx *ctx, const struct effect_op *op, const json_t *member,
    const char *at, const char *method, json_t *params, const char **why)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc =
		effect_rpc_quick_value(ctx, op, jx_get(member, at), 0);
	json_t *answer = NULL;
	enum rpc_status st;

	if (!rpc) {
		json_decref(params);
		return NULL;
	}
	st = rpc_call(rpc, method, params, &answer, NULL);
	if (st == RPC_OK)
		return answer;
	if (why)
		*why = arena_printf(ctx->arena, "%s of '%s': %s", method,
				    jx_str(member, "id", ""),
				    st == RPC_ERROR ? rpc_error(rpc)->message
						    : "no answer");
	return NULL;
}

static bool
is_yes(struct effect_ctx *ctx, const struct effect_op *op, const json_t *member,
       const char *at, const char *method)
{
	CLEANUP(put_json)
	json_t *v = ask(ctx, op, member, at, method, NULL, NULL);

	return json_is_true(v);
}

static void
look_at_node(struct effect_ctx *ctx, const struct effect_op *op,
	     const json_t *member, struct sight *s)
{
	CLEANUP(put_json)
	json_t *sync =
		ask(ctx, op, member, "node", "optimism_syncStatus", NULL, NULL);
	const json_t *unsafe = jx_get(sync, "unsafe_l2");
	int64_t head = jx_int(unsafe, "number", -1);

	if (head > s->best)
		s->best = head;
	if (member != s->leader)
		return;
	s->head = head;
	s->block = arena_strdup(ctx->arena, jx_str(unsafe, "hash", ""));
	s->active = is_yes(ctx, op, member, "node", "admin_sequencerActive");
}

static void
look_at(struct effect_ctx *ctx, const struct effect_op *op,
	const json_t *member, struct sight *s)
{
	CLEANUP(put_json)
	json_t *leads = ask(ctx, op, member, "conductor", "conductor_leader",
			    NULL, NULL);
	CLEANUP(put_json) json_t *servers = NULL;
	bool paused;

	if (!leads)
		return;
	s->answered++;
	paused = is_yes(ctx, op, member, "conductor", "conductor_paused");
	if (paused) {
		s->held = member;
		json_array_append_new(s->paused_ids,
				      jx_share(jx_get(member, "id")));
	}
	if (!json_is_true(leads) || s->leader)
		return;
	s->leader = member;
	s->paused = paused;
	servers = ask(ctx, op, member, "conductor",
		      "conductor_clusterMembership", NULL, NULL);
	s->voters = voters_of_servers(jx_get(servers, "servers"));
}

static struct sight
look(struct effect_ctx *ctx, const struct effect_op *op, bool nodes)
{
	struct sight s = { .head = -1, .best = -1, .paused_ids = json_array() };
	const json_t *members = jx_get(op->config, "members"), *m;
	size_t i;

	json_array_foreach(members, i, m)
		look_at(ctx, op, m, &s);
	json_array_foreach(members, i, m)
		if (nodes)
			look_at_node(ctx, op, m, &s);
	return s;
}

/* Asks the leader for a change, and says what it refused. */
static void
tell(struct effect_ctx *ctx, const struct effect_op *op, const json_t *member,
     const char *at, const char *method, json_t *params, const char **doing)
{
	const char *why = NULL;
	CLEANUP(put_json)
	json_t *answer = ask(ctx, op, member, at, method, params, &why);

	*doing = why ? why : method;
}

/* Adds the first member that is missing; false: none is. */
static bool
add_one(struct effect_ctx *ctx, const struct effect_op *op,
	const struct sight *s, const char **doing)
{
	const json_t *m;
	size_t i;

	json_array_foreach(jx_get(op->config, "members"), i, m) {
		CLEANUP(put_json)
		json_t *name = jx_strf("%s@%s", jx_str(m, "id", ""),
				       jx_str(m, "raft", ""));

		if (voters_have(s->voters, name))
			continue;
		tell(ctx, op, s->leader, "conductor",
		     "conductor_addServerAsVoter",
		     json_pack("[s, s, i]", jx_str(m, "id", ""),
			       jx_str(m, "raft", ""), 0),
		     doing);
		return true;
	}
	return false;
}

/* A leader that is to leave cannot be found among the members. */
static void
hand_over(struct effect_ctx *ctx, const struct effect_op *op,
	  const char **doing)
{
	CLEANUP(put_json) json_t *want = voters_of_config(op->config);
	const json_t *m;
	size_t i;

	json_array_foreach(jx_get(op->prior_config, "members"), i, m) {
		CLEANUP(put_json)
		json_t *name = jx_strf("%s@%s", jx_str(m, "id", ""),
				       jx_str(m, "raft", ""));

		if (!voters_have(want, name))
			tell(ctx, op, m, "conductor",
			     "conductor_transferLeader", NULL, doing);
	}
}

/* Removes the first that is not wanted; false: none is there. */
static bool
remove_one(struct effect_ctx *ctx, const struct effect_op *op,
	   const struct sight *s, const json_t *want, const char **doing)
{
	const json_t *v;
	size_t i;

	json_array_foreach(s->voters, i, v) {
		const char *text = json_string_value(v);
		size_t n = strcspn(text, "@");

		if (voters_have(want, v))
			continue;
		tell(ctx, op, s->leader, "conductor", "conductor_removeServer",
		     json_pack("[s%, i]", text, n, 0), doing);
		return true;
	}
	return false;
}

/*
 * A conductor starts block building on the block that the cluster agreed on
 * last. A new cluster has agreed on none: the first start is ours, on the head
 * that the leader's op-node has, if no other member has a higher one.
 */
static bool
start_first(struct effect_ctx *ctx, const struct effect_op *op,
	    const struct sight *s, int64_t waited_s, const char **doing)
{
	size_t all = json_array_size(jx_get(op->config, "members"));

	if (s->active)
		return false;
	*doing = "waits for the leader to build blocks";
	if (!s->paused && (op->prior || waited_s < START_S))
		return true;
	if (s->answered < all || s->head < s->best || s->head < 0)
		return true;
	tell(ctx, op, s->leader, "node", "admin_startSequencer",
	     json_pack("[s]", s->block), doing);
	return true;
}

/* The first thing that is missing is done; true when nothing is. */
static bool
one_round(struct effect_ctx *ctx, const struct effect_op *op, int64_t waited_s,
	  const char **doing)
{
	CLEANUP(put_json) json_t *want = voters_of_config(op->config);
	CLEANUP(sight_done) struct sight s = look(ctx, op, true);

	if (!s.leader) {
		*doing = s.answered ? "waits for a leader"
				    : "waits for the conductors";
		if (s.answered)
			hand_over(ctx, op, doing);
		return false;
	}
	if (add_one(ctx, op, &s, doing) ||
	    remove_one(ctx, op, &s, want, doing) ||
	    start_first(ctx, op, &s, waited_s, doing))
		return false;
	if (s.held) {
		tell(ctx, op, s.held, "conductor", "conductor_resume", NULL,
		     doing);
		return false;
	}
	return true;
}

typedef bool round_fn(struct effect_ctx *ctx, const struct effect_op *op,
		      int64_t waited_s, const char **doing);

static enum outcome
rounds(struct effect_ctx *ctx, const struct effect_op *op, round_fn *one,
       int64_t total_s, const char *what)
{
	const char *doing = "waits for the conductors";
	time_t begin = time(NULL);

	for (unsigned i = 0; !one(ctx, op, time(NULL) - begin, &doing); i++) {
		if (i % SAY_EACH == 0)
			effect_progress(ctx, "%s", doing);
		if (time(NULL) - begin > total_s) {
			diag_err(ctx->ds, "E1421", "the sequencers %s: %s",
				 what, doing);
			diag_hint(ctx->ds, "see 'opl2 status' and 'opl2 logs "
					   "op-conductor'");
			return OC_RETRY;
		}
		if (effect_wait(ctx, ROUND_MS)) {
			diag_err(ctx->ds, "E0805",
				 "interrupted while the cluster changes");
			return OC_CANCELLED;
		}
	}
	return OC_OK;
}

static enum outcome
cluster_create(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	enum outcome oc =
		rounds(ctx, op, one_round, TOTAL_S, "form no cluster");

	if (oc == OC_OK)
		out->attrs = json_pack("{s:o, s:[]}", "voters",
				       voters_of_config(op->config), "paused");
	return oc;
}

/*
 * A chain that goes on with one sequencer goes on with the first: it makes the
 * blocks before the others leave, so that none of theirs is lost. Where nobody
 * answers, nobody makes blocks either.
 */
static bool
dissolve_round(struct effect_ctx *ctx, const struct effect_op *op,
	       int64_t waited_s UNUSED, const char **doing)
{
	CLEANUP(sight_done) struct sight s = look(ctx, op, false);
	const json_t *first = json_array_get(jx_get(op->config, "members"), 0);
	const char *id = jx_str(first, "id", "");
	const char *raft = jx_str(first, "raft", "");
	CLEANUP(put_json)
	json_t *want = json_pack("[o]", jx_strf("%s@%s", id, raft));

	if (s.answered == 0)
		return true;
	*doing = "waits for a leader";
	if (!s.leader)
		return false;
	if (s.leader != first) {
		tell(ctx, op, s.leader, "conductor",
		     "conductor_transferLeaderToServer",
		     json_pack("[s, s]", id, raft), doing);
		return false;
	}
	*doing = "waits for the first sequencer to build blocks";
	if (!is_yes(ctx, op, first, "node", "admin_sequencerActive") ||
	    remove_one(ctx, op, &s, want, doing))
		return false;
	/* Alone, it would stop the blocks for good as soon as the sequencer is
	 * not healthy, as while its programs are restarted. */
	if (!s.paused)
		tell(ctx, op, first, "conductor", "conductor_pause", NULL,
		     doing);
	return s.paused;
}

static enum outcome
cluster_remove(struct effect_ctx *ctx, const struct effect_op *op)
{
	return op->force ? OC_OK
			 : rounds(ctx, op, dissolve_round, DISSOLVE_S,
				  "cannot leave the chain to the first one");
}

/* Without a leader nothing can be told, and nothing changed. */
static enum outcome
cluster_read(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	CLEANUP(sight_done) struct sight s = { 0 };

	if (!op->prior)
		return OC_GONE;
	s = look(ctx, op, false);
	out->attrs = s.leader && json_array_size(s.voters)
			     ? json_pack("{s:O, s:O}", "voters", s.voters,
					 "paused", s.paused_ids)
			     : json_deep_copy(op->prior);
	return OC_OK;
}

const struct effects effects_conductor_cluster = {
	.kind = "conductor_cluster",
	.read = cluster_read,
	.create = cluster_create,
	.remove = cluster_remove,
};
