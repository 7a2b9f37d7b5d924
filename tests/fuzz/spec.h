#ifndef OPL2_TESTS_FUZZ_SPEC_H
#define OPL2_TESTS_FUZZ_SPEC_H

/* What the harnesses of specs share. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/spec/spec.h"

static char fuzz_dir[] = "/dev/shm/opl2-fuzz-XXXXXX";

static void
remove_dir(void)
{
	struct diags ds;

	diags_init(&ds);
	file_remove_tree(fuzz_dir, &ds);
	diags_done(&ds);
}

static const json_t *
nothing_known(void *arg, const struct ref *ref, bool *unknown)
{
	(void)arg;
	FUZZ_CHECK(ref->addr && ref->path);
	*unknown = true;
	return NULL;
}

static void
evaluate(const struct spec *sp)
{
	struct buf text CLEANUP(buf_done) = BUF_INIT(16u << 20);

	for (size_t i = 0; i < sp->nres; i++) {
		const struct resource *r = &sp->res[i];
		json_t *config = NULL, *unknown = NULL;
		struct diags ds;
		int rc;

		FUZZ_CHECK(spec_find(sp, r->addr) == r);
		diags_init(&ds);
		rc = resource_eval(sp, r, nothing_known, NULL, &config,
				   &unknown, &ds);
		if (rc == 0)
			FUZZ_CHECK(json_is_object(config) &&
				   json_is_array(unknown));
		fuzz_contract(&ds, rc);
		json_decref(config);
		json_decref(unknown);
	}
	for (size_t i = 0; i < sp->noutputs; i++) {
		json_t *value = NULL;
		struct diags ds;
		bool unknown;
		int rc;

		diags_init(&ds);
		rc = output_eval(sp, &sp->outputs[i], nothing_known, NULL,
				 &value, &unknown, &ds);
		fuzz_contract(&ds, rc);
		json_decref(value);
	}
	spec_print(sp, &text);
}

/* A file below fuzz_dir. */
static void
put_file(const char *name, const void *text, size_t size)
{
	static bool made;
	char path[128], *slash;
	struct diags ds;

	diags_init(&ds);
	if (!made) {
		made = true;
		mem_init();
		if (!mkdtemp(fuzz_dir))
			abort();
		atexit(remove_dir);
	}
	snprintf(path, sizeof(path), "%s/%s", fuzz_dir, name);
	slash = strrchr(path, '/');
	*slash = '\0';
	if (file_mkdirs(path, 0700, &ds) < 0)
		abort();
	*slash = '/';
	if (file_replace(path, text, size, 0600, &ds) < 0)
		abort();
	diags_done(&ds);
}

/* The text as a file that is loaded, evaluated with nothing known, printed. */
static void
fuzz_spec(const void *text, size_t size)
{
	char file[64];
	struct spec_opts opts = { .file = file, .state_dir = "/none" };
	struct spec *sp = NULL;
	struct diags ds;
	int rc;

	put_file("opl2.yaml", text, size);
	snprintf(file, sizeof(file), "%s/opl2.yaml", fuzz_dir);
	diags_init(&ds);
	rc = spec_load(&opts, &sp, &ds);
	if (sp)
		spec_locate(sp, &ds);
	diags_sort(&ds);
	fuzz_contract(&ds, rc);
	if (rc == 0)
		evaluate(sp);
	spec_free(sp);
}

#endif
