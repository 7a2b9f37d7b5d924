/*
 * null: a resource that does nothing but be recorded. It carries triggers for
 * others to depend on, and it is what tests and benchmarks of the engine use.
 */
#include "engine/kind/kind.h"

const struct kind kind_null = {
	.name = "null",
	.schema_version = 1,
	.flags = KIND_ONCE,
};
