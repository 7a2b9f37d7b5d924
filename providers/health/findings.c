#include "providers/health/findings.h"

#include <stdarg.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/rate_limit.h"
#include "providers/health/findings_impl.h"
#include "providers/health/games.h"
#include "providers/health/l1_fork.h"
#include "providers/health/outputs.h"
#include "providers/health/reorg.h"
#include "providers/health/sequencers.h"
#include "providers/health/view.h"

/* The finding of this code about `what`; made if there is none yet. */
json_t *
finding(struct job *j, const char *code, const char *what, const char *cure)
{
	json_t *f;
	size_t i;

	json_array_foreach(j->out, i, f)
		if (!strcmp(jx_str(f, "code", ""), code) &&
		    !strcmp(jx_str(f, "what", ""), what))
			return f;
	f = json_pack("{s:s, s:s, s:s, s:[]}", "code", code, "what", what,
		      "cure", cure, "evidence");
	json_array_append_new(j->out, f);
	return f;
}

void
found(struct job *j, const char *code, const char *what, const char *cure,
      const char *fmt, ...)
{
	json_t *f = finding(j, code, what, cure);
	struct buf b = BUF_INIT(4096);
	va_list ap;

	va_start(ap, fmt);
	buf_vaddf(&b, fmt, ap);
	va_end(ap);
	json_array_append_new(json_object_get(f, "evidence"),
			      json_pack("{s:s}", "said", buf_str(&b)));
	buf_done(&b);
}

static bool
findings_has(const struct job *j, const char *code)
{
	const json_t *f;
	size_t i;

	json_array_foreach(j->out, i, f)
		if (!strcmp(jx_str(f, "code", ""), code))
			return true;
	return false;
}

const char *
name_of(const struct job *j, enum process_role role)
{
	const json_t *roles = jx_get(j->in->seen, "roles");
	const char *name = jx_str(roles, role_name(role), NULL);

	/* A chain may have nodes alone. */
	if (!name && role == ROLE_SEQUENCER)
		name = jx_str(roles, role_name(ROLE_NODE), NULL);
	return name ? name : role_name(role);
}

const struct process_status *
proc_in(const struct job *j, enum process_role role)
{
	return runtime_proc(j->in->procs, name_of(j, role));
}

const char *
say(struct job *j, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&j->arena, fmt, ap);
	va_end(ap);
	return text;
}

/* --- endpoints --- */

static const char *
l1_cure(struct job *j)
{
	const struct process_status *own = proc_in(j, ROLE_L1);

	if (!own)
		return "check the L1's RPC with 'opl2 balance', or set another "
		       "one as l1_rpc";
	return say(j, "opl2 %s %s", process_runs(own) ? "restart" : "start",
		   own->name);
}

static void
find_l1_error(struct job *j, const char *error, const char *code)
{
	if (!strcmp(code, "E0812"))
		found(j, "E1122", "l1",
		      "set l1_rpc to an RPC of the chain's L1; then 'opl2 "
		      "apply'",
		      "%s", error);
	else if (!strcmp(code, "E0920") || !strcmp(code, "E0921"))
		found(j, "E1125", "l1",
		      "set the variable in the environment and rerun the "
		      "command",
		      "%s", error);
	else if (strstr(error, "batch item count"))
		found(j, "E1102", "l1",
		      "set l1_rpc to an RPC that allows more calls in one "
		      "request; then 'opl2 apply'",
		      "%s", error);
	else if (rate_limit_line(error, strlen(error)))
		found(j, "E1103", "l1",
		      "set l1_rpc to an RPC with a higher limit; then 'opl2 "
		      "apply'",
		      "%s", error);
	else
		found(j, "E1108", "l1", l1_cure(j), "%s", error);
}

/* A process that is up but does not answer; one that is not has been found
 * already. */
static void
find_silent(struct job *j, const char *list)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(j->in->seen, list), i, v) {
		const char *name = jx_str(v, "name", "?");
		const char *error = jx_str(v, "error", NULL);
		CLEANUP(freep)
		char *cure = xasprintf("opl2 logs %s, then 'opl2 restart %s'",
				       name, name);

		if (error && process_runs(runtime_proc(j->in->procs, name)))
			found(j, "E1109", name, cure, "%s", error);
	}
}

/* A batcher that nobody pauses asks a server that is away without a rest, and
 * writes down each time. */
static void
warn_of_log(struct job *j, const char *name, const char *cure)
{
	const struct process_status *batcher = proc_in(j, ROLE_BATCHER);

	if (process_runs(batcher) && !batcher->pause.can)
		found(j, "E1110", name, cure,
		      "%s has no 'pause' and may fill its log until then, up "
		      "to the log's limit",
		      batcher->name);
}

/* An adapter that runs is silent when the server behind it is. */
static void
find_da_error(struct job *j, const json_t *da)
{
	const char *name = jx_str(da, "name", "DA server");
	const struct process_status *own = runtime_proc(j->in->procs, name);
	const char *cure;

	if (!own)
		cure = "start the DA server; batcher and node recover by "
		       "themselves";
	else if (process_runs(own))
		cure = say(j,
			   "it is running: 'opl2 logs %s' shows what it waits "
			   "for",
			   name);
	else
		cure = say(j, "opl2 start %s", name);
	found(j, "E1110", name, cure, "%s", jx_str(da, "error", ""));
	warn_of_log(j, name, cure);
}

/* Servers of others; what runs in front of one is silent for its sake. True:
 * one that batches go to is away. */
static bool
find_services(struct job *j)
{
	const json_t *v;
	bool da = false;
	size_t i;

	json_array_foreach(jx_get(j->in->seen, "services"), i, v) {
		const char *type = jx_str(v, "type", "");
		bool beacon = strcmp(type, "beacon") == 0;

		if (!jx_get(v, "error"))
			continue;
		found(j, "E1110", jx_str(v, "name", "?"),
		      beacon ? "start the beacon node, or find out why it does "
			       "not answer; nodes recover by themselves"
		      : strcmp(type, "meeda") == 0
			      ? "start the Meeda server (its light node); "
				"batcher and node recover by themselves"
			      : "start the DA server; batcher and node recover "
				"by themselves",
		      "%s", jx_str(v, "error", ""));
		da = da || !beacon;
	}
	return da;
}

static void
find_endpoints(struct job *j)
{
	const json_t *l1 = jx_get(j->in->seen, "l1");
	const json_t *da = jx_get(j->in->seen, "da");

	if (jx_get(l1, "error"))
		find_l1_error(j, jx_str(l1, "error", ""),
			      jx_str(l1, "code", ""));
	find_silent(j, "nodes");
	find_silent(j, "engines");
	if (!find_services(j) && jx_get(da, "error"))
		find_da_error(j, da);
}

/* --- heads and windows --- */

/* --- several sequencers --- */

static void
find_sequencers(struct job *j)
{
	CLEANUP(put_json) json_t *s = health_sequencers(j->in->seen);
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(s, "problems"), i, v) {
		const char *code = jx_str(v, "code", "");

		found(j, code, jx_str(v, "what", "?"),
		      !strcmp(code, "E1425")
			      ? "start what is down: 'opl2 start'. Two of "
				"three "
				"conductors must answer and reach each other"
		      : !strcmp(code, "W1428") ? "'opl2 apply' resumes it"
		      : !strcmp(code, "W1429")
			      ? "'opl2 apply' adds and removes members"
			      : "see its log: 'opl2 logs'",
		      "%s", jx_str(v, "text", ""));
	}
}

static const json_t *
first_node(const struct job *j)
{
	return jx_get(json_array_get(jx_get(j->in->seen, "nodes"), 0),
		      "answer");
}

static void
find_stalls(struct job *j)
{
	const json_t *l1 = jx_at(j->in->seen, "/l1/answer/latest");
	const json_t *node = first_node(j);
	int64_t unsafe = jx_int(jx_at(node, "/sync/unsafe_l2"), "timestamp", 0);
	int64_t limit = 10 * jx_int(node, "block_time", 0);
	const json_t *active = jx_get(node, "sequencing");
	const char *name = name_of(j, ROLE_SEQUENCER);

	if (l1 && j->now - jx_int(l1, "time", 0) > HEALTH_L1_LAG_S)
		found(j, "E1111", "l1",
		      proc_in(j, ROLE_L1)
			      ? say(j, "opl2 restart %s", name_of(j, ROLE_L1))
			      : "set l1_rpc to another RPC of the same L1; "
				"then 'opl2 apply'",
		      "its newest block %lld is %llds old",
		      (long long)jx_int(l1, "number", 0),
		      (long long)(j->now - jx_int(l1, "time", 0)));
	if (limit < HEALTH_UNSAFE_LAG_S)
		limit = HEALTH_UNSAFE_LAG_S;
	if (unsafe == 0 || j->now - unsafe <= limit)
		return;
	found(j, "E1112", name,
	      json_is_false(active)
		      ? say(j, "opl2 restart %s (its sequencer was stopped)",
			    name)
		      : say(j, "opl2 logs %s: shows what it waits for", name),
	      "the L2's newest block %lld is %llds old; sequencing: %s",
	      (long long)jx_int(jx_at(node, "/sync/unsafe_l2"), "number", 0),
	      (long long)(j->now - unsafe),
	      !active                ? "unknown"
	      : json_is_true(active) ? "yes"
				     : "no");
}

/* A fork that is to come; while it is far away it is a note. */
static void
find_next_fork(struct job *j, const json_t *f, const char *cure)
{
	const json_t *next = jx_get(f, "next");
	char when[CLOCK_MINUTE];

	if (jx_bool(next, "followed", true))
		return;
	utc_minute(jx_int(next, "time", 0), when);
	found(j, "W1164", "l1", cure,
	      "it upgrades to %s at %s; programs %s support it up to %s",
	      jx_str(next, "name", "?"), when, jx_str(f, "programs", "?"),
	      jx_str(f, "follows", "?"));
	if (jx_int(next, "in_s", 0) >= HEALTH_FORK_SOON_S)
		json_object_set_new(finding(j, "W1164", "l1", cure), "note",
				    json_true());
}

static void
find_l1_fork(struct job *j)
{
	CLEANUP(put_json) json_t *f = health_l1_fork(j->in->seen);
	const char *use = jx_str(f, "use", NULL), *now = jx_str(f, "now", "?");
	const char *programs = jx_str(f, "programs", "?"),
		   *follows = jx_str(f, "follows", "?");
	const json_t *stopped = jx_get(f, "stopped"), *v;
	CLEANUP(freep)
	char *cure =
		use ? xasprintf("set 'programs: %s'; see 'opl2 plan', then "
				"'opl2 apply -accept-irreversible=CHAIN'",
				use)
		    : xstrdup("use a newer opl2: this one knows no node "
			      "programs that support it");
	size_t i;

	if (jx_bool(f, "followed", true)) {
		find_next_fork(j, f, cure);
		return;
	}
	json_array_foreach(stopped, i, v)
		found(j, "E1162", jx_str(v, "name", "?"), cure,
		      "L1 block %lld is the last that it accepts: the next one "
		      "is of fork %s, but programs %s support the L1 only up "
		      "to %s",
		      (long long)jx_int(v, "block", 0), jx_str(v, "fork", "?"),
		      programs, follows);
	if (i == 0)
		found(j, "E1123", "l1", cure,
		      "it is at %s, but programs %s support it only up to %s",
		      now, programs, follows);
}

/* Percent of the sequencing window left for what is not safe yet; -1: not
 * known. */
static int64_t
window_left(const struct job *j)
{
	const json_t *node = first_node(j);
	int64_t size = jx_int(node, "seq_window", 0);
	int64_t head = jx_int(jx_at(node, "/sync/head_l1"), "number", 0);
	int64_t origin =
		jx_int(jx_at(node, "/sync/safe_l2/l1origin"), "number", 0);

	if (size <= 0 || head == 0 ||
	    health_rederives(json_array_get(jx_get(j->in->seen, "nodes"), 0)))
		return -1;
	return origin + size > head ? (origin + size - head) * 100 / size : 0;
}

static void
find_window(struct job *j)
{
	int64_t left = window_left(j);
	const char *batcher = name_of(j, ROLE_BATCHER);

	if (left > 0 && left < HEALTH_WINDOW_LEFT)
		found(j, "E1113", batcher,
		      say(j,
			  "opl2 start %s; see 'opl2 balance' and 'opl2 logs "
			  "%s'",
			  batcher, batcher),
		      "%lld%% of the sequencing window is left",
		      (long long)left);
	if (left == 0)
		found(j, "E1104", name_of(j, ROLE_SEQUENCER),
		      "start the batcher and let op-node finish its reset: "
		      "'opl2 start', 'opl2 status -watch'",
		      "the oldest unsafe block comes from an L1 block outside "
		      "the sequencing window");
}

/* --- outputs, money, keys --- */

/* What is to be done about it, and by whom. */
static const char *
claim_cure(struct job *j, const json_t *claim)
{
	const struct process_status *own = proc_in(j, ROLE_CHALLENGER);

	if (health_claim_won(claim))
		return "have the guardian blacklist the game, or pause "
		       "withdrawals ('paused: true'), before a withdrawal is "
		       "finalized with it";
	if (process_runs(own))
		return say(j,
			   "%s is running and must challenge it: check 'opl2 "
			   "logs %s', and 'opl2 balance' for the bonds",
			   own->name, own->name);
	if (own)
		return say(j, "opl2 start %s", own->name);
	return "challenge it before its clock runs out: run an op-challenger "
	       "for this chain, funded for the bonds";
}

static void
find_claims(struct job *j)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(j->in->seen, "claims"), i, v) {
		CLEANUP(freep) char *text = health_bad_claim(j->in->seen, v);
		const char *at = jx_str(jx_get(v, "game"), "game", "games");

		if (text)
			found(j, "E1163", at, claim_cure(j, v), "%s", text);
	}
}

static void
find_output(struct job *j)
{
	const json_t *o = jx_at(j->in->seen, "/l1/answer/output");
	const char *root = jx_str(o, "root", NULL);
	const char *own = jx_str(jx_at(j->in->seen, "/computed/answer"),
				 "output_root", NULL);
	const char *proposer = name_of(j, ROLE_PROPOSER);
	struct outputs_due due;

	if (root && own && strcasecmp(root, own) != 0 &&
	    health_output_is_own(j->in->seen))
		found(j, "E1114", "outputs",
		      say(j,
			  "stop the proposer ('opl2 stop %s') and find out "
			  "which node is right before anyone withdraws",
			  proposer),
		      "the L1 has %s for block %lld, but the node computes %s",
		      root, (long long)jx_int(o, "block", 0), own);
	if (outputs_due(o, first_node(j), 0, j->now, &due) && due.late)
		found(j, "E1115", proposer,
		      say(j, "opl2 logs %s; then 'opl2 restart %s'", proposer,
			  proposer),
		      "block %lld has been safe for %llds",
		      (long long)jx_int(o, "next_block", 0),
		      (long long)-due.seconds);
}

static void
find_money(struct job *j)
{
	const json_t *accounts = jx_at(j->in->seen, "/l1/answer/accounts"), *s;
	size_t i;

	json_array_foreach(jx_get(j->in->seen, "senders"), i, s) {
		const json_t *a = json_array_get(accounts, i);
		const char *name = jx_str(s, "process", "?");
		const char *address = jx_str(s, "address", "?");
		int64_t hours = jx_int(a, "hours_left", -1);
		CLEANUP(freep)
		char *cure =
			xasprintf("send ether to %s on the L1; if the spec has "
				  "a funder, 'opl2 apply' does this",
				  address);

		if (!strcmp(jx_str(a, "balance", ""), "0"))
			found(j, "E1116", name, cure, "%s owns 0 wei", address);
		else if (hours >= 0 && hours < HEALTH_HOURS_LEFT)
			found(j, "W1117", name, cure,
			      "%s has %s wei and spends %s wei per day",
			      address, jx_str(a, "balance", "?"),
			      jx_str(a, "burn_per_day", "?"));
	}
}

/* Is the last part of one the other, whatever the case of digits? "0x" + 24
 * zeros + address of a 32-byte word. */
static bool
same_address(const char *word, const char *address)
{
	size_t n = strlen(word), k = strlen(address);

	return n >= 40 && k >= 40 &&
	       strcasecmp(word + n - 40, address + k - 40) == 0;
}

static void
find_keys(struct job *j)
{
	const json_t *l1 = jx_at(j->in->seen, "/l1/answer");
	const json_t *want = jx_get(j->in->seen, "expected");
	const char *batcher = jx_str(jx_get(l1, "system"), "batcher", NULL);
	const char *signer = jx_str(jx_get(l1, "system"), "signer", NULL);
	const char *proposer = jx_str(l1, "proposer", NULL);
	const char *mine;

	mine = jx_str(want, "batcher", NULL);
	if (batcher && mine && !same_address(batcher, mine))
		found(j, "E1118", name_of(j, ROLE_BATCHER),
		      "use the key that SystemConfig names for the role "
		      "'batcher', or let its owner set another batcher",
		      "SystemConfig has %s, %s sends as %s", batcher,
		      name_of(j, ROLE_BATCHER), mine);
	mine = jx_str(want, "proposer", NULL);
	if (proposer && mine && !same_address(proposer, mine))
		found(j, "E1119", name_of(j, ROLE_PROPOSER),
		      "use the key that the oracle names for the role "
		      "'proposer'",
		      "L2OutputOracle has %s, %s sends as %s", proposer,
		      name_of(j, ROLE_PROPOSER), mine);
	mine = jx_str(want, "signer", NULL);
	if (signer && mine && jx_get(first_node(j), "peers") &&
	    !same_address(signer, mine))
		found(j, "W1120", name_of(j, ROLE_SEQUENCER),
		      "use the key that SystemConfig names for the role "
		      "'sequencer'",
		      "SystemConfig has %s, %s signs as %s", signer,
		      name_of(j, ROLE_SEQUENCER), mine);
}

static void
find_chain(struct job *j)
{
	const char *want =
		jx_str(jx_get(j->in->seen, "expected"), "genesis", NULL);
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(j->in->seen, "engines"), i, v) {
		const char *got = jx_str(jx_get(v, "answer"), "genesis", NULL);

		if (got && want && strcasecmp(got, want) != 0)
			found(j, "E1121", jx_str(v, "name", "?"),
			      "'opl2 plan' shows which datadir belongs to "
			      "another chain",
			      "block 0 is %s, not %s", got, want);
	}
	json_array_foreach(jx_get(j->in->seen, "keys_in_args"), i, v)
		found(j, "W1146", json_string_value(v),
		      "move it from 'args' to 'env' as a reference to a key; "
		      "then 'opl2 apply'",
		      "one of its arguments is a private key");
}

/* --- logs --- */

/* Derivation made blocks itself. When op-node ended over it nothing else tells
 * of the window any more. */
static void
find_forced(struct job *j)
{
	const json_t *clues = jx_get(j->in->hits, "clues");
	int64_t times = jx_int(clues, "forced", 0);
	const char *by = jx_str(clues, "by", "?");

	if (times > 0 && !findings_has(j, "E1104"))
		found(j, "E1104", by,
		      "if you need the unsafe blocks, back up op-geth's "
		      "database first ('opl2 stop', 'opl2 backup -data FILE'); "
		      "then 'opl2 start': op-node makes empty blocks up to the "
		      "window and the batcher continues from there",
		      "%s made %lld empty blocks instead of batches", by,
		      (long long)times);
}

/* An L1 that changed its mind, or seems to; op-node copes by itself as long as
 * no block of the sequencer's own is in the way. */
static void
note_reorg(struct job *j)
{
	const json_t *clues = jx_get(j->in->hits, "clues");
	const char *code = reorg_cause(clues, false, j->in->hash_now);
	const char *cure = reorg_cure(code);
	json_t *f, *e;

	if (!jx_get(clues, "line") || !cure || findings_has(j, code) ||
	    findings_has(j, "E1104"))
		return;
	f = finding(j, code, "l1", cure);
	json_object_set_new(f, "note", json_true());
	e = json_copy((json_t *)(uintptr_t)clues);
	json_object_del(e, "forced");
	json_object_del(e, "by");
	json_object_del(e, "reorg");
	json_object_del(e, "back");
	json_object_set_new(e, "count",
			    json_integer(jx_int(clues, "reorg", 1)));
	json_array_append_new(json_object_get(f, "evidence"), e);
}

/* What a log complained of a minute ago, and a look just now finds well. */
static bool
is_over(const struct job *j, const char *code, const json_t *hit)
{
	const json_t *da = jx_get(j->in->seen, "da");
	int64_t at = jx_int(hit, "time", 0);

	return strcmp(code, "E1110") == 0 && !findings_has(j, code) && da &&
	       !jx_get(da, "error") && at > 0 && j->now - at > 60;
}

static void
find_logged(struct job *j)
{
	const char *code, *kind, *cure;
	json_t *hit, *f, *e;

	json_object_foreach((json_t *)(uintptr_t)j->in->hits, code, hit) {
		if (!strcmp(code, "clues") || is_over(j, code, hit))
			continue;
		kind = code;
		if (!strcmp(code, "W1107"))
			kind = reorg_cause(jx_get(j->in->hits, "clues"),
					   window_left(j) == 0,
					   j->in->hash_now);
		if (!strcmp(code, "E1123") && findings_has(j, "E1162"))
			kind = "E1162"; /* the same, seen from inside */
		cure = reorg_cure(kind);
		f = finding(j, kind, jx_str(hit, "process", "?"),
			    cure ? cure : jx_str(hit, "cure", ""));
		e = json_copy(hit);
		json_object_del(e, "cure");
		json_array_append_new(json_object_get(f, "evidence"), e);
	}
	find_forced(j);
	note_reorg(j);
}

json_t *
health_findings(const struct health_input *in)
{
	struct job j = { .in = in,
			 .out = json_array(),
			 .now = jx_int(in->seen, "now", 0) };

	arena_init(&j.arena);
	find_processes(&j);
	find_endpoints(&j);
	find_sequencers(&j);
	find_chain(&j);
	find_keys(&j);
	find_money(&j);
	find_l1_fork(&j);
	find_logged(&j);
	/* Without the L1 all of these follow. */
	if (!findings_has(&j, "E1108")) {
		find_stalls(&j);
		find_window(&j);
		find_output(&j);
		find_claims(&j);
	}
	arena_done(&j.arena);
	return j.out;
}
