#ifndef OPL2_ENGINE_KIND_KIND_H
#define OPL2_ENGINE_KIND_KIND_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * The pure half of a resource kind: what opl2 needs to check and plan it. It
 * never touches the network, starts a program or writes a file. The effect
 * half is in providers/kinds/effect.h and runs in opl2-worker only.
 *
 * To add a kind:
 *   1. schemas/kinds/K.json                its fields: types, units, classes
 *   2. providers/kinds/K/K.c         `const struct kind kind_K = { ... };`
 *   3. providers/kinds/K/effect_K.c  `const struct effects effects_K = {...};`
 *   4. providers/kinds/kinds.def     the line KIND(K), in alphabetical order
 * Nothing else. If a kind needs an edit of the engine, the contract is wrong.
 *
 * The object of a resource has two parts: *config*, what the spec says (typed,
 * defaults filled in, references evaluated), and *attrs*, what came out (the
 * x-computed fields of the schema). A reference ${kind.name.field} finds
 * either, attrs first.
 */

/* How grave a change is; a schema gives each field one by x-class. */
enum change_class {
	CLASS_IN_PLACE,    /* update() does it */
	CLASS_RESTART,     /* update() does it; a process restarts */
	CLASS_ONE_WAY,     /* update() does it; it cannot be taken back */
	CLASS_REPLACE,     /* remove and create again */
	CLASS_NEW_GENESIS, /* the L2 starts again from block 0 */
	CLASS_NEW_CHAIN,   /* a second deployment on L1 */
	CLASS_IMPOSSIBLE   /* refused */
};

struct resource;
struct spec;
struct state;

enum kind_flag {
	/* create() must not simply be run twice: intent before effect, and
	 * recover() tells what became of a broken-off one. Without this flag
	 * a kind converges: running create() again is the recovery. */
	KIND_ONCE = 1 << 0,
	/* Only read() exists (an endpoint): shown as "<=" in a plan. */
	KIND_READ_ONLY = 1 << 1,
	/* read() talks to something that a dependency provides: it is
	 * deferred while a dependency is stopped, pending or unreachable. */
	KIND_LIVE = 1 << 2,
	/* create() spends money or cannot be undone: "!" in a plan. One that
	 * spends says in its schema where, by x-chain. */
	KIND_IRREVERSIBLE = 1 << 3,
	/* destroy forgets it and lists what stays (keys, contracts). */
	KIND_FORGET = 1 << 4,
	/* destroy keeps it unless -delete-data is given (datadirs). */
	KIND_DATA = 1 << 5,
	/* The effect half has import(): `opl2 import` adopts one that was made
	 * by hand. */
	KIND_IMPORT = 1 << 6,
	/* The effect half has cost(), which knows better than plan_out.costs
	 * once the config is wholly known. */
	KIND_COST = 1 << 7,
	/* What it makes runs here, so that nobody else's money is spent on a
	 * chain that it serves: see x-chain in engine/schema/schema.h. */
	KIND_RUNS = 1 << 8,
	/* A download or a build, made again from what is pinned: its loss costs
	 * time and nothing else. Counted apart in a plan. */
	KIND_CACHE = 1 << 9,
	/* The effect half has needs(): what this machine has to have before
	 * the object can be made. */
	KIND_NEEDS = 1 << 10,
	/* Its check() says whether what was chosen goes together at all. When
	 * it refuses, what else is wrong with what a preset made of that
	 * choice is not told. */
	KIND_JUDGE = 1 << 11,
	/* It is made of values and files alone, and nobody is asked: it may
	 * begin with what a dependency tells before that is done
	 * (effect_early). */
	KIND_EARLY = 1 << 12,
	/* What it makes is known by the resource's name, and keeps it as long
	 * as it is: one that moves is replaced. Its attributes have the name
	 * that it was made by. */
	KIND_NAMED = 1 << 13
};

struct places;
struct kind_ctx {
	struct diags *ds; /* positions are added by the engine from .path */
	struct arena *arena;
	const char *addr;     /* "process.op-node" */
	const char *chain;    /* the spec's name */
	const char *spec_dir; /* absolute */
	const struct places *places;
	const json_t *limits; /* the spec's limits:, or NULL */
	/* What is kept in the state folder goes to a place that others can
	 * read, and nothing encrypts it. */
	bool exposed;
	/* Who else there is, for names of files that two addresses once had in
	 * common; each may be NULL. find is spec_find(), by pointer because
	 * workers, which link the pure halves, have no spec. */
	const struct spec *spec;
	struct resource *(*find)(const struct spec *sp, const char *addr);
	const struct state *state;
};

struct plan_req {              /* borrowed */
	const json_t *config;  /* null at the unknown places */
	const json_t *unknown; /* array of JSON pointers into config */
	const json_t *prior_config, *prior; /* NULL when not yet created */
	/* What the state has, where prior is what was found: after a drift the
	 * two differ. NULL as prior. */
	const json_t *recorded;
	bool creating; /* a create or replace is proposed */
};

struct plan_out {
	/* New reference or NULL: the computed fields that are already known
	 * at plan time. For an update, fields with x-stable keep their prior
	 * value without being named here; all others are unknown. */
	json_t *attrs;
	/* Lines shown under the resource in the plan, arena strings. */
	const char **notes;
	size_t nnotes;
	/* New reference or NULL: array of {role, gas, wei, largest, estimate,
	 * source, own, bonds, rpc, chain_id, address, at, to} (wei, gas and
	 * largest decimal strings; largest: the gas limit of its largest
	 * transaction; estimate: a figure of earlier ones; source of the gas:
	 * "simulated", "estimated" by the chain's node, "recorded" of an
	 * earlier one, or "scaled" from that; own: it is not spent, but must be
	 * there; bonds: {each, per_hour, at_once (wei), returns_after}; at and
	 * to: pointers into config, of the key or address that pays and of the
	 * account that gets the wei). With rpc and either address or at, what
	 * the account lacks is told beside the plan. */
	json_t *costs;
};

/* Adds a line to out->notes. */
void kind_note(struct kind_ctx *ctx, struct plan_out *out, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

struct kind {
	const char *name;
	unsigned schema_version; /* of the stored object; see upgrade */
	unsigned flags;
	/* MAY. Rules the schema cannot say. A place listed in unknown is not
	 * yet known and must be passed over. 0, or -1 with diags whose path
	 * is a JSON pointer into config. */
	int (*check)(struct kind_ctx *ctx, const json_t *config,
		     const json_t *unknown);
	/* MAY. Predict computed fields, add notes and costs. */
	int (*plan)(struct kind_ctx *ctx, const struct plan_req *req,
		    struct plan_out *out);
	/* MUST for KIND_FORGET and KIND_DATA: notes that say what stays behind
	 * and where (address and key file, contracts, folder) when the object
	 * with this config and these attrs leaves the state. Of an object that
	 * was never completed attrs may be empty. Only notes are taken. */
	int (*leaves)(struct kind_ctx *ctx, const json_t *config,
		      const json_t *attrs, struct plan_out *out);
	/* MAY. Two objects of this kind, or two places of one, have the same
	 * value in x-unique fields of one domain: may they? Configs are null at
	 * places that are not known; at_: JSON pointers into them. */
	bool (*may_share)(const json_t *a, const char *at_a, const json_t *b,
			  const char *at_b);
	/* MAY. Bring a stored object from an older schema_version to this
	 * one, in place. */
	int (*upgrade)(struct kind_ctx *ctx, unsigned from, json_t *config,
		       json_t *attrs);
};

/* providers/kinds/registry.c, from kinds.def; sorted by name. */
extern const struct kind *const kind_table[];
extern const unsigned kind_count;
const struct kind *kind_find(const char *name); /* or NULL */

/* True when pointer, or a parent of it, is in the array of pointers. */
bool is_unknown(const json_t *unknown, const char *pointer);

#endif
