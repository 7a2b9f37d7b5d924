#ifndef OPL2_ENGINE_SPEC_SPEC_EDITOR_H
#define OPL2_ENGINE_SPEC_SPEC_EDITOR_H

#include <jansson.h>

/* What editors take to complete and check a spec: schema_editor(), and for each
 * built-in preset its inputs, under `with` of whatever uses it. JSON Schema
 * draft 7. New reference. */
json_t *spec_editor(void);

#endif
