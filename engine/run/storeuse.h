#ifndef OPL2_ENGINE_RUN_STOREUSE_H
#define OPL2_ENGINE_RUN_STOREUSE_H

#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * Who uses what of the store that all chains of this user share
 * (providers/clients/store/store.h has its layout).
 *
 *	STORE/roots/SHA256-OF-PATH	a text: the .opl2 of a chain
 *
 * Every run that may change something enters its chain there. An entry is in
 * use as long as its path is in a file of a chain that is entered: the state,
 * the journal, the supervisor's records, or a work tree that borrows objects.
 */

/* $OPL2_CACHE_DIR/store, $XDG_CACHE_HOME/opl2/store or ~/.cache/opl2/store;
 * malloc'd. */
char *store_dir(void);

/* Enters a chain; state_dir is absolute. */
int storeuse_enter(const char *store, const char *state_dir, struct diags *ds);

/* The chains: array of state_dirs. Ones that are gone are left out, and with
 * `forget` their entry is removed. New reference; NULL with a diagnostic when
 * one could not be read. */
json_t *storeuse_chains(const char *store, bool forget, struct diags *ds);

/* Object: "KIND/ENTRY" -> array of the state_dirs that name it. New
 * reference; NULL with a diagnostic when a file could not be read. */
json_t *storeuse_find(const char *store, const json_t *chains,
		      struct diags *ds);

#endif
