#include "engine/base/clock.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static uint64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t
mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

uint64_t
boot_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

void
utc_text(int64_t unix_s, char *out, size_t n)
{
	time_t t = (time_t)unix_s;
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, n, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void
utc_minute(int64_t time, char out[CLOCK_MINUTE])
{
	time_t t = (time_t)time;
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(out, CLOCK_MINUTE, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(out, CLOCK_MINUTE, "%lld", (long long)time);
}

void
utc_now(char *out, size_t n)
{
	utc_text(time(NULL), out, n);
}

/* Does text begin like mask, where 0 is any digit? */
static bool
looks_like(const char *text, const char *mask)
{
	for (; *mask; text++, mask++)
		if (*mask == '0' ? !isdigit((unsigned char)*text)
				 : *text != *mask)
			return false;
	return true;
}

/* Seconds that "Z" or "+01:00" is ahead of UTC. */
static int
offset_parse(const char *s, int *out)
{
	struct tm tm = { 0 };

	*out = 0;
	if (!strcmp(s, "Z"))
		return 0;
	if ((*s != '+' && *s != '-') || strlen(s) != 6 ||
	    !looks_like(s + 1, "00:00") || !strptime(s + 1, "%H:%M", &tm))
		return -1;
	*out = (tm.tm_hour * 60 + tm.tm_min) * (*s == '-' ? -60 : 60);
	return 0;
}

int
utc_parse(const char *text, int64_t *unix_s)
{
	struct tm tm = { 0 }, back;
	const char *rest;
	time_t t;
	int off;

	if (!looks_like(text, "0000-00-00T00:00:00"))
		return -1;
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (!rest || offset_parse(rest, &off))
		return -1;
	back = tm;
	t = timegm(&back);
	/* The 31st of a month that has none is another day by now. */
	if (back.tm_mday != tm.tm_mday || back.tm_sec != tm.tm_sec)
		return -1;
	*unix_s = (int64_t)t - off;
	return 0;
}
