#ifndef OPL2_ENGINE_PLAN_PLAN_IMPL_H
#define OPL2_ENGINE_PLAN_PLAN_IMPL_H

#include "engine/plan/diff.h"
#include "engine/run/run_impl.h"

/* Making a plan: shared by the planner only. */

/* A resource of the spec on its way through the planner. */
struct pnode {
	const struct resource *res;
	struct change *c;
	/* As recorded, in today's schema; NULL: not recorded. */
	const struct state_entry *entry;
	const char *moved_from; /* or NULL */
	struct known known;     /* what references find */
	size_t wait;            /* dependencies not yet planned */
	bool selected;          /* by -target, or all */
	bool failed;            /* cannot be planned, or what it needs cannot */
	bool begun;             /* an open intent: apply recovers it first */
	bool was_read, gone, down, unreachable;
	bool lazy;    /* a cache that is as recorded, whatever was read */
	bool pricing; /* the operation that is out asks what it costs */
	/* Why live reads of it and of what depends on it cannot be trusted. */
	const char *blocked_by, *blocked_why;
	bool blocked_made; /* that is made anew */
	/* The process on another machine that it is, or needs; or NULL. */
	const char *elsewhere;
	json_t *hashes; /* of the sensitive values in config; or NULL */
	struct pool_op op;
};

struct planner {
	struct run *r;
	struct plan *p;
	struct graph g;
	struct pnode *nodes; /* by graph id */
	struct diags *ds;
	size_t *ready, nready, left;
	struct intr intr;
	bool outside; /* a lookup wanted what -target leaves out */
};

/* plan_read.c: works through all nodes in graph order, reading in parallel;
 * calls node_begin and node_finish. */
int plan_walk(struct planner *pl);

/* plan_node.c */
/* Evaluates the config. True when a read was put into n->op. */
bool node_begin(struct planner *pl, struct pnode *n);
/* Takes in the read, if there was one, and decides. */
void node_finish(struct planner *pl, struct pnode *n);
/* Action, reasons and attrs, from what was evaluated and read. */
int node_decide(struct planner *pl, struct pnode *n);
/* True when the question what it costs was put into n->op ... */
bool node_price(struct planner *pl, struct pnode *n);
/* ... whose answer this takes. */
void node_take_price(struct planner *pl, struct pnode *n);
/* The recorded object in today's schema, or NULL (and n->failed on error). */
const struct state_entry *entry_today(struct planner *pl, const char *addr,
				      bool *failed);

/* plan_cache.c */
bool plan_is_lazy(const struct planner *pl, const struct pnode *n);
/* Is it gone, or another than recorded? */
bool plan_lacks(struct planner *pl, const struct pnode *n);
/* Those that something uses are made here. */
int plan_caches(struct planner *pl);

/* plan_source.c: names in the reasons what makes their values unknown. */
void plan_sources(struct planner *pl, struct pnode *n);

/* plan_kind.c: asks the kind, checks its answer, fills attrs, notes, costs. */
int plan_predict(struct planner *pl, struct pnode *n, bool creating);
int plan_leaves(struct planner *pl, struct change *c,
		const struct state_entry *e);
void kind_ctx_init(struct kind_ctx *ctx, struct planner *pl, const char *addr);

/* plan_gone.c: removals of what is only recorded, or of everything. */
int plan_orphans(struct planner *pl);
int plan_destroy(struct planner *pl);

/* Does one of the names, addresses or kinds, stand for it? */
bool plan_names(const char *const *names, size_t n, const char *addr);

/* plan_consent.c: what may not go ahead without being named. */
int plan_consent(struct planner *pl);
/* Whether -replace names it. */
bool plan_is_named(const struct run *r, const char *addr);

void plan_count(struct plan *p);
/* Sets the digest (plan_json.c). */
void plan_seal(struct plan *p);
void change_reason(struct planner *pl, struct change *c,
		   const struct reason *why);
/* Keeps v (stolen) alive as long as the plan. */
const json_t *plan_keep(struct plan *p, json_t *v);

#endif
