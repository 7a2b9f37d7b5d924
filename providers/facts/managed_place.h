#ifndef OPL2_PROVIDERS_FACTS_MANAGED_PLACE_H
#define OPL2_PROVIDERS_FACTS_MANAGED_PLACE_H

#include "engine/kind/kind.h"

/* .opl2/files/ADDR, where a kind will have its files: the recorded folder, or
 * the one of an object that is made anew. Arena. The effect half's
 * managed_dir() (providers/clients/tools/managed_files.h) follows it. */
const char *managed_place(struct kind_ctx *ctx, const struct plan_req *req);

/* .opl2/data/KEY8/NAME. One that is recorded (attributes, or NULL) stays where
 * it is: it may have another name now, and an earlier version put databases
 * below the instance's folder, which their markers tell as well. */
const char *datadir_place(struct arena *a, const char *data, const char *key,
			  const char *name, const json_t *recorded);

#endif
