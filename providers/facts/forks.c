#include "providers/facts/forks.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/io/jx.h"
#include "engine/schema/embed.h"

#define TABLE "forks.json"

static const json_t *
table(const char *part)
{
	static json_t *all;

	if (!all) {
		const struct embed *e = embed_find(TABLE);

		all = e ? jx_parse(e->start, (size_t)(e->end - e->start), TABLE,
				   NULL)
			: NULL;
		if (!all)
			abort(); /* it is part of the program */
	}
	return jx_get(all, part);
}

static int
rank(const json_t *list, const char *name)
{
	if (!name)
		return -1;
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(jx_str(json_array_get(list, i), "name", ""), name))
			return (int)i;
	return strcmp(name, FORK_NEWER) == 0 ? INT_MAX : -1;
}

int
forks_l1_rank(const char *name)
{
	return rank(table("l1"), name);
}

int
forks_l2_rank(const char *name)
{
	return rank(table("l2"), name);
}

const json_t *
forks_l1_at(int at)
{
	return at >= 0 ? json_array_get(table("l1"), (size_t)at) : NULL;
}

const json_t *
forks_l1(const char *name)
{
	return forks_l1_at(forks_l1_rank(name));
}

const char *
forks_l1_newest(void)
{
	const json_t *list = table("l1");

	return jx_str(json_array_get(list, json_array_size(list) - 1), "name",
		      "");
}

/* --- headers -------------------------------------------------------------- */

static bool
forks_has(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), text))
			return true;
	return false;
}

/* The fork that has this name in one of its lists: "header" ... */
static const char *
fork_that_adds(const char *part, const char *name)
{
	const json_t *list = table("l1");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (forks_has(jx_get(row, part), name))
			return jx_str(row, "name", NULL);
	}
	return NULL;
}

const char *
forks_of_header(const json_t *block, const char **field)
{
	const char *best = jx_str(json_array_get(table("l1"), 0), "name", "");
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)block, key, v) {
		const char *fork;

		/* Some servers give what a block does not have as null. */
		if (json_is_null(v) || forks_has(table("header"), key))
			continue;
		fork = fork_that_adds("header", key);
		if (!fork) {
			if (field)
				*field = key;
			return FORK_NEWER;
		}
		if (forks_l1_rank(fork) > forks_l1_rank(best))
			best = fork;
	}
	return best;
}

const char *
forks_with_clz(const char *fork)
{
	const json_t *next =
		json_array_get(table("l1"), (size_t)forks_l1_rank(fork) + 1);

	return jx_bool(next, "clz", false) ? jx_str(next, "name", fork) : fork;
}

/* --- what is to come ------------------------------------------------------ */

/* The newest fork that adds a name to one of eth_config's lists, or NULL. */
static const char *
added(const char *part, const json_t *from, const json_t *to, const char *best)
{
	const char *name, *fork;
	json_t *v;

	/* Without one of them there is nothing to compare. */
	if (!json_is_object(from))
		return best;
	json_object_foreach((json_t *)(uintptr_t)to, name, v) {
		if (jx_get(from, name))
			continue;
		fork = fork_that_adds(part, name);
		if (!fork)
			return FORK_NEWER;
		if (forks_l1_rank(fork) > forks_l1_rank(best))
			best = fork;
	}
	return best;
}

const char *
forks_next(const json_t *config, const char *now, int64_t *time)
{
	/* The next one may be of blobs only, while the last is not. */
	static const char *const keys[] = { "next", "last" };
	const json_t *from = jx_get(config, "current");

	for (size_t i = 0; i < 2; i++) {
		const json_t *to = jx_get(config, keys[i]);
		const char *fork =
			added("contracts", jx_get(from, "systemContracts"),
			      jx_get(to, "systemContracts"), now);

		fork = added("precompiles", jx_get(from, "precompiles"),
			     jx_get(to, "precompiles"), fork);
		*time = jx_int(to, "activationTime", 0);
		if (*time > 0 && strcmp(fork, now) != 0)
			return fork;
	}
	return NULL;
}

/* --- programs ------------------------------------------------------------- */

static const char *
followed(const char *programs, const char *layer)
{
	const json_t *list = table("programs");

	for (size_t i = 0; programs && i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i), *p;
		size_t k;

		json_array_foreach(jx_get(row, "releases"), k, p) {
			if (fnmatch(json_string_value(p), programs, 0) == 0)
				return jx_str(row, layer, NULL);
		}
	}
	return NULL;
}

const char *
forks_programs(const char *release)
{
	return followed(release, "name");
}

const char *
forks_l1_followed(const char *programs)
{
	return followed(programs, "l1");
}

const char *
forks_l2_followed(const char *programs)
{
	return followed(programs, "l2");
}

const char *
forks_l1_programs(const char *l1_fork)
{
	const json_t *list = table("programs");
	const json_t *newest = json_array_get(list, json_array_size(list) - 1);

	return forks_l1_rank(l1_fork) <=
			       forks_l1_rank(jx_str(newest, "l1", NULL))
		       ? jx_str(newest, "name", NULL)
		       : NULL;
}

/* --- gas ------------------------------------------------------------------ */

uint64_t
forks_gas_cap(const char *l1_fork)
{
	return (uint64_t)jx_int(jx_get(forks_l1(l1_fork), "gas"),
				"transaction_cap", 0);
}

unsigned
forks_gas_percent(const char *from, const char *to, bool most)
{
	const json_t *list = table("l1");
	int first = forks_l1_rank(from), last = forks_l1_rank(to);
	unsigned percent = 100;

	for (int i = first + 1; i <= last && i < (int)json_array_size(list);
	     i++) {
		const json_t *gas =
			jx_get(json_array_get(list, (size_t)i), "gas");

		percent = percent *
			  (unsigned)jx_int(gas,
					   most ? "most_percent"
						: "typical_percent",
					   100) /
			  100;
	}
	return percent;
}
