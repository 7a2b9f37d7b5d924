#include "cmd/opl2/chain/status.h"

#include <string.h>

#include "cmd/opl2/view/text.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

#define LABEL 10 /* columns of the first word */

/* "1m20s", in arena memory. */
static const char *
span(struct cmd *c, int64_t seconds)
{
	char text[16];

	if (seconds < 60)
		return arena_printf(&c->arena, "%llds",
				    (long long)(seconds > 0 ? seconds : 0));
	text_elapsed((uint64_t)seconds * 1000, text, sizeof(text));
	return arena_strdup(&c->arena, text);
}

static void
label(struct cmd *c, const char *text)
{
	fprintf(c->out, "%-*s  ", LABEL, text);
}

/* "unsafe 250, 1s old" */
static bool
print_head(struct cmd *c, const json_t *heads, const char *key,
	   const char *word, bool more)
{
	const json_t *h = jx_get(heads, key);

	if (!h)
		return more;
	fprintf(c->out, "%s%s %lld, %s old", more ? "; " : "", word,
		(long long)jx_int(h, "number", 0),
		span(c, jx_int(h, "lag_s", 0)));
	return true;
}

static void
print_heads(struct cmd *c, const json_t *view)
{
	const json_t *heads = jx_get(view, "heads");
	bool more;

	if (jx_get(heads, "l1")) {
		label(c, "L1");
		more = print_head(c, heads, "l1", "block", false);
		print_head(c, heads, "l1_finalized", "finalized", more);
		fputc('\n', c->out);
	}
	if (!jx_get(heads, "unsafe"))
		return;
	label(c, "L2");
	more = print_head(c, heads, "unsafe", "unsafe", false);
	more = print_head(c, heads, "safe", "safe", more);
	print_head(c, heads, "finalized", "finalized", more);
	fputc('\n', c->out);
}

static void
print_l1_fork(struct cmd *c, const json_t *view)
{
	const json_t *f = jx_get(view, "l1_fork"), *next = jx_get(f, "next");
	const char *follows = jx_str(f, "follows", NULL);
	char when[CLOCK_MINUTE];

	if (!f)
		return;
	label(c, "L1 fork");
	fputs(jx_str(f, "now", "?"), c->out);
	if (next) {
		int64_t in = jx_int(next, "in_s", 0);

		utc_minute(jx_int(next, "time", 0), when);
		fprintf(c->out, "; %s at %s, in ", jx_str(next, "name", "?"),
			when);
		if (in >= 2 * 86400)
			fprintf(c->out, "%lld d", (long long)(in / 86400));
		else
			fputs(span(c, in), c->out);
	}
	if (follows)
		fprintf(c->out, "; programs %s support it up to %s",
			jx_str(f, "programs", "?"), follows);
	if (!jx_bool(f, "followed", true) || !jx_bool(next, "followed", true))
		fprintf(c->out, ": change programs to %s",
			jx_str(f, "use", "programs of a newer opl2"));
	putc('\n', c->out);
}

static void
print_forks(struct cmd *c, const json_t *view)
{
	const json_t *forks = jx_get(view, "forks");
	const json_t *next = jx_get(forks, "next");
	const char *active = jx_str(forks, "active", NULL);
	char when[32];

	if (!forks)
		return;
	label(c, "L2 forks");
	if (active)
		fprintf(c->out, "%s is active%s", active, next ? "; " : "");
	if (next) {
		utc_text(jx_int(next, "time", 0), when, sizeof(when));
		fprintf(c->out, "next L2 fork: %s in %s (%s)",
			jx_str(next, "name", "?"),
			span(c, jx_int(next, "in_s", 0)), when);
	}
	fputc('\n', c->out);
}

static void
print_batches(struct cmd *c, const json_t *view)
{
	const json_t *b = jx_get(view, "batches");
	const json_t *last = jx_get(b, "last");
	bool more = last || jx_get(b, "looked_back");

	if (json_object_size(b) == 0)
		return;
	label(c, "batches");
	if (last)
		fprintf(c->out, "newest in L1 block %lld, %s ago",
			(long long)jx_int(last, "block", 0),
			span(c, jx_int(last, "age_s", 0)));
	else if (more)
		fprintf(c->out, "none in the last %lld L1 blocks",
			(long long)jx_int(b, "looked_back", 0));
	if (jx_get(b, "waiting")) {
		fprintf(c->out, "%s%lld L2 blocks are pending",
			more ? "; " : "", (long long)jx_int(b, "waiting", 0));
		more = true;
	}
	if (jx_get(b, "window_left_percent"))
		fprintf(c->out, "%s%lld%% of the sequencing window left",
			more ? "; " : "",
			(long long)jx_int(b, "window_left_percent", 0));
	fputc('\n', c->out);
}

/* Of a proposer that started late, or was away. */
static void
print_behind(struct cmd *c, const json_t *o)
{
	if (!jx_get(o, "behind"))
		return;
	fprintf(c->out, "; the proposer is %lld blocks behind",
		(long long)jx_int(o, "behind", 0));
	if (jx_get(o, "caught_up_s"))
		fprintf(c->out, ", caught up in about %s",
			span(c, jx_int(o, "caught_up_s", 0)));
}

static void
print_output(struct cmd *c, const json_t *view)
{
	const json_t *o = jx_get(view, "output");
	bool games = !strcmp(jx_str(o, "kind", ""), "games");
	const char *as = "";

	if (!o)
		return;
	if (jx_get(o, "matches"))
		as = jx_bool(o, "matches", false)
			     ? ", as the node computes it"
			     : ", which is NOT what the node computes";
	label(c, games ? "games" : "outputs");
	if (jx_get(o, "block"))
		fprintf(c->out, "number %lld for block %lld, %s ago%s",
			(long long)jx_int(o, "index", 0),
			(long long)jx_int(o, "block", 0),
			span(c, jx_int(o, "age_s", 0)), as);
	else
		fputs("none yet", c->out);
	if (jx_get(o, "next_block"))
		fprintf(c->out, "; next for block %lld",
			(long long)jx_int(o, "next_block", 0));
	else if (jx_get(o, "due_s"))
		fputs("; next", c->out);
	/* How fast blocks become safe is not known: not at all, when batches
	 * cannot be stored. */
	if (jx_bool(o, "waits_for_safe", false))
		fputs(" when that is safe", c->out);
	else if (jx_int(o, "due_s", 0) > 0)
		fprintf(c->out, " in %s", span(c, jx_int(o, "due_s", 0)));
	else if (jx_get(o, "due_s"))
		fputs(" now", c->out);
	print_behind(c, o);
	fputc('\n', c->out);
}

static void
print_replicas(struct cmd *c, const json_t *view)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(view, "replicas"), i, v) {
		label(c, "replica");
		fprintf(c->out, "%s: safe %lld", jx_str(v, "name", "?"),
			(long long)jx_int(v, "safe", 0));
		if (jx_get(v, "behind"))
			fprintf(c->out, ", %lld blocks behind",
				(long long)jx_int(v, "behind", 0));
		fputc('\n', c->out);
	}
}

static void
print_sequencers(struct cmd *c, const json_t *view)
{
	const json_t *s = jx_get(view, "sequencers"), *v;
	const char *makes = jx_str(s, "makes", NULL);
	size_t i;

	if (!s)
		return;
	label(c, "sequencers");
	if (makes)
		fprintf(c->out, "%s makes blocks", makes);
	else
		fputs("none makes blocks", c->out);
	json_array_foreach(jx_get(s, "members"), i, v)
		if (!makes || strcmp(makes, jx_str(v, "node", "")) != 0)
			fprintf(c->out, "; %s %s", jx_str(v, "node", "?"),
				!jx_get(v, "healthy") ? "is not known"
				: jx_bool(v, "healthy", false)
					? "follows"
					: "is unhealthy");
	fputc('\n', c->out);
}

static void
print_net(struct cmd *c, const json_t *view)
{
	const json_t *da = jx_get(view, "da"), *peers = jx_get(view, "peers");
	const char *name, *sep = "";
	json_t *n;

	if (da) {
		label(c, "DA");
		fprintf(c->out, "%s answers, in %lld ms\n",
			jx_str(da, "name", "?"),
			(long long)jx_int(da, "ms", 0));
	}
	if (json_object_size(peers) == 0)
		return;
	label(c, "peers");
	json_object_foreach((json_t *)(uintptr_t)peers, name, n) {
		fprintf(c->out, "%s%s %lld", sep, name,
			(long long)json_integer_value(n));
		sep = ", ";
	}
	fputc('\n', c->out);
}

/* To six places, which is enough to see how much it is. */
static const char *
status_chain_ether(struct cmd *c, const json_t *from, const char *key)
{
	struct u256 v;
	char text[96], *dot;

	if (u256_parse(jx_str(from, key, ""), &v))
		return "?";
	ether_format(&v, text, sizeof(text));
	dot = strchr(text, '.');
	if (!dot || strspn(dot + 1, "0123456789") <= 6)
		return arena_strdup(&c->arena, text);
	dot[7] = '\0';
	return arena_printf(&c->arena, "%seth", text);
}

static void
print_balances(struct cmd *c, const json_t *view)
{
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(view, "balances"), i, v) {
		int64_t hours = jx_int(v, "hours_left", -1);
		const char *role = jx_str(v, "role", "");

		label(c, *role ? role : jx_str(v, "process", "?"));
		fputs(status_chain_ether(c, v, "wei"), c->out);
		if (hours > 10 * 365 * 24)
			fputs(", enough for years", c->out);
		else if (hours > 72)
			fprintf(c->out, ", enough for %lld days",
				(long long)(hours / 24));
		else if (hours >= 0)
			fprintf(c->out, ", enough for %lld hours",
				(long long)hours);
		if (hours >= 0)
			fprintf(c->out, " at %s a day",
				status_chain_ether(c, v, "wei_per_day"));
		fputc('\n', c->out);
	}
}

void
status_print_chain(struct cmd *c, const json_t *view)
{
	const json_t *list = jx_get(view, "problems"), *v;
	size_t i;

	fputc('\n', c->out);
	print_heads(c, view);
	print_l1_fork(c, view);
	print_forks(c, view);
	print_batches(c, view);
	print_output(c, view);
	print_sequencers(c, view);
	print_balances(c, view);
	print_net(c, view);
	print_replicas(c, view);
	if (json_array_size(list) == 0)
		return;
	fputs("\nproblems ('opl2 doctor' looks for causes):\n", c->out);
	json_array_foreach(list, i, v)
		fprintf(c->out, "  %s: %s\n", jx_str(v, "what", "?"),
			jx_str(v, "text", "?"));
}
