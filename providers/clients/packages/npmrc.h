#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_NPMRC_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_NPMRC_H

#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"

/*
 * npm's configuration, as the npm client reads it: which registry serves a
 * package, and how to talk to it. From the strongest to the weakest:
 * npm_config_KEY in the environment (in any case, "_" for "-"), .npmrc in the
 * project's folder, the user's (~/.npmrc or npm_config_userconfig), the global
 * one (npm_config_globalconfig or PREFIX/etc/npmrc). ${NAME} in keys and
 * values is the environment's, ${NAME?} may be missing.
 *
 * Values may be credentials: nothing here prints any.
 */
struct npmrc {
	struct arena *arena;
	json_t *keys;          /* {"registry": "...", "@scope:registry": ...} */
	const char *user_file; /* or NULL */
	const char *home;      /* borrowed from the environment, or NULL */
};

/* Reads everything. env is a NULL-terminated list of NAME=value, normally
 * environ. dir is the project's folder. 0, or -1 with E0712. */
int npmrc_load(struct npmrc *n, struct arena *a, const char *const *env,
	       const char *dir, struct diags *ds) MUST_CHECK;
void npmrc_done(struct npmrc *n);

/* The user's own file, for messages. */
const char *npmrc_user_file(const struct npmrc *n);

/* A key's value, or NULL. */
const char *npmrc_get(const struct npmrc *n, const char *key);

/* The registry for a package, with a slash at its end: the one of its scope,
 * else the general one. Arena string; NULL when none is configured. */
const char *npmrc_registry(const struct npmrc *n, const char *package);

/*
 * Fills proxy, certificates, tries and time-outs of a request, and one header
 * with the credential of the registry under which req->url lies. `headers` is
 * room for three pointers.
 */
void npmrc_apply(const struct npmrc *n, struct http_req *req,
		 const char **headers);

#endif
