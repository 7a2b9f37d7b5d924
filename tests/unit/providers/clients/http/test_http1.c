#include "tests/unit/t.h"

#include "providers/clients/http/http1.h"

static void
urls(void **state UNUSED)
{
	static const struct {
		const char *text, *authority, *path;
		int rc;
		bool local;
	} c[] = {
		{ "http://127.0.0.1:8545", "127.0.0.1:8545", "/", 0, true },
		{ "http://localhost:1/a?b#c", "localhost:1", "/a?b", 0, true },
		{ "http://[::1]:80/x", "[::1]:80", "/x", 0, true },
		{ "http://127.0.0.1?q", "127.0.0.1", "/?q", 0, true },
		{ "http://example.org/", "example.org", "/", 0, false },
		{ "http://u:p@127.0.0.1/", NULL, NULL, 0, false },
		{ "http://127.0.0.1:99999/", NULL, NULL, 0, false },
		{ "https://127.0.0.1/", NULL, NULL, 0, false },
		{ "https://", NULL, NULL, -1, false },
		{ "http://", NULL, NULL, -1, false },
		{ "http:///x", NULL, NULL, -1, false },
		{ "ws://127.0.0.1", NULL, NULL, -1, false },
		{ "http://127.0.0.1/a b", NULL, NULL, -1, false },
		{ "http://127.0.0.1/\r\nX: y", NULL, NULL, -1, false },
	};

	for (size_t i = 0; i < COUNTOF(c); i++) {
		struct url u;

		assert_int_equal(url_parse(c[i].text, &u), c[i].rc);
		if (c[i].rc == 0)
			assert_int_equal(u.local, c[i].local);
		if (c[i].authority)
			assert_string_equal(u.authority, c[i].authority);
		if (c[i].path)
			assert_string_equal(u.path, c[i].path);
	}
}

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *text;
	bool eof;
	int rc, status;
	const char *body;
} replies[] = {
	{ OK "Content-Length: 2\r\n\r\nhi", false, 1, 200, "hi" },
	{ OK "content-length:2\r\n\r\nhi and more", false, 1, 200, "hi" },
	{ OK "Content-Length: 3\r\n\r\nhi", false, 0, 0, NULL },
	{ OK "Content-Length: 3\r\n\r\nhi", true, -1, 0, NULL },
	{ OK "\r\nhi", false, 0, 0, NULL },
	{ OK "\r\nhi", true, 1, 200, "hi" },
	{ "HTTP/1.0 429 Too Many\r\n\r\n", true, 1, 429, "" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3;x=y\r\n "
	     "yo\r\n0\r\n\r\n",
	  false, 1, 200, "hi yo" },
	{ OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", false, 0, 0,
	  NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", true, -1, 0,
	  NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n", false, -1, 0,
	  NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\n"
	     "ffffffffffffffffffffff\r\nhi\r\n",
	  false, -1, 0, NULL },
	{ OK "Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\nhi\r\n", false,
	  0, 0, NULL },
	{ "HTTP/1.1 2x0 OK\r\n\r\n", false, -1, 0, NULL },
	{ "SSH-2.0-OpenSSH\r\n\r\n", false, -1, 0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Le", false, 0, 0, NULL },
	{ "HTTP/1.1 200 OK\r\nContent-Le", true, -1, 0, NULL },
	{ "", true, -1, 0, NULL },
	{ "", false, 0, 0, NULL },
};

static void
replies_are_read(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(replies); i++) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
		struct http_msg m;
		int rc;

		buf_adds(&b, replies[i].text);
		rc = http_msg_parse(&b, replies[i].eof, &m);
		if (rc != replies[i].rc)
			fail_msg("%s: %d", replies[i].text, rc);
		if (rc != 1)
			continue;
		assert_int_equal(m.status, replies[i].status);
		assert_int_equal(m.len, strlen(replies[i].body));
		assert_memory_equal(m.body, replies[i].body, m.len);
	}
}

/* Whatever arrives piecemeal ends as the whole does. */
static void
replies_may_come_in_pieces(void **state UNUSED)
{
	const char *text = replies[7].text;
	CLEANUP(buf_done) struct buf b = BUF_INIT(4096);
	struct http_msg m;
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(http_msg_parse(&b, false, &m), 0);
		buf_addch(&b, text[i]);
		/* The last chunk's own line is enough. */
		if (i + 3 == n)
			break;
	}
	assert_int_equal(http_msg_parse(&b, false, &m), 1);
	assert_string_equal(m.body, "hi yo");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(replies_are_read),
		cmocka_unit_test(replies_may_come_in_pieces),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
