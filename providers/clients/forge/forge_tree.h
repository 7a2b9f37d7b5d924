#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_TREE_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_TREE_H

#include <stdbool.h>
#include <sys/types.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"

/* Files of a forge project: copying it, and the published artifacts. */

/* cp -r of regular files and folders; `to` is made. Links are followed. A
 * folder in `from` that holds `to` is left out: a project may have the chain in
 * it. */
int tree_copy(const char *from, const char *to, struct diags *ds);
/* Names in a folder, sorted; arena strings. */
int tree_list(struct arena *a, const char *dir, const char ***names, size_t *n,
	      struct diags *ds);

/*
 * For every published contract with code that is a contract of its own file
 * (X.sol/X.json), writes DIR/src/X.sol, an empty contract of that name, for
 * the scripts look contracts up by name in the project. Solidity compiles the
 * stub; artifacts_overlay then puts the published code in its place.
 */
int artifacts_stub(struct arena *a, const char *artifacts, const char *dir,
		   struct diags *ds);
int artifacts_overlay(struct arena *a, const char *artifacts, const char *dir,
		      struct diags *ds);
/* Copies FILE/CONTRACT.json to DIR/artifacts/, with only what forge reads. */
int artifacts_take(const char *artifacts, const char *file,
		   const char *contract, const char *dir, struct diags *ds);

#endif
