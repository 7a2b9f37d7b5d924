#ifndef OPL2_PROVIDERS_KINDS_COMPAT_COMPAT_TEXT_H
#define OPL2_PROVIDERS_KINDS_COMPAT_COMPAT_TEXT_H

#include <jansson.h>

/*
 * Text of the table of versions: "{FIELD}" in it stands for a field of the
 * config, a field of a time for day and minute, "{follows}" for the newest fork
 * of the L1 that its programs follow, "{use}" for the programs to change to.
 */

/* What a field says, or what it means when it is absent; NULL: nothing.
 * Borrowed. */
const char *compat_value(const json_t *config, const char *field);
/* malloc'd. */
char *compat_text(const char *text, const json_t *config);

#endif
