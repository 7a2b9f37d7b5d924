#ifndef OPL2_TESTS_UNIT_SPEC_FIX_H
#define OPL2_TESTS_UNIT_SPEC_FIX_H

/* A spec in a folder of its own, for the tests of the loader. */
#include "engine/spec/spec.h"

#define HEAD "opl2: 1\nname: t\n"

struct fix {
	char *dir, *file;
	struct diags ds;
	struct spec *sp;
	const char *vars[4];
	const char *var_files[2];
	struct spec_opts opts;
};

static void
put_file(const char *dir, const char *name, const char *text)
{
	struct diags ds;
	char *path = path_join(dir, name);
	char *slash = strrchr(path, '/');

	diags_init(&ds);
	*slash = '\0';
	file_mkdirs(path, 0755, &ds);
	*slash = '/';
	file_replace(path, text, strlen(text), 0644, &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	free(path);
}

static int
setup(void **state)
{
	struct fix *f = xcalloc(1, sizeof(*f));

	mem_init();
	f->dir = t_mkdir();
	f->file = path_join(f->dir, "opl2.yaml");
	diags_init(&f->ds);
	f->opts.file = f->file;
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fix *f = *state;

	spec_free(f->sp);
	diags_done(&f->ds);
	free(f->file);
	t_rmdir(f->dir);
	free(f);
	return 0;
}

static int
load(struct fix *f, const char *text)
{
	if (text)
		put_file(f->dir, "opl2.yaml", text);
	spec_free(f->sp);
	f->sp = NULL;
	diags_done(&f->ds);
	diags_init(&f->ds);
	return spec_load(&f->opts, &f->sp, &f->ds);
}

static void
load_ok(struct fix *f, const char *text)
{
	int rc = load(f, text);

	t_no_errors(&f->ds);
	assert_int_equal(rc, 0);
	assert_non_null(f->sp);
}

static const char *
config_str(struct fix *f, const char *addr, const char *pointer)
{
	const struct resource *r = spec_find(f->sp, addr);
	const json_t *v;

	assert_non_null(r);
	v = jx_at(r->config, pointer);
	return json_string_value(v);
}

#endif
