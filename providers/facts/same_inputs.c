#include "providers/facts/same_inputs.h"

#include "engine/io/jx.h"

const char *const l2_allocs_inputs[] = { "/project/digest", "/l2_chain_id",
					 "/l2_digest", "/addresses_digest",
					 NULL };
static const char *const genesis_inputs[] = {
	"/l1_digest",     "/l2_digest",     "/addresses_digest",
	"/system_config", "/allocs_sha256", NULL
};
const char *const output_root_inputs[] = { "/genesis_hash", "/block", NULL };

bool
same_inputs(const json_t *before, const json_t *now,
	    const char *const *pointers)
{
	if (!before || !now)
		return false;
	for (; *pointers; pointers++) {
		const json_t *a = jx_at(before, *pointers);
		const json_t *b = jx_at(now, *pointers);

		if (!a || !b || json_is_null(a) || !json_equal(a, b))
			return false;
	}
	return true;
}

bool
same_genesis(const json_t *before, const json_t *now)
{
	/* It may be absent, but then in both. */
	const json_t *a = jx_get(before, "l1_anchor");
	const json_t *b = jx_get(now, "l1_anchor");

	return same_inputs(before, now, genesis_inputs) &&
	       (a == b || json_equal(a, b));
}
