#ifndef OPL2_ENGINE_IO_DIAG_JSON_H
#define OPL2_ENGINE_IO_DIAG_JSON_H

#include <jansson.h>

#include "engine/diag/diag.h"

/* For the wire between programs: {sev,code,addr,path,summary,detail,hint,...}
 */
json_t *diag_to_json(const struct diag *d);            /* new reference */
int diag_from_json(struct diags *ds, const json_t *j); /* -1: not a diag */

#endif
