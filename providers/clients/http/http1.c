#include "providers/clients/http/http1.h"

#include <arpa/inet.h>

#include "engine/base/units.h"

int
host_parse(const char *name, unsigned port, struct host *out)
{
	if (port == 0 || port > 65535)
		return -1;
	*out = (struct host){ .len = sizeof(out->addr.v4) };
	if (!strcmp(name, "localhost"))
		name = "127.0.0.1";
	if (inet_pton(AF_INET, name, &out->addr.v4.sin_addr) == 1) {
		out->addr.v4.sin_family = AF_INET;
		out->addr.v4.sin_port = htons((uint16_t)port);
		return 0;
	}
	if (inet_pton(AF_INET6, name, &out->addr.v6.sin6_addr) == 1) {
		out->len = sizeof(out->addr.v6);
		out->addr.v6.sin6_family = AF_INET6;
		out->addr.v6.sin6_port = htons((uint16_t)port);
		return 0;
	}
	return -1;
}

/* Splits "host:port" or "[v6]:port"; the port defaults to 80. */
static int
authority_parse(const char *auth, char name[128], unsigned *port)
{
	const char *colon, *end = auth + strlen(auth);
	uint64_t n = 80;

	if (*auth == '[') {
		const char *close = strchr(auth, ']');

		if (!close)
			return -1;
		snprintf(name, 128, "%.*s", (int)(close - auth - 1), auth + 1);
		colon = close[1] == ':' ? close + 1 : NULL;
	} else {
		colon = strchr(auth, ':');
		snprintf(name, 128, "%.*s", (int)((colon ? colon : end) - auth),
			 auth);
	}
	if (colon && parse_u64(colon + 1, 65535, &n))
		return -1;
	*port = (unsigned)n;
	return 0;
}

int
url_parse(const char *text, struct url *out)
{
	const char *p, *slash;
	size_t n;

	*out = (struct url){ .local = false };
	for (p = text; *p; p++)
		if ((unsigned char)*p <= ' ')
			return -1;
	if (!strncmp(text, "https://", 8))
		return text[8] ? 0 : -1;
	if (strncmp(text, "http://", 7))
		return -1;
	p = text + 7;
	slash = p + strcspn(p, "/?#");
	n = (size_t)(slash - p);
	if (n == 0)
		return -1;
	/* Anything out of the ordinary is the helper's business. */
	if (n >= sizeof(out->authority) || memchr(p, '@', n) ||
	    strlen(slash) + 2 > sizeof(out->path))
		return 0;
	snprintf(out->authority, sizeof(out->authority), "%.*s", (int)n, p);
	snprintf(out->path, sizeof(out->path), "%s%.*s",
		 *slash == '/' ? "" : "/", (int)strcspn(slash, "#"), slash);
	if (authority_parse(out->authority, out->name, &out->port) < 0)
		*out->name = '\0';
	out->local =
		*out->name && host_parse(out->name, out->port, &out->host) == 0;
	if (out->local)
		*out->name = '\0';
	return 0;
}

/* The value of a header, compared without case; NULL when absent. */
static const char *
header(const char *head, const char *end, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = head; p < end;) {
		const char *eol = memmem(p, (size_t)(end - p) + 2, "\r\n", 2);

		if (!eol)
			break;
		if ((size_t)(eol - p) > n && p[n] == ':' &&
		    !strncasecmp(p, name, n)) {
			p += n + 1;
			return p + strspn(p, " \t");
		}
		p = eol + 2;
	}
	return NULL;
}

static int
hex_size(const char *p, const char *eol, size_t *out)
{
	size_t v = 0;
	const char *start = p;

	for (; p < eol && isxdigit((unsigned char)*p); p++) {
		int c = tolower((unsigned char)*p);

		if (v > SIZE_MAX >> 8)
			return -1;
		v = v * 16 + (size_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*out = v;
	return p == start ? -1 : 0;
}

/* Joins the chunks; only once the last one is there, as it overwrites. */
static int
dechunk(char *body, char *end, size_t *len)
{
	int pass;

	for (pass = 0; pass < 2; pass++) {
		char *p = body, *w = body, *eol;
		size_t n;

		for (;;) {
			eol = memmem(p, (size_t)(end - p), "\r\n", 2);
			if (!eol)
				return 0;
			if (hex_size(p, eol, &n))
				return -1;
			p = eol + 2;
			if (n == 0)
				break;
			if ((size_t)(end - p) < 2 || n > (size_t)(end - p) - 2)
				return 0;
			if (pass)
				memmove(w, p, n);
			w += n;
			p += n + 2;
		}
		*len = (size_t)(w - body);
	}
	body[*len] = '\0';
	return 1;
}

int
http_msg_parse(struct buf *b, bool eof, struct http_msg *out)
{
	char *head = b->p, *end, *body;
	const char *v;
	uint64_t want, status;
	char num[24];
	int got;

	end = b->n ? memmem(head, b->n, "\r\n\r\n", 4) : NULL;
	if (!end)
		return eof || b->n > 65536 ? -1 : 0;
	if (b->n < 12 || strncmp(head, "HTTP/1.", 7) || head[8] != ' ')
		return -1;
	snprintf(num, sizeof(num), "%.3s", head + 9);
	if (parse_u64(num, 999, &status))
		return -1;
	body = end + 4;
	*out = (struct http_msg){ .status = (int)status,
				  .body = body,
				  .len = b->n - (size_t)(body - head) };
	v = header(head, end, "transfer-encoding");
	if (v && !strncasecmp(v, "chunked", 7)) {
		got = dechunk(body, head + b->n, &out->len);
		return got == 0 && eof ? -1 : got;
	}
	v = header(head, end, "content-length");
	if (!v)
		return eof ? 1 : 0;
	snprintf(num, sizeof(num), "%.*s", (int)strspn(v, "0123456789"), v);
	if (parse_u64(num, SIZE_MAX / 2, &want))
		return -1;
	if (out->len < want)
		return eof ? -1 : 0;
	out->len = want;
	body[want] = '\0';
	return 1;
}
