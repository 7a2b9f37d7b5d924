#ifndef OPL2_PROVIDERS_KINDS_FORGE_PROJECT_FORGE_ATTRS_H
#define OPL2_PROVIDERS_KINDS_FORGE_PROJECT_FORGE_ATTRS_H

#include <jansson.h>

/* What follows from the config of a forge_project alone: {digest, tool_dirs}.
 * New reference. */
json_t *forge_attrs(const json_t *config);
/* Names the compiled project in the store: its content, forge, and the solc of
 * drivers. */
void forge_key(const json_t *config, char out[65]);

#endif
