#include "providers/clients/rpc/rpc_int.h"

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/rate_limit.h"

/*
 * How it works: a request body, single or batch, goes to the URL in use and,
 * if nothing is heard there, to the next ones, each of which must first say
 * that it serves the chain. What comes back is matched by id. "Too many
 * requests" arrives either as HTTP 429, which http.c waits out, or as error
 * inside a reply (providers/facts/rate_limit.h), which rpc.c waits out.
 */

/* With another URL to turn to, one is not waited for so long. */
#define TURN_MS    10000
#define TURN_TRIES 2
#define RETURN_MS  60000 /* then the first one is asked again */
#define SAY_MS     5000
/* Of requests that follow each other only slow ones are worth a word. */
#define SLOW_MS 500
#define REST_MS 1000

static enum rpc_status
from_http(enum http_result r)
{
	switch (r) {
	case HTTP_OK:
		return RPC_OK;
	case HTTP_UNREACHABLE:
		return RPC_UNREACHABLE;
	case HTTP_TIMEOUT:
		return RPC_TIMEOUT;
	case HTTP_CANCELLED:
		return RPC_CANCELLED;
	case HTTP_FAILED:
		break;
	}
	return RPC_BAD_REPLY;
}

bool
rpc_is_limited(const json_t *error)
{
	return error && rate_limit_error(jx_int(error, "code", 0),
					 jx_str(error, "message", NULL));
}

bool
rpc_tick(void *arg)
{
	struct rpc *c = arg;
	uint64_t now = mono_ms();

	if (c->waiting && now - c->said_ms >= SAY_MS &&
	    now - c->began_ms >= SLOW_MS) {
		long status = c->reply ? c->reply->status : c->status;
		char *line = xasprintf(
			status == HTTP_TOO_MANY
				? "waits until '%s' accepts more requests"
				: "waits for '%s' to answer",
			rpc_name(c));

		c->said_ms = now;
		c->waiting(c->arg, line);
		free(line);
	}
	return c->cancelled && c->cancelled(c->arg);
}

/* Some nodes put their error object under a 4xx or 5xx status; other JSON
 * under such a one is of who stands before the node. */
static bool
is_rpc(const json_t *reply, long status)
{
	return json_is_array(reply) ||
	       (json_is_object(reply) &&
		(status < 400 ||
		 json_is_object(json_object_get(reply, "error"))));
}

/* One request to the URL in use; *reply is the parsed body. turn: there is
 * another URL to turn to. */
static enum rpc_status
post_one(struct rpc *c, const char *body, bool again, bool turn, json_t **reply,
	 struct diags *ds)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	unsigned tries = turn && c->tries > TURN_TRIES ? TURN_TRIES : c->tries;
	struct http_req req = {
		.url = c->urls[c->at].url,
		.headers = headers,
		.body = body,
		.body_len = strlen(body),
		.cafile = c->cafile,
		.cert = c->cert,
		.key = c->key,
		.sensitive = true,
		.idempotent = again,
		.tries = again ? tries : 1,
		.connect_ms = 5000,
		.total_ms = turn && c->call_ms > TURN_MS ? TURN_MS : c->call_ms,
		.cancelled = rpc_tick,
		.arg = c,
	};
	enum http_result hr;

	c->reply = &r;
	hr = http_send(c->http, &req, &r, ds);
	c->reply = NULL;
	c->status = r.status;
	if (hr != HTTP_OK)
		return from_http(hr);
	*reply = jx_parse(buf_str(&r.body), r.body.n, rpc_name(c), NULL);
	if (is_rpc(*reply, r.status))
		return RPC_OK;
	put_json(reply);
	if (http_expect_ok(&req, &r, ds) != HTTP_OK)
		return r.status == HTTP_TOO_MANY || r.status >= 500
			       ? RPC_UNREACHABLE
			       : RPC_BAD_REPLY;
	diag_err(ds, "E0811", "'%s' did not answer with JSON-RPC", rpc_name(c));
	diag_hint(ds, "check that the URL is that of an RPC endpoint");
	return RPC_BAD_REPLY;
}

void
rpc_wrong_chain(const struct rpc *c, uint64_t want, uint64_t seen,
		struct diags *ds)
{
	diag_err(ds, "E0812", "'%s' serves chain %llu, not %llu", rpc_name(c),
		 (unsigned long long)seen, (unsigned long long)want);
	diag_hint(ds, "use the URL of a node of chain %llu",
		  (unsigned long long)want);
}

/* Whether the URL in use, turned to for want of another, serves the chain. */
static enum rpc_status
check_url(struct rpc *c, bool turn, struct diags *ds)
{
	static const char ask[] = "{\"jsonrpc\":\"2.0\",\"id\":0,"
				  "\"method\":\"eth_chainId\",\"params\":[]}";
	uint64_t want = c->chain_id ? c->chain_id : c->seen_chain_id, seen;
	CLEANUP(put_json) json_t *reply = NULL;
	enum rpc_status st;

	if (c->nurls == 1 || !want || c->urls[c->at].checked)
		return RPC_OK;
	st = post_one(c, ask, true, turn, &reply, ds);
	if (st != RPC_OK)
		return st;
	if (quantity_u64(jx_get(reply, "result"), &seen) < 0) {
		diag_err(ds, "E0811", "'%s' does not report its chain id",
			 rpc_name(c));
		return RPC_UNREACHABLE;
	}
	if (seen != want) {
		rpc_wrong_chain(c, want, seen, ds);
		return RPC_UNREACHABLE;
	}
	c->urls[c->at].checked = true;
	return RPC_OK;
}

/* What another URL may do better: nothing was heard of this one. */
static bool
turns(enum rpc_status st)
{
	return st == RPC_UNREACHABLE || st == RPC_TIMEOUT;
}

enum rpc_status
rpc_post(struct rpc *c, const char *body, bool again, json_t **reply,
	 struct diags *ds)
{
	enum rpc_status st = RPC_UNREACHABLE;
	struct diags last;

	diags_init(&last);
	c->began_ms = mono_ms();
	if (c->began_ms - c->ended_ms > REST_MS)
		c->said_ms = c->began_ms;
	if (c->nurls == 0)
		diag_err(&last, "E0801", "no RPC URL is given");
	if (c->at > 0 && mono_ms() - c->left_ms >= RETURN_MS)
		c->at = 0;
	for (size_t i = 0; i < c->nurls; i++) {
		bool turn = again && i + 1 < c->nurls;

		diags_done(&last);
		diags_init(&last);
		st = check_url(c, turn, &last);
		if (st == RPC_OK)
			st = post_one(c, body, again, turn, reply, &last);
		if (!turns(st) || !again)
			break;
		if (c->at == 0)
			c->left_ms = mono_ms();
		c->at = (c->at + 1) % c->nurls;
	}
	c->ended_ms = mono_ms();
	if (st != RPC_OK && ds)
		diags_append(ds, &last);
	diags_done(&last);
	return st;
}
