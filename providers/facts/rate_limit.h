#ifndef OPL2_PROVIDERS_FACTS_RATE_LIMIT_H
#define OPL2_PROVIDERS_FACTS_RATE_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How providers of RPCs say "too many requests": one table (rate_limit.c), by
 * which a sender waits, doctor explains and the supervisor goes on with the
 * next server. A new way to say it is a row there and a line in
 * test_rate_limit.c.
 *
 * What only sounds like it is none: a limit of gas, a range of blocks or a
 * number of results that is too large, and what a contract says in a revert.
 */

#define HTTP_TOO_MANY 429 /* RFC 6585 */

/* Of an error object of JSON-RPC; message may be NULL. */
bool rate_limit_error(int64_t code, const char *message);
/* Does one line, n bytes of a log or of a diagnostic, tell of it? */
bool rate_limit_line(const char *line, size_t n);

#endif
