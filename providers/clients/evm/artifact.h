#ifndef OPL2_PROVIDERS_CLIENTS_EVM_ARTIFACT_H
#define OPL2_PROVIDERS_CLIENTS_EVM_ARTIFACT_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * What the official script says of a deployment: one flat JSON object of
 * names and addresses, "deployments/artifact.json" or ".deploy".
 */

/* *out is a new reference, addresses in EIP-55. -1 with E1043 and the
 * place, or when it cannot be read. SystemConfigProxy and OptimismPortalProxy
 * must be among the names. */
int artifact_load(const char *path, json_t **out, struct diags *ds) MUST_CHECK;

/* Positions the newest diagnostic at a name of the file; nothing when it
 * cannot be found any more. */
void artifact_point(const char *path, const char *name, struct diags *ds);

#endif
