/*
 * peer: who a node is to its peers. The addresses follow from the key and the
 * ports; nothing is asked of anybody.
 */
#include "engine/kind/kind.h"

const struct kind kind_peer = {
	.name = "peer",
	.schema_version = 1,
};
