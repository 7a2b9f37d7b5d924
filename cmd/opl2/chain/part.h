#ifndef OPL2_CHAIN_PART_H
#define OPL2_CHAIN_PART_H

#include <jansson.h>

#include "engine/base/arena.h"
#include "providers/facts/role.h"

struct spec;
struct state;
struct state_entry;

/*
 * The part that each process has in its chain, from the fields of `process`
 * that are never a change: role, signs_as, da_server, proposes. The spec's
 * word counts, with the values that the state has for what it refers to; else
 * what was recorded.
 *
 * States and presets of releases before there were roles have none of this.
 * For a chain, or an instance of a preset, none of whose processes has a role
 * it is told by the names and flags that those presets gave (part_before.c).
 */
struct part {
	const struct state_entry *e; /* borrowed */
	const char *name;            /* of the process */
	enum process_role role;
	const char *signs_as;    /* address, or NULL */
	const json_t *da_server; /* or NULL */
	const char *propose_to;  /* "oracle", "games" or NULL */
	int64_t game_type, interval_ms;
};

/* Of every recorded process, by address. spec may be NULL. What is borrowed
 * lives as long as state and *keep, an array that the caller releases. */
struct part *parts_of(const struct spec *spec, const struct state *state,
		      struct arena *a, json_t *keep, size_t *n);

/* The fields of a recorded process as its spec has them now, with the values
 * that the state has for what they refer to. Lives as long as *keep; NULL: the
 * spec has no such process. */
const json_t *part_fields(const struct spec *spec, const struct state *state,
			  const struct state_entry *e, json_t *keep);

/* part_before.c: fills in what the name and the flags say. roles are the
 * chain's keys (chain_facts). */
void part_before_roles(struct part *p, const struct state *state);

#endif
