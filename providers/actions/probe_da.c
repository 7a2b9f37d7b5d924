/*
 * probe_da: does a DA server answer?
 *
 * config: {url, type ("meeda" ..., of an endpoint; absent: a process of ours)}
 * answer: {status, ms}: of GET /healthz, which an upstream server and Meeda
 * do not have (404 is an answer), while the adapter speaks there for Meeda.
 */
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/actions/action.h"
#include "providers/clients/http/http.h"
#include "providers/clients/http/server_down.h"

static bool
probe_da_is_cancelled(void *arg)
{
	return effect_cancelled(arg);
}

static enum outcome
probe_da_run(struct effect_ctx *ctx, const struct effect_op *op,
	     struct effect_result *out)
{
	const char *base = jx_str(op->config, "url", "");
	size_t n = strlen(base);
	CLEANUP(freep)
	char *url = xasprintf("%.*s/healthz",
			      (int)(n && base[n - 1] == '/' ? n - 1 : n), base);
	CLEANUP(http_freep) struct http *h = http_new();
	CLEANUP(http_reply_done) struct http_reply reply = HTTP_REPLY_INIT;
	const struct http_req req = { .url = url,
				      .tries = 1,
				      .connect_ms = 3000,
				      .total_ms = 3000,
				      .sensitive = true,
				      .cancelled = probe_da_is_cancelled,
				      .arg = ctx };
	uint64_t began = mono_ms();

	if (http_send(h, &req, &reply, ctx->ds) != HTTP_OK) {
		server_down(ctx->ds, jx_str(op->config, "type", ""));
		return OC_RETRY;
	}
	if (reply.status >= 500 &&
	    http_expect_ok(&req, &reply, ctx->ds) != HTTP_OK)
		return OC_RETRY;
	out->attrs = json_pack("{s:I, s:I}", "status", (json_int_t)reply.status,
			       "ms", (json_int_t)(mono_ms() - began));
	return OC_OK;
}

const struct action action_probe_da = {
	.name = "probe_da",
	.run = probe_da_run,
};
