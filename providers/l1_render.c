#include "providers/l1_render.h"

#include "engine/base/compiler.h"
#include "engine/base/hash.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"

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
	return out;
}

json_t *
l1_genesis_render(const json_t *config, int64_t time)
{
	json_t *forks = json_object();

	json_object_set_new(forks, "chainId",
			    json_integer(jx_int(config, "chain_id", 0)));
	for (size_t i = 0; i < COUNTOF(blocks); i++)
		json_object_set_new(forks, blocks[i], json_integer(0));
	json_object_set_new(forks, "shanghaiTime", json_integer(0));
	json_object_set_new(forks, "cancunTime", json_integer(0));
	json_object_set_new(forks, "terminalTotalDifficulty", json_integer(0));
	json_object_set_new(forks, "terminalTotalDifficultyPassed",
			    json_true());
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:s, s:o}", "config", forks,
		"difficulty", "0x0", "gasLimit",
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
