#include "tests/unit/anvil.h"

#include <stdio.h>

#include "engine/base/clock.h"

/*
 * The sender against a node behind a bad RPC (tests/fake/l1_faults.py), one
 * fault at a time and all at once. Whatever the RPC does, each planned nonce
 * is used once and by its own transaction, and nobody is left without a word
 * for long. Prints a table of what came out.
 */
#define TXS        9
#define PORT       18520
#define SILENCE_MS 30000
#define CALL_MS    6000 /* so that a held request ends within the test */

/* What became of one fault; goes through a pipe, so it has no pointers. */
struct outcome_row {
	enum send_result result;
	char code[8]; /* of the newest error or warning */
	uint64_t elapsed_ms, silence_ms;
	uint64_t nonces, pending; /* used, and waiting in the pool */
	unsigned executed;        /* planned ones that are in the chain */
	unsigned strangers;       /* others of the sender that are */
	unsigned forms;           /* signed, bumps included */
};

static const struct fault {
	const char *name, *what;
	enum send_result want;
	const char *code;
} faults[] = {
	{ "none", "nothing", SEND_DONE, "" },
	{ "drop", "drops every third transaction", SEND_DONE, "" },
	{ "busy", "answers 429, or error -32005", SEND_DONE, "" },
	{ "batch", "takes three calls at once", SEND_DONE, "" },
	{ "silent", "takes transactions and says nothing", SEND_DONE, "" },
	{ "away", "is gone for 6 s after the first", SEND_DONE, "" },
	{ "reorg", "reorganises two blocks", SEND_DONE, "W0882" },
	{ "replace", "the same, and empties the pool", SEND_DONE, "W0882" },
	{ "cap", "passes on only cheap ones", SEND_DONE, "" },
	{ "lowcap", "passes on none", SEND_LATER, "E0838" },
	{ "liar", "serves another chain", SEND_FAILED, "E0812" },
	{ "indexing", "has no receipts for 25 s", SEND_DONE, "" },
	{ "balancer", "is two nodes, of which one lags", SEND_DONE, "" },
};

struct watch {
	uint64_t heard_ms, longest_ms;
};

static void
hear(void *arg, const char *line)
{
	struct watch *w = arg;
	uint64_t now = mono_ms();

	if (now - w->heard_ms > w->longest_ms)
		w->longest_ms = now - w->heard_ms;
	w->heard_ms = now;
	if (getenv("OPL2_TEST_VERBOSE"))
		fprintf(stderr, "# %s\n", line);
}

/* Starts the bad RPC; the write end of its stdin keeps it alive. */
static int
start_proxy(const struct node *n, const char *fault, char *url, size_t max)
{
	int in[2], out[2];
	char line[16] = "";
	pid_t pid;
	FILE *f;

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		abort();
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execlp("python3", "python3", "tests/fake/l1_faults.py", n->url,
		       fault, (char *)NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	f = fdopen(out[0], "r");
	if (!f || !fgets(line, sizeof(line), f))
		abort();
	fclose(f);
	(void)snprintf(url, max, "http://127.0.0.1:%.*s",
		       (int)strcspn(line, "\n"), line);
	return in[1];
}

/* Sorts what the sender has in the chain by the ledger. */
static void
count_executed(struct setup *u, const struct ledger *l, struct outcome_row *row)
{
	uint64_t head = 0;

	if (rpc_u64(u->s.rpc, "eth_blockNumber", NULL, &head, NULL) != RPC_OK)
		abort();
	for (uint64_t b = 0; b <= head; b++) {
		CLEANUP(put_json) json_t *block = NULL;
		const json_t *txs;

		if (rpc_call(u->s.rpc, "eth_getBlockByNumber",
			     json_pack("[o, b]", quantity_from_u64(b), 1),
			     &block, NULL) != RPC_OK)
			abort();
		txs = json_object_get(block, "transactions");
		for (size_t i = 0; i < json_array_size(txs); i++) {
			const json_t *t = json_array_get(txs, i);
			uint8_t hash[32];
			bool ours = false;

			if (hex_decode(json_string_value(
					       json_object_get(t, "hash")),
				       hash, 32) < 0)
				abort();
			for (size_t k = 0; l && k < l->nslots; k++)
				ours |= memcmp(l->slots[k].mined_hash, hash,
					       32) == 0;
			row->executed += ours;
			row->strangers += !ours;
		}
	}
}

static void
fill_row(struct setup *u, const struct ledger *l, struct outcome_row *row)
{
	const struct diag *d = u->ds.last;

	row->nonces = count(u, "latest");
	row->pending = count(u, "pending");
	count_executed(u, l, row);
	for (size_t i = 0; l && i < l->nslots; i++)
		row->forms += (unsigned)l->slots[i].nversions;
	(void)snprintf(row->code, sizeof(row->code), "%s", d ? d->code : "");
}

/* Runs in a process of its own, so that the faults share the waiting. */
static void
run_fault(const struct fault *f, unsigned port, const char *dir,
	  struct outcome_row *row)
{
	static const char *const args[] = { "--block-time", "1", NULL };
	CLEANUP(put_json) json_t *txs = burners(TXS);
	struct send_list list = { .txs = txs, .name = "deploy" };
	struct watch w = { .heard_ms = 0 };
	struct rpc *straight, *bad;
	struct ledger *l = NULL;
	char url[64];
	struct setup u;
	uint64_t began;
	int proxy;

	set_up(&u, dir, port, args);
	proxy = start_proxy(&u.node, f->name, url, sizeof(url));
	straight = u.s.rpc;
	struct rpc_options o = { .urls = { url },
				 .chain_id = 31337,
				 .call_ms = CALL_MS,
				 .waiting = hear,
				 .arg = &w };
	bad = rpc_new(&o);
	u.s.rpc = bad;
	u.s.progress = hear;
	u.s.arg = &w;
	u.s.policy.confirmations = 3;
	/* Most of what is offered is for a dearer block. */
	u.s.policy.priority = u256_from(10000000);
	u.s.policy.patience_ms = 60000;
	list.dir = u.ledgers;
	began = w.heard_ms = mono_ms();
	row->result = sender_send(&u.s, &list, &l);
	row->elapsed_ms = mono_ms() - began;
	hear(&w, "the end");
	row->silence_ms = w.longest_ms;
	u.s.rpc = straight;
	fill_row(&u, l, row);
	ledger_free(l);
	rpc_free(bad);
	close(proxy);
	tear_down(&u);
}

static pid_t
begin_fault(size_t i, const char *dir, int *from)
{
	struct outcome_row row = { .result = SEND_FAILED };
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	if (pid != 0) {
		close(fds[1]);
		*from = fds[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	run_fault(&faults[i], PORT + (unsigned)i, dir, &row);
	t_exit(write(fds[1], &row, sizeof(row)) == sizeof(row) ? 0 : 1);
}

static void
print_row(const struct fault *f, const struct outcome_row *r)
{
	static const char *const results[] = {
		[SEND_DONE] = "done",
		[SEND_BUSY] = "busy",
		[SEND_UNREACHABLE] = "unreachable",
		[SEND_CANCELLED] = "cancelled",
		[SEND_POOR] = "poor",
		[SEND_LATER] = "later",
		[SEND_REVERTED] = "reverted",
		[SEND_UNSURE] = "unsure",
		[SEND_FAILED] = "refused",
	};

	printf("# %-38s %-8s %-6s %2u of %d %5u forms %5.1f s, silent %4.1f "
	       "s\n",
	       f->what, results[r->result], r->code, r->executed, TXS, r->forms,
	       (double)r->elapsed_ms / 1000, (double)r->silence_ms / 1000);
}

static void
each_nonce_is_used_once(void **state)
{
	struct outcome_row rows[COUNTOF(faults)];
	int from[COUNTOF(faults)];
	pid_t pids[COUNTOF(faults)];

	for (size_t i = 0; i < COUNTOF(faults); i++) {
		char *dir = path_join(*state, faults[i].name);

		pids[i] = begin_fault(i, dir, &from[i]);
		free(dir);
	}
	printf("# an RPC that ...\n");
	for (size_t i = 0; i < COUNTOF(faults); i++) {
		int status;

		assert_int_equal(read(from[i], &rows[i], sizeof(rows[i])),
				 sizeof(rows[i]));
		close(from[i]);
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
		print_row(&faults[i], &rows[i]);
	}
	for (size_t i = 0; i < COUNTOF(faults); i++) {
		const struct outcome_row *r = &rows[i];
		unsigned sent = faults[i].want == SEND_DONE ? TXS : 0;

		assert_int_equal(r->result, faults[i].want);
		assert_string_equal(r->code, faults[i].code);
		assert_int_equal(r->executed, sent);
		assert_int_equal(r->strangers, 0);
		assert_int_equal(r->nonces, sent);
		assert_int_equal(r->pending, sent);
		assert_true(r->silence_ms < SILENCE_MS);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_nonce_is_used_once,
						t_setup_dir, t_teardown_dir),
	};

	if (!getenv("OPL2_ANVIL")) {
		puts("1..0 # SKIP OPL2_ANVIL is not set");
		return 0;
	}
	return cmocka_run_group_tests(tests, anvil_group_setup,
				      anvil_group_teardown);
}
