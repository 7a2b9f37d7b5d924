#ifndef OPL2_ENGINE_SCHEMA_SCHEMA_H
#define OPL2_ENGINE_SCHEMA_SCHEMA_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "engine/kind/kind.h"

/*
 * The schema subset of schemas/kinds/KIND.json: the only description of a kind.
 * It types YAML scalars, fills defaults, drives diff and reasons, redacts, and
 * generates the reference and the editor schema.
 *
 * Keywords: title description type properties required additionalProperties
 * (false is the default; true or a schema for free maps) items enum default
 * pattern minimum maximum minLength maxLength minItems format, and
 *   x-computed     an output: not settable in a spec
 *   x-stable       a computed field that survives an update
 *   x-volatile     a computed field whose change is not drift; another one
 *                  whose change alone is none
 *   x-class        in_place | restart | one_way | replace | new_genesis |
 *                  new_chain | impossible, for a change of this field;
 *                  inherited by everything below; in_place when nothing says
 *                  otherwise
 *   x-upgrade      CONTRACT: the value is also changed, without a new chain,
 *                  by an upgrade of that contract, which opl2 does not make
 *                  of itself
 *   x-why          TEXT: why a change of this field is as grave as it is, for
 *                  the refusal of a plan
 *   x-sensitive    may hold a secret token; never shown; inherited
 *   x-exactly-one  (on an object) list of property names
 *   x-unique       DOMAIN: two places of a spec may not have the same value
 *                  (ports, senders, datadirs, engines)
 *   x-enum-from    "FILE" or "FILE#/pointer": the values are the list, or the
 *                  keys of the map, in that embedded file (chain ids)
 *   x-chain        (boolean) the RPC of the chain that the object is on; at
 *                  most one property. A recorded object is read by what it was
 *                  made from, but by way of the RPC that it has now. Of a kind
 *                  that spends (KIND_IRREVERSIBLE) limits.eth is asked for,
 *                  unless what the field refers to, directly or through
 *                  another's x-chain field, is of a kind with KIND_RUNS
 *   x-takes        of the object: about the seconds that making it takes, for
 *                  a plan's first estimate (engine/plan/durations.h). Of a
 * field that is there, the sum goes over that: seconds, or true on an integer
 * that says them itself. Figures are of a machine with two cores.
 * {"$ref": "#/POINTER"} stands for what is there in the same file; members
 * beside it go over those.
 * type: object array string integer boolean any
 * format: address hash hexdata wei duration bytes (string or integer) url
 *   path port (integer) asset resource name version-range rpc.
 * The names when, depends_on, timeout and lifecycle belong to every resource
 * and may not be properties of a kind.
 *
 * Canonical values: wei is a decimal string; duration is Go's text ("2s");
 * bytes is an integer; address is EIP-55; hash and hexdata lower-case;
 * path is kept as written (relative to the spec); asset is
 * "asset:SHA256:PATH", PATH as written in the spec or preset; resource is an
 * address. In type any, plain scalars are typed as YAML 1.2 does, but an
 * integer over 64 bits and a real stay text; "yes", "no", "on", "off" and
 * "010" must be quoted or written otherwise.
 */

/* Parsed once per kind and cached; NULL when the kind has no schema. */
const json_t *schema_for(const char *kind);
/* The property's schema at a JSON pointer into an object of this schema;
 * NULL when none applies. */
const json_t *schema_at(const json_t *schema, const char *pointer);
/* Class of a change at pointer, with inheritance. */
enum change_class schema_class(const json_t *schema, const char *pointer);
bool schema_sensitive(const json_t *schema, const char *pointer);
/* The name of the property with x-chain, or NULL. */
const char *schema_chain(const json_t *schema);
/* Any embedded JSON file ("spec.json"), parsed once; NULL when absent. */
const json_t *schema_file(const char *path);
/* Puts in place what a parsed schema file refers to; what is referred to
 * refers to nothing outside itself. */
void schema_expand(json_t *schema);
/* The schema of anything: {"type": "any"}. */
const json_t *schema_any(void);
/* One step down: the schema of member key (or an array's element). NULL when
 * there is none, schema_any() where anything goes. */
const json_t *schema_step(const json_t *schema, const char *key);
/* The values x-enum-from or enum allow, as a new array, or NULL. */
json_t *schema_choices(const json_t *schema);

/* Checks a schema itself: unknown keywords, types, formats, classes, defaults
 * of the wrong type. -1 with a diag a problem; for tests. */
int schema_check(const char *name, const json_t *schema, struct diags *ds);

#endif
