#include "providers/facts/listen.h"

#include <arpa/inet.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"

/* --- addresses ------------------------------------------------------------ */

bool
listen_is_any(const struct listen_place *p)
{
	size_t n = p->family == AF_INET ? 4 : 16;

	for (size_t i = 0; i < n; i++)
		if (p->addr.s6_addr[i])
			return false;
	return true;
}

/* What is no address counts as all of them. */
struct listen_place
listen_place(const char *host)
{
	struct listen_place p = { .family = AF_INET };

	if (host && strcmp(host, "localhost") == 0)
		host = "127.0.0.1";
	if (host && inet_pton(AF_INET, host, &p.addr) == 1)
		return p;
	p.family = AF_INET6;
	if (!host || inet_pton(AF_INET6, host, &p.addr) != 1)
		return (struct listen_place){ .any = true };
	p.any = listen_is_any(&p);
	return p;
}

/* Cannot two sockets listen at these with one port? */
bool
listen_collide(const struct listen_place *a, const struct listen_place *b)
{
	if (a->any || b->any)
		return true;
	if (a->family != b->family)
		return false;
	return listen_is_any(a) || listen_is_any(b) ||
	       memcmp(&a->addr, &b->addr, a->family == AF_INET ? 4 : 16) == 0;
}

/* --- where a program listens ---------------------------------------------- */

/* The value of "NAME", or NAME=VALUE's; NULL for what is no option. */
static const char *
option_value(const json_t *argv, size_t i, size_t *nname)
{
	const char *word = json_string_value(json_array_get(argv, i));
	const char *next = json_string_value(json_array_get(argv, i + 1));

	if (!word || *word != '-')
		return NULL;
	*nname = strcspn(word, "=");
	if (word[*nname])
		return word + *nname + 1;
	return next && *next != '-' ? next : NULL;
}

/* The option that goes with NAMEport: NAMEaddr, NAMEhost ... */
static const char *
sibling(struct arena *a, const json_t *argv, const char *name, size_t nname)
{
	static const char *const ends[] = { "addr", "address", "host" };
	size_t n, i;

	for (size_t e = 0; e < COUNTOF(ends); e++) {
		const char *want = arena_printf(a, "%.*s%s", (int)(nname - 4),
						name, ends[e]);

		for (i = 0; i < json_array_size(argv); i++) {
			const char *v = option_value(argv, i, &n);

			if (v && n == strlen(want) &&
			    strncmp(json_string_value(json_array_get(argv, i)),
				    want, n) == 0)
				return v;
		}
	}
	return NULL;
}

/* The address of "ADDRESS:PORT", or NULL. */
static const char *
host_in(struct arena *a, const char *text, unsigned port)
{
	CLEANUP(freep) char *host = NULL;
	uint16_t p;

	size_t n;

	if (!text || listen_parse(text, &host, &p) || p != port)
		return NULL;
	n = strlen(host);
	if (*host == '[' && host[n - 1] == ']')
		return arena_strndup(a, host + 1, n - 2);
	return listen_place(host).any ? NULL : arena_strdup(a, host);
}

const char *
port_host(struct arena *a, const json_t *argv, unsigned port)
{
	const char *text = arena_printf(a, "%u", port);

	for (size_t i = 0; i < json_array_size(argv); i++) {
		const char *word = json_string_value(json_array_get(argv, i));
		const char *value, *host;
		size_t n = 0;

		value = option_value(argv, i, &n);
		host = host_in(a, value ? value : word, port);
		if (host)
			return host;
		if (value && n > 4 && strncmp(word + n - 4, "port", 4) == 0 &&
		    strcmp(value, text) == 0)
			return sibling(a, argv, word, n);
	}
	return NULL;
}
