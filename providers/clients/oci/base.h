#ifndef OPL2_PROVIDERS_CLIENTS_OCI_BASE_H
#define OPL2_PROVIDERS_CLIENTS_OCI_BASE_H

#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/oci/layer.h"
#include "providers/clients/oci/oci.h"

/*
 * What programs need around them: their loader and libraries as they are on
 * this machine, the certificate authorities that it trusts, and /tmp. Nothing
 * else: no shell, no users.
 */

/* Fills the layer. *machine: what all of them are for (elf.h). E1321 when one
 * of them is no program, or is for another machine, or lacks a library. */
int oci_base(struct oci_layer *l, const struct oci_program *v, size_t n,
	     uint16_t *machine, struct diags *ds) MUST_CHECK;

#endif
