/* Outputs and moves: the parts of a spec that are about its resources. */
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

static const char *
move_addr(struct spec_src *src, const json_t *m, const char *key,
	  const char *prefix, const struct ynode *at)
{
	const char *addr = jx_str(m, key, ""), *name;
	char kind[64];

	name = addr_split(addr, kind, sizeof(kind));
	if (!name || !kind_find(kind)) {
		diag_err(src->ds, "E0316", "moved: '%s' is not an address",
			 addr);
		ynode_at(src->ds, at);
		diag_hint(src->ds, "write kind.name");
		return NULL;
	}
	return arena_printf(&src->sp->arena, "%s.%s%s", kind, prefix, name);
}

void
moves_decode(struct spec_src *src, struct ynode *list, const char *prefix)
{
	struct spec *sp = src->sp;
	struct arena *a = &sp->arena;
	json_t *v;
	struct move *all;
	size_t i, n;

	if (!list || list->type != Y_LIST || !list->n)
		return;
	v = decode_static(src, list,
			  schema_at(schema_file("spec.json"), "/moved"),
			  "moved");
	n = json_array_size(v);
	all = arena_alloc(a, (sp->nmoves + n + 1) * sizeof(*all));
	if (sp->nmoves)
		memcpy(all, sp->moves, sp->nmoves * sizeof(*all));
	sp->moves = all;
	for (i = 0; i < n; i++) {
		const json_t *m = json_array_get(v, i);
		const char *from =
			move_addr(src, m, "from", prefix, list->items[i]);
		const char *to =
			move_addr(src, m, "to", prefix, list->items[i]);

		if (from && to)
			all[sp->nmoves++] = (struct move){ from, to };
	}
	json_decref(v);
}
