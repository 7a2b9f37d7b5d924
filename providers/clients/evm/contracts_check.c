#include "providers/clients/evm/contracts_check.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"

/* Every one of them returns a single word. */
static const struct value {
	const char *contract, *function, *key;
} values[] = {
	{ "SystemConfigProxy", "owner()", "finalSystemOwner" },
	{ "SystemConfigProxy", "batcherHash()", "batchSenderAddress" },
	{ "SystemConfigProxy", "unsafeBlockSigner()", "p2pSequencerAddress" },
	{ "SystemConfigProxy", "batchInbox()", "batchInboxAddress" },
	{ "SystemConfigProxy", "gasLimit()", "l2GenesisBlockGasLimit" },
	{ "SystemConfigProxy", "isCustomGasToken()", "useCustomGasToken" },
	{ "L2OutputOracleProxy", "proposer()", "l2OutputOracleProposer" },
	{ "L2OutputOracleProxy", "challenger()", "l2OutputOracleChallenger" },
	{ "L2OutputOracleProxy", "submissionInterval()",
	  "l2OutputOracleSubmissionInterval" },
	{ "L2OutputOracleProxy", "finalizationPeriodSeconds()",
	  "finalizationPeriodSeconds" },
	{ "L2OutputOracleProxy", "l2BlockTime()", "l2BlockTime" },
	{ "L2OutputOracleProxy", "startingBlockNumber()",
	  "l2OutputOracleStartingBlockNumber" },
	{ "OptimismPortalProxy", "guardian()", "superchainConfigGuardian" },
};

bool
contract_word_is(const json_t *want, const json_t *word)
{
	struct u256 a, b;

	if (json_string_length(word) != 66 ||
	    u256_parse(json_string_value(word), &b) < 0)
		return false;
	if (json_is_boolean(want))
		a = u256_from(json_is_true(want));
	else if (json_is_integer(want) && json_integer_value(want) >= 0)
		a = u256_from((uint64_t)json_integer_value(want));
	else if (!json_is_string(want) ||
		 u256_parse(json_string_value(want), &a) < 0)
		return false;
	return u256_cmp(&a, &b) == 0;
}

static json_t *
call_params(const char *to, const char *function)
{
	uint8_t selector[4];

	abi_selector(function, selector);
	return json_pack("[{s:s, s:o}, s]", "to", to, "data",
			 hex_json(selector, 4), "latest");
}

static void
contracts_check_report(const struct value *v, const json_t *want,
		       const json_t *word, struct diags *ds)
{
	CLEANUP(freep) char *text = json_dumps(want, JSON_ENCODE_ANY);

	diag_err(ds, "E0837", "%s.%s is %s, but the deploy config's %s is %s",
		 v->contract, v->function,
		 json_is_string(word) ? json_string_value(word) : "not there",
		 v->key, text ? text : "?");
}

enum rpc_status
contracts_check(struct rpc *rpc, const json_t *addresses, const json_t *config,
		size_t *wrong, struct diags *ds)
{
	struct rpc_item items[COUNTOF(values)] = { 0 };
	const struct value *asked[COUNTOF(values)];
	enum rpc_status st;
	size_t n = 0;

	*wrong = 0;
	for (size_t i = 0; i < COUNTOF(values); i++) {
		const char *to = jx_str(addresses, values[i].contract, NULL);

		if (!to || !jx_get(config, values[i].key))
			continue;
		asked[n] = &values[i];
		items[n].method = "eth_call";
		items[n++].params = call_params(to, values[i].function);
	}
	st = rpc_batch(rpc, items, n, ds);
	for (size_t i = 0; st == RPC_OK && i < n; i++) {
		const json_t *want = jx_get(config, asked[i]->key);

		if (contract_word_is(want, items[i].result))
			continue;
		++*wrong;
		contracts_check_report(asked[i], want, items[i].result, ds);
	}
	rpc_items_done(items, n);
	return st;
}
