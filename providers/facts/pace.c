#include "providers/facts/pace.h"

/* A proposer may miss a turn, and its transaction may wait. */
#define TURNS_MISSED 2
#define TX_WAITS     60

static uint64_t
gap(const struct pace_seen *s, unsigned i)
{
	return s->times[i] > s->times[i + 1] ? s->times[i] - s->times[i + 1]
					     : 0;
}

/* The middle one of three gaps, so that a single time away does not count. */
uint64_t
pace_usual(const struct pace_seen *s)
{
	uint64_t a, b, c, low, high;

	if (s->n < 2)
		return s->interval;
	a = gap(s, 0);
	if (s->n < PACE_TIMES)
		return a;
	b = gap(s, 1);
	c = gap(s, 2);
	low = a < b ? a : b;
	high = a < b ? b : a;
	return c < low ? low : c > high ? high : c;
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

void
pace_reckon(const struct pace_seen *s, struct pace *out)
{
	uint64_t usual = pace_usual(s), since;

	*out = (struct pace){ .seconds = s->earliest,
			      .known = true,
			      .behind = s->ready > 1 };
	if (s->ready == 0)
		return;
	if (s->n == 0) {
		/* It never made one: no telling how long it takes. */
		out->known = !out->behind;
		return;
	}
	since = less(s->now, s->times[0]);
	if (since > TURNS_MISSED * s->interval + TX_WAITS) {
		out->quiet = since;
		out->known = false;
		return;
	}
	if (!out->behind)
		return;
	/* A longer gap was no work, but a time away. */
	if (usual > s->interval)
		usual = s->interval;
	if (less(s->ahead * usual, since) > out->seconds)
		out->seconds = s->ahead * usual - since;
	/* While it makes them, more become due. One that kept up until now
	 * waited for the L2: how quick it can be is not seen yet. */
	if (usual < s->interval && usual <= s->interval / 2)
		out->caught_up =
			s->ready * usual * s->interval / (s->interval - usual);
}
