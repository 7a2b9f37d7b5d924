/* What ends a list, or keeps it from being begun: the word that is said of it,
 * and that nothing was sent which the ledger does not have. */
#include "tests/unit/fake_signer.h"
#include "tests/unit/gas_l1.h"

#include <sys/file.h>

#define OTHER_KEY                                                              \
	"59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"

static const int one[] = { 1000000, 0 }, two[] = { 1000000, 500000, 0 };

/* Stops at once: an interrupt. */
static bool
stop_now(void *arg UNUSED, unsigned ms UNUSED)
{
	return true;
}

/* The same list once more, with nothing said of it before. */
static void
again(struct world *w, enum send_result want)
{
	diags_done(&w->u.ds);
	diags_init(&w->u.ds);
	w->u.s.wait = wait_ms;
	sends(w, want, NULL);
}

static bool
has_entry(const struct world *w)
{
	CLEANUP(freep) char *path = path_join(w->u.ledgers, w->list.name);

	return file_exists(path);
}

/* How many transactions the L1 took. */
static int64_t
sent(struct world *w)
{
	read_log(w);
	return asked(w, "eth_sendRawTransaction");
}

/* A list that is signed and sent, and nothing of it is mined. */
static void
begun(struct world *w, const char *dir, json_t *txs)
{
	begin(w, dir, "{'step': 0}", txs);
	w->u.s.wait = stop_now;
	sends(w, SEND_CANCELLED, NULL);
	t_error(&w->u.ds, "E0805", "0 of 1 confirmed");
	assert_int_equal(sent(w), 1);
	w->u.s.wait = wait_ms;
	diags_done(&w->u.ds);
	diags_init(&w->u.ds);
}

/* --- not of this key, not of this chain -------------------------------------
 */

static void
another_key(void **state)
{
	struct signer *mine;
	struct world w;

	begun(&w, *state, creations(one, 0));
	mine = w.u.signer;
	w.u.s.signer = w.u.signer = signer_local(key(OTHER_KEY));
	sends(&w, SEND_FAILED, NULL);
	t_error(&w.u.ds, "E0849", "belongs to another account");
	assert_non_null(strstr(w.u.ds.last->hint, "use the key of " ADDR));
	assert_int_equal(sent(&w), 1);
	signer_free(w.u.signer);
	w.u.s.signer = w.u.signer = mine;
	set(&w, "{'step': 40}");
	again(&w, SEND_DONE);
	all_mined(&w, 1);
	end(&w);
}

static void
another_chain(void **state)
{
	struct world w;

	begun(&w, *state, creations(one, 0));
	set(&w, "{'genesis': '0x11111111111111111111111111111111111111111111111"
		"11111111111111111'}");
	sends(&w, SEND_FAILED, NULL);
	t_error(&w.u.ds, "E0849", "another block 0");
	assert_int_equal(sent(&w), 1);
	set(&w, "{'genesis': null}");
	again(&w, SEND_FAILED);
	t_error(&w.u.ds, "E0811", "block 0");
	assert_int_equal(sent(&w), 1);
	end(&w);
}

/* --- not to be begun --------------------------------------------------------
 */

static void
strangers_wait(void **state)
{
	struct world w;

	begin(&w, *state, "{'strangers': 2}", creations(one, 0));
	w.u.s.policy.patience_ms = 1200;
	sends(&w, SEND_BUSY, NULL);
	t_error(&w.u.ds, "E0847", "2 pending transactions of " ADDR);
	assert_non_null(strstr(w.u.ds.last->hint, "stop the program"));
	assert_non_null(strstr(w.said, "waits for earlier transactions"));
	assert_false(has_entry(&w));
	again(&w, SEND_BUSY);
	diags_done(&w.u.ds);
	diags_init(&w.u.ds);
	w.u.s.wait = stop_now;
	sends(&w, SEND_CANCELLED, NULL);
	t_error(&w.u.ds, "E0805", "before anything was sent");
	assert_false(has_entry(&w));
	assert_int_equal(sent(&w), 0);
	end(&w);
}

static void
planned_nonce(void **state)
{
	struct world w;

	begin(&w, *state, "{'taken': 3}", creations(two, 0));
	json_object_set_new(json_array_get(w.txs, 0), "nonce", json_integer(2));
	sends(&w, SEND_FAILED, NULL);
	t_error(&w.u.ds, "E0848", "nonce 2, but it would be 3");
	assert_false(has_entry(&w));
	assert_int_equal(sent(&w), 0);
	end(&w);
}

static void
no_amounts(void **state)
{
	struct world w;

	begin(&w, *state, "{}", creations(one, 0));
	json_object_set_new(json_array_get(w.txs, 0), "value",
			    json_string("1eth"));
	sends(&w, SEND_FAILED, NULL);
	t_error(&w.u.ds, "E0600", "without gas or value");
	json_object_set_new(json_array_get(w.txs, 0), "value",
			    json_string("1"));
	json_object_set_new(json_array_get(w.txs, 0), "gas_used",
			    json_string("much"));
	again(&w, SEND_FAILED);
	t_error(&w.u.ds, "E0600", "without gas or value");
	assert_false(has_entry(&w));
	assert_int_equal(sent(&w), 0);
	end(&w);
}

/* --- locks ------------------------------------------------------------------
 */

static void
sender_is_held(void **state)
{
	CLEANUP(freep) char *path = NULL;
	struct world w;
	int fd;

	begin(&w, *state, "{}", creations(one, 0));
	path = xasprintf("%s/send-31337-" ADDR, w.u.locks);
	assert_int_equal(file_mkdirs(w.u.locks, 0700, &w.u.ds), 0);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	w.u.s.wait = stop_now;
	sends(&w, SEND_CANCELLED, NULL);
	t_error(&w.u.ds, "E0805", "another run sends from " ADDR);
	assert_non_null(strstr(w.said, "waits for another sender of " ADDR));
	assert_false(has_entry(&w));
	close(fd);
	again(&w, SEND_DONE);
	all_mined(&w, 1);
	end(&w);
}

static void
ledgers_are_held(void **state)
{
	struct world w;
	int fd;

	begin(&w, *state, "{}", creations(one, 0));
	assert_int_equal(file_mkdirs(w.u.ledgers, 0700, &w.u.ds), 0);
	fd = open(w.u.ledgers, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	w.u.s.wait = stop_now;
	sends(&w, SEND_CANCELLED, NULL);
	t_error(&w.u.ds, "E0805", "another list");
	assert_false(has_entry(&w));
	assert_int_equal(sent(&w), 0);
	close(fd);
	again(&w, SEND_DONE);
	all_mined(&w, 1);
	end(&w);
}

/* Files where folders should be. */
static void
no_folder(void **state)
{
	struct world w;

	begin(&w, *state, "{}", creations(one, 0));
	assert_int_equal(file_replace(w.u.locks, "x", 1, 0600, &w.u.ds), 0);
	sends(&w, SEND_CANCELLED, NULL);
	assert_int_equal(w.u.ds.nerrors, 1);
	assert_int_equal(unlink(w.u.locks), 0);
	assert_int_equal(file_replace(w.u.ledgers, "x", 1, 0600, &w.u.ds), 0);
	again(&w, SEND_FAILED);
	assert_int_equal(w.u.ds.nerrors, 1);
	assert_int_equal(sent(&w), 0);
	assert_int_equal(unlink(w.u.ledgers), 0);
	again(&w, SEND_DONE);
	all_mined(&w, 1);
	end(&w);
}

/* --- receipts ---------------------------------------------------------------
 */

static const char *then; /* what the L1 does when it was asked thrice */

static bool
until_asked(void *arg, unsigned ms)
{
	struct world *w = arg;

	read_log(w);
	if (then && asked(w, "eth_getTransactionReceipt") > 3) {
		set(w, then);
		then = NULL;
	}
	return wait_ms(NULL, ms);
}

/* An error is no word on the transaction, and half a receipt is none. */
static void
receipts_come_late(void **state)
{
	static const char *const how[] = { "{'receipts': 'error'}",
					   "{'receipts': 'half'}",
					   "{'receipts': null}" };

	for (size_t i = 0; i < COUNTOF(how); i++) {
		struct ledger *l = NULL;
		struct world w;
		char name[8];

		begin(&w, *state, how[i], creations(one, 0));
		(void)snprintf(name, sizeof(name), "l-%zu", i);
		w.list.name = name;
		w.u.s.wait = until_asked;
		then = "{'receipts': true}";
		sends(&w, SEND_DONE, &l);
		assert_null(then);
		t_no_errors(&w.u.ds);
		assert_true(l->slots[0].mined);
		assert_int_equal(l->slots[0].price.w[0], 8);
		all_mined(&w, 1);
		ledger_free(l);
		end(&w);
		t_rmdir(*state);
		*state = t_mkdir();
	}
}

/* Whoever used the nonce is not ours: nobody sends it again. */
static void
nonce_of_another(void **state)
{
	CLEANUP(freep) char *path = NULL;
	struct world w;

	begun(&w, *state, creations(one, 0));
	path = path_join(w.u.ledgers, w.list.name);
	w.u.s.policy.patience_ms = 2000;
	set(&w, "{'taken': 1}");
	sends(&w, SEND_UNSURE, NULL);
	t_error(&w.u.ds, "E0843", "nonce 0 of " ADDR);
	assert_non_null(strstr(w.u.ds.last->hint, path));
	assert_int_equal(sent(&w), 1);
	/* It says so each time, until somebody has looked. */
	again(&w, SEND_UNSURE);
	assert_int_equal(sent(&w), 1);
	end(&w);
}

/* --- the node ---------------------------------------------------------------
 */

static bool
lose_node(void *arg, unsigned ms)
{
	struct world *w = arg;

	halt(&w->u.node);
	w->u.node.pid = 0;
	return wait_ms(NULL, ms);
}

/* What was sent stays in the ledger, for when there is a node again. */
static void
node_is_gone(void **state)
{
	struct ledger *l = NULL;
	struct world w;

	begin(&w, *state, "{'step': 0}", creations(one, 0));
	w.u.s.policy.patience_ms = 1500;
	w.u.s.wait = lose_node;
	sends(&w, SEND_UNREACHABLE, NULL);
	assert_int_equal(w.u.ds.nerrors, 1);
	assert_int_equal(ledger_open(w.u.ledgers, w.list.name, &l, &w.u.ds), 1);
	assert_int_equal(l->slots[0].nversions, 1);
	assert_null(l->ended);
	ledger_free(l);
	end(&w);
}

/* 1,326,000 gas, for which 0.024 ether are offered first. */
static void
over_the_fee_cap(void **state)
{
	struct ledger *l = NULL;
	struct world w;

	begin(&w, *state,
	      "{'base_fee': 9000000000, 'fee_cap': 20000000000000000}",
	      creations(one, 0));
	sends(&w, SEND_DONE, &l);
	t_no_errors(&w.u.ds);
	all_mined(&w, 1);
	assert_int_equal(l->slots[0].nversions, 2);
	assert_true(l->slots[0].versions[1].max_fee.w[0] * l->slots[0].tx.gas <=
		    20000000000000000);
	ledger_free(l);
	end(&w);
	t_rmdir(*state);
	*state = t_mkdir();
	begin(&w, *state,
	      "{'base_fee': 9000000000, 'fee_cap': 10000000000000000}",
	      creations(one, 0));
	sends(&w, SEND_LATER, NULL);
	t_error(&w.u.ds, "E0838", "may cost more than");
	assert_non_null(strstr(w.u.ds.last->hint, "--rpc.txfeecap=0"));
	read_log(&w);
	assert_int_equal(json_array_size(jx_get(w.log, "mined")), 0);
	set(&w, "{'fee_cap': 0}");
	again(&w, SEND_DONE);
	all_mined(&w, 1);
	end(&w);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(another_key),        TEST(another_chain),
		TEST(strangers_wait),     TEST(planned_nonce),
		TEST(no_amounts),         TEST(sender_is_held),
		TEST(ledgers_are_held),   TEST(no_folder),
		TEST(receipts_come_late), TEST(nonce_of_another),
		TEST(node_is_gone),       TEST(over_the_fee_cap),
	};

	if (!fake_possible()) {
		puts("1..0 # SKIP no python3");
		return 0;
	}
	return cmocka_run_group_tests(tests, anvil_group_setup,
				      anvil_group_teardown);
}
