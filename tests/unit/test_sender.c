#include "tests/unit/t.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "providers/lib/http.h"
#include "providers/lib/sender.h"

/*
 * The sender against a real node. OPL2_ANVIL names the program of anvil; the
 * tests are skipped without it.
 */
/* The first account that anvil funds; its mnemonic is public. */
#define KEY  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
#define ADDR "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
#define KEY2 "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"

/* Creation code that burns its gas, all but 20,000: JUMPDEST, PUSH2 20000,
 * GAS, GT, PUSH1 0, JUMPI, STOP. */
#define BURN "0x5b614e205a1160005700"
/* Reverts with Error("no"). */
#define REVERT                                                                 \
	"0x7f08c379a000000000000000000000000000000000000000000000000000000000" \
	"60005260206004527f0000000000000000000000000000000000000000000000"     \
	"000000000000000002602452616e6f60f01b60445260646000fd"

struct node {
	pid_t pid;
	char url[64];
};

static struct rpc *
client(const char *url)
{
	struct rpc_options o = { .urls = { url }, .tries = 2 };

	return rpc_new(&o);
}

static bool
answers(const char *url)
{
	CLEANUP(rpc_freep) struct rpc *c = client(url);
	uint64_t id;

	return rpc_u64(c, "eth_chainId", NULL, &id, NULL) == RPC_OK;
}

static void
start(struct node *n, unsigned port, const char *const *more)
{
	const char *argv[24] = {
		getenv("OPL2_ANVIL"), "--quiet", "--port", NULL,
		"--chain-id",         "31337"
	};
	char text[8];
	size_t k = 6;

	snprintf(text, sizeof(text), "%u", port);
	snprintf(n->url, sizeof(n->url), "http://127.0.0.1:%u", port);
	argv[3] = text;
	while (*more)
		argv[k++] = *more++;
	n->pid = fork();
	if (n->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		/* Nothing of it outlives a test that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 1);
		dup2(null, 2);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	for (int i = 0; !answers(n->url); i++) {
		assert_true(i < 100);
		usleep(50000);
	}
}

static void
halt(struct node *n)
{
	kill(n->pid, SIGKILL);
	waitpid(n->pid, NULL, 0);
}

static struct sign_key *
key(const char *hex)
{
	struct diags ds;
	struct sign_key *k;

	diags_init(&ds);
	k = sign_key_from_hex(hex, "test", &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	return k;
}

static bool
wait_ms(void *arg, unsigned ms)
{
	(void)arg;
	usleep(ms * 1000);
	return false;
}

static void
show(void *arg, const char *line)
{
	(void)arg;
	if (getenv("OPL2_TEST_VERBOSE"))
		fprintf(stderr, "# %s\n", line);
}

static json_t *
burners(size_t n)
{
	json_t *txs = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(txs, json_pack("{s:n, s:s, s:s, s:s}",
						     "to", "value", "0", "data",
						     BURN, "gas", "1000000"));
	return txs;
}

struct setup {
	struct node node;
	struct diags ds;
	struct sender s;
	char *locks, *ledgers;
};

static void
set_up(struct setup *u, const char *dir, unsigned port, const char *const *more)
{
	memset(u, 0, sizeof(*u));
	start(&u->node, port, more);
	diags_init(&u->ds);
	u->locks = path_join(dir, "locks");
	u->ledgers = path_join(dir, "ledger");
	u->s.rpc = client(u->node.url);
	u->s.key = key(KEY);
	u->s.lock_dir = u->locks;
	u->s.ds = &u->ds;
	u->s.wait = wait_ms;
	u->s.progress = show;
	u->s.policy.patience_ms = 20000;
}

static void
tear_down(struct setup *u)
{
	struct sign_key *k = (struct sign_key *)(uintptr_t)u->s.key;

	halt(&u->node);
	rpc_free(u->s.rpc);
	sign_key_free(k);
	diags_done(&u->ds);
	free(u->locks);
	free(u->ledgers);
}

static uint64_t
count(struct setup *u, const char *tag)
{
	uint64_t n = 0;

	assert_int_equal(rpc_u64(u->s.rpc, "eth_getTransactionCount",
				 json_pack("[s, s]", ADDR, tag), &n, &u->ds),
			 RPC_OK);
	return n;
}

static void
until_pending(struct setup *u, uint64_t n)
{
	for (int i = 0; count(u, "pending") < n; i++) {
		assert_true(i < 500);
		usleep(20000);
	}
}

static void
anvil_rpc(struct setup *u, const char *method, json_t *params)
{
	json_t *result = NULL;

	assert_int_equal(rpc_call(u->s.rpc, method, params, &result, &u->ds),
			 RPC_OK);
	json_decref(result);
}

/* Runs a list, or an entry, in a process with a client of its own. */
static pid_t
send_in_child(struct setup *u, const struct send_list *list,
	      struct ledger *entry, const char *fault)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fault)
		setenv("OPL2_FAULT", fault, 1);
	u->s.rpc = client(u->node.url);
	_exit(list ? sender_send(&u->s, list, NULL) : sender_run(&u->s, entry));
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
	struct setup u;

	set_up(&u, *state, 18504, args);
	list.dir = u.ledgers;
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_REVERTED);
	t_error(&u.ds, "E0842", "failed: no");
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
	t_error(&u.ds, "E0847", "'mine' has begun");
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
	t_error(&u.ds, "E0845", "over the limit of 1000wei");
	diags_done(&u.ds);
	diags_init(&u.ds);
	u.s.policy.ceiling = u256_from(0);
	anvil_rpc(&u, "anvil_setBalance", json_pack("[s, s]", ADDR, "0x1"));
	assert_int_equal(sender_send(&u.s, &list, NULL), SEND_LATER);
	t_error(&u.ds, "E0844", "has 1wei");
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

static int
group_setup(void **state)
{
	struct diags ds;

	(void)state;
	diags_init(&ds);
	http_init(&ds);
	diags_done(&ds);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	http_cleanup();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(small_blocks),   TEST(dropped),     TEST(killed),
		TEST(decoded_revert), TEST(stranger),    TEST(bumped),
		TEST(refusals),       TEST(two_at_once),
	};

	if (!getenv("OPL2_ANVIL")) {
		puts("1..0 # SKIP OPL2_ANVIL is not set");
		return 0;
	}
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
