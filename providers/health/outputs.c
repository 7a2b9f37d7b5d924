#include "providers/health/outputs.h"

#include "engine/io/jx.h"
#include "providers/facts/pace.h"
#include "providers/health/view.h"

/* An oracle's: by what is safe, and how quickly the newest ones came. */
static void
reckon(const json_t *output, int64_t next, int64_t safe, int64_t block_time,
       int64_t now, struct outputs_due *out)
{
	const json_t *times = jx_get(output, "times");
	int64_t told = jx_int(output, "block", next);
	struct pace_seen seen = { .now = (uint64_t)now, .ahead = 1 };
	struct pace pace;

	if (next <= told || safe < next)
		return;
	seen.interval = (uint64_t)((next - told) * block_time);
	seen.ready = (uint64_t)((safe - told) / (next - told));
	for (; seen.n < PACE_TIMES && seen.n < json_array_size(times); seen.n++)
		seen.times[seen.n] = (uint64_t)json_integer_value(
			json_array_get(times, seen.n));
	pace_reckon(&seen, &pace);
	if (pace.behind)
		out->behind = safe - told;
	out->caught_up = (int64_t)pace.caught_up;
}

bool
outputs_due(const json_t *output, const json_t *node, int64_t interval,
	    int64_t now, struct outputs_due *out)
{
	int64_t next = jx_int(output, "next_block", -1);
	int64_t safe = jx_int(jx_at(node, "/sync/safe_l2"), "number", -1);
	int64_t made = jx_int(jx_at(node, "/sync/unsafe_l2"), "number", -1);
	int64_t block_time = jx_int(node, "block_time", 0);
	int64_t last = jx_int(output, "time", 0);

	*out = (struct outputs_due){ 0 };
	if (next >= 0 && safe >= 0) {
		out->seconds = (next - safe) * block_time;
		out->made = safe < next && made >= next;
		reckon(output, next, safe, block_time, now, out);
	} else if (interval > 0 && last) {
		out->seconds = last + interval - now;
	} else {
		return false;
	}
	/* One that catches up is not late, if it has much to make. */
	out->late = out->seconds < -HEALTH_OUTPUT_LATE_S &&
		    now - last > HEALTH_OUTPUT_LATE_S;
	return true;
}
