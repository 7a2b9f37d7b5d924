/*
 * Evaluation: slots are filled in with what the resources they refer to are,
 * or are planned to become. Slots that refer to the resource itself wait for
 * the others; what refers to something unknown is unknown.
 */
#include "engine/spec/spec_src.h"

#include <assert.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/io/secret.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_scalar.h"

enum fill { FILLED, UNKNOWN, WAITS, FAILED };

struct eval {
	const struct spec *sp;
	const char *self; /* address, or NULL for an output */
	ref_lookup lookup;
	void *arg;
	struct decode d;
	json_t *config; /* being filled in */
	json_t *unknown;
	const struct slot *slots;
	bool *done;
	size_t nslots;
};

static bool
under(const char *pointer, const char *parent)
{
	size_t n = strlen(parent);

	return strncmp(pointer, parent, n) == 0 &&
	       (pointer[n] == '\0' || pointer[n] == '/');
}

/* A place of the resource's own config. */
static enum fill
eval_own_field(struct eval *ev, const struct ref *ref, const json_t **out)
{
	size_t i;

	for (i = 0; i < ev->nslots; i++)
		if (!ev->done[i] && (under(ref->path, ev->slots[i].pointer) ||
				     under(ev->slots[i].pointer, ref->path)))
			return WAITS;
	if (is_unknown(ev->unknown, ref->path))
		return UNKNOWN;
	*out = jx_at(ev->config, ref->path);
	return FILLED;
}

static enum fill
eval_resolve_ref(struct eval *ev, const struct ref *ref, const json_t **out)
{
	bool unknown = false;

	*out = NULL;
	if (ev->self && strcmp(ref->addr, ev->self) == 0)
		return eval_own_field(ev, ref, out);
	*out = ev->lookup(ev->arg, ref, &unknown);
	return unknown ? UNKNOWN : FILLED;
}

/* Text of a scalar for use inside text; NULL for lists and maps. */
static char *
scalar_text(const json_t *v)
{
	if (json_is_string(v))
		return xstrdup(json_string_value(v));
	if (json_is_integer(v))
		return xasprintf("%" JSON_INTEGER_FORMAT,
				 json_integer_value(v));
	if (json_is_boolean(v))
		return xstrdup(json_is_true(v) ? "true" : "false");
	return NULL;
}

/* The value a reference gives, accessor applied. New reference; *out NULL:
 * there is no such thing. */
static enum fill
ref_value(struct eval *ev, const struct ref *ref, json_t **out)
{
	const json_t *v;
	enum fill f = eval_resolve_ref(ev, ref, &v);
	CLEANUP(freep) char *text = NULL;
	CLEANUP(freep) char *number = NULL;

	*out = NULL;
	if (f != FILLED || !v || json_is_null(v))
		return f;
	if (!ref->accessor) {
		*out = jx_share(v);
		return FILLED;
	}
	text = scalar_text(v);
	if (text)
		number = accessor_apply(ref->accessor, text, ev->d.ds);
	if (number) {
		*out = json_string(number);
		return FILLED;
	}
	if (!text)
		diag_err(ev->d.ds, "E0311", "'%s%s' has no .%s", ref->addr,
			 ref->path, ref->accessor);
	return FAILED;
}

static void
add_secret(const json_t *parts, struct buf *text, json_t *secret)
{
	if (text->n)
		json_array_append_new(secret, json_string(text->p));
	buf_reset(text);
	for (size_t i = 0; i < json_array_size(parts); i++)
		json_array_append(secret, json_array_get(parts, i));
}

static enum fill
spec_eval_add_part(struct eval *ev, const struct slot_part *p, struct buf *text,
		   json_t *secret)
{
	CLEANUP(put_json) json_t *v = NULL;
	CLEANUP(freep) char *s = NULL;
	enum fill f;

	if (p->text) {
		buf_adds(text, p->text);
		return FILLED;
	}
	if (p->var) {
		v = json_pack("[{s:s}]", "var", p->var);
		add_secret(v, text, secret);
		return FILLED;
	}
	assert(p->ref);
	f = ref_value(ev, p->ref, &v);
	if (f != FILLED)
		return f;
	if (!v) {
		decode_err(&ev->d, NULL, "E0304", "'%s' has no value at '%s'",
			   p->ref->addr, p->ref->path);
		return FAILED;
	}
	if (is_secret(v)) {
		add_secret(json_object_get(v, "$secret"), text, secret);
		return FILLED;
	}
	s = scalar_text(v);
	if (s) {
		buf_adds(text, s);
		return FILLED;
	}
	decode_err(&ev->d, NULL, "E0301",
		   "'%s%s' is %s and cannot be part of text", p->ref->addr,
		   p->ref->path, json_is_array(v) ? "a list" : "a map");
	return FAILED;
}

/* Puts several parts together. */
static enum fill
compose(struct eval *ev, const struct slot *s, json_t **out)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(1u << 20);
	CLEANUP(put_json) json_t *secret = json_array();
	enum fill f, worst = FILLED;
	size_t i;

	for (i = 0; i < s->nparts; i++) {
		f = spec_eval_add_part(ev, &s->parts[i], &text, secret);
		if (f > worst)
			worst = f;
	}
	if (worst != FILLED)
		return worst;
	if (!json_array_size(secret)) {
		*out = json_string(buf_str(&text));
		return FILLED;
	}
	if (text.n)
		json_array_append_new(secret, json_string(text.p));
	*out = json_pack("{s:O}", "$secret", secret);
	return FILLED;
}

/* Takes the place out of its map: absent is not the same as null. */
static void
spec_eval_drop(struct eval *ev, const struct slot *s)
{
	const char *last = strrchr(s->pointer, '/');
	CLEANUP(freep) char *parent = NULL;
	CLEANUP(freep) char *key = NULL;
	json_t *map;
	char *r, *w;

	if (!last)
		return;
	parent = xstrndup(s->pointer, (size_t)(last - s->pointer));
	map = jx_share(jx_at(ev->config, parent));
	key = xstrdup(last + 1);
	for (r = w = key; *r; r++, w++) {
		*w = *r;
		if (*r == '~' && r[1])
			*w = *++r == '0' ? '~' : '/';
	}
	*w = '\0';
	if (json_is_object(map))
		json_object_del(map, key);
	json_decref(map);
}

/* Types the value and puts it in its place; takes v. */
static enum fill
spec_eval_place(struct eval *ev, const struct slot *s, json_t *v, bool sens)
{
	json_t *typed = schema_coerce(&ev->d, v, s->schema, sens);

	json_decref(v);
	if (!typed)
		return FAILED;
	if (!*s->pointer) {
		json_decref(ev->config);
		ev->config = typed;
	} else {
		jx_set_at(ev->config, s->pointer, typed);
	}
	return FILLED;
}

static enum fill
fill_slot(struct eval *ev, const struct slot *s, bool sens)
{
	json_t *v = NULL;
	enum fill f;
	size_t before = ev->d.ds->nerrors;

	buf_reset(&ev->d.ptr);
	buf_adds(&ev->d.ptr, s->pointer);
	if (s->nparts == 1 && s->parts[0].ref)
		f = ref_value(ev, s->parts[0].ref, &v);
	else
		f = compose(ev, s, &v);
	if (f == FILLED && v)
		return spec_eval_place(ev, s, v, sens);
	if (f == UNKNOWN)
		json_array_append_new(ev->unknown, json_string(s->pointer));
	if (f == FILLED)
		spec_eval_drop(ev, s);
	if (f == FAILED && ev->d.ds->nerrors > before) {
		diag_path(ev->d.ds, "%s", s->pointer);
		if (ev->self)
			diag_addr(ev->d.ds, ev->self);
	}
	return f;
}

/* Fills all slots; those that wait for others are tried again as long as
 * there is progress. */
static int
fill_all(struct eval *ev, const json_t *schema, bool sens)
{
	size_t i, left = ev->nslots, before;
	int rc = 0;

	do {
		before = left;
		for (i = 0; i < ev->nslots; i++) {
			const struct slot *s = &ev->slots[i];
			enum fill f;

			if (ev->done[i])
				continue;
			f = fill_slot(
				ev, s,
				sens || (schema &&
					 schema_sensitive(schema, s->pointer)));
			if (f == WAITS)
				continue;
			ev->done[i] = true;
			left--;
			if (f == FAILED)
				rc = -1;
		}
	} while (left && left < before);
	for (i = 0; left && i < ev->nslots; i++) {
		if (ev->done[i])
			continue;
		buf_reset(&ev->d.ptr);
		buf_adds(&ev->d.ptr, ev->slots[i].pointer);
		rc = decode_err(&ev->d, NULL, "E0310", "'%s' refers to itself",
				decode_subject(&ev->d));
	}
	return rc;
}

/* A copy of config in which the places of slots can be set. */
static void
eval_init(struct eval *ev, const struct spec *sp, const char *self,
	  const json_t *config, const struct slot *slots, size_t nslots,
	  struct diags *ds)
{
	ev->sp = sp;
	ev->self = self;
	ev->config = nslots ? json_deep_copy(config) : jx_share(config);
	ev->unknown = json_array();
	ev->slots = slots;
	ev->nslots = nslots;
	ev->done = xcalloc(nslots + 1, sizeof(*ev->done));
	decode_init(&ev->d, &sp->src->scratch, ds, self);
}

static void
eval_done(struct eval *ev)
{
	json_decref(ev->config);
	json_decref(ev->unknown);
	free(ev->done);
	decode_done(&ev->d);
}

/* Required fields that turned out to be absent. */
static int
check_required(struct eval *ev, const json_t *schema)
{
	const json_t *req = jx_get(schema, "required");
	size_t i;
	int rc = 0;

	for (i = 0; i < json_array_size(req); i++) {
		const char *name = json_string_value(json_array_get(req, i));

		if (json_object_get(ev->config, name) ||
		    jx_bool(jx_get(jx_get(schema, "properties"), name),
			    "x-computed", false))
			continue;
		buf_reset(&ev->d.ptr);
		rc = decode_err(&ev->d, NULL, "E0202",
				"'%s' is missing: what it refers to has no "
				"value",
				name);
	}
	return rc;
}

static bool
spec_is_exposed(const struct spec *sp)
{
	return sp->backend && !jx_get(sp->backend, "local") &&
	       (!sp->encryption ||
		jx_bool(sp->encryption, "unencrypted", false));
}

int
resource_check(const struct spec *sp, const struct resource *r,
	       const json_t *config, const json_t *unknown, struct diags *ds)
{
	struct arena arena;
	struct kind_ctx ctx = { .ds = ds,
				.arena = &arena,
				.addr = r->addr,
				.chain = sp->name,
				.spec_dir = sp->dir,
				.places = sp->places,
				.limits = sp->limits,
				.exposed = spec_is_exposed(sp) };
	struct diag *last = ds->last, *d;
	size_t before = ds->nerrors;
	int rc;

	if (!r->kind->check)
		return 0;
	arena_init(&arena);
	rc = r->kind->check(&ctx, config, unknown);
	arena_done(&arena);
	for (d = last ? last->next : ds->first; d; d = d->next)
		if (!d->addr)
			d->addr = r->addr;
	if (rc < 0 && ds->nerrors == before)
		diag_err(ds, "E0600",
			 "kind '%s' refused '%s' without saying "
			 "why",
			 r->kind->name, r->addr);
	return rc;
}

int
resource_eval(const struct spec *sp, const struct resource *r,
	      ref_lookup lookup, void *arg, json_t **config, json_t **unknown,
	      struct diags *ds)
{
	struct eval ev = { .lookup = lookup, .arg = arg };
	int rc;

	eval_init(&ev, sp, r->addr, r->config, r->slots, r->nslots, ds);
	rc = fill_all(&ev, r->schema, false);
	if (rc == 0 && r->nslots)
		rc = check_required(&ev, r->schema);
	if (rc == 0)
		rc = resource_check(sp, r, ev.config, ev.unknown, ds);
	if (rc == 0) {
		*config = TAKE(ev.config);
		*unknown = TAKE(ev.unknown);
	}
	eval_done(&ev);
	spec_locate(sp, ds);
	return rc;
}

int
output_eval(const struct spec *sp, const struct output *o, ref_lookup lookup,
	    void *arg, json_t **value, bool *unknown, struct diags *ds)
{
	struct eval ev = { .lookup = lookup, .arg = arg };
	int rc;

	eval_init(&ev, sp, NULL, o->value, o->slots, o->nslots, ds);
	ev.d.at = o->key;
	rc = fill_all(&ev, NULL, true);
	if (rc == 0) {
		*unknown = json_array_size(ev.unknown) > 0;
		*value = *unknown ? json_null() : TAKE(ev.config);
	}
	eval_done(&ev);
	return rc;
}
