#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/bridge/l2_proof.h"
#include "providers/clients/bridge/withdrawal.h"
#include "providers/clients/evm/erc20.h"
#include "providers/clients/evm/revert_note.h"
#include "providers/clients/keys/rlp.h"

/* A withdrawal by the standard bridge that op-node's own tests have. */
#define EVENT                                                                  \
	"0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054"
#define HASH "0d827f8148288e3a2466018f71b968ece4ea9f9e2a81c30da9bd46cce2868285"
#define SLOT "d80754f2e75212d5cd551c0fef3abaa1b99f3ac57475cecdbfabb79b88be6bf0"
#define PAD  "000000000000000000000000"
#define Z    "0000000000000000000000000000000000000000000000000000000000000000"
#define DATA                                                                   \
	"0x" Z PAD "0000000000000000000000000000000000031b80" PAD              \
	"0000000000000000000000000000000000000080" HASH PAD                    \
	"00000000000000000000000000000000000001e4"                             \
	"d764ad0b"                                                             \
	"0001000000000000000000000000000000000000000000000000000000000000" PAD \
	"4200000000000000000000000000000000000010" PAD                         \
	"6900000000000000000000000000000000000003" Z Z PAD                     \
	"00000000000000000000000000000000000000c0" PAD                         \
	"00000000000000000000000000000000000000e4"                             \
	"0166a07a" PAD "89d51be807d98fc974a0f41b2e67a8228d7846ef" PAD          \
	"7c6b91d9be155a6db01f749217d76ff02a7227f2" PAD                         \
	"c20c5ec92fda6e611a08485123cdc0d5b84bd3a2" PAD                         \
	"c20c5ec92fda6e611a08485123cdc0d5b84bd3a2" PAD                         \
	"00000000000000000000000000000000000001f4" PAD                         \
	"00000000000000000000000000000000000000c0" Z                           \
	"00000000000000000000000000000000000000000000000000000000"             \
	"00000000000000000000000000000000000000000000000000000000"

static json_t *
a_log(const char *address, const char *data)
{
	return json_pack("{s:s, s:[s, s, s, s], s:s}", "address", address,
			 "topics", EVENT, "0x" Z,
			 "0x" PAD "4200000000000000000000000000000000000007",
			 "0x" PAD "6900000000000000000000000000000000000002",
			 "data", data);
}

static void
hex_is(const uint8_t got[32], const char *want)
{
	char hex[65];

	hex_encode(got, 32, hex);
	assert_string_equal(hex, want);
}

static void
test_hash(void **state UNUSED)
{
	CLEANUP(put_json) json_t *log = a_log(MESSAGE_PASSER, DATA);
	CLEANUP(withdrawal_done) struct withdrawal w = { 0 };
	uint8_t slot[32];

	assert_int_equal(withdrawal_from_log(log, &w), 0);
	hex_is(w.hash, HASH);
	withdrawal_slot(w.hash, slot);
	hex_is(slot, SLOT);
	assert_string_equal(json_string_value(json_array_get(w.tuple, 4)),
			    "203648");
}

static void
test_token(void **state UNUSED)
{
	CLEANUP(put_json) json_t *log = a_log(MESSAGE_PASSER, DATA);
	CLEANUP(put_json) json_t *token = NULL;
	CLEANUP(withdrawal_done) struct withdrawal w = { 0 };
	CLEANUP(freep) char *data = NULL;

	assert_int_equal(withdrawal_from_log(log, &w), 0);
	token = withdrawal_token(&w);
	assert_int_equal(json_array_size(token), 6);
	assert_string_equal(json_string_value(json_array_get(token, 0)),
			    "0x89D51Be807D98Fc974A0F41b2E67a8228d7846ef");
	assert_string_equal(json_string_value(json_array_get(token, 1)),
			    "0x7c6b91D9Be155A6Db01f749217d76fF02A7227F2");
	assert_string_equal(json_string_value(json_array_get(token, 4)), "500");
	/* Whoever else sends such a message gives out no tokens. */
	json_array_set_new(
		w.tuple, 1,
		json_string("0x4200000000000000000000000000000000000010"));
	assert_null(withdrawal_token(&w));
	json_array_set_new(w.tuple, 1, json_string(L2_MESSENGER));
	data = xstrdup(json_string_value(json_array_get(w.tuple, 5)));
	memcpy(data + 2 + 8 + 64 + 62, "11", 2); /* who asked the messenger */
	json_array_set_new(w.tuple, 5, json_string(data));
	assert_null(withdrawal_token(&w));
	json_array_set_new(w.tuple, 5, json_string("0xd764ad0b"));
	assert_null(withdrawal_token(&w));
}

/* Logs that are none, or lie about their hash. */
static void
test_bad_logs(void **state UNUSED)
{
	CLEANUP(freep) char *data = xstrdup(DATA);
	CLEANUP(put_json) json_t *other = a_log("0x42", DATA);
	CLEANUP(put_json) json_t *empty = a_log(MESSAGE_PASSER, "0x");
	CLEANUP(put_json) json_t *lie = NULL, *receipt = NULL;
	struct withdrawal w;

	assert_int_equal(withdrawal_from_log(other, &w), -1);
	assert_int_equal(withdrawal_from_log(empty, &w), -1);
	data[2 + 63] = '1'; /* the value */
	lie = a_log(MESSAGE_PASSER, data);
	assert_int_equal(withdrawal_from_log(lie, &w), -1);
	assert_null(w.tuple);
	receipt = json_pack("{s:[O, O, O]}", "logs", other, lie, empty);
	assert_ptr_equal(withdrawal_log(receipt, 0), lie);
	assert_ptr_equal(withdrawal_log(receipt, 1), empty);
	assert_null(withdrawal_log(receipt, 2));
	assert_null(withdrawal_log(NULL, 0));
}

static void
test_output_root(void **state UNUSED)
{
	struct output_parts p;
	uint8_t root[32];

	memset(p.state_root, 1, 32);
	memset(p.storage_root, 2, 32);
	memset(p.block_hash, 3, 32);
	output_root(&p, root);
	hex_is(root, "fa846ba062c4f02c422636c114d4c22c219e0d7f9db2db9621eb6f65"
		     "5ac8a51f");
}

/* --- proofs of a state that has nothing else ----------------------------- */

static void
leaf(struct buf *out, const void *what, size_t nwhat, const struct buf *value)
{
	CLEANUP(buf_done) struct buf node = BUF_INIT(512);
	uint8_t path[33] = { 0x20 };

	keccak256(what, nwhat, path + 1);
	rlp_add_bytes(&node, path, sizeof(path));
	rlp_add_bytes(&node, value->p, value->n);
	rlp_add_list(out, &node);
}

/* The reply of a node for a slot that has `one`, and its state root. */
static json_t *
reply_for(const uint8_t slot[32], uint8_t one, uint8_t state[32])
{
	CLEANUP(buf_done) struct buf value = BUF_INIT(64);
	CLEANUP(buf_done) struct buf storage = BUF_INIT(512);
	CLEANUP(buf_done) struct buf fields = BUF_INIT(512);
	CLEANUP(buf_done) struct buf account = BUF_INIT(512);
	CLEANUP(buf_done) struct buf top = BUF_INIT(512);
	uint8_t hash[32], passer[20];

	rlp_add_u64(&value, one);
	leaf(&storage, slot, 32, &value);
	keccak256(storage.p, storage.n, hash);
	rlp_add_u64(&fields, 1);
	rlp_add_u64(&fields, 0);
	rlp_add_bytes(&fields, hash, 32);
	rlp_add_bytes(&fields, hash, 32);
	rlp_add_list(&account, &fields);
	assert_int_equal(hex_decode(MESSAGE_PASSER, passer, 20), 0);
	leaf(&top, passer, 20, &account);
	keccak256(top.p, top.n, state);
	return json_pack("{s:[o], s:[{s:[o]}]}", "accountProof",
			 hex_json(top.p, top.n), "storageProof", "proof",
			 hex_json(storage.p, storage.n));
}

static void
test_proof(void **state UNUSED)
{
	CLEANUP(l2_proof_done) struct l2_proof p = { 0 };
	uint8_t slot[32] = { 7 }, other[32] = { 8 };
	CLEANUP(put_json)
	json_t *reply = reply_for(slot, 1, p.parts.state_root);
	CLEANUP(put_json) json_t *two = NULL;
	const char *why = NULL;

	assert_int_equal(l2_proof_check(reply, slot, &p, &why), 0);
	assert_int_equal(json_array_size(p.nodes), 1);
	l2_proof_done(&p);
	assert_int_equal(l2_proof_check(reply, other, &p, &why), -1);
	assert_non_null(strstr(why, "not in the L2's state"));
	p.parts.state_root[0] ^= 1;
	assert_int_equal(l2_proof_check(reply, slot, &p, &why), -1);
	assert_non_null(strstr(why, "state root"));
	two = reply_for(slot, 2, p.parts.state_root);
	assert_int_equal(l2_proof_check(two, slot, &p, &why), -1);
	assert_non_null(strstr(why, "another value"));
	assert_int_equal(l2_proof_check(NULL, slot, &p, &why), -1);
	assert_null(p.nodes);
}

/* --- what people write and read ------------------------------------------ */

static void
test_tokens(void **state UNUSED)
{
	static const struct {
		const char *text;
		unsigned decimals;
		const char *want; /* NULL: refused */
	} table[] = {
		{ "12.5", 6, "12500000" }, { "12", 0, "12" },
		{ "0.000001", 6, "1" },    { "0.0000001", 6, NULL },
		{ "1.", 6, NULL },         { ".5", 6, NULL },
		{ "1.2.3", 6, NULL },      { "", 6, NULL },
		{ "-1", 6, NULL },         { "1eth", 6, NULL },
		{ "1.5", 0, NULL },        { "9", 78, NULL },
	};

	for (size_t i = 0; i < COUNTOF(table); i++) {
		struct u256 v;
		char dec[79];
		int rc = erc20_parse(table[i].text, table[i].decimals, &v);

		assert_int_equal(rc, table[i].want ? 0 : -1);
		if (rc < 0)
			continue;
		u256_dec(&v, dec);
		assert_string_equal(dec, table[i].want);
	}
}

/* What the two portals were seen to say. */
static void
test_notes(void **state UNUSED)
{
	static const char *const said[] = {
		"Unproven()",
		"MerkleTrie: path remainder must share all nibbles with key",
		"InvalidProof()",
		"InvalidGameType()",
		"OptimismPortal: proven withdrawal has not matured yet",
		"ProposalNotValidated()",
		"OptimismPortal: output proposal in air-gap",
		"AlreadyFinalized()",
		"OptimismPortal: invalid output root proof",
		"OptimismPortal: withdrawal hash has already been proven",
		"OptimismPortal: proven withdrawal finalization period has not "
		"elapsed",
		"OptimismPortal: output proposal finalization period has not "
		"elapsed",
		"OptimismPortal: withdrawal has not been proven yet",
		"OptimismPortal: withdrawal has already been finalized",
		"OptimismPortal: output root proven is not the same as current "
		"output root",
		"CallPaused()",
	};

	for (size_t i = 0; i < COUNTOF(said); i++)
		assert_non_null(revert_note(said[i]));
	assert_null(revert_note("custom error 0x12345678 (4 bytes)"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_bad_logs),
		cmocka_unit_test(test_output_root),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_notes),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
