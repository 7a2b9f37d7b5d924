/* A resolver may block for as long as it likes: it has a process of its own. */
#include "cmd/opl2-supervise/loop/fetch.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"

#define MSG_MAX 4096u

static json_t *
resolve(const char *name)
{
	const struct addrinfo want = { .ai_socktype = SOCK_STREAM,
				       .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	char text[INET6_ADDRSTRLEN] = "";
	int rc = getaddrinfo(name, NULL, &want, &list);

	if (rc == 0)
		rc = getnameinfo(list->ai_addr, list->ai_addrlen, text,
				 sizeof(text), NULL, 0, NI_NUMERICHOST);
	if (list)
		freeaddrinfo(list);
	return rc ? json_pack("{s:s}", "error", gai_strerror(rc))
		  : json_pack("{s:s}", "body", text);
}

int
resolve_main(void)
{
	CLEANUP(buf_done) struct buf in = BUF_INIT(MSG_MAX);
	CLEANUP(buf_done) struct buf out = BUF_INIT(MSG_MAX);
	CLEANUP(put_json) json_t *msg = NULL;
	CLEANUP(put_json) json_t *reply = NULL;
	ssize_t n = 1;

	while (n > 0 && frame_take(&in, &msg) == 0) {
		char *p = buf_reserve(&in, 1024);

		n = p ? read(STDIN_FILENO, p, 1024) : -1;
		if (n > 0)
			in.n += (size_t)n;
	}
	if (!msg)
		return 1;
	reply = resolve(jx_str(msg, "host", ""));
	frame_add(&out, reply);
	return write(STDIN_FILENO, out.p, out.n) == (ssize_t)out.n ? 0 : 1;
}
