#include "cmd/server/server.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/logfmt.h"
#include "engine/base/mem.h"
#include "engine/diag/exit.h"

static sigset_t
ends(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return set;
}

void
server_hold_signals(void)
{
	sigset_t set = ends();

	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int
server_wait_signal(void)
{
	sigset_t set = ends();
	int sig = 0;

	sigwait(&set, &sig);
	return sig;
}

struct MHD_Daemon *
server_listen(const struct server *s, const char *host, uint16_t *port,
	      struct diags *ds)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(*port) };
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *d;

	if (inet_pton(AF_INET, host, &at.sin_addr) != 1) {
		diag_err(ds, s->code, "'%s' is not an IPv4 address", host);
		return NULL;
	}
	d = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
				     MHD_USE_ITC | s->flags,
			     0, NULL, NULL, s->on_request, s->arg,
			     MHD_OPTION_SOCK_ADDR, &at,
			     MHD_OPTION_CONNECTION_LIMIT, s->limit,
			     MHD_OPTION_CONNECTION_TIMEOUT, s->idle_s,
			     MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->memory,
			     MHD_OPTION_NOTIFY_COMPLETED, s->on_completed,
			     s->arg, MHD_OPTION_END);
	if (!d) {
		diag_errno(ds, s->code, "cannot listen on %s:%u", host,
			   (unsigned)*port);
		return NULL;
	}
	info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
	if (info)
		*port = info->port;
	if (!s->quiet)
		logfmt("info", "msg=listening addr=%s:%u version=%s", host,
		       (unsigned)*port, OPL2_VERSION);
	return d;
}

bool
server_is_early(void **state, size_t *n)
{
	static int begun;

	/* The first call is before a body, if there is one: only after it may
	 * an answer be given without closing the connection. */
	if (!*state) {
		*state = &begun;
		return true;
	}
	if (*n == 0)
		return false;
	*n = 0;
	return true;
}

enum MHD_Result
server_reply(struct MHD_Connection *c, unsigned status,
	     const char *const *headers, struct buf *b)
{
	size_t n = b->n;
	char *p = buf_take(b);
	struct MHD_Response *r =
		MHD_create_response_from_buffer_with_free_callback(n, p, free);
	enum MHD_Result rc;

	if (!r) {
		free(p);
		return MHD_NO;
	}
	for (; *headers; headers += 2)
		MHD_add_response_header(r, headers[0], headers[1]);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

int
server_main(const struct server_program *p, int argc, char **argv,
	    void *options)
{
	CLEANUP(diags_done) struct diags ds;

	mem_init();
	diags_init(&ds);
	if (argc == 2 && !strcmp(argv[1], "--help")) {
		fputs(p->usage, stdout);
		return EXIT_OK;
	}
	if (p->parse(argc, argv, options)) {
		fputs(p->usage, stderr);
		return EXIT_SPEC;
	}
	if (!p->run(options, &ds))
		return EXIT_OK;
	logfmt("error", "msg=\"%s: %s\"", ds.last->code, ds.last->summary);
	return EXIT_FAILED;
}
