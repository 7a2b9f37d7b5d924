#ifndef OPL2_PROVIDERS_CLIENTS_HTTP_HTTP_H
#define OPL2_PROVIDERS_CLIENTS_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/base/limits.h"
#include "engine/diag/diag.h"

/*
 * HTTP(S), over libcurl, whose only home this is.
 *
 * A `struct http` is one client: it keeps its connections open between
 * requests, so use one for as long as you talk to a host. It is not shared
 * between threads. Proxies come from the environment (http_proxy,
 * https_proxy, all_proxy, no_proxy), as with curl itself; servers on this
 * machine are asked without (env_spare_local). So do certificate authorities
 * (authorities.h), unless a request has its own. Redirects are
 * followed (10 at most, http and https only; an Authorization header stays
 * with the first host).
 *
 * Every function but the life-cycle ones returns an enum http_result, and
 * anything but HTTP_OK if and only if it appended an error diagnostic.
 * Diagnostics keep libcurl's own words. Of a URL they print the whole, or
 * with `sensitive` only scheme://host, for a path or a query may be a key.
 */
enum http_result {
	HTTP_OK = 0,
	HTTP_UNREACHABLE, /* no connection, or it broke: nothing was heard */
	HTTP_TIMEOUT,     /* the request's own deadline passed */
	HTTP_CANCELLED,   /* the cancelled() callback said so */
	HTTP_FAILED       /* TLS, bad URL, over the cap, local write ... */
};

/* Call http_init once, early in main(), before any thread or client. */
int http_init(struct diags *ds);
void http_cleanup(void);

struct http;
struct http *http_new(void); /* never NULL */
void http_free(struct http *h);
void http_freep(struct http **h); /* for CLEANUP */

/* Zero means the default everywhere. Borrowed for the call only. */
struct http_req {
	const char *url;
	const char *method;         /* GET; POST when there is a body */
	const char *const *headers; /* "Name: value" ..., NULL at the end */
	const void *body;           /* NULL: none */
	size_t body_len;
	/* Instead of `body`, one that is made while it is sent: fills p with
	 * the n bytes from offset `at` on. A further try asks for them anew. */
	void (*body_at)(void *body_arg, size_t at, char *p, size_t n);
	void *body_arg;
	const char *cafile;     /* PEM bundle instead of all others */
	const char *ca;         /* the same as a text */
	const char *cert, *key; /* PEM files of a client certificate */
	const char *socket;     /* of a server that listens on a Unix socket */
	/* Instead of the environment's: a proxy's URL, and the hosts, comma
	 * separated, that need none. NULL: the environment; proxy "": none. */
	const char *proxy, *noproxy;
	bool insecure; /* the certificate is not looked at (strict-ssl=false) */
	bool sensitive; /* print scheme://host only */
	/* "USER:PASSWORD" of HTTP's basic authentication, or with sigv4,
	 * "aws:amz:REGION:SERVICE", "KEY_ID:SECRET" of AWS Signature Version 4.
	 * Other hosts, to which a redirect leads, do not get it. */
	const char *login, *sigv4;
	bool netrc; /* a login of ~/.netrc, when the URL has none */
	/* May be sent again after a failure. GET and HEAD always are. */
	bool idempotent;
	unsigned tries;      /* 4 when it may be sent again, else 1 */
	unsigned connect_ms; /* 10,000 */
	unsigned total_ms;   /* over all tries; no limit */
	unsigned stall_s;    /* no byte for so long ends a try; 30 */
	size_t max_body;     /* reply kept in memory; LIM_HTTP_BODY */
	/* Both are called some times a second, from within the call. total is
	 * 0 while unknown; done counts resumed bytes too. */
	bool (*cancelled)(void *arg);
	void (*progress)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};

struct http_reply {
	long status;     /* the last one, after redirects */
	struct buf body; /* empty after http_download */
	char *etag;      /* or NULL */
	char *type;      /* Content-Type, or NULL */
	/* Last-Modified and Date, in seconds since 1970; 0: not said. */
	int64_t modified, date;
	unsigned tries; /* how many were made */
};
#define HTTP_REPLY_INIT                                                        \
	{                                                                      \
		.body = BUF_INIT(LIM_HTTP_BODY)                                \
	}
void http_reply_done(struct http_reply *r); /* also for CLEANUP */

/*
 * Sends a request and keeps the reply in memory. HTTP_OK means that a whole
 * reply came, whatever its status: the caller judges it (http_expect_ok).
 * 408, 429, 500, 502, 503 and 504 count as failed tries while tries are left,
 * with growing, jittered pauses, or the server's Retry-After (30 s at most).
 * `out` is an initialised reply; what it held is dropped.
 */
enum http_result http_send(struct http *h, const struct http_req *req,
			   struct http_reply *out, struct diags *ds) MUST_CHECK;

/* A header of the newest reply, after redirects, malloc'd, or NULL. One that
 * comes several times is joined with ", ", as RFC 9110 has it. */
char *http_header(const struct http *h, const char *name);

/* HTTP_OK for a 2xx status, else a diagnostic with status and body's start. */
enum http_result http_expect_ok(const struct http_req *req,
				const struct http_reply *r,
				struct diags *ds) MUST_CHECK;

/* http_send + http_expect_ok. */
enum http_result http_get(struct http *h, const struct http_req *req,
			  struct http_reply *out, struct diags *ds) MUST_CHECK;

/*
 * GETs into a regular file, open for writing; file:///PATH is a URL, too. What
 * the file holds already is taken as the start of the same content: the
 * transfer goes on from there by Range, also between its own tries, and starts
 * over when the server does not offer ranges or (by ETag) has another content
 * now. Any status but 200 and 206 is an error. The bytes are not verified here
 * and not fsynced. On failure the file keeps what came, for the next call.
 */
enum http_result http_download(struct http *h, const struct http_req *req,
			       int fd, struct http_reply *out,
			       struct diags *ds) MUST_CHECK;

/* scheme://host[:port] of a URL, for text that people see. malloc'd. */
char *http_redact(const char *url);

#endif
