#include "providers/health/l1_fork.h"

#include "engine/io/jx.h"
#include "providers/facts/forks.h"

static const char *
programs_of(const json_t *seen)
{
	return jx_str(seen, "programs", NULL);
}

/* Of programs that nobody knows this is nothing. */
static json_t *
is_followed(const json_t *seen, const char *fork)
{
	const char *to = forks_l1_followed(programs_of(seen));

	return to ? json_boolean(forks_l1_rank(fork) <= forks_l1_rank(to))
		  : NULL;
}

static void
l1_fork_put_text(json_t *to, const char *key, const char *text)
{
	if (text)
		json_object_set_new(to, key, json_string(text));
}

static void
put_followed(json_t *to, const json_t *seen, const char *fork)
{
	json_t *v = is_followed(seen, fork);

	if (v)
		json_object_set_new(to, "followed", v);
}

static void
put_next(json_t *out, const json_t *seen, const json_t *l1)
{
	const char *name = jx_str(l1, "next_fork", NULL);
	int64_t time = jx_int(l1, "next_fork_time", 0);
	int64_t in = time - jx_int(seen, "now", 0);
	json_t *next;

	if (!name)
		return;
	next = json_pack("{s:s, s:I, s:I}", "name", name, "time",
			 (json_int_t)time, "in_s",
			 (json_int_t)(in > 0 ? in : 0));
	put_followed(next, seen, name);
	json_object_set_new(out, "next", next);
}

static int64_t
last_taken(const json_t *node)
{
	return jx_int(jx_at(node, "/answer/sync/current_l1"), "number", -1);
}

int64_t
health_l1_beyond(const json_t *seen, const json_t *node)
{
	const char *now = jx_str(jx_at(seen, "/l1/answer"), "fork", NULL);
	int64_t head = jx_int(jx_at(node, "/answer/sync/head_l1"), "number", 0);
	int64_t last = last_taken(node);
	json_t *followed = now ? is_followed(seen, now) : NULL;

	return json_is_false(followed) && last >= 0 && last < head ? last + 1
								   : 0;
}

/* Nodes whose next block is the first of a fork that they do not follow: they
 * run, and take no further one. */
static void
put_stopped(json_t *out, const json_t *seen)
{
	json_t *list = json_array();
	const json_t *v;
	size_t i;

	json_array_foreach(jx_get(seen, "nodes"), i, v) {
		const char *fork =
			jx_str(jx_at(v, "/beyond/answer"), "fork", NULL);

		if (fork && json_is_false(is_followed(seen, fork)))
			json_array_append_new(
				list,
				json_pack("{s:s, s:I, s:s}", "name",
					  jx_str(v, "name", "node"), "block",
					  (json_int_t)last_taken(v), "fork",
					  fork));
	}
	json_object_set_new(out, "stopped", list);
}

json_t *
health_l1_fork(const json_t *seen)
{
	const json_t *l1 = jx_at(seen, "/l1/answer");
	const char *now = jx_str(l1, "fork", NULL);
	const char *next = jx_str(l1, "next_fork", NULL);
	json_t *out;

	if (!now)
		return NULL;
	out = json_pack("{s:s}", "now", now);
	l1_fork_put_text(out, "programs", programs_of(seen));
	l1_fork_put_text(out, "follows", forks_l1_followed(programs_of(seen)));
	l1_fork_put_text(out, "use", forks_l1_programs(next ? next : now));
	put_followed(out, seen, now);
	put_next(out, seen, l1);
	put_stopped(out, seen);
	return out;
}
