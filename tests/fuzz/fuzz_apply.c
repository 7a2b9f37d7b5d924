/*
 * Plan and apply as a state machine. The input is a script: it writes a spec of
 * a few resources again and again (new ones, others, references, moves, what is
 * forgotten), says how each operation of a worker ends, and when opl2 is
 * killed: then the folder is as it was at that moment, and the next command
 * finds it so. The pool of workers is replaced by one in this process, and the
 * world that it acts on is a table. What must hold whatever happened:
 *
 * - an object is in the state, or an intent of it is in the journal: none is
 *   made twice, and none is lost;
 * - what was done while opl2 lived is recorded;
 * - a state, a journal and a plan that were written are read again;
 * - two plans of the same are the same, and a plan says after it was read what
 *   it said before;
 * - nothing is removed before what stands on it, when that is removed, too;
 * - when nothing fails, an apply makes the world as the spec has it, and the
 *   next plan has nothing to do.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <sys/stat.h>

#include "engine/apply/apply.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/run/pool.h"
#include "engine/run/run_impl.h"
#include "state/state.h"

#define OBJECTS 256
#define NAMES   5
#define ROUNDS  24

enum life { NEVER, HALF, WHOLE, ENDED, LEFT };

/* How an operation ends. */
enum ending {
	WELL,
	FAILS,
	DIES_BEFORE,
	DIES_AFTER,
	BROKEN_OFF,
	STOPS,
	KILL_BEFORE, /* of opl2 */
	KILL_INTENDED,
	KILL_DONE,
	ENDINGS
};

struct pool {
	struct pool_op *queue[64];
	size_t n;
	bool cancelled;
};

static struct {
	const uint8_t *script;
	size_t left;
	char dir[64], killed[72]; /* the folder, and how it was when killed */
	enum life objects[OBJECTS];
	size_t nobjects;
	bool dead;
	struct diags ds;
	struct spec *spec;
	struct run *run;
	struct plan *plan;
} w;

static unsigned
pick(unsigned n)
{
	if (w.left == 0)
		return 0;
	w.left--;
	return *w.script++ % n;
}

/* --- folders ------------------------------------------------------------- */

static void
remove_tree(const char *path)
{
	struct diags ds;

	diags_init(&ds);
	file_remove_tree(path, &ds);
	diags_done(&ds);
}

static void
copy_file(const char *from, const char *to, mode_t mode)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(16u << 20);
	struct diags ds;

	diags_init(&ds);
	FUZZ_CHECK(file_read(from, &text, &ds) == 0);
	FUZZ_CHECK(file_replace(to, buf_str(&text), text.n, mode, &ds) == 0);
	diags_done(&ds);
}

static void
copy_tree(const char *from, const char *to)
{
	DIR *d = opendir(from);
	struct dirent *e;

	if (!d || mkdir(to, 0700) < 0)
		abort();
	while ((e = readdir(d))) {
		CLEANUP(freep) char *a = path_join(from, e->d_name);
		CLEANUP(freep) char *b = path_join(to, e->d_name);
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (lstat(a, &st) == 0 && S_ISDIR(st.st_mode))
			copy_tree(a, b);
		else if (S_ISREG(st.st_mode))
			copy_file(a, b, st.st_mode & 0777);
	}
	closedir(d);
}

/* From here on nothing that opl2 does counts. */
static void
kill_it(void)
{
	copy_tree(w.dir, w.killed);
	w.dead = true;
}

static void
come_back(void)
{
	if (!w.dead)
		return;
	w.dead = false;
	remove_tree(w.dir);
	if (rename(w.killed, w.dir) < 0)
		abort();
}

/* --- the workers --------------------------------------------------------- */

void
pool_op_init(struct pool_op *op)
{
	memset(op, 0, sizeof(*op));
	diags_init(&op->ds);
}

void
pool_op_done(struct pool_op *op)
{
	json_decref(op->msg);
	json_decref(op->attrs);
	json_decref(op->priv);
	json_decref(op->lock);
	diags_done(&op->ds);
	memset(op, 0, sizeof(*op));
}

char *
pool_worker_path(struct diags *ds UNUSED)
{
	return xstrdup("/none");
}

struct pool *
pool_new(const struct pool_opts *opts UNUSED)
{
	return xcalloc(1, sizeof(struct pool));
}

void
pool_free(struct pool *p)
{
	free(p);
}

void
pool_submit(struct pool *p, struct pool_op *op)
{
	FUZZ_CHECK(p->n < COUNTOF(p->queue));
	op->started = mono_ms();
	p->queue[p->n++] = op;
}

size_t
pool_load(const struct pool *p)
{
	return p->n;
}

void
pool_cancel(struct pool *p)
{
	p->cancelled = true;
}

void
pool_kill(struct pool *p)
{
	p->cancelled = true;
}

/* The object that a message is about, or nobjects. */
static size_t
object_of(const json_t *m)
{
	static const char *const keys[] = { "token", "priv", "prior" };

	for (size_t i = 0; i < COUNTOF(keys); i++) {
		const char *id = jx_str(jx_get(m, keys[i]), "id", NULL);

		if (id)
			return strtoull(id, NULL, 10);
	}
	return w.nobjects;
}

static json_t *
id_json(size_t object)
{
	return json_pack("{s:o}", "id", jx_strf("%zu", object));
}

static void
ended(struct pool_op *op, enum outcome outcome, bool died)
{
	op->outcome = outcome;
	op->died = died;
	if (outcome != OC_OK && outcome != OC_GONE)
		diag_err(&op->ds, died ? "E0616" : "E0621", "it ended so");
}

/* Announces a step; false: opl2 does not let it be done. */
static bool
intend(const struct pool_hooks *h, struct pool_op *op, size_t object)
{
	CLEANUP(put_json) json_t *token = id_json(object);

	FUZZ_CHECK(h->intend && h->sync);
	if (w.dead || h->intend(h->arg, op, token) < 0)
		return false;
	op->intended = true;
	return h->sync(h->arg) == 0;
}

/* A create, or the end of one. */
static void
op_create(const struct pool_hooks *h, struct pool_op *op, enum ending how)
{
	size_t at = object_of(op->msg);

	if (how == FAILS || how == STOPS) {
		ended(op, how == FAILS ? OC_FAIL : OC_CANCELLED, false);
		return;
	}
	if (how == KILL_BEFORE)
		kill_it();
	if (at == w.nobjects)
		FUZZ_CHECK(w.nobjects++ < OBJECTS);
	/* What is whole is not made again. */
	FUZZ_CHECK(w.dead || w.objects[at] == NEVER || w.objects[at] == HALF);
	if (!intend(h, op, at) || how == DIES_BEFORE) {
		ended(op, OC_FAIL, true);
		return;
	}
	if (how == KILL_INTENDED)
		kill_it();
	if (!w.dead)
		w.objects[at] = how == BROKEN_OFF ? HALF : WHOLE;
	if (how == KILL_DONE)
		kill_it();
	op->priv = id_json(at);
	if (how == DIES_AFTER || w.dead) {
		ended(op, OC_FAIL, true);
	} else if (how == BROKEN_OFF) {
		op->attrs = json_object();
		ended(op, OC_PARTIAL, false);
	} else {
		op->attrs = id_json(at);
		ended(op, OC_OK, false);
	}
}

/* What became of what was announced: the world knows. */
static void
op_recover(struct pool_op *op)
{
	size_t at = object_of(op->msg);

	FUZZ_CHECK(w.dead || at < w.nobjects);
	if (w.dead) {
		ended(op, OC_FAIL, true);
		return;
	}
	op->priv = id_json(at);
	switch (w.objects[at]) {
	case WHOLE:
		op->attrs = id_json(at);
		ended(op, OC_OK, false);
		break;
	case HALF:
		op->attrs = json_object();
		ended(op, OC_PARTIAL, false);
		break;
	default:
		ended(op, OC_RETRY, false);
		break;
	}
}

/* What is to be removed with it, and stands on it, is gone already. */
static void
check_order(const char *addr)
{
	const struct change *c = plan_find(w.plan, addr), *other;
	const char *was = c ? change_moved_from(c) : NULL, *d;
	struct arena a CLEANUP(arena_done);
	const struct state_entry **list;
	size_t n;

	arena_init(&a);
	list = state_list(w.run->state, &a, &n);
	for (size_t i = 0; i < n; i++) {
		other = plan_find(w.plan, list[i]->addr);
		for (size_t k = 0; k < json_array_size(list[i]->depends); k++) {
			d = json_string_value(
				json_array_get(list[i]->depends, k));
			if (strcmp(d, addr) == 0 ||
			    (was && strcmp(d, was) == 0))
				FUZZ_CHECK(!other ||
					   other->action != ACT_DELETE);
		}
	}
}

/* Of what is there: read, updated or removed. */
static void
op_other(struct pool_op *op, const char *what, enum ending how)
{
	size_t at = object_of(op->msg);
	bool removal = strcmp(what, "remove") == 0;

	/* Of one that was recorded, and never begun, nothing is known. */
	FUZZ_CHECK(w.dead || at < w.nobjects || strcmp(what, "update") != 0);
	if (removal && !w.dead)
		check_order(op->addr);
	if (how == FAILS || how == STOPS || how == BROKEN_OFF) {
		ended(op,
		      how == STOPS                ? OC_CANCELLED
		      : strcmp(what, "read") == 0 ? OC_UNREACHABLE
						  : OC_FAIL,
		      false);
		return;
	}
	if (how == KILL_BEFORE || how == KILL_INTENDED)
		kill_it();
	if (w.dead || how == DIES_BEFORE) {
		ended(op, OC_FAIL, true);
		return;
	}
	if (at == w.nobjects ||
	    (w.objects[at] != WHOLE && w.objects[at] != HALF)) {
		ended(op, OC_GONE, false);
		return;
	}
	if (removal)
		w.objects[at] = ENDED;
	if (how == KILL_DONE)
		kill_it();
	if (how == DIES_AFTER || w.dead) {
		ended(op, OC_FAIL, true);
		return;
	}
	op->priv = id_json(at);
	op->attrs = removal ? NULL : id_json(at);
	ended(op, OC_OK, false);
}

static void
serve(const struct pool_hooks *h, struct pool_op *op)
{
	const char *what = jx_str(op->msg, "op", "");
	enum ending how = pick(4) ? WELL : (enum ending)pick(ENDINGS);

	if (w.dead)
		ended(op, OC_FAIL, true);
	else if (strcmp(what, "create") == 0)
		op_create(h, op, how);
	else if (strcmp(what, "recover") == 0)
		op_recover(op);
	else
		op_other(op, what, how);
}

int
pool_turn(struct pool *p, const struct pool_hooks *h, int timeout_ms UNUSED,
	  int fd UNUSED, struct diags *ds UNUSED)
{
	struct pool_op *op;
	size_t at;

	FUZZ_CHECK(p->n > 0);
	at = pick((unsigned)p->n);
	op = p->queue[at];
	p->queue[at] = p->queue[--p->n];
	if (p->cancelled)
		ended(op, OC_CANCELLED, false);
	else
		serve(h, op);
	h->done(h->arg, op);
	if (h->sync)
		(void)h->sync(h->arg);
	return 0;
}

/* --- the spec ------------------------------------------------------------ */

/* Resource k, with references to those before it alone: no circle. */
static void
add_resource(struct buf *b, unsigned k, unsigned there)
{
	unsigned how = pick(64), other = k ? pick(k) : 0;
	bool refers = k > 0 && (there >> other & 1);

	buf_addf(b, "    n%u:\n      note: %s\n", k,
		 how & 1 ? "one" : "another");
	if (refers && (how & 2))
		buf_addf(b,
			 "      triggers: { t: \"${null.n%u.id}\", u: \"%u\" "
			 "}\n",
			 other, how >> 5);
	else
		buf_addf(b, "      triggers: { t: \"%u\" }\n", how >> 4);
	if (refers && (how & 4))
		buf_addf(b, "      depends_on: [null.n%u]\n", other);
	if (refers && (how & 8))
		buf_addf(b, "      lifecycle: { replace_when: [null.n%u] }\n",
			 other);
}

static void
write_spec(void)
{
	struct buf b CLEANUP(buf_done) = BUF_INIT(1u << 16);
	CLEANUP(freep) char *path = path_join(w.dir, "opl2.yaml");
	unsigned there = pick(1u << NAMES), from = pick(NAMES + 1),
		 to = pick(NAMES), gone = pick(NAMES + 1);

	buf_adds(&b, "opl2: 1\nname: t\nresources:\n  null:\n    z: {}\n");
	for (unsigned k = 0; k < NAMES; k++)
		if (there >> k & 1)
			add_resource(&b, k, there);
	if (from < NAMES && !(there >> from & 1) && (there >> to & 1))
		buf_addf(&b, "moved:\n  - { from: null.n%u, to: null.n%u }\n",
			 from, to);
	else if (gone < NAMES && !(there >> gone & 1))
		buf_addf(&b, "removed:\n  - { from: null.n%u, destroy: %s }\n",
			 gone, pick(2) ? "true" : "false");
	FUZZ_CHECK(file_replace(path, buf_str(&b), b.n, 0600, &w.ds) == 0);
}

/* --- runs ---------------------------------------------------------------- */

static void
close_run(void)
{
	plan_free(TAKE(w.plan));
	run_close(TAKE(w.run));
	spec_free(TAKE(w.spec));
}

static void
begin_run(enum plan_mode mode)
{
	CLEANUP(freep) char *file = path_join(w.dir, "opl2.yaml");
	CLEANUP(freep) char *state_dir = path_join(w.dir, ".opl2");
	const struct spec_opts so = { .file = file, .state_dir = state_dir };
	struct run_opts opts = { .mode = mode, .parallelism = 4 };

	FUZZ_CHECK(spec_load(&so, &w.spec, &w.ds) == 0);
	FUZZ_CHECK(run_open(&opts, w.spec, state_dir, true, &w.run, &w.ds) ==
		   0);
}

/* The plan goes through a file; what is read says the same. */
static void
by_file(void)
{
	CLEANUP(freep) char *path = path_join(w.dir, "saved");
	CLEANUP(put_json) json_t *before = plan_to_json(w.plan), *after = NULL;

	FUZZ_CHECK(plan_save(w.plan, path, &w.ds) == 0);
	plan_free(TAKE(w.plan));
	FUZZ_CHECK(plan_load(w.run, path, &w.plan, &w.ds) == 0);
	after = plan_to_json(w.plan);
	FUZZ_CHECK(json_equal(before, after));
}

/* What the plan only forgets stays in the world. */
static void
leave_forgotten(void)
{
	struct arena a CLEANUP(arena_done);
	size_t n;

	arena_init(&a);
	for (size_t i = 0; i < w.plan->nchanges; i++) {
		const struct change *c = &w.plan->changes[i];
		const struct state_entry *e = state_get(w.run->state, c->addr);
		const struct open_intent *o = run_open_intent(w.run, c->addr);
		const char *id = e ? jx_str(e->attrs, "id", NULL) : NULL;

		if (!id && e)
			id = jx_str(entry_priv(e), "id", NULL);
		if (o && o->token)
			id = jx_str(o->token, "id", id);
		n = id ? strtoull(id, NULL, 10) : OBJECTS;
		if (c->action == ACT_FORGET && n < OBJECTS &&
		    w.objects[n] != ENDED)
			w.objects[n] = LEFT;
	}
}

/* Plans and applies once; 0 all went well. */
static int
command(enum plan_mode mode)
{
	struct apply_result res;
	int rc;

	begin_run(mode);
	rc = plan_make(w.run, &w.plan, &w.ds);
	if (rc == 0 && !w.dead && pick(3) == 0)
		by_file();
	if (rc == 0 && !w.dead && !w.plan->refused && pick(8) != 7) {
		leave_forgotten();
		rc = plan_has_changes(w.plan)
			     ? run_apply(w.run, w.plan, &res, &w.ds)
			     : run_apply_nothing(w.run, w.plan, &w.ds);
	}
	FUZZ_CHECK(rc == 0 || w.ds.nerrors > 0);
	for (const struct diag *d = w.ds.first; d; d = d->next)
		FUZZ_CHECK(diag_code_find(d->code) && d->summary);
	close_run();
	come_back();
	diags_done(&w.ds);
	diags_init(&w.ds);
	return rc;
}

/* Two plans of the same. */
static void
same_plan_twice(void)
{
	char content[PLAN_CONTENT_MAX];

	begin_run(PLAN_NORMAL);
	FUZZ_CHECK(plan_make(w.run, &w.plan, &w.ds) == 0);
	(void)snprintf(content, sizeof(content), "%s", w.plan->content);
	plan_free(TAKE(w.plan));
	FUZZ_CHECK(plan_make(w.run, &w.plan, &w.ds) == 0);
	FUZZ_CHECK(strcmp(content, w.plan->content) == 0);
	close_run();
}

/* Nothing is left to do, and each object is recorded. */
static void
all_is_well(size_t nres)
{
	struct arena a CLEANUP(arena_done);
	const struct state_entry **list;
	size_t n, whole = 0;

	arena_init(&a);
	begin_run(PLAN_NORMAL);
	FUZZ_CHECK(plan_make(w.run, &w.plan, &w.ds) == 0);
	FUZZ_CHECK(!plan_has_changes(w.plan));
	list = state_list(w.run->state, &a, &n);
	FUZZ_CHECK(n == nres);
	for (size_t i = 0; i < n; i++) {
		const char *id = jx_str(list[i]->attrs, "id", NULL);

		FUZZ_CHECK(id && list[i]->status == ENTRY_OK);
		FUZZ_CHECK(w.objects[strtoull(id, NULL, 10)] == WHOLE);
	}
	for (size_t i = 0; i < w.nobjects; i++)
		whole += w.objects[i] == WHOLE || w.objects[i] == HALF;
	FUZZ_CHECK(whole == n);
	close_run();
}

static void
run_script(void)
{
	size_t nres;

	for (unsigned i = 0; i < ROUNDS && w.left > 0; i++) {
		if (i == 0 || pick(3))
			write_spec();
		(void)command(pick(16) == 15 ? PLAN_DESTROY : PLAN_NORMAL);
	}
	/* From here on all goes well. */
	w.left = 0;
	same_plan_twice();
	begin_run(PLAN_NORMAL);
	nres = w.spec->nres;
	close_run();
	if (command(PLAN_NORMAL) != 0)
		FUZZ_CHECK(command(PLAN_NORMAL) == 0);
	all_is_well(nres);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char dir[] = "/dev/shm/opl2-fuzz-XXXXXX";

	if (size == 0)
		return 0;
	memset(&w, 0, sizeof(w));
	mem_init();
	w.script = data;
	w.left = size;
	if (!mkdtemp(dir))
		abort();
	(void)snprintf(w.dir, sizeof(w.dir), "%s", dir);
	(void)snprintf(w.killed, sizeof(w.killed), "%s-killed", dir);
	diags_init(&w.ds);
	run_script();
	diags_done(&w.ds);
	remove_tree(w.dir);
	return 0;
}
