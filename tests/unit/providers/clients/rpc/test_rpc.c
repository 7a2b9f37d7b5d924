#include "tests/unit/scripted.h"

#include "providers/clients/http/http.h"
#include "providers/clients/rpc/rpc.h"

/* HTTP and JSON-RPC clients. */

static void
retries(void **state)
{
	static const char *const answers[] = {
		"",
		HEAD("503 Busy", "2") "\r\nno",
		HEAD("200 OK", "5") "\r\nhello",
		NULL,
	};
	struct http *h = http_new();
	struct http_reply r = HTTP_REPLY_INIT;
	struct server s;
	struct diags ds;
	char seen[4096];

	(void)state;
	diags_init(&ds);
	start(&s, answers);
	struct http_req req = { .url = s.url };
	assert_int_equal(http_get(h, &req, &r, &ds), HTTP_OK);
	t_no_errors(&ds);
	assert_int_equal(r.tries, 3);
	assert_string_equal(buf_str(&r.body), "hello");
	halt(&s, seen, sizeof(seen));
	http_reply_done(&r);
	http_free(h);
	diags_done(&ds);
}

static void
says_what_failed(void **state)
{
	static const char *const answers[] = {
		HEAD("404 Gone", "9") "\r\nno such x", NULL
	};
	struct http *h = http_new();
	struct http_reply r = HTTP_REPLY_INIT;
	struct server s;
	struct diags ds;
	char seen[4096];

	(void)state;
	diags_init(&ds);
	start(&s, answers);
	struct http_req req = { .url = s.url, .sensitive = true };
	assert_int_equal(http_get(h, &req, &r, &ds), HTTP_FAILED);
	t_error(&ds, "E0803", "the server answered 404");
	assert_null(strstr(ds.first->summary, "secret-key"));
	assert_string_equal(ds.first->detail, "no such x");
	req.max_body = 4;
	assert_int_equal(http_send(h, &req, &r, &ds), HTTP_FAILED);
	assert_string_equal(ds.last->code, "E0802");
	halt(&s, seen, sizeof(seen));
	req.tries = 1;
	assert_int_equal(http_send(h, &req, &r, &ds), HTTP_UNREACHABLE);
	assert_string_equal(ds.last->code, "E0801");
	assert_null(strstr(ds.last->summary, "secret-key"));
	http_reply_done(&r);
	http_free(h);
	diags_done(&ds);
}

static int
temp_file(const char *dir)
{
	char *path = path_join(dir, "file");
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	free(path);
	assert_true(fd >= 0);
	return fd;
}

static void
file_is(int fd, const char *want)
{
	char got[64];
	ssize_t n = pread(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, want);
}

/* Broken off after four bytes, then by range from there. */
static void
resumes(void **state)
{
	static const char *const answers[] = {
		HEAD("200 OK", "10") "ETag: \"x\"\r\n\r\n0123",
		HEAD("206 Partial", "6") "Content-Range: bytes 4-9/10\r\n\r\n"
					 "456789",
		NULL,
	};
	struct http *h = http_new();
	struct http_reply r = HTTP_REPLY_INIT;
	int fd = temp_file(*state);
	struct server s;
	struct diags ds;
	char seen[4096];

	diags_init(&ds);
	start(&s, answers);
	struct http_req req = { .url = s.url };
	assert_int_equal(http_download(h, &req, fd, &r, &ds), HTTP_OK);
	t_no_errors(&ds);
	file_is(fd, "0123456789");
	halt(&s, seen, sizeof(seen));
	assert_non_null(strstr(seen, "Range: bytes=4-"));
	assert_non_null(strstr(seen, "If-Range: \"x\""));
	close(fd);
	http_reply_done(&r);
	http_free(h);
	diags_done(&ds);
}

/* The server has another content now, or no ranges: from the start. */
static void
starts_over(void **state)
{
	static const char *const answers[] = { HEAD("200 OK", "3") "\r\nnew",
					       NULL };
	struct http *h = http_new();
	struct http_reply r = HTTP_REPLY_INIT;
	int fd = temp_file(*state);
	struct server s;
	struct diags ds;
	char seen[4096];

	diags_init(&ds);
	assert_int_equal(write(fd, "older and longer", 16), 16);
	start(&s, answers);
	struct http_req req = { .url = s.url };
	assert_int_equal(http_download(h, &req, fd, &r, &ds), HTTP_OK);
	file_is(fd, "new");
	halt(&s, seen, sizeof(seen));
	close(fd);
	http_reply_done(&r);
	http_free(h);
	diags_done(&ds);
}

static bool
always(void *arg)
{
	(void)arg;
	return true;
}

static void
cancels(void **state)
{
	static const char *const answers[] = { "", NULL };
	struct http *h = http_new();
	struct http_reply r = HTTP_REPLY_INIT;
	struct server s;
	struct diags ds;
	char seen[64];

	(void)state;
	diags_init(&ds);
	start(&s, answers);
	struct http_req req = { .url = s.url, .cancelled = always };
	assert_int_equal(http_get(h, &req, &r, &ds), HTTP_CANCELLED);
	t_error(&ds, "E0805", "interrupted");
	halt(&s, seen, sizeof(seen));
	http_reply_done(&r);
	http_free(h);
	diags_done(&ds);
}

static struct rpc *
client_of(const struct server *s, uint64_t chain_id, unsigned tries)
{
	struct rpc_options o = { .urls = { s->url },
				 .chain_id = chain_id,
				 .tries = tries };

	return rpc_new(&o);
}

static struct rpc *
client(const struct server *s, uint64_t chain_id)
{
	return client_of(s, chain_id, 1);
}

/* Asks for the block number of a server that gives this answer. */
static enum rpc_status
ask(const char *answer, uint64_t *out, struct diags *ds)
{
	const char *const answers[] = { answer, NULL };
	enum rpc_status st;
	struct server s;
	struct rpc *c;
	char seen[4096];

	start(&s, answers);
	c = client(&s, 0);
	st = rpc_u64(c, "eth_blockNumber", NULL, out, ds);
	rpc_free(c);
	halt(&s, seen, sizeof(seen));
	if (*answer)
		assert_non_null(strstr(seen, "\"eth_blockNumber\""));
	return st;
}

static void
rpc_answers(void **state)
{
	static const struct {
		const char *answer;
		enum rpc_status st;
		const char *code, *says;
	} t[] = {
		{ JSON("38", "{\"jsonrpc\":\"2.0\",\"id\":1,"
			     "\"error\":{}}   "),
		  RPC_ERROR, "E0810", "no message" },
		{ JSON("49", "{\"id\":1,\"error\":{\"code\":-32601,"
			     "\"message\":\"nope\"}}"),
		  RPC_ERROR, "E0810", "nope (code -32601)" },
		{ JSON("24", "{\"id\":2,\"result\":\"0x10\"}"), RPC_BAD_REPLY,
		  "E0811", "another id" },
		{ JSON("8", "{\"id\":1}"), RPC_BAD_REPLY, "E0811",
		  "no result" },
		{ JSON("22", "{\"id\":1,\"result\":\"10\"}"), RPC_BAD_REPLY,
		  "E0811", "not a quantity" },
		{ JSON("6", "<html>"), RPC_BAD_REPLY, "E0811",
		  "did not answer with JSON-RPC" },
		{ HEAD("401 Who", "2") "\r\nno", RPC_BAD_REPLY, "E0803",
		  "401" },
		{ HEAD("429 Slow", "2") "\r\nno", RPC_UNREACHABLE, "E0803",
		  "429" },
		/* JSON, but of who stands before the node. */
		{ HEAD("429 Slow", "21") "\r\n{\"error\":\"slow down\"}",
		  RPC_UNREACHABLE, "E0803", "429" },
		{ "", RPC_UNREACHABLE, "E0801", "127.0.0.1" },
	};
	uint64_t n;
	struct diags ds;

	(void)state;
	for (size_t i = 0; i < COUNTOF(t); i++) {
		diags_init(&ds);
		assert_int_equal(ask(t[i].answer, &n, &ds), t[i].st);
		t_error(&ds, t[i].code, t[i].says);
		assert_null(strstr(ds.first->summary, "secret-key"));
		diags_done(&ds);
	}
	diags_init(&ds);
	assert_int_equal(
		ask(JSON("24", "{\"id\":1,\"result\":\"0x1f\"}"), &n, &ds),
		RPC_OK);
	assert_int_equal(n, 31);
	t_no_errors(&ds);
	diags_done(&ds);
}

/* "Too many requests" inside a reply is waited out, whatever its words. */
static void
limits_are_waited_out(void **state UNUSED)
{
	static const char *const answers[] = {
		JSON("70", "{\"id\":1,\"error\":{\"code\":-32012,"
			   "\"message\":\"credits limited to 6000/s\"}}"),
		JSON("24", "{\"id\":1,\"result\":\"0x1f\"}"), NULL
	};
	struct server s;
	struct diags ds;
	struct rpc *c;
	char seen[4096];
	uint64_t n = 0;

	diags_init(&ds);
	start(&s, answers);
	c = client_of(&s, 0, 2);
	assert_int_equal(rpc_u64(c, "eth_blockNumber", NULL, &n, &ds), RPC_OK);
	assert_int_equal(n, 31);
	rpc_free(c);
	halt(&s, seen, sizeof(seen));
	diags_done(&ds);
}

static void
wrong_chain(void **state)
{
	static const char *const answers[] = {
		JSON("23", "{\"id\":1,\"result\":\"0x1\"}"), NULL
	};
	struct server s;
	struct diags ds;
	struct rpc *c;
	char seen[4096];

	(void)state;
	diags_init(&ds);
	start(&s, answers);
	c = client(&s, 11155111);
	assert_int_equal(rpc_check_chain(c, NULL, &ds), RPC_ERROR);
	t_error(&ds, "E0812", "serves chain 1, not 11155111");
	assert_int_equal(diags_exit_code(&ds), 10);
	rpc_free(c);
	halt(&s, seen, sizeof(seen));
	diags_done(&ds);
}

/* Four at once are refused, two are taken; replies come in any order. */
static void
batch_is_split(void **state)
{
	static const char *const answers[] = {
		JSON("51", "{\"id\":null,\"error\":{\"code\":-32600,"
			   "\"message\":\"big\"}}"),
		JSON("49", "[{\"id\":6,\"result\":\"0x2\"},"
			   "{\"id\":5,\"result\":\"0x1\"}]"),
		JSON("53", "[{\"id\":7,\"result\":\"0x3\"},"
			   "{\"id\":8,\"error\":{\"code\":1}}]"),
		NULL,
	};
	struct rpc_item items[4];
	struct server s;
	struct diags ds;
	struct rpc *c;
	char seen[8192];
	uint64_t n;

	(void)state;
	diags_init(&ds);
	start(&s, answers);
	c = client(&s, 0);
	for (size_t i = 0; i < 4; i++)
		items[i] = (struct rpc_item){ .method = "eth_blockNumber",
					      .params = json_array() };
	assert_int_equal(rpc_batch(c, items, 4, &ds), RPC_OK);
	t_no_errors(&ds);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(quantity_u64(items[i].result, &n), 0);
		assert_int_equal(n, i + 1);
	}
	assert_null(items[3].result);
	assert_int_equal(jx_int(items[3].error, "code", 0), 1);
	assert_int_equal(rpc_batch_limit(c), 2);
	rpc_items_done(items, 4);
	rpc_free(c);
	halt(&s, seen, sizeof(seen));
	diags_done(&ds);
}

static void
quantities(void **state)
{
	static const char *const bad[] = { "", "0x", "12", "0xg",
					   "0x10000000000000000" };
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < COUNTOF(bad); i++) {
		CLEANUP(put_json) json_t *v = json_string(bad[i]);

		assert_int_equal(quantity_u64(v, &n), -1);
	}
	assert_int_equal(quantity_u64(NULL, &n), -1);
}

static int
group_setup(void **state)
{
	struct diags ds;

	(void)state;
	mem_init();
	diags_init(&ds);
	assert_int_equal(http_init(&ds), 0);
	diags_done(&ds);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	http_cleanup();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retries),
		cmocka_unit_test(says_what_failed),
		cmocka_unit_test_setup_teardown(resumes, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test_setup_teardown(starts_over, t_setup_dir,
						t_teardown_dir),
		cmocka_unit_test(cancels),
		cmocka_unit_test(rpc_answers),
		cmocka_unit_test(limits_are_waited_out),
		cmocka_unit_test(wrong_chain),
		cmocka_unit_test(batch_is_split),
		cmocka_unit_test(quantities),
	};

	/* A proxy of the machine is not for 127.0.0.1. */
	setenv("no_proxy", "127.0.0.1", 1);
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
