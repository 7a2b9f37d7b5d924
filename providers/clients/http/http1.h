#ifndef OPL2_PROVIDERS_CLIENTS_HTTP_HTTP1_H
#define OPL2_PROVIDERS_CLIENTS_HTTP_HTTP1_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/buf.h"

/* URLs, numeric addresses and HTTP/1.1 replies, without any I/O: what the
 * supervisor needs to ask a node on its own machine. */

struct host {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} addr;
	socklen_t len;
};

struct url {
	bool local; /* plain http to a numeric address: host is set */
	struct host host;
	char authority[128]; /* "127.0.0.1:8545" */
	/* Of plain http whose host is a name; else "". */
	char name[128];
	unsigned port;
	char path[1024];
};

/* -1: the name needs a resolver, or is nonsense. */
int host_parse(const char *name, unsigned port, struct host *out);
/* 0 for any http or https URL, -1 for something else. */
int url_parse(const char *text, struct url *out);

struct http_msg {
	int status;
	const char *body; /* within the buffer */
	size_t len;
};
/* 1 whole (a chunked body is put together in place), 0 more to come, -1 bad or
 * cut off. */
int http_msg_parse(struct buf *b, bool eof, struct http_msg *out);

#endif
