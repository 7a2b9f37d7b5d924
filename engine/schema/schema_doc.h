#ifndef OPL2_ENGINE_SCHEMA_SCHEMA_DOC_H
#define OPL2_ENGINE_SCHEMA_SCHEMA_DOC_H

#include <jansson.h>

#include "engine/base/buf.h"

/*
 * What the schemas say, for people and their editors. Made from the files that
 * validation uses, so that neither can be out of date.
 */

/* A JSON Schema (draft 7) of opl2.yaml. New reference. */
json_t *schema_editor(void);
/* The same of one of our schemas. New reference. */
json_t *schema_editor_of(const json_t *schema);
/* Reference of one kind as Markdown; the kind must exist. */
void schema_markdown(const char *kind, struct buf *out);

#endif
