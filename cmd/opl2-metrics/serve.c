/* GET /metrics, and /healthz for who wants to know whether this runs. */
#include "cmd/opl2-metrics/exporter.h"

#include <arpa/inet.h>
#include <microhttpd.h>

#include "engine/base/logfmt.h"
#include "engine/base/mem.h"
#include "engine/base/prom.h"

#define IDLE_S      30u
#define CONNECTIONS 32u
#define WHY_MAX     65536

static enum MHD_Result
reply(struct MHD_Connection *c, unsigned status, const char *type,
      const char *text, size_t n)
{
	union {
		const void *in;
		void *out; /* MHD copies it */
	} p = { .in = text };
	struct MHD_Response *r = MHD_create_response_from_buffer(
		n, p.out, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", type);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result
say(struct MHD_Connection *c, unsigned status, const char *text)
{
	return reply(c, status, "text/plain; charset=utf-8", text,
		     strlen(text));
}

/* Without a number there is no answer: what is old would look like health. */
static enum MHD_Result
metrics(struct exporter *e, struct MHD_Connection *c)
{
	CLEANUP(buf_done) struct buf why = BUF_INIT(WHY_MAX);

	if (exporter_look(e, &why)) {
		logfmt("error", "msg=\"%.*s\"",
		       (int)strcspn(buf_str(&why), "\n"), buf_str(&why));
		return say(c, MHD_HTTP_SERVICE_UNAVAILABLE, buf_str(&why));
	}
	return reply(c, MHD_HTTP_OK, PROM_TYPE, buf_str(&e->text), e->text.n);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version UNUSED,
	   const char *data UNUSED, size_t *n, void **state)
{
	static int begun;

	/* The first call is before a body, if there is one: only after it may
	 * an answer be given without closing the connection. */
	if (!*state) {
		*state = &begun;
		return MHD_YES;
	}
	if (*n) {
		*n = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (!strcmp(url, "/metrics"))
		return metrics(arg, c);
	if (!strcmp(url, "/healthz"))
		return say(c, MHD_HTTP_OK, "ok\n");
	return say(c, MHD_HTTP_NOT_FOUND, "there is /metrics and /healthz\n");
}

struct MHD_Daemon *
serve_start(struct exporter *e, const char *host, uint16_t *port,
	    struct diags *ds)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(*port) };
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *d;

	if (inet_pton(AF_INET, host, &at.sin_addr) != 1) {
		diag_err(ds, "E1151", "'%s' is not an IPv4 address", host);
		return NULL;
	}
	d = MHD_start_daemon(
		MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0,
		NULL, NULL, on_request, e, MHD_OPTION_SOCK_ADDR, &at,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S, MHD_OPTION_END);
	if (!d) {
		diag_errno(ds, "E1151", "cannot listen on %s:%u", host,
			   (unsigned)*port);
		return NULL;
	}
	info = MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT);
	if (info)
		*port = info->port;
	return d;
}

void
serve_stop(struct exporter *e, struct MHD_Daemon *d)
{
	atomic_store(&e->cancel, true);
	MHD_stop_daemon(d);
}
