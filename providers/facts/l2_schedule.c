#include "providers/facts/l2_schedule.h"

#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "providers/facts/forks.h"

#define TEXT_MAX 32           /* of a time */
#define TIME_MAX 253402300799 /* the end of the year 9999 */
#define SOME     (-1) /* of a time: it comes, but when cannot be compared */

const char *const l2_fork_names[L2_FORKS] = { "granite", "holocene", "isthmus",
					      "jovian", "karst" };

/* --- one fork of the config ----------------------------------------------- */

int
l2_when_parse(const char *text, struct l2_when *out, const char **why)
{
	uint64_t n;

	*out = (struct l2_when){ .is = L2_NOT };
	if (!text)
		return 0;
	if (!strcmp(text, "start")) {
		out->is = L2_START;
		return 0;
	}
	if (*text == '+') {
		if (duration_parse(text + 1, &n, why))
			return -1;
		*why = "it must be a whole number of seconds, at least 1";
		*out = (struct l2_when){ L2_AFTER, (int64_t)(n / 1000) };
		return n && n % 1000 == 0 ? 0 : -1;
	}
	*why = "use 'start', '+3m', 2027-01-31T12:00:00Z or Unix seconds";
	out->is = L2_AT;
	if (parse_u64(text, TIME_MAX, &n) == 0 && n) {
		out->s = (int64_t)n;
		return 0;
	}
	return utc_parse(text, &out->s) == 0 && out->s > 0 ? 0 : -1;
}

/* The first fork that block 0 does not have. */
static size_t
first_of(const json_t *config)
{
	const json_t *genesis = jx_get(config, "genesis");
	const char *newest = jx_str(genesis, "newest", "granite");

	if (!jx_bool(genesis, "granite", true))
		return 0;
	for (size_t i = 0; i < L2_FORKS; i++)
		if (strcmp(l2_fork_names[i], newest) == 0)
			return i + 1;
	return 1;
}

static int
refused(struct diags *ds, size_t i)
{
	diag_path(ds, "/forks/%s", l2_fork_names[i]);
	return -1;
}

static int
read_all(const json_t *config, struct l2_when when[L2_FORKS], struct diags *ds)
{
	const json_t *forks = jx_get(config, "forks");
	const char *why = "";
	int rc = 0;

	for (size_t i = 0; i < L2_FORKS; i++) {
		const char *text = jx_str(forks, l2_fork_names[i], NULL);

		/* What is in block 0 is there from the start. */
		if (text && i > 0 && i < first_of(config) &&
		    strcmp(text, "start") == 0)
			text = NULL;
		if (text && i < first_of(config)) {
			diag_err(ds, "E0474", "'%s' is in block 0 already",
				 l2_fork_names[i]);
			diag_hint(ds, "remove it from 'forks'");
			rc = refused(ds, i);
			continue;
		}
		if (l2_when_parse(text, &when[i], &why) == 0)
			continue;
		diag_err(ds, "E0460",
			 "'%s' is not a valid time of a fork: '%s'",
			 l2_fork_names[i], text);
		diag_hint(ds, "%s", why);
		rc = refused(ds, i);
	}
	/* No later fork comes without it. */
	if (when[0].is == L2_NOT && !first_of(config))
		for (size_t i = 1; i < L2_FORKS; i++)
			if (when[i].is == L2_START)
				when[i].is = L2_NOT;
	return rc;
}

bool
l2_schedule_open(const json_t *unknown)
{
	char pointer[32];

	if (is_unknown(unknown, "/block_time"))
		return true;
	for (size_t i = 0; i < L2_FORKS; i++) {
		(void)snprintf(pointer, sizeof(pointer), "/forks/%s",
			       l2_fork_names[i]);
		if (is_unknown(unknown, pointer))
			return true;
	}
	return false;
}

static int64_t
block_seconds(const json_t *config)
{
	uint64_t ms = 0;
	const char *why;

	(void)duration_parse(jx_str(config, "block_time", ""), &ms, &why);
	return ms >= 1000 ? (int64_t)(ms / 1000) : 1;
}

static bool
l2_schedule_follows(const json_t *config, size_t i)
{
	const char *last = forks_l2_followed(jx_str(config, "programs", NULL));

	return !last || forks_l2_rank(l2_fork_names[i]) <= forks_l2_rank(last);
}

/* --- rules ---------------------------------------------------------------- */

static int
must_follow(const json_t *config, size_t i, struct diags *ds)
{
	const char *programs = jx_str(config, "programs", "");

	if (l2_schedule_follows(config, i))
		return 0;
	diag_err(ds, "E0462", "node programs %s do not support '%s'", programs,
		 l2_fork_names[i]);
	diag_hint(ds,
		  "the last fork that they support is %s: use newer ones, "
		  "including op-batcher",
		  forks_l2_followed(programs));
	return refused(ds, i);
}

static int
not_after(size_t i, size_t last, struct diags *ds)
{
	diag_err(ds, "E0461", "'%s' does not have its own L2 block after '%s'",
		 l2_fork_names[i], l2_fork_names[last]);
	diag_hint(ds,
		  "two forks in one block stop the chain forever: set '%s' at "
		  "least one block later",
		  l2_fork_names[i]);
	return refused(ds, i);
}

static int
without(size_t i, bool on_start, struct diags *ds)
{
	diag_err(ds, "E0461", "'%s' is scheduled, but '%s' is not",
		 l2_fork_names[i], l2_fork_names[i - 1]);
	diag_hint(ds,
		  "each fork builds on the one before it: schedule '%s' "
		  "earlier%s",
		  l2_fork_names[i - 1],
		  on_start ? "; 'start' cannot be used for a chain that "
			     "started before it"
			   : "");
	return refused(ds, i);
}

/* Of each fork from the first on its time, 0 or SOME; the first block at or
 * past it is counted from base. */
static int
in_order(size_t first, const int64_t at[L2_FORKS],
	 const bool on_start[L2_FORKS], int64_t base, int64_t block,
	 struct diags *ds)
{
	size_t last = L2_FORKS;
	int64_t was = 0;

	for (size_t i = first; i < L2_FORKS; i++) {
		int64_t n = (at[i] - base + block - 1) / block;

		if (at[i] && i > first && !at[i - 1])
			return without(i, on_start[i - 1], ds);
		if (at[i] <= 0)
			continue;
		if (last < L2_FORKS && n <= was)
			return not_after(i, last, ds);
		last = i;
		was = n;
	}
	return 0;
}

/* Those that are given in the same way can be compared without knowing when
 * the chain began, or whether it did. */
static int
alike_in_order(size_t first, const struct l2_when when[L2_FORKS],
	       enum l2_when_is is, int64_t block, struct diags *ds)
{
	static const bool none[L2_FORKS];
	int64_t at[L2_FORKS];

	for (size_t i = 0; i < L2_FORKS; i++) {
		at[i] = when[i].is == is ? when[i].s : SOME;
		if (when[i].is == L2_NOT)
			at[i] = 0;
	}
	return in_order(first, at, none, 0, block, ds);
}

int
l2_schedule_check(const json_t *config, const json_t *unknown, struct diags *ds)
{
	size_t first = first_of(config);
	struct l2_when when[L2_FORKS];
	int rc = 0;

	if (l2_schedule_open(unknown))
		return 0;
	if (read_all(config, when, ds))
		return -1;
	for (size_t i = 0; i < L2_FORKS; i++)
		if (when[i].is >= L2_AFTER && must_follow(config, i, ds))
			rc = -1;
	if (rc == 0)
		rc = alike_in_order(first, when, L2_AFTER,
				    block_seconds(config), ds);
	return rc ? rc : alike_in_order(first, when, L2_AT, 1, ds);
}

static const char *
text_of(int64_t t, char text[TEXT_MAX])
{
	utc_text(t, text, TEXT_MAX);
	return text;
}

/* What a running chain has come to, or is about to, is not changed. */
static int
had_may_go(const struct l2_schedule *s, size_t i, struct diags *ds)
{
	int64_t had = l2_schedule_had(s, i);
	char text[TEXT_MAX];

	if (!had || had >= s->now + s->lead_s)
		return 0;
	diag_err(ds, "E0464",
		 "'%s' can no longer be changed: it was active at %s",
		 l2_fork_names[i], text_of(had, text));
	diag_hint(ds, "write %s: %s", l2_fork_names[i], text);
	return refused(ds, i);
}

static int
may_come(const struct l2_schedule *s, size_t i, int64_t base, struct diags *ds)
{
	int64_t soonest = s->running ? s->now + s->lead_s : base + 1;
	char text[TEXT_MAX], from[TEXT_MAX];

	if (!s->at[i] || s->at[i] >= soonest)
		return 0;
	diag_err(ds, "E0463", "'%s' can no longer be scheduled at %s",
		 l2_fork_names[i], text_of(s->at[i], text));
	diag_hint(ds, "choose a time from %s on%s", text_of(soonest, from),
		  s->running ? ": the nodes must have been restarted before it"
			     : ": block 0 gets no fork");
	return refused(ds, i);
}

static int
may_change(const struct l2_schedule *s, int64_t base, struct diags *ds)
{
	int rc = 0;

	for (size_t i = 0; i < L2_FORKS; i++) {
		if (s->recorded && s->at[i] == l2_schedule_had(s, i))
			continue;
		if (had_may_go(s, i, ds) || may_come(s, i, base, ds))
			rc = -1;
	}
	return rc;
}

/* --- the schedule --------------------------------------------------------- */

bool
l2_same_chain(const json_t *before, const json_t *now)
{
	const char *a = jx_str(jx_get(before, "genesis"), "sha256", "");
	const char *b = jx_str(jx_get(now, "genesis"), "sha256", "");

	return *a && !strcmp(a, b);
}

int64_t
l2_schedule_had(const struct l2_schedule *s, size_t i)
{
	return jx_int(jx_get(s->recorded, "times"), l2_fork_names[i], 0);
}

/* The time of a fork on 'start': on a chain that has blocks it is what it was
 * when there were none. */
static int64_t
start_time(struct l2_schedule *s, size_t i, int64_t next)
{
	int64_t at = s->running ? l2_schedule_had(s, i) : next;

	if (!s->running && !l2_schedule_follows(s->config, i))
		at = 0;
	s->on_start[i] = s->running && !at;
	return at;
}

int
l2_schedule_settle(struct l2_schedule *s, struct diags *ds)
{
	const json_t *genesis = jx_get(s->config, "genesis");
	int64_t block = block_seconds(s->config), base, next;
	size_t first = first_of(s->config);
	struct l2_when when[L2_FORKS];
	int rc = 0;

	if (read_all(s->config, when, ds))
		return -1;
	s->known = !is_unknown(s->unknown, "/genesis/time");
	base = s->known ? jx_int(genesis, "time", 0) : s->now;
	s->running =
		s->recorded || !(is_unknown(s->unknown, "/genesis/scheduled") ||
				 jx_bool(genesis, "scheduled", false));
	next = base;
	for (size_t i = first; i < L2_FORKS; i++) {
		if (when[i].is == L2_START)
			s->at[i] = start_time(s, i, next += block);
		else if (when[i].is == L2_AFTER)
			s->at[i] = base + when[i].s;
		else
			s->at[i] = when[i].s;
		if (s->at[i] && must_follow(s->config, i, ds))
			rc = -1;
	}
	if (rc == 0)
		rc = may_change(s, base, ds);
	return rc ? rc : in_order(first, s->at, s->on_start, base, block, ds);
}

bool
l2_schedule_empty(const struct l2_schedule *s)
{
	for (size_t i = 0; i < L2_FORKS; i++)
		if (s->at[i])
			return false;
	return !jx_get(s->config, "pectra_blob_schedule");
}

/* --- what follows from it ------------------------------------------------- */

static void
l2_schedule_put(json_t *to, const char *name, int64_t v)
{
	if (v)
		json_object_set_new(to, name, json_integer((json_int_t)v));
}

json_t *
l2_schedule_attrs(const struct l2_schedule *s)
{
	json_t *out = json_object(), *times = json_object();
	json_t *overrides = json_object();
	const char *newest = NULL;
	char digest[65];

	for (size_t i = 0; i < L2_FORKS; i++) {
		l2_schedule_put(times, l2_fork_names[i], s->at[i]);
		l2_schedule_put(overrides, l2_fork_names[i], s->at[i]);
		if (s->at[i])
			newest = l2_fork_names[i];
	}
	/* Karst is Osaka's instructions, which op-geth wants to be told. */
	l2_schedule_put(overrides, "osaka", s->at[L2_FORKS - 1]);
	jx_digest(times, digest);
	json_object_set_new(out, "newest",
			    newest ? json_string(newest) : json_null());
	if (s->known || !newest) {
		json_object_set(out, "times", times);
		json_object_set(out, "overrides", overrides);
		json_object_set_new(out, "digest", json_string(digest));
	}
	json_decref(times);
	json_decref(overrides);
	return out;
}

json_t *
l2_schedule_render(const struct l2_schedule *s, const json_t *rollup)
{
	json_t *out = json_copy((json_t *)(uintptr_t)rollup);
	char key[32];

	for (size_t i = 0; i < L2_FORKS; i++) {
		(void)snprintf(key, sizeof(key), "%s_time", l2_fork_names[i]);
		l2_schedule_put(out, key, s->at[i]);
	}
	l2_schedule_put(out, "pectra_blob_schedule_time",
			jx_int(s->config, "pectra_blob_schedule", 0));
	return out;
}
