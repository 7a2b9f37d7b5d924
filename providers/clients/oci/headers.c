#include "providers/clients/oci/headers.h"

#include <string.h>
#include <strings.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"

#define SPACES " \t,"

/* --- WWW-Authenticate ----------------------------------------------------- */

static const char *
word(struct arena *a, const char **at)
{
	size_t n = strcspn(*at, " \t,=\"");
	const char *s = arena_strndup(a, *at, n);

	*at += n;
	return s;
}

/* What stands behind a "=": a word, or a text in quotes. */
static const char *
value(struct arena *a, const char **at)
{
	char *s, *to;

	if (**at != '"')
		return word(a, at);
	s = to = arena_strdup(a, ++*at);
	for (; **at && **at != '"'; ++*at) {
		if (**at == '\\' && (*at)[1])
			++*at;
		*to++ = **at;
	}
	*to = '\0';
	*at += **at == '"';
	return s;
}

void
oci_challenge_parse(struct arena *a, const char *text,
		    struct oci_challenge *out)
{
	bool bearer = false;

	*out = (struct oci_challenge){ 0 };
	while (text && *(text += strspn(text, SPACES))) {
		const char *name = word(a, &text), *v;

		text += strspn(text, " \t");
		if (*text != '=') {
			bearer = strcasecmp(name, "Bearer") == 0;
			out->bearer = out->bearer || bearer;
			out->basic =
				out->basic || strcasecmp(name, "Basic") == 0;
			text += *text == '"'; /* of nobody */
			continue;
		}
		text += 1 + strspn(text + 1, " \t");
		v = value(a, &text);
		if (bearer && strcasecmp(name, "realm") == 0)
			out->realm = v;
		else if (bearer && strcasecmp(name, "service") == 0)
			out->service = v;
		else if (bearer && strcasecmp(name, "scope") == 0)
			out->scope = v;
	}
}

/* --- Location ------------------------------------------------------------- */

/* Where the path of a URL begins, or its end. */
static const char *
path_of(const char *url)
{
	const char *host = strstr(url, "://");

	host = host ? host + 3 : url;
	return host + strcspn(host, "/?#");
}

static bool
same_host(const char *url, const char *other)
{
	const char *a = strstr(url, "://"), *b = strstr(other, "://");
	size_t n;

	if (!a || !b)
		return false;
	n = (size_t)(path_of(url) - a);
	return n == (size_t)(path_of(other) - b) && strncasecmp(a, b, n) == 0;
}

bool
oci_same_server(const char *url, const char *other)
{
	return same_host(url, other) &&
	       strcspn(url, ":") == strcspn(other, ":") &&
	       strncasecmp(url, other, strcspn(url, ":")) == 0;
}

char *
oci_location(const char *url, const char *text)
{
	int origin = (int)(path_of(url) - url), n = (int)strcspn(url, "?#");

	if (!text || !*text)
		return NULL;
	if (strncmp(text, "//", 2) == 0)
		return xasprintf("%.*s:%s", (int)strcspn(url, ":"), url, text);
	if (*text == '/')
		return xasprintf("%.*s%s", origin, url, text);
	if (strncasecmp(text, "http://", 7) == 0 ||
	    strncasecmp(text, "https://", 8) == 0)
		return same_host(url, text)
			       ? xasprintf("%.*s%s", origin, url, path_of(text))
			       : xstrdup(text);
	if (strstr(text, "://"))
		return NULL;
	/* Relative to the folder of what was asked. */
	while (n > origin && url[n - 1] != '/')
		n--;
	return xasprintf("%.*s%s%s", n, url, n == origin ? "/" : "", text);
}

/* --- Range ---------------------------------------------------------------- */

uint64_t
oci_range_end(const char *text)
{
	uint64_t last;

	if (text && strncmp(text, "bytes=", 6) == 0)
		text += 6;
	if (!text || strncmp(text, "0-", 2) != 0 ||
	    parse_u64(text + 2, UINT64_MAX - 1, &last))
		return 0;
	return last ? last + 1 : 0; /* what "0-0" has is not known */
}
