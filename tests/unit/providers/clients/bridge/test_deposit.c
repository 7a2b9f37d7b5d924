#include "tests/unit/t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/bridge/deposit.h"
#include "providers/clients/send/ledger.h"
#include "providers/clients/rpc/rpc.h"
#include "tests/unit/ops.h"

#define PORTAL "0x3333333333333333333333333333333333333333"
#define AA     "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FROM                                                                   \
	"0x0000000000000000000000001111111111111111111111111111111111111111"
#define TO "0x0000000000000000000000002222222222222222222222222222222222222222"

/* The log that the portal leaves: mint, value, gas, creation, data. */
static json_t *
a_log(uint64_t wei, const char *data)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);
	uint8_t opaque[73 + 32] = { 0 }, event[32];
	size_t n = strlen(data) / 2;
	json_t *args;

	for (int i = 0; i < 8; i++) {
		opaque[31 - i] = (uint8_t)(wei >> 8 * i);
		opaque[63 - i] = (uint8_t)(wei >> 8 * i);
		opaque[71 - i] = (uint8_t)((uint64_t)100000 >> 8 * i);
	}
	if (n > 0)
		assert_int_equal(hex_decode(data, opaque + 73, n), 0);
	args = json_pack("[o]", hex_json(opaque, 73 + n));
	assert_int_equal(abi_encode(&b, "(bytes)", args, NULL), 0);
	json_decref(args);
	abi_topic("TransactionDeposited(address,address,uint256,bytes)", event);
	return json_pack("{s:s, s:s, s:s, s:[o, s, s, s], s:o}", "address",
			 PORTAL, "blockHash", AA, "logIndex", "0x3", "topics",
			 hex_json(event, 32), FROM, TO,
			 "0x0000000000000000000000000000000000000000000000000"
			 "000000000000000",
			 "data", hex_json(b.p, b.n));
}

static void
hash_is(uint64_t wei, const char *data, const char *want)
{
	CLEANUP(put_json) json_t *log = a_log(wei, data);
	uint8_t hash[32];
	char hex[65];

	assert_int_equal(deposit_hash(log, hash), 0);
	hex_encode(hash, 32, hex);
	assert_string_equal(hex, want);
}

/* By the formulas of the OP Stack's specification. */
static void
hashes(void **state)
{
	(void)state;
	hash_is(1000000000, "",
		"8b26263e4ae7ec3e3de7662ab4d0fbb25f496331d50d52275d40367b1cc6"
		"ce9f");
	hash_is(0, "abcd",
		"bae8599bb10f4ac6e1f4ad89b526f924d69f8fe09117761169af59d4b959"
		"7e94");
}

static void
finds_its_log(void **state)
{
	CLEANUP(put_json)
	json_t *receipt = json_pack("{s:[{s:s, s:[]}, o]}", "logs", "address",
				    PORTAL, "topics", a_log(1, ""));
	uint8_t portal[20], other[20] = { 0 };

	(void)state;
	memset(portal, 0x33, 20);
	assert_ptr_equal(deposit_log(receipt, portal),
			 json_array_get(json_object_get(receipt, "logs"), 1));
	assert_null(deposit_log(receipt, other));
}

static void
not_a_deposit(void **state)
{
	CLEANUP(put_json) json_t *log = a_log(1, "");
	uint8_t hash[32];

	(void)state;
	json_object_set_new(log, "data", json_string("0x00"));
	assert_int_equal(deposit_hash(log, hash), -1);
	json_object_del(log, "blockHash");
	assert_int_equal(deposit_hash(log, hash), -1);
}

/* --- what the ledger has is not sent again ---------------------------------
 */

#define L1_TX                                                                  \
	"0x00000000000000000000000000000000000000000000000000000000000000cc"
#define KEY      "0x0000000000000000000000000000000000000000000000000000000000000001"
#define PAYER    "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"
#define SOMEBODY "0x2222222222222222222222222222222222222222"
#define ETHER    "1000000000000000000"

/* An L1 and an L2 in one: it knows the transaction L1_TX, unless `anew`, and
 * every transaction of the L2. What it cannot do shows that it was asked. */
static json_t *
reply_to(const json_t *req, bool l2, bool anew)
{
	const char *method = jx_str(req, "method", "");
	const char *arg =
		json_string_value(json_array_get(jx_get(req, "params"), 0));

	if (strcmp(method, "eth_chainId") == 0)
		return json_string("0xc4f");
	if (strcmp(method, "eth_getBlockByNumber") == 0)
		return json_pack("{s:s, s:s, s:s, s:s, s:[]}", "hash", AA,
				 "number", "0x1", "timestamp", "0xffffffff",
				 "gasLimit", "0x1c9c380", "transactions");
	if (strcmp(method, "eth_getTransactionReceipt") != 0)
		return NULL;
	if (l2)
		return json_pack("{s:s}", "status", "0x1");
	if (anew || !arg || strcmp(arg, L1_TX) != 0)
		return json_null();
	return json_pack("{s:s, s:[o]}", "status", "0x1", "logs", a_log(1, ""));
}

static json_t *
reply(const json_t *req, bool l2, bool anew)
{
	json_t *all = json_pack("{s:s, s:O}", "jsonrpc", "2.0", "id",
				jx_get(req, "id"));
	json_t *result = reply_to(req, l2, anew);

	if (result)
		json_object_set_new(all, "result", result);
	else
		json_object_set_new(all, "error",
				    json_pack("{s:i, s:s}", "code", 3,
					      "message",
					      jx_str(req, "method", "")));
	return all;
}

/* One request, or a batch of them. */
static json_t *
reply_all(const json_t *body, bool l2, bool anew)
{
	json_t *list = json_array();
	const json_t *req;
	size_t i;

	if (json_is_object(body)) {
		json_decref(list);
		return reply(body, l2, anew);
	}
	json_array_foreach(body, i, req)
		json_array_append_new(list, reply(req, l2, anew));
	return list;
}

static void
serve(int listener, bool anew)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char buf[8192];
		ssize_t n = 0;
		json_t *req = NULL;

		while (n < (ssize_t)sizeof(buf) - 1 && !req) {
			ssize_t k = recv(fd, buf + n,
					 sizeof(buf) - 1 - (size_t)n, 0);
			char *body;

			if (k <= 0)
				break;
			n += k;
			buf[n] = '\0';
			body = strstr(buf, "\r\n\r\n");
			req = body ? jx_parse(body, strlen(body), "request",
					      NULL)
				   : NULL;
		}
		json_t *all =
			reply_all(req, strstr(buf, "POST /l2") == buf, anew);
		char *text = json_dumps(all, JSON_COMPACT);

		dprintf(fd,
			"HTTP/1.1 200 OK\r\nConnection: close\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			strlen(text), text);
		free(text);
		json_decref(all);
		json_decref(req);
		close(fd);
	}
}

static pid_t
start(char url[64], bool anew)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	snprintf(url, 64, "http://127.0.0.1:%u", ntohs(a.sin_port));
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, anew);
	}
	close(fd);
	return pid;
}

/* An entry of an earlier run, as the sender leaves it. */
static void
put_entry(struct t_op *t, const char *dir, const char *resource, bool done)
{
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(put_json)
	json_t *args =
		json_pack("[s, s, i, b, s]", SOMEBODY, ETHER, 100000, 0, "0x");
	CLEANUP(put_json) json_t *begin = NULL;
	CLEANUP(ledger_freep) struct ledger *l = NULL;
	struct u256 price = u256_from(7);
	uint8_t hash[32];

	assert_int_equal(
		abi_encode_call(
			&data,
			"depositTransaction(address,uint256,uint64,bool,bytes)",
			args, &t->ds),
		0);
	begin = json_pack("{s:s, s:i, s:i, s:s, s:s, s:i, s:{s:s}, s:[{s:s, "
			  "s:s, s:s, s:i, s:o}]}",
			  "type", "begin", "version", 1, "chain_id", 3151,
			  "genesis", AA, "from", PAYER, "first_nonce", 0,
			  "about", "resource", resource, "txs", "to", PORTAL,
			  "value", ETHER, "gas", "100000", "nonce", 0, "data",
			  hex_json(data.p, data.n));
	assert_int_equal(ledger_create(dir, "l2_deposit-1", begin, &l, &t->ds),
			 0);
	assert_int_equal(hex_decode(L1_TX, hash, 32), 0);
	assert_int_equal(ledger_mined(l, 0, hash, 9, 21000, &price, &t->ds), 0);
	assert_int_equal(ledger_end(l, done ? "done" : "reverted", &t->ds), 0);
	assert_int_equal(ledger_sync(l, &t->ds), 0);
}

struct again {
	const char *resource; /* of the entry */
	const char *amount;   /* that is asked for now */
	bool failed, anew, accept;
};

typedef enum outcome (*effect)(struct effect_ctx *ctx,
			       const struct effect_op *op,
			       struct effect_result *out);

/* Runs create() or cost() on a ledger with one entry. */
static enum outcome
again(void **state, const struct again *a, struct t_op *t, effect run)
{
	CLEANUP(freep) char *ledger = NULL;
	char url[64];
	pid_t pid = start(url, a->anew);
	json_t *config = json_pack(
		"{s:s, s:s+, s:i, s:s, s:s, s:s, s:s, s:i, s:i}", "l1_rpc", url,
		"l2_rpc", url, "/l2", "l1_chain_id", 3151, "portal", PORTAL,
		"from", KEY, "to", SOMEBODY, "amount", a->amount, "l2_gas",
		100000, "confirmations", 1);
	enum outcome oc;

	t_op_init(t, *state, "l2_deposit", "d");
	ledger = xstrdup(t->env.places->ledger);
	put_entry(t, ledger, a->resource, !a->failed);
	t->op.config = config;
	t->op.accept = a->accept;
	oc = run(&t->ctx, &t->op, &t->out);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	json_decref(config);
	return oc;
}

static enum outcome
create_again(void **state, const struct again *a, struct t_op *t)
{
	return again(state, a, t, effects_find("l2_deposit")->create);
}

/* What the ledger has costs nothing more ... */
static void
costs_what_is_left(void **state)
{
	const struct again a = { .resource = "l2_deposit.d", .amount = ETHER };
	struct t_op t;

	assert_int_equal(again(state, &a, &t, effects_find("l2_deposit")->cost),
			 OC_OK);
	t_no_errors(&t.ds);
	assert_true(json_is_array(t.out.attrs));
	assert_int_equal(json_array_size(t.out.attrs), 0);
	t_op_done(&t);
}

/* ... and another deposit is measured. */
static void
costs_what_is_new(void **state)
{
	const struct again a = { .resource = "l2_deposit.other",
				 .amount = ETHER };
	struct t_op t;

	assert_int_equal(again(state, &a, &t, effects_find("l2_deposit")->cost),
			 OC_FAIL);
	t_error(&t.ds, "E0886", "'deposit' would fail");
	t_op_done(&t);
}

static void
adopts(void **state)
{
	const struct again a = { "l2_deposit.d", ETHER, false, false, false };
	struct t_op t;

	assert_int_equal(create_again(state, &a, &t), OC_OK);
	t_no_errors(&t.ds);
	assert_string_equal(jx_str(t.out.attrs, "l1_tx", ""), L1_TX);
	assert_string_equal(jx_str(t.out.priv, "entry", ""), "l2_deposit-1");
	t_op_done(&t);
}

/* To be seen by the first thing that sending finds out. */
static void
sends(void **state, const struct again *a)
{
	struct t_op t;

	assert_int_equal(create_again(state, a, &t), OC_FAIL);
	t_error(&t.ds, "E0811", "no usable newest block");
	t_op_done(&t);
}

static void
sends_another_amount(void **state)
{
	sends(state, &(struct again){ .resource = "l2_deposit.d",
				      .amount = "2000000000000000000" });
}

static void
sends_for_another_resource(void **state)
{
	sends(state, &(struct again){ .resource = "l2_deposit.other",
				      .amount = ETHER });
}

static void
sends_what_failed(void **state)
{
	sends(state, &(struct again){ .resource = "l2_deposit.d",
				      .amount = ETHER,
				      .failed = true });
}

static void
sends_on_an_l1_made_anew(void **state)
{
	sends(state, &(struct again){ .resource = "l2_deposit.d",
				      .amount = ETHER,
				      .anew = true });
}

static void
sends_when_accepted(void **state)
{
	sends(state, &(struct again){ .resource = "l2_deposit.d",
				      .amount = ETHER,
				      .accept = true });
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, t_setup_dir, t_teardown_dir)
		cmocka_unit_test(hashes),
		cmocka_unit_test(finds_its_log),
		cmocka_unit_test(not_a_deposit),
		T(costs_what_is_left),
		T(costs_what_is_new),
		T(adopts),
		T(sends_another_amount),
		T(sends_for_another_resource),
		T(sends_what_failed),
		T(sends_on_an_l1_made_anew),
		T(sends_when_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
