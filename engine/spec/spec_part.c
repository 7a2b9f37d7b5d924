/*
 * The file of a preset as one tree: below its own lie its parts, which are
 * folders beside its folder, PART/part.yaml. They are merged as the file is
 * read, so that a preset with parts is like one that was written out. Nodes
 * keep the file in which they stand: diagnostics and assets go by it.
 */
#include "engine/spec/spec_src.h"

#include "engine/schema/schema.h"

/* Unknown keys and wrong shapes of the top level. */
static int
check_top(struct arena *a, struct ynode *top, const char *name,
	  struct diags *ds)
{
	const json_t *schema = schema_file("preset.json");
	size_t before = ds->nerrors;
	struct decode d;
	json_t *v;

	if (!top || top->type != Y_MAP) {
		diag_err(ds, "E0111", "'%s' is not a map", name);
		ynode_at(ds, top);
		return -1;
	}
	decode_init(&d, a, ds, NULL);
	d.partial = true;
	v = schema_decode_shallow(&d, top, schema);
	json_decref(v);
	decode_done(&d);
	return ds->nerrors > before ? -1 : 0;
}

/* What is of the whole, and so of the preset. */
static void
check_part(const struct ynode *top, struct diags *ds)
{
	static const char *const keys[] = { "limits", "moved", "parts" };
	size_t i;

	for (i = 0; i < COUNTOF(keys); i++) {
		const struct ypair *p = ynode_pair(top, keys[i]);

		if (!p)
			continue;
		diag_err(ds, "E0475", "a part cannot have '%s'", keys[i]);
		ynode_at(ds, p->key);
		diag_hint(ds, "move it to the preset.yaml of the presets "
			      "that use the part");
	}
}

/* NULL: reported. */
static struct ynode *
parse(struct shares *s, const char *name, const char *text, size_t n)
{
	struct ynode *root;

	if (yaml_parse(s->arena, name, text, n, &root, s->ds) < 0 ||
	    check_top(s->arena, root, name, s->ds) < 0)
		return NULL;
	return root;
}

/* Puts what is shared into a file's tree. */
static struct ynode *
share_all(struct shares *s, struct ynode *root)
{
	size_t i;

	for (i = 0; i < root->n; i++)
		if (strcmp(root->pairs[i].key->text, "shared") != 0)
			root->pairs[i].value =
				share_in(s, root->pairs[i].value);
	return root;
}

static void
bad_part(struct diags *ds, const struct ynode *at, const char *what)
{
	bool text = at->type == Y_SCALAR;

	diag_err(ds, "E0475", "%s '%s'", what,
		 text ? at->text : ynode_what(at));
	ynode_at(ds, at);
}

static int
check_name(const struct preset *p, const struct ynode *at, struct diags *ds)
{
	const struct part *q;

	if (at->type != Y_SCALAR || strchr(at->text, '/') || !*at->text ||
	    *at->text == '.') {
		bad_part(ds, at, "invalid part name");
		diag_hint(ds, "write the name of a folder beside the "
			      "preset's folder");
		return -1;
	}
	for (q = p->parts; q && strcmp(q->name, at->text) != 0; q = q->next)
		;
	if (q) {
		bad_part(ds, at, "duplicate part");
		diag_hint(ds, "remove one of the two");
		return -1;
	}
	return 0;
}

/* Adds the part that `at` names. */
static void
add_part(struct shares *s, struct preset *p, const struct ynode *at)
{
	struct part *part = arena_alloc(s->arena, sizeof(*part)), **end;
	const char *text, *shown;
	size_t n;

	if (check_name(p, at, s->ds) < 0)
		return;
	shown = preset_shown(s->arena, p, at->text, "part.yaml");
	text = preset_file(s->arena, p, at->text, "part.yaml", &n);
	if (!text) {
		bad_part(s->ds, at, "unknown part");
		diag_hint(s->ds, "create '%s'", shown);
		return;
	}
	part->root = parse(s, shown, text, n);
	if (!part->root)
		return;
	check_part(part->root, s->ds);
	share_declare(s, ynode_get(part->root, "shared"));
	part->name = at->text;
	for (end = &p->parts; *end; end = &(*end)->next)
		;
	*end = part;
}

/* Of `inputs` the preset says the order: a name alone keeps a place. */
static void
order_inputs(struct arena *a, struct ynode *tree, struct ynode *own)
{
	struct ypair *p = ynode_pair(tree, "inputs");
	struct ynode *first = ynode_get(own, "inputs");

	if (p && first)
		p->value =
			ynode_merge(a, ynode_merge(a, first, p->value), first);
}

int
preset_read(struct arena *a, struct preset *p, const char *text, size_t n,
	    struct diags *ds)
{
	struct shares s = { .arena = a,
			    .ds = ds,
			    .bodies = ynode_new(a, Y_MAP) };
	struct ynode *own, *list, *tree = NULL;
	const struct part *part;
	size_t i, before = ds->nerrors;

	p->root = NULL;
	p->parts = NULL;
	own = parse(&s, preset_shown(a, p, NULL, "preset.yaml"), text, n);
	if (!own)
		return -1;
	list = ynode_get(own, "parts");
	for (i = 0; list && list->type == Y_LIST && i < list->n; i++)
		add_part(&s, p, list->items[i]);
	share_declare(&s, ynode_get(own, "shared"));
	if (ds->nerrors > before)
		return -1;
	for (part = p->parts; part; part = part->next)
		tree = ynode_merge(a, tree, share_all(&s, part->root));
	own = share_all(&s, own);
	if (ds->nerrors > before)
		return -1;
	p->root = ynode_merge(a, tree, own);
	if (tree)
		order_inputs(a, p->root, own);
	return 0;
}

const char *
preset_part(const struct preset *p, const struct ynode *n)
{
	const struct part *q = p->parts;

	while (q && q->root->src != n->src)
		q = q->next;
	return q ? q->name : NULL;
}
