#include "tests/unit/t.h"

#include <sys/stat.h>
#include <zlib.h>

#include "providers/clients/store/untar.h"

/* --- archives made by hand, so that they can be wrong --------------------- */

struct member {
	const char *path;
	char type; /* of ustar: '0' file, '1' hard, '2' symbolic, '5' folder */
	const char *text; /* content, or a link's target */
	unsigned mode;
};

static void
tar_header(struct buf *b, const struct member *m, size_t size)
{
	char h[512] = { 0 };
	unsigned sum = 0;

	snprintf(h, 100, "%s", m->path);
	snprintf(h + 100, 8, "%07o", (m->mode ? m->mode : 0644) & 07777);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011o", (unsigned)size);
	snprintf(h + 136, 12, "%011o", 0);
	memset(h + 148, ' ', 8);
	h[156] = m->type;
	if (m->type == '1' || m->type == '2')
		snprintf(h + 157, 100, "%s", m->text);
	memcpy(h + 257,
	       "ustar\0"
	       "00",
	       8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum);
	buf_add(b, h, sizeof(h));
}

static char *
save(const char *dir, const char *name, const struct buf *b)
{
	char *path = path_join(dir, name);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, b->p, b->n, 0600, &ds), 0);
	diags_done(&ds);
	return path;
}

static void
tar_bytes(struct buf *b, const struct member *m, size_t n)
{
	static const char zero[1024];

	for (size_t i = 0; i < n; i++) {
		bool file = m[i].type == '0';
		size_t size = file ? strlen(m[i].text) : 0;

		tar_header(b, &m[i], size);
		if (file)
			buf_add(b, m[i].text, size);
		buf_add(b, zero, (512 - size % 512) % 512);
	}
	buf_add(b, zero, sizeof(zero));
}

static void
le(struct buf *b, unsigned long v, unsigned bytes)
{
	for (; bytes; bytes--, v >>= 8)
		buf_addch(b, (char)(v & 255));
}

/* Stored, without attributes: what the Go module proxy serves is like it. */
static void
zip_bytes(struct buf *b, const struct member *m, size_t n)
{
	CLEANUP(buf_done) struct buf dir = BUF_INIT(1 << 20);
	size_t start;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(m[i].text), off = b->n;
		unsigned long crc =
			crc32(0, (const Bytef *)m[i].text, (uInt)len);

		for (int central = 0; central < 2; central++) {
			struct buf *o = central ? &dir : b;

			le(o, central ? 0x02014b50 : 0x04034b50, 4);
			if (central)
				le(o, 20, 2);
			le(o, 20, 2);
			le(o, 0, 8); /* flags, method, time, date */
			le(o, crc, 4);
			le(o, len, 4);
			le(o, len, 4);
			le(o, strlen(m[i].path), 2);
			le(o, 0, 2);
			if (central) {
				le(o, 0, 10);
				le(o, off, 4);
			}
			buf_adds(o, m[i].path);
			if (!central)
				buf_add(o, m[i].text, len);
		}
	}
	start = b->n;
	buf_add(b, dir.p, dir.n);
	le(b, 0x06054b50, 4);
	le(b, 0, 4);
	le(b, n, 2);
	le(b, n, 2);
	le(b, dir.n, 4);
	le(b, start, 4);
	le(b, 0, 2);
}

/* --- helpers -------------------------------------------------------------- */

static int
unpack(const char *dir, const struct member *m, size_t n,
       const struct untar *opts, struct diags *ds)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);
	CLEANUP(freep) char *file = NULL, *out = path_join(dir, "out");

	tar_bytes(&b, m, n);
	file = save(dir, "x.tar", &b);
	diags_init(ds);
	assert_int_equal(file_remove_tree(out, ds), 0);
	assert_int_equal(file_mkdirs(out, 0755, ds), 0);
	return untar(file, out, opts, ds);
}

static void
has(const char *dir, const char *path, const char *text, mode_t mode)
{
	CLEANUP(freep) char *out = path_join(dir, "out");
	CLEANUP(freep) char *full = path_join(out, path);
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	struct diags ds;
	struct stat st;

	diags_init(&ds);
	assert_int_equal(file_read(full, &b, &ds), 0);
	assert_string_equal(buf_str(&b), text);
	assert_int_equal(stat(full, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
	diags_done(&ds);
}

/* --- tests ---------------------------------------------------------------- */

static void
strips_and_sets_modes(void **state)
{
	static const struct member m[] = {
		{ "package/", '5', "", 0755 },
		{ "package/a/run", '0', "#!", 04777 },
		{ "./package//b", '0', "data", 0600 },
		{ "package/c", '2', "a/run", 0 },
		{ "package/d/e", '2', "../b", 0 },
		{ "package/f", '1', "package/b", 0 },
	};
	struct untar opts = { .strip = 1 };
	struct diags ds;

	assert_int_equal(unpack(*state, m, COUNTOF(m), &opts, &ds), 0);
	t_no_errors(&ds);
	has(*state, "a/run", "#!", 0755);
	has(*state, "b", "data", 0644);
	has(*state, "c", "#!", 0755);
	has(*state, "d/e", "data", 0644);
	has(*state, "f", "data", 0644);
	diags_done(&ds);
}

static void
a_later_entry_leaves_hard_links_alone(void **state)
{
	static const struct member m[] = {
		{ "a", '0', "one", 0 },
		{ "b", '1', "a", 0 },
		{ "b", '0', "two", 0 },
	};
	struct diags ds;

	assert_int_equal(unpack(*state, m, COUNTOF(m), NULL, &ds), 0);
	has(*state, "a", "one", 0644);
	has(*state, "b", "two", 0644);
	diags_done(&ds);
}

static void
refuses_what_leads_outside(void **state)
{
	static const struct {
		struct member m[3];
		const char *says;
	} rows[] = {
		{ { { "../x", '0', "", 0 } }, "'../x' leads out" },
		{ { { "a/../../x", '0', "", 0 } }, "leads out" },
		{ { { "/etc/x", '0', "", 0 } }, "leads out" },
		{ { { "a\\..\\x", '0', "", 0 } }, "backslash" },
		{ { { "l", '2', "/etc", 0 } }, "leads outside" },
		{ { { "l", '2', "..", 0 } }, "leads outside" },
		{ { { "a/l", '2', "../../x", 0 } }, "leads outside" },
		{ { { "a/l", '2', "b/../../..", 0 } }, "leads outside" },
		{ { { "l", '2', "", 0 } }, "leads outside" },
		{ { { "h", '1', "../x", 0 } }, "leads out" },
		{ { { "h", '1', "none", 0 } }, "a missing file" },
		{ { { "l", '2', "d", 0 }, { "l/x", '0', "", 0 } },
		  "in the place of" },
		{ { { "d/l", '2', "../e", 0 }, { "d/l/m", '2', "../../x", 0 } },
		  "both a folder and not" },
		{ { { "f", '0', "", 0 }, { "f/x", '0', "", 0 } },
		  "both a folder and not" },
		{ { { "d/x", '0', "", 0 }, { "d", '0', "", 0 } },
		  "in the place of" },
		{ { { "dev", '3', "", 0 } }, "neither file" },
		{ { { "pipe", '6', "", 0 } }, "neither file" },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++) {
		struct diags ds;
		size_t n = 0;

		while (n < 3 && rows[i].m[n].path)
			n++;
		assert_int_equal(unpack(*state, rows[i].m, n, NULL, &ds), -1);
		t_error(&ds, "E0706", rows[i].says);
		diags_done(&ds);
	}
}

static void
keeps_limits(void **state)
{
	static const struct member m[] = { { "a", '0', "12345", 0 },
					   { "b", '0', "12345", 0 } };
	struct untar files = { .max_files = 1 }, bytes = { .max_bytes = 9 };
	struct diags ds;

	assert_int_equal(unpack(*state, m, 2, &files, &ds), -1);
	t_error(&ds, "E0706", "exceeds the limit of entries");
	diags_done(&ds);
	assert_int_equal(unpack(*state, m, 2, &bytes, &ds), -1);
	t_error(&ds, "E0706", "too many bytes");
	diags_done(&ds);
}

static bool
at_once(void *arg)
{
	(void)arg;
	return true;
}

static void
stops_when_told(void **state)
{
	static const struct member m[] = { { "a", '0', "1", 0 } };
	struct untar opts = { .cancelled = at_once };
	struct diags ds;

	assert_int_equal(unpack(*state, m, 1, &opts, &ds), 1);
	assert_int_equal(ds.nerrors, 0);
	diags_done(&ds);
}

static void
damaged(void **state)
{
	static const struct member m[] = { { "a", '0', "some text", 0 } };
	CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);
	CLEANUP(freep) char *plain = NULL, *cut = NULL, *junk = NULL;
	CLEANUP(freep) char *gz = path_join(*state, "x.tgz");
	struct stat st;
	struct diags ds;
	gzFile z = gzopen(gz, "wb");

	diags_init(&ds);
	tar_bytes(&b, m, 1);
	assert_int_equal(gzwrite(z, b.p, (unsigned)b.n), b.n);
	assert_int_equal(gzclose(z), Z_OK);
	assert_int_equal(untar(gz, NULL, NULL, &ds), 0);
	assert_int_equal(stat(gz, &st), 0);
	assert_int_equal(truncate(gz, st.st_size / 2), 0);
	assert_int_equal(untar(gz, NULL, NULL, &ds), -1);
	t_error(&ds, "E0706", "is damaged");
	diags_done(&ds);

	diags_init(&ds);
	b.n = 0;
	buf_adds(&b, "<html>404 not found</html>");
	junk = save(*state, "junk", &b);
	assert_int_equal(untar(junk, NULL, NULL, &ds), -1);
	t_error(&ds, "E0706", "'junk' is damaged");
	diags_done(&ds);
}

static void
note(void *arg, const char *path, const uint8_t sha256[32])
{
	struct buf *out = arg;

	buf_addf(out, "%s %02x\n", path, sha256[0]);
}

static void
zip_below_a_prefix(void **state)
{
	static const struct member m[] = { { "m@v1/bin/go", '0', "go", 0 },
					   { "m@v1/VERSION", '0', "1", 0 } };
	static const struct member bad[] = { { "m@v2/x", '0', "", 0 } };
	CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);
	CLEANUP(buf_done) struct buf seen = BUF_INIT(4096);
	CLEANUP(freep) char *zip = NULL, *zip2 = NULL;
	CLEANUP(freep) char *out = path_join(*state, "out");
	struct untar opts = { .prefix = "m@v1/", .file = note, .arg = &seen };
	struct diags ds;

	diags_init(&ds);
	zip_bytes(&b, m, 2);
	zip = save(*state, "m.zip", &b);
	assert_int_equal(file_mkdirs(out, 0755, &ds), 0);
	assert_int_equal(untar(zip, out, &opts, &ds), 0);
	t_no_errors(&ds);
	has(*state, "bin/go", "go", 0644);
	has(*state, "VERSION", "1", 0644);
	assert_string_equal(buf_str(&seen),
			    "m@v1/bin/go 4c\nm@v1/VERSION 6b\n");
	b.n = 0;
	zip_bytes(&b, bad, 1);
	zip2 = save(*state, "bad.zip", &b);
	assert_int_equal(untar(zip2, out, &opts, &ds), -1);
	t_error(&ds, "E0706", "not where it should be");
	diags_done(&ds);
}

/* As of a layer of an image, which has what no archive of ours may. */
static void
one_file_of_all(void **state)
{
	static const struct member m[] = {
		{ "./", '5', "", 0755 },
		{ "dev/null", '3', "", 0 },
		{ "bin", '2', "/usr/bin", 0 },
		{ "../escape", '0', "x", 0 },
		{ "opt/prog", '0', "other", 0755 },
		{ "./usr/bin/prog", '0', "this", 0755 },
		{ "usr/bin/prog2", '0', "x", 0755 },
		{ "link", '2', "../../../etc/passwd", 0 },
		{ "usr/lib/prog", '2', "/usr/bin/prog", 0 },
	};
	CLEANUP(buf_done) struct buf b = BUF_INIT(1 << 20);
	CLEANUP(freep) char *tar = NULL;
	CLEANUP(freep) char *out = path_join(*state, "out");
	CLEANUP(freep) char *got = path_join(*state, "out/prog");
	struct untar opts = { .only = "usr/bin/prog" };
	struct diags ds;

	diags_init(&ds);
	tar_bytes(&b, m, COUNTOF(m));
	tar = save(*state, "layer", &b);
	assert_int_equal(file_mkdirs(out, 0755, &ds), 0);
	assert_int_equal(untar(tar, out, &opts, &ds), 0);
	t_no_errors(&ds);
	has(*state, "prog", "this", 0755);
	assert_int_equal(unlink(got), 0);
	/* Neither what is not there nor a link is anything. */
	opts.only = "usr/bin/none";
	assert_int_equal(untar(tar, out, &opts, &ds), 0);
	opts.only = "usr/lib/prog";
	assert_int_equal(untar(tar, out, &opts, &ds), 0);
	assert_false(file_exists(got));
	t_no_errors(&ds);
	diags_done(&ds);
}

#define T(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(strips_and_sets_modes),
		T(a_later_entry_leaves_hard_links_alone),
		T(refuses_what_leads_outside),
		T(keeps_limits),
		T(stops_when_told),
		T(damaged),
		T(zip_below_a_prefix),
		T(one_file_of_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
