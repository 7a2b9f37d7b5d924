/*
 * endpoint: an RPC endpoint that others use. There is nothing to create: it is
 * looked at, and what was found stays in the state.
 */
#include "engine/kind.h"

const struct kind kind_endpoint = {
	.name = "endpoint",
	.schema_version = 1,
	.flags = KIND_READ_ONLY | KIND_LIVE,
};
