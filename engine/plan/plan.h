#ifndef OPL2_ENGINE_PLAN_PLAN_H
#define OPL2_ENGINE_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "engine/kind/kind.h"
#include "engine/run/events.h"
#include "engine/run/run.h"

/*
 * A plan: what apply would do, and why. Immutable once made. Everything in it
 * lives in its arena; the json values are its own too (plan_free drops them).
 * No secret is ever in a plan: sensitive places hold tokens.
 *
 * Actions are for apply, reasons are for people.
 */
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
	WHY_KEPT,       /* kept or forgotten by the nature of its kind */
	WHY_REMOVED,    /* `removed` with destroy: false */
	WHY_IMPORT,     /* `import`: text is the id */
	WHY_WITHIN      /* what it lives in, named in text, is made anew */
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
	/* Not read, for this process (its own address, or that of one that it
	 * asks) runs on another machine; or NULL. */
	const char *elsewhere;
	bool incomplete; /* continues a broken-off create */
	/* A cache that is not on this machine, or not as recorded, which is no
	 * change (plan_cache.c): nothing is done, or it is made for another. */
	bool not_here;
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
	unsigned create, update, replace, remove, forget, read, noop, import;
	unsigned deferred, drifted, kept, irreversible;
	/* Of these, those of KIND_CACHE: made (anew), and no longer needed. */
	unsigned cache_build, cache_drop;
	unsigned not_here; /* caches that this machine can do without */
	/* What is left of the first four without them. */
	unsigned add, change, destroy;
};

#define PLAN_CONTENT_MAX 72

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
	bool limited; /* -target, -exclude: does not cover the whole spec */
	bool delete_data, force;
	/* The machine that has the processes, {"host", "dir", ...}, when that
	 * is another; with take_over they are to be this one's. Or NULL. */
	const json_t *host;
	bool take_over;
	/* What it was made from. */
	const char *tool_version, *spec_digest, *lineage;
	uint64_t serial;
	const char *journal; /* which broken-off run it saw, or "" */
	char digest[65];     /* of the whole, as saved */
	/* Of what would be done, for approval: plan_digest.h. */
	char content[PLAN_CONTENT_MAX];
};

/* Anything apply would do? Outputs count; refresh-only: drift. */
bool plan_has_changes(const struct plan *p);
const struct change *plan_find(const struct plan *p, const char *addr);
/* Is the chain behind rpc, a value of c's config, one whose process this plan
 * creates? Nobody is asked then: what answers on its port is another program.
 */
bool plan_new_chain(const struct plan *p, const struct change *c,
		    const json_t *rpc);
void plan_free(struct plan *p);
/* Drops the values that one change holds. */
void change_done(struct change *c);

/* Of a kind with KIND_CACHE? */
bool change_is_cache(const struct change *c);
/* The address that it was recorded under until now, or NULL: see `moved`. */
const char *change_moved_from(const struct change *c);

/* Nothing is done, and there is nothing to tell of it. */
bool change_is_quiet(const struct change *c);

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

/* --- making one --- */

/*
 * Makes a plan. -1 when it cannot be applied, with diags. *out is set whenever
 * there is something to show, which includes a plan that is refused for want
 * of consent (E0610). The caller frees it with plan_free.
 */
int plan_make(struct run *r, struct plan **out, struct diags *ds);

/* Mode 0600, whole or not at all. */
int plan_save(const struct plan *p, const char *path, struct diags *ds);
/* Only reads and checks its digest: for `show`. It cannot be applied. */
int plan_read(const char *path, struct plan **out, struct diags *ds);
/* For apply: also refuses (EXIT_STALE) one that was not made from this spec,
 * this state and this release, naming what differs. The mode and the other
 * options recorded in the plan replace those of the run. */
int plan_load(struct run *r, const char *path, struct plan **out,
	      struct diags *ds);

/*
 * What this machine has to have for what the plan makes or changes, and lacks:
 * array of the entries of providers/clients/tools/need.h, each with the "addr"
 * that it is of. Nothing is changed. *out is a new reference. -1 with diags
 * when it could not be found out; one kind that does not know is passed over.
 */
int run_needs(struct run *r, const struct plan *p, json_t **out,
	      struct diags *ds);

#endif
