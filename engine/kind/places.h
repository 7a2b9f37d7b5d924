#ifndef OPL2_ENGINE_KIND_PLACES_H
#define OPL2_ENGINE_KIND_PLACES_H

#include "engine/base/arena.h"

/*
 * The folders of a chain on this machine, each by what it is for: what a kind
 * may lose, what it must not, and what others read. Absolute paths; a folder
 * is made by who first writes into it.
 */
struct places {
	const char *scratch; /* of one operation; empty between runs */
	const char *logs;    /* of tools */
	const char *assets;  /* of the preset, by sha256: laid by the engine */
	const char *files;   /* what kinds made: files/ADDR */
	const char *sources; /* work trees: src/NAME/COMMIT */
	const char *data;    /* databases of node programs */
	const char *keys;    /* generated ones; lost ones are lost money */
	const char *ledger;  /* what was sent, written before it is sent */
	const char *runtime; /* where the processes of the chain run */
};

/* The places of a chain whose state folder this is; of the arena. */
const struct places *places_in(struct arena *a, const char *state_dir);

#endif
