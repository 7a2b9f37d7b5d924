/*
 * Replies of a node. The HTTP client is replaced by one whose every answer is
 * the input: first byte the status (0: 200, 1: 429, else 500), then the body.
 */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"
#include "providers/clients/http/http.h"
#include "providers/clients/rpc/rpc.h"

static struct {
	const uint8_t *p;
	size_t n;
	unsigned asked;
} reply;

struct http {
	int unused;
};

struct http *
http_new(void)
{
	return xcalloc(1, sizeof(struct http));
}

void
http_free(struct http *h)
{
	free(h);
}

char *
http_redact(const char *url)
{
	return xstrdup(url);
}

void
http_reply_done(struct http_reply *r)
{
	buf_done(&r->body);
}

enum http_result
http_send(struct http *h, const struct http_req *req, struct http_reply *out,
	  struct diags *ds)
{
	uint8_t how = reply.n ? reply.p[0] : 2;

	(void)h;
	FUZZ_CHECK(req->sensitive && req->body_len > 0);
	/* One member each after halving, and a few more for the rate. */
	FUZZ_CHECK(++reply.asked < 200);
	if (how > 200) {
		diag_err(ds, "E0801", "no connection");
		return HTTP_UNREACHABLE;
	}
	out->status = how == 0 ? 200 : how == 1 ? 429 : 500;
	if (reply.n > 1)
		buf_add(&out->body, reply.p + 1, reply.n - 1);
	return HTTP_OK;
}

enum http_result
http_expect_ok(const struct http_req *req, const struct http_reply *r,
	       struct diags *ds)
{
	(void)req;
	if (r->status == 200)
		return HTTP_OK;
	diag_err(ds, "E0803", "status %ld", r->status);
	return HTTP_FAILED;
}

static void
single(struct rpc *c)
{
	json_t *result = NULL;
	struct diags ds;
	enum rpc_status st;

	diags_init(&ds);
	st = rpc_call(c, "eth_call", NULL, &result, &ds);
	FUZZ_CHECK((st == RPC_OK) == (result != NULL));
	if (st == RPC_ERROR)
		FUZZ_CHECK(rpc_error(c)->message);
	json_decref(result);
	fuzz_contract(&ds, st == RPC_OK ? 0 : -1);
}

static void
number(struct rpc *c)
{
	struct diags ds;
	uint64_t id;

	diags_init(&ds);
	fuzz_contract(&ds, rpc_check_chain(c, &id, &ds) == RPC_OK ? 0 : -1);
}

static void
batch(struct rpc *c)
{
	struct rpc_item items[5];
	struct diags ds;
	enum rpc_status st;

	for (size_t i = 0; i < COUNTOF(items); i++)
		items[i] = (struct rpc_item){ .method = "eth_call" };
	diags_init(&ds);
	st = rpc_batch(c, items, COUNTOF(items), &ds);
	for (size_t i = 0; i < COUNTOF(items) && st == RPC_OK; i++)
		FUZZ_CHECK(!items[i].result != !items[i].error);
	rpc_items_done(items, COUNTOF(items));
	fuzz_contract(&ds, st == RPC_OK ? 0 : -1);
}

static bool
never_wait(void *arg)
{
	(void)arg;
	return true;
}

/* A new client each time: the ids that are expected begin with 1. */
static void
with_client(void (*run)(struct rpc *c))
{
	const struct rpc_options o = {
		.urls = { "http://a", "http://b" },
		.chain_id = 900,
		.tries = 2,
		.cancelled = never_wait,
	};
	struct rpc *c = rpc_new(&o);

	reply.asked = 0;
	run(c);
	rpc_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(put_json) json_t *v = NULL;
	uint8_t *bytes;
	uint64_t u;
	size_t n;

	reply.p = data;
	reply.n = size;
	with_client(single);
	with_client(number);
	with_client(batch);
	v = json_stringn((const char *)data, size);
	if (v && hex_bytes(v, &bytes, &n) == 0) {
		FUZZ_CHECK(n == (size - 2) / 2);
		free(bytes);
	}
	if (v)
		quantity_u64(v, &u);
	return 0;
}
