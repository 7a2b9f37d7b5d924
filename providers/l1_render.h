#ifndef OPL2_PROVIDERS_L1_RENDER_H
#define OPL2_PROVIDERS_L1_RENDER_H

#include <jansson.h>

/* The genesis of a local L1, as geth reads it. New reference. */
json_t *l1_genesis_render(const json_t *config);
/* {path, sha256} of it. New reference. */
json_t *l1_genesis_attrs(const json_t *config, const char *path);

#endif
