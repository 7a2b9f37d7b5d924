/*
 * opl2 move: takes a chain's processes with their databases to where `runtime`
 * of its spec says: from this machine to a cluster, or back.
 *
 * Databases are copied once while the chain runs, and what has changed since
 * once more when it is stopped. The processes of the old place are removed
 * before those of the new place are made, so that there are never two of a
 * sequencer, a batcher or a proposer. What a killed move had done is in
 * move_record.h.
 */
#include "cmd/opl2/run/move_record.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cmd/opl2/chain/chain.h"
#include "cmd/opl2/chain/part.h"
#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/run/apply.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/run/host.h"
#include "engine/spec/spec.h"
#include "providers/facts/role.h"
#include "providers/runtime/tree/tree.h"
#include "state/state.h"

static const struct opt_def opts[] = {
	OPTS_VARS,
	{ "auto-approve", OPT_FLAG, NULL,
	  "do not ask for approval; includes irreversible creates within "
	  "limits.eth" },
	OPTS_SHOWING,
	OPTS_VIEW,
	OPTS_PLANNING,
	OPTS_LOCK,
	OPTS_INPUT,
	OPTS_END,
};

struct moving {
	struct session *s;
	struct cmd *c;
	struct move_record record;
	struct runtime_chain *from, *to;
	bool out; /* to this machine */
};

/* The one that has the volumes. */
static struct runtime_chain *
volumes(const struct moving *m)
{
	return m->out ? m->from : m->to;
}

static void
say(const struct moving *m, const char *text)
{
	if (!opt_flag(&m->c->opts, "json"))
		fprintf(m->c->out, "%s\n", text);
	fflush(m->c->out);
}

/* --- what is moved -------------------------------------------------------- */

/* What several sequencers agreed on names the addresses of one place. */
static int
check_alone(struct moving *m, const char *name, const json_t *fields)
{
	if (role_parse(jx_str(fields, "role", NULL)) != ROLE_CONDUCTOR)
		return 0;
	diag_err(&m->c->ds, "E1344",
		 "several sequencers do not move together: '%s' is a conductor",
		 name);
	diag_hint(&m->c->ds,
		  "go on with one at the old place ('sequencers: 1', 'opl2 "
		  "apply'), move it, and add the others again");
	return -1;
}

/* A process as the spec places it; what it runs by is as it was put last. */
static int
record_one(struct moving *m, const char *name, json_t *keep)
{
	CLEANUP(runtime_recall_done) struct runtime_recall r = { 0 };
	CLEANUP(freep) char *addr = xasprintf("process.%s", name);
	const struct state_entry *e = state_get(m->s->run->state, addr);
	const json_t *fields =
		e ? part_fields(m->c->spec, m->s->run->state, e, keep) : NULL;
	json_t *def;

	if (check_alone(m, name, fields))
		return -1;
	if (m->from->rt->recall(m->from, name, &r, &m->c->ds))
		return -1;
	def = process_def_encode(r.def);
	if (!m->out && e)
		json_object_set_new(def, "place", process_place_of(fields));
	json_object_set_new(m->record.records, name,
			    json_pack("{s:o}", "def", def));
	return 0;
}

static int
gather(struct moving *m)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *keep = json_array();

	if (m->from->rt->status(m->from, NULL, true, &st, &m->c->ds))
		return -1;
	if (st->n == 0) {
		diag_err(&m->c->ds, "E1344",
			 "no process of '%s' is %s, as after a restore",
			 m->c->spec->name,
			 m->out ? "in the cluster" : "on this machine");
		diag_hint(&m->c->ds,
			  "bring it up there with the former 'runtime' and "
			  "'opl2 apply', then move it");
		return -1;
	}
	for (size_t i = 0; i < st->n; i++)
		if (record_one(m, st->procs[i].name, keep))
			return -1;
	return 0;
}

/* --- copies --------------------------------------------------------------- */

static int
copy_one(struct moving *m, const char *name, bool live)
{
	const struct runtime_volume v = {
		.process = name,
		.records = m->out ? NULL : m->record.records,
		.out = m->out,
		.live = live,
	};
	struct runtime_chain *rc = volumes(m);
	CLEANUP(put_json) json_t *figures = NULL;
	const json_t *folder;
	size_t i;

	if (rc->rt->move_volume(rc, &v, &procs_printing, &figures, &m->c->ds))
		return -1;
	json_array_foreach(jx_get(figures, "folders"), i, folder)
		json_object_set_new(m->record.folders,
				    json_string_value(folder), json_true());
	m->record.bytes += (uint64_t)jx_int(figures, "bytes", 0);
	return 0;
}

static int
copy_all(struct moving *m, bool live)
{
	const char *name;
	json_t *record;

	json_object_foreach(m->record.records, name, record)
		if (copy_one(m, name, live))
			return -1;
	return 0;
}

/* --- the chain's blocks --------------------------------------------------- */

/* Of this chain's own nodes: an L1 that is somebody else's does not move. */
static bool
is_ours(const char *name, const json_t *node)
{
	return jx_get(node, "rpc") && jx_get(node, "chain_id") &&
	       (!strcmp(name, "l2") ||
		strstr(jx_str(node, "rpc", ""), "//127.0.0.1:"));
}

static int
block_of(struct moving *m, const json_t *node, const json_t *number,
	 json_t **block, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *args = json_copy((json_t *)(uintptr_t)node);

	if (number)
		json_object_set(args, "number", (json_t *)(uintptr_t)number);
	return run_action(m->s->run, "block_hash", args, block, ds);
}

static void
note_head(struct moving *m, const json_t *facts, const char *name)
{
	CLEANUP(diags_done) struct diags quiet;
	json_t *block = NULL;

	diags_init(&quiet);
	if (is_ours(name, jx_get(facts, name)) &&
	    block_of(m, jx_get(facts, name), NULL, &block, &quiet) == 0)
		json_object_set_new(m->record.heads, name, block);
}

/* A chain that is stopped does not answer; then files are all that is
 * compared. */
static void
note_heads(struct moving *m)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *facts = NULL;

	diags_init(&quiet);
	facts = chain_facts(m->s->run->state, &quiet);
	note_head(m, facts, "l1");
	note_head(m, facts, "l2");
}

static int
compare_head(struct moving *m, const json_t *facts, const char *name,
	     const json_t *was)
{
	CLEANUP(put_json) json_t *is = NULL;
	CLEANUP(freep) char *text = NULL;
	const char *hash = jx_str(was, "hash", "");
	long long number = jx_int(was, "number", 0);

	if (block_of(m, jx_get(facts, name), jx_get(was, "number"), &is,
		     &m->c->ds))
		return -1;
	if (strcmp(jx_str(is, "hash", ""), hash) != 0)
		return diag_err(&m->c->ds, "E1345",
				"block %lld of the %s is %s, and was %s before "
				"the move",
				number, strcmp(name, "l1") ? "L2" : "L1",
				jx_str(is, "hash", "?"), hash);
	text = xasprintf("%s block %lld is %s, as before.",
			 strcmp(name, "l1") ? "L2" : "L1", number, hash);
	say(m, text);
	return 0;
}

static int
compare_heads(struct moving *m)
{
	CLEANUP(put_json) json_t *facts = NULL;
	const char *name;
	json_t *was;

	if (json_object_size(m->record.heads) == 0)
		return 0;
	facts = chain_facts(m->s->run->state, &m->c->ds);
	if (!facts)
		return -1;
	json_object_foreach(m->record.heads, name, was)
		if (compare_head(m, facts, name, was))
			return -1;
	return 0;
}

/* --- steps ---------------------------------------------------------------- */

static int
first_copy(struct moving *m)
{
	if (gather(m) || move_record_save(&m->record, &m->c->ds))
		return -1;
	say(m, "Copying the databases while the chain runs.");
	return copy_all(m, true);
}

static int
last_copy(struct moving *m)
{
	note_heads(m);
	if (move_record_save(&m->record, &m->c->ds))
		return -1;
	say(m, "Stopping the chain.");
	if (m->from->rt->stop(m->from, NULL, true,
			      opt_flag(&m->c->opts, "force"), &procs_printing,
			      &m->c->ds))
		return -1;
	say(m, "Copying what has changed since.");
	if (copy_all(m, false))
		return -1;
	m->record.stage = MOVE_COPIED;
	return move_record_save(&m->record, &m->c->ds);
}

/* What tells, beside a database, on which side it is. */
static int
mark_folder(struct moving *m, const char *name)
{
	CLEANUP(freep) char *data = path_join(m->c->state_dir, "data");
	CLEANUP(freep) char *dir = path_join(data, name);
	CLEANUP(freep) char *moved = path_join(dir, TREE_MOVED);
	CLEANUP(freep) char *prepare = path_join(dir, TREE_PREPARE);
	CLEANUP(put_json) json_t *j = NULL;
	struct stat st;

	if (stat(dir, &st) || !S_ISDIR(st.st_mode))
		return 0;
	if (m->out) {
		unlink(moved);
		unlink(prepare);
		return file_fsync_dir(dir, &m->c->ds);
	}
	j = json_pack("{s:o, s:I}", "to", jx_share(m->c->spec->runtime), "at",
		      (json_int_t)time(NULL));
	return file_replace_json(moved, j, 0600, &m->c->ds);
}

static int
hand_over(struct moving *m)
{
	const char *name;
	json_t *v;

	json_object_foreach(m->record.records, name, v)
		if (m->from->rt->remove(m->from, name, false, &procs_printing,
					&m->c->ds))
			return -1;
	json_object_foreach(m->record.folders, name, v)
		if (mark_folder(m, name))
			return -1;
	if (run_claim_host(m->s->run, &m->c->ds) ||
	    runtime_settle(m->c->state_dir, m->c->spec->name,
			   m->c->spec->runtime, &m->c->ds))
		return -1;
	m->record.stage = MOVE_SETTLED;
	return move_record_save(&m->record, &m->c->ds);
}

/* The old place's connection would keep its ports. */
static void
close_both(struct moving *m)
{
	if (m->c->reached == m->from)
		m->c->reached = NULL;
	runtime_closep(&m->from);
	runtime_closep(&m->to);
	run_close(m->s->run);
	m->s->run = NULL;
}

static int
bring_up(struct moving *m)
{
	struct cmd *c = m->c;
	int rc;

	say(m, "Starting the chain.");
	rc = session_plan(m->s, true);
	if (rc && m->s->plan)
		session_show(m->s, NULL);
	if (rc)
		return -1;
	/* The chain is down: only what costs is asked about. */
	rc = apply_plan(m->s, m->s->plan->counts.irreversible &&
				      !opt_flag(&c->opts, "auto-approve"));
	if (rc != EXIT_OK)
		return rc;
	if (compare_heads(m))
		return -1;
	return move_record_remove(&m->record, &c->ds) ? -1 : EXIT_OK;
}

/* --- the command ---------------------------------------------------------- */

static int
approve_move(struct moving *m)
{
	CLEANUP(freep) char *text = NULL;

	if (opt_flag(&m->c->opts, "auto-approve"))
		return 0;
	text = xasprintf(
		"The chain '%s' moves %s. Its databases are copied while it "
		"runs; then it stops until what has changed since is copied, "
		"too. The old databases stay.",
		m->c->spec->name,
		m->out ? "from the cluster to this machine"
		       : "from this machine to the cluster");
	return cmd_confirm(m->c, text, "yes");
}

static int
open_sides(struct moving *m)
{
	struct cmd *c = m->c;
	const struct runtime *here = runtime_table[0];
	const struct runtime *there = runtime_find("kubernetes");
	const struct runtime *from = m->out ? there : here;
	const struct runtime *to = m->out ? here : there;

	if (runtime_prepare(c->state_dir, c->spec->name, c->spec->runtime,
			    &c->ds) ||
	    from->open(c->state_dir, &m->from, &c->ds) ||
	    to->open(c->state_dir, &m->to, &c->ds))
		return -1;
	return there->check_rights(volumes(m), &c->ds) ||
			       (m->out && there->reachable(m->from, &c->ds))
		       ? -1
		       : 0;
}

static int
open_run(struct moving *m)
{
	struct session *s = m->s;
	struct cmd *c = m->c;

	s->ro.namespace = runtime_namespace(&c->arena, c->state_dir);
	if (run_open(&s->ro, c->spec, c->state_dir, true, &s->run, &c->ds))
		return -1;
	return s->run->elsewhere ? host_refuse(s->run->elsewhere, NULL, &c->ds)
				 : 0;
}

static int
take_all(struct moving *m)
{
	if (open_run(m) || open_sides(m))
		return -1;
	if (m->record.stage < MOVE_COPIED && (first_copy(m) || last_copy(m)))
		return -1;
	if (hand_over(m))
		return -1;
	close_both(m);
	return 0;
}

static int
nothing_to_do(struct moving *m)
{
	say(m, "Nothing to move: the chain is where 'runtime' of its spec "
	       "says.");
	return EXIT_OK;
}

static int
move_chain(struct moving *m)
{
	struct cmd *c = m->c;
	bool differs = runtime_differs(c->state_dir, c->spec->runtime);

	m->out = runtime_of(c->state_dir)->elsewhere;
	if (move_record_load(&m->record, c->state_dir, &c->ds))
		return -1;
	if (!differs && m->record.stage < MOVE_SETTLED)
		return nothing_to_do(m);
	if (differs && m->out && jx_get(c->spec->runtime, "kubernetes")) {
		diag_err(&c->ds, "E1344",
			 "a chain does not move from one namespace to another");
		diag_hint(&c->ds,
			  "move it to this machine without 'runtime' first");
		return -1;
	}
	if (differs && (approve_move(m) || take_all(m)))
		return -1;
	return bring_up(m);
}

static int
exec_move(struct cmd *c)
{
	SESSION_CLEANUP struct session s = { 0 };
	struct moving m = { .s = &s, .c = c };
	int rc;

	if (session_init(&s, c, "move", false) || cmd_load_spec(c, false))
		return -1;
	rc = move_chain(&m);
	if (c->reached == m.from)
		c->reached = NULL;
	runtime_closep(&m.from);
	runtime_closep(&m.to);
	move_record_done(&m.record);
	return rc;
}

const struct cmd_entry cmd_move = {
	.name = "move",
	.args = "",
	.summary = "move a running chain to where 'runtime' of its spec says",
	.text = "After 'runtime' of the spec was changed, takes the chain's "
		"processes and databases from this machine to the cluster, or "
		"back. Databases are copied while the chain runs. Then it is "
		"stopped, what has changed since is copied, and 'opl2 apply' "
		"starts it at the new place. In the end the chain must have "
		"the same block, at the height that it had, as before.\n"
		"\n"
		"The processes are removed at the old place before there are "
		"any at the new one. The old databases stay; remove them when "
		"you no longer need them.\n"
		"\n"
		"If it is interrupted, rerun it: it continues.",
	.opts = opts,
	.needs = NEED_VIEW | NEED_STATE_DIR,
	.exec = exec_move,
};
