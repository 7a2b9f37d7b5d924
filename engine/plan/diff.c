/* Schema-aware comparison: what differs, and how grave that is. */
#include "engine/plan/diff.h"

#include "engine/io/secret.h"
#include "engine/run/run_impl.h"

#include <strings.h>

#include "engine/base/u256.h"
#include "engine/io/jx.h"
#include "engine/plan/plan.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_decode.h"

void
add_reason(struct arena *a, struct reasons *rs, const struct reason *why)
{
	if (rs->n == rs->cap) {
		size_t cap = rs->cap ? 2 * rs->cap : 4;
		struct reason *v = arena_alloc(a, cap * sizeof(*v));

		if (rs->n)
			memcpy(v, rs->v, rs->n * sizeof(*v));
		rs->v = v;
		rs->cap = cap;
	}
	rs->v[rs->n++] = *why;
}

static void
diff_report(struct diff *d, const char *pointer, const json_t *before,
	    const json_t *after, bool unknown)
{
	struct reason why = {
		.why = d->why,
		.pointer = arena_strdup(d->arena, pointer),
		.before = before,
		.after = unknown ? NULL : after,
		.sensitive = schema_sensitive(d->schema, pointer),
		.unknown = unknown,
		.computed = d->computed,
		.class = schema_class(d->schema, pointer),
	};

	add_reason(d->arena, d->out, &why);
}

/* The same quantity, written in two ways? */
static bool
same_text(const char *format, const char *a, const char *b)
{
	struct u256 x, y;

	if (strcmp(format, "wei") == 0)
		return u256_parse(a, &x) == 0 && u256_parse(b, &y) == 0 &&
		       u256_cmp(&x, &y) == 0;
	if (strcmp(format, "address") == 0 || strcmp(format, "hash") == 0 ||
	    strcmp(format, "hexdata") == 0)
		return strcasecmp(a, b) == 0;
	return false;
}

static bool
same_scalar(struct diff *d, const char *pointer, const json_t *a,
	    const json_t *b)
{
	const json_t *schema;

	if (json_equal(a, b))
		return true;
	if (!json_is_string(a) || !json_is_string(b))
		return false;
	schema = schema_at(d->schema, pointer);
	return schema && same_text(jx_str(schema, "format", ""),
				   json_string_value(a), json_string_value(b));
}

/* Tokens are equal when their values are; a value that is not at hand now (no
 * environment variable in a CI job) is taken to be unchanged. */
static bool
same_secret(struct diff *d, const char *pointer, const json_t *a,
	    const json_t *b)
{
	const char *was = jx_str(d->old_hashes, pointer, NULL);
	const char *is = jx_str(d->new_hashes, pointer, NULL);

	if (was && is)
		return strcmp(was, is) == 0;
	return json_equal(a, b);
}

static bool
is_null(const json_t *v)
{
	return !v || json_is_null(v);
}

static void walk(struct diff *d, const char *pointer, const json_t *a,
		 const json_t *b);

/* A field of the config that is looked at and never a change. */
static bool
is_passing(const struct diff *d, const char *pointer, const char *key)
{
	return !*pointer && prop_flag(d->schema, key, "x-volatile");
}

static void
walk_object(struct diff *d, const char *pointer, const json_t *a,
	    const json_t *b)
{
	const char *key;
	json_t *sub;

	json_object_foreach((json_t *)(uintptr_t)a, key, sub) {
		if (!is_passing(d, pointer, key))
			walk(d, jx_ptr_key(d->arena, pointer, key), sub,
			     json_object_get(b, key));
	}
	json_object_foreach((json_t *)(uintptr_t)b, key, sub) {
		if (!json_object_get(a, key) && !is_passing(d, pointer, key))
			walk(d, jx_ptr_key(d->arena, pointer, key), NULL, sub);
	}
}

static void
walk(struct diff *d, const char *pointer, const json_t *a, const json_t *b)
{
	size_t i;

	if (is_unknown(d->unknown, pointer)) {
		diff_report(d, pointer, a, b, true);
	} else if (is_null(a) && is_null(b)) {
		return;
	} else if (is_secret(a) && is_secret(b)) {
		if (!same_secret(d, pointer, a, b))
			diff_report(d, pointer, a, b, false);
	} else if (json_is_object(a) && json_is_object(b)) {
		walk_object(d, pointer, a, b);
	} else if (json_is_array(a) && json_is_array(b) &&
		   json_array_size(a) == json_array_size(b)) {
		for (i = 0; i < json_array_size(a); i++)
			walk(d, jx_ptr_idx(d->arena, pointer, i),
			     json_array_get(a, i), json_array_get(b, i));
	} else if (!a || !b || !same_scalar(d, pointer, a, b)) {
		diff_report(d, pointer, a, b, false);
	}
}

void
diff_values(struct diff *d, const json_t *before, const json_t *after)
{
	/* Nothing unknown, no secret whose value could differ, same text: the
	 * case of nearly every resource of nearly every run. */
	if (json_array_size(d->unknown) == 0 && !d->new_hashes &&
	    json_equal(before, after))
		return;
	walk(d, "", before, after);
}

void
diff_attrs(struct diff *d, const json_t *before, const json_t *after)
{
	const char *key;
	json_t *sub;

	if (json_equal(before, after))
		return;
	json_object_foreach((json_t *)(uintptr_t)after, key, sub) {
		const json_t *was =
			before ? json_object_get(before, key) : NULL;

		if (!prop_flag(d->schema, key, "x-volatile"))
			walk(d, jx_ptr_key(d->arena, "", key), was, sub);
	}
	if (!before)
		return;
	json_object_foreach((json_t *)(uintptr_t)before, key, sub) {
		if (!json_object_get(after, key) &&
		    !prop_flag(d->schema, key, "x-volatile"))
			walk(d, jx_ptr_key(d->arena, "", key), sub, NULL);
	}
}
