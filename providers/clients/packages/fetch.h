#ifndef OPL2_PROVIDERS_CLIENTS_PACKAGES_FETCH_H
#define OPL2_PROVIDERS_CLIENTS_PACKAGES_FETCH_H

#include <stddef.h>

#include "engine/base/compiler.h"
#include "providers/clients/packages/npmrc.h"
#include "providers/clients/store/digest.h"
#include "providers/clients/store/store.h"
#include "providers/kinds/effect.h"

/*
 * What package kinds share: the store and the network, as seen from within an
 * operation (progress, cancelling, mirrors, opl2.lock).
 */

/* A file to download into the store's partial/. All borrowed. */
struct fetch {
	const char *what;        /* for people: "solc@0.8.15" */
	const char *const *urls; /* tried in order */
	size_t nurls;
	const struct digest *want; /* or NULL: the caller judges the file */
	const char *key;           /* names the content, as for store_partial */
	const struct npmrc *npmrc; /* how to talk to an npm registry, or NULL */
};

/*
 * Downloads and verifies. Each URL is tried after the spec's mirrors for it,
 * and with op->brief given up soon.
 * OC_OK: *path (malloc'd) is a whole file, which the caller unlinks after use.
 * OC_FAIL: E0703 for the wrong content, else the transfer's own diagnostics.
 */
enum outcome fetch_file(struct effect_ctx *ctx, const struct effect_op *op,
			const struct fetch *f, char **path) MUST_CHECK;

/* GET into memory; OC_GONE, silently, when the server has no such document
 * (404, 410) or none of its kind (405, 501). */
enum outcome fetch_text(struct effect_ctx *ctx, const struct effect_op *op,
			const char *url, const char *accept,
			const struct npmrc *npmrc, struct buf *out) MUST_CHECK;

/* store_begin within an operation: OC_OK, and *found tells whether the entry
 * is there or ours to make. */
enum outcome fetch_begin(struct effect_ctx *ctx, const struct effect_op *op,
			 const struct store_id *id, struct store_entry *e,
			 bool *found) MUST_CHECK;

/*
 * Compares an identity {subject..., digest...} with this resource's entry in
 * opl2.lock. When the entry is about the same subject (the named keys, NULL at
 * the end), everything else must be equal, or it is E0704; when there is none
 * and the lock may not be extended, E0705.
 */
int fetch_locked(struct effect_ctx *ctx, const struct effect_op *op,
		 const json_t *identity, const char *const *subject) MUST_CHECK;
/* The entry's value for key, when the entry is about the same subject. */
const char *fetch_lock_value(const struct effect_op *op, const json_t *identity,
			     const char *const *subject, const char *key);

/* For untar's and http's callbacks: effect_cancelled of an effect_ctx. */
bool fetch_cancelled(void *ctx);

#endif
