#include "tests/unit/t.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "engine/kind/kind.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/call.h"
#include "providers/clients/keys/sign.h"
#include "tests/unit/ops.h"

#define A "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
#define B "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
#define A_WORD                                                                 \
	"00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8"
#define B_WORD                                                                 \
	"0000000000000000000000003c44cdddb6a900fa2b585dd299e03d12fa4293bc"
#define WORD(end)                                                              \
	"00000000000000000000000000000000000000000000000000000000000000" end
/* The first account that anvil funds; its mnemonic is public. */
#define KEY  "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
#define ADDR "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"

static void
data_is(const struct buf *b, const char *want)
{
	CLEANUP(freep) char *hex = xmalloc(2 * b->n + 1);

	hex_encode(b->p, b->n, hex);
	assert_string_equal(hex, want);
}

static void
has_error(const struct diags *ds, const char *code, const char *path)
{
	assert_non_null(ds->first);
	assert_string_equal(ds->first->code, code);
	assert_string_equal(ds->first->path, path);
}

/* --- call data, vectors by cast 1.7.1 ------------------------------------ */

#define SET_IMPLEMENTATION "14f6b1a3" WORD("01") A_WORD

static const struct {
	const char *function, *args, *data;
} calls[] = {
	{ "setImplementation(uint32,address)", "[1,'" A "']",
	  SET_IMPLEMENTATION },
	/* A dispute game on the output of block 77. */
	{ "create(uint32,bytes32,bytes)",
	  "[0,'0x" WORD("de") "','0x" WORD("4d") "']",
	  "82ecf2f6" WORD("00") WORD("de") WORD("60") WORD("20") WORD("4d") },
	{ "upgradeAndCall(address,address,bytes)",
	  "['" A "','" B "','0x8129fc1c']",
	  "9623609d" A_WORD B_WORD WORD("60")
		  WORD("04") "8129fc1c000000000000000000000000000000000000000"
			     "00000000000000000" },
	{ "upgradeAndCall(address,address,bytes)",
	  "['" A "','" B "',{'function':'setBytes32((bytes32,bytes32)[])',"
	  "'args':[[['0x" WORD("01") "','0x" WORD("02") "']]]}]",
	  "9623609d" A_WORD B_WORD WORD("60") WORD("84") "0528afe2" WORD(
		  "20") WORD("01") WORD("01")
		  WORD("02") "0000000000000000000000000000000000000000000000000"
			     "0000000" },
	{ "setBytes32(bytes32,bytes32)",
	  "['0xa1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
	  "','0xb2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b"
	  "2']",
	  "4e91db08"
	  "a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
	  "b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2b2" },
};

static void
call_data(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(calls); i++) {
		CLEANUP(put_json) json_t *args = t_json(calls[i].args);
		CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);

		assert_int_equal(
			abi_encode_call(&b, calls[i].function, args, NULL), 0);
		data_is(&b, calls[i].data);
	}
}

static void
through_a_safe(void **state UNUSED)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(buf_done) struct buf inner = BUF_INIT(ABI_DATA_MAX);
	CLEANUP(put_json) json_t *args = t_json(calls[0].args);
	struct u256 none = u256_from(0);
	uint8_t owner[20];

	assert_int_equal(address_parse(ADDR, owner), 0);
	assert_int_equal(abi_encode_call(&inner, calls[0].function, args, NULL),
			 0);
	assert_int_equal(
		safe_encode(&b, SAFE_CALL, B, &none, &inner, owner, NULL), 0);
	data_is(&b,
		"6a761202" B_WORD WORD(
			"00") "000000000000000000000000000000"
			      "0000000000000000000000000000000140" WORD(
				      "00") WORD("00") WORD("00") WORD("00")
				      WORD("00") WORD(
					      "00") "00000000000000"
						    "00000000000000000000000000"
						    "0000000000000000000001c"
						    "0" WORD("44")
							    SET_IMPLEMENTATION
		"00000000000000000000000000000000000000000000000000000000" WORD(
			"41") "000000000000000000000000f39fd6e51aad88f6f4ce6ab8"
			      "827279cfff"
			      "b92266" WORD(
				      "00") "0100000000000000000000000000000000"
					    "000000000000000000000000"
					    "000000");
}

/* --- the pure half ------------------------------------------------------- */

static const struct {
	const char *config, *unknown, *code, *path;
} checks[] = {
	{ "{'to':'" A "','function':'f(uint32,address)','args':[1,'" B "']}",
	  "[]", NULL, NULL },
	{ "{'to':'" A "','function':'f((uint8,bytes)[],bool)','args':[[],"
	  "true],'expect':{'function':'g()(address)','equals':'" A "'}}",
	  "[]", NULL, NULL },
	{ "{'to':'" A "','function':'f(uint32)','args':[null]}", "['/args/0']",
	  NULL, NULL },
	{ "{'to':'" A "','function':'f(bytes)','args':[{'function':'g(bool)',"
	  "'args':[true]}],'expect':{'slot':1,'not':0}}",
	  "[]", NULL, NULL },
	{ "{'to':'" A "','function':'f(bytes)','args':[{'function':'g(bool)',"
	  "'args':[1]}]}",
	  "[]", "E0830", "/args/0/args/0" },
	{ "{'to':'" A "','function':'f(bytes4)','args':[{'function':'g()',"
	  "'args':[]}]}",
	  "[]", "E0830", "/args/0" },
	{ "{'to':'" A "','function':'f()','args':[],'expect':{'slot':1,"
	  "'equals':1,'not':0}}",
	  "[]", "E0860", "/expect" },
	{ "{'to':'" A "','function':'f(uint32)','args':['x']}", "[]", "E0830",
	  "/args/0" },
	{ "{'to':'" A "','function':'f(bool,bytes)','args':[true,17]}", "[]",
	  "E0830", "/args/1" },
	{ "{'to':'" A "','function':'f(uint32)','args':[]}", "[]", "E0830",
	  "/args" },
	{ "{'to':'" A "','function':'f(uint32 a)','args':[1]}", "[]", "E0830",
	  "/function" },
	{ "{'to':'" A "','function':'f(uint32','args':[1]}", "[]", "E0830",
	  "/function" },
	{ "{'to':'" A "','function':'f()(bool)','args':[]}", "[]", "E0830",
	  "/function" },
	{ "{'to':'" A "','function':'f()','args':[],'expect':{'function':"
	  "'g()','equals':1}}",
	  "[]", "E0830", "/expect/function" },
	{ "{'to':'" A "'}", "[]", "E0860", "/to" },
	{ "{'create':{'bytecode':'0x00'},'function':'f()'}", "[]", "E0860",
	  "/function" },
	{ "{'create':{'bytecode':'0x00','constructor':'(uint256)','args':["
	  "true]}}",
	  "[]", "E0830", "/create/args/0" },
	{ "{'to':'" A "','function':'f()','delegatecall':true}", "[]", "E0860",
	  "/delegatecall" },
	{ "{'to':'" A "','function':'f()','delegatecall':true,'through_safe':"
	  "'" B "'}",
	  "[]", NULL, NULL },
};

static void
checked(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(checks); i++) {
		CLEANUP(put_json) json_t *config = t_json(checks[i].config);
		CLEANUP(put_json) json_t *unknown = t_json(checks[i].unknown);
		struct arena arena;
		struct diags ds;
		struct kind_ctx ctx = { .ds = &ds, .arena = &arena };
		int rc;

		arena_init(&arena);
		diags_init(&ds);
		rc = kind_find("contract_call")->check(&ctx, config, unknown);
		if (!checks[i].code) {
			t_no_errors(&ds);
			assert_int_equal(rc, 0);
		} else {
			assert_int_equal(rc, -1);
			has_error(&ds, checks[i].code, checks[i].path);
		}
		diags_done(&ds);
		arena_done(&arena);
	}
}

static void
planned(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *config =
		t_json("{'to':'" A "','function':'f(uint8)','args':[7],"
		       "'through_safe':'" B "','value':'0'}");
	CLEANUP(put_json) json_t *unknown = json_array();
	struct plan_req req = { .config = config,
				.unknown = unknown,
				.creating = true };
	struct plan_out out = { 0 };
	struct arena arena;
	struct diags ds;
	struct kind_ctx ctx = { .ds = &ds, .arena = &arena };

	arena_init(&arena);
	diags_init(&ds);
	assert_int_equal(kind_find("contract_call")->plan(&ctx, &req, &out), 0);
	assert_int_equal(out.nnotes, 2);
	assert_string_equal(out.notes[0], "calls f(uint8) of " A " with [7]");
	assert_string_equal(out.notes[1],
			    "through the Safe " B ", by its owner's key");
	json_decref(out.attrs);
	json_decref(out.costs);
	diags_done(&ds);
	arena_done(&arena);
}

/* --- the effect half, against a node ------------------------------------- */

/* Stores the first argument of a call that has one; one without returns what
 * is stored. */
#define CODE_HEX                                                               \
	"0x601a600c600039601a6000f3"                                           \
	"3660041060125760005460005260206000f35b60043560005500"

static char url[64];

static unsigned
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	close(fd);
	return ntohs(a.sin_port);
}

static json_t *
ask(const char *method, json_t *params)
{
	struct rpc_options o = { .urls = { url }, .tries = 1 };
	CLEANUP(rpc_freep) struct rpc *c = rpc_new(&o);
	json_t *result = NULL;

	return rpc_call(c, method, params, &result, NULL) == RPC_OK ? result
								    : NULL;
}

static pid_t
start_anvil(void)
{
	char *port = xasprintf("%u", free_port());
	const char *argv[] = { getenv("OPL2_ANVIL"), "--quiet", "--port", port,
			       NULL };
	pid_t pid;
	json_t *id;

	snprintf(url, sizeof(url), "http://127.0.0.1:%s", port);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		/* Nothing of it outlives a test that fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, 1);
		dup2(null, 2);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	for (int i = 0; !(id = ask("eth_chainId", NULL)); i++) {
		assert_true(i < 200);
		usleep(50000);
	}
	json_decref(id);
	free(port);
	return pid;
}

static uint64_t
sent(void)
{
	CLEANUP(put_json)
	json_t *n = ask("eth_getTransactionCount",
			json_pack("[s, s]", ADDR, "latest"));
	uint64_t v = 0;

	assert_int_equal(quantity_u64(n, &v), 0);
	return v;
}

/* Runs one operation of a resource; what it gave is in t->out. */
static enum outcome
run(struct t_op *t, const char *op, json_t *config, const char *text)
{
	const struct effects *e = effects_find("contract_call");
	json_t *more = t_json(text);

	json_object_update(config, more);
	json_decref(more);
	t_op_drop(t);
	diags_done(&t->ds);
	diags_init(&t->ds);
	t->op.config = config;
	if (strcmp(op, "read") == 0)
		return e->read(&t->ctx, &t->op, &t->out);
	if (strcmp(op, "update") == 0)
		return e->update(&t->ctx, &t->op, &t->out);
	return e->create(&t->ctx, &t->op, &t->out);
}

static void
ran(struct t_op *t, const char *op, json_t *config, const char *text)
{
	enum outcome oc = run(t, op, config, text);

	t_no_errors(&t->ds);
	assert_int_equal(oc, OC_OK);
}

static json_t *
base_config(void)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:i}", "rpc", url, "chain_id",
			 31337, "from", KEY, "value", "0", "confirmations", 1);
}

/* The contract, made once; found the second time. */
static char *
make_contract(const char *dir)
{
	CLEANUP(put_json) json_t *config = base_config();
	struct t_op t;
	char *addr;

	t_op_init(&t, dir, "contract_call", "made");
	ran(&t, "create", config, "{'create':{'bytecode':'" CODE_HEX "'}}");
	assert_non_null(jx_str(t.out.attrs, "transaction", NULL));
	addr = xstrdup(jx_str(t.out.attrs, "address", ""));
	assert_int_equal(sent(), 1);
	ran(&t, "create", config, "{}");
	assert_null(jx_get(t.out.attrs, "transaction"));
	assert_string_equal(jx_str(t.out.attrs, "address", ""), addr);
	assert_int_equal(sent(), 1);
	t_op_done(&t);
	return addr;
}

static void
called_once(const char *dir, const char *addr)
{
	CLEANUP(put_json) json_t *config = base_config(), *tx = NULL;
	struct t_op t;

	json_object_set_new(config, "to", json_string(addr));
	t_op_init(&t, dir, "contract_call", "plain");
	ran(&t, "create", config, "{'function':'set(uint256)','args':[5]}");
	tx = json_deep_copy(jx_get(t.out.attrs, "transaction"));
	assert_int_equal(sent(), 2);
	/* The state is lost: the ledger has it. */
	ran(&t, "create", config, "{}");
	assert_true(json_equal(tx, jx_get(t.out.attrs, "transaction")));
	assert_int_equal(sent(), 2);
	t_op_done(&t);
}

static void
set_slot(const char *addr, const char *value)
{
	json_decref(ask("anvil_setStorageAt",
			json_pack("[s, s, s]", addr, "0x" WORD("00"), value)));
}

static void
expected(const char *dir, const char *addr)
{
	CLEANUP(put_json) json_t *config = base_config(), *prior = NULL;
	struct t_op t;

	json_object_set_new(config, "to", json_string(addr));
	t_op_init(&t, dir, "contract_call", "expecting");
	ran(&t, "create", config,
	    "{'function':'set(uint256)','args':['7'],"
	    "'expect':{'function':'get()(uint256)','equals':7}}");
	assert_int_equal(sent(), 3);
	prior = json_incref(t.out.attrs);
	/* It holds: for another resource too. */
	t.op.addr = "contract_call.other";
	ran(&t, "create", config, "{'expect':{'slot':'0','equals':7}}");
	assert_null(jx_get(t.out.attrs, "transaction"));
	assert_int_equal(sent(), 3);
	ran(&t, "create", config, "{'expect':{'slot':'0','not':'0'}}");
	assert_null(jx_get(t.out.attrs, "transaction"));
	t.op.prior = prior;
	ran(&t, "read", config,
	    "{'expect':{'function':'get()(uint256)','not':7}}");
	assert_false(jx_bool(t.out.attrs, "holds", true));
	ran(&t, "read", config, "{'expect':{'slot':'0','equals':7}}");
	/* Somebody changes it. */
	set_slot(addr, "0x" WORD("09"));
	t.op.addr = "contract_call.expecting";
	t.op.prior = prior;
	ran(&t, "read", config, "{}");
	assert_false(jx_bool(t.out.attrs, "holds", true));
	assert_int_equal(run(&t, "update", config, "{}"), OC_FAIL);
	has_error(&t.ds, "E0862", "/expect");
	assert_int_equal(sent(), 3);
	ran(&t, "update", config, "{'again':true}");
	assert_int_equal(sent(), 4);
	assert_false(json_equal(jx_get(prior, "transaction"),
				jx_get(t.out.attrs, "transaction")));
	ran(&t, "read", config, "{}");
	assert_true(jx_bool(t.out.attrs, "holds", false));
	t_op_done(&t);
}

/* What was sent and did something else is not sent again. */
static void
disappointed(const char *dir, const char *addr)
{
	CLEANUP(put_json) json_t *config = base_config(), *priv = NULL;
	struct t_op t;

	json_object_set_new(config, "to", json_string(addr));
	t_op_init(&t, dir, "contract_call", "wrong");
	assert_int_equal(
		run(&t, "create", config,
		    "{'function':'set(uint256)','args':[8],"
		    "'expect':{'function':'get()(uint256)','equals':'10'}}"),
		OC_PARTIAL);
	has_error(&t.ds, "E0861", "/expect");
	assert_int_equal(sent(), 5);
	priv = json_incref(t.out.priv);
	t.op.priv = priv;
	assert_int_equal(run(&t, "create", config, "{}"), OC_PARTIAL);
	assert_int_equal(sent(), 5);
	/* The expectation is mended. */
	ran(&t, "create", config,
	    "{'expect':{'function':'get()(uint256)','equals':8}}");
	assert_non_null(jx_str(t.out.attrs, "transaction", NULL));
	assert_int_equal(sent(), 5);
	t_op_done(&t);
}

#ifdef OPL2_FAULTS
/* Killed at each step of sending, then run again: by the ledger alone, as
 * after the loss of the state, it is one transaction. */
static void
killed(const char *dir, const char *addr)
{
	static const char *const faults[] = { "ledger.begun",
					      "sender.before_send",
					      "sender.sent", "sender.mined",
					      "ledger.ended" };
	uint64_t before = sent();

	for (size_t i = 0; i < COUNTOF(faults); i++) {
		CLEANUP(put_json) json_t *config = base_config();
		struct t_op t;
		int status;
		pid_t pid;

		json_object_set_new(config, "to", json_string(addr));
		t_op_init(&t, dir, "contract_call", faults[i]);
		pid = fork();
		if (pid == 0) {
			setenv("OPL2_FAULT", faults[i], 1);
			run(&t, "create", config,
			    "{'function':'set(uint256)','args':[3]}");
			_exit(0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		ran(&t, "create", config,
		    "{'function':'set(uint256)','args':[3]}");
		assert_non_null(jx_str(t.out.attrs, "transaction", NULL));
		assert_int_equal(sent(), before + i + 1);
		t_op_done(&t);
	}
}
#endif

static void
on_a_node(void **state UNUSED)
{
	CLEANUP(freep) char *addr = NULL;
	char *dir;
	pid_t pid;

	dir = t_mkdir();
	pid = start_anvil();
	addr = make_contract(dir);
	called_once(dir, addr);
	expected(dir, addr);
	disappointed(dir, addr);
#ifdef OPL2_FAULTS
	killed(dir, addr);
#endif
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	t_rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call_data), cmocka_unit_test(through_a_safe),
		cmocka_unit_test(checked),   cmocka_unit_test(planned),
		cmocka_unit_test(on_a_node),
	};

	size_t n = COUNTOF(tests);

	/* The last one needs a node; a skipped test counts as failed. */
	if (!getenv("OPL2_ANVIL"))
		n--;
	mem_init();
	return _cmocka_run_group_tests("contract_call", tests, n, NULL, NULL);
}
