#ifndef OPL2_ENGINE_SPEC_SPEC_PRESET_H
#define OPL2_ENGINE_SPEC_SPEC_PRESET_H

#include <stddef.h>
#include <jansson.h>

struct arena;
struct diags;
struct ynode;

/* The built-in presets: schemas/presets/NAME/. */

/* Its preset.yaml with its parts merged in; NULL when there is none. */
struct ynode *preset_tree(struct arena *a, const char *name, struct diags *ds);
/* Names in order: *i starts at 0; NULL ends. */
const char *preset_next(unsigned *i, char *name, size_t max);
/* Entry for opl2.lock: {"digest", "files": {path: text, or {"base64"} where it
 * is no text}}, those of its parts as "../PART/PATH". New reference. */
json_t *preset_pin(const char *name);

#endif
