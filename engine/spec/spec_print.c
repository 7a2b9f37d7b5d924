/*
 * The resolved spec as YAML for people: every value, and behind it where it
 * was written or that it is a default.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "engine/io/secret.h"
#include "engine/schema/schema.h"

#define COMMENT_COLUMN 56

struct print {
	struct buf *out;
	struct arena *arena;
	const struct ynode *node; /* of the resource or output */
	const json_t *schema;     /* NULL: an output */
	const struct slot *slots;
	size_t nslots;
	bool sensitive;
};

/* Can s be written without quotes and be read back as the same text? */
static bool
is_plain(const char *s)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNO"
				    "PQRSTUVWXYZ./";
	static const char words[] =
		" true false null yes no on off y n True False Null Yes No On "
		"Off TRUE FALSE NULL YES NO ON OFF Y N ";
	CLEANUP(freep) char *word = xasprintf(" %s ", s);

	return *s && strchr(first, *s) && strlen(s) < 100 &&
	       !s[strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
			    "XYZ0123456789_-./@+=")] &&
	       !strstr(words, word);
}

static void
spec_print_put_text(struct buf *b, const char *s)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *quoted = NULL;

	if (is_plain(s)) {
		buf_adds(b, s);
		return;
	}
	j = json_string(s);
	quoted = json_dumps(j, JSON_ENCODE_ANY);
	buf_adds(b, quoted ? quoted : "\"\"");
}

/* The references of a slot, as they could have been written. */
static void
put_slot(struct print *p, const struct slot *s)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	size_t i;
	char *c;

	for (i = 0; i < s->nparts; i++) {
		const struct slot_part *part = &s->parts[i];

		if (part->text) {
			buf_adds(&b, part->text);
		} else if (part->var) {
			buf_addf(&b, "${var.%s}", part->var);
		} else {
			CLEANUP(freep) char *path = xstrdup(part->ref->path);

			for (c = path; *c; c++)
				if (*c == '/')
					*c = '.';
			buf_addf(&b, "${%s%s%s%s}", part->ref->addr, path,
				 part->ref->accessor ? "." : "",
				 part->ref->accessor ? part->ref->accessor
						     : "");
		}
	}
	spec_print_put_text(p->out, buf_str(&b));
}

static const struct slot *
slot_at(const struct print *p, const char *ptr)
{
	size_t i;

	for (i = 0; i < p->nslots; i++)
		if (strcmp(p->slots[i].pointer, ptr) == 0)
			return &p->slots[i];
	return NULL;
}

static void
put_scalar(struct print *p, const json_t *v, const char *ptr)
{
	const struct slot *s = json_is_null(v) ? slot_at(p, ptr) : NULL;
	CLEANUP(freep) char *text = NULL;

	if (s) {
		put_slot(p, s);
	} else if (is_secret(v)) {
		buf_adds(p->out, "(sensitive)");
	} else if (p->sensitive ||
		   (p->schema && schema_sensitive(p->schema, ptr))) {
		buf_adds(p->out, "(sensitive)");
	} else if (json_is_string(v)) {
		spec_print_put_text(p->out, json_string_value(v));
	} else {
		text = json_dumps(v, JSON_ENCODE_ANY);
		buf_adds(p->out, text);
	}
}

/* Ends the line that began at `start` with where ptr was written. */
static void
end_line(struct print *p, size_t start, const char *ptr)
{
	const struct ynode *n = locate_exact(p->node, ptr);
	size_t width = p->out->n - start;

	if (!*ptr) {
		buf_addch(p->out, '\n');
		return;
	}
	do
		buf_addch(p->out, ' ');
	while (++width < COMMENT_COLUMN);
	if (n && n->src && n->line)
		buf_addf(p->out, "# %s:%u\n", n->src->name, n->line);
	else if (n && n->src)
		buf_addf(p->out, "# %s\n", n->src->name);
	else
		buf_adds(p->out, "# default\n");
}

static void put_value(struct print *p, const json_t *v, const char *ptr,
		      size_t indent, size_t start);

static void
put_indent(struct buf *b, size_t n)
{
	while (n-- > 0)
		buf_addch(b, ' ');
}

static void
put_map(struct print *p, const json_t *v, const char *ptr, size_t indent)
{
	CLEANUP(put_json) json_t *map = jx_share(v);
	const char **keys;
	size_t n = json_object_size(map), i = 0;
	const char *key;
	json_t *e;

	keys = arena_alloc(p->arena, (n + 1) * sizeof(*keys));
	json_object_foreach(map, key, e)
		keys[i++] = key;
	for (i = 0; i < n; i++) {
		size_t start = p->out->n;

		put_indent(p->out, indent);
		spec_print_put_text(p->out, keys[i]);
		buf_addch(p->out, ':');
		put_value(p, json_object_get(map, keys[i]),
			  jx_ptr_key(p->arena, ptr, keys[i]), indent + 2,
			  start);
	}
}

/* After "key:" or "-": on the same line what fits there, else below. */
static void
put_value(struct print *p, const json_t *v, const char *ptr, size_t indent,
	  size_t start)
{
	size_t i;

	if (json_is_object(v) && json_object_size(v) && !is_secret(v)) {
		buf_addch(p->out, '\n');
		put_map(p, v, ptr, indent);
		return;
	}
	if (json_is_array(v) && json_array_size(v)) {
		buf_addch(p->out, '\n');
		for (i = 0; i < json_array_size(v); i++) {
			size_t line = p->out->n;

			put_indent(p->out, indent);
			buf_addch(p->out, '-');
			put_value(p, json_array_get(v, i),
				  jx_ptr_idx(p->arena, ptr, i), indent + 2,
				  line);
		}
		return;
	}
	buf_addch(p->out, ' ');
	put_scalar(p, v, ptr);
	end_line(p, start, ptr);
}

static void
put_resource(struct print *p, const struct resource *r)
{
	char timeout[64];
	size_t i;

	put_indent(p->out, 4);
	spec_print_put_text(p->out, r->name);
	buf_addf(p->out, ":\n");
	for (i = 0; i < r->ndeps; i++)
		buf_addf(p->out, "%s%s%s", i ? ", " : "      # needs ",
			 r->deps[i], i + 1 == r->ndeps ? "\n" : "");
	if (r->timeout_ms) {
		duration_format(r->timeout_ms, timeout, sizeof(timeout));
		buf_addf(p->out, "      timeout: %s\n", timeout);
	}
	if (r->life.prevent_destroy)
		buf_adds(p->out,
			 "      lifecycle: { prevent_destroy: true }\n");
	p->node = r->node;
	p->schema = r->schema;
	p->slots = r->slots;
	p->nslots = r->nslots;
	put_map(p, r->config, "", 6);
}

static void
put_outputs(struct print *p, const struct spec *sp)
{
	size_t i;

	if (sp->noutputs)
		buf_adds(p->out, "outputs:\n");
	p->schema = NULL;
	for (i = 0; i < sp->noutputs; i++) {
		const struct output *o = &sp->outputs[i];
		size_t start = p->out->n;

		p->node = o->node;
		p->slots = o->slots;
		p->nslots = o->nslots;
		p->sensitive = o->sensitive;
		put_indent(p->out, 2);
		spec_print_put_text(p->out, o->name);
		buf_addch(p->out, ':');
		put_value(p, o->value, "", 4, start);
	}
}

void
spec_print(const struct spec *sp, struct buf *out)
{
	struct arena arena;
	struct print p = { .out = out, .arena = &arena };
	const char *kind = "";
	size_t i;

	arena_init(&arena);
	buf_addf(out, "name: %s\n", sp->name);
	if (sp->preset)
		buf_addf(out, "use: %s\n", sp->preset);
	if (sp->nres)
		buf_adds(out, "resources:\n");
	for (i = 0; i < sp->nres; i++) {
		const struct resource *r = &sp->res[i];

		if (strcmp(kind, r->kind->name) != 0) {
			kind = r->kind->name;
			buf_addf(out, "  %s:\n", kind);
		}
		put_resource(&p, r);
	}
	put_outputs(&p, sp);
	arena_done(&arena);
}
