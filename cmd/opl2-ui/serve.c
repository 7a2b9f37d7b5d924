/* GET of the page, its files, its events and the history. */
#include "cmd/opl2-ui/ui.h"

#include <string.h>
#include <time.h>

#include "cmd/opl2-ui/assets.h"
#include "cmd/server/child.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/page/page.h"
#include "providers/page/record.h"

#define IDLE_S      30u
#define CONNECTIONS 48u
#define MEMORY      (32u << 10)
#define GRAPH_MS    3000 /* nobody else is answered meanwhile */

/* Nothing from elsewhere, nothing inline, no frame around it. */
#define POLICY                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self'; connect-src 'self'; base-uri 'none'; "                \
	"form-action 'none'; frame-ancestors 'none'"

/* A picture of its own has its colours in it. */
#define PICTURE "image/svg+xml"
#define POLICY_OF_PICTURE                                                      \
	"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors "      \
	"'none'"

void
serve_headers(struct MHD_Response *r, const char *type)
{
	static const char *const all[][2] = {
		{ "X-Frame-Options", "DENY" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
	};

	for (size_t i = 0; i < COUNTOF(all); i++)
		MHD_add_response_header(r, all[i][0], all[i][1]);
	MHD_add_response_header(r, "Content-Security-Policy",
				strcmp(type, PICTURE) ? POLICY
						      : POLICY_OF_PICTURE);
	MHD_add_response_header(r, "Content-Type", type);
}

/* Answers with n bytes that stay, or that MHD frees. */
static enum MHD_Result
answer(struct MHD_Connection *c, unsigned status, const char *type,
       const char *text, size_t n, bool stays, const char *const extra[2])
{
	struct MHD_Response *r =
		stays ? MHD_create_response_from_buffer(n,
							(void *)(uintptr_t)text,
							MHD_RESPMEM_PERSISTENT)
		      : MHD_create_response_from_buffer_with_free_callback(
				n, (void *)(uintptr_t)text, free);
	enum MHD_Result rc;

	if (!r) {
		if (!stays)
			free((void *)(uintptr_t)text);
		return MHD_NO;
	}
	serve_headers(r, type);
	MHD_add_response_header(r, extra[0], extra[1]);
	rc = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return rc;
}

static const char *const no_store[] = { "Cache-Control", "no-store" };

static enum MHD_Result
say(struct MHD_Connection *c, unsigned status, const char *text)
{
	static const char *const login[] = {
		"WWW-Authenticate", "Basic realm=\"opl2\", charset=\"UTF-8\""
	};

	return answer(c, status, "text/plain; charset=utf-8", text,
		      strlen(text), true,
		      status == MHD_HTTP_UNAUTHORIZED ? login : no_store);
}

static enum MHD_Result
ui_send(struct MHD_Connection *c, const char *type, struct buf *b)
{
	size_t n = b->n;

	return answer(c, MHD_HTTP_OK, type, buf_take(b), n, false, no_store);
}

static enum MHD_Result
send_page(struct ui *u, struct MHD_Connection *c)
{
	struct buf b = BUF_INIT(UI_TEXT_MAX);
	struct page p = { .now = time(NULL) };

	pthread_mutex_lock(&u->lock);
	u->asked_ms = mono_ms();
	p.seen = u->seen;
	p.trouble = u->trouble;
	p.processes_at = u->processes_at;
	page_html(&p, &b);
	pthread_mutex_unlock(&u->lock);
	return ui_send(c, "text/html; charset=utf-8", &b);
}

/* What `opl2 ui -json` saw, as it is. */
static enum MHD_Result
send_seen(struct ui *u, struct MHD_Connection *c)
{
	char *text = NULL;

	pthread_mutex_lock(&u->lock);
	u->asked_ms = mono_ms();
	if (u->seen)
		text = jx_dump_line(u->seen);
	pthread_mutex_unlock(&u->lock);
	if (!text)
		return say(c, MHD_HTTP_SERVICE_UNAVAILABLE,
			   "nothing was seen yet\n");
	return answer(c, MHD_HTTP_OK, "application/json", text, strlen(text),
		      false, no_store);
}

static enum MHD_Result
send_history(struct ui *u, struct MHD_Connection *c)
{
	const char *since =
		MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "since");
	CLEANUP(put_json) json_t *j = NULL;
	int64_t from = 0;
	char *text;

	if (since && parse_i64(since, 0, INT64_MAX, &from))
		return say(c, MHD_HTTP_BAD_REQUEST, "since is no Unix time\n");
	pthread_mutex_lock(&u->lock);
	if (u->has_ring)
		j = record_history(&u->ring, from, time(NULL));
	pthread_mutex_unlock(&u->lock);
	if (!j)
		return say(c, MHD_HTTP_SERVICE_UNAVAILABLE,
			   "there is no history\n");
	text = jx_dump_line(j);
	return answer(c, MHD_HTTP_OK, "application/json", text, strlen(text),
		      false, no_store);
}

/* What depends on what in the spec as it is now. */
static enum MHD_Result
send_graph(struct ui *u, struct MHD_Connection *c)
{
	static const char *const argv[] = { "opl2", "graph", "-svg", NULL };
	struct buf out = BUF_INIT(UI_TEXT_MAX);
	struct buf why = BUF_INIT(UI_TEXT_MAX);
	size_t n;

	if (server_run_child(u->opl2, argv, GRAPH_MS, &u->cancel, &out, &why) ==
	    0) {
		buf_done(&why);
		return ui_send(c, PICTURE, &out);
	}
	buf_done(&out);
	n = why.n;
	return answer(c, MHD_HTTP_SERVICE_UNAVAILABLE,
		      "text/plain; charset=utf-8", buf_take(&why), n, false,
		      no_store);
}

static enum MHD_Result
send_asset(struct MHD_Connection *c, const struct asset *a)
{
	static const char *const type = "text/plain; charset=utf-8";
	const char *has = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						      "If-None-Match");
	const char *const etag[] = { "ETag", a->etag };

	if (has && !strcmp(has, a->etag))
		return answer(c, MHD_HTTP_NOT_MODIFIED, type, "", 0, true,
			      etag);
	return answer(c, MHD_HTTP_OK, a->type, a->start,
		      (size_t)(a->end - a->start), true, etag);
}

static enum MHD_Result
route(struct ui *u, struct MHD_Connection *c, const char *url)
{
	if (!strcmp(url, "/"))
		return send_page(u, c);
	if (!strcmp(url, "/events"))
		return events_answer(u, c);
	if (!strcmp(url, "/history"))
		return send_history(u, c);
	if (!strcmp(url, "/graph.svg"))
		return send_graph(u, c);
	if (!strcmp(url, "/status.json"))
		return send_seen(u, c);
	if (!strcmp(url, "/healthz"))
		return say(c, MHD_HTTP_OK, "ok\n");
	for (size_t i = 0; i < ui_asset_count; i++)
		if (!strcmp(url, ui_assets[i].path))
			return send_asset(c, &ui_assets[i]);
	return say(c, MHD_HTTP_NOT_FOUND, "there is nothing here\n");
}

static enum MHD_Result
on_request(void *arg, struct MHD_Connection *c, const char *url,
	   const char *method, const char *version UNUSED,
	   const char *data UNUSED, size_t *n, void **state)
{
	if (server_is_early(state, n))
		return MHD_YES;
	switch (guard_check(arg, c)) {
	case 0:
		break;
	case MHD_HTTP_UNAUTHORIZED:
		return say(c, MHD_HTTP_UNAUTHORIZED,
			   "the token is the password\n");
	default:
		return say(c, MHD_HTTP_FORBIDDEN,
			   "use the address, or localhost\n");
	}
	if (strcmp(method, "GET") && strcmp(method, "HEAD"))
		return say(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	return route(arg, c, url);
}

struct MHD_Daemon *
ui_serve(struct ui *u, const char *host, uint16_t *port, struct diags *ds)
{
	const struct server s = { .code = "E1401",
				  .flags = MHD_ALLOW_SUSPEND_RESUME,
				  .limit = CONNECTIONS,
				  .idle_s = IDLE_S,
				  .memory = MEMORY,
				  .on_request = on_request,
				  .arg = u };

	return server_listen(&s, host, port, ds);
}
