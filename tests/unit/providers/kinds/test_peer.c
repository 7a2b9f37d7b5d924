/* peer: at which addresses its peers reach a node. */
#include "tests/unit/t.h"

#include "tests/unit/ops.h"

#define ID "16Uiu2HAm3cuhhRL2msUuLF62KRSfneFDx94RsuouyW25Ho42cFMq"
#define PUBLIC                                                                 \
	"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"     \
	"483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"

/* Of the node with the key 1. */
static void
assert_addresses(struct t_op *t, const char *more, const char *multiaddr,
		 const char *enode, const char *raft)
{
	CLEANUP(freep)
	char *text = xasprintf("{'key':{'$secret':['0x%064d']},'ports':{"
			       "'node':9222,'engine':30423,'raft':9252,"
			       "'conductor':9549}%s}",
			       1, more);
	CLEANUP(put_json) json_t *config = t_json(text);

	t_op_drop(t);
	t->op.config = config;
	assert_int_equal(effects_find("peer")->create(&t->ctx, &t->op, &t->out),
			 OC_OK);
	assert_string_equal(jx_str(t->out.attrs, "multiaddr", ""), multiaddr);
	assert_string_equal(jx_str(t->out.attrs, "enode", ""), enode);
	assert_string_equal(jx_str(t->out.attrs, "raft", ""), raft);
}

#define PROCESSES                                                              \
	",'processes':{'node':'node-1','engine':'geth-1','conductor':'c-1'}"

static void
test_on_this_machine(void **state)
{
	static const char multiaddr[] = "/ip4/127.0.0.1/tcp/9222/p2p/" ID;
	static const char enode[] =
		"enode://" PUBLIC "@127.0.0.1:30423?discport=0";
	struct t_op t;

	t_op_init(&t, *state, "peer", "sequencer-1");
	assert_addresses(&t, "", multiaddr, enode, "127.0.0.1:9252");
	assert_addresses(&t, PROCESSES, multiaddr, enode, "127.0.0.1:9252");
	assert_addresses(&t, ",'host':'10.0.0.1'",
			 "/ip4/10.0.0.1/tcp/9222/p2p/" ID,
			 "enode://" PUBLIC "@10.0.0.1:30423?discport=0",
			 "10.0.0.1:9252");
	t_op_done(&t);
}

/* Each process has a Service of its own, that of an instance under a name that
 * a Service can have. */
static void
test_in_a_cluster(void **state)
{
	struct t_op t;

	t_op_init(&t, *state, "peer", "sequencer-1");
	t_run_elsewhere(&t, true);
	assert_addresses(&t, PROCESSES, "/dns4/node-1/tcp/9222/p2p/" ID,
			 "enode://" PUBLIC "@geth-1:30423?discport=0",
			 "c-1:9252");
	assert_addresses(&t, "", "/ip4/127.0.0.1/tcp/9222/p2p/" ID,
			 "enode://" PUBLIC "@127.0.0.1:30423?discport=0",
			 "127.0.0.1:9252");
	t.op.name = "two/sequencer-1";
	assert_addresses(
		&t, PROCESSES, "/dns4/two-node-1-9543c333/tcp/9222/p2p/" ID,
		"enode://" PUBLIC "@two-geth-1-8a3e8fa7:30423?discport=0",
		"two-c-1-d2fb6b29:9252");
	t_op_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_this_machine),
		cmocka_unit_test(test_in_a_cluster),
	};

	return cmocka_run_group_tests(tests, t_setup_dir, t_teardown_dir);
}
