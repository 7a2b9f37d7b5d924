#ifndef OPL2_PROVIDERS_CLIENTS_OBJECTS_TFHTTP_H
#define OPL2_PROVIDERS_CLIENTS_OBJECTS_TFHTTP_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"
#include "providers/clients/objects/objects.h"

/*
 * What Terraform's http backend speaks, "Backend Type: http" in its manual and
 * "GitLab-managed Terraform state" in GitLab's: one document at an address, and
 * a lock that has an ID. Requests are sent again when that does no harm; what
 * the caller must know is in the result.
 */
#define TFHTTP_ID "opl2-" /* what the IDs of our locks begin with */

struct tfhttp {
	json_t *config; /* has the methods */
	struct http *http;
	char *name; /* the address without what may be secret */
	char *address, *lock_address, *unlock_address, *login;
	const char *lock_method, *unlock_method, *update_method;
	struct server_clock clock;
};

/* config: of a spec. E0532, E0534 without an address for locks. */
int tfhttp_open(struct tfhttp *t, const json_t *config,
		struct diags *ds) MUST_CHECK;
void tfhttp_done(struct tfhttp *t);

/* By the server's clock, or this machine's when it has none. */
int64_t tfhttp_now(const struct tfhttp *t);

/* OBJECT_NONE: there is no document. */
enum object_result tfhttp_get(struct tfhttp *t, struct buf *out,
			      struct diags *ds) MUST_CHECK;
/* Replaces the document. OBJECT_CONFLICT: the lock is not ID's. *again: it was
 * sent more than once, so that a refusal may be of the second. */
enum object_result tfhttp_put(struct tfhttp *t, const char *id, const void *p,
			      size_t n, bool *again,
			      struct diags *ds) MUST_CHECK;
/* OBJECT_CONFLICT: it is held, by holder ("" when the server does not say). */
enum object_result tfhttp_lock(struct tfhttp *t, const char *id,
			       struct buf *holder, struct diags *ds) MUST_CHECK;
/* Of a lock that is another's by now, nothing comes. */
void tfhttp_unlock(struct tfhttp *t, const char *id);

#endif
