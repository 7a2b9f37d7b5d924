#ifndef OPL2_PROVIDERS_KEY_PLACE_H
#define OPL2_PROVIDERS_KEY_PLACE_H

#include "engine/kind/kind.h"

/*
 * The file of a generated key, .opl2/keys/ADDR. An earlier version wrote '_'
 * for the '/' of an instance, so that key.r1/admin and key.r1_admin had one
 * file. A key that exists is never made anew: what the state records counts,
 * and after it what is there under either name and is nobody else's.
 */

/* The name that an earlier version gave the file. */
const char *key_place_old(struct arena *a, const char *addr);
/* The name of the recorded file; NULL: not generated, or not recorded. */
const char *key_place_name(const json_t *config, const json_t *attrs);

/* Of a key with these recorded attributes; config is that of the time. Where
 * nothing is recorded, the file that is there, or the name of today. Arena. */
const char *key_place_recorded(struct arena *a, const char *addr,
			       const char *keys, const json_t *config,
			       const json_t *attrs);
/* The same for a plan, which knows the others. NULL with E1166 when the file
 * may be this one's or another's. */
const char *key_place(struct kind_ctx *ctx, const struct plan_req *req);

#endif
