#ifndef OPL2_PROVIDERS_KEY_SOURCE_H
#define OPL2_PROVIDERS_KEY_SOURCE_H

#include <jansson.h>

#include "engine/base/arena.h"

/*
 * What both halves of the kind `key` know of its source. Pure.
 */
/* Absolute path of the file that has the key as text, or NULL when it comes
 * from elsewhere. */
const char *key_source_file(struct arena *a, const json_t *source,
			    const char *addr, const char *spec_dir,
			    const char *state_dir);
/* Absolute path of the keystore, or NULL. */
const char *key_source_keystore(struct arena *a, const json_t *source,
				const char *spec_dir);
/* The token that stands for the key. file: as of key_source_file. New
 * reference. */
json_t *key_source_token(struct arena *a, const json_t *source,
			 const char *file, const char *spec_dir);

#endif
