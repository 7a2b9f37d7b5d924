#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_SUMDB_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_SUMDB_H

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/packages/tlog.h"

/*
 * The answer of a Go checksum database to a lookup, as of golang.org/x/mod/
 * sumdb: lines of go.sum, and a signed tree head.
 *
 * sumdb is GOSUMDB: "NAME", for a database whose key is built in, or
 * "NAME+HASH+KEY". Checks that the tree head in `text` is signed by that
 * database's key, and that the lines are in that tree, for which tiles are
 * read; gives the "h1:..." of "MODULE VERSION" (arena). NULL with E0711 or what
 * `read` reported.
 */
const char *sumdb_lookup(struct arena *a, const char *sumdb, const char *text,
			 const char *module, const char *version,
			 tlog_read *read, void *arg,
			 struct diags *ds) MUST_CHECK;

/* The database's name, without key and URL. */
const char *sumdb_name(struct arena *a, const char *sumdb);

#endif
