#include "tests/unit/t.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "engine/base/hash.h"
#include "tests/unit/ops.h"

#define WORD(c)                                                                \
	"0x" c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c c
#define STATE   WORD("11")
#define STORAGE WORD("22")
#define HASH    WORD("33")

static json_t *
reply_to(const json_t *req)
{
	const char *method = jx_str(req, "method", "");
	json_t *r;

	if (strcmp(method, "eth_getProof") == 0)
		r = json_pack("{s:s}", "storageHash", STORAGE);
	else if (strcmp(method, "eth_getBlockByNumber") == 0)
		r = json_pack("{s:s, s:s}", "hash", HASH, "stateRoot", STATE);
	else
		r = json_null();
	return json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id",
			 jx_get(req, "id"), "result", r);
}

static void
serve(int listener)
{
	for (;;) {
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
		all = reply_to(req);
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

static enum outcome
create(struct t_op *t, const char *genesis_hash)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(put_json) json_t *config = NULL;
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
		serve(fd);
	}
	close(fd);
	config = json_pack("{s:s, s:s, s:i}", "l2_rpc", url, "genesis_hash",
			   genesis_hash, "block", 0);
	t->op.config = config;
	oc = effects_find("output_root")->create(&t->ctx, &t->op, &t->out);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return oc;
}

static void
computes(void **state UNUSED)
{
	uint8_t words[128] = { 0 }, digest[32];
	char hex[65];
	struct t_op t;

	memset(words + 32, 0x11, 32);
	memset(words + 64, 0x22, 32);
	memset(words + 96, 0x33, 32);
	keccak256(words, sizeof(words), digest);
	hex_encode(digest, 32, hex);
	t_op_init(&t, "/nowhere", "output_root", "genesis");
	assert_int_equal(create(&t, HASH), OC_OK);
	assert_string_equal(jx_str(t.out.attrs, "output_root", "0x") + 2, hex);
	assert_string_equal(jx_str(t.out.attrs, "state_root", ""), STATE);
	assert_string_equal(jx_str(t.out.attrs, "storage_root", ""), STORAGE);
	assert_string_equal(jx_str(t.out.attrs, "block_hash", ""), HASH);
	t_no_errors(&t.ds);
	t_op_done(&t);
}

static void
refuses_another_chain(void **state UNUSED)
{
	struct t_op t;

	t_op_init(&t, "/nowhere", "output_root", "genesis");
	assert_int_equal(create(&t, STATE), OC_FAIL);
	t_error(&t.ds, "E0431", "block 0 of the L2 is " HASH);
	t_op_done(&t);
}

/* With the same inputs nobody is asked. */
static void
is_frozen(void **state UNUSED)
{
	CLEANUP(put_json)
	json_t *config = json_pack("{s:s, s:s, s:i}", "l2_rpc", "http://h:1",
				   "genesis_hash", HASH, "block", 0);
	CLEANUP(put_json)
	json_t *prior = json_pack("{s:s}", "output_root", STATE);
	struct t_op t;

	t_op_init(&t, "/nowhere", "output_root", "genesis");
	t.op.config = t.op.prior_config = config;
	t.op.prior = prior;
	assert_int_equal(
		effects_find("output_root")->create(&t.ctx, &t.op, &t.out),
		OC_OK);
	assert_true(json_equal(t.out.attrs, prior));
	t_op_done(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(computes),
		cmocka_unit_test(refuses_another_chain),
		cmocka_unit_test(is_frozen),
	};

	mem_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
