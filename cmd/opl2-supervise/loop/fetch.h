#ifndef OPL2_CMD_SUPERVISE_LOOP_FETCH_H
#define OPL2_CMD_SUPERVISE_LOOP_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "cmd/opl2-supervise/loop/loop.h"

/*
 * One HTTP request, or one bare connection, that never blocks the loop.
 *
 * Plain http to a numeric address or localhost, which is what nodes on this
 * machine listen on, is spoken right here, so that the supervisor carries no
 * TLS library. Everything else is done by a short-lived `opl2-worker --fetch`.
 *
 * fn is called exactly once, from the loop, never from within a start; the
 * fetch is gone by then. fetch_cancel ends it without a call.
 */
struct fetch;

struct fetch_reply {
	const char *error; /* NULL when a whole reply came */
	int status;        /* of HTTP; 0 for a bare connection */
	const char *body;  /* NUL-terminated; "" when there is none */
	size_t len;
};

typedef void (*fetch_fn)(void *arg, const struct fetch_reply *r);

/* POSTs body as JSON, or GETs when it is NULL. Copies url and body. */
struct fetch *fetch_http(struct loop *l, const char *url, const char *body,
			 unsigned timeout_ms, fetch_fn fn, void *arg);
/* Connects to a numeric host (or localhost) and closes again. */
struct fetch *fetch_tcp(struct loop *l, const char *host, unsigned port,
			unsigned timeout_ms, fetch_fn fn, void *arg);
/* Asks `PROGRAM ARG`, one of this installation, for what takes long or a
 * library; the reply's body is its answer, gone and wiped after fn. Copies
 * msg. */
struct fetch *fetch_helper(struct loop *l, const char *program, const char *arg,
			   const json_t *msg, unsigned timeout_ms, fetch_fn fn,
			   void *cb);
void fetch_cancel(struct fetch *f); /* NULL is fine */
/* From now on hosts of plain http and of bare connections may be names. */
void fetch_names(bool on);
/* resolve.c: `opl2-supervise --resolve`, which a fetch starts: {"host"} on
 * standard input gives {"body": its first address}, or {"error"}. */
int resolve_main(void);

#endif
