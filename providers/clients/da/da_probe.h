#ifndef OPL2_PROVIDERS_CLIENTS_DA_DA_PROBE_H
#define OPL2_PROVIDERS_CLIENTS_DA_DA_PROBE_H

#include <stdbool.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"

/*
 * Whether a DA server answers as op-node and op-batcher need it: an object is
 * put, the same bytes come back, and an unknown name is answered by 404. Both
 * programs are meant to run with altda.da-service=true.
 */
enum da_protocol { DA_UPSTREAM, DA_MEEDA };

struct da_server {
	struct http *http;
	const char *url; /* may end in '/' */
	enum da_protocol protocol;
	bool (*cancelled)(void *arg);
	void *arg;
	struct diags *ds;
};

/*
 * Puts an object that names opl2 and the chain, always the same one; its name
 * (the commitment in hex, or Meeda's id) goes to `name`. HTTP_FAILED also
 * says that the answer was wrong.
 */
enum http_result da_put(const struct da_server *s, const char *chain,
			struct buf *name) MUST_CHECK;
/* The object under `name` is still that of this chain, and a name of the same
 * shape that nobody has is unknown. */
enum http_result da_verify(const struct da_server *s, const char *chain,
			   const char *name) MUST_CHECK;

#endif
