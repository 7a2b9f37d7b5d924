/* A resolver may block for as long as it likes: it has a process of its own. */
#include "cmd/opl2-supervise/loop/fetch.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "cmd/opl2-supervise/loop/helper.h"
#include "engine/io/jx.h"

static json_t *
resolve(const json_t *msg)
{
	const char *name = jx_str(msg, "host", "");
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
	return helper_main(resolve);
}
