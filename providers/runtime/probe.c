#include "providers/runtime/probe.h"

#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/io/jx.h"

/* An integer, or text that is a hex or decimal number. */
static bool
probe_number(const json_t *j, struct u256 *out)
{
	if (json_is_integer(j) && json_integer_value(j) >= 0) {
		*out = u256_from((uint64_t)json_integer_value(j));
		return true;
	}
	return json_is_string(j) && u256_parse(json_string_value(j), out) == 0;
}

bool
values_equal(const json_t *a, const json_t *b)
{
	struct u256 x, y;

	if (probe_number(a, &x) && probe_number(b, &y))
		return u256_cmp(&x, &y) == 0;
	if (json_is_string(a) && json_is_string(b) &&
	    !strncmp(json_string_value(a), "0x", 2))
		return !strcasecmp(json_string_value(a), json_string_value(b));
	return json_equal(a, b);
}

bool
value_above(const json_t *a, const json_t *b)
{
	struct u256 x, y;

	return probe_number(a, &x) && probe_number(b, &y) &&
	       u256_cmp(&x, &y) > 0;
}

json_t *
value_below(const json_t *v)
{
	struct u256 x, one = u256_from(1);
	char hex[67];

	if (!probe_number(v, &x) || u256_sub(&x, &one, &x))
		return NULL;
	u256_hex(&x, hex);
	return json_string(hex);
}

static bool
too_old(int64_t limit_ms, const json_t *v, int64_t now, char *why, size_t nwhy)
{
	struct u256 n;
	uint64_t ts;
	int64_t age;

	if (!probe_number(v, &n) || !u256_fits_u64(&n, &ts) ||
	    ts > INT64_MAX / 1000) {
		snprintf(why, nwhy, "the answer is not a time");
		return true;
	}
	age = now - (int64_t)ts * 1000;
	if (age <= limit_ms)
		return false;
	snprintf(why, nwhy, "%lld s behind, at most %lld s are allowed",
		 (long long)(age / 1000), (long long)(limit_ms / 1000));
	return true;
}

static void
say_value(const json_t *v, char *out, size_t n)
{
	CLEANUP(freep) char *text = json_dumps(v, JSON_ENCODE_ANY);

	snprintf(out, n, "%s", text ? text : "?");
	if (text && strlen(text) >= n && n > 4)
		memcpy(out + n - 4, "...", 4);
}

bool
value_passes(const json_t *v, const json_t *base, char *why, size_t nwhy)
{
	char have[48], was[48];

	if (value_above(v, base))
		return true;
	say_value(v, have, sizeof(have));
	say_value(base, was, sizeof(was));
	snprintf(why, nwhy, "is %s, must be above %s", have, was);
	return false;
}

bool
probe_holds(const struct process_probe *p, const json_t *result, int64_t now,
	    char *why, size_t nwhy)
{
	const json_t *v = jx_at(result, p->at ? p->at : "");
	char have[48], need[48];
	struct u256 x, y;

	if (!v || json_is_null(v)) {
		snprintf(why, nwhy, "no value yet");
		return false;
	}
	if (p->age_below_ms > 0)
		return !too_old(p->age_below_ms, v, now, why, nwhy);
	say_value(v, have, sizeof(have));
	if (p->equals) {
		if (values_equal(p->equals, v))
			return true;
		say_value(p->equals, need, sizeof(need));
		snprintf(why, nwhy, "is %s, must be %s", have, need);
		return false;
	}
	if (p->at_least) {
		if (probe_number(v, &x) && probe_number(p->at_least, &y) &&
		    u256_cmp(&x, &y) >= 0)
			return true;
		say_value(p->at_least, need, sizeof(need));
		snprintf(why, nwhy, "is %s, must be at least %s", have, need);
		return false;
	}
	return true;
}
