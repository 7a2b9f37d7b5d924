#ifndef OPL2_CMD_SERVER_SERVER_H
#define OPL2_CMD_SERVER_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <microhttpd.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/* What our small HTTP servers have in common: from their arguments to a signal
 * that ends them. The forwarder of workers only listens and answers by it. */

struct server {
	const char *code; /* of errors: cannot listen */
	unsigned flags;   /* of MHD, besides its own thread and poll */
	unsigned limit;   /* connections */
	unsigned idle_s;  /* after which one is closed */
	bool quiet;       /* the log does not say where it listens */
	size_t memory;    /* of a connection */
	MHD_AccessHandlerCallback on_request;
	MHD_RequestCompletedCallback on_completed; /* or NULL */
	void *arg;                                 /* of both */
};

/* Until SIGINT or SIGTERM. Call it before there are threads, which inherit the
 * mask: the signals are held from the first call on. */
void server_hold_signals(void);
int server_wait_signal(void); /* which one it was */

/* Listens on host:port, an IPv4 address and a port, 0 for a free one; *port is
 * the one listened on. NULL with a diagnostic of s->code. */
struct MHD_Daemon *server_listen(const struct server *s, const char *host,
				 uint16_t *port, struct diags *ds);

/* Of a request without a use for its body, in on_request(): is it too early for
 * an answer? Then MHD calls again. */
bool server_is_early(void **state, size_t *n);

/* Answers with what b holds, which it takes. headers: names and values in turn,
 * NULL at the end. */
enum MHD_Result server_reply(struct MHD_Connection *c, unsigned status,
			     const char *const *headers, struct buf *b);

struct server_program {
	const char *usage;
	int (*parse)(int argc, char **argv, void *options); /* -1: usage */
	int (*run)(const void *options, struct diags *ds);
};
/* main(): --help, the arguments, the run. Returns the exit status. */
int server_main(const struct server_program *p, int argc, char **argv,
		void *options);

#endif
