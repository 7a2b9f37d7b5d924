#include "tests/unit/t.h"

#include "engine/base/hash.h"
#include "providers/clients/genesis/block0.h"
#include "providers/clients/trie/trie.h"

/* Block 0 of a genesis; the hashes are geth's own, of the same documents. */

#define ZEROS_32                                                               \
	"0x0000000000000000000000000000000000000000000000000000000000000000"

/* As wide as a trie must be to have all three kinds of nodes. */
static json_t *
storage(unsigned i)
{
	json_t *o = json_object();

	for (unsigned k = 0; k < i; k++) {
		char slot[67], value[67];

		snprintf(slot, sizeof(slot), "0x%064x", k);
		snprintf(value, sizeof(value), "0x%064x",
			 k == 3 ? 0 : k * 7 + i);
		json_object_set_new(o, slot, json_string(value));
	}
	return o;
}

static json_t *
code(unsigned i)
{
	char text[128] = "0x60";

	for (unsigned k = 0; k <= i; k++)
		snprintf(text + 4 + 2 * k, 3, "%02x", i);
	return json_string(text);
}

static json_t *
alloc(void)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < 40; i++) {
		json_t *a = json_object();
		char addr[41], hex[32];

		snprintf(hex, sizeof(hex), "0x%llx", i * 100000000000000000ull);
		json_object_set_new(a, "balance", json_string(hex));
		snprintf(hex, sizeof(hex), "0x%x", i);
		if (i % 3 == 0)
			json_object_set_new(a, "nonce", json_string(hex));
		if (i % 5 == 0)
			json_object_set_new(a, "code", code(i));
		if (i % 4 == 0)
			json_object_set_new(a, "storage", storage(i));
		snprintf(addr, sizeof(addr), "%040llx",
			 i * 0x123456789abcdefull + 1);
		json_object_set_new(all, addr, a);
	}
	json_object_set_new(
		all, "4200000000000000000000000000000000000016",
		json_pack("{s:s, s:{s:s}}", "balance", "0x0", "storage",
			  "0x0000000000000000000000000000000000000000000000"
			  "000000000000000001",
			  "0x5"));
	return all;
}

/* Takes what is added to the config. */
static json_t *
genesis(json_t *forks)
{
	json_t *config =
		json_pack("{s:i, s:i}", "chainId", 901, "londonBlock", 0);

	json_object_update(config, forks);
	json_decref(forks);
	return json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}",
			 "config", config, "nonce", "0x0", "timestamp", "0x64",
			 "extraData", "0x42", "gasLimit", "0x1c9c380",
			 "difficulty", "0x0", "mixHash", ZEROS_32, "coinbase",
			 "0x4200000000000000000000000000000000000011", "alloc",
			 alloc());
}

static void
is(json_t *forks, const char *want)
{
	CLEANUP(put_json) json_t *g = genesis(forks);
	CLEANUP(diags_done) struct diags ds;
	uint8_t raw[32];
	char got[67] = "0x";

	diags_init(&ds);
	assert_int_equal(block0_hash(g, raw, &ds), 0);
	t_no_errors(&ds);
	hex_encode(raw, sizeof(raw), got + 2);
	assert_string_equal(got, want);
}

static void
hashes_are_those_of_geth(void **state UNUSED)
{
	is(NULL, "0x6d13f98018e28dc172418909e67d5b5a"
		 "57c78b1999480d0bf20bceedcee57afd");
	is(json_pack("{s:i}", "shanghaiTime", 100),
	   "0xd8d2db61edab46be2be7f4f96f481554"
	   "31d677efc2f302405e3e68372f4df1cb");
	is(json_pack("{s:i, s:i}", "shanghaiTime", 0, "cancunTime", 0),
	   "0xe34dd950f3c9fce736c9a6ee909ccc4d"
	   "81257eabc7de51818c1f9c62439dfab1");
	is(json_pack("{s:i, s:i}", "shanghaiTime", 0, "cancunTime", 101),
	   "0xd8d2db61edab46be2be7f4f96f481554"
	   "31d677efc2f302405e3e68372f4df1cb");
}

static void
what_is_not_understood(void **state UNUSED)
{
	static const struct {
		const char *pointer, *value, *says;
	} bad[] = {
		{ "/alloc/01", "x", "address" },
		{ "/alloc/0000000000000000000000000000000000000001/balance",
		  "0xzz", "balance" },
		{ "/alloc/0000000000000000000000000000000000000001/code",
		  "0x123", "code" },
		{ "/alloc/0000000000000000000000000000000000000001/nonce", "-1",
		  "nonce" },
		{ "/alloc/0000000000000000000000000000000000000001/storage/1",
		  "0x1", "'1' of" },
		{ "/coinbase", "0x12", "coinbase" },
		{ "/timestamp", "soon", "timestamp" },
		{ "/extraData", "z", "extraData" },
	};

	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(put_json) json_t *g = genesis(NULL);
		CLEANUP(diags_done) struct diags ds;
		uint8_t raw[32];

		diags_init(&ds);
		assert_int_equal(
			jx_set_at(g, bad[i].pointer, json_string(bad[i].value)),
			0);
		assert_int_equal(block0_hash(g, raw, &ds), -1);
		assert_int_equal(ds.nerrors, 1);
		assert_string_equal(ds.first->code, "E1046");
		assert_non_null(strstr(ds.first->summary, bad[i].says));
	}
}

/* One address in two ways of writing is one account. */
static void
keys_that_come_twice(void **state UNUSED)
{
	static const uint8_t value[] = { 0x82, 1, 2 };
	struct trie_item one[] = { { .key = { 1 }, .value = value, .n = 3 } };
	struct trie_item two[] = { one[0], one[0] };
	uint8_t a[32], b[32];

	trie_root(one, 1, a);
	trie_root(two, 2, b);
	assert_memory_equal(a, b, sizeof(a));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_geth),
		cmocka_unit_test(what_is_not_understood),
		cmocka_unit_test(keys_that_come_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
