#include "providers/compat_table.h"

#include <fnmatch.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/jx.h"
#include "engine/base/version.h"
#include "engine/embed.h"
#include "engine/kind.h"
#include "providers/forks.h"

#define TABLE "compat-table.json"

/* The codes that a row may name. */
static const char *const codes[] = { "E0856", "E0857", "E0858" };

json_t *
compat_rows(struct diags *ds)
{
	const struct embed *e = embed_find(TABLE);
	json_t *rows = NULL;

	if (e)
		rows = jx_parse(e->start, (size_t)(e->end - e->start), TABLE,
				ds);
	else
		diag_err(ds, "E0859", "there is no '%s' in this program",
			 TABLE);
	return rows;
}

static bool
fits_text(const char *pattern, const char *value)
{
	if (*pattern == '<' || *pattern == '>')
		return range_holds(pattern, value);
	return fnmatch(pattern, value, 0) == 0;
}

static bool
fits_any(const json_t *patterns, const char *value)
{
	if (json_is_string(patterns))
		return fits_text(json_string_value(patterns), value);
	for (size_t i = 0; i < json_array_size(patterns); i++)
		if (fits_text(json_string_value(json_array_get(patterns, i)),
			      value))
			return true;
	return false;
}

static bool
fits(const json_t *want, const char *value)
{
	const json_t *not = jx_get(want, "not");

	return not ? !fits_any(not, value) : fits_any(want, value);
}

enum compat_hit
compat_match(const json_t *row, const json_t *config, const json_t *unknown)
{
	json_t *when = json_object_get(row, "when");
	enum compat_hit hit = COMPAT_YES;
	const char *key;
	json_t *want;

	json_object_foreach(when, key, want)
	{
		const char *value = jx_str(config, key, NULL);
		char pointer[64];

		(void)snprintf(pointer, sizeof(pointer), "/%s", key);
		if (is_unknown(unknown, pointer))
			hit = COMPAT_OPEN;
		else if (!value || !fits(want, value))
			return COMPAT_NO;
	}
	return hit;
}

static int
refuse(const json_t *row, struct diags *ds)
{
	const char *code = jx_str(row, "code", "");

	for (size_t i = 0; i < COUNTOF(codes); i++) {
		if (strcmp(code, codes[i]) != 0)
			continue;
		diag_err(ds, codes[i], "%s", jx_str(row, "text", ""));
		diag_path(ds, "/%s", jx_str(row, "at", ""));
		diag_hint(ds, "%s", jx_str(row, "hint", ""));
		diag_detail(ds, jx_str(row, "source", ""));
		return -1;
	}
	return diag_err(ds, "E0859", "row '%s' has no known code",
			jx_str(row, "id", ""));
}

/* No row, because schemas/forks.json has it: do the programs follow the forks
 * of the L2? */
static int
judge_l2(const json_t *config, const json_t *unknown, json_t *open,
	 struct diags *ds)
{
	const char *programs = jx_str(config, "programs", NULL);
	const char *last = forks_l2_followed(programs);
	const char *fork = jx_str(config, "l2_fork", NULL);

	if (last && is_unknown(unknown, "/l2_fork"))
		json_array_append_new(open, jx_strf("an L2 up to %s", last));
	if (!last || !fork || forks_l2_rank(fork) <= forks_l2_rank(last))
		return 0;
	diag_err(ds, "E0856", "node programs %s do not follow the L2 to %s",
		 programs, fork);
	diag_path(ds, "/programs");
	diag_hint(ds,
		  "the last fork that they follow is %s: use those of the "
		  "chain",
		  last);
	return -1;
}

int
compat_judge(const json_t *config, const json_t *unknown, json_t *warn,
	     json_t *open, struct diags *ds)
{
	CLEANUP(put_json) json_t *rows = compat_rows(ds);
	int rc = rows ? 0 : -1;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		enum compat_hit hit = compat_match(row, config, unknown);
		const char *text = jx_str(row, "text", "");

		if (hit == COMPAT_OPEN)
			json_array_append_new(
				open, json_string(jx_str(row, "needs", "")));
		else if (hit == COMPAT_NO)
			continue;
		else if (strcmp(jx_str(row, "verdict", ""), "warn") == 0)
			json_array_append_new(warn,
					      jx_strf("%s; %s", text,
						      jx_str(row, "hint", "")));
		else
			rc = refuse(row, ds);
	}
	return judge_l2(config, unknown, open, ds) ? -1 : rc;
}

json_t *
compat_attrs(json_t *warn)
{
	return json_pack("{s:s, s:o}", "verdict",
			 json_array_size(warn) ? "warn" : "fine", "notes",
			 warn);
}
