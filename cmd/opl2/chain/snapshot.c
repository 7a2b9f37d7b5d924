#include "cmd/opl2/chain/snapshot.h"

#include <time.h>

#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/chain/part.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"
#include "providers/health/l1_fork.h"
#include "state/state.h"

#define ASK_MAX 64

/* Actions to be run at the same time, and where their answers go. */
struct asking {
	struct action_call calls[ASK_MAX];
	json_t *to[ASK_MAX]; /* borrowed */
	size_t n;
};

static void
ask_add(struct asking *q, const char *action, json_t *args, json_t *to)
{
	if (q->n == ASK_MAX) {
		json_decref(args);
		return;
	}
	q->calls[q->n] = (struct action_call){ .name = action, .args = args };
	diags_init(&q->calls[q->n].ds);
	q->to[q->n++] = to;
}

static int
take_answer(struct cmd *c, const struct action_call *call, json_t *to)
{
	const struct diag *d;

	if (call->ok) {
		json_object_set_new(to, "answer", jx_share(call->answer));
		return 0;
	}
	if (diags_exit_code(&call->ds) == EXIT_INTERRUPTED) {
		diags_append(&c->ds, &call->ds);
		return -1;
	}
	for (d = call->ds.first; d && d->sev != SEV_ERROR; d = d->next)
		;
	json_object_set_new(to, "error",
			    json_string(d ? d->summary : "no answer"));
	json_object_set_new(to, "code", json_string(d ? d->code : "E0600"));
	return 0;
}

/* Runs what was gathered, and forgets it. */
static int
ask_all(struct cmd *c, struct run *r, struct asking *q)
{
	int rc = q->n ? run_actions(r, q->calls, q->n, &c->ds) : 0;

	for (size_t i = 0; i < q->n; i++) {
		if (rc == 0)
			rc = take_answer(c, &q->calls[i], q->to[i]);
		diags_done(&q->calls[i].ds);
		json_decref((json_t *)(uintptr_t)q->calls[i].args);
		json_decref(q->calls[i].answer);
	}
	q->n = 0;
	return rc;
}

void
snapshot_load_spec(struct cmd *c)
{
	struct diags kept = c->ds;

	if (!file_exists("opl2.yaml"))
		return;
	diags_init(&c->ds);
	if (cmd_load_spec(c, true)) {
		spec_free(c->spec);
		c->spec = NULL;
	}
	diags_done(&c->ds);
	c->ds = kept;
}

/* --- what is recorded --- */

struct watch {
	struct cmd *c;
	const struct runtime_status *st;
	json_t *facts, *out; /* out is the answer */
	struct asking q;
	const char *sender; /* the batcher's address, or NULL */
	struct arena arena;
	json_t *keep; /* owner of what parts borrow */
	const struct part *parts;
	size_t nparts;
	size_t sequencers; /* at the head of nodes */
};

/* Is it down because it should be? */
static bool
is_stopped(const struct process_status *p)
{
	return p && !process_runs(p) && !p->wanted;
}

/* The process whose url this is, or NULL: it is not ours. */
static const struct process_status *
owner_of(const struct watch *w, const json_t *url)
{
	const char *key;
	json_t *v;

	for (size_t i = 0; i < w->st->n; i++) {
		const json_t *urls = jx_get(w->st->procs[i].note, "urls");

		json_object_foreach((json_t *)(uintptr_t)urls, key, v) {
			if (json_equal(v, url))
				return &w->st->procs[i];
		}
	}
	return NULL;
}

/* A place for the answer, with the question unless nobody is there to answer.
 * Steals args and to. */
static json_t *
peek(struct watch *w, const char *action, const struct process_status *proc,
     json_t *args, json_t *to)
{
	if (is_stopped(proc)) {
		json_object_set_new(to, "stopped", json_true());
		json_decref(args);
	} else {
		ask_add(&w->q, action, args, to);
	}
	return to;
}

/* {name, up_s} of a process. */
static json_t *
named(const struct watch *w, const char *name)
{
	const struct process_status *p = runtime_proc(w->st, name);
	json_t *o = json_pack("{s:s}", "name", name);

	if (p && p->uptime_ms != PROCESS_UNKNOWN)
		json_object_set_new(o, "up_s",
				    json_integer(p->uptime_ms / 1000));
	return o;
}

/* Whose op-node a conductor starts and stops. */
static void
name_node(const struct watch *w, const struct part *p, json_t *to)
{
	const json_t *url = jx_get(jx_get(p->e->config, "args"), "node.rpc");
	const struct process_status *node = url ? owner_of(w, url) : NULL;

	if (node)
		json_object_set_new(to, "node", json_string(node->name));
}

/* The chain's own sequencers go before the nodes that follow. */
static void
peek_process(struct watch *w, const char *list, const char *action,
	     const struct part *p)
{
	const json_t *url = jx_get(jx_get(p->e->config, "urls"), "rpc");
	json_t *to = json_object_get(w->out, list), *one;

	if (!to) {
		to = json_array();
		json_object_set_new(w->out, list, to);
	}
	if (!url)
		return;
	one = peek(w, action, runtime_proc(w->st, p->name),
		   json_pack("{s:o}", "rpc", jx_share(url)), named(w, p->name));
	if (p->role == ROLE_CONDUCTOR)
		name_node(w, p, one);
	if (p->role == ROLE_SEQUENCER)
		json_array_insert_new(to, w->sequencers++, one);
	else
		json_array_append_new(to, one);
}

/* The role whose address this is, or "". */
static const char *
role_of(const struct watch *w, const char *address)
{
	const char *name;
	json_t *role;

	json_object_foreach((json_t *)(uintptr_t)jx_get(w->facts, "roles"),
			    name, role)
		if (!strcasecmp(jx_str(role, "address", ""), address))
			return name;
	return "";
}

static void
add_sender(struct watch *w, const struct part *p)
{
	const char *address =
		jx_str(jx_get(p->e->config, "owns"), "sender", NULL);

	if (!address)
		return;
	json_array_append_new(json_object_get(w->out, "senders"),
			      json_pack("{s:s, s:s, s:s}", "process", p->name,
					"role", role_of(w, address), "address",
					address));
	if (p->role == ROLE_BATCHER)
		w->sender = address;
	if (p->role == ROLE_BATCHER || p->role == ROLE_PROPOSER ||
	    p->role == ROLE_CHALLENGER)
		json_object_set_new(json_object_get(w->out, "expected"),
				    role_name(p->role), json_string(address));
}

static void
add_proposals(struct watch *w, const struct part *p)
{
	json_object_set_new(w->out, "proposals",
			    json_pack("{s:s, s:I, s:I}", "kind",
				      p->propose_to ? p->propose_to : "oracle",
				      "interval_s",
				      (json_int_t)(p->interval_ms / 1000),
				      "game_type", (json_int_t)p->game_type));
}

static void
add_da(struct watch *w, const struct part *p)
{
	const json_t *url = p->da_server;
	const struct process_status *proc;

	if (!json_is_string(url) || json_object_get(w->out, "da"))
		return;
	proc = owner_of(w, url);
	json_object_set_new(w->out, "da",
			    peek(w, "probe_da", proc,
				 json_pack("{s:o}", "url", jx_share(url)),
				 json_pack("{s:s}", "name",
					   proc ? proc->name : "DA server")));
}

/* A server that the chain needs and does not itself run. */
static void
add_service(struct watch *w, const struct state_entry *e)
{
	const char *type = jx_str(e->config, "type", "rpc");
	const json_t *url = jx_get(e->config, "rpc");

	if (!strcmp(type, "rpc") || !json_is_string(url) || owner_of(w, url))
		return;
	if (!jx_get(w->out, "services"))
		json_object_set_new(w->out, "services", json_array());
	json_array_append_new(
		json_object_get(w->out, "services"),
		peek(w, "probe_da", NULL,
		     json_pack("{s:o, s:s}", "url", jx_share(url), "type",
			       type),
		     json_pack("{s:s, s:s}", "name", strchr(e->addr, '.') + 1,
			       "type", type)));
}

/* Does it have a private key among its arguments, where all can see it? */
static bool
key_in_args(const struct state_entry *e)
{
	static const char *const names[] = { "private-key", "mnemonic",
					     "p2p.sequencer.key",
					     "p2p.priv.raw" };
	const json_t *v;
	size_t i, k;

	for (k = 0; k < COUNTOF(names); k++) {
		if (jx_get(jx_get(e->config, "args"), names[k]))
			return true;
		json_array_foreach(jx_get(e->config, "command"), i, v) {
			const char *text = json_string_value(v);

			if (text && !strncmp(text, "--", 2) &&
			    !strncmp(text + 2, names[k], strlen(names[k])))
				return true;
		}
	}
	return false;
}

/* Who has a role: the chain's own goes before those of instances. */
static void
add_role(struct watch *w, const struct part *p)
{
	json_t *roles = json_object_get(w->out, "roles");
	const char *role = role_name(p->role);
	const char *has = jx_str(roles, role, NULL);

	if (!has || (strchr(has, '/') && !strchr(p->name, '/')))
		json_object_set_new(roles, role, json_string(p->name));
}

static void
add_process(struct watch *w, const struct part *p)
{
	json_t *expected = json_object_get(w->out, "expected");

	switch (p->role) {
	case ROLE_SEQUENCER:
		if (p->signs_as)
			json_object_set_new(expected, "signer",
					    json_string(p->signs_as));
		peek_process(w, "nodes", "probe_node", p);
		break;
	case ROLE_NODE:
		peek_process(w, "nodes", "probe_node", p);
		break;
	case ROLE_CONDUCTOR:
		peek_process(w, "conductors", "probe_conductor", p);
		break;
	case ROLE_ENGINE:
		peek_process(w, "engines", "probe_l2", p);
		break;
	case ROLE_PROPOSER:
		add_proposals(w, p);
		break;
	case ROLE_BATCHER:
		add_da(w, p);
		break;
	default:
		break;
	}
	if (p->role != ROLE_NONE)
		add_role(w, p);
	if (key_in_args(p->e))
		json_array_append_new(json_object_get(w->out, "keys_in_args"),
				      json_string(p->name));
	add_sender(w, p);
}

/* The chain's own compat goes before those of instances. */
static void
add_programs(struct watch *w, const struct state_entry *e)
{
	const json_t *programs = jx_get(e->config, "programs");

	if (programs && (!jx_get(w->out, "programs") || !strchr(e->addr, '/')))
		json_object_set_new(w->out, "programs", jx_share(programs));
}

static void
add_entry(struct watch *w, const struct state_entry *e)
{
	json_t *expected = json_object_get(w->out, "expected");

	if (!strcmp(e->kind, "endpoint"))
		add_service(w, e);
	if (!strcmp(e->kind, "compat"))
		add_programs(w, e);
	if (!strcmp(e->kind, "l2_forks") && !strchr(e->addr, '/') &&
	    jx_get(e->attrs, "times"))
		json_object_set_new(w->out, "l2_forks",
				    jx_share(jx_get(e->attrs, "times")));
	if (!strcmp(e->kind, "genesis") && !jx_get(expected, "genesis")) {
		const json_t *hash = jx_get(e->attrs, "l2_hash");

		if (hash)
			json_object_set_new(expected, "genesis",
					    jx_share(hash));
	}
}

/* --- the L1 --- */

static void
snapshot_put(json_t *to, const char *key, const json_t *v)
{
	if (v)
		json_object_set_new(to, key, jx_share(v));
}

/* Where the L1 is asked. What is recorded may be of a variable that only an
 * operator's shell has; who runs without it is given the URLs by another. */
static json_t *
l1_urls(const struct watch *w)
{
	const char *given = getenv("OPL2_L1_RPC");

	if (given && *given)
		return json_pack("{s:[{s:s}]}", "$secret", "env",
				 "OPL2_L1_RPC");
	return jx_share(jx_get(jx_get(w->facts, "l1"), "rpc"));
}

/* The contract that holds the bonds of the proposer's games. The older releases
 * have one for each type of game. */
static void
put_bonds(const struct watch *w, json_t *args, const json_t *addresses)
{
	const json_t *own = jx_get(addresses, "PermissionedDelayedWETHProxy");
	bool permissioned = jx_int(args, "game_type", 0) == 1;

	snapshot_put(args, "bonds",
		     own && permissioned
			     ? own
			     : jx_get(addresses, "DelayedWETHProxy"));
	snapshot_put(
		args, "bonds_of",
		jx_get(jx_get(w->out, "expected"), role_name(ROLE_PROPOSER)));
}

static void
snapshot_add_l1(struct watch *w)
{
	const json_t *l1 = jx_get(w->facts, "l1"), *v;
	const json_t *at = jx_get(w->facts, "addresses");
	const json_t *p = jx_get(w->out, "proposals");
	bool games = !strcmp(jx_str(p, "kind", ""), "games");
	json_t *accounts = json_array();
	json_t *args =
		json_pack("{s:o, s:I}", "accounts", accounts, "game_type",
			  (json_int_t)jx_int(p, "game_type", 0));
	size_t i;

	json_object_set_new(args, "rpc", l1_urls(w));
	snapshot_put(args, "chain_id", jx_get(l1, "chain_id"));
	snapshot_put(args, "system_config", jx_get(at, "SystemConfigProxy"));
	snapshot_put(args, games ? "games" : "oracle",
		     jx_get(at, games ? "DisputeGameFactoryProxy"
				      : "L2OutputOracleProxy"));
	if (games)
		put_bonds(w, args, at);
	json_array_foreach(jx_get(w->out, "senders"), i, v)
		json_array_append_new(accounts, jx_share(jx_get(v, "address")));
	if (w->sender)
		json_object_set_new(args, "sender", json_string(w->sender));
	v = jx_get(l1, "rpc");
	json_object_set_new(
		w->out, "l1",
		peek(w, "probe_l1", owner_of(w, v), args, json_object()));
}

/* Why a node takes no further block of the L1. */
static void
add_beyond(struct watch *w)
{
	const json_t *l1 = jx_get(w->facts, "l1");
	json_t *node;
	size_t i;

	json_array_foreach(json_object_get(w->out, "nodes"), i, node) {
		int64_t block = health_l1_beyond(w->out, node);
		json_t *args;

		if (block == 0)
			continue;
		args = json_pack("{s:o, s:I}", "rpc", l1_urls(w), "number",
				 (json_int_t)block);
		snapshot_put(args, "chain_id", jx_get(l1, "chain_id"));
		json_object_set_new(node, "beyond",
				    peek(w, "block_hash",
					 owner_of(w, jx_get(l1, "rpc")), args,
					 json_object()));
	}
}

/* Where the chain's own node answers: an output of the spec, or the first that
 * makes blocks, or follows. */
static const json_t *
rollup_rpc(const struct watch *w)
{
	const json_t *url = jx_get(jx_get(w->facts, "l2"), "rollup_rpc");
	enum process_role role;
	size_t i;

	for (i = 0; !url && i < w->nparts; i++) {
		role = w->parts[i].role;
		if (role == ROLE_SEQUENCER || role == ROLE_NODE)
			url = jx_get(jx_get(w->parts[i].e->config, "urls"),
				     "rpc");
	}
	return url;
}

/* What the node makes of the block of the newest output. */
static void
add_computed(struct watch *w)
{
	const json_t *output = jx_at(w->out, "/l1/answer/output");
	const json_t *block = jx_get(output, "block");
	const json_t *url = rollup_rpc(w);
	json_t *args;

	if (!block || !url)
		return;
	args = json_pack("{s:o, s:o}", "rpc", jx_share(url), "block",
			 jx_share(block));
	json_object_set_new(
		w->out, "computed",
		peek(w, "output_root", owner_of(w, url), args, json_object()));
}

#define LOST 1 /* status of a game */

/* What the node makes of what others than the proposer claim in games. */
static void
add_claims(struct watch *w)
{
	const char *own = jx_str(jx_get(w->out, "expected"), "proposer", "");
	const json_t *url = rollup_rpc(w);
	json_t *claims = json_array();
	const json_t *g;
	size_t i;

	json_object_set_new(w->out, "claims", claims);
	json_array_foreach(jx_at(w->out, "/l1/answer/games"), i, g) {
		const char *creator = jx_str(g, "creator", NULL);

		if (!url || !creator || !strcasecmp(creator, own) ||
		    !jx_get(g, "block") || jx_int(g, "status", 0) == LOST)
			continue;
		json_array_append_new(
			claims,
			peek(w, "output_root", owner_of(w, url),
			     json_pack("{s:o, s:o}", "rpc", jx_share(url),
				       "block", jx_share(jx_get(g, "block"))),
			     json_pack("{s:o}", "game", jx_share(g))));
	}
}

static void
gather(struct watch *w)
{
	const struct state_entry **list;
	size_t i, n;

	json_object_set_new(w->out, "now", json_integer(time(NULL)));
	json_object_set_new(w->out, "roles", json_object());
	json_object_set_new(w->out, "senders", json_array());
	json_object_set_new(w->out, "expected", json_object());
	json_object_set_new(w->out, "keys_in_args", json_array());
	for (i = 0; i < w->nparts; i++)
		add_process(w, &w->parts[i]);
	list = state_list(w->c->state, &w->arena, &n);
	for (i = 0; i < n; i++)
		add_entry(w, list[i]);
	snapshot_put(json_object_get(w->out, "expected"), "l2_chain_id",
		     jx_get(jx_get(w->facts, "l2"), "chain_id"));
	snapshot_add_l1(w);
}

/* Of several sequencers the first is the one that makes blocks; or else one
 * that answers. */
static void
order_nodes(struct watch *w)
{
	json_t *nodes = json_object_get(w->out, "nodes"), *one;
	size_t i, best = 0, rank = 0;

	for (i = 0; i < w->sequencers; i++) {
		const json_t *a = jx_get(json_array_get(nodes, i), "answer");
		size_t r = !a ? 0 : jx_bool(a, "sequencing", false) ? 2 : 1;

		if (r > rank) {
			rank = r;
			best = i;
		}
	}
	if (best == 0)
		return;
	one = json_incref(json_array_get(nodes, best));
	json_array_remove(nodes, best);
	json_array_insert_new(nodes, 0, one);
}

json_t *
snapshot_take(struct cmd *c, const struct runtime_status *st)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *facts = NULL;
	CLEANUP(put_json) json_t *out = json_object();
	struct watch w = { .c = c, .st = st, .out = out };
	struct run *r = NULL;
	int rc;

	diags_init(&quiet);
	facts = w.facts = chain_facts(c->state, &quiet);
	if (!facts || chain_run(c, false, &r))
		return NULL;
	arena_init(&w.arena);
	w.keep = json_array();
	w.parts = parts_of(c->spec, c->state, &w.arena, w.keep, &w.nparts);
	gather(&w);
	rc = ask_all(c, r, &w.q);
	if (rc == 0) {
		order_nodes(&w);
		add_computed(&w);
		add_claims(&w);
		add_beyond(&w);
		rc = ask_all(c, r, &w.q);
	}
	run_close(r);
	arena_done(&w.arena);
	json_decref(w.keep);
	return rc ? NULL : TAKE(out);
}

char *
snapshot_l1_hash(struct cmd *c, int64_t number)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *facts = NULL;
	CLEANUP(put_json) json_t *args = NULL;
	CLEANUP(put_json) json_t *answer = NULL;
	struct run *r = NULL;
	int rc;

	diags_init(&quiet);
	facts = chain_facts(c->state, &quiet);
	if (!facts || chain_run(c, false, &r))
		return NULL;
	args = json_copy((json_t *)(uintptr_t)jx_get(facts, "l1"));
	json_object_set_new(args, "number", json_integer(number));
	rc = run_action(r, "block_hash", args, &answer, &quiet);
	run_close(r);
	return rc ? NULL : xstrdup(jx_str(answer, "hash", ""));
}
