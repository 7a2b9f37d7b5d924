/* Parser of ABI types. */
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "providers/clients/evm/abi.h"

#define ARRAY_MAX 4096

static int parse_type(const char **s, struct abi_type *out, int depth);

void
abi_type_done(struct abi_type *t)
{
	size_t n = t->base == ABI_ARRAY ? 1 : t->n;

	for (size_t i = 0; t->of && i < n; i++)
		abi_type_done(&t->of[i]);
	free(t->of);
	*t = (struct abi_type){ 0 };
}

/* Optional decimal digits; 0 when there are none. */
static int
parse_digits(const char **s, uint64_t max, uint64_t *out)
{
	char text[8];
	size_t n = strspn(*s, "0123456789");

	*out = 0;
	if (n == 0)
		return 0;
	if (n >= sizeof(text) || **s == '0')
		return -1;
	memcpy(text, *s, n);
	text[n] = '\0';
	*s += n;
	return parse_u64(text, max, out);
}

static bool
eat(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) != 0)
		return false;
	*s += n;
	return true;
}

static int
parse_number(const char **s, enum abi_base base, struct abi_type *out)
{
	uint64_t bits;

	if (parse_digits(s, 256, &bits) < 0 || bits % 8)
		return -1;
	out->base = base;
	out->size = bits ? (unsigned)bits : 256;
	return 0;
}

static int
parse_bytes(const char **s, struct abi_type *out)
{
	uint64_t size;

	if (parse_digits(s, 32, &size) < 0)
		return -1;
	out->base = size ? ABI_FIXED_BYTES : ABI_BYTES;
	out->size = (unsigned)size;
	out->dynamic = !size;
	return 0;
}

static int
parse_tuple(const char **s, struct abi_type *out, int depth)
{
	size_t head = 0;

	out->base = ABI_TUPLE;
	if (eat(s, ")")) {
		out->head = 0;
		return 0;
	}
	for (;;) {
		out->of = xreallocarray(out->of, out->n + 1, sizeof(*out->of));
		out->of[out->n] = (struct abi_type){ 0 };
		out->n++;
		if (parse_type(s, &out->of[out->n - 1], depth + 1) < 0)
			return -1;
		out->dynamic = out->dynamic || out->of[out->n - 1].dynamic;
		head += out->of[out->n - 1].head;
		if (eat(s, ")"))
			break;
		if (!eat(s, ","))
			return -1;
	}
	out->head = out->dynamic ? 32 : head;
	return 0;
}

/* "[]" or "[k]" after a type, any number of them. */
static int
parse_suffixes(const char **s, struct abi_type *out, int depth)
{
	while (eat(s, "[")) {
		struct abi_type *of = xmalloc(sizeof(*of));
		uint64_t k;

		*of = *out;
		*out = (struct abi_type){ .base = ABI_ARRAY, .of = of };
		if (++depth > ABI_DEPTH_MAX ||
		    parse_digits(s, ARRAY_MAX, &k) < 0 || !eat(s, "]"))
			return -1;
		out->count = k ? (long)k : -1;
		if (of->head * (size_t)k > ABI_DATA_MAX)
			return -1;
		out->dynamic = !k || of->dynamic;
		out->head = out->dynamic ? 32 : of->head * (size_t)k;
	}
	return 0;
}

static int
parse_type(const char **s, struct abi_type *out, int depth)
{
	int rc = 0;

	if (depth > ABI_DEPTH_MAX)
		return -1;
	out->head = 32;
	if (eat(s, "uint"))
		rc = parse_number(s, ABI_UINT, out);
	else if (eat(s, "int"))
		rc = parse_number(s, ABI_INT, out);
	else if (eat(s, "address"))
		out->base = ABI_ADDRESS;
	else if (eat(s, "bool"))
		out->base = ABI_BOOL;
	else if (eat(s, "bytes"))
		rc = parse_bytes(s, out);
	else if (eat(s, "string"))
		out->base = ABI_STRING, out->dynamic = true;
	else if (eat(s, "("))
		rc = parse_tuple(s, out, depth);
	else
		rc = -1;
	return rc == 0 ? parse_suffixes(s, out, depth) : -1;
}

int
abi_type_parse(const char *text, struct abi_type *out)
{
	struct abi_type t = { 0 };

	if (text[0] != '(' || parse_type(&text, &t, 0) < 0 || *text ||
	    t.base != ABI_TUPLE) {
		abi_type_done(&t);
		return -1;
	}
	*out = t;
	return 0;
}
