/*
 * contract_call: one call to a contract. It is sent once, by way of the
 * ledger; what is expected of the chain afterwards is asked before as well.
 * Destroy forgets it, for nothing takes a call back.
 */
#include "engine/kind.h"

#include <string.h>

#include "engine/base/compiler.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "engine/base/u256.h"
#include "engine/base/units.h"

#define TYPICAL_GAS "200000"

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
	if (starts(type, n, "bytes"))
		return s && starts(s, strlen(s), "0x");
	return starts(type, n, "string") && s;
}

static int
bad_signature(struct kind_ctx *ctx, const char *text, const char *ptr)
{
	diag_err(ctx->ds, "E0830", "'%s' is not a signature", text);
	diag_path(ctx->ds, "%s", ptr);
	diag_hint(ctx->ds, "write it without spaces and names of arguments, "
			   "such as 'setOwner(address,uint256)'");
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
		diag_hint(ctx->ds, "bytes and addresses are 0x text, in "
				   "quotes");
	return -1;
}

/* The arguments against the types in "(T,...)". *end is what follows them. */
static int
check_args(struct kind_ctx *ctx, const char *types, const char *ptr,
	   const json_t *args, const json_t *unknown, const char *args_ptr,
	   const char **end)
{
	const char *s = types + 1;
	size_t i = 0, n;

	for (; *types == '(' && *s != ')'; i++) {
		const json_t *v = json_array_get(args, i);

		n = type_length(s);
		if (n == 0)
			return bad_signature(ctx, types, ptr);
		if (v &&
		    !is_unknown(unknown, jx_ptr_idx(ctx->arena, args_ptr, i)) &&
		    !fits(s, n, v))
			return bad_arg(ctx, i, s, n, args_ptr);
		s += n;
		if (*s == ',' && *++s == ')')
			return bad_signature(ctx, types, ptr);
	}
	if (*types != '(')
		return bad_signature(ctx, types, ptr);
	*end = s + 1;
	if (is_unknown(unknown, args_ptr) || i == json_array_size(args))
		return 0;
	diag_err(ctx->ds, "E0830", "%zu arguments where %zu are needed",
		 json_array_size(args), i);
	diag_path(ctx->ds, "%s", args_ptr);
	return -1;
}

/* A function at prefix + "/function", which may say what it returns. */
static int
check_function(struct kind_ctx *ctx, const json_t *o, const char *prefix,
	       bool view, const json_t *unknown)
{
	const char *ptr = jx_ptr_key(ctx->arena, prefix, "function");
	const char *args = jx_ptr_key(ctx->arena, prefix, "args");
	const char *text = jx_str(o, "function", NULL), *types, *end;

	if (!text || is_unknown(unknown, ptr))
		return 0;
	types = strchr(text, '(');
	if (!types || types == text || strpbrk(text, " \t"))
		return bad_signature(ctx, text, ptr);
	if (check_args(ctx, types, ptr, jx_get(o, "args"), unknown, args, &end))
		return -1;
	if (!view)
		return *end ? bad_signature(ctx, text, ptr) : 0;
	if (*end == '(' && end[1] != ')' && end[strlen(end) - 1] == ')')
		return 0;
	diag_err(ctx->ds, "E0830", "'%s' does not say what it returns", text);
	diag_path(ctx->ds, "%s", ptr);
	diag_hint(ctx->ds, "such as 'owner()(address)'");
	return -1;
}

static int
contract_call_check(struct kind_ctx *ctx, const json_t *config,
		    const json_t *unknown)
{
	const json_t *create = jx_get(config, "create");
	const char *types = jx_str(create, "constructor", "()"), *end;

	if (create && jx_get(config, "function")) {
		diag_err(ctx->ds, "E0860",
			 "'function' and 'create' exclude "
			 "each other");
		diag_path(ctx->ds, "/function");
		return -1;
	}
	if (jx_get(config, "to") && !jx_get(config, "function") &&
	    !is_unknown(unknown, "/function")) {
		diag_err(ctx->ds, "E0860", "a call needs a 'function'");
		diag_path(ctx->ds, "/to");
		return -1;
	}
	if (create && !is_unknown(unknown, "/create/constructor") &&
	    check_args(ctx, types, "/create/constructor",
		       jx_get(create, "args"), unknown, "/create/args", &end))
		return -1;
	if (check_function(ctx, config, "", false, unknown))
		return -1;
	return check_function(ctx, jx_get(config, "expect"), "/expect", true,
			      unknown);
}

/* --- what it will do, in words ------------------------------------------- */

static void
note_call(struct kind_ctx *ctx, const json_t *c, struct plan_out *out)
{
	CLEANUP(freep) char *args = NULL;
	const json_t *list = jx_get(c, "args");

	if (jx_get(c, "create")) {
		kind_note(ctx, out, "makes a contract with salt %s",
			  jx_str(jx_get(c, "create"), "salt", "not yet known"));
		return;
	}
	args = list ? jx_dump_line(list) : NULL;
	kind_note(ctx, out, "calls %s of %s with %s",
		  jx_str(c, "function", "a function"),
		  jx_str(c, "to", "a contract not yet known"),
		  args ? args : "arguments not yet known");
}

static int
contract_call_plan(struct kind_ctx *ctx, const struct plan_req *req,
		   struct plan_out *out)
{
	const json_t *c = req->config;
	const char *value = jx_str(c, "value", "0");
	const char *safe = jx_str(c, "through_safe", NULL);
	bool has_safe = safe || is_unknown(req->unknown, "/through_safe");
	struct u256 wei;
	char text[96];

	out->attrs = json_pack("{s:b}", "holds", 1);
	if (!req->creating)
		return 0;
	note_call(ctx, c, out);
	if (has_safe)
		kind_note(ctx, out, "through the Safe %s, by its owner's key",
			  safe ? safe : "not yet known");
	if (u256_parse(value, &wei) == 0 && !u256_is_zero(&wei)) {
		wei_format(&wei, text, sizeof(text));
		kind_note(ctx, out, "%s %s",
			  has_safe ? "the Safe pays" : "pays", text);
	}
	if (jx_get(c, "expect"))
		kind_note(ctx, out,
			  "nothing is sent when what it expects holds");
	out->costs = json_pack("[{s:s, s:s, s:s, s:b}]", "role", "caller",
			       "gas", TYPICAL_GAS, "wei",
			       has_safe ? "0" : value, "estimate", 1);
	return 0;
}

static int
contract_call_leaves(struct kind_ctx *ctx, const json_t *config,
		     const json_t *attrs, struct plan_out *out)
{
	const char *what = jx_str(config, "function", "a new contract");
	const char *addr = jx_str(attrs, "address", jx_str(config, "to", "?"));
	const char *tx = jx_str(attrs, "transaction", NULL);
	long long chain = (long long)jx_int(config, "chain_id", 0);

	if (tx)
		kind_note(ctx, out, "%s at %s, by transaction %s on chain %lld",
			  what, addr, tx, chain);
	else if (jx_str(attrs, "address", NULL))
		kind_note(ctx, out, "%s at %s on chain %lld, found there", what,
			  addr, chain);
	else
		kind_note(ctx, out,
			  "%s, perhaps sent on chain %lld: see %s/ledger", what,
			  chain, ctx->state_dir);
	return 0;
}

const struct kind kind_contract_call = {
	.name = "contract_call",
	.schema_version = 1,
	.flags = KIND_ONCE | KIND_LIVE | KIND_IRREVERSIBLE | KIND_FORGET,
	.check = contract_call_check,
	.plan = contract_call_plan,
	.leaves = contract_call_leaves,
};
