#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_RESEAL_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_RESEAL_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/shared/shared.h"

/*
 * The key of a shared state. `format` says which one all is sealed with, and
 * runs go on with that one, also when the spec has a new one and calls it
 * `old`: others may not know the new one yet. reseal changes it:
 *
 *   format.next = new     from here on both keys are needed (E0545)
 *   a segment, each blob that is in use and base, under the new key
 *   older segments and blobs go
 *   format.key = new, format.next goes
 *
 * It may be killed anywhere: the next one begins again, and passes over the
 * blobs that are done. "Not encrypted" is a key like any other.
 */

/* Opens the seal of a log that is made. */
int shared_open_seal(struct shared *s, struct diags *ds) MUST_CHECK;
/* What seals from now on, as `format` has it. E0536, E0537, E0545. */
int shared_pick_key(struct shared *s, struct diags *ds) MUST_CHECK;
/* The spec's `encryption` without what is not needed any more. New reference.
 */
json_t *shared_encryption(const struct shared *s);
/* W0549 when the state waits for `opl2 state reseal`. */
void shared_warn_key(const struct shared *s, struct diags *ds);

/* With the lease: seals all with the spec's key. *out gets {"objects", "bytes",
 * "removed"}, a new reference; NULL when there is nothing to do. */
int shared_reseal(struct shared *s, json_t **out, struct diags *ds) MUST_CHECK;

#endif
