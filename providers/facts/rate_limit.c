#include "providers/facts/rate_limit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/compiler.h"

/* Some are used for something else elsewhere, so "not_these" comes first. */
static const int64_t codes[] = {
	HTTP_TOO_MANY, /* the status, once more in the body */
	-32005,        /* EIP-1474: limit exceeded */
	-32007,        /* N/second request limit reached */
	-32012,        /* credits limited to N/sec */
	-32016,        /* over rate limit */
	-32017,        /* sender is over rate limit */
	-32029,        /* too many requests */
	-32090,        /* call rate limit exhausted, retry in 10s */
	-32605,        /* rate limit */
	-32607,        /* call limit */
};

/* In one line, in any case; both, where there are two. */
static const struct words {
	const char *text, *also;
} words[] = {
	{ "too many request", NULL },
	{ "too many concurrent", NULL },
	{ "toomanyrequests", NULL },
	{ "rate limit", NULL },
	{ "rate-limited", NULL },
	{ "rate_limited", NULL },
	{ "ratelimit", "exceed" },
	{ "rate-limit", "exceed" },
	{ "rate_limit", "exceed" },
	{ "request rate", NULL },
	{ "request limit", NULL },
	{ "request count", "exceed" },
	{ "requests limited", NULL },
	{ "credits limited", NULL },
	{ "compute unit", NULL },
	{ "concurrent requests", "exceed" },
	{ "requests per second", "exceed" },
	{ "/sec", "limit" },
	{ "rps limit", NULL },
	{ "call limit", "reached" },
	{ "call limit", "exceed" },
	{ "capacity exceeded", NULL },
	{ "capacity limit", "exceed" },
	{ "throughput", "exceed" },
	{ "usage limit", NULL },
	{ "daily limit", NULL },
	{ "monthly limit", NULL },
	{ "quota", "exceed" },
	{ "quota", "reached" },
	{ "free tier", "reached" },
	{ "current plan", "exceed" },
	{ "answered 429", NULL },
	{ "status 429", NULL },
	{ "status code 429", NULL },
	{ "status: 429", NULL },
	{ "code\":429", NULL },
	{ "code\": 429", NULL },
};

/* Of these, nothing gets better by waiting. */
static const struct words not_these[] = {
	{ "revert", NULL },           { "gas limit", NULL },
	{ "block range", NULL },      { "blocks range", NULL },
	{ "range is", NULL },         { "range too", NULL },
	{ "range limit", NULL },      { "results", NULL },
	{ "batch item count", NULL }, { "batch size", NULL },
	{ "batch too large", NULL },  { "unauthorized", NULL },
	{ "p2p sync", NULL },
};

/* What is at the end of a longer line is data. */
struct line {
	char text[2048];
	size_t n;
};

static void
lowered(struct line *to, const char *from, size_t n)
{
	to->n = n < sizeof(to->text) ? n : sizeof(to->text);
	for (size_t i = 0; i < to->n; i++)
		to->text[i] = (char)tolower((unsigned char)from[i]);
}

static bool
rate_limit_has(const struct line *l, const char *word)
{
	return !word || memmem(l->text, l->n, word, strlen(word));
}

static bool
any(const struct words *w, size_t n, const struct line *l)
{
	for (size_t i = 0; i < n; i++)
		if (rate_limit_has(l, w[i].text) &&
		    rate_limit_has(l, w[i].also))
			return true;
	return false;
}

static bool
is_code(int64_t code)
{
	for (size_t i = 0; i < COUNTOF(codes); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/* That of opl2's own diagnostics: "... (code -32005)". */
static int64_t
code_in(const struct line *l)
{
	static const char mark[] = "(code ";
	const char *p = memmem(l->text, l->n, mark, sizeof(mark) - 1);
	char digits[24];
	size_t left;

	if (!p)
		return 0;
	p += sizeof(mark) - 1;
	left = l->n - (size_t)(p - l->text);
	(void)snprintf(digits, sizeof(digits), "%.*s",
		       (int)(left < 20 ? left : 20), p);
	return strtoll(digits, NULL, 10);
}

static bool
rate_limit_says(const struct line *l, int64_t code)
{
	return !any(not_these, COUNTOF(not_these), l) &&
	       (is_code(code) || any(words, COUNTOF(words), l));
}

bool
rate_limit_error(int64_t code, const char *message)
{
	struct line l;

	lowered(&l, message ? message : "", message ? strlen(message) : 0);
	return rate_limit_says(&l, code);
}

bool
rate_limit_line(const char *line, size_t n)
{
	struct line l;

	lowered(&l, line, n);
	return rate_limit_says(&l, code_in(&l));
}
