/*
 * A spec that is nearly right: each field of a kind, and each key of the spec
 * itself, gets a value that its schema asks for, or a reference, or something
 * of another type. The bytes decide; "seeds N" stands for N streams of
 * pseudo-random ones.
 */
#include "tests/fuzz/spec.h"

#include <ctype.h>

#include "engine/schema/schema.h"

#define DEPTH_MAX 6u
#define TEXT_MAX  (1u << 20)

static const char *const kinds[] = {
#define KIND(name) #name,
#include "providers/kinds/kinds.def"
#undef KIND
};

static const char *const names[] = { "a", "b", "c-1" };

struct gen {
	const uint8_t *data;
	size_t size;
	uint32_t seed; /* 0: the bytes decide */
	unsigned odd;  /* one value of so many is not as its schema asks */
	struct buf out;
};

static unsigned
pick(struct gen *g, unsigned n)
{
	if (g->seed) {
		/* xorshift32, G. Marsaglia 2003 */
		g->seed ^= g->seed << 13;
		g->seed ^= g->seed >> 17;
		g->seed ^= g->seed << 5;
		return g->seed % n;
	}
	if (!g->size)
		return 0;
	g->size--;
	return *g->data++ % n;
}

static const char *
nth_key(const json_t *object, unsigned n)
{
	void *it = json_object_iter((json_t *)(uintptr_t)object);

	while (it && n--)
		it = json_object_iter_next((json_t *)(uintptr_t)object, it);
	return it ? json_object_iter_key(it) : "x";
}

static void
reference(struct gen *g)
{
	static const char *const others[] = { "${var.x}",  "${var.s}",
					      "${with.x}", "${host.platform}",
					      "${self.x}", "${}",
					      "${",        "$${var.x}",
					      "a${var.s}", "${null.a}" };
	unsigned n = pick(g, 2 * COUNTOF(others));
	const char *kind, *field;
	const json_t *props;

	if (n < COUNTOF(others)) {
		buf_addf(&g->out, "\"%s\"", others[n]);
		return;
	}
	kind = kinds[pick(g, COUNTOF(kinds))];
	props = jx_get(schema_for(kind), "properties");
	field = nth_key(props, pick(g, (unsigned)json_object_size(props) + 1));
	buf_addf(&g->out, "\"%s${%s.%s.%s}\"", pick(g, 4) ? "" : "x", kind,
		 names[pick(g, COUNTOF(names))], field);
}

static void
anything(struct gen *g)
{
	static const char *const values[] = { "null",
					      "true",
					      "-1",
					      "18446744073709551616",
					      "1e400",
					      "\"\"",
					      "\"\\u0000\"",
					      "\"null.a\"",
					      "\"a.b/c\"",
					      "[]",
					      "{}",
					      "[null]",
					      "{x: null}",
					      "[[[]]]",
					      "\"0x\"",
					      "\"asset:x\"",
					      "1s",
					      "~",
					      "[\"${null.a.note}\"]",
					      "{\"${var.x}\": 1}" };

	buf_adds(&g->out, values[pick(g, COUNTOF(values))]);
}

static const char *
sample(const char *format)
{
	static const struct {
		const char *format, *value;
	} rows[] = {
		{ "address", "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"" },
		{ "hash",
		  "\"0x00000000000000000000000000000000000000000000000000000000"
		  "00000001\"" },
		{ "hexdata", "\"0x00ff\"" },
		{ "wei", "1eth" },
		{ "duration", "2s" },
		{ "bytes", "1kB" },
		{ "url", "\"http://127.0.0.1:1/\"" },
		{ "rpc", "\"http://127.0.0.1:1/\"" },
		{ "download", "\"http://127.0.0.1:1/\"" },
		{ "git", "\"file:///tmp/x\"" },
		{ "port", "4242" },
		{ "resource", "\"null.a\"" },
		{ "version-range", "\">=1\"" },
	};

	for (size_t i = 0; i < COUNTOF(rows); i++)
		if (strcmp(rows[i].format, format) == 0)
			return rows[i].value;
	return "\"a\"";
}

static void value(struct gen *g, const json_t *schema, unsigned depth);

/* Is it left out? */
static bool
left_out(struct gen *g, const json_t *schema, const char *key)
{
	const json_t *p = jx_get(jx_get(schema, "properties"), key), *name;
	bool computed = jx_bool(p, "x-computed", false), needed = false;
	size_t i;

	json_array_foreach(jx_get(schema, "required"), i, name)
		needed |= strcmp(json_string_value(name), key) == 0;
	if (computed)
		return pick(g, 4 * g->odd);
	return needed ? !pick(g, g->odd) : pick(g, 2);
}

static void
object(struct gen *g, const json_t *schema, unsigned depth)
{
	const json_t *props = jx_get(schema, "properties"), *p;
	const json_t *more = jx_get(schema, "additionalProperties");
	const char *key;

	buf_addch(&g->out, '{');
	json_object_foreach((json_t *)(uintptr_t)props, key, p) {
		if (left_out(g, schema, key))
			continue;
		buf_addf(&g->out, "\"%s\": ", key);
		value(g, p, depth);
		buf_adds(&g->out, ", ");
	}
	for (unsigned n = more ? pick(g, 3) : !pick(g, 8 * g->odd); n > 0;
	     n--) {
		buf_addf(&g->out, "\"k%u\": ", n);
		value(g, json_is_object(more) ? more : schema_any(), depth);
		buf_adds(&g->out, ", ");
	}
	buf_addch(&g->out, '}');
}

static void
proper(struct gen *g, const json_t *schema, unsigned depth)
{
	const char *type = jx_str(schema, "type", "any");
	json_t *choices = schema_choices(schema);

	if (json_is_array(choices) && json_array_size(choices)) {
		char *one = json_dumps(
			json_array_get(
				choices,
				pick(g, (unsigned)json_array_size(choices))),
			JSON_ENCODE_ANY);

		buf_adds(&g->out, one);
		free(one);
	} else if (strcmp(type, "object") == 0) {
		object(g, schema, depth);
	} else if (strcmp(type, "array") == 0) {
		buf_addch(&g->out, '[');
		for (unsigned n = pick(g, 4); n > 0; n--) {
			value(g, schema_step(schema, "-"), depth);
			buf_adds(&g->out, ", ");
		}
		buf_addch(&g->out, ']');
	} else if (strcmp(type, "integer") == 0) {
		buf_addf(&g->out, "%lld",
			 (long long)jx_int(schema, "minimum", 1));
	} else if (strcmp(type, "boolean") == 0) {
		buf_adds(&g->out, pick(g, 2) ? "true" : "false");
	} else {
		buf_adds(&g->out, sample(jx_str(schema, "format", "")));
	}
	json_decref(choices);
}

static void
value(struct gen *g, const json_t *schema, unsigned depth)
{
	if (!schema || depth >= DEPTH_MAX)
		anything(g);
	else if (pick(g, g->odd))
		proper(g, schema, depth + 1);
	else if (pick(g, 2))
		reference(g);
	else
		anything(g);
}

/* The members of an object of this schema, each on a line of its own. */
static void
members(struct gen *g, const json_t *schema, const char *indent)
{
	const json_t *props = jx_get(schema, "properties"), *p;
	const char *key;

	json_object_foreach((json_t *)(uintptr_t)props, key, p) {
		/* These make it a spec at all. */
		if (strcmp(key, "resources") == 0 || strcmp(key, "opl2") == 0 ||
		    strcmp(key, "name") == 0 || strcmp(key, "use") == 0 ||
		    strcmp(key, "variables") == 0 || strcmp(key, "with") == 0 ||
		    left_out(g, schema, key))
			continue;
		buf_addf(&g->out, "%s%s: ", indent, key);
		value(g, p, 0);
		buf_addch(&g->out, '\n');
	}
}

static void
one(struct gen *g)
{
	const char *seen[COUNTOF(names)];

	buf_init(&g->out, TEXT_MAX);
	g->odd = pick(g, 2) ? 4 : 40;
	buf_adds(&g->out, "opl2: 1\nname: t\nvariables:\n"
			  "  x: { type: string, default: a }\n"
			  "  s: { type: string, default: b, sensitive: true }\n"
			  "resources:\n  \"null\":\n    a: {}\n");
	for (size_t i = 0; i < COUNTOF(names); i++) {
		const char *kind = kinds[pick(g, COUNTOF(kinds))];

		bool twice = strcmp(kind, "null") == 0;

		for (size_t j = 0; j < i; j++)
			twice |= kind == seen[j];
		seen[i] = kind;
		if (twice) /* which YAML does not allow */
			continue;
		buf_addf(&g->out, "  %s:\n    %s:\n", kind, names[i]);
		members(g, schema_for(kind), "      ");
		members(g, schema_file("meta.json"), "      ");
	}
	members(g, schema_file("spec.json"), "");
	if (!g->out.over)
		fuzz_spec(buf_str(&g->out), g->out.n);
	buf_done(&g->out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gen g = { .data = data, .size = size };
	uint32_t seeds = 0;

	if (size > 6 && memcmp(data, "seeds ", 6) == 0)
		for (size_t i = 6; i < size && isdigit(data[i]); i++)
			seeds = (seeds * 10 + data[i] - '0') % 1000000;
	if (!seeds)
		one(&g);
	for (; seeds > 0; seeds--) {
		g.seed = seeds;
		one(&g);
	}
	return 0;
}
