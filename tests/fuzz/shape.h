#ifndef OPL2_TESTS_FUZZ_SHAPE_H
#define OPL2_TESTS_FUZZ_SHAPE_H

/* Changes to a document as a tree: it stays JSON, and nearly what it was. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"

/* The bytes that decide. */
struct shape {
	const uint8_t *data;
	size_t size;
};

static unsigned
shape_pick(struct shape *s, unsigned n)
{
	if (s->size == 0 || n == 0)
		return 0;
	s->size--;
	return *s->data++ % n;
}

/* A place below v: its container (borrowed), and which it is of that. */
struct shape_place {
	json_t *in;
	size_t at;
};

static size_t
shape_count(const json_t *v)
{
	size_t n = 0, i;
	const char *key;
	json_t *m;

	if (json_is_object(v))
		json_object_foreach((json_t *)(uintptr_t)v, key, m)
			n += 1 + shape_count(m);
	json_array_foreach(v, i, m)
		n += 1 + shape_count(m);
	return n;
}

static const char *
shape_key(json_t *o, size_t at)
{
	void *it = json_object_iter(o);

	while (at-- > 0)
		it = json_object_iter_next(o, it);
	return json_object_iter_key(it);
}

static json_t *
shape_member(json_t *in, size_t at)
{
	return json_is_array(in) ? json_array_get(in, at)
				 : json_object_get(in, shape_key(in, at));
}

/* The n-th place in v; false: there are fewer, and n is less by those. */
static bool
shape_find(json_t *v, size_t *n, struct shape_place *out)
{
	size_t size =
		json_is_array(v) ? json_array_size(v) : json_object_size(v);

	for (size_t i = 0; i < size; i++) {
		if ((*n)-- == 0) {
			*out = (struct shape_place){ v, i };
			return true;
		}
		if (shape_find(shape_member(v, i), n, out))
			return true;
	}
	return false;
}

static bool
shape_somewhere(struct shape *s, json_t *doc, struct shape_place *out)
{
	size_t count = shape_count(doc), n;

	if (count == 0)
		return false;
	n = (shape_pick(s, 256) * 256 + shape_pick(s, 256)) % count;
	return shape_find(doc, &n, out);
}

static json_t *
shape_value(struct shape *s, json_t *doc)
{
	static const char *const texts[] = {
		"null",         "true",
		"false",        "0",
		"-1",           "2",
		"1e300",        "9223372036854775807",
		"\"\"",         "\"ok\"",
		"\"x\"",        "\"null.a\"",
		"\"null.z\"",   "\"key.a\"",
		"\"null.a/b\"", "\"/triggers/t\"",
		"[]",           "{}",
		"[null]",       "[[]]",
		"{\"\": {}}",   "[\"null.a\", \"null.a\"]",
		"\"update\"",   "\"delete\"",
		"\"replace\"",  "\"incomplete\"",
		"\"new chain\""
	};
	struct shape_place p;
	unsigned n = shape_pick(s, COUNTOF(texts) + 8);
	json_t *v = NULL;

	if (n < COUNTOF(texts))
		v = json_loads(texts[n], JSON_DECODE_ANY, NULL);
	else if (shape_somewhere(s, doc, &p))
		v = json_deep_copy(shape_member(p.in, p.at));
	return v ? v : json_null();
}

/* One change. */
static void
shape_change(struct shape *s, json_t *doc)
{
	CLEANUP(put_json) json_t *v = shape_value(s, doc);
	CLEANUP(freep) char *key = NULL;
	unsigned how = shape_pick(s, 5);
	struct shape_place p;

	if (!shape_somewhere(s, doc, &p))
		return;
	if (json_is_array(p.in)) {
		if (how == 0)
			json_array_remove(p.in, p.at);
		else if (how == 1)
			json_array_insert(p.in, p.at, v);
		else
			json_array_set(p.in, p.at, v);
		return;
	}
	key = xstrdup(shape_key(p.in, p.at));
	if (how == 0)
		json_object_del(p.in, key);
	else if (how == 1)
		json_object_set(p.in, "more", v);
	else
		json_object_set(p.in, key, v);
}

/* Puts the sum under a key right. */
static void
shape_sum(json_t *doc, const char *key)
{
	char sum[65];

	json_object_del(doc, key);
	jx_digest(doc, sum);
	json_object_set_new(doc, key, json_string(sum));
}

/* A few changes, and the sum put right. */
static void
shape_changes(struct shape *s, json_t *doc, const char *key)
{
	for (unsigned n = 1 + shape_pick(s, 4); n > 0; n--)
		shape_change(s, doc);
	shape_sum(doc, key);
}

#endif
