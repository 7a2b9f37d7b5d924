/*
 * npm_package: one exact version of a package of an npm registry, unpacked
 * into the store. Its identity is the digest of its tarball, which opl2.lock
 * keeps. Converges: making it again is the recovery, and removing it leaves
 * the store to other chains.
 */
#include "engine/kind/kind.h"

const struct kind kind_npm_package = {
	.name = "npm_package",
	.schema_version = 1,
	.flags = KIND_CACHE | KIND_NEEDS,
};
