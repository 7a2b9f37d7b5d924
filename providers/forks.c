#include "providers/forks.h"

#include <fnmatch.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/jx.h"
#include "engine/embed.h"

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
has(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(json_string_value(json_array_get(list, i)), text))
			return true;
	return false;
}

static const char *
fork_of_field(const char *field)
{
	const json_t *list = table("l1");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		if (has(jx_get(row, "header"), field))
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

	json_object_foreach((json_t *)(uintptr_t)block, key, v)
	{
		const char *fork;

		/* Some servers give what a block does not have as null. */
		if (json_is_null(v) || has(table("header"), key))
			continue;
		fork = fork_of_field(key);
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

/* --- programs ------------------------------------------------------------- */

static const char *
followed(const char *programs, const char *layer)
{
	const json_t *list = table("programs");

	for (size_t i = 0; programs && i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i), *p;
		size_t k;

		json_array_foreach(jx_get(row, "releases"), k, p)
		{
			if (fnmatch(json_string_value(p), programs, 0) == 0)
				return jx_str(row, layer, NULL);
		}
	}
	return NULL;
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
