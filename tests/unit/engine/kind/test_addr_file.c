#include "tests/unit/t.h"

#include "engine/kind/addr_file.h"

#define FILES "/x/.opl2/files"

/* Where a resource of this address is, by its attributes. */
static const struct {
	const char *addr, *planned, *recorded, *place;
} cases[] = {
	{ "jwt_secret.a", NULL, NULL, FILES "/jwt_secret.a" },
	{ "jwt_secret.i/a", NULL, NULL, FILES "/jwt_secret.i+a" },
	/* As an earlier version had it. */
	{ "jwt_secret.i/a", NULL, "{'path':'" FILES "/jwt_secret.i/a/jwt.txt'}",
	  FILES "/jwt_secret.i/a" },
	/* Moved: it stays where it was made. */
	{ "jwt_secret.b", NULL, "{'path':'" FILES "/jwt_secret.a/jwt.txt'}",
	  FILES "/jwt_secret.a" },
	{ "jwt_secret.b", NULL, "{'path':'" FILES "/jwt_secret.i+a/jwt.txt'}",
	  FILES "/jwt_secret.i+a" },
	{ "jwt_secret.i/b", NULL, "{'path':'" FILES "/jwt_secret.a/jwt.txt'}",
	  FILES "/jwt_secret.a" },
	/* The chain, too, has moved, and to a folder of that name. */
	{ "jwt_secret.b", NULL,
	  "{'path':'/files/jwt_secret.z/.opl2/files/jwt_secret.a/jwt.txt'}",
	  FILES "/jwt_secret.a" },
	/* The plan knows better: it is made anew. */
	{ "jwt_secret.b", "{'path':'" FILES "/jwt_secret.b/jwt.txt'}",
	  "{'path':'" FILES "/jwt_secret.a/jwt.txt'}", FILES "/jwt_secret.b" },
	{ "jwt_secret.b", "{'path':'" FILES "/jwt_secret.a/jwt.txt'}",
	  "{'path':'" FILES "/jwt_secret.a/jwt.txt'}", FILES "/jwt_secret.a" },
	/* Where another has its name, it has one with a '+'. */
	{ "jwt_secret.a", "{'path':'" FILES "/jwt_secret.a+/jwt.txt'}", NULL,
	  FILES "/jwt_secret.a+" },
	{ "jwt_secret.a", NULL, "{'path':'" FILES "/jwt_secret.a+/jwt.txt'}",
	  FILES "/jwt_secret.a+" },
	/* The file of another kind is none of its own. */
	{ "genesis.l2", NULL, "{'allocs':'" FILES "/l2_allocs.l2/allocs.json'}",
	  FILES "/genesis.l2" },
	/* Moved, of an earlier version: its folder is among others' files. */
	{ "jwt_secret.b", NULL, "{'path':'" FILES "/jwt_secret.i/a/jwt.txt'}",
	  FILES "/jwt_secret.b" },
};

static void
places(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		CLEANUP(put_json)
		json_t *planned =
			cases[i].planned ? t_json(cases[i].planned) : NULL;
		CLEANUP(put_json)
		json_t *recorded =
			cases[i].recorded ? t_json(cases[i].recorded) : NULL;
		CLEANUP(arena_done) struct arena a;

		arena_init(&a);
		assert_string_equal(
			addr_place(&a, FILES, cases[i].addr, planned, recorded),
			cases[i].place);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
