#include "providers/kinds/compat/compat_table.h"

#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/base/version.h"
#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "engine/schema/embed.h"
#include "providers/facts/forks.h"
#include "providers/kinds/compat/compat_text.h"

#define TABLE "compat-table.json"

/* The codes that a row may name. */
static const char *const codes[] = { "E0473", "E0856", "E0857", "E0858",
				     "E1424", "E0867", "E0868" };

json_t *
compat_rows(struct diags *ds)
{
	const struct embed *e = embed_find(TABLE);
	json_t *rows = NULL;

	if (e)
		rows = jx_parse(e->start, (size_t)(e->end - e->start), TABLE,
				ds);
	else
		diag_err(ds, "E0859", "unknown value '%s' in this release",
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

/* May what is past the programs' forks be the case at all? */
static bool
is_judged(const json_t *want, const json_t *config, const json_t *unknown)
{
	return !jx_get(want, "past") || is_unknown(unknown, "/programs") ||
	       forks_l1_followed(compat_value(config, "programs"));
}

static bool
fits(const json_t *want, const char *value, const json_t *config)
{
	const json_t *not = jx_get(want, "not");
	int rank = forks_l1_rank(value);

	if (jx_get(want, "absent"))
		return !value;
	if (!value)
		return false;
	if (jx_get(want, "past"))
		return rank < INT_MAX &&
		       rank > forks_l1_rank(forks_l1_followed(
				      compat_value(config, "programs")));
	return not ? !fits_any(not, value) : fits_any(want, value);
}

enum compat_hit
compat_match(const json_t *row, const json_t *config, const json_t *unknown)
{
	json_t *when = json_object_get(row, "when");
	enum compat_hit hit = COMPAT_YES;
	const char *key;
	json_t *want;

	json_object_foreach(when, key, want) {
		const char *value = compat_value(config, key);
		char pointer[64];

		(void)snprintf(pointer, sizeof(pointer), "/%s", key);
		if (!is_judged(want, config, unknown))
			return COMPAT_NO;
		if (is_unknown(unknown, pointer))
			hit = COMPAT_OPEN;
		else if (!fits(want, value, config))
			return COMPAT_NO;
	}
	return hit;
}

/* A text of the row, filled in; malloc'd. */
static char *
said(const json_t *row, const char *key, const json_t *config)
{
	return compat_text(jx_str(row, key, ""), config);
}

static bool
has_verdict(const json_t *row, const char *verdict)
{
	return strcmp(jx_str(row, "verdict", ""), verdict) == 0;
}

static int
compat_table_refuse(const json_t *row, const json_t *config, struct diags *ds)
{
	CLEANUP(freep) char *text = said(row, "text", config);
	CLEANUP(freep) char *hint = said(row, "hint", config);
	const char *code = jx_str(row, "code", "");

	for (size_t i = 0; i < COUNTOF(codes); i++) {
		if (strcmp(code, codes[i]) != 0)
			continue;
		diag_err(ds, codes[i], "%s", text);
		diag_path(ds, "/%s", jx_str(row, "at", ""));
		diag_hint(ds, "%s", hint);
		diag_detail(ds, jx_str(row, "source", ""));
		return -1;
	}
	return diag_err(ds, "E0859", "row '%s' has no known code",
			jx_str(row, "id", ""));
}

/* Two rows may need the same. */
static void
add_once(json_t *list, json_t *text)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		if (json_equal(v, text)) {
			json_decref(text);
			return;
		}
	}
	json_array_append_new(list, text);
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
	diag_err(ds, "E0856", "node programs %s do not support the L2 fork %s",
		 programs, fork);
	diag_path(ds, "/programs");
	diag_hint(ds,
		  "the last fork that they support is %s: use the chain's "
		  "programs",
		  last);
	return -1;
}

/* No row either: is the node started as its chain's programs want it? */
static int
judge_chain(const json_t *config, const json_t *unknown, json_t *open,
	    struct diags *ds)
{
	const char *programs = jx_str(config, "programs", NULL);
	const char *chain = jx_str(config, "chain_programs", NULL);
	const char *own = forks_programs(programs);
	const char *other = forks_programs(chain);

	if (own && is_unknown(unknown, "/chain_programs"))
		json_array_append_new(open, json_string("the chain's node "
							"programs"));
	if (!own || !other || strcmp(own, other) == 0)
		return 0;
	diag_err(ds, "E0856",
		 "the node runs its chain's program, %s, but is declared as %s",
		 chain, programs);
	diag_path(ds, "/programs");
	diag_hint(ds, "use programs %s", other);
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
		CLEANUP(freep) char *text = said(row, "text", config);
		CLEANUP(freep) char *hint = said(row, "hint", config);

		if (hit == COMPAT_NO || has_verdict(row, "remind"))
			continue;
		if (hit == COMPAT_OPEN)
			add_once(open, json_string(jx_str(row, "needs", "")));
		else if (has_verdict(row, "warn"))
			json_array_append_new(warn,
					      jx_strf("%s; %s", text, hint));
		else
			rc = compat_table_refuse(row, config, ds);
	}
	if (judge_chain(config, unknown, open, ds) ||
	    judge_l2(config, unknown, open, ds))
		return -1;
	return rc;
}

/* A warning for each row of a verdict. */
static void
warn_of(const char *verdict, const char *warning, const json_t *config,
	const json_t *unknown, struct diags *ds)
{
	CLEANUP(put_json) json_t *rows = compat_rows(ds);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		CLEANUP(freep) char *text = said(row, "text", config);
		CLEANUP(freep) char *hint = said(row, "hint", config);

		if (!has_verdict(row, verdict) ||
		    compat_match(row, config, unknown) != COMPAT_YES)
			continue;
		diag_warn(ds, warning, "%s", text);
		diag_path(ds, "/%s", jx_str(row, "at", ""));
		diag_hint(ds, "%s", hint);
		diag_detail(ds, jx_str(row, "source", ""));
	}
}

void
compat_remind(const json_t *config, const json_t *unknown, struct diags *ds)
{
	warn_of("remind", "W0869", config, unknown, ds);
}

void
compat_warn(const json_t *config, const json_t *unknown, struct diags *ds)
{
	warn_of("warn", "W0625", config, unknown, ds);
}

json_t *
compat_attrs(json_t *warn)
{
	return json_pack("{s:s, s:o}", "verdict",
			 json_array_size(warn) ? "warn" : "fine", "notes",
			 warn);
}
