#include "tests/unit/t.h"

#include <unistd.h>

#include "providers/clients/http/authorities.h"

/* What a library was built to use counts where it is there; one that is linked
 * statically may run on a system that keeps them elsewhere. */
static void
which_file(void **state UNUSED)
{
	struct authorities env = { .file = "/mine.pem" }, none = { 0 };
	const char *system = authorities_system();

	assert_string_equal(authorities_file(&env, "/etc/passwd"), "/mine.pem");
	assert_string_equal(authorities_file(&none, "/etc/passwd"),
			    "/etc/passwd");
	assert_ptr_equal(authorities_file(&none, "/nowhere/ca.pem"), system);
	assert_ptr_equal(authorities_file(&none, NULL), system);
	if (system)
		assert_int_equal(access(system, R_OK), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(which_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
