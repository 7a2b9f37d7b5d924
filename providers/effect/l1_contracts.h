#ifndef OPL2_EFFECT_L1_CONTRACTS_H
#define OPL2_EFFECT_L1_CONTRACTS_H

#include "providers/effect.h"
#include "providers/lib/op_send.h"

/* What deploying and importing share. */
struct deploy {
	struct op_ctx *ctx;
	const struct op *op;
	struct op_sender s;
	const char *entry; /* name in the ledger */
	json_t *about;     /* of the entry; also what becomes the record */
};

/* Opens sender and L1 and names the entry. deploy_close in every case. */
enum outcome deploy_open(struct deploy *d) MUST_CHECK;
void deploy_close(struct deploy *d);

/* Is the record of the deployment that the config asks for? */
bool record_is_ours(const struct deploy *d, const json_t *record);
/* A record without what only the chain tells. Steals addresses. New. */
json_t *make_about(const struct deploy *d, json_t *addresses);
/* Contracts that have code: are they initialised, and with the values of the
 * deploy config? Completes d->about, with the number of transactions. */
enum outcome prove_values(struct deploy *d, size_t transactions) MUST_CHECK;
/* Writes the artifact of a record and fills the result from it. */
enum outcome contracts_result(struct op_ctx *ctx, const struct op *op,
			      const json_t *record,
			      struct op_result *out) MUST_CHECK;

enum outcome l1_contracts_import(struct op_ctx *ctx, const struct op *op,
				 struct op_result *out);

#endif
