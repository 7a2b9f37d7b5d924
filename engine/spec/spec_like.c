/*
 * "like: NAME" in a resource: it has all that the resource of that name and
 * kind has, of the same instance, with its own keys over it. It is put in when
 * presets, variants and the user's own are merged, so that what changes the
 * one changes the other.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/suggest.h"

#define MARK "like"

/* A copy that nothing is shared with: decoding writes into nodes. */
static struct ynode *
deep_copy(struct arena *a, const struct ynode *n)
{
	struct ynode *c = arena_alloc(a, sizeof(*c));
	size_t i;

	*c = *n;
	c->cap = n->n;
	if (n->type == Y_MAP) {
		c->pairs = arena_alloc(a, n->n * sizeof(*c->pairs));
		for (i = 0; i < n->n; i++)
			c->pairs[i] = (struct ypair){
				deep_copy(a, n->pairs[i].key),
				deep_copy(a, n->pairs[i].value),
			};
	} else if (n->type == Y_LIST) {
		c->items = arena_alloc(a, n->n * sizeof(*c->items));
		for (i = 0; i < n->n; i++)
			c->items[i] = deep_copy(a, n->items[i]);
	}
	return c;
}

static void
no_model(struct spec_src *src, const struct ynode *names,
	 const struct ynode *like, const char *why)
{
	struct suggest near;
	size_t i;

	diag_err(src->ds, "E1420", "'like' %s", why);
	ynode_at(src->ds, like);
	suggest_init(&near, like->type == Y_SCALAR ? like->text : "");
	for (i = 0; i < names->n; i++)
		suggest_try(&near, names->pairs[i].key->text);
	if (near.best)
		diag_hint(src->ds, "did you mean '%s'?", near.best);
	else
		diag_hint(src->ds, "name a resource of the same kind");
}

/* The body that `like` of pair names; NULL: reported. */
static struct ynode *
model_of(struct spec_src *src, const struct ynode *names,
	 const struct ypair *pair, const struct ynode *like)
{
	const char *slash = strchr(pair->key->text, '/'), *name;
	struct ynode *model;

	if (like->type != Y_SCALAR || ynode_is_null(like)) {
		no_model(src, names, like, "must be a name");
		return NULL;
	}
	name = arena_printf(&src->sp->arena, "%.*s%s",
			    slash ? (int)(slash - pair->key->text) + 1 : 0,
			    pair->key->text, like->text);
	model = ynode_get(names, name);
	if (!model || model->type != Y_MAP) {
		no_model(src, names, like, "names no resource of this kind");
		return NULL;
	}
	if (ynode_get(model, MARK)) {
		no_model(src, names, like,
			 "names a resource that has 'like' itself");
		return NULL;
	}
	return model;
}

/* Without the key `like`. */
static struct ynode *
own_keys(struct arena *a, const struct ynode *body)
{
	struct ynode *own = arena_alloc(a, sizeof(*own));
	size_t i;

	*own = *body;
	own->n = own->cap = 0;
	own->pairs = NULL;
	for (i = 0; i < body->n; i++)
		if (strcmp(body->pairs[i].key->text, MARK) != 0)
			ynode_add(a, own, body->pairs[i].key,
				  body->pairs[i].value);
	return own;
}

static struct ynode *
like_in(struct spec_src *src, struct ynode *names)
{
	struct arena *a = &src->sp->arena;
	struct ynode *out = arena_alloc(a, sizeof(*out));
	size_t i;

	*out = *names;
	out->n = out->cap = 0;
	out->pairs = NULL;
	for (i = 0; i < names->n; i++) {
		const struct ypair *p = &names->pairs[i];
		struct ynode *body = p->value;
		struct ynode *like = ynode_get(body, MARK), *model;

		if (like) {
			model = model_of(src, names, p, like);
			body = own_keys(a, body);
			if (model)
				body = ynode_merge(a, deep_copy(a, model),
						   body);
		}
		ynode_add(a, out, p->key, body);
	}
	return out;
}

struct ynode *
resources_like(struct spec_src *src, struct ynode *kinds)
{
	struct arena *a = &src->sp->arena;
	struct ynode *out;
	size_t i;

	if (!kinds || kinds->type != Y_MAP)
		return kinds;
	out = arena_alloc(a, sizeof(*out));
	*out = *kinds;
	out->n = out->cap = 0;
	out->pairs = NULL;
	for (i = 0; i < kinds->n; i++) {
		struct ynode *names = kinds->pairs[i].value;

		ynode_add(a, out, kinds->pairs[i].key,
			  names->type == Y_MAP ? like_in(src, names) : names);
	}
	return out;
}
