/*
 * archive: a tarball or zip with a digest that the spec gives, unpacked into
 * the store. Converges: making it again is the recovery, and removing it
 * leaves the store to other chains.
 */
#include "engine/kind.h"

const struct kind kind_archive = {
	.name = "archive",
	.schema_version = 1,
	.flags = KIND_CACHE,
};
