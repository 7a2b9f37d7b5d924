#include "tests/unit/anvil.h"
#include "tests/unit/fake_signer.h"

#include "engine/io/file.h"

/* The sender with a remote signer that fails in the middle: what was signed is
 * sent, nothing else, and the next run goes on from there. */
static void
fails_and_comes_back(void **state)
{
	static const char *const wrong[][2] = {
		{ "refuse", "E0896" },
		{ "nonce", "E0897" },
		{ "key", "E0897" },
		{ "close", "E0895" },
	};
	CLEANUP(put_json) json_t *txs = burners(3);
	struct signer_options o = { 0 };
	struct ledger *l = NULL;
	struct fake f = { 0 };
	struct setup u;

	set_up(&u, *state, 18521, (const char *const[]){ NULL });
	fake_start(&f, *state, KEY);
	signer_free(u.signer);
	o.url = f.url;
	assert_int_equal(address_parse(ADDR, o.address), 0);
	u.s.signer = u.signer = signer_remote(&o);
	for (size_t i = 0; i < COUNTOF(wrong); i++) {
		struct send_list list = { .txs = txs,
					  .name = wrong[i][0],
					  .dir = u.ledgers };

		fake_fault(&f, wrong[i][0]);
		assert_int_equal(sender_send(&u.s, &list, NULL),
				 i == 3 ? SEND_UNREACHABLE : SEND_LATER);
		t_error(&u.ds, wrong[i][1], "");
		diags_done(&u.ds);
		diags_init(&u.ds);
		assert_int_equal(count(&u, "pending"), 3 * i);
		fake_fault(&f, "");
		assert_int_equal(sender_send(&u.s, &list, &l), SEND_DONE);
		t_no_errors(&u.ds);
		assert_int_equal(count(&u, "latest"), 3 * i + 3);
		ledger_free(TAKE(l));
	}
	fake_stop(&f);
	tear_down(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fails_and_comes_back,
						t_setup_dir, t_teardown_dir),
	};

	if (!getenv("OPL2_ANVIL") || !fake_possible()) {
		puts("1..0 # SKIP OPL2_ANVIL is not set, or no python3");
		return 0;
	}
	return cmocka_run_group_tests(tests, anvil_group_setup,
				      anvil_group_teardown);
}
