#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_DEPLOYMENT_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_DEPLOYMENT_H

#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/*
 * deployments/NAME.json beside the spec: what is on the L1, without secrets,
 * meant to be committed. An empty state plus this record means adopt.
 *
 *	{"opl2": 1, "chain", "resource", "l1": {"chain_id", "genesis"},
 *	 "deployer", "l1_digest", "salt", "entry", "transactions",
 *	 "start_block", "addresses": {NAME: ADDRESS}, "deploy_config"}
 *
 * deploy_config is what the scripts were given; records of old lack it.
 */
/* 1 with a new reference, 0 there is none, -1 with a diagnostic. */
int deployment_load(struct effect_ctx *ctx, const struct effect_op *op,
		    json_t **out);
int deployment_save(struct effect_ctx *ctx, const struct effect_op *op,
		    const json_t *record);
/* Keeps the record of a chain that is given up, under another name. */
int deployment_set_aside(struct effect_ctx *ctx, const struct effect_op *op);
/* Path of the record, for people. Arena. */
const char *deployment_path(struct effect_ctx *ctx, const struct effect_op *op);

/*
 * Which of the addresses have code. *missing is the first name without,
 * borrowed, or NULL; *present how many have. */
enum rpc_status deployment_probe(struct rpc *rpc, const json_t *addresses,
				 const char **missing, size_t *present,
				 struct diags *ds) MUST_CHECK;

#endif
