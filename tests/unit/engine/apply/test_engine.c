/* Plan and apply against a worker that fails on demand. */
#include "tests/unit/world.h"
#include "engine/apply/apply.h"

/* The kinds of this program; their schemas are the real ones. */
static const struct kind kind_null = { .name = "null",
				       .schema_version = 1,
				       .flags = KIND_ONCE | KIND_EARLY };
static const struct kind kind_live = { .name = "jwt_secret",
				       .schema_version = 1,
				       .flags = KIND_LIVE };
static const struct kind kind_data = { .name = "datadir",
				       .schema_version = 1,
				       .flags = KIND_DATA };
static const struct kind kind_seen = {
	.name = "endpoint",
	.schema_version = 1,
	.flags = KIND_READ_ONLY | KIND_LIVE,
};
static const struct kind kind_chain = {
	.name = "l1_genesis",
	.schema_version = 1,
	.flags = KIND_IRREVERSIBLE,
};
const struct kind *const kind_table[] = { &kind_data, &kind_seen, &kind_live,
					  &kind_chain, &kind_null };
const unsigned kind_count = 5;

static json_t *
make_attrs(const char *addr, const json_t *config UNUSED)
{
	return json_pack("{s:s+}", "id", addr, "-made");
}

#define AB                                                                     \
	"  null:\n"                                                            \
	"    a: { note: x }\n"                                                 \
	"    b: { triggers: { a: \"${null.a.id}\" } }\n"                       \
	"    z: { note: y }\n"

static enum action
action_of(struct world *w, const char *addr)
{
	const struct change *c = plan_find(w->plan, addr);

	assert_non_null(c);
	return c->action;
}

static void
branches_go_on(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "{\"null.a\":{\"create\":[\"fail\"]}}", AB),
			 -1);
	t_error(&w->ds, "E0621", "fail");
	assert_ops(w, "create null.a\ncreate null.z\n");
	assert_int_equal(w->res.failed, 1);
	assert_int_equal(w->res.skipped, 1);
	assert_int_equal(w->res.created, 1);
	assert_int_equal(apply(w, "", AB), 0);
	assert_ops(w, "read null.z\ncreate null.a\ncreate null.b\n");
}

static void
tries_again(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w,
			       "{\"null.z\":{\"create\":[\"retry\",\"ok\"]}}",
			       "  null: { z: { note: y } }\n"),
			 0);
	t_no_errors(&w->ds);
	assert_ops(w, "create null.z\ncreate null.z\n");
}

/* Killed between intent and effect: the next run asks what became of it. */
static void
recovers(void **st)
{
	struct world *w = *st;

	assert_int_equal(
		apply(w, "{\"null.a\":{\"create\":[\"intend-die\"]}}", AB), -1);
	t_error(&w->ds, "E0616", "worker exited with status 9");
	assert_int_equal(plan(w, "", AB), 0);
	assert_int_equal(action_of(w, "null.a"), ACT_CREATE);
	assert_true(plan_find(w->plan, "null.a")->incomplete);
	assert_int_equal(apply(w, "", AB), 0);
	assert_ops(w, "read null.z\nrecover null.a\ncreate null.b\n");
	assert_int_equal(apply(w, "", AB), 0);
	assert_false(plan_has_changes(w->plan));
}

/* What was begun is done as it was begun, and recorded so: only the next plan
 * makes it what the spec says now. */
static void
recovers_what_was_begun(void **st)
{
	struct world *w = *st;
	const char *body = "  null: { a: { note: other } }\n";
	const struct state_entry *e;

	apply(w, "{\"null.a\":{\"create\":[\"intend-die\"]}}",
	      "  null: { a: { note: x } }\n");
	assert_int_equal(apply(w, "", body), -1);
	t_error(&w->ds, "E0606", "null.a");
	assert_non_null(strstr(w->ds.last->summary, "as it was started"));
	assert_ops(w, "recover null.a\n");
	e = state_get(w->run->state, "null.a");
	assert_non_null(e);
	assert_string_equal(jx_str(e->config, "note", ""), "x");
	assert_int_equal(e->status, ENTRY_OK);
	assert_int_equal(apply(w, "", body), 0);
	assert_ops(w, "read null.a\nupdate null.a\n");
	assert_string_equal(
		jx_str(state_get(w->run->state, "null.a")->config, "note", ""),
		"other");
}

/* What is to be changed is gone meanwhile: nothing is made in its place that
 * nobody has approved. */
static void
changes_what_is_gone(void **st)
{
	struct world *w = *st;
	const char *body = "  null: { a: { note: other } }\n";

	apply(w, "", "  null: { a: { note: x } }\n");
	assert_int_equal(apply(w, "{\"null.a\":{\"update\":[\"gone\"]}}", body),
			 -1);
	t_error(&w->ds, "E0606", "does not exist");
	assert_ops(w, "read null.a\nupdate null.a\n");
	assert_int_equal(apply(w, "", body), 0);
	assert_ops(w, "read null.a\nupdate null.a\n");
}

static void
begins_anew(void **st)
{
	struct world *w = *st;
	const char *body = "  null: { a: { note: x } }\n";

	apply(w, "{\"null.a\":{\"create\":[\"intend-die\"]}}", body);
	assert_int_equal(
		apply(w, "{\"null.a\":{\"recover\":[\"retry\"]}}", body), 0);
	assert_ops(w, "recover null.a\ncreate null.a\n");
}

/* Begun and not done is an answer, which must not fail the run that goes on. */
static void
goes_on(void **st)
{
	struct world *w = *st;
	const char *body = "  null: { a: { note: x } }\n";

	apply(w, "{\"null.a\":{\"create\":[\"intend-die\"]}}", body);
	assert_int_equal(
		apply(w, "{\"null.a\":{\"recover\":[\"partial\"]}}", body), 0);
	t_no_errors(&w->ds);
	assert_ops(w, "recover null.a\ncreate null.a\n");
}

static void
stops_when_unsure(void **st)
{
	struct world *w = *st;
	const char *body = "  null: { a: { note: x } }\n";

	apply(w, "{\"null.a\":{\"create\":[\"intend-die\"]}}", body);
	assert_int_equal(
		apply(w, "{\"null.a\":{\"recover\":[\"unsure\"]}}", body), -1);
	t_error(&w->ds, "E0608", "cannot tell");
	assert_int_equal(diags_exit_code(&w->ds), 12);
	/* It stays open until somebody can tell. */
	assert_int_equal(apply(w, "", body), 0);
	assert_ops(w, "recover null.a\n");
}

/* Begun for a spec that is gone: removed all the same. */
static void
removes_what_broke_off(void **st)
{
	struct world *w = *st;

	apply(w, "{\"null.a\":{\"create\":[\"intend-die\"]}}",
	      "  null: { a: { note: x } }\n");
	assert_int_equal(apply(w, "", "  null: { q: { note: x } }\n"), 0);
	assert_ops(w, "remove null.a\ncreate null.q\n");
	assert_int_equal(w->run->state->count, 1);
}

static void
continues_partial(void **st)
{
	struct world *w = *st;

	assert_int_equal(
		apply(w, "{\"null.a\":{\"create\":[\"partial\"]}}", AB), -1);
	assert_int_equal(apply(w, "", AB), 0);
	assert_ops(w, "read null.z\ncreate null.a\ncreate null.b\n");
}

static void
repairs_drift(void **st)
{
	struct world *w = *st;
	const struct change *c;

	assert_int_equal(apply(w, "", AB), 0);
	assert_int_equal(plan(w, "{\"null.z\":{\"read\":[\"drift\"]}}", AB), 0);
	c = plan_find(w->plan, "null.z");
	assert_int_equal(c->action, ACT_UPDATE);
	assert_int_equal(c->reasons[0].why, WHY_DRIFT);
	assert_string_equal(c->reasons[0].pointer, "/id");
	assert_true(c->drifted);
	assert_int_equal(plan(w, "{\"null.z\":{\"read\":[\"gone\"]}}", AB), 0);
	c = plan_find(w->plan, "null.z");
	assert_int_equal(c->action, ACT_CREATE);
	assert_int_equal(c->reasons[0].why, WHY_GONE);
}

static void
refreshes_only(void **st)
{
	struct world *w = *st;
	const char *drift = "{\"null.z\":{\"read\":[\"drift\"]},"
			    "\"null.b\":{\"read\":[\"gone\"]}}";

	assert_int_equal(apply(w, "", AB), 0);
	w->opts.mode = PLAN_REFRESH_ONLY;
	assert_int_equal(apply(w, drift, AB), 0);
	assert_int_equal(w->plan->counts.drifted, 2);
	assert_null(state_get(w->run->state, "null.b"));
	assert_string_equal(
		jx_str(state_get(w->run->state, "null.z")->attrs, "id", ""),
		"drifted");
	assert_ops(w, "read null.a\nread null.z\nread null.b\n");
}

#define LIVE                                                                   \
	"  null:\n"                                                            \
	"    l1: { note: x }\n"                                                \
	"    user: { note: \"${jwt_secret.c.mode}\" }\n"                       \
	"  jwt_secret:\n"                                                      \
	"    c: { depends_on: [null.l1] }\n"

/* What cannot be looked at now is looked at before anything stands on it. */
static void
defers_live_reads(void **st)
{
	struct world *w = *st;
	const char *down = "{\"null.l1\":{\"read\":[\"drift\"]},"
			   "\"null.user\":{\"read\":[\"gone\"]}}";
	const char *lost = "{\"null.l1\":{\"read\":[\"drift\"]},"
			   "\"null.user\":{\"read\":[\"gone\"]},"
			   "\"jwt_secret.c\":{\"read\":[\"gone\"]}}";
	const struct change *c;

	assert_int_equal(apply(w, "", LIVE), 0);
	assert_int_equal(plan(w, down, LIVE), 0);
	c = plan_find(w->plan, "jwt_secret.c");
	assert_true(c->deferred);
	assert_string_equal(c->deferred_by, "null.l1");
	assert_int_equal(c->action, ACT_NOOP);
	assert_int_equal(apply(w, lost, LIVE), -1);
	t_error(&w->ds, "E0606", "no longer exists");
	assert_int_equal(diags_exit_code(&w->ds), 5);
	assert_ops(w, "read null.l1\nread null.user\nupdate null.l1\n"
		      "read jwt_secret.c\n");
	assert_int_equal(apply(w, down, LIVE), 0);
}

/* The members of a cluster without their data know nothing of it. */
static void
goes_with_what_it_is_in(void **st)
{
	struct world *w = *st;
	const char *gone = "{\"null.l1\":{\"read\":[\"gone\"]}}";
	const struct change *c;

	assert_int_equal(apply(w, "", LIVE), 0);
	assert_int_equal(plan(w, gone, LIVE), 0);
	c = plan_find(w->plan, "jwt_secret.c");
	assert_int_equal(c->action, ACT_UPDATE);
	assert_int_equal(c->class, CLASS_IN_PLACE);
	assert_int_equal(c->nreasons, 1);
	assert_string_equal(why_name(c->reasons[0].why), "within");
	assert_string_equal(c->reasons[0].text, "null.l1");
	assert_int_equal(apply(w, gone, LIVE), 0);
	assert_ops(w, "read null.l1\nread null.user\ncreate null.l1\n"
		      "read jwt_secret.c\nupdate jwt_secret.c\n");
}

static void
unreachable_is_not_gone(void **st)
{
	struct world *w = *st;
	const char *away = "{\"null.l1\":{\"read\":[\"unreachable\"]}}";
	const char *held = "{\"null.l1\":{\"read\":[\"down\"]}}";
	const struct change *c;

	assert_int_equal(apply(w, "", LIVE), 0);
	assert_int_equal(plan(w, away, LIVE), 0);
	t_no_errors(&w->ds);
	assert_int_equal(w->ds.nwarnings, 1);
	c = plan_find(w->plan, "null.l1");
	assert_int_equal(c->action, ACT_NOOP);
	assert_true(c->deferred);
	assert_true(plan_find(w->plan, "jwt_secret.c")->deferred);
	assert_int_equal(plan(w, held, LIVE), 0);
	c = plan_find(w->plan, "jwt_secret.c");
	assert_string_equal(c->deferred_why, "is stopped");
	assert_false(plan_has_changes(w->plan));
}

static void
elsewhere(void **st)
{
	struct world *w = *st;
	const char *body = "  datadir: { d: { key: \"0123456789abcdef\" } }\n"
			   "  null: { p: { note: x, depends_on: "
			   "[datadir.d] } }\n";

	assert_int_equal(apply(w, "", body), 0);
	w->opts.mode = PLAN_DESTROY;
	assert_int_equal(apply(w, "", body), 0);
	assert_ops(w, "remove null.p\n");
	assert_int_equal(w->res.kept, 1);
	assert_int_equal(w->run->state->count, 0);
	w->opts.mode = PLAN_NORMAL;
	assert_int_equal(apply(w, "", body), 0);
	w->opts.mode = PLAN_DESTROY;
	w->opts.delete_data = true;
	assert_int_equal(apply(w, "", body), 0);
	assert_ops(w, "remove null.p\nremove datadir.d\n");
	assert_int_equal(w->res.kept, 0);
}

/* Certain replacements go down in reverse and come up in order. */
static void
replaces_in_order(void **st)
{
	struct world *w = *st;
	const char *both[] = { "null.a", "null.b" };

	assert_int_equal(apply(w, "", AB), 0);
	w->opts.replace = both;
	w->opts.nreplace = 2;
	w->opts.no_refresh = true;
	assert_int_equal(apply(w, "", AB), 0);
	assert_ops(w, "remove null.b\nremove null.a\ncreate null.a\n"
		      "create null.b\n");
}

static void
renamed_goes_first(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "", "  null: { old: { note: x } }\n"), 0);
	assert_int_equal(apply(w, "", "  null: { new: { note: x } }\n"), 0);
	assert_ops(w, "remove null.old\ncreate null.new\n");
}

static void
times_out(void **st)
{
	struct world *w = *st;

	assert_int_equal(apply(w, "{\"null.a\":{\"create\":[\"slow\"]}}",
			       "  null: { a: { note: x, timeout: 50ms } }\n"),
			 -1);
	t_error(&w->ds, "E0618", "not finished within");
	assert_int_equal(diags_exit_code(&w->ds), 9);
}

/* Ctrl-C: what runs is told, the rest is not begun. */
static void
cancels(void **st)
{
	struct world *w = *st;

	assert_int_equal(plan(w, "{\"null.a\":{\"create\":[\"slow\"]}}", AB),
			 0);
	/* It is the applier's to hear while it works; until then it waits. */
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGINT);
	assert_int_equal(run_apply(w->run, w->plan, &w->res, &w->ds), -1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	assert_true(w->res.interrupted);
	assert_int_equal(diags_exit_code(&w->ds), 8);
	assert_int_equal(w->res.created, 0);
}

static void
ignores_and_triggers(void **st)
{
	static const char *const name[] = { "null.b" };
	struct world *w = *st;
	const char *before = "  null:\n"
			     "    a: { note: x }\n"
			     "    b:\n"
			     "      note: one\n"
			     "      lifecycle: { ignore_changes: [/note], "
			     "replace_when: [null.a/note] }\n";
	const char *other = "  null:\n"
			    "    a: { note: x }\n"
			    "    b:\n"
			    "      note: two\n"
			    "      lifecycle: { ignore_changes: [/note], "
			    "replace_when: [null.a/note] }\n";
	const char *changed = "  null:\n"
			      "    a: { note: y }\n"
			      "    b:\n"
			      "      note: two\n"
			      "      lifecycle: { ignore_changes: [/note], "
			      "replace_when: [null.a/note] }\n";

	assert_int_equal(apply(w, "", before), 0);
	assert_int_equal(plan(w, "", other), 0);
	assert_false(plan_has_changes(w->plan));
	assert_int_equal(plan(w, "", changed), 0);
	assert_int_equal(action_of(w, "null.a"), ACT_UPDATE);
	assert_int_equal(action_of(w, "null.b"), ACT_REPLACE);
	assert_int_equal(plan_find(w->plan, "null.b")->reasons[0].why,
			 WHY_TRIGGERED);
	/* What is made anew on request is made of what the spec says. */
	w->opts.replace = name;
	w->opts.nreplace = 1;
	assert_int_equal(apply(w, "", other), 0);
	assert_string_equal(
		jx_str(state_get(w->run->state, "null.b")->config, "note", ""),
		"two");
}

static const char *
genesis_with(struct world *w, int chain_id)
{
	struct buf b = BUF_INIT(4096);
	char *text;

	buf_addf(&b,
		 "  l1_genesis: { g: { chain_id: %d } }\n"
		 "  null: { user: { note: \"${l1_genesis.g.chain_id}\" } }\n",
		 chain_id);
	text = arena_strdup(&w->ds.arena, buf_str(&b));
	buf_done(&b);
	return text;
}

/* What cannot be undone is shown, and refused until it is named. */
static void
asks_for_consent(void **st)
{
	struct world *w = *st;
	const char *name[] = { "l1_genesis.g" };
	char *one = xstrdup(genesis_with(w, 3151));
	char *two = xstrdup(genesis_with(w, 3152));

	assert_int_equal(apply(w, "", one), 0);
	assert_int_equal(plan(w, "", two), -1);
	t_error(&w->ds, "E0610", "new chain");
	assert_int_equal(diags_exit_code(&w->ds), 10);
	assert_non_null(w->plan);
	assert_true(w->plan->refused);
	assert_true(plan_find(w->plan, "l1_genesis.g")->irreversible);
	assert_int_equal(plan_find(w->plan, "l1_genesis.g")->class,
			 CLASS_NEW_CHAIN);
	assert_int_equal(run_apply(w->run, w->plan, &w->res, &w->ds), -1);
	/* Naming it is half of it, and the chain's name must be right. */
	w->opts.replace = name;
	w->opts.nreplace = 1;
	assert_int_equal(plan(w, "", two), -1);
	w->opts.accept_irreversible = "other";
	assert_int_equal(plan(w, "", two), -1);
	w->opts.accept_irreversible = "test";
	assert_int_equal(apply(w, "", two), 0);
	t_no_errors(&w->ds);
	assert_int_equal(w->res.replaced, 1);
	assert_int_equal(w->res.updated, 1);
	free(one);
	free(two);
}

/* A secret is compared by a keyed hash; one that is not at hand is unchanged,
 * and it is in no file. */
static void
compares_secrets(void **st)
{
	struct world *w = *st;
	const char *body =
		"  endpoint: { e: { rpc: \"${var.url}\" } }\n"
		"variables:\n"
		"  url: { type: url, env: T_URL, sensitive: true }\n";
	CLEANUP(freep) char *path = path_join(w->state_dir, "state.json");
	struct buf b = BUF_INIT(1 << 20);

	setenv("T_URL", "http://one.example/hidden1", 1);
	assert_int_equal(apply(w, "", body), 0);
	t_no_errors(&w->ds);
	assert_int_equal(plan(w, "", body), 0);
	assert_false(plan_has_changes(w->plan));
	setenv("T_URL", "http://two.example/hidden2", 1);
	assert_int_equal(plan(w, "", body), 0);
	assert_int_equal(action_of(w, "endpoint.e"), ACT_READ);
	assert_true(plan_find(w->plan, "endpoint.e")->reasons[0].sensitive);
	assert_int_equal(file_read(path, &b, &w->ds), 0);
	assert_null(strstr(buf_str(&b), "hidden"));
	buf_done(&b);
	unsetenv("T_URL");
}

/* What -target leaves out need not even make sense yet. */
static void
leaves_the_rest_alone(void **st)
{
	struct world *w = *st;
	const char *target = "null.b";
	const char *body = "  null: { a: { note: x }, b: { note: y } }\n"
			   "  datadir: { d: { key: \"${null.a.id}\" } }\n"
			   "outputs:\n"
			   "  a: \"${null.a.id}\"\n"
			   "  b: \"${null.b.id}\"\n";

	w->opts.targets = &target;
	w->opts.ntargets = 1;
	assert_int_equal(plan(w, "", body), 0);
	t_no_errors(&w->ds);
	assert_true(w->plan->limited);
	assert_int_equal(w->plan->nchanges, 1);
	assert_string_equal(w->plan->changes[0].addr, "null.b");
	assert_false(w->plan->outputs[0].unknown);
	assert_true(w->plan->outputs[1].unknown);
	assert_int_equal(apply(w, "", body), 0);
	assert_ops(w, "create null.b\n");
	assert_int_equal(plan(w, "", body), 0);
	assert_false(plan_has_changes(w->plan));
}

/* What talks to its dependencies when it is removed goes before these change,
 * also those that it has by way of others. */
static void
removal_that_asks(void **st)
{
	struct world *w = *st;

	assert_int_equal(
		apply(w, "",
		      "  null:\n"
		      "    a: { triggers: { x: \"1\" } }\n"
		      "    b: { note: \"${null.a.id}\" }\n"
		      "  jwt_secret: { s: { depends_on: [null.b] } }\n"),
		0);
	assert_ops(w, "create null.a\ncreate null.b\ncreate jwt_secret.s\n");
	assert_int_equal(apply(w, "",
			       "  null:\n"
			       "    a: { triggers: { x: \"2\" } }\n"
			       "    b: { note: \"${null.a.id}\" }\n"),
			 0);
	assert_ops(w, "read null.a\nread null.b\n"
		      "remove jwt_secret.s\nremove null.a\ncreate null.a\n");
}

/* --- values that are told before an operation is done --- */

#define ABC                                                                    \
	"  null:\n"                                                            \
	"    a: { note: x }\n"                                                 \
	"    b: { triggers: { a: \"${null.a.id}\" } }\n"                       \
	"    c: { triggers: { b: \"${null.b.id}\" } }\n"

static void
begins_early(void **st)
{
	struct world *w = *st;

	w->opts.parallelism = 2;
	assert_int_equal(
		apply(w, "{\"null.a\":{\"create\":[\"early-ok\"]}}", ABC), 0);
	t_no_errors(&w->ds);
	assert_ops(w, "create null.a\ncreate null.b\ncreate null.c\n");
	assert_int_equal(apply(w, "", ABC), 0);
	assert_false(plan_has_changes(w->plan));
}

/* What began early is recorded; what waits for it is not made. */
static void
early_and_failed(void **st)
{
	struct world *w = *st;

	w->opts.parallelism = 2;
	assert_int_equal(
		apply(w, "{\"null.a\":{\"create\":[\"early-fail\"]}}", ABC),
		-1);
	t_error(&w->ds, "E0621", "fail");
	assert_ops(w, "create null.a\ncreate null.b\n");
	assert_int_equal(w->res.skipped, 1);
	assert_int_equal(apply(w, "", ABC), 0);
	assert_ops(w, "read null.b\ncreate null.a\ncreate null.c\n");
	assert_int_equal(apply(w, "", ABC), 0);
	assert_false(plan_has_changes(w->plan));
}

static void
early_and_other(void **st)
{
	struct world *w = *st;

	w->opts.parallelism = 2;
	assert_int_equal(
		apply(w, "{\"null.a\":{\"create\":[\"early-drift\"]}}", ABC),
		-1);
	t_error(&w->ds, "E0607", "predicted a different 'id'");
	assert_ops(w, "create null.a\ncreate null.b\n");
	/* The next plan sees that it began with another value. */
	assert_int_equal(plan(w, "", ABC), 0);
	assert_int_equal(action_of(w, "null.b"), ACT_REPLACE);
}

static void
early_is_too_little(void **st)
{
	struct world *w = *st;

	w->opts.parallelism = 2;
	assert_int_equal(
		apply(w, "{\"null.a\":{\"create\":[\"early-none\"]}}", ABC), 0);
	t_no_errors(&w->ds);
	assert_ops(w, "create null.a\ncreate null.b\ncreate null.c\n");
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(branches_go_on),
		T(tries_again),
		T(recovers),
		T(recovers_what_was_begun),
		T(changes_what_is_gone),
		T(begins_anew),
		T(stops_when_unsure),
		T(removes_what_broke_off),
		T(continues_partial),
		T(goes_on),
		T(repairs_drift),
		T(refreshes_only),
		T(defers_live_reads),
		T(goes_with_what_it_is_in),
		T(unreachable_is_not_gone),
		T(elsewhere),
		T(replaces_in_order),
		T(renamed_goes_first),
		T(times_out),
		T(cancels),
		T(ignores_and_triggers),
		T(asks_for_consent),
		T(compares_secrets),
		T(leaves_the_rest_alone),
		T(removal_that_asks),
		T(begins_early),
		T(early_and_failed),
		T(early_and_other),
		T(early_is_too_little),
	};

	if (argc > 0 && strstr(argv[0], "opl2-worker"))
		worker();
	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
