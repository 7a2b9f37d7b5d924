/* GET of the page, its files, its events and the history. */
#include "cmd/opl2-ui/ui.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cmd/opl2-ui/assets.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/page/page.h"
#include "providers/page/page_plan.h"
#include "providers/page/record.h"

#define IDLE_S      30u
#define CONNECTIONS 48u
#define MEMORY      (32u << 10)
#define GRAPH_MS    10000
#define PLAN_MS     60000

/* Nothing from elsewhere, nothing inline but our style, no frame around it. */
#define POLICY                                                                 \
	"default-src 'none'; script-src 'self'; style-src '%s'; "              \
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

	char policy[512];

	snprintf(policy, sizeof(policy), POLICY, ui_style_sum);
	for (size_t i = 0; i < COUNTOF(all); i++)
		MHD_add_response_header(r, all[i][0], all[i][1]);
	MHD_add_response_header(r, "Content-Security-Policy",
				strcmp(type, PICTURE) ? policy
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
	struct page p = { .now = time(NULL), .style = ui_style };

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
	struct buf b = BUF_INIT(UI_TEXT_MAX);
	int64_t from = 0;

	if (since && parse_i64(since, 0, INT64_MAX, &from))
		return say(c, MHD_HTTP_BAD_REQUEST, "since is no Unix time\n");
	pthread_mutex_lock(&u->lock);
	if (u->has_ring)
		record_history(&u->ring, from, time(NULL), &b);
	pthread_mutex_unlock(&u->lock);
	if (!b.n)
		return say(c, MHD_HTTP_SERVICE_UNAVAILABLE,
			   "there is no history\n");
	return ui_send(c, "application/json", &b);
}

/* What somebody elsewhere has his reader's browser ask for is not worth the
 * work. */
static bool
is_from_elsewhere(struct MHD_Connection *c)
{
	const char *site = MHD_lookup_connection_value(c, MHD_HEADER_KIND,
						       "Sec-Fetch-Site");

	return site && strcmp(site, "same-origin") && strcmp(site, "none");
}

/* A copy of what it says. */
static void
take_answer(const struct ask *a, struct buf *out, struct buf *why)
{
	buf_add(out, a->out.p, a->out.n);
	buf_add(why, a->why.p, a->why.n);
}

static enum MHD_Result
send_ask(struct ask *a, struct MHD_Connection *c,
	 enum MHD_Result (*make)(const struct ask *a, struct MHD_Connection *c,
				 struct buf *out, struct buf *why))
{
	struct buf out = BUF_INIT(UI_TEXT_MAX), why = BUF_INIT(UI_TEXT_MAX);
	enum MHD_Result rc = MHD_YES;
	int said;

	if (is_from_elsewhere(c))
		return say(c, MHD_HTTP_FORBIDDEN, "only from the page\n");
	pthread_mutex_lock(&a->u->lock);
	said = ask(a, c);
	if (said > 0)
		take_answer(a, &out, &why);
	pthread_mutex_unlock(&a->u->lock);
	if (said < 0)
		rc = say(c, MHD_HTTP_SERVICE_UNAVAILABLE, "not now\n");
	else if (said > 0)
		rc = make(a, c, &out, &why);
	buf_done(&out);
	buf_done(&why);
	return rc;
}

/* What depends on what in the spec as it is now. */
static enum MHD_Result
send_graph(const struct ask *a, struct MHD_Connection *c, struct buf *out,
	   struct buf *why)
{
	size_t n = why->n;

	if (a->status == 0)
		return ui_send(c, PICTURE, out);
	return answer(c, MHD_HTTP_SERVICE_UNAVAILABLE,
		      "text/plain; charset=utf-8", buf_take(why), n, false,
		      no_store);
}

/* What an apply of the spec would do. */
static enum MHD_Result
send_plan(const struct ask *a, struct MHD_Connection *c, struct buf *out,
	  struct buf *why)
{
	struct page_plan p = { .said = buf_str(out),
			       .n = out->n,
			       .why = buf_str(why),
			       .style = ui_style,
			       .at = a->at };
	struct buf html = BUF_INIT(UI_TEXT_MAX);
	CLEANUP(freep) char *name = NULL;

	pthread_mutex_lock(&a->u->lock);
	name = xstrdup(jx_str(a->u->seen, "name", "chain"));
	pthread_mutex_unlock(&a->u->lock);
	p.name = name;
	page_plan(&p, &html);
	return ui_send(c, "text/html; charset=utf-8", &html);
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
		return send_ask(&u->graph, c, send_graph);
	if (!strcmp(url, "/plan"))
		return send_ask(&u->plan, c, send_plan);
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

static void
on_completed(void *arg, struct MHD_Connection *c, void **state UNUSED,
	     enum MHD_RequestTerminationCode why UNUSED)
{
	struct ui *u = arg;

	pthread_mutex_lock(&u->lock);
	ask_forget(&u->graph, c);
	ask_forget(&u->plan, c);
	pthread_mutex_unlock(&u->lock);
}

struct MHD_Daemon *
ui_serve(struct ui *u, const char *host, uint16_t *port, struct diags *ds)
{
	const struct server s = { .code = "E1401",
				  .flags = MHD_ALLOW_SUSPEND_RESUME,
				  .limit = CONNECTIONS,
				  .idle_s = IDLE_S,
				  .quiet = u->quiet,
				  .memory = MEMORY,
				  .on_request = on_request,
				  .on_completed = on_completed,
				  .arg = u };

	static const char *const graph[] = { "opl2", "graph", "-svg", NULL };
	static const char *const plan[] = { "opl2", "plan", "-json", NULL };

	u->graph = (struct ask){ .u = u,
				 .argv = graph,
				 .timeout_ms = GRAPH_MS,
				 .out = BUF_INIT(0),
				 .why = BUF_INIT(0) };
	u->plan = u->graph;
	u->plan.argv = plan;
	u->plan.timeout_ms = PLAN_MS;
	return server_listen(&s, host, port, ds);
}
