/* Where a program listens, and who listens there already. */
#include "tests/unit/t.h"

#include <arpa/inet.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/tools/port.h"
#include "providers/facts/listen.h"

static const char *
host_of(struct arena *a, const char *argv, unsigned port)
{
	CLEANUP(put_json) json_t *j = json_loads(argv, 0, NULL);
	const char *host = port_host(a, j, port);

	return host ? arena_strdup(a, host) : "any";
}

static void
test_host(void **state UNUSED)
{
	static const struct {
		const char *argv, *host;
	} rows[] = {
		{ "[]", "any" },
		{ "[\"x\", \"--http.addr=127.0.0.1\", \"--http.port=80\"]",
		  "127.0.0.1" },
		{ "[\"--host\", \"10.0.0.5\", \"--port\", \"80\"]",
		  "10.0.0.5" },
		{ "[\"--port=80\", \"--rpc.addr=127.0.0.1\"]", "any" },
		{ "[\"--rpc.port=81\", \"--rpc.addr=127.0.0.1\"]", "any" },
		{ "[\"--a.address=::1\", \"--a.port=80\"]", "::1" },
		{ "[\"--listen=127.0.0.1:80\"]", "127.0.0.1" },
		{ "[\"--listen=[::1]:80\"]", "::1" },
		{ "[\"serve\", \"127.0.0.1:80\"]", "127.0.0.1" },
		{ "[\"--listen=:80\"]", "any" },
		{ "[\"--l1=http://127.0.0.1:80\"]", "any" },
		{ "[\"--verbose\", \"--port=80\", null]", "any" },
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < COUNTOF(rows); i++)
		assert_string_equal(host_of(&a, rows[i].argv, 80),
				    rows[i].host);
	arena_done(&a);
}

/* Listens at an address with some port, which it returns. */
static unsigned
listen_at(const char *host, int *fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t n = sizeof(at);

	assert_int_equal(inet_pton(AF_INET, host, &at.sin_addr), 1);
	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(*fd, (struct sockaddr *)&at, n), 0);
	assert_int_equal(listen(*fd, 1), 0);
	assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &n), 0);
	return ntohs(at.sin_port);
}

static int
taken(const char *host, unsigned port)
{
	char comm[32] = "";
	pid_t pid = 0;
	int rc = port_holder(host, port, &pid, comm, sizeof(comm));

	if (rc)
		assert_int_equal(pid, getpid());
	return rc;
}

static void
test_holder(void **state UNUSED)
{
	int fd;
	unsigned port = listen_at("127.0.0.1", &fd);

	assert_int_equal(taken(NULL, port), 1);
	assert_int_equal(taken("127.0.0.1", port), 1);
	assert_int_equal(taken("localhost", port), 1);
	assert_int_equal(taken("0.0.0.0", port), 1);
	assert_int_equal(taken("::", port), 1);
	assert_int_equal(taken("127.0.0.2", port), 0);
	assert_int_equal(taken("::1", port), 0);
	close(fd);
	assert_int_equal(taken(NULL, port), 0);
	port = listen_at("0.0.0.0", &fd);
	assert_int_equal(taken("127.0.0.2", port), 1);
	assert_int_equal(taken("::1", port), 0);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_holder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
