#ifndef OPL2_PROVIDERS_KINDS_L1_CONTRACTS_EFFECT_L1_CONTRACTS_H
#define OPL2_PROVIDERS_KINDS_L1_CONTRACTS_EFFECT_L1_CONTRACTS_H

#include "providers/clients/forge/forge_project.h"
#include "providers/clients/send/effect_send.h"
#include "providers/kinds/effect.h"

/* What deploying and importing share. */
struct deploy {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct effect_sender s;
	const char *entry; /* name in the ledger */
	json_t *about;     /* of the entry; also what becomes the record */
};

/* Opens sender and L1 and names the entry. deploy_close in every case. */
enum outcome deploy_open(struct deploy *d) MUST_CHECK;
void deploy_close(struct deploy *d);

/* The deploy config that the scripts are given. New, or NULL with a
 * diagnostic. */
json_t *contracts_config(const struct deploy *d);
/* What deployments/NAME.json records. OC_OK: adopted. OC_GONE: there is
 * nothing to adopt, deploy. */
enum outcome contracts_adopt(struct deploy *d,
			     struct effect_result *out) MUST_CHECK;
/* Is the record of the deployment that the config asks for? */
bool record_is_ours(const struct deploy *d, const json_t *record);
/* A record without what only the chain tells. Steals addresses. New. */
json_t *make_about(const struct deploy *d, json_t *addresses);
/* Contracts that have code: are they initialised, and with the values of the
 * deploy config? Completes d->about, with the number of transactions. */
enum outcome prove_values(struct deploy *d, size_t transactions) MUST_CHECK;
/* Writes the artifact of a record, looks what the proxies run, and fills the
 * result from both. */
enum outcome contracts_done(struct deploy *d, const json_t *record,
			    struct effect_result *out) MUST_CHECK;

/* IMPL_SALT as the scripts get it. A config without a salt has its own digest,
 * so that another deployment on the same L1 gets other addresses. */
const char *contracts_salt(const struct deploy *d);

/* The one transaction of a deployment by the config's `opcm`, and where the
 * contracts will be; arg is a struct deploy. E0834: that OPCM cannot do it. */
enum outcome opcm_simulate(void *arg, struct forge_sim *out) MUST_CHECK;
/* Appends that call's data. config: as the scripts are given it. */
int opcm_deploy_encode(struct buf *out, const char *salt,
		       const char *superchain, const json_t *config,
		       struct diags *ds) MUST_CHECK;
/* For needs(): the same of what can be seen beforehand. */
void opcm_need(struct effect_ctx *ctx, const struct effect_op *op,
	       uint64_t chain_id, json_t *out);
#define OPCM_REMEDY                                                            \
	"use the address of the OPCM of op-contracts/v7.0.0 on this L1, or "   \
	"leave 'opcm' out to deploy one"

enum outcome l1_contracts_import(struct effect_ctx *ctx,
				 const struct effect_op *op,
				 struct effect_result *out);

#endif
