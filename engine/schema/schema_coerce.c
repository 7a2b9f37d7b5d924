/*
 * Values that are JSON already, from other resources or from a schema's
 * defaults, brought to the type of the place where they go.
 */
#include "engine/io/jx.h"
#include "engine/io/secret.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_decode.h"
#include "engine/schema/schema_scalar.h"

static json_t *
coerce_scalar(struct decode *d, const json_t *v, const json_t *schema)
{
	const char *type = jx_str(schema, "type", "any");
	struct scalar s = { .ds = d->ds,
			    .subject = decode_subject(d),
			    .text = json_string_value(v),
			    .value = true };
	size_t before = d->ds->nerrors;
	char num[32] = "";
	json_t *out;

	if (json_is_integer(v))
		snprintf(num, sizeof(num), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(v));
	else if (json_is_boolean(v))
		snprintf(num, sizeof(num), "%s",
			 json_is_true(v) ? "true" : "false");
	if (!s.text)
		s.text = num;
	if (strcmp(type, "any") == 0) {
		out = jx_share(v);
		if (scalar_limits(&s, schema, v) < 0) {
			json_decref(out);
			out = NULL;
		}
	} else {
		out = scalar_type(&s, schema);
	}
	if (d->ds->nerrors > before)
		decode_decorate(d, NULL);
	return out;
}

static json_t *
coerce_list(struct decode *d, const json_t *v, const json_t *schema, bool sens)
{
	const json_t *items = schema_step(schema, "-");
	json_t *out = json_array();
	size_t i, n = json_array_size(v);
	char idx[24];
	int rc = decode_length(d, NULL, schema, n);

	for (i = 0; i < n; i++) {
		const json_t *e = json_array_get(v, i);
		size_t mark;
		json_t *c;

		snprintf(idx, sizeof(idx), "%zu", i);
		mark = decode_push(d, idx);
		c = json_is_null(e) ? json_null()
				    : schema_coerce(d, e, items, sens);
		decode_pop(d, mark);
		if (c)
			json_array_append_new(out, c);
		else
			rc = -1;
	}
	if (rc == 0)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *
coerce_map(struct decode *d, const json_t *v, const json_t *schema, bool sens)
{
	bool any = strcmp(jx_str(schema, "type", "any"), "any") == 0;
	CLEANUP(put_json) json_t *from = jx_share(v);
	CLEANUP(put_json) json_t *bad = json_object();
	json_t *out = json_object(), *e;
	const char *key;
	int rc = 0;

	json_object_foreach(from, key, e) {
		const json_t *s = schema_step(schema, key);
		size_t mark = decode_push(d, key);
		json_t *c = NULL;

		if (json_is_null(e))
			;
		else if (!s)
			rc = decode_err(d, NULL, "E0201", "unknown field '%s'",
					key);
		else if ((c = schema_coerce(d, e, s, sens)))
			json_object_set_new(out, key, c);
		else
			rc = -1;
		decode_pop(d, mark);
	}
	if (!any && rc == 0)
		rc = decode_complete(d, NULL, schema, out, bad, sens);
	if (!any && rc == 0)
		rc = decode_exactly_one(d, NULL, schema, out);
	if (rc == 0)
		return out;
	json_decref(out);
	return NULL;
}

json_t *
schema_coerce(struct decode *d, const json_t *v, const json_t *schema,
	      bool sens)
{
	const char *type = jx_str(schema, "type", "any");
	bool any = strcmp(type, "any") == 0;

	sens = sens || jx_bool(schema, "x-sensitive", false);
	if (is_secret(v)) {
		if (sens)
			return jx_share(v);
		decode_err(d, NULL, "E0219",
			   "'%s' cannot hold a sensitive value",
			   decode_subject(d));
		return NULL;
	}
	if (json_is_object(v) && (any || strcmp(type, "object") == 0))
		return coerce_map(d, v, schema, sens);
	if (json_is_array(v) && (any || strcmp(type, "array") == 0))
		return coerce_list(d, v, schema, sens);
	if (!json_is_object(v) && !json_is_array(v) && !json_is_null(v) &&
	    strcmp(type, "object") != 0 && strcmp(type, "array") != 0)
		return coerce_scalar(d, v, schema);
	decode_err(d, NULL, "E0203", "'%s' must be %s", decode_subject(d),
		   schema_wants(schema));
	return NULL;
}
