#include "cmd/opl2/state/state_show.h"

#include "cmd/opl2/view/view.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"

static void
fields(FILE *out, const json_t *schema, const char *base, const json_t *o,
       int indent, struct arena *a)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)o, name, v) {
		const char *ptr = jx_ptr_key(a, base, name);

		if (json_is_null(v))
			continue;
		if (schema && schema_sensitive(schema, ptr))
			fprintf(out, "%*s%s: (sensitive)\n", indent, "", name);
		else if (json_object_size(v) && !jx_get(v, "$secret")) {
			fprintf(out, "%*s%s:\n", indent, "", name);
			fields(out, schema, ptr, v, indent + 2, a);
		} else
			fprintf(out, "%*s%s: %s\n", indent, "", name,
				view_value(v, a));
	}
}

void
state_show_entry(FILE *out, const struct state_entry *e, struct arena *a)
{
	const json_t *schema = schema_for(e->kind);

	fprintf(out, "%s:%s\n", e->addr,
		e->status == ENTRY_INCOMPLETE
			? "  # incomplete: the next apply continues it"
			: "");
	fields(out, schema, "", e->attrs, 2, a);
	fields(out, schema, "", e->config, 2, a);
}

void
state_show_all(FILE *out, const struct state *s, struct arena *a)
{
	const struct state_entry **list;
	size_t i, n;

	list = state_list(s, a, &n);
	if (!n)
		fputs("Nothing is recorded.\n", out);
	for (i = 0; i < n; i++) {
		if (i)
			fputc('\n', out);
		state_show_entry(out, list[i], a);
	}
}
