/*
 * What is wrong with a line of a preset is seldom the preset's fault: it came
 * from an input, stands in a variant that an input chose, or is there because
 * the preset is used. So nodes of a preset are shown where the user wrote that.
 */
#include "engine/spec/spec_src.h"

struct blame {
	const struct scope *sc;
	const struct ynode *use; /* where the preset is named */
	const struct ynode *at;  /* what has no input in it; NULL: itself */
};

/* Where the user gave `name` (followed by ".key..." in rest); NULL: not. */
static const struct ynode *
given(const struct blame *b, const char *name, const char *rest)
{
	struct input *in = input_find(b->sc->inputs, b->sc->ninputs, name);
	const struct ynode *n = in ? in->value : NULL;

	while (n && n->type == Y_MAP && *rest == '.') {
		size_t i, len = strcspn(++rest, ".");
		const struct ynode *next = NULL;

		for (i = 0; i < n->n && !next; i++)
			if (strncmp(n->pairs[i].key->text, rest, len) == 0 &&
			    !n->pairs[i].key->text[len])
				next = n->pairs[i].value;
		n = next;
		rest += len;
	}
	return n && n->src && n->line && n->scope != b->sc ? n : NULL;
}

/* Where the inputs in a text come from; NULL: it has none. */
static const struct ynode *
inputs_of(struct arena *a, const struct blame *b, const char *text)
{
	const struct ynode *at = NULL;
	const char *p = text;

	while ((p = strstr(p, "${with."))) {
		const char *e = arena_strndup(a, p + 7, strcspn(p + 7, "}"));
		size_t n = strcspn(e, ".");

		at = given(b, arena_strndup(a, e, n), e + n);
		if (at)
			return at;
		at = b->use;
		p += 7;
	}
	return at;
}

static void
walk(struct arena *a, const struct blame *b, struct ynode *n)
{
	const struct ynode *at = NULL;
	size_t i;

	if (!n)
		return;
	if (n->type == Y_SCALAR && !n->parts)
		at = inputs_of(a, b, n->text);
	if (n->scope == b->sc)
		n->from = at ? at : b->at;
	for (i = 0; n->type == Y_MAP && i < n->n; i++) {
		walk(a, b, n->pairs[i].key);
		walk(a, b, n->pairs[i].value);
	}
	for (i = 0; n->type == Y_LIST && i < n->n; i++)
		walk(a, b, n->items[i]);
}

void
blame_preset(struct spec_src *src, struct scope *sc, struct ynode *tree,
	     const struct ynode *use)
{
	/* whoever names a folder may be about to write it */
	struct blame b = { sc, use, sc->preset->embedded ? use : NULL };
	size_t i;

	walk(&src->sp->arena, &b, ynode_get(tree, "resources"));
	walk(&src->sp->arena, &b, ynode_get(tree, "outputs"));
	b.at = use;
	for (i = 0; i < sc->ninputs; i++)
		walk(&src->sp->arena, &b, sc->inputs[i].value);
}

void
blame_variant(struct spec_src *src, struct scope *sc, struct ynode *over,
	      const char *inputs, const struct ynode *use)
{
	struct blame b = { sc, use, NULL };
	const char *p = inputs;

	while (sc->preset->embedded && p && !b.at) {
		size_t n = strcspn(p, "+");

		b.at = given(&b, arena_strndup(&src->sp->arena, p, n), "");
		p = p[n] ? p + n + 1 : NULL;
	}
	if (sc->preset->embedded && !b.at)
		b.at = use;
	walk(&src->sp->arena, &b, over);
}
