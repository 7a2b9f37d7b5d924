/*
 * What every backend of the state does (state/backend.h), the same cases for
 * each; then a run's store and journal over one that fails in the ways of a
 * server elsewhere.
 */
#include "tests/unit/t.h"

#include <sys/stat.h>

#include "state/store.h"
#include "tests/conform/memory_backend.h"

/* Two clients of one place. */
struct fixture {
	struct memory memory;
	char *dir;
	struct state_backend *a, *b;
	struct diags ds;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	mem_init();
	f->dir = t_mkdir_ram();
	memory_init(&f->memory);
	diags_init(&f->ds);
	*state = f;
	return 0;
}

static int
setup_local(void **state)
{
	struct fixture *f;

	setup(state);
	f = *state;
	f->a = backend_open_local(f->dir);
	f->b = backend_open_local(f->dir);
	return 0;
}

static int
setup_memory(void **state)
{
	struct fixture *f;

	setup(state);
	f = *state;
	f->a = memory_open(&f->memory);
	f->b = memory_open(&f->memory);
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	backend_close(f->a);
	backend_close(f->b);
	memory_done(&f->memory);
	diags_done(&f->ds);
	t_rmdir(f->dir);
	free(f);
	return 0;
}

static void
expect(struct fixture *f, const char *code)
{
	t_error(&f->ds, code, "");
	diags_done(&f->ds);
	diags_init(&f->ds);
}

#define GET(f, call, text)                                                     \
	do {                                                                   \
		CLEANUP(buf_done) struct buf got_ = BUF_INIT(1u << 20);        \
		struct buf *out = &got_;                                       \
		assert_int_equal(call, 0);                                     \
		assert_string_equal(buf_str(out), text);                       \
	} while (0)

#define NONE(f, call)                                                          \
	do {                                                                   \
		CLEANUP(buf_done) struct buf got_ = BUF_INIT(1u << 20);        \
		struct buf *out = &got_;                                       \
		assert_int_equal(call, BACKEND_NONE);                          \
		t_no_errors(&(f)->ds);                                         \
	} while (0)

static void
document(void **state)
{
	struct fixture *f = *state;
	const struct backend_ops *o = f->a->ops;
	struct doc_version none, first, second, seen;

	assert_int_equal(o->prepare(f->a, &f->ds), 0);
	NONE(f, o->read(f->a, out, &none, &f->ds));
	assert_string_equal(none.text, "");
	assert_int_equal(o->write(f->a, "one", 3, 1, &none, &first, &f->ds), 0);
	assert_string_not_equal(first.text, "");
	GET(f, o->read(f->b, out, &seen, &f->ds), "one");
	assert_string_equal(seen.text, first.text);
	assert_int_equal(o->write(f->b, "two!", 4, 2, &seen, &second, &f->ds),
			 0);
	assert_string_not_equal(second.text, first.text);

	/* a has not seen that: what it read stands no more. */
	assert_int_equal(o->write(f->a, "three", 5, 2, &first, &seen, &f->ds),
			 BACKEND_CONFLICT);
	expect(f, "E0514");
	assert_int_equal(o->write(f->a, "three", 5, 2, &none, &seen, &f->ds),
			 BACKEND_CONFLICT);
	expect(f, "E0514");
	GET(f, o->read(f->a, out, &seen, &f->ds), "two!");
	assert_int_equal(o->write(f->a, "three", 5, 3, &seen, &seen, &f->ds),
			 0);
	/* Whoever says so writes over anything. */
	assert_int_equal(o->write(f->b, "four", 4, 4, NULL, &seen, &f->ds), 0);
	GET(f, o->read(f->a, out, &second, &f->ds), "four");
	assert_string_equal(second.text, seen.text);
	t_no_errors(&f->ds);
}

static void
generations(void **state)
{
	struct fixture *f = *state;
	const struct backend_ops *o = f->a->ops;
	struct state_generation *g;
	struct doc_version v;
	struct arena a;
	size_t n = 99;

	arena_init(&a);
	assert_int_equal(o->generations(f->a, &a, &g, &n, &f->ds), 0);
	assert_int_equal(n, 0);
	assert_int_equal(o->prepare(f->a, &f->ds), 0);
	for (unsigned i = 1; i <= 12; i++) {
		char text[16];

		snprintf(text, sizeof(text), "text %u", i);
		assert_int_equal(
			o->write(f->a, text, strlen(text), i, NULL, &v, &f->ds),
			0);
	}
	assert_int_equal(o->generations(f->b, &a, &g, &n, &f->ds), 0);
	assert_int_equal(n, 10);
	assert_int_equal(g[0].serial, 12);
	assert_int_equal(g[9].serial, 3);
	assert_true(g[0].time > 0);
	GET(f, o->read_generation(f->b, 3, out, &f->ds), "text 3");
	{
		CLEANUP(buf_done) struct buf out = BUF_INIT(100);
		CLEANUP(freep) char *cmd = o->restore_command(f->a, 3);

		assert_int_equal(o->read_generation(f->b, 2, &out, &f->ds), -1);
		expect(f, "E0501");
		assert_non_null(strstr(cmd, "3"));
	}
	arena_done(&a);
}

static void
journal(void **state)
{
	struct fixture *f = *state;
	const struct backend_ops *o = f->a->ops;

	assert_int_equal(o->prepare(f->a, &f->ds), 0);
	NONE(f, o->journal_read(f->a, out, &f->ds));
	assert_int_equal(o->journal_start(f->a, "begin\n", 6, &f->ds), 0);
	GET(f, o->journal_read(f->b, out, &f->ds), "begin\n");
	assert_int_equal(o->journal_reserve(f->a, 100, &f->ds), 0);
	assert_int_equal(o->journal_append(f->a, "one\n", 4, &f->ds), 0);
	assert_int_equal(o->journal_append(f->a, "two\n", 4, &f->ds), 0);
	GET(f, o->journal_read(f->b, out, &f->ds), "begin\none\ntwo\n");
	/* Begun anew, it has nothing of before. */
	assert_int_equal(o->journal_start(f->a, "new\n", 4, &f->ds), 0);
	GET(f, o->journal_read(f->b, out, &f->ds), "new\n");
	assert_int_equal(o->journal_remove(f->a, &f->ds), 0);
	NONE(f, o->journal_read(f->b, out, &f->ds));
	assert_int_equal(o->journal_remove(f->a, &f->ds), 0);
	t_no_errors(&f->ds);
}

static void
blobs(void **state)
{
	struct fixture *f = *state;
	const struct backend_ops *o = f->a->ops;

	assert_int_equal(o->prepare(f->a, &f->ds), 0);
	NONE(f, o->blob_read(f->a, "apply", out, &f->ds));
	assert_int_equal(o->blob_remove(f->a, "apply", &f->ds), 0);
	assert_int_equal(o->blob_remove(f->a, "ledger/x.json", &f->ds), 0);
	assert_int_equal(o->blob_write(f->a, "apply", "one", 3, &f->ds), 0);
	assert_int_equal(o->blob_write(f->a, "ledger/x.json", "{}", 2, &f->ds),
			 0);
	GET(f, o->blob_read(f->b, "apply", out, &f->ds), "one");
	assert_int_equal(o->blob_write(f->b, "apply", "", 0, &f->ds), 0);
	GET(f, o->blob_read(f->a, "apply", out, &f->ds), "");
	GET(f, o->blob_read(f->a, "ledger/x.json", out, &f->ds), "{}");
	assert_int_equal(o->blob_remove(f->b, "apply", &f->ds), 0);
	NONE(f, o->blob_read(f->a, "apply", out, &f->ds));
	t_no_errors(&f->ds);
}

static const struct lease_claim mine = { .command = "opl2 apply",
					 .since = "today" };

static void
lease(void **state)
{
	struct fixture *f = *state;
	const struct backend_ops *o = f->a->ops;
	struct lease_holder h;

	assert_int_equal(o->prepare(f->a, &f->ds), 0);
	assert_false(o->holder(f->a, &h));
	assert_int_equal(o->acquire(f->a, &mine, &f->ds), 0);
	assert_true(f->a->leased);
	assert_int_equal(o->renew(f->a, &f->ds), 0);
	assert_true(o->holder(f->b, &h));
	assert_string_equal(h.command, "opl2 apply");
	assert_string_equal(h.since, "today");
	assert_int_equal(o->acquire(f->b, &mine, &f->ds), -1);
	expect(f, "E0507");
	assert_false(f->b->leased);
	o->release(f->a);
	assert_false(f->a->leased);
	assert_int_equal(o->acquire(f->b, &mine, &f->ds), 0);
	assert_int_equal(o->acquire(f->a, &mine, &f->ds), -1);
	expect(f, "E0507");
	assert_int_equal(o->renew(f->b, &f->ds), 0);
	t_no_errors(&f->ds);
}

static void
names(void **state)
{
	struct fixture *f = *state;

	assert_ptr_equal(backend_find("local"), f->a->ops);
	assert_null(backend_find("nowhere"));
	assert_null(backend_find(""));
}

/* Takes the lease away from a. */
static void
steal(struct fixture *f)
{
	if (f->a->ops == &memory_ops) {
		f->memory.lease = f->b;
	} else {
		CLEANUP(freep) char *lock = path_join(f->dir, "lock");

		assert_int_equal(unlink(lock), 0);
		assert_int_equal(f->b->ops->acquire(f->b, &mine, &f->ds), 0);
	}
}

/* --- a run over it --- */

static struct journal *
begin(struct fixture *f, struct state_store *st, struct state *s)
{
	struct journal *j;

	state_init(s);
	state_store_init(st, f->a);
	assert_int_equal(f->a->ops->prepare(f->a, &f->ds), 0);
	assert_int_equal(f->a->ops->acquire(f->a, &mine, &f->ds), 0);
	assert_int_equal(state_store_load(st, s, NULL, &f->ds), 0);
	j = state_store_begin(st, s, NULL, "opl2 apply", "now", &f->ds);
	t_no_errors(&f->ds);
	assert_non_null(j);
	return j;
}

static int
record(struct journal *j, struct state *s, const char *addr, struct diags *ds)
{
	struct state_entry e = { .addr = addr, .kind = "null" };

	state_put(s, &e);
	return journal_done(j, &e, NULL, ds);
}

/* What another client finds: how many resources. */
static size_t
found(struct fixture *f)
{
	struct state_store st;
	struct state s;
	size_t n;

	state_init(&s);
	state_store_init(&st, f->b);
	assert_int_equal(state_store_load(&st, &s, NULL, &f->ds), 0);
	n = s.count;
	state_done(&s);
	return n;
}

static void
run_of_two(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct state s;
	struct journal *j = begin(f, &st, &s);

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	assert_int_equal(found(f), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	assert_int_equal(found(f), 1);
	assert_int_equal(record(j, &s, "null.b", &f->ds), 0);
	assert_int_equal(state_store_end(&st, &s, j, &f->ds), 0);
	NONE(f, f->b->ops->journal_read(f->b, out, &f->ds));
	assert_int_equal(found(f), 2);
	state_done(&s);
}

/* Nothing is written any more, by the journal or at the end. */
static void
lease_lost(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct state s;
	struct journal *j = begin(f, &st, &s);

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	steal(f);
	assert_int_equal(record(j, &s, "null.b", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), -1);
	expect(f, "E0515");
	assert_int_equal(journal_reserve(j, &f->ds), -1);
	expect(f, "E0511");
	assert_int_equal(state_store_end(&st, &s, j, &f->ds), -1);
	diags_done(&f->ds);
	diags_init(&f->ds);
	assert_int_equal(found(f), 1);
	state_done(&s);
}

/* Somebody without a lease wrote: that stands, and so does the journal. */
static void
state_conflict(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct doc_version v;
	struct state s;
	struct journal *j = begin(f, &st, &s);

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	assert_int_equal(
		f->b->ops->write(f->b, "theirs", 6, 1, NULL, &v, &f->ds), 0);
	assert_int_equal(state_store_end(&st, &s, j, &f->ds), -1);
	expect(f, "E0514");
	GET(f, f->b->ops->read(f->b, out, &v, &f->ds), "theirs");
	{
		struct journal_left left;

		journal_left_init(&left);
		assert_int_equal(journal_read(f->b, &left, &f->ds), 0);
		assert_true(left.found && left.ended);
		journal_left_done(&left);
	}
	state_done(&s);
}

/* --- faults that only a server has --- */

static void
torn_append(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct state s;
	struct journal *j = begin(f, &st, &s);

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	assert_int_equal(record(j, &s, "null.b", &f->ds), 0);
	f->memory.fault = MEMORY_TORN;
	assert_int_equal(journal_sync(j, &f->ds), -1);
	expect(f, "E0511");
	assert_int_equal(record(j, &s, "null.c", &f->ds), -1);
	expect(f, "E0511");
	assert_int_equal(found(f), 1);
	/* What was done is saved all the same. */
	assert_int_equal(state_store_end(&st, &s, j, &f->ds), -1);
	expect(f, "E0511");
	assert_int_equal(found(f), 3);
	state_done(&s);
}

static void
answer_of_a_write_lost(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct state s;
	struct journal *j = begin(f, &st, &s);

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	f->memory.fault = MEMORY_NO_ANSWER;
	/* It is there: reading it back says so. */
	assert_int_equal(state_store_commit(&st, &s, &f->ds), 0);
	t_no_errors(&f->ds);
	assert_int_equal(s.serial, 1);
	assert_int_equal(f->memory.version, 1);
	/* And the version is known, so that the next one is no conflict. */
	assert_int_equal(state_store_commit(&st, &s, &f->ds), 0);
	assert_int_equal(f->memory.version, 2);
	journal_free(j);
	state_done(&s);
}

static void
answer_of_an_append_lost(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct state s;
	struct journal *j = begin(f, &st, &s);

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	f->memory.fault = MEMORY_NO_ANSWER;
	assert_int_equal(journal_sync(j, &f->ds), -1);
	expect(f, "E0511");
	assert_int_equal(found(f), 1);
	assert_int_equal(journal_intent(j, "null.b", "create", NULL, &f->ds),
			 -1);
	expect(f, "E0511");
	journal_free(j);
	state_done(&s);
}

static void
out_of_reach(void **state)
{
	struct fixture *f = *state;
	struct state_store st;
	struct state s;
	struct journal *j = begin(f, &st, &s);
	unsigned writes;

	assert_int_equal(record(j, &s, "null.a", &f->ds), 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	writes = f->memory.writes;
	f->memory.fault = MEMORY_UNREACHABLE;
	assert_int_equal(journal_intent(j, "null.b", "create", NULL, &f->ds),
			 -1);
	expect(f, "E0501");
	assert_int_equal(state_store_end(&st, &s, j, &f->ds), -1);
	diags_done(&f->ds);
	diags_init(&f->ds);
	assert_int_equal(f->memory.writes, writes);
	f->memory.fault = MEMORY_FINE;
	assert_int_equal(found(f), 1);
	state_done(&s);
}

#define BOTH(test)                                                             \
	{ "local: " #test, test, setup_local, teardown, NULL },                \
	{                                                                      \
		"memory: " #test, test, setup_memory, teardown, NULL           \
	}
#define FAULTY(test)                                                           \
	{                                                                      \
		"memory: " #test, test, setup_memory, teardown, NULL           \
	}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(document),
		BOTH(generations),
		BOTH(journal),
		BOTH(blobs),
		BOTH(lease),
		BOTH(run_of_two),
		BOTH(lease_lost),
		BOTH(state_conflict),
		FAULTY(torn_append),
		FAULTY(answer_of_a_write_lost),
		FAULTY(answer_of_an_append_lost),
		FAULTY(out_of_reach),
		{ "names", names, setup_local, teardown, NULL },
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
