#ifndef OPL2_PROVIDERS_FACTS_RULES_H
#define OPL2_PROVIDERS_FACTS_RULES_H

#include "engine/kind/kind.h"

/*
 * Rules of the contracts that the configs of several kinds must keep. Each is
 * 0, or -1 with a diagnostic at the field. Pure.
 */
/* An address that is there may not be zero: nobody could control what is
 * given to it (E0406). field: a JSON pointer without its first slash. */
int rule_not_zero(struct kind_ctx *ctx, const json_t *config,
		  const char *field);
/* Gas limit of the L2's blocks as SystemConfig takes it (E0407). */
int rule_gas_limit(struct kind_ctx *ctx, int64_t limit, const char *field);

#endif
