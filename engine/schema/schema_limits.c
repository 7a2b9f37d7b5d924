/* Limits on typed values, and the numbers that quantities are in a unit. */
#include "engine/schema/schema_scalar.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"
#include "engine/base/suggest.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

static bool
is_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

/* json_equal() takes no const; neither value is changed. */
static bool
same(const json_t *a, const json_t *b)
{
	CLEANUP(put_json) json_t *x = jx_share(a);
	CLEANUP(put_json) json_t *y = jx_share(b);

	return json_equal(x, y);
}

static int
check_choice(const struct scalar *s, const json_t *choices, const json_t *v)
{
	const char *text = json_string_value(v);
	CLEANUP(buf_done) struct buf b = BUF_INIT(400);
	struct suggest near;
	size_t i, n = json_array_size(choices);

	suggest_init(&near, text ? text : "");
	for (i = 0; i < n; i++) {
		const json_t *c = json_array_get(choices, i);
		CLEANUP(freep) char *word = NULL;

		if (same(c, v))
			return 0;
		if (json_is_string(c))
			suggest_try(&near, json_string_value(c));
		word = json_is_string(c) ? xstrdup(json_string_value(c))
					 : json_dumps(c, JSON_ENCODE_ANY);
		buf_addf(&b, "%s%s", i ? ", " : "", word);
	}
	diag_err(s->ds, "E0205", "'%s' cannot be '%s'", s->subject,
		 text ? text : s->text);
	if (near.best)
		diag_hint(s->ds, "did you mean '%s'? One of: %s%s", near.best,
			  buf_str(&b), b.over ? " ..." : "");
	else
		diag_hint(s->ds, "one of: %s%s", buf_str(&b),
			  b.over ? " ..." : "");
	return -1;
}

static int
check_pattern(const struct scalar *s, const char *pattern, const char *text)
{
	regex_t re;
	int rc;

	rc = regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB);
	if (rc == REG_ESPACE)
		mem_exhausted();
	if (rc != 0)
		return diag_err(s->ds, "E0600",
				"the schema's pattern '%s' is malformed",
				pattern);
	/* glibc says that nothing matches when it gets no memory. */
	errno = 0;
	rc = regexec(&re, text, 0, NULL, 0);
	if (rc != 0 && errno == ENOMEM)
		mem_exhausted();
	regfree(&re);
	if (rc == 0)
		return 0;
	diag_err(s->ds, "E0206", "'%s' does not have the right form",
		 s->subject);
	diag_hint(s->ds, "it must match %s", pattern);
	return -1;
}

static int
check_integer(const struct scalar *s, const json_t *schema, int64_t v)
{
	const json_t *min = jx_get(schema, "minimum");
	const json_t *max = jx_get(schema, "maximum");

	if (min && v < json_integer_value(min))
		return diag_err(s->ds, "E0204",
				"'%s' must be at least %" JSON_INTEGER_FORMAT,
				s->subject, json_integer_value(min));
	if (max && v > json_integer_value(max))
		return diag_err(s->ds, "E0204",
				"'%s' must be at most %" JSON_INTEGER_FORMAT,
				s->subject, json_integer_value(max));
	return 0;
}

static int
check_string(const struct scalar *s, const json_t *schema, const char *v)
{
	const char *pattern = jx_str(schema, "pattern", NULL);
	int64_t n = (int64_t)strlen(v);
	int64_t min = jx_int(schema, "minLength", 0);
	int64_t max = jx_int(schema, "maxLength", INT64_MAX);

	if (n < min && n == 0)
		return diag_err(s->ds, "E0204", "'%s' must not be empty",
				s->subject);
	if (n < min)
		return diag_err(s->ds, "E0204",
				"'%s' must have at least %" PRId64
				" characters",
				s->subject, min);
	if (n > max)
		return diag_err(s->ds, "E0204",
				"'%s' must have at most %" PRId64 " characters",
				s->subject, max);
	return pattern ? check_pattern(s, pattern, v) : 0;
}

int
scalar_limits(const struct scalar *s, const json_t *schema, const json_t *v)
{
	CLEANUP(put_json) json_t *choices = schema_choices(schema);

	if (choices && check_choice(s, choices, v) < 0)
		return -1;
	if (json_is_integer(v))
		return check_integer(s, schema, json_integer_value(v));
	if (json_is_string(v))
		return check_string(s, schema, json_string_value(v));
	return 0;
}

bool
accessor_known(const char *word)
{
	return strcmp(word, "seconds") == 0 || strcmp(word, "wei") == 0 ||
	       strcmp(word, "gwei") == 0 || strcmp(word, "bytes") == 0;
}

static char *
wei_in(const char *text, uint64_t unit, const char *name, struct diags *ds)
{
	struct u256 v, rest, d = u256_from(unit);
	const char *why = "the number is too large";
	char dec[79];

	if (is_digits(text) ? u256_parse(text, &v) < 0
			    : wei_parse(text, &v, &why) < 0) {
		diag_err(ds, "E0311", "'%s' has no .%s: %s", text, name, why);
		return NULL;
	}
	u256_div(&v, &d, &v, &rest);
	if (!u256_is_zero(&rest)) {
		diag_err(ds, "E0311", "'%s' is not a whole number of %s", text,
			 name);
		return NULL;
	}
	u256_dec(&v, dec);
	return xstrdup(dec);
}

char *
accessor_apply(const char *accessor, const char *text, struct diags *ds)
{
	const char *why;
	uint64_t v;

	if (strcmp(accessor, "wei") == 0)
		return wei_in(text, 1, "wei", ds);
	if (strcmp(accessor, "gwei") == 0)
		return wei_in(text, UINT64_C(1000000000), "gwei", ds);
	if (strcmp(accessor, "seconds") == 0) {
		if (duration_parse(text, &v, &why) == 0 && v % 1000 == 0)
			return xasprintf("%" PRIu64, v / 1000);
		diag_err(ds, "E0311", "'%s' is not a whole number of seconds",
			 text);
		return NULL;
	}
	if ((is_digits(text) && parse_u64(text, UINT64_MAX, &v) == 0) ||
	    bytes_parse(text, &v, &why) == 0)
		return xasprintf("%" PRIu64, v);
	diag_err(ds, "E0311", "'%s' is no size", text);
	return NULL;
}
