#include "tests/unit/t.h"

#include <sys/wait.h>

#include "engine/io/trace.h"

/* What a process with this level writes. malloc'd; NULL without a file. The
 * level is read once, so every case needs a process of its own. */
static char *
traced(const char *dir, const char *level)
{
	CLEANUP(freep) char *path = path_join(dir, "log");
	struct buf b = BUF_INIT(1u << 20);
	struct diags ds;
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char long_text[8000];

		setenv("OPL2_LOG", level, 1);
		setenv("OPL2_LOG_PATH", path, 1);
		memset(long_text, 'x', sizeof(long_text) - 1);
		long_text[sizeof(long_text) - 1] = '\0';
		trace("number %d", 7);
		trace("%s", long_text);
		_exit(trace_on() ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), file_exists(path));
	if (!file_exists(path))
		return NULL;
	diags_init(&ds);
	assert_int_equal(file_read(path, &b, &ds), 0);
	diags_done(&ds);
	return buf_take(&b);
}

static void
levels(void **state)
{
	CLEANUP(freep) char *text = NULL;

	assert_null(traced(*state, "warn"));
	assert_null(traced(*state, ""));
	text = traced(*state, "debug");
	assert_non_null(text);
	assert_non_null(strstr(text, "] number 7\n"));
	assert_non_null(strstr(text, "(line too long)\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(levels, t_setup_dir,
						t_teardown_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
