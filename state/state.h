#ifndef OPL2_STATE_STATE_H
#define OPL2_STATE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"

/*
 * The state document in memory: what opl2 made and manages, by address.
 *
 * Values are shared, never copied: a json_t that was given to state_put() or
 * read from an entry must not be changed afterwards by anybody. Secrets are
 * not in here; sensitive fields hold reference tokens.
 *
 * `depends` are the addresses an object was made from. They may name an
 * address that is not (or no longer) in the state while a run is under way;
 * such names are left out when the state is written.
 */
#define STATE_FORMAT 1 /* of the file; upgrade.c knows the older ones */

enum entry_status {
	ENTRY_OK,
	ENTRY_INCOMPLETE, /* a create broke off: the next one continues it */
};

struct state_entry {
	const char *addr;
	const char *kind;
	unsigned schema_version;
	enum entry_status status;
	const json_t *config;  /* object: evaluated inputs of the last apply */
	const json_t *attrs;   /* object: computed attributes */
	const json_t *private; /* any value, the kind's own; NULL for none */
	const json_t *depends; /* array of addresses, sorted, no repeats */
};

struct state_node;

struct state {
	char lineage[37]; /* uuid of this chain's state; "" before the first
			     save */
	uint64_t serial;  /* grows with every save; 0 before the first */
	bool dirty;       /* differs from what was loaded */
	json_t *outputs;  /* object; set it with state_set_outputs() */
	/* The map from address to entry: only for state.c. */
	struct state_node **slots;
	size_t nslots, count;
};

/* An empty state, serial 0, without a lineage. */
void state_init(struct state *s);
void state_done(struct state *s);

/* Borrowed until the entry is replaced or removed; NULL when absent. O(1). */
const struct state_entry *state_get(const struct state *s, const char *addr);
/* Adds or replaces. Strings are copied, values shared. An entry equal to the
 * one in place changes nothing, `dirty` included. NULL config, attrs and
 * depends stand for empty ones. */
void state_put(struct state *s, const struct state_entry *e);
/* False when there is none. Others' `depends` on it stay until the save. */
bool state_remove(struct state *s, const char *addr);
/* Shares the object. */
void state_set_outputs(struct state *s, const json_t *outputs);
/* All entries by ascending address; the list is the arena's, the entries are
 * borrowed as by state_get(). */
const struct state_entry **state_list(const struct state *s, struct arena *a,
				      size_t *n);
/* Gives a state without lineage a new random one. */
void state_ensure_lineage(struct state *s);

/* One entry as JSON: {addr, kind, schema_version, status, config, attrs,
 * private, depends}. New reference; values are shared. */
json_t *entry_to_json(const struct state_entry *e);
/* The reverse; out borrows everything from j. On -1 *why says what is wrong
 * (static text) and out is untouched. */
int entry_view(const json_t *j, struct state_entry *out, const char **why);

#endif
