#ifndef OPL2_STATE_CODEC_H
#define OPL2_STATE_CODEC_H

#include <jansson.h>

#include "engine/diag/diag.h"
#include "state/state.h"

/*
 * The state as a document:
 *
 *   version     format, STATE_FORMAT
 *   written_by  "opl2 0.1.0", for people
 *   lineage, serial
 *   checksum    sha256 over the one-line canonical text of all the rest
 *   outputs     object
 *   resources   entries (entry_to_json) by ascending address
 *
 * Same state, same bytes. Both directions check integrity: every address is
 * there once and belongs to its kind, every dependency exists.
 */
/* New reference. Dependencies on addresses that are not in the state are
 * left out. NULL with a diagnostic when the state breaks a rule. */
json_t *state_encode(const struct state *s, struct diags *ds);
/* Upgrades older formats, refuses newer ones (E0505), text that was edited
 * (E0504) and what is not a state at all (E0503, E0506). `what` names the
 * source in messages. out must be initialised and empty; shares j's values. */
int state_decode(const json_t *j, const char *what, struct state *out,
		 struct diags *ds);

#endif
