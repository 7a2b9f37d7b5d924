#include "tests/unit/t.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "providers/lib/http.h"
#include "providers/lib/signer.h"

/*
 * A remote signer against tests/fake/signer.py, which has cryptography of its
 * own: what both of them make of one transaction has to be the same.
 */
#define KEY  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
#define ADDR "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
#define TO   "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

struct fake {
	char *dir, *url;
	pid_t pid;
	int in; /* it lives as long as this is open */
};

/* The fake in dir, where its file 'fault' is looked for. */
static void
start(struct fake *f, const char *dir)
{
	CLEANUP(freep) char *cwd = realpath(".", NULL);
	CLEANUP(freep) char *program = path_join(cwd, "tests/fake/signer.py");
	char port[8] = "";
	int in[2], out[2];
	size_t n = 0;

	assert_int_equal(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	f->pid = fork();
	if (f->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		if (chdir(dir) == 0)
			execlp("python3", "python3", program, KEY, "--log",
			       "log", NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	f->in = in[1];
	f->dir = xstrdup(dir);
	while (n < sizeof(port) - 1 && read(out[0], port + n, 1) == 1 &&
	       port[n] != '\n')
		n++;
	close(out[0]);
	assert_int_equal(port[n], '\n');
	port[n] = '\0';
	f->url = xasprintf("http://127.0.0.1:%s", port);
}

static int
set_up(void **state)
{
	struct fake *f = xcalloc(1, sizeof(*f));
	CLEANUP(freep) char *dir = NULL;

	mem_init();
	dir = t_mkdir();
	start(f, dir);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fake *f = *state;

	close(f->in);
	waitpid(f->pid, NULL, 0);
	t_rmdir(f->dir);
	free(f->url);
	free(f);
	return 0;
}

static bool
always(void *arg)
{
	(void)arg;
	return true;
}

static struct signer *
remote(const struct fake *f, const char *address)
{
	struct signer_options o = { .url = f->url };

	assert_int_equal(address_parse(address, o.address), 0);
	return signer_remote(&o);
}

static struct signer *
local(void)
{
	struct diags ds;
	struct sign_key *k;

	diags_init(&ds);
	k = sign_key_from_hex(KEY, "test", &ds);
	t_no_errors(&ds);
	diags_done(&ds);
	return signer_local(k);
}

static struct tx
transaction(bool create, const char *data)
{
	struct tx t = { .chain_id = 900123,
			.nonce = 7,
			.gas = 123456,
			.create = create,
			.data = (const uint8_t *)data,
			.data_len = strlen(data) };

	t.priority = u256_from(1000000001);
	t.max_fee = u256_from(30000000000);
	t.value = u256_from(1000000000000000000);
	assert_int_equal(address_parse(TO, t.to), 0);
	return t;
}

static void
fault(const struct fake *f, const char *what)
{
	CLEANUP(freep) char *path = path_join(f->dir, "fault");
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(file_replace(path, what, strlen(what), 0600, &ds), 0);
	diags_done(&ds);
}

/* Signed by both: everything but the signature is the same, and so is the
 * account that it is of. */
static void
agree(const struct fake *f, const struct tx *t)
{
	CLEANUP(signer_freep) struct signer *r = remote(f, ADDR), *l = local();
	CLEANUP(buf_done) struct buf a = BUF_INIT(TX_RAW_MAX);
	CLEANUP(buf_done) struct buf b = BUF_INIT(TX_RAW_MAX);
	uint8_t hash[32], from[20], whose[20];
	struct diags ds;
	struct tx got;

	diags_init(&ds);
	assert_int_equal(signer_sign(r, t, &a, hash, &ds), RPC_OK);
	t_no_errors(&ds);
	assert_int_equal(tx_decode((uint8_t *)a.p, a.n, &got, from, NULL), 0);
	signer_address(l, whose);
	assert_memory_equal(from, whose, 20);
	assert_int_equal(signer_sign(l, t, &b, hash, &ds), RPC_OK);
	/* r and s are 65 or 66 bytes at the end; what is before is the same. */
	assert_memory_equal(a.p + 4, b.p + 4, a.n - 4 - 68);
	diags_done(&ds);
}

static void
signs_what_is_asked(void **state)
{
	const struct tx plain = transaction(false, "");
	const struct tx call = transaction(false, "some data of a call");
	const struct tx create = transaction(true, "creation code");

	agree(*state, &plain);
	agree(*state, &call);
	agree(*state, &create);
	fault(*state, "object");
	agree(*state, &call);
}

static void
fails(const struct fake *f, const char *address, const char *code,
      const char *says, enum rpc_status want)
{
	CLEANUP(signer_freep) struct signer *s = remote(f, address);
	CLEANUP(buf_done) struct buf raw = BUF_INIT(TX_RAW_MAX);
	CLEANUP(diags_done) struct diags ds;
	struct tx t = transaction(false, "data");
	uint8_t hash[32];

	diags_init(&ds);
	assert_int_equal(signer_sign(s, &t, &raw, hash, &ds), want);
	t_error(&ds, code, says);
	/* Nothing of it could be recorded or sent. */
	assert_int_equal(raw.n, 0);
}

static void
another_answer(void **state)
{
	static const char *const wrong[][2] = {
		{ "chain", "its chain id" },
		{ "nonce", "its nonce" },
		{ "gas", "its gas limit" },
		{ "fee", "its fee" },
		{ "to", "its recipient" },
		{ "value", "its value" },
		{ "data", "its data" },
		{ "key", "another account" },
		{ "legacy", "no signed EIP-1559" },
		{ "high", "no signed EIP-1559" },
		{ "garbage", "no signed EIP-1559" },
		{ "number", "no transaction" },
		{ "html", "cannot be used" },
	};

	for (size_t i = 0; i < COUNTOF(wrong); i++) {
		fault(*state, wrong[i][0]);
		fails(*state, ADDR, "E0897", wrong[i][1], RPC_BAD_REPLY);
	}
}

static void
refusals(void **state)
{
	fault(*state, "refuse");
	fails(*state, ADDR, "E0896", "not allowed by policy", RPC_ERROR);
	fault(*state, "");
	fails(*state, TO, "E0896", "no key for", RPC_ERROR);
}

static void
not_there(void **state)
{
	struct fake *f = *state;
	CLEANUP(signer_freep) struct signer *s = NULL;
	CLEANUP(buf_done) struct buf raw = BUF_INIT(TX_RAW_MAX);
	struct signer_options o = { .url = f->url, .cancelled = always };
	struct tx t = transaction(false, "");
	struct diags ds;
	uint8_t hash[32];

	fault(f, "close");
	fails(f, ADDR, "E0895", "cannot be reached", RPC_UNREACHABLE);
	/* One that says nothing is waited for, until somebody stops it. */
	fault(f, "silent");
	s = signer_remote(&o);
	diags_init(&ds);
	assert_int_equal(signer_sign(s, &t, &raw, hash, &ds), RPC_CANCELLED);
	diags_done(&ds);
}

static void
pings(void **state)
{
	struct fake *f = *state,
		    gone = { .url = (char *)(uintptr_t) "http://127.0.0.1:1" };
	CLEANUP(signer_freep) struct signer *s = remote(f, ADDR);
	CLEANUP(signer_freep) struct signer *nobody = remote(&gone, ADDR);
	struct diags ds;

	diags_init(&ds);
	assert_int_equal(signer_ping(s, &ds), RPC_OK);
	t_no_errors(&ds);
	assert_int_equal(signer_ping(nobody, &ds), RPC_UNREACHABLE);
	t_error(&ds, "E0895", "cannot be reached");
	diags_done(&ds);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(signs_what_is_asked, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_answer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
		cmocka_unit_test_setup_teardown(not_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pings, set_up, tear_down),
	};
	struct diags ds;
	int rc;

	mem_init();
	diags_init(&ds);
	if (http_init(&ds) || access("/usr/bin/python3", X_OK)) {
		printf("1..0 # SKIP no python3\n");
		return 0;
	}
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	http_cleanup();
	return rc;
}
