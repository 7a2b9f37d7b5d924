#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_NPM_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_NPM_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * A package of an npm registry, in the store, without the npm client: the
 * metadata name the tarball and its digest, and the tarball is unpacked once
 * the digest is right. Scripts of the package are never run.
 */
struct npm_want {
	const char *package, *version; /* exact */
	const char *integrity;         /* or NULL: the registry's word, which
					  opl2.lock then keeps */
};

struct npm_got {
	char *dir;             /* of the package; malloc'd */
	const char *integrity; /* in the operation's arena */
	json_t *lock;          /* {package, version, integrity} */
};

/* On OC_OK *out is filled, and the caller frees it with npm_got_done. */
enum outcome npm_get(struct effect_ctx *ctx, const struct effect_op *op,
		     const struct npm_want *want,
		     struct npm_got *out) MUST_CHECK;
/* Appends what npm_get would lack (providers/clients/tools/need.h). */
enum outcome npm_needs(struct effect_ctx *ctx, const struct effect_op *op,
		       const struct npm_want *want, json_t *out) MUST_CHECK;
void npm_got_done(struct npm_got *g);

#endif
