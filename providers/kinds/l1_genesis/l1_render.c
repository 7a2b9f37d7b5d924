#include "providers/kinds/l1_genesis/l1_render.h"

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/facts/forks.h"

/* The deterministic deployer (github.com/Arachnid/deterministic-deployment-
 * proxy): its code, for chains where nobody sent the presigned transaction. */
#define DEPLOYER "4e59b44847b379578588920ca78fbf26c0b4956c"
#define DEPLOYER_CODE                                                          \
	"0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"   \
	"e03601600081602082378035828234f58015156039578182fd5b80825250505060"   \
	"14600cf3"
#define ZERO "0000000000000000000000000000000000000000"

static const char *const blocks[] = {
	"homesteadBlock",     "eip150Block",       "eip155Block",
	"eip158Block",        "byzantiumBlock",    "constantinopleBlock",
	"petersburgBlock",    "istanbulBlock",     "berlinBlock",
	"londonBlock",        "arrowGlacierBlock", "grayGlacierBlock",
	"mergeNetsplitBlock",
};

/* Place of the newest fork that the chain has or will have; -1 when none is
 * named: such chains are of before, have Cancun, and stay as they were made. */
static int
newest_fork(const json_t *config)
{
	return forks_l1_rank(jx_str(config, "fork", NULL));
}

static json_t *
hex(const char *decimal)
{
	struct u256 v;
	char text[67];

	if (u256_parse(decimal, &v))
		v = u256_from(0);
	u256_hex(&v, text);
	return json_string(text);
}

static void
fund(json_t *alloc, const char *address, const char *wei)
{
	json_object_set_new(alloc, address,
			    json_pack("{s:o}", "balance", hex(wei)));
}

/* Without the code of its system contracts a block of a fork is invalid; that
 * of a fork yet to come does no harm. */
static void
add_system_contracts(json_t *alloc, int last)
{
	for (int i = 0; i <= last; i++) {
		const char *address;
		json_t *code;

		json_object_foreach(json_object_get(forks_l1_at(i), "code"),
				    address, code)
			json_object_set_new(alloc, address,
					    json_pack("{s:s, s:s, s:O}",
						      "balance", "0x0", "nonce",
						      "0x1", "code", code));
	}
}

static json_t *
accounts(const json_t *config)
{
	const json_t *list = jx_get(config, "alloc");
	const char *zero = jx_str(config, "zero_address_balance", "0");
	json_t *out = json_object();

	if (jx_bool(config, "deterministic_deployer", true))
		json_object_set_new(out, DEPLOYER,
				    json_pack("{s:s, s:s}", "balance", "0x0",
					      "code", DEPLOYER_CODE));
	if (strcmp(zero, "0") != 0)
		fund(out, ZERO, zero);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *a = json_array_get(list, i);
		uint8_t raw[20];
		char text[41];

		if (hex_decode(jx_str(a, "address", ""), raw, sizeof(raw)))
			continue;
		hex_encode(raw, sizeof(raw), text);
		fund(out, text, jx_str(a, "balance", "0"));
	}
	add_system_contracts(out, newest_fork(config));
	return out;
}

static json_t *
fork_times(const json_t *config)
{
	static const char deposits[] =
		"0x00000000219ab540356cBB839Cbe05303d7705Fa";
	json_t *out = json_object(), *blobs = json_object();
	int named = newest_fork(config);
	int last = named < 0 ? forks_l1_rank("cancun") : named;
	int64_t at = jx_int(config, "fork_at", 0);

	json_object_set_new(out, "chainId",
			    json_integer(jx_int(config, "chain_id", 0)));
	for (size_t i = 0; i < COUNTOF(blocks); i++)
		json_object_set_new(out, blocks[i], json_integer(0));
	for (int i = forks_l1_rank("shanghai"); i <= last; i++) {
		const json_t *row = forks_l1_at(i), *b = jx_get(row, "blobs");
		const char *name = jx_str(row, "name", "");
		char key[32];

		(void)snprintf(key, sizeof(key), "%sTime", name);
		json_object_set_new(out, key, json_integer(i == last ? at : 0));
		if (b)
			json_object_set_new(blobs, name, jx_share(b));
	}
	json_object_set_new(out, "terminalTotalDifficulty", json_integer(0));
	if (named >= 0) {
		json_object_set_new(out, "depositContractAddress",
				    json_string(deposits));
		json_object_set_new(out, "blobSchedule", blobs);
	} else {
		json_object_set_new(out, "terminalTotalDifficultyPassed",
				    json_true());
		json_decref(blobs);
	}
	return out;
}

json_t *
l1_genesis_render(const json_t *config, int64_t time)
{
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:s, s:o}", "config",
		fork_times(config), "difficulty", "0x0", "gasLimit",
		jx_strf("0x%llx", (unsigned long long)jx_int(
					  config, "gas_limit", 30000000)),
		"baseFeePerGas", hex(jx_str(config, "base_fee", "0")),
		"timestamp", jx_strf("0x%llx", (unsigned long long)time),
		"extraData", "0x", "alloc", accounts(config));
}

json_t *
l1_genesis_attrs(const json_t *config, int64_t time, const char *path)
{
	CLEANUP(put_json) json_t *doc = l1_genesis_render(config, time);
	CLEANUP(freep) char *text = jx_dump(doc);
	char digest[65];

	sha256_hex(text, strlen(text), digest);
	return json_pack("{s:s, s:s, s:I}", "path", path, "sha256", digest,
			 "time", (json_int_t)time);
}

int64_t
l1_genesis_time(const json_t *config, const json_t *prior, int64_t now)
{
	int64_t had = prior ? jx_int(prior, "time", 0) : 0;

	if (!jx_bool(config, "fresh", false))
		return jx_int(config, "timestamp", 0);
	return had > 0 ? had : now;
}
