#ifndef OPL2_CLI_SCHEMA_FILE_H
#define OPL2_CLI_SCHEMA_FILE_H

#include "engine/diag/diag.h"

/* The JSON Schema beside a spec, and the line by which yaml-language-server,
 * and so most editors, find it. */
#define SPEC_SCHEMA      "opl2.schema.json"
#define SPEC_SCHEMA_LINE "# yaml-language-server: $schema=" SPEC_SCHEMA "\n"

/* Writes it into this folder. */
int spec_schema_install(struct diags *ds);

#endif
