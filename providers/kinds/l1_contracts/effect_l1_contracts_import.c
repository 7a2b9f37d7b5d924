/*
 * l1_contracts: adopting what the official script deployed by hand. Nothing is
 * sent. The record in deployments/NAME.json comes last: it alone would make a
 * later apply adopt the same.
 */
#include "providers/kinds/l1_contracts/effect_l1_contracts.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/artifact.h"
#include "providers/clients/forge/deployment.h"
#include "providers/clients/rpc/effect_rpc.h"

static bool
same_addresses(const json_t *a, const json_t *b)
{
	const char *name;
	json_t *v;

	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach((json_t *)(uintptr_t)a, name, v) {
		if (strcasecmp(jx_str(b, name, ""), json_string_value(v)))
			return false;
	}
	return true;
}

/* A record of the same contracts stays, with what it knows of their
 * deployment. 0, or -1 when it is of others. */
static int
take_record(struct deploy *d, const json_t *addresses)
{
	struct effect_ctx *ctx = d->ctx;
	CLEANUP(put_json) json_t *record = NULL;
	int rc = deployment_load(ctx, d->op, &record);

	if (rc <= 0)
		return rc;
	if (record_is_ours(d, record) &&
	    same_addresses(addresses, jx_get(record, "addresses"))) {
		d->about = TAKE(record);
		return 0;
	}
	diag_err(ctx->ds, "E1045", "'%s' records another deployment",
		 deployment_path(ctx, d->op));
	diag_hint(ctx->ds, "a chain has one deployment: move that file away if "
			   "you no longer need its chain");
	return -1;
}

static enum outcome
l1_contracts_import_check_code(struct deploy *d, const char *path,
			       const json_t *addresses)
{
	struct diags *ds = d->ctx->ds;
	const char *missing = NULL;
	size_t present = 0;
	enum rpc_status st;

	effect_progress(d->ctx, "checking the code of %zu contracts",
			json_object_size(addresses));
	st = deployment_probe(d->s.rpc, addresses, &missing, &present, ds);
	if (st != RPC_OK)
		return rpc_outcome(st);
	if (!missing)
		return OC_OK;
	diag_err(ds, "E1044",
		 "%s has no code at %s on L1 chain %llu; %zu of %zu have",
		 missing, jx_str(addresses, missing, ""),
		 (unsigned long long)d->s.chain_id, present,
		 json_object_size(addresses));
	artifact_point(path, missing, ds);
	diag_hint(ds, "%s",
		  present ? "the deployment was not finished, or the file "
			    "belongs to another one"
			  : "the script writes this file before it sends "
			    "anything: it may come from a simulation or from "
			    "another L1");
	return OC_FAIL;
}

static enum outcome
import(struct deploy *d, const char *path, const json_t *addresses,
       struct effect_result *out)
{
	enum outcome oc = deploy_open(d);
	size_t sent;

	if (oc != OC_OK)
		return oc;
	if (take_record(d, addresses))
		return OC_FAIL;
	if (!d->about)
		d->about = make_about(d, json_deep_copy(addresses));
	sent = (size_t)jx_int(d->about, "transactions", 0);
	oc = l1_contracts_import_check_code(d, path, addresses);
	if (oc == OC_OK)
		oc = prove_values(d, sent);
	if (oc == OC_OK)
		oc = contracts_done(d, d->about, out);
	if (oc == OC_OK && deployment_save(d->ctx, d->op, d->about) < 0) {
		json_decref(TAKE(out->attrs));
		json_decref(TAKE(out->priv));
		oc = OC_FAIL;
	}
	return oc;
}

enum outcome
l1_contracts_import(struct effect_ctx *ctx, const struct effect_op *op,
		    struct effect_result *out)
{
	CLEANUP(deploy_close) struct deploy d = { .ctx = ctx, .op = op };
	CLEANUP(put_json) json_t *addresses = NULL;
	const char *path = json_string_value(json_array_get(op->files, 0));

	if (json_array_size(op->files) != 1) {
		diag_err(ctx->ds, "E1004", "import contracts from one file");
		return OC_FAIL;
	}
	if (artifact_load(path, &addresses, ctx->ds))
		return OC_FAIL;
	return import(&d, path, addresses, out);
}
