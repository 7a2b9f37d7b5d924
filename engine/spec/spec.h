#ifndef OPL2_ENGINE_SPEC_SPEC_H
#define OPL2_ENGINE_SPEC_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "engine/kind/kind.h"
#include "engine/kind/places.h"
#include "engine/schema/slot.h"

/*
 * The resolved spec: presets merged, variants chosen, inputs and variables
 * substituted, instances expanded, ports shifted, every value typed by its
 * schema. What depends on other resources stays a slot until it is evaluated.
 * Everything lives in the spec's arena; json values are owned by it too.
 */

struct lifecycle {
	bool prevent_destroy;
	const char **ignore_changes; /* JSON pointers */
	size_t nignore;
	const char **replace_when; /* addresses (with optional /path) */
	size_t nreplace;
};

struct resource {
	const char *addr; /* "kind.name" */
	const char *name; /* after the first dot; may hold "instance/" */
	const struct kind *kind;
	const json_t *schema;
	json_t *config; /* null where a slot is */
	struct slot *slots;
	size_t nslots;
	const char **deps; /* addresses: from slots and depends_on; sorted */
	size_t ndeps;
	uint64_t timeout_ms; /* 0: the engine's default */
	struct lifecycle life;
	/* For positions: the merged YAML node of the fields, and its key. */
	const void *node, *key;
};

struct output {
	const char *name;
	json_t *value; /* null where a slot is */
	struct slot *slots;
	size_t nslots;
	bool sensitive;
	const char *description;
	const void *node, *key; /* for positions */
};

struct move {
	const char *from, *to; /* addresses */
};

struct removed {
	const char *from; /* address */
	bool destroy;     /* else it is only forgotten */
};

struct import {
	const char *to; /* address */
	const char *id; /* a file or folder, as `opl2 import` takes it; relative
			 * to the spec's folder */
};

struct spec {
	struct arena arena;
	const char *file, *dir;             /* dir is absolute */
	const struct places *places;        /* of opts.state_dir */
	const char *name;                   /* of the chain */
	const char *preset, *preset_digest; /* NULL without `use` */
	struct resource *res;               /* sorted by addr */
	size_t nres;
	struct output *outputs; /* sorted by name */
	size_t noutputs;
	struct move *moves;
	size_t nmoves;
	struct removed *removed;
	size_t nremoved;
	struct import *imports;
	size_t nimports;
	json_t *limits, *registries, *mirrors; /* or NULL */
	json_t *backend, *encryption; /* where the state is kept, or NULL */
	json_t *runtime;              /* where processes run, or NULL */
	json_t *secrets;      /* {"var:NAME": value} of sensitive variables */
	char digest[65];      /* of all of the above but the secrets */
	struct spec_src *src; /* private to the loader */
};

struct spec_opts {
	const char *file;        /* "opl2.yaml" */
	const char *const *vars; /* -var NAME=VALUE, in order */
	size_t nvars;
	const char *const *var_files; /* -var-file, in order */
	size_t nvar_files;
	const char *state_dir; /* absolute .opl2, for checks that need it */
	/* A missing variable without default is an error, unless this is set
	 * and the variable is sensitive: then its value is unknown. */
	bool lenient;
};

/* Loads, resolves and validates. All problems in one pass; -1 when any is an
 * error. *out is set even then when enough was read to go on explaining. The
 * caller frees with spec_free (NULL is fine). */
int spec_load(const struct spec_opts *opts, struct spec **out,
	      struct diags *ds);
void spec_free(struct spec *sp);
/* Refuses (E0873) a spec without limits.eth that spends on a chain which it
 * does not itself run. For what leads to an apply: whoever only looks, or
 * takes a chain down, needs no limit. */
int spec_check_limits(const struct spec *sp, struct diags *ds) MUST_CHECK;
struct resource *spec_find(const struct spec *sp, const char *addr);
/* What `removed` and `import` say of an address; NULL: nothing. */
const struct removed *spec_removed(const struct spec *sp, const char *addr);
const char *spec_import_id(const struct spec *sp, const char *addr);

/* Adds file:line:col to diags that have addr (and maybe path) only. */
void spec_locate(const struct spec *sp, struct diags *ds);

/* Looks up the object a reference names. Returns a borrowed value, NULL with
 * *unknown set when not yet known, NULL without when there is no such field. */
typedef const json_t *(*ref_lookup)(void *arg, const struct ref *ref,
				    bool *unknown);

/* Evaluates config's slots. *config is a new reference (null at unknown
 * places), *unknown a new array of JSON pointers. Runs the kind's check().
 * -1 with diags positioned in the spec. */
int resource_eval(const struct spec *sp, const struct resource *r,
		  ref_lookup lookup, void *arg, json_t **config,
		  json_t **unknown, struct diags *ds);
/* The kind's check() alone, on a config that was evaluated elsewhere. */
int resource_check(const struct spec *sp, const struct resource *r,
		   const json_t *config, const json_t *unknown,
		   struct diags *ds);
/* As resource_eval, for an output; *value is null when unknown. */
int output_eval(const struct spec *sp, const struct output *o,
		ref_lookup lookup, void *arg, json_t **value, bool *unknown,
		struct diags *ds);

/* The namespace of a cluster that its processes run in; NULL: on this machine.
 * sp may be NULL. */
const char *spec_namespace(const struct spec *sp);

/* Content of an asset value ("asset:SHA256:NAME"): NULL when it is not one of
 * this spec. The bytes are borrowed from the spec. */
const char *spec_asset(const struct spec *sp, const char *value, size_t *n);
/* Iterates every asset that some resource uses: *i starts at 0; NULL ends. */
const char *spec_asset_next(const struct spec *sp, size_t *i);

/* Notes the built-in presets of the spec in opl2.lock, unless they are there:
 * an entry keeps its text, so a newer program changes nothing. */
struct lockfile;
void spec_pin(const struct spec *sp, struct lockfile *lf);

/* Every value with its origin, as commented YAML, for `show -spec`. */
void spec_print(const struct spec *sp, struct buf *out);

#endif
