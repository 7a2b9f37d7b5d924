#ifndef OPL2_TESTS_ANVIL_H
#define OPL2_TESTS_ANVIL_H

#include "tests/unit/t.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "providers/clients/http/http.h"
#include "providers/clients/send/sender.h"

/*
 * The sender and a real node to send to. OPL2_ANVIL names the program of
 * anvil; tests that need it are skipped without.
 */
/* The first account that anvil funds; its mnemonic is public. */
#define KEY  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
#define ADDR "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

/* Creation code that burns some 910,000 gas: PUSH2 33000, JUMPDEST, PUSH1 1,
 * SWAP1, SUB, DUP1, PUSH1 3, JUMPI, STOP. */
#define BURN "0x6180e85b6001900380600357"

struct node {
	pid_t pid;
	char url[64];
};

static inline struct rpc *
client(const char *url)
{
	struct rpc_options o = { .urls = { url }, .tries = 2 };

	return rpc_new(&o);
}

static inline bool
answers(const char *url)
{
	CLEANUP(rpc_freep) struct rpc *c = client(url);
	uint64_t id;

	return rpc_u64(c, "eth_chainId", NULL, &id, NULL) == RPC_OK;
}

static inline void
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

static inline void
halt(struct node *n)
{
	if (!n->pid)
		return; /* a test has ended it */
	kill(n->pid, SIGKILL);
	waitpid(n->pid, NULL, 0);
}

static inline struct sign_key *
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

static inline bool
wait_ms(void *arg, unsigned ms)
{
	(void)arg;
	usleep(ms * 1000);
	return false;
}

static inline void
show(void *arg, const char *line)
{
	(void)arg;
	if (getenv("OPL2_TEST_VERBOSE"))
		fprintf(stderr, "# %s\n", line);
}

static inline json_t *
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
	struct signer *signer;
	char *locks, *ledgers;
};

static inline void
set_up(struct setup *u, const char *dir, unsigned port, const char *const *more)
{
	memset(u, 0, sizeof(*u));
	start(&u->node, port, more);
	diags_init(&u->ds);
	u->locks = path_join(dir, "locks");
	u->ledgers = path_join(dir, "ledger");
	u->s.rpc = client(u->node.url);
	u->s.signer = u->signer = signer_local(key(KEY));
	u->s.lock_dir = u->locks;
	u->s.ds = &u->ds;
	u->s.wait = wait_ms;
	u->s.progress = show;
	u->s.policy.patience_ms = 20000;
}

static inline void
tear_down(struct setup *u)
{
	halt(&u->node);
	rpc_free(u->s.rpc);
	signer_free(u->signer);
	diags_done(&u->ds);
	free(u->locks);
	free(u->ledgers);
}

static inline uint64_t
count(struct setup *u, const char *tag)
{
	uint64_t n = 0;

	assert_int_equal(rpc_u64(u->s.rpc, "eth_getTransactionCount",
				 json_pack("[s, s]", ADDR, tag), &n, &u->ds),
			 RPC_OK);
	return n;
}

static inline void
until_pending(struct setup *u, uint64_t n)
{
	for (int i = 0; count(u, "pending") < n; i++) {
		assert_true(i < 500);
		usleep(20000);
	}
}

static inline void
anvil_rpc(struct setup *u, const char *method, json_t *params)
{
	json_t *result = NULL;

	assert_int_equal(rpc_call(u->s.rpc, method, params, &result, &u->ds),
			 RPC_OK);
	json_decref(result);
}

static inline int
anvil_group_setup(void **state)
{
	struct diags ds;

	(void)state;
	diags_init(&ds);
	http_init(&ds);
	diags_done(&ds);
	return 0;
}

static inline int
anvil_group_teardown(void **state)
{
	(void)state;
	http_cleanup();
	return 0;
}

#endif
