#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "state/store.h"

struct fixture {
	struct state_store st;
	struct diags ds;
	struct state s;
	struct journal_left left;
	char *dir, *sub, *state, *history, *journal;
};

static int
setup(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	mem_init();
	f->dir = t_mkdir_ram();
	f->sub = path_join(f->dir, ".opl2");
	f->state = path_join(f->sub, "state.json");
	f->history = path_join(f->sub, "history");
	f->journal = path_join(f->sub, "journal");
	state_store_init(&f->st, backend_open_local(f->sub));
	diags_init(&f->ds);
	state_init(&f->s);
	journal_left_init(&f->left);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	backend_close(f->st.b);
	free(f->sub);
	free(f->state);
	free(f->history);
	free(f->journal);
	diags_done(&f->ds);
	state_done(&f->s);
	journal_left_done(&f->left);
	t_rmdir(f->dir);
	free(f);
	return 0;
}

/* Forgets what is in memory and loads anew. */
static int
reload(struct fixture *f)
{
	diags_done(&f->ds);
	diags_init(&f->ds);
	state_done(&f->s);
	state_init(&f->s);
	journal_left_done(&f->left);
	journal_left_init(&f->left);
	return state_store_load(&f->st, &f->s, &f->left, &f->ds);
}

static void
put(struct fixture *f, struct journal *j, const char *addr)
{
	struct state_entry e = { .addr = addr, .kind = "file" };

	state_put(&f->s, &e);
	if (j)
		assert_int_equal(journal_done(j, &e, NULL, &f->ds), 0);
}

static struct journal *
begin(struct fixture *f)
{
	struct journal *j =
		state_store_begin(&f->st, &f->s, &f->left, "opl2 apply",
				  "2026-01-02T03:04:05Z", &f->ds);

	t_no_errors(&f->ds);
	assert_non_null(j);
	return j;
}

/* A run that makes file.a and ends in order: serial 1. */
static void
first_run(struct fixture *f)
{
	struct journal *j;

	assert_int_equal(reload(f), 0);
	j = begin(f);
	put(f, j, "file.a");
	assert_int_equal(state_store_end(&f->st, &f->s, j, &f->ds), 0);
	assert_int_equal(f->s.serial, 1);
}

static void
first_load_is_empty(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(reload(f), 0);
	assert_int_equal(f->s.serial, 0);
	assert_false(f->left.found);
	assert_false(file_exists(f->sub));
}

static void
run_in_order(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	first_run(f);
	assert_false(file_exists(f->journal));
	assert_int_equal(stat(f->state, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(f->sub, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_int_equal(reload(f), 0);
	assert_non_null(state_get(&f->s, "file.a"));
	assert_int_equal(f->s.serial, 1);
	assert_false(f->s.dirty);
}

static void
run_without_change(void **state)
{
	struct fixture *f = *state;
	struct journal *j;

	first_run(f);
	assert_int_equal(reload(f), 0);
	j = begin(f);
	put(f, j, "file.a");
	assert_int_equal(state_store_end(&f->st, &f->s, j, &f->ds), 0);
	assert_int_equal(f->s.serial, 1);
	assert_false(file_exists(f->journal));
}

static void
crash_is_replayed(void **state)
{
	struct fixture *f = *state;
	CLEANUP(put_json) json_t *token = json_pack("{s:s}", "hash", "0x12");
	struct journal *j;

	first_run(f);
	j = begin(f);
	assert_int_equal(journal_intent(j, "file.b", "create", token, &f->ds),
			 0);
	put(f, j, "file.b");
	assert_int_equal(journal_intent(j, "file.c", "create", token, &f->ds),
			 0);
	assert_int_equal(journal_intent(j, "file.d", "create", NULL, &f->ds),
			 0);
	assert_int_equal(journal_none(j, "file.d", &f->ds), 0);
	assert_int_equal(journal_gone(j, "file.a", &f->ds), 0);
	assert_int_equal(journal_pgroup(j, 10, "boot", 77, &f->ds), 0);
	assert_int_equal(journal_pgroup(j, 11, "boot", 78, &f->ds), 0);
	assert_int_equal(journal_pgroup_end(j, 10, &f->ds), 0);
	assert_true(journal_pending(j));
	assert_int_equal(journal_sync(j, &f->ds), 0);
	assert_false(journal_pending(j));
	put(f, j, "file.unsynced");
	journal_free(j);

	assert_int_equal(reload(f), 0);
	t_no_errors(&f->ds);
	assert_true(f->left.found && f->left.replayed && !f->left.ended);
	assert_true(f->s.dirty);
	assert_string_equal(f->left.command, "opl2 apply");
	assert_null(state_get(&f->s, "file.a"));
	assert_non_null(state_get(&f->s, "file.b"));
	assert_null(state_get(&f->s, "file.unsynced"));
	assert_int_equal(f->left.nintents, 1);
	assert_string_equal(f->left.intents[0].addr, "file.c");
	assert_string_equal(f->left.intents[0].action, "create");
	assert_true(json_equal(f->left.intents[0].token, token));
	assert_int_equal(f->left.npgroups, 1);
	assert_int_equal(f->left.pgroups[0].pgid, 11);
	assert_int_equal(f->left.pgroups[0].starttime, 78);
	assert_string_equal(f->left.pgroups[0].boot_id, "boot");

	/* The next run saves that at once, and carries what is open. */
	j = begin(f);
	journal_free(j);
	assert_int_equal(reload(f), 0);
	assert_int_equal(f->s.serial, 2);
	assert_false(f->left.replayed);
	assert_int_equal(f->left.nintents, 1);
	assert_int_equal(f->left.npgroups, 1);

	/* Still open at the end: the journal stays, cut to just that. */
	j = begin(f);
	put(f, j, "file.e");
	assert_int_equal(journal_pgroup_end(j, 11, &f->ds), 0);
	assert_int_equal(state_store_end(&f->st, &f->s, j, &f->ds), 0);
	assert_int_equal(reload(f), 0);
	assert_int_equal(f->s.serial, 3);
	assert_false(f->left.replayed);
	assert_int_equal(f->left.npgroups, 0);
	assert_int_equal(f->left.nintents, 1);
	assert_true(json_equal(f->left.intents[0].token, token));

	j = begin(f);
	assert_int_equal(journal_none(j, "file.c", &f->ds), 0);
	assert_int_equal(state_store_end(&f->st, &f->s, j, &f->ds), 0);
	assert_int_equal(f->s.serial, 3);
	assert_false(file_exists(f->journal));
}

static void
ten_generations(void **state)
{
	struct fixture *f = *state;
	struct state_generation *gens;
	struct arena a;
	size_t n;

	first_run(f);
	for (int i = 0; i < 14; i++)
		assert_int_equal(state_store_commit(&f->st, &f->s, &f->ds), 0);
	arena_init(&a);
	assert_int_equal(
		f->st.b->ops->generations(f->st.b, &a, &gens, &n, &f->ds), 0);
	assert_int_equal(n, 10);
	assert_int_equal(gens[0].serial, 15);
	assert_int_equal(gens[9].serial, 6);
	state_done(&f->s);
	state_init(&f->s);
	assert_int_equal(state_store_load_generation(&f->st, gens[9].serial,
						     &f->s, &f->ds),
			 0);
	assert_int_equal(f->s.serial, 6);
	arena_done(&a);
}

/* Without a sync, which would make hundreds of these slow. */
static void
write_file(const char *path, const void *p, size_t n)
{
	CLEANUP(close_fdp)
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, p, n), 0);
}

static char *
read_file(const char *path, size_t *n)
{
	struct buf b = BUF_INIT(1u << 24);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_read(path, &b, &ds), 0);
	diags_done(&ds);
	*n = b.n;
	return buf_take(&b);
}

/* Cut at any byte, the state is refused, and the hint names the copy. */
static void
state_cut_short(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *text = NULL;
	size_t n;

	first_run(f);
	text = read_file(f->state, &n);
	for (size_t i = 0; i < n - 1; i += i < n - 40 ? 13 : 1) {
		write_file(f->state, text, i);
		assert_int_equal(reload(f), -1);
		t_error(&f->ds, "E0503", "state.json");
		assert_non_null(strstr(f->ds.first->hint, "history/1.json"));
		assert_int_equal(diags_exit_code(&f->ds), 11);
	}
}

static void
state_edited(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *text = NULL;
	CLEANUP(freep) char *newest = path_join(f->history, "2.json");
	char *at;
	size_t n;

	first_run(f);
	assert_int_equal(state_store_commit(&f->st, &f->s, &f->ds), 0);
	text = read_file(f->state, &n);
	at = strstr(text, "\"ok\"");
	assert_non_null(at);
	memcpy(at, "\"no\"", 4);
	write_file(f->state, text, n);
	/* The newest copy is bad as well: the one before is named. */
	write_file(newest, text, n);
	assert_int_equal(reload(f), -1);
	t_error(&f->ds, "E0504", "state.json");
	assert_non_null(strstr(f->ds.first->hint, "history/1.json"));
}

static void
state_lost(void **state)
{
	struct fixture *f = *state;

	first_run(f);
	assert_int_equal(unlink(f->state), 0);
	assert_int_equal(reload(f), -1);
	t_error(&f->ds, "E0513", "is missing");
	assert_non_null(strstr(f->ds.first->hint, "history/1.json"));
}

static void
old_state_beside_journal(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *old = NULL;
	struct journal *j;
	size_t n;

	first_run(f);
	old = read_file(f->state, &n);
	assert_int_equal(state_store_commit(&f->st, &f->s, &f->ds), 0);
	assert_int_equal(state_store_commit(&f->st, &f->s, &f->ds), 0);
	j = begin(f);
	journal_free(j);
	write_file(f->state, old, n);
	assert_int_equal(reload(f), -1);
	t_error(&f->ds, "E0509", "does not belong");
	assert_non_null(strstr(f->ds.first->hint, "serial 3"));
}

/* A disk that takes no more: the save fails, the old state stays. */
static void
disk_full(void **state)
{
	struct fixture *f = *state;
	int status;
	pid_t pid;

	first_run(f);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Writing to a file larger than this fails with EFBIG. */
		t_limit_file_size(64);
		f->s.dirty = true;
		if (state_store_commit(&f->st, &f->s, &f->ds) == 0 ||
		    f->s.serial != 1 || f->ds.nerrors != 1 ||
		    strcmp(f->ds.first->code, "E0501") != 0)
			_exit(1);
		if (state_store_begin(&f->st, &f->s, NULL, "x", "t", &f->ds) ||
		    strcmp(f->ds.last->code, "E0510") != 0)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(reload(f), 0);
	assert_int_equal(f->s.serial, 1);
}

#ifdef OPL2_FAULTS
/*
 * A run that finds file.c open, makes file.b and leaves file.d open. The mark
 * is there when its records were promised to be durable.
 */
static void
run_of_the_sweep(struct fixture *f, const char *mark)
{
	struct journal *j;

	if (reload(f) < 0)
		_exit(1);
	j = begin(f);
	put(f, j, "file.b");
	journal_intent(j, "file.d", "create", NULL, &f->ds);
	if (journal_sync(j, &f->ds) < 0)
		_exit(2);
	write_file(mark, "", 0);
	if (state_store_end(&f->st, &f->s, j, &f->ds) < 0)
		_exit(3);
	_exit(0);
}

/* What the sweep starts from: serial 1 with file.a, and a run that crashed
 * when it had replaced it by file.x and left file.c open. */
static void
before_the_sweep(struct fixture *f)
{
	struct journal *j;

	assert_int_equal(file_remove_tree(f->sub, &f->ds), 0);
	first_run(f);
	j = begin(f);
	assert_int_equal(journal_gone(j, "file.a", &f->ds), 0);
	put(f, j, "file.x");
	assert_int_equal(journal_intent(j, "file.c", "create", NULL, &f->ds),
			 0);
	assert_int_equal(journal_sync(j, &f->ds), 0);
	journal_free(j);
}

/* The status of a run that is killed at a point, NULL for no point. */
static int
crash_run(struct fixture *f, const char *point, const char *log,
	  const char *mark)
{
	int status;
	pid_t pid;

	before_the_sweep(f);
	unlink(mark);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (log)
			setenv("OPL2_FAULT_LOG", log, 1);
		if (point)
			setenv("OPL2_FAULT", point, 1);
		run_of_the_sweep(f, mark);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool
is_open(const struct fixture *f, const char *addr)
{
	for (size_t i = 0; i < f->left.nintents; i++) {
		if (!strcmp(f->left.intents[i].addr, addr))
			return true;
	}
	return false;
}

/* Whatever happened, nothing that was promised is lost, and a run ends it. */
static void
check_after_crash(struct fixture *f, bool promised)
{
	struct journal *j;

	assert_int_equal(reload(f), 0);
	t_no_errors(&f->ds);
	assert_null(state_get(&f->s, "file.a"));
	assert_non_null(state_get(&f->s, "file.x"));
	assert_true(is_open(f, "file.c"));
	if (promised) {
		assert_non_null(state_get(&f->s, "file.b"));
		assert_true(is_open(f, "file.d"));
	}
	j = begin(f);
	put(f, j, "file.c");
	assert_int_equal(journal_none(j, "file.d", &f->ds), 0);
	assert_int_equal(state_store_end(&f->st, &f->s, j, &f->ds), 0);
	assert_int_equal(reload(f), 0);
	t_no_errors(&f->ds);
	assert_false(f->left.found);
	assert_int_equal(f->s.count, promised ? 3 : f->s.count);
	assert_non_null(state_get(&f->s, "file.c"));
}

/* Kills the run at every point that it passes, each in turn. */
static void
crash_sweep(void **state)
{
	struct fixture *f = *state;
	CLEANUP(freep) char *log = path_join(f->dir, "log");
	CLEANUP(freep) char *mark = path_join(f->dir, "mark");
	CLEANUP(freep) char *list = NULL;
	size_t n, points = 0;

	assert_int_equal(crash_run(f, NULL, log, mark), 0);
	check_after_crash(f, true);
	list = read_file(log, &n);
	for (char *name = list, *end; (end = strchr(name, '\n'));
	     name = end + 1) {
		CLEANUP(freep) char *point = NULL;
		int status, nth = 1;

		*end = '\0';
		for (const char *p = list; p < name; p += strlen(p) + 1)
			nth += !strcmp(p, name);
		point = xasprintf("%s:%d", name, nth);
		status = crash_run(f, point, NULL, mark);
		assert_true(WIFSIGNALED(status));
		check_after_crash(f, file_exists(mark));
		points++;
	}
	assert_true(points > 20);
}
#endif

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_load_is_empty),
		TEST(run_in_order),
		TEST(run_without_change),
		TEST(crash_is_replayed),
		TEST(ten_generations),
		TEST(state_cut_short),
		TEST(state_edited),
		TEST(state_lost),
		TEST(old_state_beside_journal),
		TEST(disk_full),
#ifdef OPL2_FAULTS
		TEST(crash_sweep),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
