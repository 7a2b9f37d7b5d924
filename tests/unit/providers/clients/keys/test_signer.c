#include "tests/unit/fake_signer.h"

#include "engine/base/hash.h"
#include "providers/clients/http/http.h"
#include "providers/clients/keys/signer.h"

/*
 * A remote signer against tests/fake/signer.py, which has cryptography of its
 * own: what both of them make of one transaction has to be the same.
 */
#define KEY  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
#define ADDR "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
#define TO   "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

static int
set_up(void **state)
{
	struct fake *f = xcalloc(1, sizeof(*f));
	CLEANUP(freep) char *dir = NULL;

	mem_init();
	dir = t_mkdir();
	fake_start(f, dir, KEY);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fake *f = *state;

	CLEANUP(freep) char *dir = xstrdup(f->dir);

	fake_stop(f);
	t_rmdir(TAKE(dir));
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
	fake_fault(*state, "object");
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
		{ "legacy", "not a signed EIP-1559" },
		{ "high", "not a signed EIP-1559" },
		{ "garbage", "not a signed EIP-1559" },
		{ "number", "not a transaction" },
		{ "html", "cannot be used" },
	};

	for (size_t i = 0; i < COUNTOF(wrong); i++) {
		fake_fault(*state, wrong[i][0]);
		fails(*state, ADDR, "E0897", wrong[i][1], RPC_BAD_REPLY);
	}
}

static void
refusals(void **state)
{
	fake_fault(*state, "refuse");
	fails(*state, ADDR, "E0896", "not allowed by policy", RPC_ERROR);
	fake_fault(*state, "");
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

	fake_fault(f, "close");
	fails(f, ADDR, "E0895", "cannot connect to", RPC_UNREACHABLE);
	/* One that says nothing is waited for, until somebody stops it. */
	fake_fault(f, "silent");
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
	t_error(&ds, "E0895", "cannot connect to");
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
	if (http_init(&ds) || !fake_possible()) {
		printf("1..0 # SKIP no python3\n");
		return 0;
	}
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	http_cleanup();
	return rc;
}
