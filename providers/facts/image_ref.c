#include "providers/facts/image_ref.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define PATH_MAX_CHARS 255
#define TAG_MAX_CHARS  128
#define DOCKER_HUB     "docker.io"

static const char lower_alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char of_tag[] = "abcdefghijklmnopqrstuvwxyz0123456789"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.-";

/* One part of a path: words of lower case letters and digits, between which
 * there is a dot, one or two underscores, or dashes. */
static bool
is_part(const char *s, size_t n)
{
	while (n) {
		size_t k = strspn(s, lower_alnum), gap;

		if (!k)
			return false;
		if (k == n)
			return true;
		s += k, n -= k;
		gap = *s == '-' ? strspn(s, "-") : strspn(s, "._");
		if (!gap || gap >= n || (*s == '.' && gap > 1) ||
		    (*s == '_' && (gap > 2 || memchr(s, '.', gap))))
			return false;
		s += gap, n -= gap;
	}
	return false;
}

static bool
is_path(const char *s)
{
	if (strlen(s) > PATH_MAX_CHARS)
		return false;
	for (;; s++) {
		size_t n = strcspn(s, "/");

		if (!is_part(s, n))
			return false;
		s += n;
		if (!*s)
			return true;
	}
}

/* A name or an address (IPv6 in brackets), and a port. */
static bool
is_host(const char *s)
{
	size_t n = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":");

	for (size_t i = 0; i < n && s[i]; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("[]:.-", s[i]))
			return false;
	if (!n || n > strlen(s) || strspn(s, ".-"))
		return false;
	s += n;
	return !*s || (*s == ':' && s[1] && strlen(s + 1) <= 5 &&
		       s[1 + strspn(s + 1, "0123456789")] == '\0');
}

static bool
is_tag(const char *s)
{
	return *s && !strchr(".-", *s) && strlen(s) <= TAG_MAX_CHARS &&
	       s[strspn(s, of_tag)] == '\0';
}

static bool
is_digest(const char *s)
{
	return strncmp(s, "sha256:", 7) == 0 && strlen(s) == 7 + 64 &&
	       strspn(s + 7, "0123456789abcdef") == 64;
}

static bool
names_host(const char *first)
{
	return strpbrk(first, ".:") || strcmp(first, "localhost") == 0;
}

/* Takes off what stands behind the last `mark` that is in s; NULL: it is in
 * none. */
static const char *
cut_behind(char *s, char mark)
{
	char *at = strrchr(s, mark);

	if (!at)
		return NULL;
	*at = '\0';
	return at + 1;
}

/* What is wrong with it, or NULL. */
static const char *
split(struct arena *a, const char *text, struct image_ref *out)
{
	char *rest = arena_strdup(a, text), *slash;

	*out = (struct image_ref){ .host = DOCKER_HUB };
	out->digest = cut_behind(rest, '@');
	slash = strchr(rest, '/');
	if (slash) {
		*slash = '\0';
		if (names_host(rest)) {
			out->host = rest;
			rest = slash + 1;
		} else {
			*slash = '/';
		}
	}
	out->tag = cut_behind(rest, ':');
	out->path = rest;
	if (!is_host(out->host))
		return "its host is malformed";
	if (!is_path(rest))
		return "its path may have lower case letters, digits and "
		       "single . _ - between them";
	if (out->tag && !is_tag(out->tag))
		return "its tag is malformed";
	if (out->digest && !is_digest(out->digest))
		return "its digest is not sha256: and 64 hex digits";
	if (strcmp(out->host, DOCKER_HUB) == 0 && !strchr(rest, '/'))
		out->path = arena_printf(a, "library/%s", rest);
	return NULL;
}

int
image_ref_parse(struct arena *a, const char *text, struct image_ref *out,
		struct diags *ds)
{
	const char *wrong = split(a, text, out);

	if (!wrong)
		return 0;
	diag_err(ds, "E1320", "'%s' is no name of an image: %s", text, wrong);
	diag_hint(ds, "write [HOST[:PORT]/]PATH[:TAG][@sha256:HEX]");
	return -1;
}

int
image_repository_parse(struct arena *a, const char *text, struct image_ref *out,
		       struct diags *ds)
{
	const char *wrong = split(a, text, out);

	if (!wrong && (out->tag || out->digest))
		wrong = "a repository has no tag and no digest";
	if (!wrong)
		return 0;
	diag_err(ds, "E1320", "'%s' is no repository for images: %s", text,
		 wrong);
	diag_hint(ds, "write HOST[:PORT]/PATH, such as ghcr.io/me/chain");
	return -1;
}
