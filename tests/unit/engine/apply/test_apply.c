/* Plan and apply over real workers, with the kind that does nothing. */
#include "tests/unit/t.h"

#include <sys/stat.h>

#include "engine/apply/apply.h"
#include "engine/run/run.h"
#include "engine/spec/spec.h"
#include "state/state.h"

struct world {
	char dir[64], *file, *state_dir;
	struct spec *spec;
	struct run *run;
	struct plan *plan;
	struct diags ds;
	struct run_opts opts;
	unsigned started, done, skipped;
};

static void
count_event(void *arg, const struct event *ev)
{
	struct world *w = arg;

	w->started += ev->type == EV_START;
	w->done += ev->type == EV_DONE;
	w->skipped += ev->type == EV_SKIPPED;
}

static void
write_spec(struct world *w, const char *body)
{
	CLEANUP(freep)
	char *text = xasprintf("opl2: 1\nname: test\nresources:\n%s", body);

	assert_int_equal(
		file_replace(w->file, text, strlen(text), 0600, &w->ds), 0);
}

static void
begin(struct world *w, bool write)
{
	const struct spec_opts so = { .file = w->file,
				      .state_dir = w->state_dir };

	assert_int_equal(spec_load(&so, &w->spec, &w->ds), 0);
	assert_int_equal(run_open(&w->opts, w->spec, w->state_dir, write,
				  &w->run, &w->ds),
			 0);
}

static void
end(struct world *w)
{
	plan_free(w->plan);
	w->plan = NULL;
	run_close(w->run);
	w->run = NULL;
	spec_free(w->spec);
	w->spec = NULL;
}

/* Plans; the caller looks at w->plan and calls end(). */
static void
plan(struct world *w, const char *body)
{
	write_spec(w, body);
	begin(w, false);
	assert_int_equal(plan_make(w->run, &w->plan, &w->ds), 0);
	t_no_errors(&w->ds);
}

static void
apply(struct world *w, const char *body, struct apply_result *res)
{
	write_spec(w, body);
	begin(w, true);
	assert_int_equal(plan_make(w->run, &w->plan, &w->ds), 0);
	assert_int_equal(run_apply(w->run, w->plan, res, &w->ds), 0);
	t_no_errors(&w->ds);
}

static int
set_up(void **st)
{
	struct world *w = xcalloc(1, sizeof(*w));
	static struct events ev;

	snprintf(w->dir, sizeof(w->dir), "/tmp/opl2-apply-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	w->file = path_join(w->dir, "opl2.yaml");
	w->state_dir = path_join(w->dir, ".opl2");
	diags_init(&w->ds);
	ev = (struct events){ .emit = count_event, .arg = w };
	w->opts.events = &ev;
	w->opts.parallelism = 2;
	*st = w;
	return 0;
}

static int
tear_down(void **st)
{
	struct world *w = *st;

	end(w);
	assert_int_equal(file_remove_tree(w->dir, &w->ds), 0);
	diags_done(&w->ds);
	free(w->file);
	free(w->state_dir);
	free(w);
	return 0;
}

#define CHAIN                                                                  \
	"  null:\n"                                                            \
	"    a: { note: first }\n"                                             \
	"    b: { triggers: { a: \"${null.a.id}\" } }\n"                       \
	"    c: { note: \"${null.b.id}\" }\n"

static void
creates_in_order(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	const struct state_entry *a, *b;

	apply(w, CHAIN, &res);
	assert_int_equal(res.created, 3);
	assert_int_equal(w->started, 3);
	assert_int_equal(w->done, 3);
	a = state_get(w->run->state, "null.a");
	b = state_get(w->run->state, "null.b");
	assert_string_equal(jx_str(jx_at(b->config, "/triggers"), "a", ""),
			    jx_str(a->attrs, "id", "none"));
	end(w);
	plan(w, CHAIN);
	assert_false(plan_has_changes(w->plan));
	assert_int_equal(w->plan->counts.noop, 3);
}

static void
replaces_with_dependents(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	const char *replace[] = { "null.a" };
	const struct change *c;
	char old[64];

	apply(w, CHAIN, &res);
	snprintf(old, sizeof(old), "%s",
		 jx_str(state_get(w->run->state, "null.a")->attrs, "id", ""));
	end(w);
	w->opts.replace = replace;
	w->opts.nreplace = 1;
	apply(w, CHAIN, &res);
	c = plan_find(w->plan, "null.a");
	assert_int_equal(c->action, ACT_REPLACE);
	assert_int_equal(c->reasons[0].why, WHY_REQUESTED);
	/* b's trigger is unknown until then; its class is replace. */
	c = plan_find(w->plan, "null.b");
	assert_int_equal(c->action, ACT_REPLACE);
	assert_true(c->reasons[0].unknown);
	assert_string_equal(c->reasons[0].pointer, "/triggers/a");
	assert_int_equal(plan_find(w->plan, "null.c")->action, ACT_UPDATE);
	assert_int_equal(res.replaced, 2);
	assert_int_equal(res.updated, 1);
	assert_string_not_equal(
		old,
		jx_str(state_get(w->run->state, "null.a")->attrs, "id", ""));
}

static void
removes_orphans_and_all(void **st)
{
	struct world *w = *st;
	struct apply_result res;

	apply(w, CHAIN, &res);
	end(w);
	apply(w, "  null:\n    a: { note: first }\n", &res);
	assert_int_equal(res.removed, 2);
	assert_int_equal(w->run->state->count, 1);
	end(w);
	w->opts.mode = PLAN_DESTROY;
	apply(w, "  null:\n    a: { note: first }\n", &res);
	assert_int_equal(res.removed, 1);
	assert_int_equal(w->run->state->count, 0);
}

static void
updates_in_place(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	const struct change *c;

	apply(w, CHAIN, &res);
	end(w);
	plan(w, "  null:\n"
		"    a: { note: second }\n"
		"    b: { triggers: { a: \"${null.a.id}\" } }\n"
		"    c: { note: \"${null.b.id}\" }\n");
	c = plan_find(w->plan, "null.a");
	assert_int_equal(c->action, ACT_UPDATE);
	assert_int_equal(c->nreasons, 1);
	assert_string_equal(c->reasons[0].pointer, "/note");
	assert_string_equal(json_string_value(c->reasons[0].before), "first");
	/* The id is stable: nobody else is touched. */
	assert_int_equal(w->plan->counts.noop, 2);
}

static void
saves_and_refuses_stale(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	CLEANUP(freep) char *path = path_join(w->dir, "p.plan");
	struct stat sb;

	plan(w, CHAIN);
	assert_int_equal(plan_save(w->plan, path, &w->ds), 0);
	assert_int_equal(stat(path, &sb), 0);
	assert_int_equal(sb.st_mode & 0777, 0600);
	end(w);
	begin(w, true);
	assert_int_equal(plan_load(w->run, path, &w->plan, &w->ds), 0);
	assert_int_equal(w->plan->counts.create, 3);
	assert_int_equal(run_apply(w->run, w->plan, &res, &w->ds), 0);
	t_no_errors(&w->ds);
	assert_int_equal(res.created, 3);
	end(w);
	begin(w, true);
	assert_int_equal(plan_load(w->run, path, &w->plan, &w->ds), -1);
	t_error(&w->ds, "E0605", "the state has changed since");
}

static void
knows_moved(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	char id[64];

	apply(w, "  null: { a: { note: x } }\n", &res);
	snprintf(id, sizeof(id), "%s",
		 jx_str(state_get(w->run->state, "null.a")->attrs, "id", ""));
	end(w);
	apply(w,
	      "  null: { z: { note: x } }\n"
	      "moved: [ { from: null.a, to: null.z } ]\n",
	      &res);
	assert_int_equal(res.created + res.removed + res.replaced, 0);
	assert_null(state_get(w->run->state, "null.a"));
	assert_string_equal(
		id,
		jx_str(state_get(w->run->state, "null.z")->attrs, "id", ""));
}

static void
keeps_to_targets(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	const char *target[] = { "null.b" };

	w->opts.targets = target;
	w->opts.ntargets = 1;
	apply(w, CHAIN, &res);
	assert_int_equal(res.created, 2);
	assert_null(state_get(w->run->state, "null.c"));
	assert_true(w->plan->limited);
}

static void
protects(void **st)
{
	struct world *w = *st;
	struct apply_result res;
	const char *body = "  null:\n"
			   "    a: { note: x }\n"
			   "    b:\n"
			   "      note: \"${null.a.id}\"\n"
			   "      lifecycle: { prevent_destroy: true }\n"
			   "    c: { note: y }\n";

	apply(w, body, &res);
	end(w);
	w->opts.mode = PLAN_DESTROY;
	apply(w, body, &res);
	assert_int_equal(res.removed, 1);
	assert_int_equal(res.kept, 2);
	assert_int_equal(plan_find(w->plan, "null.b")->reasons[0].why,
			 WHY_PROTECTED);
	assert_int_equal(plan_find(w->plan, "null.a")->reasons[0].why,
			 WHY_NEEDED);
	assert_int_equal(w->run->state->count, 2);
}

static void
reads_nothing_when_told(void **st)
{
	struct world *w = *st;
	struct apply_result res;

	apply(w, CHAIN, &res);
	end(w);
	w->opts.no_refresh = true;
	plan(w, CHAIN);
	assert_false(plan_has_changes(w->plan));
	assert_null(w->run->pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
		T(creates_in_order),        T(replaces_with_dependents),
		T(removes_orphans_and_all), T(updates_in_place),
		T(saves_and_refuses_stale), T(knows_moved),
		T(keeps_to_targets),        T(protects),
		T(reads_nothing_when_told),
	};

	mem_init();
	free(t_programs());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
