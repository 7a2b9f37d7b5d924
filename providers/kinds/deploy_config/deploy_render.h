#ifndef OPL2_PROVIDERS_KINDS_DEPLOY_CONFIG_DEPLOY_RENDER_H
#define OPL2_PROVIDERS_KINDS_DEPLOY_CONFIG_DEPLOY_RENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

/*
 * The deploy config as its two readers want it. Pure: the plan uses it to
 * predict digests, the effect half to write the files. The config must be
 * wholly known, but for l1_rpc.
 */
enum deploy_reader {
	DEPLOY_SOLIDITY, /* the forge scripts: unknown keys are ignored */
	DEPLOY_OP_NODE   /* op-node genesis l2: unknown keys are refused */
};

struct deploy_anchor {
	const char *hash; /* of the L1 block, "0x..." */
	int64_t number, time;
};

/* New reference. */
json_t *deploy_render(const json_t *config, const struct deploy_anchor *at,
		      enum deploy_reader reader);
/* Digests of the values that the L1 contracts are deployed from, and of those
 * that only the L2's genesis depends on. anchor NULL: without it, to find out
 * whether an anchor can be kept. */
void deploy_digests(const json_t *config, const struct deploy_anchor *at,
		    char l1[65], char l2[65]);
/* The batch inbox: as configured, or from the L2 chain id; with OPCM always
 * from the chain id. EIP-55. */
void deploy_inbox(const json_t *config, char out[43]);

/* Are the contracts of a config deployed by OPCM? */
bool deploy_is_opcm(const json_t *config);

/* The duration at key, in whole seconds; -1 when it is absent or not that. */
int64_t deploy_seconds(const json_t *config, const char *key);

/* {solidity, solidity_sha256, op_node, op_node_sha256, batch_inbox,
 * anchor_*, l1_digest, l2_digest}: the attributes that follow. dir: where the
 * files are. New reference. */
json_t *deploy_attrs(const json_t *config, const struct deploy_anchor *at,
		     const char *dir);

/* The upgrades in their order, and how many seconds after genesis number i is
 * active: 0 unless said otherwise, -1 when it is off. deploy_nforks: how many
 * of them the contracts of a config can have at genesis. */
#define DEPLOY_NFORKS  9
#define DEPLOY_GRANITE 5
extern const char *const deploy_forks[DEPLOY_NFORKS];
size_t deploy_nforks(const json_t *config);
int64_t deploy_fork(const json_t *config, size_t i);

/* The fields with addresses that must not be zero, NULL at the end. */
extern const char *const deploy_address_fields[];

#endif
