#include "providers/facts/signature.h"

#include <string.h>

#include "engine/base/u256.h"
#include "engine/io/jx.h"

/* Length of the type that s starts with, up to ',' or the closing ')'. 0: it
 * is malformed. */
static size_t
type_length(const char *s)
{
	size_t n = 0;
	int depth = 0;

	for (; s[n]; n++) {
		if (s[n] == '(')
			depth++;
		else if (depth == 0 && (s[n] == ',' || s[n] == ')'))
			return n;
		else if (s[n] == ')')
			depth--;
		else if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789[],",
				 s[n]))
			return 0;
	}
	return 0;
}

static bool
starts(const char *s, size_t n, const char *word)
{
	return n >= strlen(word) && strncmp(s, word, strlen(word)) == 0;
}

/* Whether v may be a value of the type. Ranges are the encoder's matter. */
static bool
fits(const char *type, size_t n, const json_t *v)
{
	const char *s = json_string_value(v);
	struct u256 number;

	if (type[n - 1] == ']' || type[0] == '(')
		return json_is_array(v);
	if (starts(type, n, "bool"))
		return json_is_boolean(v);
	if (starts(type, n, "uint") || starts(type, n, "int"))
		return json_is_integer(v) ||
		       (s && u256_parse(s + (s[0] == '-'), &number) == 0);
	if (starts(type, n, "address"))
		return s && strlen(s) == 42 && starts(s, 42, "0x");
	if (n == 5 && json_is_object(v))
		return jx_str(v, "function", NULL) != NULL;
	if (starts(type, n, "bytes"))
		return s && starts(s, strlen(s), "0x");
	return starts(type, n, "string") && s;
}

static int
bad_signature(struct kind_ctx *ctx, const char *text, const char *ptr)
{
	diag_err(ctx->ds, "E0830", "'%s' is not a signature", text);
	diag_path(ctx->ds, "%s", ptr);
	diag_hint(ctx->ds, "write it without spaces or argument names, such as "
			   "'setOwner(address,uint256)'");
	return -1;
}

static int
bad_arg(struct kind_ctx *ctx, size_t i, const char *type, size_t n,
	const char *args_ptr)
{
	diag_err(ctx->ds, "E0830", "argument %zu is not of type '%.*s'", i + 1,
		 (int)n, type);
	diag_path(ctx->ds, "%s/%zu", args_ptr, i);
	if (starts(type, n, "bytes") || starts(type, n, "address"))
		diag_hint(ctx->ds,
			  "write bytes and addresses as 0x text, in quotes");
	return -1;
}

int
signature_args(struct kind_ctx *ctx, const char *types, const char *ptr,
	       const json_t *args, const json_t *unknown, const char *args_ptr,
	       const char **end)
{
	const char *s = types + 1;
	size_t i = 0, n;

	for (; *types == '(' && *s != ')'; i++) {
		const char *at = jx_ptr_idx(ctx->arena, args_ptr, i);
		const json_t *v = json_array_get(args, i);

		n = type_length(s);
		if (n == 0)
			return bad_signature(ctx, types, ptr);
		if (v && !is_unknown(unknown, at) && !fits(s, n, v))
			return bad_arg(ctx, i, s, n, args_ptr);
		if (json_is_object(v) &&
		    signature_check(ctx, v, at, "function", false, unknown))
			return -1;
		s += n;
		if (*s == ',' && *++s == ')')
			return bad_signature(ctx, types, ptr);
	}
	if (*types != '(')
		return bad_signature(ctx, types, ptr);
	*end = s + 1;
	if (is_unknown(unknown, args_ptr) || i == json_array_size(args))
		return 0;
	diag_err(ctx->ds, "E0830", "%zu arguments, but %zu are needed",
		 json_array_size(args), i);
	diag_path(ctx->ds, "%s", args_ptr);
	return -1;
}

int
signature_check(struct kind_ctx *ctx, const json_t *o, const char *prefix,
		const char *key, bool view, const json_t *unknown)
{
	const char *ptr = jx_ptr_key(ctx->arena, prefix, key);
	const char *args = jx_ptr_key(ctx->arena, prefix, "args");
	const char *text = jx_str(o, key, NULL), *types, *end = "";

	if (!text || is_unknown(unknown, ptr))
		return 0;
	types = strchr(text, '(');
	if (!types || types == text || strpbrk(text, " \t"))
		return bad_signature(ctx, text, ptr);
	if (signature_args(ctx, types, ptr, jx_get(o, "args"), unknown, args,
			   &end))
		return -1;
	if (!view)
		return *end ? bad_signature(ctx, text, ptr) : 0;
	if (*end == '(' && end[1] != ')' && end[strlen(end) - 1] == ')')
		return 0;
	diag_err(ctx->ds, "E0830", "'%s' does not declare a return type", text);
	diag_path(ctx->ds, "%s", ptr);
	diag_hint(ctx->ds, "add it, as in 'owner()(address)'");
	return -1;
}
