#include "providers/clients/rpc/rpc.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/io/trace.h"
#include "providers/clients/rpc/rpc_int.h"
#include "providers/facts/rate_limit.h"

/* Calls and batches; rpc_post.c is the way of one request to a node. */

#define LIMIT_PAUSES   4
#define LIMIT_PAUSE_MS 500u

struct rpc *
rpc_new(const struct rpc_options *o)
{
	struct rpc *c = xcalloc(1, sizeof(*c));

	c->http = http_new();
	while (c->nurls < RPC_URLS_MAX && o->urls[c->nurls]) {
		struct url *u = &c->urls[c->nurls];

		u->url = xstrdup(o->urls[c->nurls++]);
		u->name = http_redact(u->url);
	}
	c->chain_id = o->chain_id;
	c->cafile = o->cafile ? xstrdup(o->cafile) : NULL;
	c->cert = o->cert ? xstrdup(o->cert) : NULL;
	c->key = o->key ? xstrdup(o->key) : NULL;
	c->call_ms = o->call_ms ? o->call_ms : 30000;
	c->tries = o->tries ? o->tries : 4;
	c->batch_max = o->batch_max ? o->batch_max : 100;
	c->cancelled = o->cancelled;
	c->waiting = o->waiting;
	c->arg = o->arg;
	return c;
}

void
rpc_free(struct rpc *c)
{
	if (!c)
		return;
	http_free(c->http);
	for (size_t i = 0; i < c->nurls; i++) {
		explicit_bzero(c->urls[i].url, strlen(c->urls[i].url));
		free(c->urls[i].url);
		free(c->urls[i].name);
	}
	free(c->cafile);
	free(c->cert);
	free(c->key);
	json_decref(c->error_json);
	free(c);
}

void
rpc_freep(struct rpc **c)
{
	rpc_free(*c);
	*c = NULL;
}

const char *
rpc_name(const struct rpc *c)
{
	return c->nurls ? c->urls[c->at].name : "(no URL)";
}

const char *
rpc_url(const struct rpc *c)
{
	return c->nurls ? c->urls[c->at].url : "";
}

bool
rpc_turned(const struct rpc *c)
{
	return c->at > 0;
}

const struct rpc_error *
rpc_error(const struct rpc *c)
{
	return &c->error;
}

unsigned
rpc_batch_limit(const struct rpc *c)
{
	return c->batch_max;
}

/* Asking twice must not do a thing twice. */
static bool
is_idempotent(const char *method)
{
	static const char *const free_of_effect[] = { "eth_",   "net_",
						      "web3_",  "txpool_",
						      "debug_", "optimism_" };

	/* eth_sendRawTransaction too: the same bytes are the same
	 * transaction. eth_sendTransaction makes a new one each time. */
	if (strcmp(method, "eth_sendTransaction") == 0)
		return false;
	for (size_t i = 0; i < COUNTOF(free_of_effect); i++)
		if (strncmp(method, free_of_effect[i],
			    strlen(free_of_effect[i])) == 0)
			return true;
	return false;
}

static json_t *
request_object(uint64_t id, const char *method, json_t *params)
{
	return json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id",
			 (json_int_t)id, "method", method, "params",
			 params ? params : json_array());
}

static void
keep_error(struct rpc *c, const json_t *error)
{
	json_t *mine = json_deep_copy(error);

	json_decref(c->error_json);
	c->error_json = mine;
	c->error.code = jx_int(mine, "code", 0);
	c->error.message = jx_str(mine, "message", "no message");
	c->error.data = jx_get(mine, "data");
}

static enum rpc_status
report_error(struct rpc *c, const char *method, struct diags *ds)
{
	if (ds)
		diag_err(ds, "E0810", "%s at '%s': %s (code %lld)", method,
			 rpc_name(c), c->error.message,
			 (long long)c->error.code);
	return RPC_ERROR;
}

static enum rpc_status
rpc_bad_reply(struct rpc *c, const char *method, const char *why,
	      struct diags *ds)
{
	if (ds)
		diag_err(ds, "E0811", "%s at '%s': %s", method, rpc_name(c),
			 why);
	return RPC_BAD_REPLY;
}

static bool
pause_limit(struct rpc *c, unsigned round)
{
	struct timespec step = { 0, 100 * 1000000L };

	for (unsigned ms = 0; ms < LIMIT_PAUSE_MS << round; ms += 100) {
		if (rpc_tick(c))
			return false;
		nanosleep(&step, NULL);
	}
	return true;
}

static enum rpc_status
call_once(struct rpc *c, const json_t *req, const char *method, json_t **result,
	  struct diags *ds)
{
	char *body = jx_dump_line(req);
	CLEANUP(put_json) json_t *reply = NULL;
	enum rpc_status st =
		rpc_post(c, body, is_idempotent(method), &reply, ds);
	const json_t *error;

	free(body);
	if (st != RPC_OK)
		return st;
	error = jx_get(reply, "error");
	if (error) {
		keep_error(c, error);
		return RPC_ERROR;
	}
	if (jx_int(reply, "id", -1) != jx_int(req, "id", -2))
		return rpc_bad_reply(c, method, "the reply has another id", ds);
	if (!json_object_get(reply, "result"))
		return rpc_bad_reply(c, method, "the reply has no result", ds);
	*result = json_incref(json_object_get(reply, "result"));
	return RPC_OK;
}

enum rpc_status
rpc_call(struct rpc *c, const char *method, json_t *params, json_t **result,
	 struct diags *ds)
{
	CLEANUP(put_json)
	json_t *req = request_object(++c->next_id, method, params);
	enum rpc_status st;

	trace("rpc: %s at %s", method, rpc_name(c));
	for (unsigned round = 0;; round++) {
		st = call_once(c, req, method, result, ds);
		if (st != RPC_ERROR || !rpc_is_limited(c->error_json) ||
		    round == LIMIT_PAUSES || c->tries == 1 ||
		    !is_idempotent(method) || !pause_limit(c, round))
			break;
	}
	return st == RPC_ERROR ? report_error(c, method, ds) : st;
}

/* --- batches ------------------------------------------------------------- */

void
rpc_items_done(struct rpc_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put_json(&items[i].params);
		put_json(&items[i].result);
		put_json(&items[i].error);
	}
}

/* Sorts one member of the reply to its item; false when it has none. */
static bool
place_reply(struct rpc_item *items, size_t n, uint64_t first_id,
	    const json_t *one)
{
	int64_t id = jx_int(one, "id", -1);
	const json_t *error = jx_get(one, "error");
	struct rpc_item *item;

	if (id < (int64_t)first_id || (uint64_t)id >= first_id + n)
		return false;
	item = &items[(uint64_t)id - first_id];
	if (item->result || item->error)
		return false;
	if (error)
		item->error = json_deep_copy(error);
	else
		item->result = json_incref(json_object_get(one, "result"));
	return item->result || item->error;
}

/* RPC_ERROR here: the batch as such was refused. */
static enum rpc_status
batch_once(struct rpc *c, struct rpc_item *items, size_t n, struct diags *ds)
{
	CLEANUP(put_json) json_t *reqs = json_array();
	CLEANUP(put_json) json_t *reply = NULL;
	uint64_t first_id = c->next_id + 1;
	enum rpc_status st;
	bool again = true;
	size_t placed = 0;
	char *body;

	for (size_t i = 0; i < n; i++) {
		again = again && is_idempotent(items[i].method);
		json_array_append_new(
			reqs, request_object(++c->next_id, items[i].method,
					     json_deep_copy(items[i].params)));
	}
	body = jx_dump_line(reqs);
	st = rpc_post(c, body, again, &reply, ds);
	free(body);
	if (st != RPC_OK)
		return st;
	for (size_t i = 0; i < json_array_size(reply); i++)
		placed += place_reply(items, n, first_id,
				      json_array_get(reply, i));
	if (placed == n)
		return RPC_OK;
	for (size_t i = 0; i < n; i++) {
		put_json(&items[i].result);
		put_json(&items[i].error);
	}
	if (json_is_object(reply) && jx_get(reply, "error")) {
		keep_error(c, jx_get(reply, "error"));
	} else {
		CLEANUP(put_json)
		json_t *e = json_pack("{s:s}", "message",
				      "the reply to a batch is incomplete");

		keep_error(c, e);
	}
	return RPC_ERROR;
}

/* One item by rpc_call's rules; its error object is an answer too. */
static enum rpc_status
single(struct rpc *c, struct rpc_item *item, struct diags *ds)
{
	struct diags quiet;
	enum rpc_status st;

	diags_init(&quiet);
	put_json(&item->error);
	st = rpc_call(c, item->method, json_deep_copy(item->params),
		      &item->result, &quiet);
	if (st == RPC_ERROR) {
		item->error = json_deep_copy(c->error_json);
		st = RPC_OK;
	}
	if (st != RPC_OK && ds)
		diags_append(ds, &quiet);
	diags_done(&quiet);
	return st;
}

/* Members that were refused for the rate alone are asked for once more. */
static enum rpc_status
ask_limited_again(struct rpc *c, struct rpc_item *items, size_t n,
		  struct diags *ds)
{
	enum rpc_status st = RPC_OK;

	for (size_t i = 0; i < n && st == RPC_OK; i++)
		if (items[i].error && rpc_is_limited(items[i].error))
			st = single(c, &items[i], ds);
	return st;
}

/* Perhaps too many at once: half of it is asked for. Some count each of a batch
 * as a request of its own, and refuse the whole by the status. */
static bool
is_too_large(const struct rpc *c, enum rpc_status st)
{
	return st == RPC_ERROR || st == RPC_BAD_REPLY ||
	       (st == RPC_UNREACHABLE && c->status == HTTP_TOO_MANY);
}

enum rpc_status
rpc_batch(struct rpc *c, struct rpc_item *items, size_t n, struct diags *ds)
{
	for (size_t i = 0; i < n;) {
		size_t k = n - i < c->batch_max ? n - i : c->batch_max;
		CLEANUP(diags_done) struct diags said;
		enum rpc_status st;

		diags_init(&said);
		if (k > 1)
			st = batch_once(c, &items[i], k, &said);
		else
			st = single(c, &items[i], &said);
		if (k > 1 && is_too_large(c, st)) {
			c->batch_max = (unsigned)(k / 2);
			continue;
		}
		if (k > 1 && st == RPC_OK)
			st = ask_limited_again(c, &items[i], k, &said);
		if (st != RPC_OK) {
			if (ds)
				diags_append(ds, &said);
			return st;
		}
		i += k;
	}
	return RPC_OK;
}

/* --- calls that are often wanted ----------------------------------------- */

enum rpc_status
rpc_u256(struct rpc *c, const char *method, json_t *params, struct u256 *out,
	 struct diags *ds)
{
	CLEANUP(put_json) json_t *result = NULL;
	enum rpc_status st = rpc_call(c, method, params, &result, ds);

	if (st != RPC_OK)
		return st;
	if (quantity_u256(result, out) < 0)
		return rpc_bad_reply(c, method, "the result is not a quantity",
				     ds);
	return RPC_OK;
}

enum rpc_status
rpc_u64(struct rpc *c, const char *method, json_t *params, uint64_t *out,
	struct diags *ds)
{
	struct u256 v;
	enum rpc_status st = rpc_u256(c, method, params, &v, ds);

	if (st != RPC_OK)
		return st;
	if (!u256_fits_u64(&v, out))
		return rpc_bad_reply(c, method, "the result is too large", ds);
	return RPC_OK;
}

enum rpc_status
rpc_check_chain(struct rpc *c, uint64_t *out, struct diags *ds)
{
	if (!c->seen_chain_id) {
		enum rpc_status st =
			rpc_u64(c, "eth_chainId", NULL, &c->seen_chain_id, ds);

		if (st != RPC_OK)
			return st;
	}
	if (out)
		*out = c->seen_chain_id;
	if (c->chain_id && c->chain_id != c->seen_chain_id) {
		if (ds)
			rpc_wrong_chain(c, c->chain_id, c->seen_chain_id, ds);
		return RPC_ERROR;
	}
	c->urls[c->at].checked = true;
	return RPC_OK;
}
