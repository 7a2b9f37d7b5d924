#ifndef OPL2_PROVIDERS_CLIENTS_DA_MEEDA_H
#define OPL2_PROVIDERS_CLIENTS_DA_MEEDA_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"

/*
 * Client of Meeda's two calls: POST /putObject takes {"data":"<hex>"} and
 * answers {"id":"..."}; GET /getObject?id= answers the bytes or 404.
 */
enum meeda_result {
	MEEDA_OK,
	MEEDA_NOT_FOUND, /* the server said 404: no diagnostic */
	MEEDA_BUSY,      /* 429, after all tries */
	MEEDA_TIMEOUT,
	MEEDA_ERROR /* unreachable, an error status, or nonsense */
};

struct meeda {
	const char *url; /* no '/' at its end; never printed whole */
	size_t max_object;
	unsigned put_ms, get_ms; /* over all tries */
	unsigned tries;
	bool (*cancelled)(void *arg);         /* or NULL */
	void (*tried)(void *arg, unsigned n); /* requests made; or NULL */
	void *arg;                            /* of both */
};

/* A diagnostic is appended unless the result is MEEDA_OK or _NOT_FOUND. `h` is
 * the caller's own. *id is malloc'd and not empty. */
enum meeda_result meeda_put(const struct meeda *m, struct http *h,
			    const void *data, size_t n, char **id,
			    struct diags *ds) MUST_CHECK;
/* id is n bytes, of any value. The object replaces what `out` holds; it is
 * never empty. */
enum meeda_result meeda_get(const struct meeda *m, struct http *h,
			    const void *id, size_t n, struct http_reply *out,
			    struct diags *ds) MUST_CHECK;

/* The id of a put's reply, malloc'd, or NULL with E0931. The rules are those
 * of the node programs of the Meeda fork, so that both take the same. */
char *meeda_reply_id(const char *body, size_t n, struct diags *ds);

#endif
