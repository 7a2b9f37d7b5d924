/* l1_contracts: a deployment that is recorded is adopted, never made again. */
#include "providers/kinds/l1_contracts/effect_l1_contracts.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/forge/deployment.h"
#include "providers/clients/rpc/effect_rpc.h"

bool
record_is_ours(const struct deploy *d, const json_t *record)
{
	const json_t *c = d->op->config;

	return strcmp(jx_str(record, "l1_digest", ""),
		      jx_str(c, "l1_digest", "")) == 0 &&
	       strcmp(jx_str(record, "deployer", ""), d->s.addr) == 0 &&
	       strcmp(jx_str(record, "salt", ""), jx_str(c, "salt", "")) == 0 &&
	       jx_int(jx_get(record, "l1"), "chain_id", 0) ==
		       (int64_t)d->s.chain_id;
}

/* What a running chain may have been told of since; see system_config. */
static const struct {
	const char *key, *field;
} told[] = {
	{ "batchSenderAddress", "batcher" },
	{ "p2pSequencerAddress", "sequencer" },
	{ "l2GenesisBlockGasLimit", "l2_genesis_block_gas_limit" },
	{ "gasPriceOracleBaseFeeScalar", "gas_price_oracle_base_fee_scalar" },
	{ "gasPriceOracleBlobBaseFeeScalar",
	  "gas_price_oracle_blob_base_fee_scalar" },
};

/* A value as a spec would have it: a quantity in decimal. Arena. */
static const char *
as_written(struct deploy *d, const json_t *v)
{
	CLEANUP(freep) char *text = jx_dump_line(v);
	uint64_t n;

	if (json_string_length(v) != 42 && quantity_u64(v, &n) == 0)
		return arena_printf(d->ctx->arena, "%llu",
				    (unsigned long long)n);
	return arena_strdup(d->ctx->arena, text);
}

/* The values that the deployment began with where the spec has others, as they
 * would be written there. "": none. Arena. */
static const char *
began_with(struct deploy *d, const json_t *record)
{
	const json_t *was = jx_get(record, "deploy_config");
	CLEANUP(put_json) json_t *is = contracts_config(d);
	const char *text = "";

	for (size_t i = 0; was && is && i < COUNTOF(told); i++) {
		const json_t *v = jx_get(was, told[i].key);

		if (v && !json_equal(v, jx_get(is, told[i].key)))
			text = arena_printf(d->ctx->arena, "%s%s%s: %s", text,
					    text[0] ? ", " : "", told[i].field,
					    as_written(d, v));
	}
	return text;
}

static enum outcome
refuse_record(struct deploy *d, const json_t *record, const char *why)
{
	struct effect_ctx *ctx = d->ctx;
	const char *values = began_with(d, record);

	diag_err(ctx->ds, "E0835", "'%s' %s", deployment_path(ctx, d->op), why);
	if (values[0])
		diag_hint(ctx->ds,
			  "the chain started with other values than those in "
			  "the spec: set them in its deploy_config, { %s }, "
			  "remove that resource with 'opl2 state rm' and "
			  "apply: the contracts are adopted",
			  values);
	else
		diag_hint(ctx->ds,
			  "for a new chain, run opl2 apply -replace=%s "
			  "-accept-irreversible=%s; or use the L1 of the "
			  "recorded deployment",
			  d->op->addr, d->op->env->chain);
	return OC_FAIL;
}

enum outcome
contracts_adopt(struct deploy *d, struct effect_result *out)
{
	CLEANUP(put_json) json_t *record = NULL;
	const char *missing = NULL;
	size_t present = 0;
	enum rpc_status st;
	int rc = deployment_load(d->ctx, d->op, &record);

	if (rc <= 0)
		return rc < 0 ? OC_FAIL : OC_GONE;
	if (!record_is_ours(d, record)) {
		if (!d->op->accept)
			return refuse_record(d, record,
					     "records a deployment that does "
					     "not match the spec");
	} else {
		effect_progress(d->ctx, "looking for the recorded contracts");
		st = deployment_probe(d->s.rpc, jx_get(record, "addresses"),
				      &missing, &present, d->ctx->ds);
		if (st != RPC_OK)
			return rpc_outcome(st);
		if (!missing && !d->op->accept)
			return contracts_done(d, record, out);
		if (missing && !d->op->accept)
			return refuse_record(
				d, NULL,
				arena_printf(d->ctx->arena,
					     "records contracts that do not "
					     "exist on this L1 (%s)",
					     missing));
	}
	return deployment_set_aside(d->ctx, d->op) < 0 ? OC_FAIL : OC_GONE;
}
