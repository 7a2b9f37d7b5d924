#ifndef OPL2_BASE_CLOCK_H
#define OPL2_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Milliseconds of a clock that never goes back: for deadlines and elapsed
 * times, not for telling the time of day. */
uint64_t mono_ms(void);
/* The same, and it goes on while the machine sleeps. */
uint64_t boot_ms(void);

/* UTC, "2026-01-02T03:04:05Z": n is at least 21. */
void utc_now(char *out, size_t n);
/* The same of a Unix time. */
void utc_text(int64_t unix_s, char *out, size_t n);
/* RFC 3339 in whole seconds, in UTC or with an offset; -1: it is not that, or
 * there is no such day. */
int utc_parse(const char *text, int64_t *unix_s);

/* A Unix time as "2026-01-02 03:04 UTC", for people. */
#define CLOCK_MINUTE 32
void utc_minute(int64_t time, char out[CLOCK_MINUTE]);

#endif
