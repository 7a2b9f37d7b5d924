#ifndef OPL2_PROVIDERS_CLIENTS_HTTP_SERVER_DOWN_H
#define OPL2_PROVIDERS_CLIENTS_HTTP_SERVER_DOWN_H

#include "engine/diag/diag.h"

/*
 * A server that others run and that does not answer, in words: which one it is,
 * what is at stake while it is away, and what to do. type is an endpoint's:
 * "rpc", "beacon", "da_server" or "meeda".
 *
 * Rewrites the newest diagnostic, one of the HTTP client: its code stays.
 */
void server_down(struct diags *ds, const char *type);

#endif
