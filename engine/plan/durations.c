#include "engine/plan/durations.h"

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"
#include "engine/spec/spec.h"

#define BLOB "durations.json"
/* What was made within that time is not worth a word. */
#define LEAST_MS 1

/* An object that is made anew takes what making it takes. */
static const char *
what_of(enum action a)
{
	return a == ACT_UPDATE ? "update" : "create";
}

json_t *
durations_load(struct state_backend *sb)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);
	json_t *all = NULL;
	struct diags quiet;

	diags_init(&quiet);
	if (sb->ops->blob_read(sb, BLOB, &b, &quiet) == 0)
		all = jx_parse(buf_str(&b), b.n, BLOB, &quiet);
	diags_done(&quiet);
	if (json_is_object(all))
		return all;
	json_decref(all);
	return json_object();
}

void
durations_note(json_t *all, const char *addr, enum action action, uint64_t ms)
{
	json_t *o = json_object_get(all, addr);
	const char *what = what_of(action);

	if (!json_is_object(o)) {
		o = json_object();
		json_object_set_new(all, addr, o);
	}
	if (ms < LEAST_MS)
		ms = LEAST_MS;
	if (ms >= (uint64_t)jx_int(o, what, 0) / 10)
		json_object_set_new(o, what, json_integer((json_int_t)ms));
}

void
durations_save(struct state_backend *sb, const json_t *all)
{
	CLEANUP(freep) char *text = jx_dump(all);
	struct diags quiet;

	diags_init(&quiet);
	(void)sb->ops->blob_write(sb, BLOB, text, strlen(text), &quiet);
	diags_done(&quiet);
}

/* By x-takes, in ms: of a field that is there, else of the kind. */
static uint64_t
typical(const struct change *c)
{
	const json_t *schema = schema_for(c->kind);
	json_t *props = json_object_get(schema, "properties"), *p;
	json_int_t s = 0;
	const char *name;

	json_object_foreach(props, name, p) {
		const json_t *takes = json_object_get(p, "x-takes");
		const json_t *v = jx_get(c->config, name);

		if (json_is_true(takes) && json_is_integer(v))
			s += json_integer_value(v);
		else if (json_is_integer(takes) && v)
			s += json_integer_value(takes);
	}
	return (uint64_t)(s > 0 ? s : jx_int(schema, "x-takes", 0)) * 1000;
}

uint64_t
durations_expect(const json_t *all, const char *addr, const char *kind)
{
	int64_t ms = jx_int(jx_get(all, addr), "create", 0);

	return (uint64_t)(ms ? ms
			     : jx_int(schema_for(kind), "x-takes", 0) * 1000);
}

void
plan_expect(struct plan *p, struct state_backend *sb)
{
	CLEANUP(put_json) json_t *all = durations_load(sb);

	for (size_t i = 0; i < p->nchanges; i++) {
		struct change *c = &p->changes[i];

		if (c->action != ACT_CREATE && c->action != ACT_UPDATE &&
		    c->action != ACT_REPLACE)
			continue;
		c->takes_ms = (uint64_t)jx_int(jx_get(all, c->addr),
					       what_of(c->action), 0);
		c->takes_recorded = c->takes_ms > 0;
		if (!c->takes_ms)
			c->takes_ms = typical(c);
	}
}
