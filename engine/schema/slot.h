#ifndef OPL2_ENGINE_SCHEMA_SLOT_H
#define OPL2_ENGINE_SCHEMA_SLOT_H

#include <stddef.h>
#include <jansson.h>

/*
 * What a typed value may still wait for: places that other resources' values
 * fill in later. Everything lives in the arena of who decoded it.
 */

/* A reference ${kind.name.path} inside a value. One to the resource itself
 * (${self.path}) has its own address and makes no edge. References to a
 * resource whose `when` is false are null already and never slots. */
struct ref {
	const char *addr; /* "process.op-geth" ("process.r1/op-geth") */
	const char *path; /* JSON pointer into its object, "" for the whole */
	const char *accessor; /* "seconds", "wei", "gwei", "bytes" or NULL */
};

/* A place in a config that references fill in. */
struct slot {
	const char *pointer;  /* into config */
	const json_t *schema; /* types the outcome */
	/* Exactly one of the members of a part is set. One part with a ref and
	 * nothing else keeps the type of what it refers to. */
	struct slot_part {
		const char *text;      /* literal */
		const struct ref *ref; /* of another resource, or its own */
		const char *var;       /* a sensitive variable */
	} * parts;
	size_t nparts;
};

#endif
