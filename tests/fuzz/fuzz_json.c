/* JSON helpers: a line with a pointer, a line to merge in, a document. */
#include "tests/fuzz/fuzz.h"

#include "engine/io/jx.h"

static void
round_trip(const json_t *j)
{
	CLEANUP(freep) char *pretty = jx_dump(j), *line = jx_dump_line(j);
	CLEANUP(put_json) json_t *a = NULL, *b = NULL;
	char one[65], two[65];

	a = jx_parse(pretty, strlen(pretty), "a", NULL);
	b = jx_parse(line, strlen(line), "b", NULL);
	FUZZ_CHECK(a && b && json_equal(j, a) && json_equal(j, b));
	jx_digest(j, one);
	jx_digest(a, two);
	FUZZ_CHECK(!strcmp(one, two));
}

static void
pointers(json_t *j, const char *pointer)
{
	const json_t *v = jx_at(j, pointer);

	if (v && !v[0].refcount)
		abort();
	if (jx_set_at(j, pointer, json_string("new")) == 0) {
		round_trip(j);
		/* "-" appends: it names no place afterwards. */
		if (!strstr(pointer, "/-"))
			FUZZ_CHECK(json_is_string(jx_at(j, pointer)));
	}
}

static char *
take_line(const uint8_t **data, size_t *size)
{
	const uint8_t *nl = *size ? memchr(*data, '\n', *size) : NULL;
	size_t n = nl ? (size_t)(nl - *data) : 0;
	char *line = fuzz_text(*data, n);

	if (nl) {
		*data += n + 1;
		*size -= n + 1;
	}
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(freep) char *pointer = take_line(&data, &size);
	CLEANUP(freep) char *over_text = take_line(&data, &size);
	CLEANUP(put_json) json_t *j = NULL, *over = NULL, *kept = NULL;
	struct diags ds;

	diags_init(&ds);
	j = jx_parse((const char *)data, size, "input", &ds);
	fuzz_contract(&ds, j ? 0 : -1);
	if (!j)
		return 0;
	round_trip(j);
	over = jx_parse(over_text, strlen(over_text), "over", NULL);
	if (json_is_object(j) && json_is_object(over)) {
		kept = json_deep_copy(over);
		jx_merge(j, over);
		round_trip(j);
		jx_merge(j, over);
		FUZZ_CHECK(json_equal(kept, over));
	}
	pointers(j, pointer);
	return 0;
}
