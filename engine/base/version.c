#include "engine/base/version.h"

#include <stddef.h>
#include <stdint.h>

#include "engine/base/mem.h"

#define PARTS 4

struct version {
	uint32_t n[PARTS];
	unsigned count; /* how many were written */
	const char *pre;
	size_t pre_len;
};

/* Reads a version from the start of s; returns its end, NULL when none. */
static const char *
scan(const char *s, struct version *v)
{
	*v = (struct version){ .count = 0 };
	if (*s == 'v' && isdigit((unsigned char)s[1]))
		s++;
	for (;;) {
		uint64_t n = 0;

		if (!isdigit((unsigned char)*s) || v->count == PARTS)
			return NULL;
		for (; isdigit((unsigned char)*s); s++) {
			n = n * 10 + (uint64_t)(*s - '0');
			if (n > UINT32_MAX)
				return NULL;
		}
		v->n[v->count++] = (uint32_t)n;
		if (*s != '.')
			break;
		s++;
	}
	if (*s == '-') {
		v->pre = ++s;
		while (isalnum((unsigned char)*s) || *s == '.' || *s == '-')
			s++;
		v->pre_len = (size_t)(s - v->pre);
		if (!v->pre_len)
			return NULL;
	}
	if (*s == '+') {
		const char *meta = ++s;

		while (isalnum((unsigned char)*s) || *s == '.' || *s == '-')
			s++;
		if (s == meta)
			return NULL;
	}
	return s;
}

int
version_check(const char *s)
{
	struct version v;
	const char *end = scan(s, &v);

	return end && !*end ? 0 : -1;
}

/* One identifier of a pre-release, as semver orders them. */
static int
compare_ident(const char *a, size_t na, const char *b, size_t nb)
{
	bool da = true, db = true;
	int c;

	for (size_t i = 0; i < na; i++)
		da = da && isdigit((unsigned char)a[i]);
	for (size_t i = 0; i < nb; i++)
		db = db && isdigit((unsigned char)b[i]);
	if (da != db)
		return da ? -1 : 1;
	if (da && na != nb) {
		for (; na > nb; na--)
			if (*a++ != '0')
				return 1;
		for (; nb > na; nb--)
			if (*b++ != '0')
				return -1;
	}
	c = memcmp(a, b, na < nb ? na : nb);
	if (c)
		return c;
	return na < nb ? -1 : na > nb;
}

static int
compare_pre(const struct version *a, const struct version *b)
{
	const char *p = a->pre, *q = b->pre;
	const char *pe, *qe;

	if (!p || !q)
		return p ? -1 : q ? 1 : 0;
	pe = p + a->pre_len;
	qe = q + b->pre_len;
	for (;;) {
		const char *pd = memchr(p, '.', (size_t)(pe - p));
		const char *qd = memchr(q, '.', (size_t)(qe - q));
		int c = compare_ident(p, (size_t)((pd ? pd : pe) - p), q,
				      (size_t)((qd ? qd : qe) - q));

		if (c)
			return c;
		if (!pd || !qd)
			return pd ? 1 : qd ? -1 : 0;
		p = pd + 1;
		q = qd + 1;
	}
}

static int
version_compare_parts(const struct version *a, const struct version *b)
{
	for (unsigned i = 0; i < PARTS; i++)
		if (a->n[i] != b->n[i])
			return a->n[i] < b->n[i] ? -1 : 1;
	return compare_pre(a, b);
}

int
version_compare(const char *a, const char *b)
{
	struct version va, vb;

	if (!scan(a, &va) || !scan(b, &vb))
		return strcmp(a, b);
	return version_compare_parts(&va, &vb);
}

/* "1.7" without an operator: 1.7 and everything below 1.8. */
static bool
same_prefix(const struct version *want, const struct version *v)
{
	if (want->count >= 3 || want->pre)
		return version_compare_parts(want, v) == 0;
	for (unsigned i = 0; i < want->count; i++)
		if (want->n[i] != v->n[i])
			return false;
	return true;
}

/*
 * Checks one comparator at *p and steps over it. With v, *holds becomes false
 * when v does not satisfy it.
 */
static int
comparator(const char **p, const struct version *v, bool *holds,
	   const char **why)
{
	const char *s = *p;
	struct version want;
	char op = '=';
	bool equal = true, bare = true;
	int c;

	if (*s == '*') {
		*p = s + 1;
		return 0;
	}
	if (*s == '>' || *s == '<' || *s == '=') {
		bare = false;
		op = *s++;
		equal = op == '=';
		if (*s == '=') {
			equal = true;
			s++;
		}
	}
	while (*s == ' ')
		s++;
	s = scan(s, &want);
	if (!s) {
		*why = "expected a version, such as 1.22.7, after >=, >, <=, "
		       "<, = or nothing";
		return -1;
	}
	*p = s;
	if (!v)
		return 0;
	if (bare) {
		*holds = *holds && same_prefix(&want, v);
		return 0;
	}
	c = version_compare_parts(v, &want);
	if (op == '>')
		*holds = *holds && (c > 0 || (equal && c == 0));
	else if (op == '<')
		*holds = *holds && (c < 0 || (equal && c == 0));
	else
		*holds = *holds && c == 0;
	return 0;
}

static int
evaluate(const char *s, const struct version *v, bool *out, const char **why)
{
	bool any = false, holds = true, some = false;

	for (;;) {
		while (*s == ' ' || *s == ',')
			s++;
		if (!*s || (s[0] == '|' && s[1] == '|')) {
			if (!some) {
				*why = "a range, or one of its alternatives, "
				       "is empty";
				return -1;
			}
			any = any || holds;
			holds = true;
			some = false;
			if (!*s)
				break;
			s += 2;
			continue;
		}
		if (comparator(&s, v, &holds, why))
			return -1;
		if (*s && !strchr(" ,|", *s)) {
			*why = "a space is missing after a version, or the "
			       "version is malformed";
			return -1;
		}
		if (*s == '|' && s[1] != '|') {
			*why = "alternatives are separated by '||'";
			return -1;
		}
		some = true;
	}
	*out = any;
	return 0;
}

int
range_check(const char *range, const char **why)
{
	bool holds;

	return evaluate(range, NULL, &holds, why);
}

bool
range_holds(const char *range, const char *version)
{
	struct version v;
	const char *end = scan(version, &v), *why;
	bool holds = false;

	if (!end || *end || evaluate(range, &v, &holds, &why))
		return false;
	return holds;
}

char *
version_in_text(const char *text)
{
	for (const char *s = text; *s; s++) {
		struct version v;
		const char *end;

		if (!isdigit((unsigned char)*s))
			continue;
		/* Step over a number that has no dot, wholly. */
		end = scan(s, &v);
		if (end && v.count >= 2) {
			/* Numbers only: "1.7.1-stable" is the 1.7.1. */
			size_t n = v.pre ? (size_t)(v.pre - 1 - s)
					 : strcspn(s, "+");

			if ((size_t)(end - s) < n)
				n = (size_t)(end - s);
			return xstrndup(s, n);
		}
		while (isdigit((unsigned char)s[1]) || s[1] == '.')
			s++;
	}
	return NULL;
}
