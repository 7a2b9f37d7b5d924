#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_GOTOOL_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_GOTOOL_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * A Go toolchain in the store, from the module golang.org/toolchain as the Go
 * module proxy serves it; no go is needed on this machine. Its hash ("h1:", of
 * golang.org/x/mod's dirhash) must be the one that the spec gives, else that
 * of opl2.lock, else that of the checksum database.
 */
struct gotool_want {
	const char *version; /* "1.22.7" */
	const char *h1;      /* of this platform, or NULL */
};

struct gotool_got {
	char *root;     /* GOROOT; malloc'd */
	const char *h1; /* in the operation's arena */
	json_t *lock;   /* {module, version, h1} */
};

/* On OC_OK the caller frees *out with gotool_got_done. */
enum outcome gotool_get(struct effect_ctx *ctx, const struct effect_op *op,
			const struct gotool_want *want,
			struct gotool_got *out) MUST_CHECK;
/* Appends what gotool_get would lack (providers/clients/tools/need.h). */
enum outcome gotool_needs(struct effect_ctx *ctx, const struct effect_op *op,
			  const struct gotool_want *want,
			  json_t *out) MUST_CHECK;
void gotool_got_done(struct gotool_got *g);

#endif
