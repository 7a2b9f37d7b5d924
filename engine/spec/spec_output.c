/* Outputs: values to show after an apply. */
#include "engine/spec/spec_src.h"

#include "engine/io/jx.h"
#include "engine/schema/schema.h"

/* {value:, description:, sensitive:} rather than a map that is the value. */
static bool
is_long_form(const struct ynode *n)
{
	size_t i;

	if (!n || n->type != Y_MAP || !ynode_get(n, "value"))
		return false;
	for (i = 0; i < n->n; i++) {
		const char *k = n->pairs[i].key->text;

		if (strcmp(k, "value") != 0 && strcmp(k, "description") != 0 &&
		    strcmp(k, "sensitive") != 0)
			return false;
	}
	return true;
}

static void
decode_output(struct spec_src *src, struct ypair *p, struct output *o)
{
	struct arena *a = &src->sp->arena;
	struct spec_decode sd = { .src = src };
	struct ynode *value = p->value, *text;
	static const char form[] = "{\"type\":\"any\",\"x-sensitive\":true}";
	json_t *schema = jx_parse(form, sizeof(form) - 1, "output", NULL);
	struct decode d;
	json_t *flag;

	o->name = p->key->text;
	o->key = p->key;
	if (is_long_form(p->value)) {
		value = ynode_get(p->value, "value");
		text = ynode_get(p->value, "description");
		if (text && text->type == Y_SCALAR)
			o->description = text->text;
		text = ynode_get(p->value, "sensitive");
		flag = decode_static(
			src, text, schema_at(schema_file("meta.json"), "/when"),
			"sensitive");
		o->sensitive = json_is_true(flag);
		json_decref(flag);
	}
	decode_init(&d, a, src->ds, NULL);
	d.ops = &spec_ops;
	d.arg = &sd;
	d.at = p->key;
	o->value =
		schema_decode(&d, &value, o->sensitive ? schema : schema_any());
	if (!o->value)
		o->value = json_null();
	o->node = value;
	o->slots = d.slots;
	o->nslots = d.nslots;
	decode_done(&d);
	json_decref(schema);
}

static int
spec_output_by_name(const void *a, const void *b)
{
	const struct output *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
outputs_decode(struct spec_src *src)
{
	struct spec *sp = src->sp;
	struct ynode *n = src->outputs;
	size_t i;

	if (!n || n->type != Y_MAP)
		return;
	sp->outputs = arena_alloc(&sp->arena, n->n * sizeof(*sp->outputs));
	for (i = 0; i < n->n; i++)
		if (!ynode_is_null(n->pairs[i].value))
			decode_output(src, &n->pairs[i],
				      &sp->outputs[sp->noutputs++]);
	qsort(sp->outputs, sp->noutputs, sizeof(*sp->outputs),
	      spec_output_by_name);
}
