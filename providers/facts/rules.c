#include "providers/facts/rules.h"

#include <stdio.h>
#include <string.h>

#include "engine/io/jx.h"

#define GAS_LIMIT_MIN 21000000  /* 20M for deposits, 1M for system ones */
#define GAS_LIMIT_MAX 200000000 /* SystemConfig: gas limit too high */

int
rule_not_zero(struct kind_ctx *ctx, const json_t *config, const char *field)
{
	char pointer[80];
	const char *s;

	(void)snprintf(pointer, sizeof(pointer), "/%s", field);
	s = json_string_value(jx_at(config, pointer));
	if (!s || strspn(s, "0x") != strlen(s))
		return 0;
	diag_err(ctx->ds, "E0406", "'%s' must not be the zero address", field);
	diag_path(ctx->ds, "%s", pointer);
	diag_hint(ctx->ds, "set an account that somebody controls");
	return -1;
}

int
rule_gas_limit(struct kind_ctx *ctx, int64_t limit, const char *field)
{
	if (limit >= GAS_LIMIT_MIN && limit <= GAS_LIMIT_MAX)
		return 0;
	diag_err(ctx->ds, "E0407", "gas limit %lld is not between %d and %d",
		 (long long)limit, GAS_LIMIT_MIN, GAS_LIMIT_MAX);
	diag_path(ctx->ds, "/%s", field);
	diag_hint(ctx->ds,
		  "SystemConfig rejects other values; 30000000 is usual");
	return -1;
}
