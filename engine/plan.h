#ifndef OPL2_ENGINE_PLAN_H
#define OPL2_ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/kind.h"

/*
 * A plan: what apply would do, and why. Immutable once made. Everything in it
 * lives in its arena; the json values are its own too (plan_free drops them).
 * No secret is ever in a plan: sensitive places hold tokens.
 *
 * Actions are for apply, reasons are for people.
 */
enum plan_mode {
	PLAN_NORMAL,
	PLAN_DESTROY,
	PLAN_REFRESH_ONLY /* only records what was read */
};

enum action {
	ACT_NOOP,
	ACT_READ,    /* "<=" a read-only kind is read */
	ACT_CREATE,  /* "+" also: an incomplete one is continued */
	ACT_UPDATE,  /* "~" */
	ACT_REPLACE, /* "-/+" remove, then create */
	ACT_DELETE,  /* "-" */
	ACT_FORGET,  /* "." leaves the state; the thing itself stays */
	ACT_IMPORT   /* adopts what is there; run_import's, in no saved plan */
};

enum why {
	WHY_NEW, /* not recorded yet */
	/* The spec says something else now; see pointer. Of a value that is
	 * unknown because an object is made anew, text is its address. */
	WHY_CONFIG,
	WHY_DRIFT,      /* the object is not as recorded; see pointer */
	WHY_GONE,       /* recorded, but it does not exist any more */
	WHY_INCOMPLETE, /* an earlier run broke off; it is continued */
	WHY_REQUESTED,  /* -replace */
	WHY_TRIGGERED,  /* lifecycle.replace_when; text names the address */
	WHY_ORPHAN,     /* recorded, but no longer in the spec */
	WHY_DESTROY,    /* destroy was asked for */
	WHY_PROTECTED,  /* kept: lifecycle.prevent_destroy */
	WHY_NEEDED,     /* kept: a kept one, named in text, depends on it */
	WHY_MOVED,      /* `moved`: text is the old address */
	WHY_KEPT        /* kept or forgotten by the nature of its kind */
};

struct reason {
	enum why why;
	const char *pointer;          /* into config or attrs, or NULL */
	const json_t *before, *after; /* NULL when absent; borrowed */
	bool sensitive;               /* show neither value */
	bool unknown;  /* the new value is known only during apply */
	bool computed; /* pointer is into attrs, not into config */
	enum change_class class;
	const char *text; /* see enum why, or NULL */
};

struct change {
	const char *addr, *kind;
	enum action action;
	enum change_class class; /* gravest of the reasons */
	struct reason *reasons;
	size_t nreasons;
	/* What will be: null at the places in unknown (JSON pointers). NULL
	 * for DELETE and FORGET. */
	json_t *config, *unknown;
	/* Computed fields known so far; attrs_unknown: the names of those that
	 * will be known after apply. */
	json_t *attrs, *attrs_unknown;
	/* What is recorded, and (after a read) what was found; or NULL. */
	json_t *prior_config, *prior;
	/* The read is put off until apply, because of this address. */
	bool deferred;
	const char *deferred_by;  /* its address, or NULL */
	const char *deferred_why; /* "is stopped", "will change", ... */
	const char **notes;
	size_t nnotes;
	json_t *costs;        /* as struct plan_out, or NULL */
	const char **depends; /* addresses; for DELETE: as recorded */
	size_t ndepends;
	bool irreversible; /* "!": spends money or cannot be undone */
	bool consented;    /* accepted: see plan_consent.c */
	bool kept;         /* something stays behind: listed, exit 13 */
	bool drifted;      /* what was read differs from the record */
	bool incomplete;   /* continues a broken-off create */
	/* What it is expected to take, 0 when nobody knows: as an earlier run
	 * of this chain took, or by x-takes of its schema. */
	uint64_t takes_ms;
	bool takes_recorded;
	const struct resource *res; /* NULL: only in the state */
};

struct plan_output {
	const char *name;
	const json_t *before, *after; /* NULL absent; after null if unknown */
	bool unknown, sensitive;
};

struct plan_counts {
	unsigned create, update, replace, remove, forget, read, noop;
	unsigned deferred, drifted, kept, irreversible;
	/* Of these, those of KIND_CACHE: made (anew), and no longer needed. */
	unsigned cache_build, cache_drop;
	/* What is left of the first four without them. */
	unsigned add, change, destroy;
};

struct plan {
	struct arena arena;
	json_t *values; /* array that owns every json value of the plan */
	enum plan_mode mode;
	const char *chain;
	/* In the order apply starts them: dependencies first, ties by address;
	 * removals are placed in reverse of the recorded dependencies. */
	struct change *changes;
	size_t nchanges;
	struct plan_output *outputs; /* sorted by name */
	size_t noutputs;
	struct plan_counts counts;
	bool refused; /* needs a consent that was not given: cannot be applied
		       */
	bool limited; /* -target: does not cover the whole spec */
	bool delete_data, force;
	/* What it was made from. */
	const char *tool_version, *spec_digest, *lineage;
	uint64_t serial;
	const char *journal; /* which broken-off run it saw, or "" */
	char digest[65];     /* of the whole, as saved */
};

/* Anything apply would do? Outputs count; refresh-only: drift. */
bool plan_has_changes(const struct plan *p);
const struct change *plan_find(const struct plan *p, const char *addr);
void plan_free(struct plan *p);
/* Drops the values that one change holds. */
void change_done(struct change *c);

/* Of a kind with KIND_CACHE? */
bool change_is_cache(const struct change *c);

/* "create", "no-op"...; "in place", "new chain"...; "config", "drift"... for
 * text and JSON alike. */
const char *action_name(enum action a);
const char *class_name(enum change_class c);
const char *why_name(enum why w);

/* A change of this class of an object that is there has to be accepted by
 * -accept-irreversible, or (the impossible) is refused. */
bool class_needs_consent(enum change_class c);

/* The documented JSON form, also the saved one. New reference. */
json_t *plan_to_json(const struct plan *p);

#endif
