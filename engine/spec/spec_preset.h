#ifndef OPL2_ENGINE_SPEC_SPEC_PRESET_H
#define OPL2_ENGINE_SPEC_SPEC_PRESET_H

#include <stddef.h>
#include <jansson.h>

struct embed;

/* The built-in presets: schemas/presets/NAME/. */

/* A file of one; NULL when there is none. */
const struct embed *preset_embedded(const char *name, const char *file);
/* Names in order: *i starts at 0; NULL ends. */
const char *preset_next(unsigned *i, char *name, size_t max);
/* Digest of all its files. */
void preset_digest(const char *name, char out[65]);
/* Entry for opl2.lock: {"digest", "files": {path: text, or {"base64"} where it
 * is no text}}. New reference. */
json_t *preset_pin(const char *name);

#endif
