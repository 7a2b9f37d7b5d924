/*
 * ${with.x} and ${var.x}: the node that an input or variable is bound to, and
 * what lies below it.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/suggest.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/schema/schema_scalar.h"

static struct ynode ynode_nothing = { .text = "" };

static int
no_input(struct decode *d, const struct ynode *n, bool var, const char *name,
	 const struct input *in, size_t count)
{
	struct suggest s;
	size_t i;

	decode_err(d, n, var ? "E0306" : "E0305", "there is no %s '%s'",
		   var ? "variable" : "input", name);
	suggest_init(&s, name);
	for (i = 0; i < count; i++)
		suggest_try(&s, in[i].name);
	if (s.best)
		diag_hint(d->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(d->ds, "declare it under '%s:'",
			  var ? "variables" : "inputs");
	return -1;
}

/* v.rest where v is a scalar: an accessor, or further into a resource. */
static struct ynode *
into_scalar(struct decode *d, const struct ynode *at, const struct input *in,
	    struct ynode *v, const char *rest)
{
	struct spec_decode *sd = d->arg;
	char *e = v->parts || v->typed ? NULL : ref_whole(d->arena, v->text);
	const char *format = jx_str(in->schema, "format", "");
	size_t before = d->ds->nerrors;
	char *text;

	if (!e && !v->parts && strcmp(format, "resource") == 0)
		e = arena_strdup(d->arena, v->text);
	if (e)
		return node_text(sd->src,
				 arena_printf(d->arena, "${%s%s}", e, rest), v);
	if (!v->secret && accessor_known(rest + 1)) {
		text = accessor_apply(rest + 1, v->text, d->ds);
		if (text) {
			v = node_text(sd->src, text, v);
			free(text);
			return v;
		}
		if (d->ds->nerrors > before) {
			ynode_at(d->ds, at);
			return &ynode_poison;
		}
	}
	decode_err(d, at, "E0304", "'%s' has no '%s'", in->name, rest + 1);
	return &ynode_poison;
}

/* Follows rest (".a.b") from the value of an input. */
static struct ynode *
follow(struct decode *d, const struct ynode *at, const struct input *in,
       struct ynode *v, const char *rest)
{
	struct suggest s;
	uint64_t i;
	char *seg;

	while (*rest) {
		if (v == &ynode_poison || ynode_is_null(v))
			return v;
		if (v->type == Y_SCALAR)
			return into_scalar(d, at, in, v, rest);
		seg = ref_segment(d->arena, &rest);
		if (v->type == Y_LIST && parse_u64(seg, v->n, &i) == 0 &&
		    i < v->n) {
			v = ref_resolve(d, v->items[i]);
			continue;
		}
		if (ynode_get(v, seg)) {
			v = ref_resolve(d, ynode_get(v, seg));
			continue;
		}
		decode_err(d, at, "E0304", "'%s' has no '%s'", in->name, seg);
		suggest_init(&s, seg);
		for (i = 0; v->type == Y_MAP && i < v->n; i++)
			suggest_try(&s, v->pairs[i].key->text);
		if (s.best)
			diag_hint(d->ds, "did you mean '%s'?", s.best);
		return &ynode_poison;
	}
	return v;
}

/* The node that with.x.y or var.x.y stands for. */
struct ynode *
ref_input(struct decode *d, const struct ynode *at, const char *e)
{
	struct spec_decode *sd = d->arg;
	const struct scope *sc = node_scope(sd->src, at);
	bool var = e[0] == 'v';
	const char *rest = strchr(e, '.');
	struct input *list = sc->inputs, *in;
	size_t n = sc->ninputs;
	char *name;
	struct ynode *v;

	if (ref_syntax(d, at, e) < 0)
		return &ynode_poison;
	name = ref_segment(d->arena, &rest);
	if (var && sc == &sd->src->root) {
		list = sd->src->vars;
		n = sd->src->nvars;
	} else if (var) {
		n = 0;
	}
	in = input_find(list, n, name);
	if (!in) {
		no_input(d, at, var, name, list, n);
		return &ynode_poison;
	}
	if (in->bad)
		return &ynode_poison;
	if (in->busy || sd->depth > REF_DEPTH) {
		decode_err(d, at, "E0310", "'%s' refers to itself", name);
		diag_hint(d->ds,
			  "set a value for one of the inputs in the cycle");
		in->bad = true;
		return &ynode_poison;
	}
	if (!in->value)
		return &ynode_nothing;
	in->busy = true;
	v = follow(d, at, in, ref_resolve(d, in->value), rest);
	in->busy = false;
	return v;
}

/* What was made up by the loader is shown where it was asked for. */
static struct ynode *
with_place(struct arena *a, struct ynode *v, const struct ynode *at)
{
	struct ynode *c;

	if (v->src || v == &ynode_poison)
		return v;
	c = arena_alloc(a, sizeof(*c));
	*c = *v;
	c->src = at->src;
	c->from = at->from;
	c->line = at->line;
	c->col = at->col;
	c->end_col = at->end_col;
	return c;
}

struct ynode *
ref_resolve(struct decode *d, struct ynode *n)
{
	struct spec_decode *sd = d->arg;
	char *e;

	sd->depth++;
	while (n != &ynode_poison && n->type == Y_SCALAR && !n->parts &&
	       !n->typed && (e = ref_whole(d->arena, n->text)) &&
	       ref_is_input(e))
		n = with_place(d->arena, ref_input(d, n, e), n);
	sd->depth--;
	return n;
}
