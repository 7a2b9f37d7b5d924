#ifndef OPL2_PROVIDERS_KINDS_KEY_KEY_SOURCE_H
#define OPL2_PROVIDERS_KINDS_KEY_KEY_SOURCE_H

#include <jansson.h>

#include "engine/base/arena.h"

/*
 * What both halves of the kind `key` know of its source. Pure.
 */
/* Absolute path of the file that has the key as text, or NULL when it comes
 * from elsewhere. generated: the place of a generated one (key_place.h);
 * otherwise it may be NULL. */
const char *key_source_file(struct arena *a, const json_t *source,
			    const char *generated, const char *spec_dir);
/* Absolute path of the keystore, or NULL. */
const char *key_source_keystore(struct arena *a, const json_t *source,
				const char *spec_dir);
/* All attributes but the address, which only a signer and some keystores tell
 * without the key. New reference. */
json_t *key_source_attrs(struct arena *a, const json_t *source,
			 const char *generated, const char *spec_dir);

#endif
