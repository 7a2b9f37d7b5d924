#include "engine/schema/schema_decode.h"

#include "engine/base/suggest.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"
#include "engine/schema/schema_scalar.h"

#define PTR_MAX 4096

struct ynode ynode_poison = { .text = "", .quoted = true };

/* What became of one place. */
enum got { GOT_VALUE, GOT_NULL, GOT_SLOT, GOT_BAD };

static enum got decode_node(struct decode *d, struct ynode **np,
			    const struct ynode *key, const json_t *schema,
			    bool sens, json_t **out);

void
decode_init(struct decode *d, struct arena *a, struct diags *ds,
	    const char *addr)
{
	*d = (struct decode){ .arena = a, .ds = ds, .addr = addr };
	buf_init(&d->ptr, PTR_MAX);
}

void
decode_done(struct decode *d)
{
	buf_done(&d->ptr);
}

size_t
decode_push(struct decode *d, const char *key)
{
	size_t mark = d->ptr.n;

	buf_addch(&d->ptr, '/');
	for (; *key; key++) {
		if (*key == '~')
			buf_adds(&d->ptr, "~0");
		else if (*key == '/')
			buf_adds(&d->ptr, "~1");
		else
			buf_addch(&d->ptr, *key);
	}
	return mark;
}

void
decode_pop(struct decode *d, size_t mark)
{
	d->ptr.n = mark;
	d->ptr.p[mark] = '\0';
}

const char *
decode_subject(struct decode *d)
{
	const char *p = buf_str(&d->ptr), *s = strrchr(p, '/');

	if (!s)
		return d->addr ? d->addr : "the value";
	/* an element of a list is named by the list too */
	if (s > p && s[1] && s[1 + strspn(s + 1, "0123456789")] == '\0') {
		do
			s--;
		while (s > p && *s != '/');
	}
	return s + 1;
}

void
decode_decorate(struct decode *d, const struct ynode *n)
{
	ynode_at(d->ds, n && n->src ? n : d->at);
	if (d->addr)
		diag_addr(d->ds, d->addr);
	if (d->ptr.n)
		diag_path(d->ds, "%s", buf_str(&d->ptr));
}

int
decode_err(struct decode *d, const struct ynode *n, const char *code,
	   const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = arena_vprintf(d->arena, fmt, ap);
	va_end(ap);
	diag_err(d->ds, code, "%s", text);
	decode_decorate(d, n);
	return -1;
}

static void
add_slot(struct decode *d, const struct slot *s)
{
	if (d->nslots == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 4;
		struct slot *p = arena_alloc(d->arena, cap * sizeof(*p));

		if (d->nslots)
			memcpy(p, d->slots, d->nslots * sizeof(*p));
		d->slots = p;
		d->cap = cap;
	}
	d->slots[d->nslots++] = *s;
}

static json_t *
secret_token(const struct slot_part *parts, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		json_array_append_new(
			list, parts[i].var
				      ? json_pack("{s:s}", "var", parts[i].var)
				      : json_string(parts[i].text));
	return json_pack("{s:o}", "$secret", list);
}

static enum got
decode_refs(struct decode *d, const struct ynode *n, const json_t *schema,
	    bool sens, struct slot_part *parts, size_t nparts, json_t **out)
{
	struct slot s = { .schema = schema, .parts = parts, .nparts = nparts };
	bool refs = false;
	size_t i;

	for (i = 0; i < nparts; i++)
		refs |= parts[i].ref != NULL;
	s.pointer = arena_strdup(d->arena, buf_str(&d->ptr));
	if (d->ops->check(d, n, &s, sens) < 0)
		return GOT_BAD;
	if (!refs) {
		*out = secret_token(parts, nparts);
		return GOT_VALUE;
	}
	add_slot(d, &s);
	*out = json_null();
	return GOT_SLOT;
}

/* Formats whose meaning only the loader knows. */
static bool
decode_own_format(struct decode *d, const struct ynode *n, const json_t *schema,
		  const char *text, json_t **out)
{
	const char *format = jx_str(schema, "format", "");

	if (!d->ops)
		return false;
	if (strcmp(format, "asset") == 0)
		*out = d->ops->asset(d, n, text);
	else if (strcmp(format, "resource") == 0)
		*out = d->ops->resource(d, n, text);
	else
		return false;
	return true;
}

/* Takes v, which may be NULL. */
static json_t *
shift_port(struct decode *d, const struct ynode *n, const json_t *schema,
	   json_t *v)
{
	json_int_t port = json_integer_value(v) + d->port_offset;

	if (!v || !d->port_offset ||
	    strcmp(jx_str(schema, "format", ""), "port") != 0)
		return v;
	json_decref(v);
	if (port <= 65535)
		return json_integer(port);
	decode_err(d, n, "E0213",
		   "'%s' is greater than 65535 after port_offset is added",
		   decode_subject(d));
	return NULL;
}

static json_t *
decode_text(struct decode *d, const struct ynode *n, const json_t *schema,
	    const char *text, bool quoted)
{
	size_t before = d->ds->nerrors;
	struct scalar s = { .ds = d->ds,
			    .subject = decode_subject(d),
			    .text = text,
			    .quoted = quoted };
	json_t *v;

	if (decode_own_format(d, n, schema, text, &v))
		return v;
	v = scalar_type(&s, schema);
	if (d->ds->nerrors > before)
		decode_decorate(d, n);
	return shift_port(d, n, schema, v);
}

/* Is the value text to this place, whatever it says? */
static bool
takes_text(const json_t *schema)
{
	const char *type = jx_str(schema, "type", "any");

	return !jx_str(schema, "format", NULL) &&
	       (strcmp(type, "any") == 0 || strcmp(type, "string") == 0);
}

/* A value that was typed where it was declared. Text takes it as it was
 * written: "60s", not "1m". */
static json_t *
decode_typed(struct decode *d, const struct ynode *n, const json_t *schema,
	     bool sens)
{
	const struct ynode *at = d->at;
	json_t *v;

	if (takes_text(schema))
		return decode_text(d, n, schema, n->text,
				   json_is_string(n->typed));
	if (decode_own_format(d, n, schema, n->text, &v))
		return v;
	d->at = n;
	v = shift_port(d, n, schema, schema_coerce(d, n->typed, schema, sens));
	d->at = at;
	return v;
}

static enum got
decode_scalar(struct decode *d, struct ynode *n, const json_t *schema,
	      bool sens, json_t **out)
{
	const char *text = n->text;
	bool quoted = n->quoted;

	if (n->typed) {
		*out = decode_typed(d, n, schema, sens);
		return *out ? GOT_VALUE : GOT_BAD;
	}
	if (d->ops && (n->parts || strchr(text, '$'))) {
		struct slot_part *parts;
		size_t nparts;

		switch (d->ops->parts(d, n, &parts, &nparts)) {
		case PARTS_BAD:
			return GOT_BAD;
		case PARTS_NULL:
			return GOT_NULL;
		case PARTS_SLOT:
			if (nparts == 1 && parts[0].ref &&
			    !*parts[0].ref->path &&
			    decode_own_format(d, n, schema, parts[0].ref->addr,
					      out))
				return *out ? GOT_VALUE : GOT_BAD;
			return decode_refs(d, n, schema, sens, parts, nparts,
					   out);
		case PARTS_TEXT:
			/* a composed text has the type its words have */
			quoted = quoted && strcmp(text, parts[0].text) == 0;
			text = parts[0].text;
			break;
		}
	}
	*out = decode_text(d, n, schema, text, quoted);
	return *out ? GOT_VALUE : GOT_BAD;
}

static void
unknown_key(struct decode *d, const struct ynode *key, const json_t *schema)
{
	json_t *props = json_object_get(schema, "properties"), *p;
	struct suggest s;
	const char *name;

	decode_err(d, key, "E0201", "unknown field '%s'", key->text);
	suggest_init(&s, key->text);
	json_object_foreach(props, name, p)
		if (!jx_bool(p, "x-computed", false))
			suggest_try(&s, name);
	if (s.best) {
		diag_hint(d->ds, "did you mean '%s'?", s.best);
	} else if (json_object_size(props) <= 12) {
		CLEANUP(buf_done) struct buf b = BUF_INIT(400);

		json_object_foreach(props, name, p)
			if (!jx_bool(p, "x-computed", false))
				buf_addf(&b, "%s%s", b.n ? ", " : "", name);
		if (b.n)
			diag_hint(d->ds, "known: %s", buf_str(&b));
	} else if (d->addr) {
		diag_hint(d->ds, "see `opl2 schema %.*s`",
			  (int)strcspn(d->addr, "."), d->addr);
	}
}

int
decode_exactly_one(struct decode *d, const struct ynode *n,
		   const json_t *schema, const json_t *obj)
{
	const json_t *names = jx_get(schema, "x-exactly-one");
	CLEANUP(buf_done) struct buf list = BUF_INIT(400);
	size_t i, found = 0;

	for (i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		found += json_object_get(obj, name) != NULL;
		buf_addf(&list, "%s'%s'", i ? ", " : "", name);
	}
	if (!names || found == 1)
		return 0;
	decode_err(d, n, "E0216", "'%s' must have exactly one of %s",
		   decode_subject(d), buf_str(&list));
	diag_hint(d->ds, found ? "keep one of them" : "add one of them");
	return -1;
}

/* Fills in defaults and finds what is missing. `bad` has the keys that were
 * given but were wrong. */
int
decode_complete(struct decode *d, const struct ynode *n, const json_t *schema,
		json_t *obj, const json_t *bad, bool sens)
{
	json_t *props = json_object_get(schema, "properties"), *p;
	const json_t *required = jx_get(schema, "required");
	const char *name;
	size_t i;
	int rc = 0;

	json_object_foreach(props, name, p) {
		const json_t *def = json_object_get(p, "default");
		json_t *v;
		size_t mark;

		if (!def || json_is_null(def) || json_object_get(obj, name) ||
		    json_object_get(bad, name))
			continue;
		mark = decode_push(d, name);
		v = shift_port(d, n, p, schema_coerce(d, def, p, sens));
		decode_pop(d, mark);
		if (v)
			json_object_set_new(obj, name, v);
	}
	for (i = 0; !d->partial && i < json_array_size(required); i++) {
		name = json_string_value(json_array_get(required, i));
		p = json_object_get(props, name);
		if (json_object_get(obj, name) || json_object_get(bad, name) ||
		    jx_bool(p, "x-computed", false))
			continue;
		rc = decode_err(d, n, "E0202", "'%s' is missing", name);
		if (jx_str(p, "description", NULL))
			diag_hint(d->ds, "%s: %s", name,
				  jx_str(p, "description", NULL));
		else
			diag_hint(d->ds, "it must be %s", schema_wants(p));
	}
	return rc;
}

static enum got
decode_member(struct decode *d, struct ypair *p, const json_t *schema,
	      bool sens, json_t *obj, json_t *bad)
{
	const char *key = p->key->text;
	const json_t *s = schema_step(schema, key);
	json_t *v = NULL;
	size_t mark;
	enum got got;

	if (!s || *key == '$') {
		unknown_key(d, p->key, schema);
		return GOT_BAD;
	}
	if (jx_bool(s, "x-computed", false)) {
		decode_err(d, p->key, "E0218",
			   "'%s' is computed, so it cannot be set", key);
		diag_hint(d->ds, "remove it; other resources can refer to it");
		return GOT_BAD;
	}
	mark = decode_push(d, key);
	got = decode_node(d, &p->value, p->key, s, sens, &v);
	decode_pop(d, mark);
	if (got == GOT_BAD)
		json_object_set_new(bad, key, json_true());
	else if (got != GOT_NULL)
		json_object_set_new(obj, key, v);
	return got;
}

static enum got
decode_map(struct decode *d, struct ynode *n, const struct ynode *key,
	   const json_t *schema, bool sens, json_t **out)
{
	bool any = strcmp(jx_str(schema, "type", "any"), "any") == 0;
	json_t *obj = json_object();
	CLEANUP(put_json) json_t *bad = json_object();
	int rc = 0;
	size_t i;

	for (i = 0; i < n->n; i++)
		rc |= decode_member(d, &n->pairs[i], schema, sens, obj, bad) ==
		      GOT_BAD;
	if (!any) {
		const struct ynode *at = key ? key : n;

		rc |= decode_complete(d, at, schema, obj, bad, sens) < 0;
		if (!rc)
			rc |= decode_exactly_one(d, at, schema, obj) < 0;
	}
	*out = obj;
	if (!rc)
		return GOT_VALUE;
	json_decref(obj);
	return GOT_BAD;
}

int
decode_length(struct decode *d, const struct ynode *n, const json_t *schema,
	      size_t len)
{
	int64_t min = jx_int(schema, "minItems", 0);

	if ((int64_t)len >= min)
		return 0;
	return decode_err(d, n, "E0204", "'%s' must have at least %d element%s",
			  decode_subject(d), (int)min, min == 1 ? "" : "s");
}

static enum got
decode_list(struct decode *d, struct ynode *n, const json_t *schema, bool sens,
	    json_t **out)
{
	const json_t *items = schema_step(schema, "-");
	json_t *list = json_array();
	char idx[24];
	int rc = 0;
	size_t i;

	for (i = 0; i < n->n; i++) {
		json_t *v = NULL;
		size_t mark;
		enum got got;

		snprintf(idx, sizeof(idx), "%zu", json_array_size(list));
		mark = decode_push(d, idx);
		got = decode_node(d, &n->items[i], NULL, items, sens, &v);
		decode_pop(d, mark);
		if (got == GOT_BAD)
			rc = -1;
		else if (got != GOT_NULL)
			json_array_append_new(list, v);
	}
	if (!rc)
		rc = decode_length(d, n, schema, json_array_size(list));
	*out = list;
	if (!rc)
		return GOT_VALUE;
	json_decref(list);
	return GOT_BAD;
}

static enum got
decode_node(struct decode *d, struct ynode **np, const struct ynode *key,
	    const json_t *schema, bool sens, json_t **out)
{
	struct ynode *n = *np;
	const char *type = jx_str(schema, "type", "any");
	bool any = strcmp(type, "any") == 0;

	if (d->ops && n && n->type == Y_SCALAR && !n->typed &&
	    strchr(n->text, '$')) {
		*np = d->ops->resolve(d, n);
		/* what it stands for was written elsewhere than the key */
		if (*np != n)
			key = NULL;
		n = *np;
	}
	if (n == &ynode_poison)
		return GOT_BAD;
	if (!n || ynode_is_null(n))
		return GOT_NULL;
	if (d->ptr.over) {
		d->ptr.over = false;
		decode_err(d, n, "E0109", "the keys are too long");
		return GOT_BAD;
	}
	sens = sens || jx_bool(schema, "x-sensitive", false);
	if (n->type == Y_SCALAR)
		return decode_scalar(d, n, schema, sens, out);
	if (n->type == Y_MAP && (any || strcmp(type, "object") == 0))
		return decode_map(d, n, key, schema, sens, out);
	if (n->type == Y_LIST && (any || strcmp(type, "array") == 0))
		return decode_list(d, n, schema, sens, out);
	decode_err(d, key ? key : n, "E0203", "'%s' must be %s, not %s",
		   decode_subject(d), schema_wants(schema), ynode_what(n));
	return GOT_BAD;
}

json_t *
schema_decode(struct decode *d, struct ynode **n, const json_t *schema)
{
	json_t *v = NULL;

	switch (decode_node(d, n, d->at, schema, false, &v)) {
	case GOT_VALUE:
	case GOT_SLOT:
		return v;
	case GOT_NULL:
	case GOT_BAD:
		break;
	}
	return NULL;
}

json_t *
schema_decode_shallow(struct decode *d, struct ynode *map, const json_t *schema)
{
	json_t *obj = json_object(), *bad = json_object();
	size_t i;

	for (i = 0; i < map->n; i++) {
		struct ypair *p = &map->pairs[i];
		const json_t *s = schema_step(schema, p->key->text);
		const char *type = jx_str(s, "type", "any");
		bool object = strcmp(type, "object") == 0;

		if (ynode_is_null(p->value) && s)
			continue;
		if (!s || (!object && strcmp(type, "array") != 0))
			decode_member(d, p, schema, false, obj, bad);
		else if (p->value->type != (object ? Y_MAP : Y_LIST))
			decode_err(d, p->key, "E0203",
				   "'%s' must be %s, not %s", p->key->text,
				   schema_wants(s), ynode_what(p->value));
	}
	decode_complete(d, d->at, schema, obj, bad, false);
	json_decref(bad);
	return obj;
}
