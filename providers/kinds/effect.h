#ifndef OPL2_PROVIDERS_KINDS_EFFECT_H
#define OPL2_PROVIDERS_KINDS_EFFECT_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "engine/kind/outcome.h"
#include "engine/kind/places.h"

/*
 * The effect half of a resource kind: the only code that touches the world.
 * It runs in opl2-worker, one operation at a time per worker process.
 *
 * Ownership in one sentence: what you are given is const and borrowed; what
 * you put in `out` is a new reference that the caller takes; on anything but
 * OC_OK and OC_PARTIAL leave `out` untouched.
 */

/* What every operation of a run shares. All paths are absolute. */
struct effect_env {
	const char *chain;           /* the spec's name */
	const char *spec_dir;        /* where opl2.yaml is */
	const struct places *places; /* of this chain */
	const char *store_dir;       /* content-addressed store of this user */
	const json_t *secrets; /* {"var:NAME": value, "env:NAME": value} */
	const json_t *registries, *mirrors, *limits; /* of the spec, or NULL */
	/* Names this apply and the broken-off ones that it goes on with, which
	 * the limits are for together; NULL outside of one. */
	const char *apply;
	bool locked; /* opl2.lock may not be extended (-input=false in CI) */
};

struct effect_op { /* one request; borrowed during the call */
	const char *kind, *name, *addr;
	const json_t *config;       /* wholly known */
	const json_t *prior_config; /* update, read, remove; else NULL */
	const json_t *prior;        /* recorded attrs, or NULL */
	const json_t *planned;      /* create, update, recover: the attrs that
				       plan() predicted, or NULL */
	const json_t *priv;         /* the kind's own record, or NULL */
	const json_t *token;        /* newest intent of a broken-off create */
	const json_t *lock;         /* this resource's entry in opl2.lock */
	const json_t *files;        /* import: absolute paths, at least one */
	const json_t *refs;         /* what a whole field of the spec refers to:
				       {"/FIELD": ADDRESS}; or NULL */
	const json_t *later;        /* KIND_RUNS: addresses of what depends on
				       it and is changed after it in this run,
				       an array; or NULL: nothing is */
	bool delete_data;           /* remove: -delete-data was given */
	bool force;                 /* remove, update: -force was given */
	bool accept; /* create: the user named this one with -replace and
			-accept-irreversible: a new chain may be made;
			remove: named with -replace */
	/* Set by the kind itself: something else will do, so do not wait long
	 * for a server that is silent. */
	bool brief;
	const struct effect_env *env;
};

struct effect_result {
	json_t *attrs; /* every x-computed field of the schema */
	json_t *priv;  /* kept in state for this kind only, or NULL */
	json_t *lock;  /* identity for opl2.lock, or NULL: no entry */
	/* read: it exists but does not serve now, and is meant to (stopped by
	 * the user): live reads of what depends on it are put off. What should
	 * run but does not is drift instead, and is repaired. */
	bool down;
};

/* The run's side of an operation; implemented by cmd/opl2-worker. */
struct effect_ctx {
	struct diags *ds;
	struct arena *arena; /* freed after the operation */
	void *impl;
};

/* Records what is about to happen; returns 0 once it is on disk. A `once`
 * kind calls it before its first irreversible act, with what recover() needs
 * to find out what became of it. Borrows token. -1: stop, without the act. */
int effect_intend(struct effect_ctx *ctx, const json_t *token) MUST_CHECK;
/* One line about what is going on or waited for; never a secret. Call it at
 * least every few seconds while waiting. What is done stands before a comma or
 * colon, and how far it is after it: a view tells for how long it is done. */
void effect_progress(struct effect_ctx *ctx, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
/* Some of the attributes that it will have when it is done, which it must not
 * contradict: kinds with KIND_EARLY go on with them. Steals attrs. */
void effect_early(struct effect_ctx *ctx, json_t *attrs);
/* The user asked to stop: finish or leave at the next safe place. */
bool effect_cancelled(struct effect_ctx *ctx);
/* Waits ms, returning early (true) when cancelled. */
bool effect_wait(struct effect_ctx *ctx, unsigned ms);
/* The same while others do what has to be done before, or make the same: it is
 * not counted as time that this operation takes. */
bool effect_wait_queued(struct effect_ctx *ctx, unsigned ms);
/* A process group that must not outlive the run, so that the next run can
 * sweep it; ended with effect_pgroup_end. */
int effect_pgroup(struct effect_ctx *ctx, int64_t pgid, uint64_t starttime);
void effect_pgroup_end(struct effect_ctx *ctx, int64_t pgid);

/*
 * create   MUST unless KIND_READ_ONLY. op->token is set when an earlier one
 *	    broke off: continue it.
 * read     MUST. Observe only. attrs that differ from op->prior are drift
 *	    (fields marked x-volatile excepted).
 * update   MAY. From prior_config to config. It also repairs drift: then the
 *	    two are equal and prior is what read() found. Absent: a kind
 *	    without recover() gets create() instead; one with it must give
 *	    every field of its schema x-class replace or graver.
 * remove   MUST unless KIND_READ_ONLY. Idempotent: already gone is OC_OK.
 *	    effect_leave where nothing is taken back: what is in a chain
 *	    stays, what is in the store is swept when nobody uses it.
 * recover  MUST for KIND_ONCE. OC_OK done (out filled), OC_RETRY not begun,
 *	    OC_PARTIAL begun: create() continues, OC_UNSURE cannot tell.
 * cost     MUST for KIND_COST. What create() (or an update() of which the plan
 *	    said that it costs) would spend now, by simulation: out->attrs is an
 *	    array as plan_out.costs. Asked while planning; changes nothing but
 *	    scratch files. Anything but OC_OK: not known.
 * needs    MUST for KIND_NEEDS. What this machine lacks for create() or
 *	    update(), and how much disk they take, appended to the array `out`
 *	    (providers/clients/tools/need.h). Asked before anything is done:
 *	    config has null at the places that are not known yet. Quick, changes
 *	    nothing, asks no network. Anything but OC_OK: not known.
 * import   MUST for KIND_IMPORT. Verify that what op->files tell of exists and
 *	    is what config asks for; change nothing but files of one's own, and
 *	    those last. out as of create(); OC_OK or a failure.
 */
struct effects {
	const char *kind;
	enum outcome (*read)(struct effect_ctx *ctx, const struct effect_op *op,
			     struct effect_result *out);
	enum outcome (*create)(struct effect_ctx *ctx,
			       const struct effect_op *op,
			       struct effect_result *out);
	enum outcome (*update)(struct effect_ctx *ctx,
			       const struct effect_op *op,
			       struct effect_result *out);
	enum outcome (*remove)(struct effect_ctx *ctx,
			       const struct effect_op *op);
	enum outcome (*recover)(struct effect_ctx *ctx,
				const struct effect_op *op,
				struct effect_result *out);
	enum outcome (*import)(struct effect_ctx *ctx,
			       const struct effect_op *op,
			       struct effect_result *out);
	enum outcome (*cost)(struct effect_ctx *ctx, const struct effect_op *op,
			     struct effect_result *out);
	enum outcome (*needs)(struct effect_ctx *ctx,
			      const struct effect_op *op, json_t *out);
};

/* providers/kinds/effect_registry.c */
enum outcome effect_leave(struct effect_ctx *ctx, const struct effect_op *op);
/* From kinds.def. */
const struct effects *effects_find(const char *kind); /* or NULL */

/* Path of the file behind an asset value ("asset:SHA256:NAME"), which the
 * front end has laid down in places->assets before the operation. */
const char *effect_asset(struct effect_ctx *ctx, const struct effect_op *op,
			 const char *value);

#endif
