#ifndef OPL2_TESTS_UNIT_T_H
#define OPL2_TESTS_UNIT_T_H

/*
 * Include this first in a unit test: cmocka.h needs its four standard headers
 * before it. Also what most tests want: a list of diagnostics that is checked,
 * and a folder of one's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>

#include "engine/base/mem.h"
#include "engine/diag/diag.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

/* Fails the test, showing what went wrong, when there is an error in ds. */
static inline void
t_no_errors(const struct diags *ds)
{
	for (const struct diag *d = ds->first; d; d = d->next)
		print_error("# %s: %s (%s)\n", d->code, d->summary,
			    d->hint ? d->hint : "no hint");
	assert_int_equal(ds->nerrors, 0);
}

/* The first error must have this code, be registered, and name `text`. */
static inline void
t_error(const struct diags *ds, const char *code, const char *text)
{
	const struct diag *d = ds->first;

	while (d && d->sev != SEV_ERROR)
		d = d->next;
	assert_non_null(d);
	assert_string_equal(d->code, code);
	assert_non_null(diag_code_find(code));
	if (!strstr(d->summary, text))
		print_error("# '%s' does not say '%s'\n",
			    d->summary ? d->summary : "", text);
	assert_non_null(strstr(d->summary, text));
}

/* Ends a forked process. exit() writes what is counted of the code, but with
 * the sanitizer it also looks for leaks, of the parent's among them. */
static inline NORETURN void
t_exit(int status)
{
#ifndef __SANITIZE_ADDRESS__
	exit(status);
#else
	_exit(status);
#endif
}

/* JSON in which ' stands for ". New reference. */
static inline json_t *
t_json(const char *text)
{
	CLEANUP(freep) char *s = xstrdup(text);
	json_t *j;

	for (char *p = s; *p; p++)
		if (*p == '\'')
			*p = '"';
	j = jx_parse(s, strlen(s), "case", NULL);
	assert_non_null(j);
	return j;
}

/* A new empty folder below $TMPDIR. malloc'd; t_rmdir removes and frees. */
static inline char *
t_mkdir(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/opl2-unit-XXXXXX", tmp ? tmp : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
}

/* As t_mkdir, in memory where there is such a place: for tests that sync a lot
 * and run no program from there. */
static inline char *
t_mkdir_ram(void)
{
	char *dir = xstrdup("/dev/shm/opl2-unit-XXXXXX");

	if (mkdtemp(dir))
		return dir;
	free(dir);
	return t_mkdir();
}

static inline void
t_rmdir(char *dir)
{
	struct diags ds;

	diags_init(&ds);
	file_remove_tree(dir, &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	free(dir);
}

/* For CLEANUP() and setup functions with the folder as *state. */
static inline int
t_setup_dir(void **state)
{
	mem_init();
	*state = t_mkdir();
	return 0;
}

static inline int
t_teardown_dir(void **state)
{
	t_rmdir(*state);
	return 0;
}

/* From now on this process gets EFBIG where a full disk would say ENOSPC. */
static inline void
t_limit_file_size(size_t bytes)
{
	struct rlimit lim = { bytes, bytes };

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &lim) < 0)
		abort();
}

/* The folder of the programs that this test was built with, which tools and
 * workers are looked for in from now on. Caller frees. */
static inline char *
t_programs(void)
{
	char self[4096], *unit;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	assert_true(n > 0);
	self[n] = '\0';
	unit = strstr(self, "/unit/");
	assert_non_null(unit);
	*unit = '\0';
	assert_int_equal(setenv("OPL2_LIBEXEC", self, 1), 0);
	return xstrdup(self);
}

#endif
