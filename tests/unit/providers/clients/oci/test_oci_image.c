#include "tests/unit/t.h"

#include <elf.h>
#include <sys/stat.h>

#include "providers/clients/oci/elf.h"
#include "providers/clients/oci/image.h"

/* Of an image with one program that is an ELF header and no more, at
 * /opl2/bin/p: anything that changes it makes all images anew. */
#define DIGEST                                                                 \
	"sha256:"                                                              \
	"9e15a0e50854064dfe0dccccc75cd60ce4289799415dc191111a1a1ee61efa68"

/* --- programs ------------------------------------------------------------- */

static char *
put(const char *dir, const char *name, const void *p, size_t n)
{
	char *path = path_join(dir, name);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, p, n, 0700, &ds), 0);
	diags_done(&ds);
	return path;
}

struct tiny {
	Elf64_Ehdr h;
	Elf64_Phdr ph[2];
	Elf64_Dyn dyn[4];
	char names[32];
};

/* A program for that machine which wants that library, or none. */
static char *
put_elf(const char *dir, const char *name, uint16_t machine, const char *needs)
{
	struct tiny t = { 0 };

	memcpy(t.h.e_ident, ELFMAG, SELFMAG);
	t.h.e_ident[EI_CLASS] = ELFCLASS64;
	t.h.e_ident[EI_DATA] = ELFDATA2LSB;
	t.h.e_type = ET_EXEC;
	t.h.e_machine = machine;
	t.h.e_phentsize = sizeof(Elf64_Phdr);
	if (!needs)
		return put(dir, name, &t.h, sizeof(t.h));
	t.h.e_phoff = offsetof(struct tiny, ph);
	t.h.e_phnum = 2;
	t.ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_filesz = sizeof(t) };
	t.ph[1] = (Elf64_Phdr){ .p_type = PT_DYNAMIC,
				.p_offset = offsetof(struct tiny, dyn),
				.p_filesz = sizeof(t.dyn) };
	t.dyn[0].d_tag = DT_NEEDED;
	t.dyn[0].d_un.d_val = 1;
	t.dyn[1].d_tag = DT_STRTAB;
	t.dyn[1].d_un.d_val = offsetof(struct tiny, names);
	t.dyn[2].d_tag = DT_STRSZ;
	t.dyn[2].d_un.d_val = sizeof(t.names);
	memcpy(t.names + 1, needs, strlen(needs));
	return put(dir, name, &t, sizeof(t));
}

static int
make(struct oci_image *m, const struct oci_program *v, size_t n,
     struct diags *ds)
{
	struct oci_contents c = { .v = v, .n = n };

	diags_init(ds);
	return oci_image_make(m, &c, NULL, NULL, ds);
}

/* --- bytes ---------------------------------------------------------------- */

static void
test_golden(void **state)
{
	CLEANUP(freep) char *p = put_elf(*state, "p", EM_X86_64, NULL);
	const char *const entry[] = { "/opl2/bin/p", "-v", NULL };
	struct oci_program v = { p, "/opl2/bin/p" };
	struct oci_contents c = { .v = &v, .n = 1, .entrypoint = entry };
	struct oci_image m;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(oci_image_make(&m, &c, NULL, NULL, &ds), 0);
	assert_int_equal(m.n, 2);
	assert_non_null(strstr(m.config, "\"User\":\"65532:65532\""));
	assert_non_null(
		strstr(m.config, "\"Entrypoint\":[\"/opl2/bin/p\",\"-v\"]"));
	assert_non_null(strstr(m.config, m.layers[0].digest));
	assert_non_null(strstr(m.manifest, m.layers[1].digest));
	assert_string_equal(m.digest, DIGEST);
	oci_image_done(&m);
	diags_done(&ds);
}

/* The tar file's headers: sorted, of nobody and of no time. */
static void
test_layer(void **state)
{
	static const char *const paths[] = { "a/", "a/b/", "a/b/x", "a/t",
					     "z/" };
	CLEANUP(freep) char *p = put(*state, "x", "0123456789", 10);
	struct oci_layer l;
	struct diags ds;
	char *all, part[777];
	size_t at = 0;

	diags_init(&ds);
	oci_layer_init(&l, "l");
	oci_layer_folder(&l, "/z", 01777);
	oci_layer_text(&l, "/a/t", "text\n");
	oci_layer_file(&l, "/a/b/x", p);
	oci_layer_file(&l, "/a/b/x", "/is/there/already");
	assert_int_equal(oci_layer_close(&l, NULL, NULL, NULL, &ds), 0);
	assert_int_equal(l.n, COUNTOF(paths));
	assert_int_equal(l.size, 512 * (5 + 2 + 2));
	all = xcalloc(1, l.size);
	oci_layer_read(&l, 0, all, l.size);
	for (size_t i = 0; i < l.n; i++) {
		const char *h = all + at;

		assert_string_equal(h, paths[i]);
		assert_string_equal(h + 100, l.v[i].folder && i == 4 ? "001777 "
					     : l.v[i].text           ? "000644 "
							   : "000755 ");
		assert_string_equal(h + 108, "000000 ");
		assert_string_equal(h + 116, "000000 ");
		assert_memory_equal(h + 136, "00000000000", 11);
		assert_int_equal(h[265], 0);
		assert_int_equal(h[297], 0);
		at += l.v[i].size ? 1024 : 512;
	}
	assert_memory_equal(all + 512 * 3, "0123456789\0\0", 12);
	/* From any place on it is the same. */
	for (size_t from = 0; from < l.size; from += 97) {
		size_t n = l.size - from < sizeof(part) ? l.size - from
							: sizeof(part);

		oci_layer_read(&l, from, part, n);
		assert_memory_equal(part, all + from, n);
	}
	free(all);
	oci_layer_done(&l);
	diags_done(&ds);
}

static void
copy(const char *from, char *to)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64u << 20);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_read(from, &b, &ds), 0);
	assert_int_equal(file_replace(to, b.p, b.n, 0711, &ds), 0);
	diags_done(&ds);
}

/* In another folder, in another order, at another time. */
static void
test_same(void **state)
{
	CLEANUP(freep) char *p = path_join(*state, "one");
	CLEANUP(freep) char *q = path_join(*state, "two");
	struct oci_program v[] = { { "/bin/sleep", "/opl2/bin/sleep" },
				   { "/bin/true", "/opl2/bin/a" } };
	struct oci_program w[] = { { p, "/opl2/bin/a" },
				   { q, "/opl2/bin/sleep" } };
	struct oci_image m, n;
	struct diags ds;

	copy("/bin/true", p);
	copy("/bin/sleep", q);
	assert_int_equal(make(&m, v, 2, &ds), 0);
	assert_int_equal(make(&n, w, 2, &ds), 0);
	assert_string_equal(m.config, n.config);
	assert_string_equal(m.manifest, n.manifest);
	assert_string_equal(m.digest, n.digest);
	assert_string_equal(m.layers[1].name, "a");
	assert_int_equal(m.n, 3);
	oci_image_done(&m);
	oci_image_done(&n);
	diags_done(&ds);
}

/* The libraries and the loader are where the image's loader looks. */
static void
test_libraries(void **state UNUSED)
{
	struct oci_program v = { "/bin/sleep", "/opl2/bin/sleep" };
	bool libc = false, loader = false;
	struct oci_image m;
	struct diags ds;

	assert_int_equal(make(&m, &v, 1, &ds), 0);
	for (size_t i = 0; i < m.layers[0].n; i++) {
		const struct oci_member *e = &m.layers[0].v[i];

		libc = libc || strstr(e->path, "/libc.so.6");
		loader = loader || (strstr(e->path, "/ld-linux") && e->file &&
				    strcmp(e->file + 1, e->path) == 0);
		if (e->file)
			assert_true(e->size > 1000);
	}
	assert_true(libc);
	assert_true(loader);
	oci_image_done(&m);
	diags_done(&ds);
}

/* --- what cannot be ------------------------------------------------------- */

static void
refuse(const struct oci_program *v, size_t n, const char *says)
{
	struct oci_image m;
	struct diags ds;

	assert_int_equal(make(&m, v, n, &ds), -1);
	t_error(&ds, "E1321", says);
	oci_image_done(&m);
	diags_done(&ds);
}

static void
test_refused(void **state)
{
	CLEANUP(freep) char *script = put(*state, "s", "#!/bin/sh\n", 10);
	CLEANUP(freep) char *amd = put_elf(*state, "a", EM_X86_64, NULL);
	CLEANUP(freep) char *arm = put_elf(*state, "b", EM_AARCH64, NULL);
	CLEANUP(freep) char *odd = put_elf(*state, "c", EM_68K, NULL);
	CLEANUP(freep)
	char *wants = put_elf(*state, "d", EM_X86_64, "libnone.so.1");
	struct oci_program one[] = { { script, "/p" } };
	struct oci_program mixed[] = { { amd, "/p" }, { arm, "/q" } };
	struct oci_program twice[] = { { amd, "/p" }, { amd, "/p" } };

	refuse(one, 0, "no program");
	refuse(one, 1, "is no program for Linux");
	one[0].from = odd;
	refuse(one, 1, "is no program for Linux");
	one[0].from = *state;
	refuse(one, 1, *state);
	one[0].from = "/nonexistent/p";
	refuse(one, 1, "cannot read '/nonexistent/p'");
	one[0].from = wants;
	refuse(one, 1, "needs the library 'libnone.so.1'");
	refuse(mixed, 2, "is for arm64, and the others are for amd64");
	refuse(twice, 2, "two programs would be '/p'");
}

/* A program that ends anywhere, or says nonsense, is read without harm. */
static void
test_hostile(void **state)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(64u << 20);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_read("/bin/sleep", &b, &ds), 0);
	for (size_t n = 0; n < b.n; n += n < 1200 ? 7 : 997) {
		CLEANUP(freep) char *p = put(*state, "cut", b.p, n);
		CLEANUP(arena_done) struct arena a;
		struct elf e;

		arena_init(&a);
		assert_true(elf_read(&a, p, &e, &ds) >= 0);
	}
	for (size_t n = 16; n < 1000; n += 3) {
		CLEANUP(freep) char *p = NULL;
		CLEANUP(arena_done) struct arena a;
		char was = b.p[n];
		struct elf e;

		arena_init(&a);
		b.p[n] = (char)0xff;
		p = put(*state, "odd", b.p, b.n);
		assert_true(elf_read(&a, p, &e, &ds) >= 0);
		b.p[n] = was;
	}
	t_no_errors(&ds);
	diags_done(&ds);
}

static bool
always(void *arg UNUSED)
{
	return true;
}

/* What was hashed once is not read again, unless it was just written. */
static void
test_memory(void **state)
{
	static const char digest[] =
		"sha256:111111111111111111111111111111111111111111111111111111"
		"1111111111";
	CLEANUP(freep) char *fresh = put_elf(*state, "p", EM_X86_64, NULL);
	CLEANUP(freep) char *memory = path_join(*state, "memory");
	CLEANUP(put_json) json_t *j = NULL;
	struct oci_program v = { "/bin/sleep", "/opl2/bin/sleep" };
	struct oci_contents c = { .v = &v, .n = 1, .memory = memory };
	struct oci_image m;
	struct diags ds;
	const char *id;
	json_t *row;

	diags_init(&ds);
	assert_int_equal(oci_image_make(&m, &c, NULL, NULL, &ds), 0);
	oci_image_done(&m);
	j = jx_load_file(memory, 1 << 20, &ds);
	assert_true(json_object_size(j) > 0);
	json_object_foreach(j, id, row)
		json_object_set_new(j, id, json_string(digest));
	assert_int_equal(file_replace_json(memory, j, 0600, &ds), 0);
	assert_int_equal(oci_image_make(&m, &c, NULL, NULL, &ds), 0);
	assert_string_equal(m.layers[m.n - 1].digest, digest);
	assert_true(m.layers[m.n - 1].size > 0);
	oci_image_done(&m);
	v.from = fresh;
	for (int i = 0; i < 2; i++) {
		json_t *now;

		assert_int_equal(oci_image_make(&m, &c, NULL, NULL, &ds), 0);
		oci_image_done(&m);
		now = jx_load_file(memory, 1 << 20, &ds);
		assert_true(json_object_size(now) <= json_object_size(j) + 1);
		json_decref(now);
	}
	diags_done(&ds);
}

static void
test_cancelled(void **state UNUSED)
{
	struct oci_program v = { "/bin/sleep", "/opl2/bin/sleep" };
	struct oci_contents c = { .v = &v, .n = 1 };
	struct oci_image m;
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(oci_image_make(&m, &c, always, NULL, &ds), 1);
	t_no_errors(&ds);
	oci_image_done(&m);
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_golden, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_layer, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_same, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test(test_libraries),
		cmocka_unit_test_setup_teardown(test_refused, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_hostile, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(test_memory, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test(test_cancelled),
	};

	mem_init();
	/* The authorities of this machine are in no golden digest. */
	setenv("CURL_CA_BUNDLE", "/nonexistent", 1);
	unsetenv("NODE_EXTRA_CA_CERTS");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
