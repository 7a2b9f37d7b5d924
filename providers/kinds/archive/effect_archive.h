#ifndef OPL2_PROVIDERS_KINDS_ARCHIVE_EFFECT_ARCHIVE_H
#define OPL2_PROVIDERS_KINDS_ARCHIVE_EFFECT_ARCHIVE_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/* Strings are in the arena. */
struct archive_got {
	const char *root; /* its content in the store */
	const char *file; /* its name, for people */
};

/* The file of spec, {url, sha256, mirrors, strip}, unpacked in the store; at
 * is the JSON pointer of spec. With program the file is no archive but the
 * program itself, and is root/bin/PROGRAM. */
enum outcome archive_get(struct effect_ctx *ctx, const struct effect_op *op,
			 const json_t *spec, const char *at,
			 const char *program,
			 struct archive_got *out) MUST_CHECK;

#endif
