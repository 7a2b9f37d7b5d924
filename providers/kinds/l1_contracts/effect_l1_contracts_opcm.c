/*
 * l1_contracts: by one 'deploy' of an OP Contracts Manager (OPCM) that is on
 * the L1 already, as op-contracts/v7.0.0 has it, encoded here and not by forge.
 * Implementations, delays, clocks and superchain are those of the OPCM.
 */
#include "providers/kinds/l1_contracts/effect_l1_contracts.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"
#include "providers/clients/evm/eth_call.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/tools/need.h"

#define DEPLOY                                                                 \
	"deploy((string,address,address,address,address,address,"              \
	"(bytes32,uint256),uint32,uint32,uint32,uint64,uint256,"               \
	"(uint32,uint8,uint8,uint32,uint32,uint128),"                          \
	"(bool,uint256,uint32,bytes)[],bool))"
/* Of ether, as DeployOPChain has it. */
#define BOND "80000000000000000"
/* The release that this file knows. */
#define MAJOR "7."
#define ADDRESSES12                                                            \
	"(address,address,address,address,address,address,address,address,"    \
	"address,address,address,address)"

/* IOPContractsManagerContainer.Implementations, and which of them have what is
 * told of an OPCM. */
#define IMPLEMENTATIONS                                                        \
	"implementations()(address,address,address,address,address,address,"   \
	"address,address,address,address,address,address,address,address,"     \
	"address,address,address,address,address)"
enum { PORTAL = 3, REGISTRY = 10, WETH = 11, GAME = 14 };

/* What `deploy` returns, in order, by the names of the deployment scripts. */
static const char *const chain_contracts[] = {
	"SystemConfigProxy",
	"ProxyAdmin",
	"AddressManager",
	"L1CrossDomainMessengerProxy",
	"L1ERC721BridgeProxy",
	"L1StandardBridgeProxy",
	"OptimismPortalProxy",
	"ETHLockboxProxy",
	"OptimismMintableERC20FactoryProxy",
	"DisputeGameFactoryProxy",
	"AnchorStateRegistryProxy",
	"DelayedWETHProxy",
};

/* --- what the OPCM is ---------------------------------------------------- */

struct manager {
	struct rpc *rpc;
	const char *opcm;
	char superchain[43], guardian[43], game[43];
	uint64_t maturity, finality, weth, clock; /* seconds */
};

static enum rpc_status
ask_address(struct manager *m, const char *to, const char *view, char out[43],
	    struct diags *ds)
{
	CLEANUP(put_json) json_t *values = NULL;
	enum rpc_status st = view_call(m->rpc, to, view, NULL, &values, ds);

	(void)snprintf(out, 43, "%s", value_text(values, 0));
	return st;
}

/* NULL, or why it does not do. Arena. */
static enum rpc_status
opcm_unfit(struct arena *a, struct manager *m, const char **why,
	   struct diags *ds)
{
	CLEANUP(put_json) json_t *version = NULL, *features = NULL;
	enum rpc_status st = view_call(m->rpc, m->opcm, "version()(string)",
				       NULL, &version, ds);
	uint8_t bits[32];

	*why = NULL;
	if (st == RPC_OK)
		st = view_call(m->rpc, m->opcm, "devFeatureBitmap()(bytes32)",
			       NULL, &features, ds);
	if (st != RPC_OK)
		return st;
	if (!version || !value_word(features, 0, bits))
		*why = "is no OPCM: it has no version, or no features";
	else if (strncmp(value_text(version, 0), MAJOR, strlen(MAJOR)) != 0)
		*why = arena_printf(a,
				    "is OPCM %s, and opl2 knows those of "
				    "contracts v7.0.0, " MAJOR "x",
				    value_text(version, 0));
	else if (memcmp(bits, (uint8_t[32]){ 0 }, 32) != 0)
		*why = "is an OPCM with features under development";
	return st;
}

/* Delays and clock are in the code of the implementations. */
static enum rpc_status
read_terms(struct manager *m, struct diags *ds)
{
	CLEANUP(put_json) json_t *impls = NULL;
	char validator[43];
	enum rpc_status st =
		view_call(m->rpc, m->opcm, IMPLEMENTATIONS, NULL, &impls, ds);

	if (st == RPC_OK)
		st = ask_address(m, m->opcm, "opcmStandardValidator()(address)",
				 validator, ds);
	if (st == RPC_OK)
		st = ask_address(m, validator, "superchainConfig()(address)",
				 m->superchain, ds);
	if (st == RPC_OK)
		st = ask_address(m, m->superchain, "guardian()(address)",
				 m->guardian, ds);
	(void)snprintf(m->game, sizeof(m->game), "%s", value_text(impls, GAME));
	if (st == RPC_OK)
		st = view_u64(m->rpc, value_text(impls, PORTAL),
			      "proofMaturityDelaySeconds()(uint256)", NULL,
			      &m->maturity, ds);
	if (st == RPC_OK)
		st = view_u64(m->rpc, value_text(impls, REGISTRY),
			      "disputeGameFinalityDelaySeconds()(uint256)",
			      NULL, &m->finality, ds);
	if (st == RPC_OK)
		st = view_u64(m->rpc, value_text(impls, WETH),
			      "delay()(uint256)", NULL, &m->weth, ds);
	if (st == RPC_OK)
		st = view_u64(m->rpc, m->game, "maxClockDuration()(uint64)",
			      NULL, &m->clock, ds);
	return st;
}

static enum outcome
look(struct deploy *d, struct manager *m)
{
	const char *why;
	enum rpc_status st;

	*m = (struct manager){ .rpc = d->s.rpc,
			       .opcm = jx_str(d->op->config, "opcm", "") };
	st = opcm_unfit(d->ctx->arena, m, &why, d->ctx->ds);
	if (st == RPC_OK && !why)
		st = read_terms(m, d->ctx->ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!why)
		return OC_OK;
	diag_err(d->ctx->ds, "E0834", "%s %s", m->opcm, why);
	diag_path(d->ctx->ds, "/opcm");
	diag_hint(d->ctx->ds, OPCM_REMEDY);
	return OC_FAIL;
}

/* --- the call ------------------------------------------------------------ */

/* Those that a release takes; only the permissioned one is on at first. */
static json_t *
game_configs(const json_t *c)
{
	static const int types[] = { 0, 1, 8, 4, 5, 9, 10 };
	CLEANUP(freep)
	char *args = xasprintf("%s%024d%s%024d%s",
			       jx_str(c, "faultGameAbsolutePrestate", "0x"), 0,
			       jx_str(c, "l2OutputOracleProposer", "0x") + 2, 0,
			       jx_str(c, "l2OutputOracleChallenger", "0x") + 2);
	json_t *list = json_array();

	for (size_t i = 0; i < COUNTOF(types); i++) {
		bool on = types[i] == 1;

		json_array_append_new(list, json_pack("[b, s, i, s]", on,
						      on ? BOND : "0", types[i],
						      on ? args : "0x"));
	}
	return list;
}

int
opcm_deploy_encode(struct buf *out, const char *salt, const char *superchain,
		   const json_t *c, struct diags *ds)
{
	CLEANUP(put_json) json_t *args = NULL;
	/* No outputs are proposed yet, and OPCM wants a root. */
	char root[67];

	(void)snprintf(root, sizeof(root), "0xdead%060d", 0);
	args = json_pack(
		"[[s, s, O, O, O, O, [s, i], i, O, O, O, O, "
		"[i, i, i, i, i, s], o, b]]",
		salt, superchain, jx_get(c, "finalSystemOwner"),
		jx_get(c, "finalSystemOwner"), jx_get(c, "p2pSequencerAddress"),
		jx_get(c, "batchSenderAddress"), root, 0, 1,
		jx_get(c, "gasPriceOracleBaseFeeScalar"),
		jx_get(c, "gasPriceOracleBlobBaseFeeScalar"),
		jx_get(c, "l2GenesisBlockGasLimit"), jx_get(c, "l2ChainID"),
		/* Constants.DEFAULT_RESOURCE_CONFIG */
		20000000, 10, 8, 1000000000, 1000000,
		"340282366920938463463374607431768211455", game_configs(c),
		jx_bool(c, "useCustomGasToken", false));
	return abi_encode_call(out, DEPLOY, args, ds);
}

/* Where the contracts will be. */
static json_t *
named(const struct manager *m, const json_t *answer)
{
	CLEANUP(put_json) json_t *list = NULL;
	json_t *out;
	uint8_t *p;
	size_t n;

	if (hex_bytes(answer, &p, &n) < 0)
		return NULL;
	list = abi_decode(ADDRESSES12, p, n, NULL);
	free(p);
	if (!list)
		return NULL;
	out = json_pack("{s:s, s:s, s:s}", "SuperchainConfigProxy",
			m->superchain, "OPContractsManager", m->opcm,
			"PermissionedDisputeGame", m->game);
	for (size_t i = 0; i < COUNTOF(chain_contracts); i++)
		json_object_set(out, chain_contracts[i],
				json_array_get(list, i));
	return out;
}

static enum outcome
try_deploy(struct deploy *d, const struct manager *m, const struct buf *data,
	   json_t **addresses)
{
	CLEANUP(put_json) json_t *answer = NULL;
	CLEANUP(freep) char *reason = NULL;
	CLEANUP(diags_done) struct diags said;
	enum rpc_status st;

	diags_init(&said);
	st = rpc_call(d->s.rpc, "eth_call",
		      json_pack("[{s:s, s:s, s:o}, s]", "from", d->s.addr, "to",
				m->opcm, "data", hex_json(data->p, data->n),
				"latest"),
		      &answer, &said);
	if (st == RPC_OK) {
		*addresses = named(m, answer);
		if (*addresses)
			return OC_OK;
		diag_err(d->ctx->ds, "E0834",
			 "%s does not return the contracts of a chain",
			 m->opcm);
	} else if (st == RPC_ERROR && rpc_reverted(d->s.rpc, &reason)) {
		diag_err(d->ctx->ds, "E0834", "%s refuses the chain: %s",
			 m->opcm, reason);
	} else {
		diags_append(d->ctx->ds, &said);
		return rpc_outcome(st);
	}
	diag_path(d->ctx->ds, "/opcm");
	diag_hint(d->ctx->ds, "this is a simulation; nothing was sent");
	return OC_FAIL;
}

enum outcome
opcm_simulate(void *arg, struct forge_sim *out)
{
	struct deploy *d = arg;
	CLEANUP(put_json) json_t *config = contracts_config(d);
	CLEANUP(buf_done) struct buf data = BUF_INIT(ABI_DATA_MAX);
	struct manager m;
	enum outcome oc;

	if (!config)
		return OC_FAIL;
	oc = look(d, &m);
	if (oc != OC_OK)
		return oc;
	effect_progress(d->ctx,
			"OPCM %s: proofs mature in %llus, games have a clock "
			"of %llus and count after %llus more, bonds are paid "
			"after %llus; %s can pause withdrawals",
			m.opcm, (unsigned long long)m.maturity,
			(unsigned long long)m.clock,
			(unsigned long long)m.finality,
			(unsigned long long)m.weth, m.guardian);
	if (opcm_deploy_encode(&data, contracts_salt(d), m.superchain, config,
			       d->ctx->ds) < 0)
		return OC_FAIL;
	oc = try_deploy(d, &m, &data, &out->addresses);
	if (oc == OC_OK)
		out->txs = json_pack("[{s:s, s:s, s:o, s:s}]", "to", m.opcm,
				     "value", "0", "data",
				     hex_json(data.p, data.n), "name",
				     "OPContractsManager.deploy");
	return oc;
}

void
opcm_need(struct effect_ctx *ctx, const struct effect_op *op, uint64_t chain_id,
	  json_t *out)
{
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct manager m = { .opcm = jx_str(op->config, "opcm", "") };
	const char *why = NULL;

	if (!jx_get(op->config, "l1_rpc"))
		return;
	rpc = m.rpc = effect_rpc_quick(ctx, op, "l1_rpc", chain_id);
	if (rpc && rpc_check_chain(rpc, NULL, ctx->ds) == RPC_OK &&
	    opcm_unfit(ctx->arena, &m, &why, ctx->ds) == RPC_OK && why)
		need_opcm(out, m.opcm, why, OPCM_REMEDY);
}
