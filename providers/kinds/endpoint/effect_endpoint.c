/* endpoint: the effect half, which only ever asks. */
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/da/da_probe.h"
#include "providers/clients/evm/l1_fork.h"
#include "providers/clients/http/server_down.h"
#include "providers/clients/rpc/effect_rpc.h"
#include "providers/clients/tools/secret.h"
#include "providers/facts/forks.h"
#include "providers/kinds/effect.h"
#include "providers/kinds/endpoint/endpoint_urls.h"

#define TRIED_BATCH 100
#define USUAL_BATCH 20u /* of op-node, when nothing is said */

static json_t *
known_tags(struct rpc *rpc)
{
	static const char *const tags[] = { "safe", "finalized" };
	json_t *out = json_array();

	for (size_t i = 0; i < COUNTOF(tags); i++) {
		CLEANUP(put_json) json_t *block = NULL;

		if (rpc_call(rpc, "eth_getBlockByNumber",
			     json_pack("[s, b]", tags[i], 0), &block,
			     NULL) == RPC_OK &&
		    json_is_object(block))
			json_array_append_new(out, json_string(tags[i]));
	}
	return out;
}

/* The cheapest call there is, many times in one request. */
static unsigned
batch_limit(struct rpc *rpc)
{
	struct rpc_item items[TRIED_BATCH];

	for (size_t i = 0; i < TRIED_BATCH; i++)
		items[i] = (struct rpc_item){ .method = "eth_chainId",
					      .params = json_array() };
	if (rpc_batch(rpc, items, TRIED_BATCH, NULL) != RPC_OK) {
		rpc_items_done(items, TRIED_BATCH);
		return 1;
	}
	rpc_items_done(items, TRIED_BATCH);
	return rpc_batch_limit(rpc);
}

/* Measured once: a node program is restarted when it changes. */
static int64_t
batch_size(const struct effect_op *op, unsigned limit)
{
	int64_t known = op->prior ? jx_int(op->prior, "batch_size", 0) : 0;

	if (known > 0)
		return known;
	return limit < USUAL_BATCH ? limit : USUAL_BATCH;
}

static enum outcome
refuse_newer(struct effect_ctx *ctx, const struct effect_op *op,
	     const char *fork)
{
	const char *newest = jx_str(op->config, "newest_fork", NULL);

	if (!newest || forks_l1_rank(fork) <= forks_l1_rank(newest))
		return OC_OK;
	diag_err(ctx->ds, "E0813",
		 "the chain is at '%s', but the node programs support it only "
		 "up to '%s'",
		 fork, newest);
	diag_path(ctx->ds, "/newest_fork");
	diag_hint(ctx->ds, "use newer node programs, or an L1 at that fork");
	return OC_FAIL;
}

/* What the newest block shows, and what eth_config says is to come. */
static enum outcome
find_fork(struct effect_ctx *ctx, const struct effect_op *op, struct queries *a,
	  struct l1_fork *fork)
{
	struct l1_fork_queries q;
	enum rpc_status st;

	l1_fork_query(a, &q);
	st = queries_send(a, ctx->ds);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return OC_UNREACHABLE;
	if (st != RPC_OK)
		return rpc_outcome(st);
	l1_fork_take(a, &q, fork);
	if (!fork->now) {
		diag_err(ctx->ds, "E0811", "%s: it returned no newest block",
			 rpc_name(a->rpc));
		return OC_FAIL;
	}
	if (fork->field) {
		diag_warn(ctx->ds, "W0868",
			  "the chain's newest block has a field '%s', which "
			  "belongs to no upgrade that this opl2 knows",
			  fork->field);
		diag_path(ctx->ds, "/rpc");
		diag_hint(ctx->ds, "check for a newer opl2");
	}
	return refuse_newer(ctx, op, fork->now);
}

/* One of the URLs that are not in use. Down now, it may be up when it is
 * needed; of another chain it is a mistake. */
static enum outcome
check_other(struct effect_ctx *ctx, const struct effect_op *op,
	    const json_t *url, uint64_t id)
{
	CLEANUP(rpc_freep)
	struct rpc *rpc = effect_rpc_value(ctx, op, url, id, 1);
	CLEANUP(diags_done) struct diags said;
	enum rpc_status st;

	diags_init(&said);
	if (!rpc)
		return OC_FAIL;
	st = rpc_check_chain(rpc, NULL, &said);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT) {
		server_down(&said, "rpc");
		diag_warn(ctx->ds, "W0880", "%s", said.last->summary);
	} else
		diags_append(ctx->ds, &said);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return OC_OK;
	return rpc_outcome(st);
}

static enum outcome
check_others(struct effect_ctx *ctx, const struct effect_op *op,
	     const struct rpc *used, uint64_t id)
{
	const json_t *list = jx_get(op->config, "rpc_fallback");
	enum outcome oc = OC_OK;

	if (rpc_turned(used)) {
		oc = check_other(ctx, op, jx_get(op->config, "rpc"), id);
		diag_path(ctx->ds, "/rpc");
	}
	for (size_t i = 0; oc == OC_OK && i < json_array_size(list); i++) {
		oc = check_other(ctx, op, json_array_get(list, i), id);
		diag_path(ctx->ds, "/rpc_fallback/%zu", i);
	}
	return oc;
}

static enum outcome
read_rpc(struct effect_ctx *ctx, const struct effect_op *op,
	 struct effect_result *out)
{
	CLEANUP(put_json) json_t *urls = endpoint_urls(op->config);
	CLEANUP(rpc_freep)
	struct rpc *rpc = effect_rpc_value(
		ctx, op, urls, (uint64_t)jx_int(op->config, "chain_id", 0), 0);
	CLEANUP(queries_done) struct queries a = { .rpc = rpc, .lent = true };
	CLEANUP(put_json) json_t *client = NULL;
	struct l1_fork fork = { 0 };
	enum outcome oc;
	unsigned limit;
	uint64_t id;
	enum rpc_status st;

	if (!rpc)
		return OC_FAIL;
	st = rpc_check_chain(rpc, &id, ctx->ds);
	if (st == RPC_UNREACHABLE || st == RPC_TIMEOUT)
		return OC_UNREACHABLE;
	if (st != RPC_OK)
		return rpc_outcome(st);
	oc = find_fork(ctx, op, &a, &fork);
	if (oc == OC_OK)
		oc = check_others(ctx, op, rpc, id);
	if (oc != OC_OK)
		return oc;
	if (rpc_call(rpc, "web3_clientVersion", NULL, &client, NULL) != RPC_OK)
		client = json_string("unknown");
	limit = batch_limit(rpc);
	out->attrs = json_pack("{s:I, s:O, s:s, s:s?, s:i, s:I, s:o, s:n}",
			       "served_chain_id", (json_int_t)id, "client",
			       client, "fork", fork.now, "next_fork", fork.next,
			       "batch_limit", (int)limit, "batch_size",
			       (json_int_t)batch_size(op, limit), "tags",
			       known_tags(rpc), "probe");
	json_object_set_new(out->attrs, "next_fork_time",
			    fork.next ? json_integer(fork.next_time)
				      : json_null());
	return OC_OK;
}

static bool
endpoint_is_cancelled(void *arg)
{
	return effect_cancelled(arg);
}

static enum outcome
http_outcome(enum http_result rc)
{
	switch (rc) {
	case HTTP_OK:
		return OC_OK;
	case HTTP_UNREACHABLE:
	case HTTP_TIMEOUT:
		return OC_UNREACHABLE;
	case HTTP_CANCELLED:
		return OC_CANCELLED;
	case HTTP_FAILED:
		break;
	}
	return OC_FAIL;
}

/* What an endpoint that is not an RPC has found. Steals client. */
static void
found(json_t *client, const char *probe, struct effect_result *out)
{
	out->attrs =
		json_pack("{s:n, s:o?, s:n, s:n, s:n, s:n, s:n, s:[], s:s?}",
			  "served_chain_id", "client", client, "fork",
			  "next_fork", "next_fork_time", "batch_limit",
			  "batch_size", "tags", "probe", probe);
}

/* The string below /data/KEY of a beacon node's answer. */
static enum http_result
beacon_ask(struct effect_ctx *ctx, struct http *http, const char *base,
	   const char *path, const char *key, json_t **out)
{
	size_t n = strlen(base);
	CLEANUP(freep)
	char *url =
		xasprintf("%.*s%s", (int)(n && base[n - 1] == '/' ? n - 1 : n),
			  base, path);
	CLEANUP(http_reply_done) struct http_reply r = HTTP_REPLY_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	const struct http_req req = { .url = url,
				      .sensitive = true,
				      .total_ms = 30000,
				      .cancelled = endpoint_is_cancelled,
				      .arg = ctx };
	enum http_result rc = http_send(http, &req, &r, ctx->ds);
	const char *text = NULL;

	if (rc != HTTP_OK)
		return rc;
	if (r.status == 200 && r.body.n)
		j = json_loadb(r.body.p, r.body.n, 0, NULL);
	text = jx_str(json_object_get(j, "data"), key, NULL);
	if (text) {
		*out = json_string(text);
		return HTTP_OK;
	}
	diag_err(ctx->ds, "E0851", "no '%s' in the answer to %s (status %ld)",
		 key, path, r.status);
	diag_path(ctx->ds, "/rpc");
	diag_hint(ctx->ds, "give the URL of a beacon node's HTTP API, not that "
			   "of an execution client");
	return HTTP_FAILED;
}

static enum outcome
read_beacon(struct effect_ctx *ctx, const char *url, struct http *http,
	    struct effect_result *out)
{
	/* What op-node asks it for before it asks for blobs. */
	static const char *const asked[][2] = {
		{ "/eth/v1/node/version", "version" },
		{ "/eth/v1/beacon/genesis", "genesis_time" },
		{ "/eth/v1/config/spec", "SECONDS_PER_SLOT" },
	};
	CLEANUP(put_json) json_t *client = NULL;

	for (size_t i = 0; i < COUNTOF(asked); i++) {
		CLEANUP(put_json) json_t *v = NULL;
		enum http_result rc = beacon_ask(ctx, http, url, asked[i][0],
						 asked[i][1], &v);

		if (rc != HTTP_OK)
			return http_outcome(rc);
		if (i == 0)
			client = TAKE(v);
	}
	found(TAKE(client), NULL, out);
	return OC_OK;
}

/* An object is put when the server is new to us; later it is asked for. */
static enum outcome
read_da(struct effect_ctx *ctx, const struct effect_op *op,
	const struct da_server *s, struct effect_result *out)
{
	struct buf name = BUF_INIT(4096);
	const char *known = NULL;
	enum http_result rc = HTTP_OK;

	if (op->prior && json_equal(op->config, op->prior_config))
		known = jx_str(op->prior, "probe", NULL);
	if (known)
		buf_adds(&name, known);
	else
		rc = da_put(s, op->env->chain, &name);
	if (rc == HTTP_OK)
		rc = da_verify(s, op->env->chain, buf_str(&name));
	if (rc == HTTP_OK)
		found(NULL, buf_str(&name), out);
	else if (rc == HTTP_FAILED)
		diag_path(ctx->ds, "/rpc");
	buf_done(&name);
	return http_outcome(rc);
}

static enum outcome
endpoint_fetch(struct effect_ctx *ctx, const struct effect_op *op,
	       struct effect_result *out)
{
	const char *type = jx_str(op->config, "type", "rpc");
	CLEANUP(secret_wipe) struct buf url = BUF_INIT(SECRET_MAX);
	CLEANUP(http_freep) struct http *http = NULL;

	if (strcmp(type, "rpc") == 0)
		return read_rpc(ctx, op, out);
	if (effect_url(ctx, op, "rpc", &url))
		return OC_FAIL;
	http = http_new();
	if (strcmp(type, "beacon") == 0)
		return read_beacon(ctx, buf_str(&url), http, out);

	const struct da_server s = {
		.http = http,
		.url = buf_str(&url),
		.protocol = strcmp(type, "meeda") == 0 ? DA_MEEDA : DA_UPSTREAM,
		.cancelled = endpoint_is_cancelled,
		.arg = ctx,
		.ds = ctx->ds,
	};
	return read_da(ctx, op, &s, out);
}

static enum outcome
endpoint_read(struct effect_ctx *ctx, const struct effect_op *op,
	      struct effect_result *out)
{
	enum outcome oc = endpoint_fetch(ctx, op, out);

	if (oc == OC_UNREACHABLE)
		server_down(ctx->ds, jx_str(op->config, "type", "rpc"));
	if (oc == OC_OK)
		json_object_set_new(out->attrs, "urls",
				    endpoint_urls(op->config));
	return oc;
}

const struct effects effects_endpoint = {
	.kind = "endpoint",
	.read = endpoint_read,
};
