#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "providers/runtime/tree/tree.h"

/* A tree of this machine that counts, and may fail or be interrupted. */
struct counted {
	struct tree tree;
	struct tree_local local;
	unsigned writes;
	uint64_t bytes;
	void (*meanwhile)(const char *root, const char *path);
};

static int
counted_list(struct tree *t, const json_t *folders, json_t **files,
	     struct diags *ds)
{
	struct tree *l = &((struct counted *)t)->local.tree;

	return l->ops->list(l, folders, files, ds);
}

static ssize_t
counted_read(struct tree *t, const char *path, int64_t at, void *p, size_t n,
	     struct diags *ds)
{
	struct counted *c = (struct counted *)t;

	if (c->meanwhile)
		c->meanwhile(c->local.root, path);
	return c->local.tree.ops->read(&c->local.tree, path, at, p, n, ds);
}

static int
counted_write(struct tree *t, const struct tree_piece *piece, struct diags *ds)
{
	struct counted *c = (struct counted *)t;

	c->writes++;
	c->bytes += piece->n;
	return c->local.tree.ops->write(&c->local.tree, piece, ds);
}

static int
counted_remove(struct tree *t, const char *path, struct diags *ds)
{
	struct tree *l = &((struct counted *)t)->local.tree;

	return l->ops->remove(l, path, ds);
}

static int
counted_sync(struct tree *t, struct diags *ds)
{
	struct tree *l = &((struct counted *)t)->local.tree;

	return l->ops->sync(l, ds);
}

static const struct tree_ops counted_ops = { counted_list, counted_read,
					     counted_write, counted_remove,
					     counted_sync };

struct sides {
	char *from, *to;
	struct counted a, b;
	json_t *folders;
};

static void
sides_init(struct sides *s, const char *dir)
{
	*s = (struct sides){ .from = path_join(dir, "from"),
			     .to = path_join(dir, "to"),
			     .folders = t_json("['db']") };
	s->a.tree.ops = s->b.tree.ops = &counted_ops;
	tree_local_init(&s->a.local, s->from);
	tree_local_init(&s->b.local, s->to);
	assert_int_equal(mkdir(s->to, 0700), 0);
}

static void
sides_done(struct sides *s)
{
	json_decref(s->folders);
	free(s->from);
	free(s->to);
}

/* A file of n bytes, last changed at `second`. */
static void
put(const char *root, const char *path, size_t n, long second)
{
	const struct timespec t[2] = { { .tv_sec = second },
				       { .tv_sec = second, .tv_nsec = 5 } };
	CLEANUP(freep) char *full = path_join(root, path);
	CLEANUP(freep) char *folder = xstrdup(full);
	CLEANUP(freep) char *text = xmalloc(n + 1);
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	for (size_t i = 0; i < n; i++)
		text[i] = (char)('a' + (i / 7 + (size_t)second) % 26);
	*strrchr(folder, '/') = '\0';
	assert_int_equal(file_mkdirs(folder, 0700, &ds), 0);
	assert_int_equal(file_replace(full, text, n, 0640, &ds), 0);
	assert_int_equal(utimensat(AT_FDCWD, full, t, 0), 0);
	t_no_errors(&ds);
}

static void
assert_equal_files(const struct sides *s, const char *path)
{
	CLEANUP(freep) char *a = path_join(s->from, path);
	CLEANUP(freep) char *b = path_join(s->to, path);
	CLEANUP(diags_done) struct diags ds;
	char x[65], y[65];

	diags_init(&ds);
	assert_int_equal(file_sha256(a, x, &ds), 0);
	assert_int_equal(file_sha256(b, y, &ds), 0);
	assert_string_equal(x, y);
}

static bool
is_there(const char *root, const char *path)
{
	CLEANUP(freep) char *full = path_join(root, path);

	return file_exists(full);
}

static int
copy(struct sides *s, bool live, tree_progress_fn fn,
     struct tree_figures *figures, struct diags *ds)
{
	s->b.writes = 0;
	s->b.bytes = 0;
	return tree_mirror(&s->a.tree, &s->b.tree, s->folders, live, fn, NULL,
			   figures, ds);
}

static void
test_copy(void **state)
{
	CLEANUP(diags_done) struct diags ds;
	struct tree_figures f;
	struct sides s;

	diags_init(&ds);
	sides_init(&s, *state);
	put(s.from, "db/geth/000001.sst", 2 * TREE_PIECE + 17, 1000);
	put(s.from, "db/geth/empty", 0, 1000);
	put(s.from, "db/ancient/chain/bodies", TREE_PIECE, 1000);
	put(s.from, "db/opl2.json", 5, 1000);
	put(s.from, "other/secret", 5, 1000);
	put(s.to, "db/geth/gone", 9, 1000);
	put(s.to, "db/" TREE_MADE, 0, 1000);
	assert_int_equal(copy(&s, false, NULL, &f, &ds), 0);
	t_no_errors(&ds);
	assert_int_equal(f.files, 3);
	assert_int_equal(f.bytes, 3 * TREE_PIECE + 17);
	assert_int_equal(s.b.writes, 5);
	assert_equal_files(&s, "db/geth/000001.sst");
	assert_equal_files(&s, "db/geth/empty");
	assert_equal_files(&s, "db/ancient/chain/bodies");
	/* What is only there goes; what opl2 keeps there stays. */
	assert_false(is_there(s.to, "db/geth/gone"));
	assert_true(is_there(s.to, "db/" TREE_MADE));
	assert_false(is_there(s.to, "db/opl2.json"));
	assert_false(is_there(s.to, "other"));
	/* Again, there is nothing to do; then one file. */
	assert_int_equal(copy(&s, false, NULL, &f, &ds), 0);
	assert_int_equal(s.b.writes, 0);
	put(s.from, "db/geth/empty", 0, 1001);
	put(s.from, "db/geth/000002.sst", 3, 1001);
	assert_int_equal(copy(&s, false, NULL, &f, &ds), 0);
	assert_int_equal(f.files, 2);
	assert_int_equal(s.b.bytes, 3);
	t_no_errors(&ds);
	sides_done(&s);
}

static bool
after_two(void *arg, uint64_t bytes, uint64_t of)
{
	(void)arg;
	assert_true(bytes <= of);
	return bytes >= 2 * TREE_PIECE;
}

/* Given up in the middle of a file, it goes on there, unless the file has
 * changed since. */
static void
test_resume(void **state)
{
	CLEANUP(diags_done) struct diags ds;
	struct tree_figures f;
	struct sides s;

	diags_init(&ds);
	sides_init(&s, *state);
	put(s.from, "db/big", 5 * TREE_PIECE, 1000);
	assert_int_equal(copy(&s, false, after_two, &f, &ds), 1);
	assert_false(is_there(s.to, "db/big"));
	assert_true(is_there(s.to, "db/big" TREE_PART));
	assert_int_equal(copy(&s, false, NULL, &f, &ds), 0);
	assert_int_equal(s.b.bytes, 3 * TREE_PIECE);
	assert_equal_files(&s, "db/big");
	assert_false(is_there(s.to, "db/big" TREE_PART));

	put(s.from, "db/big", 5 * TREE_PIECE, 1001);
	assert_int_equal(copy(&s, false, after_two, &f, &ds), 1);
	put(s.from, "db/big", 4 * TREE_PIECE, 1002);
	assert_int_equal(copy(&s, false, NULL, &f, &ds), 0);
	assert_int_equal(s.b.bytes, 4 * TREE_PIECE);
	assert_equal_files(&s, "db/big");
	assert_false(is_there(s.to, "db/big" TREE_PART));
	t_no_errors(&ds);
	sides_done(&s);
}

static void
shorten(const char *root, const char *path)
{
	CLEANUP(freep) char *full = path_join(root, path);

	assert_int_equal(truncate(full, 1), 0);
}

static void
take_away(const char *root, const char *path)
{
	CLEANUP(freep) char *full = path_join(root, path);

	unlink(full);
}

/* What changes under a live copy is for the next one; under the last one it is
 * an error. */
static void
test_live(void **state)
{
	CLEANUP(diags_done) struct diags ds;
	struct tree_figures f;
	struct sides s;

	diags_init(&ds);
	sides_init(&s, *state);
	put(s.from, "db/a", 10, 1000);
	put(s.to, "db/only-there", 10, 1000);
	s.a.meanwhile = shorten;
	assert_int_equal(copy(&s, true, NULL, &f, &ds), 0);
	assert_int_equal(f.files, 0);
	assert_int_equal(f.changed, 1);
	assert_false(is_there(s.to, "db/a"));
	assert_true(is_there(s.to, "db/only-there"));
	s.a.meanwhile = take_away;
	put(s.from, "db/a", 10, 1000);
	assert_int_equal(copy(&s, true, NULL, &f, &ds), 0);
	assert_int_equal(f.changed, 1);
	t_no_errors(&ds);
	/* One that was changed a moment ago may change again unseen. */
	s.a.meanwhile = NULL;
	put(s.from, "db/a", 10, (long)time(NULL));
	assert_int_equal(copy(&s, true, NULL, &f, &ds), 0);
	assert_int_equal(f.changed, 1);
	assert_false(is_there(s.to, "db/a"));
	s.a.meanwhile = shorten;
	assert_int_equal(copy(&s, false, NULL, &f, &ds), -1);
	t_error(&ds, "E1343", "'db/a' changed while it was copied");
	sides_done(&s);
}

/* The other side does not lead out of the folder, and an answer that was lost
 * does no harm. */
static void
test_pieces(void **state)
{
	static const char *const bad[] = { "../x",  "/etc/x", "db/../../x", "",
					   "db//x", "./x",    "db/.." };
	CLEANUP(freep) char *root = path_join(*state, "v");
	CLEANUP(freep) char *part = path_join(root, "db/f" TREE_PART);
	struct tree_piece p = { .path = "db/f",
				.size = 6,
				.mtime = 1000000000005,
				.mode = 0600,
				.p = "abc",
				.n = 3 };
	struct tree_local t;
	char got[8] = "";

	assert_int_equal(mkdir(root, 0700), 0);
	tree_local_init(&t, root);
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(diags_done) struct diags ds;
		struct tree_piece q = p;

		diags_init(&ds);
		q.path = bad[i];
		assert_int_equal(t.tree.ops->write(&t.tree, &q, &ds), -1);
		assert_int_equal(
			t.tree.ops->read(&t.tree, bad[i], 0, got, 1, &ds), -1);
		assert_int_equal(t.tree.ops->remove(&t.tree, bad[i], &ds), -1);
		t_error(&ds, "E1343", "is not a path in a volume");
	}
	for (int twice = 0; twice < 2; twice++) {
		CLEANUP(diags_done) struct diags ds;

		diags_init(&ds);
		assert_int_equal(t.tree.ops->write(&t.tree, &p, &ds), 0);
		t_no_errors(&ds);
	}
	p.at = 3;
	p.p = "def";
	for (int twice = 0; twice < 2; twice++) {
		CLEANUP(diags_done) struct diags ds;

		diags_init(&ds);
		assert_int_equal(t.tree.ops->write(&t.tree, &p, &ds), 0);
		assert_int_equal(
			t.tree.ops->read(&t.tree, "db/f", 1, got, 7, &ds), 5);
		assert_string_equal(got, "bcdef");
		assert_false(file_exists(part));
		t_no_errors(&ds);
	}
	/* A piece whose forerunner never came is refused. */
	{
		CLEANUP(diags_done) struct diags ds;

		diags_init(&ds);
		p.path = "db/g";
		assert_int_equal(t.tree.ops->write(&t.tree, &p, &ds), -1);
		t_error(&ds, "E1343", "cannot write");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_copy, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_resume, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_live, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_pieces, t_setup_dir,
						t_teardown_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
