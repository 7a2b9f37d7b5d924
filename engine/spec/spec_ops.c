/* The loader's side of decoding: addresses, and what a slot may refer to. */
#include "engine/spec/spec_src.h"

#include "engine/io/jx.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_scalar.h"

static json_t *
ops_resource(struct decode *d, const struct ynode *n, const char *text)
{
	struct spec_decode *sd = d->arg;
	const struct scope *sc = node_scope(sd->src, n);
	char kind[64];
	const char *name = addr_split(text, kind, sizeof(kind));
	struct resource *r = NULL;
	bool absent = false;

	if (name) {
		/* an address that a reference gave is complete already */
		r = strmap_get(&sd->src->by_addr, text);
		if (!r || !strchr(name, '/'))
			r = ref_find(sd->src, sc, d->arena, kind, name,
				     &absent);
	}
	if (r)
		return json_string(r->addr);
	if (absent) {
		decode_err(d, n, "E0303", "'%s' is disabled by its 'when'",
			   text);
		return NULL;
	}
	no_resource(d, n, text);
	return NULL;
}

bool
refers_absent(struct decode *d, const struct ynode *n)
{
	struct spec_decode *sd = d->arg;
	char *e = ref_whole(d->arena, n->text), kind[64];
	const char *name = addr_split(e ? e : n->text, kind, sizeof(kind));
	bool absent = false;

	if (name)
		ref_find(sd->src, node_scope(sd->src, n), d->arena, kind, name,
			 &absent);
	return absent;
}

/* A list is no text, and so on: what can be told from the schemas alone. */
static int
check_shape(struct decode *d, const struct ynode *n, const struct slot *slot,
	    const struct resource *r, const struct ref *ref)
{
	const json_t *from = schema_at(r->schema, ref->path);
	const char *is = jx_str(from, "type", "any");
	const char *want = jx_str(slot->schema, "type", "any");
	bool is_flat = *is != 'o' && strcmp(is, "array") != 0;
	bool want_flat = *want != 'o' && strcmp(want, "array") != 0;

	if (!from || strcmp(is, "any") == 0)
		return 0;
	if (slot->nparts > 1 ? is_flat
			     : strcmp(want, "any") == 0 || is_flat == want_flat)
		return 0;
	decode_err(d, n, "E0203", "'%s' must be %s, and '%s' of '%s' is %s",
		   decode_subject(d),
		   slot->nparts > 1 ? "text" : schema_wants(slot->schema),
		   ref->path + 1, r->addr, schema_wants(from));
	return -1;
}

/* What a sensitive variable holds must be a URL where one belongs; the message
 * does not show it. */
static int
check_secret_url(struct decode *d, const struct ynode *n,
		 const struct slot *slot)
{
	static const char *const formats[] = { "url", "rpc", "rpcs", "download",
					       "git" };
	struct spec_decode *sd = d->arg;
	const char *format = jx_str(slot->schema, "format", "");
	struct scalar s = { .ds = d->ds, .subject = decode_subject(d) };
	CLEANUP(put_json) json_t *v = NULL;
	const char *text = "";
	bool is_url = false;
	size_t i;

	for (i = 0; i < COUNTOF(formats); i++)
		is_url |= strcmp(format, formats[i]) == 0;
	for (i = 0; is_url && i < slot->nparts; i++) {
		const struct slot_part *p = &slot->parts[i];
		const char *more = p->text;

		if (p->var)
			more = jx_str(sd->src->sp->secrets,
				      arena_printf(d->arena, "var:%s", p->var),
				      NULL);
		if (!more)
			return 0;
		text = arena_printf(d->arena, "%s%s", text, more);
	}
	if (!is_url)
		return 0;
	s.text = text;
	v = scalar_type(&s, slot->schema);
	if (!v)
		decode_decorate(d, n);
	return v ? 0 : -1;
}

static int
ops_check(struct decode *d, const struct ynode *n, const struct slot *slot,
	  bool sensitive)
{
	struct spec_decode *sd = d->arg;
	size_t i;

	for (i = 0; i < slot->nparts; i++) {
		const struct slot_part *p = &slot->parts[i];
		const struct resource *r;

		if (p->var && !sensitive) {
			decode_err(
				d, n, "E0219",
				"'%s' cannot hold the sensitive variable '%s'",
				decode_subject(d), p->var);
			diag_hint(d->ds, "use a field that is never shown, "
					 "such as 'env' of a process");
			return -1;
		}
		if (!p->ref)
			continue;
		if (!*p->ref->path) {
			decode_err(d, n, "E0308",
				   "'%s' refers to a whole resource",
				   decode_subject(d));
			diag_hint(d->ds, "name a field: ${%s.FIELD}",
				  p->ref->addr);
			return -1;
		}
		r = strmap_get(&sd->src->by_addr, p->ref->addr);
		if (check_shape(d, n, slot, r, p->ref) < 0)
			return -1;
		if (sensitive || !schema_sensitive(r->schema, p->ref->path))
			continue;
		decode_err(d, n, "E0219",
			   "'%s' cannot hold '%s' of '%s', which is sensitive",
			   decode_subject(d), p->ref->path + 1, p->ref->addr);
		diag_hint(d->ds, "use a field that is never shown, such as "
				 "'env' of a process");
		return -1;
	}
	return check_secret_url(d, n, slot);
}

const struct decode_ops spec_ops = {
	.resolve = ref_resolve,
	.parts = ref_parts,
	.asset = asset_value,
	.resource = ops_resource,
	.check = ops_check,
};
