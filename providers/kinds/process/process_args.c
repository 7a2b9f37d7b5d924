#include "providers/kinds/process/process_args.h"

#include "engine/base/buf.h"
#include "engine/io/jx.h"

#define ARG_MAX_BYTES 131072u /* what Linux takes as one argument */

static void
scalar_text(struct buf *b, const json_t *v)
{
	if (json_is_string(v))
		buf_adds(b, json_string_value(v));
	else if (json_is_integer(v))
		buf_addf(b, "%lld", (long long)json_integer_value(v));
	else if (json_is_boolean(v))
		buf_adds(b, json_is_true(v) ? "true" : "false");
}

static int
add_arg(json_t *argv, const char *name, const json_t *v, struct diags *ds)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(ARG_MAX_BYTES);
	const json_t *item;
	size_t i;

	if (json_is_null(v) || json_is_false(v) ||
	    (json_is_array(v) && json_array_size(v) == 0))
		return 0;
	buf_addf(&b, "--%s", name);
	if (!json_is_true(v))
		buf_addch(&b, '=');
	if (!json_is_array(v) && !json_is_true(v))
		scalar_text(&b, v);
	json_array_foreach(v, i, item) {
		if (i)
			buf_addch(&b, ',');
		scalar_text(&b, item);
	}
	if (b.over)
		return diag_err(ds, "E0941", "argument '%s' is too long", name);
	json_array_append_new(argv, json_string(buf_str(&b)));
	return 0;
}

int
process_args(const json_t *config, json_t *argv, struct diags *ds)
{
	const json_t *cmd = jx_get(config, "command"), *v;
	const char *key;
	size_t i;

	for (i = 1; i < json_array_size(cmd); i++)
		json_array_append(argv, json_array_get(cmd, i));
	json_object_foreach((json_t *)(uintptr_t)jx_get(config, "args"), key, v)
		if (add_arg(argv, key, v, ds))
			return -1;
	return 0;
}
