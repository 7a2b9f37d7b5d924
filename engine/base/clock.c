#include "engine/base/clock.h"

#include <stdio.h>
#include <time.h>

uint64_t
mono_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void
utc_now(char *out, size_t n)
{
	time_t t = time(NULL);
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
