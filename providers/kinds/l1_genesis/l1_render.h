#ifndef OPL2_PROVIDERS_KINDS_L1_GENESIS_L1_RENDER_H
#define OPL2_PROVIDERS_KINDS_L1_GENESIS_L1_RENDER_H

#include <stdint.h>
#include <jansson.h>

/* The genesis of a local L1, as geth reads it. New reference. */
json_t *l1_genesis_render(const json_t *config, int64_t time);
/* {path, sha256, time} of it. New reference. */
json_t *l1_genesis_attrs(const json_t *config, int64_t time, const char *path);
/* The time of block 0: the spec's, or the one that is recorded, or `now`. */
int64_t l1_genesis_time(const json_t *config, const json_t *prior, int64_t now);

#endif
