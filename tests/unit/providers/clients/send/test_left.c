/* What is left to pay of a list that was broken off. */
#include "tests/unit/anvil.h"
#include "tests/unit/ops.h"

#include "providers/clients/send/effect_send.h"

/* Stops the run once all three are in blocks, none of them confirmed. */
static bool
until_mined(void *arg, unsigned ms)
{
	usleep(ms * 1000);
	return count(arg, "latest") == 3;
}

static size_t
left_of(struct setup *u, const char *entry)
{
	CLEANUP(put_json) json_t *txs = NULL;
	struct effect_ctx ctx = { .ds = &u->ds };
	const struct effect_sender s = { .rpc = u->s.rpc,
					 .addr = ADDR,
					 .ledger_dir = u->ledgers };

	assert_int_equal(ledger_entry_left(&ctx, &s, entry, &txs), 1);
	return json_array_size(txs);
}

/* The account has paid for what is mined, confirmed or not. */
static void
mined_is_paid(void **state)
{
	static const char *const args[] = { "--block-time", "1", NULL };
	CLEANUP(put_json) json_t *txs = burners(3);
	struct send_list list = { .txs = txs, .name = "broken-off" };
	struct setup u;

	set_up(&u, *state, 18540, args);
	list.dir = u.ledgers;
	u.s.policy.confirmations = 100;
	u.s.wait = until_mined;
	u.s.arg = &u;
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_CANCELLED);
	t_error(&u.ds, "E0805", "0 of 3 confirmed");
	assert_int_equal(left_of(&u, list.name), 0);
	/* A node that lost them has them to mine again. */
	anvil_rpc(&u, "anvil_setNonce", json_pack("[s, s]", ADDR, "0x1"));
	assert_int_equal(left_of(&u, list.name), 2);
	tear_down(&u);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = { TEST(mined_is_paid) };

	if (!getenv("OPL2_ANVIL")) {
		puts("1..0 # SKIP OPL2_ANVIL is not set");
		return 0;
	}
	return cmocka_run_group_tests(tests, anvil_group_setup,
				      anvil_group_teardown);
}
