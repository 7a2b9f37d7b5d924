/*
 * opl2-worker --fetch: one HTTP request on behalf of the supervisor, which has
 * no TLS and no resolver of its own. One frame comes on descriptor 0, one goes
 * back: {url, body, timeout_ms} -> {status, body} or {error}. The URL may hold
 * a key, so no message names more of it than its host.
 */
#include "cmd/opl2-worker/worker.h"

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"
#include "providers/clients/http/http.h"

static json_t *
fetch(const json_t *ask, struct diags *ds)
{
	static const char *const json_headers[] = {
		"Content-Type: application/json", NULL
	};
	CLEANUP(http_freep) struct http *h = http_new();
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	const char *body = jx_str(ask, "body", NULL);
	struct http_req req = {
		.url = jx_str(ask, "url", ""),
		.headers = body ? json_headers : NULL,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.sensitive = true,
		.tries = 1,
		.total_ms = (unsigned)jx_int(ask, "timeout_ms", 10000),
		.max_body = 4u << 20,
	};

	if (http_send(h, &req, &r, ds) != HTTP_OK)
		return NULL;
	return json_pack("{s:I, s:s}", "status", (json_int_t)r.status, "body",
			 buf_str(&r.body));
}

int
fetch_main(void)
{
	CLEANUP(put_json) json_t *ask = NULL;
	CLEANUP(put_json) json_t *reply = NULL;
	CLEANUP(diags_done) struct diags ds;

	diags_init(&ds);
	if (frame_recv(0, &ask) != 1)
		return 1;
	if (http_init(&ds) == 0)
		reply = fetch(ask, &ds);
	if (!reply)
		reply = json_pack("{s:s}", "error",
				  ds.first ? ds.first->summary
					   : "the answer is not text");
	return frame_send(0, reply) ? 1 : 0;
}
