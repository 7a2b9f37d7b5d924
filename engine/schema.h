#ifndef OPL2_ENGINE_SCHEMA_H
#define OPL2_ENGINE_SCHEMA_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/kind.h"

/*
 * The schema subset of schemas/KIND.json: the only description of a kind. It
 * types YAML scalars, fills defaults, drives diff and reasons, redacts, and
 * generates the reference and the editor schema.
 *
 * Keywords: title description type properties required additionalProperties
 * (false is the default; true or a schema for free maps) items enum default
 * pattern minimum maximum minLength maxLength minItems format, and
 *   x-computed     an output: not settable in a spec
 *   x-stable       a computed field that survives an update
 *   x-volatile     a computed field whose change is not drift
 *   x-class        in_place | restart | replace | new_genesis | new_chain |
 *                  impossible, for a change of this field; inherited by
 *                  everything below; in_place when nothing says otherwise
 *   x-sensitive    may hold a secret token; never shown
 *   x-exactly-one  (on an object) list of property names
 *   x-unique       DOMAIN: two resources of a spec may not have the same
 *                  value (ports, senders, datadirs, engines)
 *   x-enum-from    names a list in another embedded file (chain ids)
 * type: object array string integer boolean any
 * format (on strings): address hash hexdata wei duration bytes url path
 *   port (integer) asset resource name version-range rpc.
 *
 * Canonical values: wei is a decimal string; duration is Go's text ("2s");
 * bytes is an integer; address is EIP-55; hash and hexdata lower-case;
 * path is kept as written (relative to the spec); asset is
 * "asset:SHA256:NAME"; resource is an address.
 */

/* Parsed once per kind and cached; NULL when the kind has no schema. */
const json_t *schema_for(const char *kind);
/* The property's schema at a JSON pointer into an object of this schema;
 * NULL when none applies. */
const json_t *schema_at(const json_t *schema, const char *pointer);
/* Class of a change at pointer, with inheritance. */
enum change_class schema_class(const json_t *schema, const char *pointer);
bool schema_sensitive(const json_t *schema, const char *pointer);

#endif
