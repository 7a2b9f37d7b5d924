/* What is known of objects, and the messages that carry them. */
#include "engine/run/run_impl.h"

#include "engine/io/jx.h"
#include "engine/schema/schema.h"

bool
prop_flag(const json_t *schema, const char *name, const char *flag)
{
	return json_is_true(json_object_get(
		jx_get(jx_get(schema, "properties"), name), flag));
}

json_t *
read_config(const json_t *schema, const json_t *recorded, const json_t *wanted)
{
	const char *chain = schema_chain(schema);
	const json_t *way = chain ? jx_get(wanted, chain) : NULL;
	json_t *out;

	if (!way || json_equal(way, json_object_get(recorded, chain)))
		return jx_share(recorded);
	out = json_copy((json_t *)(uintptr_t)recorded);
	json_object_set_new(out, chain, jx_share(way));
	return out;
}

/* Is a place below pointer unknown? */
static bool
unknown_below(const json_t *unknown, const char *pointer)
{
	size_t len = strlen(pointer), i, n = json_array_size(unknown);

	for (i = 0; i < n; i++) {
		const char *u = json_string_value(json_array_get(unknown, i));

		if (u && strncmp(u, pointer, len) == 0 && u[len] == '/')
			return true;
	}
	return false;
}

static bool
has_name(const json_t *names, const char *name, size_t len)
{
	size_t i, n = json_array_size(names);

	for (i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(names, i));

		if (s && strlen(s) == len && memcmp(s, name, len) == 0)
			return true;
	}
	return false;
}

/* attrs over config, kept alive by owner (an array). */
static const json_t *
whole(const struct known *k, json_t *owner)
{
	json_t *all = k->config ? json_copy((json_t *)(uintptr_t)k->config)
				: json_object();

	if (k->attrs)
		json_object_update(all, (json_t *)(uintptr_t)k->attrs);
	json_array_append_new(owner, all);
	return all;
}

const json_t *
known_at(const struct known *k, const char *path, json_t *owner, bool *unknown)
{
	const json_t *v;
	size_t len;

	*unknown = false;
	if (*path == '\0') {
		*unknown = json_array_size(k->unknown) > 0 ||
			   json_array_size(k->attrs_unknown) > 0;
		return *unknown ? NULL : whole(k, owner);
	}
	len = strcspn(path + 1, "/");
	if (has_name(k->attrs_unknown, path + 1, len)) {
		*unknown = true;
		return NULL;
	}
	v = k->attrs ? jx_at(k->attrs, path) : NULL;
	if (v)
		return v;
	if (is_unknown(k->unknown, path) || unknown_below(k->unknown, path)) {
		*unknown = true;
		return NULL;
	}
	return k->config ? jx_at(k->config, path) : NULL;
}

/*
 * The state has one private value per object. The engine's own part, the
 * hashes of sensitive values, travels in it beside the kind's.
 */
const json_t *
entry_priv(const struct state_entry *e)
{
	return e && e->private ? jx_get(e->private, "kind") : NULL;
}

const json_t *
entry_hashes(const struct state_entry *e)
{
	return e && e->private ? jx_get(e->private, "hashes") : NULL;
}

json_t *
entry_private(json_t *priv, json_t *hashes)
{
	json_t *o;

	if (!priv && !hashes)
		return NULL;
	o = json_object();
	if (priv)
		json_object_set_new(o, "kind", priv);
	if (hashes)
		json_object_set_new(o, "hashes", hashes);
	return o;
}

static void
object_put(json_t *o, const char *key, const json_t *v)
{
	if (v)
		json_object_set_new(o, key, jx_share(v));
}

/* What whole fields of the spec refer to: {pointer: address}, or NULL. */
static json_t *
refs_of(const struct run *r, const char *addr)
{
	const struct resource *res = r->spec ? spec_find(r->spec, addr) : NULL;
	json_t *refs = NULL;

	for (size_t i = 0; res && i < res->nslots; i++) {
		const struct slot *s = &res->slots[i];

		if (s->nparts != 1 || !s->parts[0].ref)
			continue;
		if (!refs)
			refs = json_object();
		json_object_set_new(refs, s->pointer,
				    json_string(s->parts[0].ref->addr));
	}
	return refs;
}

json_t *
effect_msg_make(const struct run *r, const struct effect_msg *m)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "type", "op", "op",
			      m->what, "addr", m->addr, "kind", m->kind);
	const char *dot = strchr(m->addr, '.');
	json_t *refs;

	json_object_set_new(o, "name", json_string(dot ? dot + 1 : m->addr));
	object_put(o, "config", m->config);
	object_put(o, "prior_config", m->prior_config);
	object_put(o, "prior", m->prior);
	object_put(o, "planned", m->planned);
	object_put(o, "priv", m->priv);
	object_put(o, "token", m->token);
	object_put(o, "files", m->files);
	object_put(o, "later", m->later);
	if ((refs = refs_of(r, m->addr)))
		json_object_set_new(o, "refs", refs);
	if (r->spec)
		object_put(o, "lock",
			   lockfile_resource(&r->impl->lock, m->addr));
	if (r->opts.delete_data)
		json_object_set_new(o, "delete_data", json_true());
	if (r->opts.force)
		json_object_set_new(o, "force", json_true());
	if (m->accept)
		json_object_set_new(o, "accept", json_true());
	json_object_set_new(o, "timeout_ms",
			    json_integer((json_int_t)m->timeout_ms));
	return o;
}
