#ifndef OPL2_PROVIDERS_RUNTIME_PLACE_H
#define OPL2_PROVIDERS_RUNTIME_PLACE_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/* Where the processes of a chain run when they do not run here: recorded in
 * .opl2/runtime.json, {"chain": NAME, "kubernetes": {...}} with the settings
 * of the spec, so that commands know it that do not read a spec. "moving": true
 * while their databases are on the way there. */
bool kube_place_there(const char *state_dir);
/* *chain is malloc'd, *config a new reference. */
int kube_place_read(const char *state_dir, char **chain, json_t **config,
		    struct diags *ds) MUST_CHECK;
/* config NULL: here; the record goes. */
int kube_place_write(const char *state_dir, const char *chain,
		     const json_t *config, struct diags *ds) MUST_CHECK;
/* They will run there, but do not yet: kube_place_there() is false, and the
 * record can be read. */
int kube_place_prepare(const char *state_dir, const char *chain,
		       const json_t *config, struct diags *ds) MUST_CHECK;

#endif
