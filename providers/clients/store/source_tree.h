#ifndef OPL2_PROVIDERS_CLIENTS_STORE_SOURCE_TREE_H
#define OPL2_PROVIDERS_CLIENTS_STORE_SOURCE_TREE_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * Copies a file, or a folder with all below it, as it is: links stay links
 * (but `from` itself is followed), times and the right to execute are kept,
 * and nothing is shared with the original. OC_CANCELLED: half of it is there.
 */
enum outcome source_copy(struct effect_ctx *ctx, const char *from,
			 const char *to) MUST_CHECK;

/* Applies one patch {file, replace, with, optional} to the tree at dir; never
 * writes through a link that leads out of it. E0752. */
int source_patch(struct effect_ctx *ctx, const char *dir,
		 const json_t *patch) MUST_CHECK;

#endif
