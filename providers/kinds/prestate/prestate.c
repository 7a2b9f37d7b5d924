/*
 * prestate: the first state of the fault proof program. The contracts of a
 * chain have its hash, so that only -replace lets another one come out.
 * Converges: the store has it, and making it again takes seconds.
 */
#include "engine/kind/kind.h"

const struct kind kind_prestate = {
	.name = "prestate",
	.schema_version = 1,
	.flags = KIND_CACHE,
};
