/* Waiting for a block of the L1, against an L1 that moves with each question.
 */
#include "tests/unit/t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "providers/clients/send/l1_wait.h"
#include "tests/unit/ops.h"

/* For block N of the latest kind, N - 2 is safe, and N - 4 final. */
static json_t *
reply_to(const json_t *req, uint64_t head, const char *refusal)
{
	const char *tag =
		json_string_value(json_array_get(jx_get(req, "params"), 0));
	uint64_t behind = 0;
	json_t *all = json_pack("{s:s, s:O}", "jsonrpc", "2.0", "id",
				jx_get(req, "id"));

	if (tag)
		behind = strcmp(tag, "safe") == 0 ? 2 : 4;
	if (refusal && tag)
		json_object_set_new(all, "error",
				    json_pack("{s:i, s:s}", "code", -32000,
					      "message", refusal));
	else if (head < behind)
		json_object_set_new(all, "result", json_null());
	else if (tag)
		json_object_set_new(
			all, "result",
			json_pack("{s:o}", "number",
				  quantity_from_u64(head - behind)));
	else
		json_object_set_new(all, "result", quantity_from_u64(head));
	return all;
}

/* The first `refusals` questions are refused. */
static void
serve(int listener, const char *refusal, unsigned refusals)
{
	for (uint64_t head = 1;; head++) {
		int fd = accept(listener, NULL, NULL);
		char buf[8192] = "";
		size_t n = 0;
		char *body = NULL, *text;
		json_t *req, *all;
		ssize_t k = 1;

		while (k > 0 && (!body || !strchr(body, '}'))) {
			k = recv(fd, buf + n, sizeof(buf) - 1 - n, 0);
			n += k > 0 ? (size_t)k : 0;
			body = strstr(buf, "\r\n\r\n");
		}
		req = body ? jx_parse(body, strlen(body), "request", NULL)
			   : NULL;
		all = reply_to(req, head, head <= refusals ? refusal : NULL);
		text = json_dumps(all, JSON_COMPACT);
		dprintf(fd,
			"HTTP/1.1 200 OK\r\nConnection: close\r\n"
			"Content-Length: %zu\r\n\r\n%s",
			strlen(text), text);
		free(text);
		json_decref(all);
		json_decref(req);
		close(fd);
	}
}

/* Waits for block 5; *head is then the L1's. */
static enum outcome
wait_5(struct t_op *t, const char *finality, const char *refusal,
       unsigned refusals, uint64_t *head)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(rpc_freep) struct rpc *rpc = NULL;
	struct rpc_options o = { .tries = 1 };
	enum outcome oc;
	char url[64];
	pid_t pid;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &n), 0);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u",
		       ntohs(a.sin_port));
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd, refusal, refusals);
	}
	close(fd);
	o.urls[0] = url;
	rpc = rpc_new(&o);
	oc = l1_wait(&t->ctx, rpc, finality, 5, 1);
	*head = 0;
	if (oc == OC_OK)
		assert_int_equal(
			rpc_u64(rpc, "eth_blockNumber", NULL, head, &t->ds),
			RPC_OK);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return oc;
}

static void
waits(void **state UNUSED)
{
	static const struct {
		const char *finality;
		uint64_t head; /* with the question that was asked for it */
	} cases[] = { { "depth", 7 }, { "safe", 8 }, { "final", 10 } };
	uint64_t head;
	struct t_op t;

	for (size_t i = 0; i < COUNTOF(cases); i++) {
		t_op_init(&t, "/nowhere", "genesis", "l2");
		assert_int_equal(wait_5(&t, cases[i].finality, NULL, 0, &head),
				 OC_OK);
		assert_int_equal(head, cases[i].head);
		t_no_errors(&t.ds);
		t_op_done(&t);
	}
}

static void
waits_on_a_young_l1(void **state UNUSED)
{
	uint64_t head;
	struct t_op t;

	t_op_init(&t, "/nowhere", "genesis", "l2");
	assert_int_equal(
		wait_5(&t, "final", "finalized block not found", 11, &head),
		OC_OK);
	/* Two questions a look: whether the L1 goes on at all, too. */
	assert_int_equal(head, 14);
	t_no_errors(&t.ds);
	t_op_done(&t);
}

static void
says_that_it_is_unknown(void **state UNUSED)
{
	uint64_t head;
	struct t_op t;

	t_op_init(&t, "/nowhere", "genesis", "l2");
	assert_int_equal(wait_5(&t, "final", "invalid argument 0", 99, &head),
			 OC_FAIL);
	t_error(&t.ds, "E0430", "has no finalized block");
	assert_string_equal(t.ds.first->detail, "invalid argument 0");
	t_op_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits),
		cmocka_unit_test(waits_on_a_young_l1),
		cmocka_unit_test(says_that_it_is_unknown),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
