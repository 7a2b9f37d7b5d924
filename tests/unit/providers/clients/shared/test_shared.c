#include "tests/unit/t.h"

#include <sys/stat.h>

#include "providers/clients/shared/reseal.h"
#include "providers/clients/shared/shared.h"
#include "tests/unit/memory_objects.h"

/*
 * A shared state over objects in memory: what a server does not show on
 * demand. A run that lost its turn at any moment, and a change of the key that
 * ends after any write.
 */
struct machine {
	struct shared s;
	char *dir;
	json_t *backend, *encryption;
	struct diags ds;
	bool open;
};

static struct memory_place place;

static int
setup(void **state UNUSED)
{
	mem_init();
	memory_empty(&place);
	place = (struct memory_place){ .writes = -1 };
	setenv("P1", "correct horse", 1);
	return 0;
}

static void
make(struct machine *m)
{
	*m = (struct machine){ .dir = t_mkdir(), .backend = json_object() };
	diags_init(&m->ds);
}

static void
done(struct machine *m)
{
	if (m->open)
		shared_close(&m->s);
	json_decref(m->backend);
	json_decref(m->encryption);
	diags_done(&m->ds);
	t_rmdir(m->dir);
}

/* As a command does: anew. seal: what scrypt made, which takes its time. */
static int
enter(struct machine *m, const char *encryption, const struct seal *seal)
{
	struct shared_opts o;

	if (m->open)
		shared_close(&m->s);
	json_decref(m->encryption);
	m->encryption = encryption ? json_loads(encryption, 0, NULL) : NULL;
	o = (struct shared_opts){ .backend = m->backend,
				  .encryption = m->encryption,
				  .chain = "c",
				  .spec_dir = m->dir,
				  .state_dir = m->dir,
				  .store_dir = m->dir };
	m->open = true;
	if (!seal)
		return shared_open_at(&m->s, memory_open(&place), &o, &m->ds);
	m->s = (struct shared){ .opts = o, .o = memory_open(&place) };
	m->s.lease.o = m->s.o;
	if (log_open(&m->s.log, m->s.o, &m->s.lease, "c", &m->ds) < 0)
		return -1;
	m->s.log.seal = *seal;
	return shared_pick_key(&m->s, &m->ds);
}

static int
acquire(struct machine *m)
{
	struct lease_seen seen;

	return shared_acquire(&m->s, "test", "now", &seen, &m->ds);
}

static int
put(struct machine *m, const char *name, const char *text)
{
	CLEANUP(freep) char *path = path_join(m->dir, name);
	const struct shared_write w = { .path = name, .from = -1, .to = -1 };

	assert_int_equal(file_replace(path, text, strlen(text), 0600, &m->ds),
			 0);
	return shared_commit(&m->s, &w, 1, &m->ds);
}

static void
has(struct machine *m, const char *name, const char *want)
{
	CLEANUP(freep) char *path = path_join(m->dir, name);
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);

	assert_int_equal(file_read(path, &b, &m->ds), 0);
	assert_string_equal(buf_str(&b), want);
}

static bool
has_code(const struct diags *ds, const char *code)
{
	for (const struct diag *d = ds->first; d; d = d->next)
		if (strcmp(d->code, code) == 0)
			return true;
	return false;
}

static void
forget(struct machine *m)
{
	diags_done(&m->ds);
	diags_init(&m->ds);
}

/* --- whose turn it is ----------------------------------------------------- */

/* The numbers of its next segments are free again when another compacted. */
static void
a_lost_run_writes_nothing(void **state UNUSED)
{
	struct machine a, b;
	char id[33];

	make(&a);
	make(&b);
	assert_int_equal(enter(&a, NULL, NULL), 0);
	assert_int_equal(acquire(&a), 0);
	assert_int_equal(put(&a, "state.json", "a"), 0);
	memcpy(id, a.s.lease.id, sizeof(id));
	assert_int_equal(enter(&b, NULL, NULL), 0);
	assert_int_equal(acquire(&b), 1);
	assert_int_equal(shared_unlock(&b.s, id, &b.ds), 0);
	assert_int_equal(enter(&b, NULL, NULL), 0);
	assert_int_equal(acquire(&b), 0);
	for (unsigned i = 0; i < 8; i++)
		assert_int_equal(put(&b, "state.json", i % 2 ? "b" : "c"), 0);
	shared_release(&b.s);
	assert_null(memory_find(&place, "log/000000000003"));

	assert_int_equal(put(&a, "state.json", "lost"), -1);
	assert_true(has_code(&a.ds, "E0515"));
	forget(&a);
	assert_int_equal(put(&a, "state.json", "lost"), -1);
	shared_release(&a.s);
	assert_int_equal(enter(&b, NULL, NULL), 0);
	assert_int_equal(shared_pull(&b.s, &b.ds), 0);
	has(&b, "state.json", "b");
	t_no_errors(&b.ds);
	done(&a);
	done(&b);
}

static unsigned stale; /* that many segments come in between */

static void
stale_write(struct memory_place *m, const char *name)
{
	const struct memory_object *last = memory_find(m, "log/000000000002");

	if (!stale || strncmp(name, "log/", 4) != 0)
		return;
	stale--;
	memory_put(m, name, last->data.p, last->data.n);
}

/* A clean copy is only brought up to date. */
static void
overtaken(void **state UNUSED)
{
	struct machine a, b;

	make(&a);
	make(&b);
	assert_int_equal(enter(&a, NULL, NULL), 0);
	assert_int_equal(acquire(&a), 0);
	assert_int_equal(put(&a, "state.json", "a"), 0);
	shared_release(&a.s);
	assert_int_equal(enter(&b, NULL, NULL), 0);
	assert_int_equal(shared_pull(&b.s, &b.ds), 0);
	assert_int_equal(enter(&b, NULL, NULL), 0);
	stale = 2;
	place.before = stale_write;
	assert_int_equal(acquire(&b), 0);
	assert_int_equal(stale, 0);
	assert_int_equal(b.s.log.tail, 5);
	assert_false(has_code(&b.ds, "W0542"));
	assert_int_equal(put(&b, "state.json", "b"), 0);
	shared_release(&b.s);
	t_no_errors(&b.ds);
	done(&a);
	done(&b);
}

/* --- large files ---------------------------------------------------------- */

/* The ledger of a deployment begins with all of its transactions. */
static void
a_large_file_grows(void **state UNUSED)
{
	struct machine a, b;
	char *text = xmalloc(BLOB_OVER + 300);
	const char *name = "ledger/l1_contracts-x";
	CLEANUP(freep) char *folder = NULL;
	size_t n = BLOB_OVER + 100;

	memset(text, 'x', BLOB_OVER + 300);
	make(&a);
	make(&b);
	folder = path_join(a.dir, "ledger");
	assert_int_equal(file_mkdirs(folder, 0700, &a.ds), 0);
	assert_int_equal(enter(&a, NULL, NULL), 0);
	assert_int_equal(acquire(&a), 0);
	text[n] = '\0';
	assert_int_equal(put(&a, "ledger/l1_contracts-x", text), 0);
	assert_non_null(memory_find(&place, "log/000000000002"));
	for (unsigned i = 1; i <= 2; i++) {
		CLEANUP(freep) char *path = path_join(a.dir, name);
		const struct shared_write w = { .path = name,
						.from = (int64_t)n,
						.to = -1 };

		text[n] = (char)('0' + i);
		text[++n] = '\0';
		assert_int_equal(file_replace(path, text, n, 0600, &a.ds), 0);
		assert_int_equal(shared_commit(&a.s, &w, 1, &a.ds), 0);
	}
	assert_int_equal(enter(&b, NULL, NULL), 0);
	assert_int_equal(shared_pull(&b.s, &b.ds), 0);
	t_no_errors(&b.ds);
	has(&b, name, text);
	shared_release(&a.s);
	assert_int_equal(enter(&b, NULL, NULL), 0);
	assert_int_equal(shared_pull(&b.s, &b.ds), 0);
	has(&b, name, text);
	done(&a);
	done(&b);
	free(text);
}

/* --- the key -------------------------------------------------------------- */

static const char plain_to_key[] = "{\"passphrase\":{\"env\":\"P1\"},"
				   "\"old\":{\"unencrypted\":true}}",
		  key[] = "{\"passphrase\":{\"env\":\"P1\"}}";
static char large[BLOB_OVER + 100];

static struct seal both, one;

static void
seed(struct memory_place *keep)
{
	struct machine a;

	for (size_t i = 0; i < sizeof(large) - 1; i++)
		large[i] = (char)('a' + random() % 26);
	make(&a);
	assert_int_equal(enter(&a, NULL, NULL), 0);
	assert_int_equal(acquire(&a), 0);
	assert_int_equal(put(&a, "state.json", "a state"), 0);
	assert_int_equal(put(&a, "apply", large), 0);
	assert_int_equal(put(&a, "journal", large + 1), 0);
	shared_release(&a.s);
	assert_int_equal(enter(&a, plain_to_key, NULL), 0);
	both = one = a.s.log.seal;
	one.nkeys = 1;
	t_no_errors(&a.ds);
	done(&a);
	memory_copy(keep, &place);
}

static int
reseal(struct machine *m)
{
	CLEANUP(put_json) json_t *report = NULL;
	int rc = enter(m, plain_to_key, &both);

	if (rc == 0)
		rc = acquire(m);
	if (rc == 0)
		rc = shared_reseal(&m->s, &report, &m->ds);
	if (rc == 0)
		shared_release(&m->s);
	return rc;
}

/* With the new key alone everything is there, and nothing is in clear. */
static void
is_sealed(void)
{
	struct machine z;

	for (size_t i = 0; i < place.n; i++)
		if (strncmp(place.list[i].name, "log/", 4) == 0 ||
		    strncmp(place.list[i].name, "blob/", 5) == 0 ||
		    strcmp(place.list[i].name, "base") == 0)
			assert_non_null(strstr(buf_str(&place.list[i].data),
					       "\"nonce\":"));
	make(&z);
	assert_int_equal(enter(&z, key, &one), 0);
	assert_int_equal(shared_pull(&z.s, &z.ds), 0);
	t_no_errors(&z.ds);
	has(&z, "state.json", "a state");
	has(&z, "apply", large);
	has(&z, "journal", large + 1);
	done(&z);
}

/* The first attempt ends after each of its writes, the last of which was done
 * and not answered. Another machine begins again. */
static void
reseal_cut_off(void **state UNUSED)
{
	struct memory_place seeded = { .writes = -1 };
	bool ended = false;
	long n = 1;

	seed(&seeded);
	for (; !ended; n++) {
		struct machine a, b;

		assert_true(n < 60);
		memory_copy(&place, &seeded);
		make(&a);
		make(&b);
		place.writes = n;
		ended = reseal(&a) == 0;
		place.writes = -1;
		/* A lease ends by its time. */
		if (memory_find(&place, "lease"))
			memory_put(&place, "lease", "{\"released\":true}", 17);
		assert_int_equal(reseal(&b), 0);
		is_sealed();
		done(&a);
		done(&b);
	}
	assert_true(n > 8);
	memory_empty(&seeded);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_lost_run_writes_nothing, setup),
		cmocka_unit_test_setup(overtaken, setup),
		cmocka_unit_test_setup(a_large_file_grows, setup),
		cmocka_unit_test_setup(reseal_cut_off, setup),
	};
	int rc = cmocka_run_group_tests(tests, NULL, NULL);

	memory_empty(&place);
	return rc;
}
