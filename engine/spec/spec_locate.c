/* From addresses and JSON pointers back to places in files. */
#include "engine/spec/spec_src.h"

/* Steps into n by one unescaped segment; NULL when there is no such place. */
static const struct ynode *
spec_locate_step(const struct ynode *n, const char *seg,
		 const struct ynode **key)
{
	size_t i = 0;
	const char *p;
	struct ypair *pair;

	if (n->type == Y_MAP) {
		pair = ynode_pair(n, seg);
		*key = pair ? pair->key : NULL;
		return pair ? pair->value : NULL;
	}
	if (n->type != Y_LIST || !*seg)
		return NULL;
	for (p = seg; *p >= '0' && *p <= '9' && i < n->n; p++)
		i = i * 10 + (size_t)(*p - '0');
	*key = NULL;
	return *p || i >= n->n ? NULL : n->items[i];
}

/* The place, or the nearest around it; *exact tells which. */
static const struct ynode *
find_place(const struct ynode *n, const char *pointer, bool *exact)
{
	const struct ynode *best = NULL, *key = NULL;
	char seg[256];

	while (n && *pointer == '/') {
		size_t len = 0;

		for (pointer++; *pointer && *pointer != '/'; pointer++) {
			char c = *pointer;

			if (c == '~' &&
			    (pointer[1] == '0' || pointer[1] == '1'))
				c = *++pointer == '0' ? '~' : '/';
			if (len + 1 < sizeof(seg))
				seg[len++] = c;
		}
		seg[len] = '\0';
		n = spec_locate_step(n, seg, &key);
		/* a key says more than the start of a block does, but not
		 * that of a preset more than a block of the user's */
		if (n && n->src)
			best = n->type == Y_SCALAR || !key || key->src != n->src
				       ? n
				       : key;
	}
	*exact = n != NULL;
	return best;
}

const struct ynode *
locate(const struct ynode *n, const char *pointer)
{
	bool exact;

	return find_place(n, pointer, &exact);
}

const struct ynode *
locate_exact(const struct ynode *n, const char *pointer)
{
	bool exact;

	n = find_place(n, pointer, &exact);
	return exact ? n : NULL;
}

/* What the user wrote that is referred to at this place of r, perhaps by way
 * of other resources of a preset; or NULL. */
static const struct ynode *
written(const struct spec *sp, const struct resource *r, const char *path,
	unsigned depth)
{
	const struct ynode *n = locate_exact(r->node, path);
	size_t i;

	if (!n || (n->src && n->line && !n->scope))
		return n;
	for (i = 0; depth && i < r->nslots; i++) {
		const struct slot *s = &r->slots[i];
		const struct ref *ref = s->nparts == 1 ? s->parts[0].ref : NULL;

		if (ref && strcmp(s->pointer, path) == 0)
			return written(sp, spec_find(sp, ref->addr), ref->path,
				       depth - 1);
	}
	return NULL;
}

static const struct ynode *
place_of(const struct spec *sp, const char *addr, const char *path)
{
	const struct resource *r = spec_find(sp, addr);
	const struct ynode *at = NULL;

	if (!r)
		return NULL;
	if (path && *path)
		at = written(sp, r, path, REF_DEPTH);
	if (!at && path && *path)
		at = locate(r->node, path);
	return at ? at : r->key;
}

void
spec_locate(const struct spec *sp, struct diags *ds)
{
	struct diag *d;

	for (d = ds->first; d; d = d->next) {
		const struct ynode *n;

		if (d->pos.line || !d->addr)
			continue;
		n = place_of(sp, d->addr, d->path);
		if (n && n->src && n->line)
			ynode_place(n, &d->pos, &d->preset);
	}
}
