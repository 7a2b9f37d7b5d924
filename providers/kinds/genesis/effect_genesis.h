#ifndef OPL2_PROVIDERS_KINDS_GENESIS_EFFECT_GENESIS_H
#define OPL2_PROVIDERS_KINDS_GENESIS_EFFECT_GENESIS_H

#include <stdbool.h>
#include <stdint.h>

#include "providers/clients/rpc/rpc.h"
#include "providers/kinds/effect.h"

/* What making and importing the files share. */
struct build {
	struct effect_ctx *ctx;
	const struct effect_op *op;
	struct rpc *rpc;
	const char *dir, *genesis, *rollup, *rollup_chain_op;
	uint64_t start; /* SystemConfig's block */
	uint64_t at;    /* the L2 starts after this one */
};

#define GENESIS_MAX (256u << 20)

/* Where the files go; makes the folder. */
int genesis_paths(struct build *b) MUST_CHECK;
/* rollup.json for programs from v1.13 on. New reference. */
json_t *with_chain_op(const json_t *rollup, const json_t *genesis);
/* The result, from the files. scheduled: see the schema. */
enum outcome genesis_result(struct build *b, bool scheduled,
			    struct effect_result *out) MUST_CHECK;
/* The same inputs and another block 0: something outside them changed. Then -1
 * with E0427. */
int genesis_check_same(struct build *b, const json_t *rollup) MUST_CHECK;
/* Both make the files, once rpc, start and at are known. */
enum outcome genesis_by_program(struct build *b) MUST_CHECK;
enum outcome genesis_compute(struct build *b) MUST_CHECK;
/* "" when there is no such text. */
const char *at_str(const json_t *root, const char *pointer);

enum outcome genesis_import(struct effect_ctx *ctx, const struct effect_op *op,
			    struct effect_result *out);

#endif
