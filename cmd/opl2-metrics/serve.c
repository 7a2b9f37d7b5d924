/* GET /metrics, and /healthz for who wants to know whether this runs. */
#include "cmd/opl2-metrics/exporter.h"

#include <string.h>

#include "cmd/server/server.h"
#include "engine/base/logfmt.h"
#include "engine/base/mem.h"
#include "engine/base/prom.h"

#define IDLE_S      30u
#define CONNECTIONS 32u
#define MEMORY      (32u << 10)
#define WHY_MAX     65536

static enum MHD_Result
metrics_serve_reply(struct MHD_Connection *c, unsigned status, const char *type,
		    const char *text, size_t n)
{
	const char *const headers[] = { "Content-Type", type, NULL };
	struct buf b = BUF_INIT(EXPORTER_TEXT_MAX);

	buf_add(&b, text, n);
	return server_reply(c, status, headers, &b);
}

static enum MHD_Result
metrics_serve_say(struct MHD_Connection *c, unsigned status, const char *text)
{
	return metrics_serve_reply(c, status, "text/plain; charset=utf-8", text,
				   strlen(text));
}

/* Without a number there is no answer: what is old would look like health. */
static enum MHD_Result
metrics(struct exporter *e, struct MHD_Connection *c)
{
	CLEANUP(buf_done) struct buf why = BUF_INIT(WHY_MAX);

	if (exporter_refresh(e, &why)) {
		logfmt("error", "msg=\"%.*s\"",
		       (int)strcspn(buf_str(&why), "\n"), buf_str(&why));
		return metrics_serve_say(c, MHD_HTTP_SERVICE_UNAVAILABLE,
					 buf_str(&why));
	}
	return metrics_serve_reply(c, MHD_HTTP_OK, PROM_TYPE, buf_str(&e->text),
				   e->text.n);
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version UNUSED,
	   const char *data UNUSED, size_t *n, void **state)
{
	if (server_is_early(state, n))
		return MHD_YES;
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return metrics_serve_say(c, MHD_HTTP_METHOD_NOT_ALLOWED,
					 "only GET\n");
	if (!strcmp(url, "/metrics"))
		return metrics(arg, c);
	if (!strcmp(url, "/healthz"))
		return metrics_serve_say(c, MHD_HTTP_OK, "ok\n");
	return metrics_serve_say(c, MHD_HTTP_NOT_FOUND,
				 "use /metrics or /healthz\n");
}

struct MHD_Daemon *
serve_start(struct exporter *e, const char *host, uint16_t *port,
	    struct diags *ds)
{
	const struct server s = { .code = "E1151",
				  .limit = CONNECTIONS,
				  .idle_s = IDLE_S,
				  .memory = MEMORY,
				  .on_request = on_request,
				  .arg = e };

	return server_listen(&s, host, port, ds);
}

void
serve_stop(struct exporter *e, struct MHD_Daemon *d)
{
	atomic_store(&e->cancel, true);
	MHD_stop_daemon(d);
}
