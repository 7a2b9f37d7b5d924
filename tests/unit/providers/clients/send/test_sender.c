#include "tests/unit/anvil.h"

#include <sys/file.h>

/* The sender against a real node, or killed, or in bad company. */

/* Reverts with Error("no"). */
#define REVERT                                                                 \
	"0x7f08c379a000000000000000000000000000000000000000000000000000000000" \
	"60005260206004527f0000000000000000000000000000000000000000000000"     \
	"000000000000000002602452616e6f60f01b60445260646000fd"

/* Runs a list, or an entry, in a process with a client of its own. */
static pid_t
send_in_child(struct setup *u, const struct send_list *list,
	      struct ledger *entry, const char *fault)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fault)
		setenv("OPL2_FAULT", fault, 1);
	u->s.rpc = client(u->node.url);
	t_exit(list ? sender_send(&u->s, list, NULL)
		    : sender_run(&u->s, entry));
}

/* 57 M gas through 30 M blocks, whose pool loses what does not fit. */
static void
small_blocks(void **state)
{
	static const char *const args[] = { "--block-time", "1", NULL };
	CLEANUP(put_json) json_t *txs = burners(58);
	struct send_list list = { .txs = txs, .name = "deploy" };
	struct ledger *l = NULL;
	struct setup u;

	set_up(&u, *state, 18501, args);
	list.dir = u.ledgers;
	assert_int_equal(sender_send(&u.s, &list, &l), SEND_DONE);
	t_no_errors(&u.ds);
	assert_int_equal(count(&u, "latest"), 58);
	assert_int_equal(l->nslots, 58);
	for (size_t i = 0; i < l->nslots; i++) {
		assert_true(l->slots[i].mined);
		assert_int_equal(l->slots[i].tx.nonce, i);
	}
	ledger_free(l);
	/* Again: nothing is sent. */
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_DONE);
	assert_int_equal(count(&u, "pending"), 58);
	tear_down(&u);
}

/* The pool is emptied behind the sender's back, over and over. */
static void
dropped(void **state)
{
	static const char *const args[] = { "--no-mining", NULL };
	CLEANUP(put_json) json_t *txs = burners(5);
	struct send_list list = { .txs = txs, .name = "deploy" };
	struct setup u;
	pid_t pid;
	int status;

	set_up(&u, *state, 18502, args);
	list.dir = u.ledgers;
	pid = send_in_child(&u, &list, NULL, NULL);
	for (int round = 0; round < 2; round++) {
		until_pending(&u, 5);
		anvil_rpc(&u, "anvil_dropAllTransactions", NULL);
	}
	until_pending(&u, 5);
	anvil_rpc(&u, "anvil_mine", json_pack("[s]", "0x1"));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SEND_DONE << 8);
	assert_int_equal(count(&u, "latest"), 5);
	tear_down(&u);
}

/* Killed at every named point in turn; each nonce is used once. */
static void
killed(void **state)
{
	static const char *const args[] = { "--block-time", "1", NULL };
	static const char *const points[] = {
		"ledger.begun",       "ledger.before_sync", "ledger.synced",
		"sender.before_send", "sender.sent",        "sender.mined",
		"sender.mined:3",     "ledger.ended",
	};
	CLEANUP(put_json) json_t *txs = burners(4);
	struct setup u;

	set_up(&u, *state, 18503, args);
	for (size_t i = 0; i < COUNTOF(points); i++) {
		char name[16];
		struct send_list list = { .txs = txs,
					  .dir = u.ledgers,
					  .name = name };
		struct ledger *l = NULL;
		int status;
		pid_t pid;

		snprintf(name, sizeof(name), "run-%zu", i);
		pid = send_in_child(&u, &list, NULL, points[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(sender_send(&u.s, &list, &l), SEND_DONE);
		assert_string_equal(l->ended, "done");
		assert_int_equal(l->first_nonce, 4 * i);
		ledger_free(l);
		assert_int_equal(count(&u, "latest"), 4 * (i + 1));
		assert_int_equal(count(&u, "pending"), 4 * (i + 1));
	}
	t_no_errors(&u.ds);
	tear_down(&u);
}

static void
decoded_revert(void **state)
{
	static const char *const args[] = { NULL };
	CLEANUP(put_json)
	json_t *txs =
		json_pack("[{s:n, s:s, s:s, s:s, s:s}]", "to", "value", "0",
			  "data", REVERT, "gas", "200000", "name", "Proxy");
	struct send_list list = { .txs = txs, .name = "bad" };
	struct ledger *l = NULL;
	struct setup u;

	set_up(&u, *state, 18504, args);
	list.dir = u.ledgers;
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_FAILED);
	t_error(&u.ds, "E0886", "'Proxy' would fail: no");
	assert_int_equal(count(&u, "latest"), 0);
	diags_done(&u.ds);
	diags_init(&u.ds);
	/* Signed all the same, as nobody had measured it. */
	json_object_set_new(json_array_get(txs, 0), "gas_used",
			    json_string("100000"));
	assert_int_equal(sender_begin(&u.s, &list, &l), SEND_DONE);
	l->measured = 1;
	assert_int_equal(sender_run(&u.s, l), SEND_REVERTED);
	t_error(&u.ds, "E0842", "failed: no");
	ledger_free(l);
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_REVERTED);
	assert_int_equal(count(&u, "latest"), 1);
	tear_down(&u);
}

static void
stranger(void **state)
{
	static const char *const args[] = { NULL };
	CLEANUP(put_json) json_t *txs = burners(3);
	CLEANUP(put_json)
	json_t *one = json_pack("[{s:s, s:s, s:s, s:s}]", "to", ADDR, "value",
				"1", "data", "0x", "gas", "21000");
	struct send_list list = { .txs = txs, .name = "mine" };
	struct ledger *l = NULL;
	char *elsewhere;
	struct setup u;

	set_up(&u, *state, 18505, args);
	list.dir = u.ledgers;
	assert_int_equal(sender_begin(&u.s, &list, &l), SEND_DONE);
	/* Another list of this ledger is told to wait ... */
	list.txs = one;
	list.name = "other";
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_BUSY);
	t_error(&u.ds, "E0847", "'mine' started");
	diags_done(&u.ds);
	diags_init(&u.ds);
	/* ... but another machine knows nothing of it. */
	elsewhere = path_join(*state, "elsewhere");
	list.dir = elsewhere;
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_DONE);
	assert_int_equal(sender_run(&u.s, l), SEND_UNSURE);
	t_error(&u.ds, "E0843", "nonce 0");
	assert_int_equal(diags_exit_code(&u.ds), 12);
	assert_int_equal(count(&u, "pending"), 1);
	ledger_free(l);
	free(elsewhere);
	tear_down(&u);
}

/* Too cheap for the chain: replaced under the same nonce. */
static void
bumped(void **state)
{
	static const char *const args[] = { "--no-mining", NULL };
	CLEANUP(put_json) json_t *txs = burners(2);
	struct send_list list = { .txs = txs, .name = "cheap" };
	struct ledger *l = NULL;
	struct setup u;
	pid_t pid;
	int status;

	set_up(&u, *state, 18506, args);
	list.dir = u.ledgers;
	u.s.policy.stuck_blocks = 1;
	assert_int_equal(sender_begin(&u.s, &list, &l), SEND_DONE);
	pid = send_in_child(&u, NULL, l, NULL);
	until_pending(&u, 2);
	anvil_rpc(&u, "anvil_setNextBlockBaseFeePerGas",
		  json_pack("[s]", "0x174876e800"));
	anvil_rpc(&u, "anvil_mine", json_pack("[s]", "0x1"));
	for (int i = 0; i < 100 && count(&u, "latest") < 2; i++) {
		anvil_rpc(&u, "anvil_mine", json_pack("[s]", "0x1"));
		usleep(300000);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SEND_DONE << 8);
	ledger_freep(&l);
	assert_int_equal(ledger_open(u.ledgers, "cheap", &l, &u.ds), 1);
	assert_true(l->slots[0].nversions > 1);
	assert_int_equal(count(&u, "latest"), 2);
	ledger_free(l);
	tear_down(&u);
}

static void
refusals(void **state)
{
	static const char *const args[] = { NULL };
	CLEANUP(put_json) json_t *txs = burners(3);
	struct send_list list = { .txs = txs, .name = "none" };
	struct setup u;

	set_up(&u, *state, 18507, args);
	list.dir = u.ledgers;
	u.s.policy.ceiling = u256_from(1000);
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_LATER);
	t_error(&u.ds, "E0845", "over the limit of 0.000000000000001eth");
	diags_done(&u.ds);
	diags_init(&u.ds);
	u.s.policy.ceiling = u256_from(0);
	anvil_rpc(&u, "anvil_setBalance", json_pack("[s, s]", ADDR, "0x1"));
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_POOR);
	t_error(&u.ds, "E0844", "has 0.000000000000000001eth");
	diags_done(&u.ds);
	diags_init(&u.ds);
	json_object_set_new(json_array_get(txs, 1), "nonce", json_integer(7));
	anvil_rpc(&u, "anvil_setBalance",
		  json_pack("[s, s]", ADDR, "0xde0b6b3a7640000"));
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_FAILED);
	t_error(&u.ds, "E0848", "nonce 7");
	assert_int_equal(count(&u, "pending"), 0);
	tear_down(&u);
}

/* Over the limits for too long: nothing is sent, and it goes on later. */
static void
dear(void **state)
{
	static const char *const args[] = { "--block-time", "1", NULL };
	CLEANUP(put_json) json_t *txs = burners(2);
	struct send_list list = { .txs = txs, .name = "dear" };
	struct setup u;

	set_up(&u, *state, 18509, args);
	list.dir = u.ledgers;
	u.s.policy.max_base_fee = u256_from(7);
	u.s.policy.dear_ms = 1200;
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_LATER);
	t_error(&u.ds, "E0881", "over the limit of 0.000000007gwei");
	assert_int_equal(diags_exit_code(&u.ds), 9);
	assert_int_equal(count(&u, "pending"), 0);
	u.s.policy.max_base_fee = u256_from(0);
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_DONE);
	assert_int_equal(count(&u, "latest"), 2);
	tear_down(&u);
}

/* Mined is not enough when the chain's own word is asked for. */
static void
settled(void **state)
{
	static const char *const args[] = { "--block-time", "1",
					    "--slots-in-an-epoch", "2", NULL };
	CLEANUP(put_json) json_t *txs = burners(2), *block = NULL;
	struct send_list list = { .txs = txs, .name = "safe" };
	struct ledger *l = NULL;
	struct setup u;
	uint64_t safe = 0;

	set_up(&u, *state, 18510, args);
	list.dir = u.ledgers;
	u.s.policy.tag = "safe";
	assert_int_equal(sender_send(&u.s, &list, &l), SEND_DONE);
	assert_int_equal(rpc_call(u.s.rpc, "eth_getBlockByNumber",
				  json_pack("[s, b]", "safe", 0), &block,
				  &u.ds),
			 RPC_OK);
	assert_int_equal(quantity_u64(json_object_get(block, "number"), &safe),
			 0);
	assert_true(l->slots[1].block > 0 && safe >= l->slots[1].block);
	ledger_free(l);
	tear_down(&u);
}

/* An apply has paid something, and not more than was expected. */
static void
assert_spent(struct setup *u, const char *apply, const struct u256 *expected)
{
	CLEANUP(put_json) json_t *chains = json_array();
	const json_t *c;
	struct u256 wei;

	assert_int_equal(ledger_paid(u->ledgers, apply, chains, &u->ds), 0);
	assert_int_equal(json_array_size(chains), 1);
	c = json_array_get(chains, 0);
	assert_int_equal(jx_int(c, "chain_id", 0), 31337);
	assert_int_equal(jx_int(c, "unmined", -1), 0);
	assert_int_equal(u256_parse(jx_str(c, "wei", ""), &wei), 0);
	assert_false(u256_is_zero(&wei));
	assert_true(u256_cmp(&wei, expected) <= 0);
}

/* The limit is for all lists of one apply, and for that alone. */
static void
one_limit(void **state)
{
	static const char *const args[] = { NULL };
	CLEANUP(put_json) json_t *txs = burners(2);
	struct send_list list = { .txs = txs, .name = "first" };
	struct u256 cost, half;
	struct setup u;

	set_up(&u, *state, 18511, args);
	list.dir = u.ledgers;
	assert_int_equal(sender_cost(&u.s, txs, &cost), SEND_DONE);
	/* Room for one and a half of them. */
	u256_div(&cost, &(struct u256){ { 2 } }, &half, NULL);
	assert_false(u256_add(&cost, &half, &u.s.policy.ceiling));
	u.s.policy.apply = "00000000000000aa";
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_DONE);
	list.name = "second";
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_LATER);
	t_error(&u.ds, "E0845", "of this apply's other transactions");
	assert_int_equal(count(&u, "pending"), 2);
	assert_spent(&u, "00000000000000aa", &cost);
	u.s.policy.apply = "00000000000000bb";
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_DONE);
	assert_int_equal(count(&u, "latest"), 4);
	assert_spent(&u, "00000000000000bb", &cost);
	tear_down(&u);
}

/* Another list of the apply that signs at the same moment counts, too: nothing
 * is signed until it has written what it did. */
static void
limit_of_two_at_once(void **state)
{
	static const char *const args[] = { NULL };
	CLEANUP(put_json) json_t *txs = burners(2);
	CLEANUP(buf_done) struct buf text = BUF_INIT(1 << 20);
	struct send_list list = { .txs = txs, .name = "one" };
	CLEANUP(freep) char *other = NULL;
	struct u256 cost, more;
	struct ledger *l = NULL;
	int lock, status;
	struct setup u;
	pid_t pid;

	set_up(&u, *state, 18513, args);
	list.dir = u.ledgers;
	assert_int_equal(sender_cost(&u.s, txs, &cost), SEND_DONE);
	/* Room for one list, and less than a transaction more. */
	u256_div(&cost, &(struct u256){ { 4 } }, &more, NULL);
	assert_false(u256_add(&cost, &more, &u.s.policy.ceiling));
	u.s.policy.apply = "00000000000000cc";
	assert_int_equal(sender_begin(&u.s, &list, &l), SEND_DONE);
	lock = open(u.ledgers, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	pid = send_in_child(&u, NULL, l, NULL);
	/* It would be mined by then. */
	usleep(1500000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(count(&u, "pending"), 0);
	assert_int_equal(file_read(l->path, &text, &u.ds), 0);
	other = path_join(u.ledgers, "two");
	assert_int_equal(
		file_replace(other, buf_str(&text), text.n, 0600, &u.ds), 0);
	/* The child has this descriptor, too. */
	assert_int_equal(flock(lock, LOCK_UN), 0);
	close(lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, SEND_LATER << 8);
	assert_int_equal(count(&u, "pending"), 0);
	ledger_free(l);
	tear_down(&u);
}

/* What is mined counts at worst until it is confirmed. With no room for the
 * next one before, it waits. */
static void
limit_waits(void **state)
{
	static const char *const args[] = { "--block-time", "1", NULL };
	CLEANUP(put_json) json_t *txs = burners(4);
	struct send_list list = { .txs = txs, .name = "tight" };
	struct setup u;

	set_up(&u, *state, 18512, args);
	list.dir = u.ledgers;
	u.s.policy.confirmations = 3;
	assert_int_equal(sender_cost(&u.s, txs, &u.s.policy.ceiling),
			 SEND_DONE);
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_DONE);
	t_no_errors(&u.ds);
	assert_int_equal(count(&u, "latest"), 4);
	tear_down(&u);
}

/* Two senders of one key take turns. */
static void
two_at_once(void **state)
{
	static const char *const args[] = { NULL };
	CLEANUP(put_json) json_t *txs = burners(3);
	struct setup u;
	pid_t pids[2];

	set_up(&u, *state, 18508, args);
	for (int i = 0; i < 2; i++) {
		char name[16];
		struct send_list list = { .txs = txs,
					  .dir = u.ledgers,
					  .name = name };

		snprintf(name, sizeof(name), "p%d", i);
		pids[i] = send_in_child(&u, &list, NULL, NULL);
	}
	for (int i = 0; i < 2; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, SEND_DONE << 8);
	}
	assert_int_equal(count(&u, "latest"), 6);
	tear_down(&u);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(small_blocks),
		TEST(dropped),
		TEST(killed),
		TEST(decoded_revert),
		TEST(stranger),
		TEST(bumped),
		TEST(refusals),
		TEST(two_at_once),
		TEST(dear),
		TEST(settled),
		TEST(one_limit),
		TEST(limit_waits),
		TEST(limit_of_two_at_once),
	};

	if (!getenv("OPL2_ANVIL")) {
		puts("1..0 # SKIP OPL2_ANVIL is not set");
		return 0;
	}
	return cmocka_run_group_tests(tests, anvil_group_setup,
				      anvil_group_teardown);
}
