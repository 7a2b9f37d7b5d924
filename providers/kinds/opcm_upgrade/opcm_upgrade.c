/*
 * opcm_upgrade: which OP Contracts Manager (OPCM) made the chain's contracts
 * what they are, and the values of their dispute games that only an OPCM sets.
 * Identity: the SystemConfig, which remembers the OPCM. What the config leaves
 * out stays as it is. There is no way back: OPCM refuses to downgrade.
 *
 * Functions: op-contracts/v7.0.0 (OPCM 7.1.17, SystemConfig 3.14.2,
 * DisputeGameFactory 1.6.1).
 */
#include "engine/kind/kind.h"

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/contracts/settings.h"
#include "providers/facts/rules.h"

#define FACTORY "dispute_game_factory"
/* A game's arguments are packed: prestate, VM, registry, WETH, chain id, and of
 * permissioned games proposer and challenger. */
#define ARGS       "gameArgs(uint32)(bytes)"
#define BONDS      "initBonds(uint32)(uint256)"
#define PROPOSER   124
#define CHALLENGER 144

/* One implementation that is another took 1.3 M at Amsterdam. */
#define TYPICAL_GAS 3000000

#define UPGRADE                                                                \
	"upgrade((address,(bool,uint256,uint32,bytes)[],(string,bytes)[]))"

static const struct setting values[] = {
	{ .field = "opcm", .view = "lastUsedOPCM()(address)" },
	{ .field = "owner of the ProxyAdmin",
	  .view = "proxyAdminOwner()(address)" },
	{ .field = "absolute_prestate",
	  .view = ARGS,
	  .of = FACTORY,
	  .arg = "1",
	  .bytes = 32 },
	{ .field = "proposer",
	  .view = ARGS,
	  .of = FACTORY,
	  .arg = "1",
	  .from = PROPOSER,
	  .bytes = 20 },
	{ .field = "challenger",
	  .view = ARGS,
	  .of = FACTORY,
	  .arg = "1",
	  .from = CHALLENGER,
	  .bytes = 20 },
	{ .field = "bond",
	  .wei = true,
	  .view = BONDS,
	  .of = FACTORY,
	  .arg = "1" },
	{ .field = "cannon_prestate",
	  .view = ARGS,
	  .newer = true,
	  .of = FACTORY,
	  .arg = "0",
	  .bytes = 32 },
	{ .field = "cannon_bond",
	  .wei = true,
	  .view = BONDS,
	  .of = FACTORY,
	  .arg = "0" },
	{ .field = "cannon_kona_prestate",
	  .view = ARGS,
	  .newer = true,
	  .of = FACTORY,
	  .arg = "8",
	  .bytes = 32 },
	{ .field = "cannon_kona_bond",
	  .wei = true,
	  .view = BONDS,
	  .of = FACTORY,
	  .arg = "8" },
};

/* All that OPCM asks for, in its order. It takes the last four only with
 * features that no release has. */
static const struct game {
	int type;
	const char *prestate, *bond; /* fields */
	bool permissioned;
} games[] = {
	{ 0, "cannon_prestate", "cannon_bond", false },
	{ 1, "absolute_prestate", "bond", true },
	{ 8, "cannon_kona_prestate", "cannon_kona_bond", false },
	{ 4, NULL, NULL, false },
	{ 5, NULL, NULL, false },
	{ 9, NULL, NULL, false },
	{ 10, NULL, NULL, false },
};

static const char *
wanted(const json_t *config, const json_t *live, const char *field)
{
	return jx_str(config, field, jx_str(live, field, NULL));
}

/* The tuple of a game, as it is and as the config changes it. One without a
 * prestate is not in use. */
static json_t *
game_config(const struct game *g, const json_t *config, const json_t *live)
{
	const char *prestate =
		g->prestate ? wanted(config, live, g->prestate) : NULL;
	CLEANUP(freep) char *args = NULL;

	if (!prestate)
		return json_pack("[b, i, i, s]", 0, 0, g->type, "0x");
	if (g->permissioned)
		args = xasprintf("%s%024d%s%024d%s", prestate, 0,
				 wanted(config, live, "proposer") + 2, 0,
				 wanted(config, live, "challenger") + 2);
	return json_pack("[b, O, i, s]", 1, jx_get(live, g->bond), g->type,
			 args ? args : prestate);
}

static json_t *
opcm_upgrade_calls(const json_t *config, const json_t *live)
{
	static const char *const fields[] = { "opcm", "absolute_prestate",
					      "proposer", "challenger" };
	json_t *calls = json_array(), *list;
	bool differs = false;

	for (size_t i = 0; i < COUNTOF(fields); i++)
		differs = differs || setting_differs(config, live, fields[i]);
	if (!differs)
		return calls;
	list = json_array();
	for (size_t i = 0; i < COUNTOF(games); i++)
		json_array_append_new(list,
				      game_config(&games[i], config, live));
	setting_call(
		calls, UPGRADE,
		json_pack("[s, o, []]", jx_str(config, "address", ""), list),
		NULL);
	return calls;
}

const struct settings opcm_upgrade_settings = {
	.what = "a SystemConfig of contracts v7.0.0 or later",
	.v = values,
	.n = COUNTOF(values),
	.authority = "owner of the ProxyAdmin",
	.elsewhere = true,
	.delegate = "opcm",
	.gas = TYPICAL_GAS,
	.calls = opcm_upgrade_calls,
};

static int
opcm_upgrade_check(struct kind_ctx *ctx, const json_t *config,
		   const json_t *unknown)
{
	static const char *const games_of[] = { "absolute_prestate", "proposer",
						"challenger" };
	int rc = rule_not_zero(ctx, config, "opcm") |
		 rule_not_zero(ctx, config, "proposer") |
		 rule_not_zero(ctx, config, "challenger");

	for (size_t i = 0; i < COUNTOF(games_of); i++) {
		if (!jx_get(config, games_of[i]) || jx_get(config, "opcm") ||
		    is_unknown(unknown, "/opcm"))
			continue;
		rc = diag_err(ctx->ds, "E1206",
			      "'%s' needs 'opcm', which sets it", games_of[i]);
		diag_path(ctx->ds, "/%s", games_of[i]);
	}
	return rc;
}

static int
opcm_upgrade_plan(struct kind_ctx *ctx, const struct plan_req *req,
		  struct plan_out *out)
{
	return settings_plan(&opcm_upgrade_settings, ctx, req, out);
}

static int
opcm_upgrade_leaves(struct kind_ctx *ctx, const json_t *config,
		    const json_t *attrs UNUSED, struct plan_out *out)
{
	return settings_leaves(&opcm_upgrade_settings, ctx, config, out);
}

const struct kind kind_opcm_upgrade = {
	.name = "opcm_upgrade",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET |
		 KIND_COST,
	.check = opcm_upgrade_check,
	.plan = opcm_upgrade_plan,
	.leaves = opcm_upgrade_leaves,
};
