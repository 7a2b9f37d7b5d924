/* What destroy says of the things that stay: what, and where. */
#include "tests/unit/t.h"

#include "engine/kind/kind.h"
#include "engine/kind/places.h"

#define A "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"

static const struct {
	const char *kind, *config, *attrs, *note;
} cases[] = {
	{ "key", "{'source':{'generate':true}}",
	  "{'address':'" A "','file':'/c/.opl2/keys/key.a'}",
	  "account " A ": its key is in /c/.opl2/keys/key.a" },
	{ "key", "{'source':{'env':'ADMIN'}}",
	  "{'address':'" A "','file':null}",
	  "account " A ": its key is in the environment, ADMIN" },
	{ "key", "{'source':{'generate':true}}", "{}",
	  "possibly a key in /c/.opl2/keys" },
	{ "datadir", "{}", "{'path':'/c/.opl2/data/01234567/l1'}",
	  "database in /c/.opl2/data/01234567/l1" },
	{ "datadir", "{}", "{}", "possibly a database in /c/.opl2/data" },
	{ "l1_contracts", "{'l1_chain_id':3151}",
	  "{'addresses':{'A':'" A "','B':'" A "'}}",
	  "2 contracts on L1 chain 3151, recorded in "
	  "deployments/test.json" },
	{ "l1_contracts", "{'l1_chain_id':3151}", "{}",
	  "an unfinished deployment to L1 chain 3151; its transactions are in "
	  "/c/.opl2/ledger" },
	{ "l2_deposit",
	  "{'l1_chain_id':3151,'to':'" A "','amount':'1000000000000000000'}",
	  "{'l1_tx':'0xcc'}",
	  "1eth for " A " on the L2, by transaction 0xcc on L1 chain 3151" },
	{ "l2_deposit",
	  "{'l1_chain_id':3151,'to':'" A "','amount':'1000000000000000000'}",
	  "{}",
	  "1eth for " A " on the L2, may have been sent on L1 chain 3151: see "
	  "/c/.opl2/ledger" },
};

static void
says_what_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNTOF(cases); i++) {
		const struct kind *k = kind_find(cases[i].kind);
		CLEANUP(put_json) json_t *config = t_json(cases[i].config);
		CLEANUP(put_json) json_t *attrs = t_json(cases[i].attrs);
		struct plan_out out = { 0 };
		struct arena arena;
		struct diags ds;
		struct kind_ctx ctx = { .ds = &ds,
					.arena = &arena,
					.addr = "kind.name",
					.chain = "test",
					.spec_dir = "/c" };

		arena_init(&arena);
		ctx.places = places_in(&arena, "/c/.opl2");
		diags_init(&ds);
		assert_int_equal(k->leaves(&ctx, config, attrs, &out), 0);
		assert_int_equal(out.nnotes, 1);
		assert_string_equal(out.notes[0], cases[i].note);
		diags_done(&ds);
		arena_done(&arena);
	}
}

static void
every_kind_that_stays_says_so(void **state)
{
	(void)state;
	for (unsigned i = 0; i < kind_count; i++) {
		const struct kind *k = kind_table[i];

		if ((k->flags & (KIND_FORGET | KIND_DATA)) && !k->leaves)
			fail_msg("kind '%s' does not", k->name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_stays),
		cmocka_unit_test(every_kind_that_stays_says_so),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
