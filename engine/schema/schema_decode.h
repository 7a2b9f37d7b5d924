#ifndef OPL2_ENGINE_SCHEMA_SCHEMA_DECODE_H
#define OPL2_ENGINE_SCHEMA_SCHEMA_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/diag/diag.h"
#include "engine/schema/slot.h"
#include "engine/yaml/yaml.h"

/*
 * YAML nodes (or values of other resources) to typed, canonical JSON. All
 * problems are reported, each with position, address and path.
 */
enum parts {
	PARTS_TEXT, /* no references: the text of parts[0] */
	PARTS_SLOT, /* something to be filled in later */
	PARTS_NULL, /* refers to nothing: the value is absent */
	PARTS_BAD   /* reported */
};

struct decode;

/* How references in text are understood; the loader's. All may be NULL. */
struct decode_ops {
	/* The node that a whole-value ${with.x} or ${var.x} stands for, n
	 * itself for others, &ynode_poison when that was reported. */
	struct ynode *(*resolve)(struct decode *d, struct ynode *n);
	enum parts (*parts)(struct decode *d, struct ynode *n,
			    struct slot_part **parts, size_t *nparts);
	/* Canonical value of format asset and resource; NULL: reported. */
	json_t *(*asset)(struct decode *d, const struct ynode *n,
			 const char *text);
	json_t *(*resource)(struct decode *d, const struct ynode *n,
			    const char *text);
	/* May this slot have these references? -1: reported. */
	int (*check)(struct decode *d, const struct ynode *n,
		     const struct slot *slot, bool sensitive);
};

struct decode {
	struct arena *arena;
	struct diags *ds;
	const struct decode_ops *ops; /* NULL: no references */
	void *arg;                    /* for ops */
	const char *addr;             /* for diagnostics, or NULL */
	unsigned port_offset;         /* added to values of format port */
	bool partial;                 /* required fields may be missing */
	const struct ynode *at; /* position for values that have no node */
	struct buf ptr;         /* where we are */
	struct slot *slots;     /* out: what references fill in */
	size_t nslots, cap;
};

extern struct ynode ynode_poison;

void decode_init(struct decode *d, struct arena *a, struct diags *ds,
		 const char *addr);
void decode_done(struct decode *d);
/* New reference; NULL when nothing is there or it was bad. Bad means that
 * ds has more errors than before. */
json_t *schema_decode(struct decode *d, struct ynode **n, const json_t *schema);
/* The same for a JSON value; ptr says where it goes. Values come from other
 * resources' canonical ones. */
json_t *schema_coerce(struct decode *d, const json_t *v, const json_t *schema,
		      bool sensitive);
/* Only the members that are no maps or lists, and whether all keys are known
 * and their values of the right shape. New reference, never NULL. */
json_t *schema_decode_shallow(struct decode *d, struct ynode *map,
			      const json_t *schema);
/* Appends an error at n (or d->at), with address and path. Returns -1. */
int decode_err(struct decode *d, const struct ynode *n, const char *code,
	       const char *fmt, ...) PRINTF_LIKE(4, 5);
/* Last segment of the current pointer, or the address: for messages. */
const char *decode_subject(struct decode *d);
/* Move in d->ptr; push returns what pop takes. */
size_t decode_push(struct decode *d, const char *key);
void decode_pop(struct decode *d, size_t mark);
/* What decoding and coercing share. Positions, address and path for the newest
 * diagnostic; minItems; defaults and what is missing (bad: keys that were given
 * but wrong); x-exactly-one. */
void decode_decorate(struct decode *d, const struct ynode *n);
int decode_length(struct decode *d, const struct ynode *n, const json_t *schema,
		  size_t len);
int decode_complete(struct decode *d, const struct ynode *n,
		    const json_t *schema, json_t *obj, const json_t *bad,
		    bool sens);
int decode_exactly_one(struct decode *d, const struct ynode *n,
		       const json_t *schema, const json_t *obj);

#endif
