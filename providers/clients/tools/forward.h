#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_FORWARD_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_FORWARD_H

#include <stdbool.h>
#include <sys/types.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * A stand-in on 127.0.0.1 for a URL that may hold a key, for a program that
 * takes a URL in its arguments only (`opl2-worker --forward`). Whoever can
 * read those arguments can ask through it while it runs, but does not learn
 * the key. It ends at forward_stop and with the worker, however that dies.
 */
struct forward {
	pid_t pid;     /* 0: not needed */
	int in;        /* its end is closed to stop it */
	char url[128]; /* what to give to the program */
};
#define FORWARD_INIT                                                           \
	{                                                                      \
		.in = -1                                                       \
	}

/* Nothing of the URL is to be hidden: http, of this machine, no more than a
 * port behind the host. */
bool url_is_plain_loopback(const char *url);

/* Starts one; 0 or -1 with a diagnostic. forward_stop in either case. */
int forward_start(struct effect_ctx *ctx, const char *url,
		  struct forward *f) MUST_CHECK;
void forward_stop(struct effect_ctx *ctx, struct forward *f);

#endif
