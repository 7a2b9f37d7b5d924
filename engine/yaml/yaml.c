/*
 * YAML text to a tree of nodes, over libyaml's events. libyaml's own document
 * loader lets duplicate keys pass and expands aliases without bound, so the
 * tree is built here, with a stack of open collections.
 */
#include "engine/yaml/yaml.h"

#include <yaml.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/yaml/strmap.h"

/* Duplicates are found by comparing up to here, by hashing above. */
#define LINEAR_KEYS 12

struct open_node {
	struct ynode *node;
	struct ynode *key; /* of a map: waiting for its value */
	struct strmap seen;
	bool skip; /* the value of a duplicate key: parsed, not kept */
};

struct loader {
	struct arena *a;
	struct diags *ds;
	struct ysource *src;
	struct ynode *root;
	struct open_node stack[LIM_SPEC_DEPTH];
	size_t depth, nodes, docs;
	bool failed;
};

static void
loader_err(struct loader *l, const char *code, const char *text,
	   const yaml_mark_t *m, unsigned width, const char *hint)
{
	diag_err(l->ds, code, "%s", text);
	diag_pos(l->ds, l->src->name, (unsigned)m->line + 1,
		 (unsigned)m->column + 1,
		 width ? (unsigned)m->column + 1 + width : 0);
	if (hint)
		diag_hint(l->ds, "%s", hint);
	l->failed = true;
}

static void
index_lines(struct arena *a, struct ysource *s)
{
	size_t i, n = 1, *lines;

	for (i = 0; i < s->n; i++)
		n += s->text[i] == '\n';
	lines = arena_alloc(a, n * sizeof(*lines));
	s->nlines = n;
	for (i = 0, n = 1; i < s->n; i++)
		if (s->text[i] == '\n')
			lines[n++] = i + 1;
	s->lines = lines;
}

/* Length of the UTF-8 sequence at p, 0 when it is none. */
static size_t
utf8_len(const unsigned char *p, size_t left)
{
	size_t n, i;
	unsigned long cp;

	if (p[0] < 0x80)
		return 1;
	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n > left)
		return 0;
	cp = p[0] & (0xffu >> (n + 1));
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		cp = cp << 6 | (p[i] & 0x3f);
	}
	if ((n == 3 && cp < 0x800) || (n == 4 && cp < 0x10000) ||
	    cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000))
		return 0;
	return n;
}

/* Refuses bytes that are no UTF-8 text before libyaml sees them: it would
 * guess at UTF-16, and stop without saying where. */
static int
check_text(struct loader *l)
{
	const unsigned char *p = (const unsigned char *)l->src->text;
	size_t i = 0, n = l->src->n, len;
	yaml_mark_t m = { 0 };
	const char *what = NULL, *hint = "save the file as UTF-8 text";

	if (n > LIM_SPEC_BYTES) {
		loader_err(l, "E0109", "the file is too large", &m, 0,
			   "the limit is 4 MiB");
		return -1;
	}
	for (; i < n && !what; i += len) {
		len = utf8_len(p + i, n - i);
		if (!len)
			what = "the file is not UTF-8 text";
		else if (p[i] == 0 || p[i] == 0x7f ||
			 (p[i] < 0x20 && !strchr("\t\n\r", p[i])))
			what = "a control character is not allowed here";
		else if (len == 3 && i > 0 &&
			 memcmp(p + i, "\xef\xbb\xbf", 3) == 0)
			what = "a byte order mark inside the text";
		if (what)
			break;
		m.column++;
		if (p[i] == '\n') {
			m.line++;
			m.column = 0;
		}
	}
	if (!what)
		return 0;
	if (n > 1 &&
	    (memcmp(p, "\xff\xfe", 2) == 0 || memcmp(p, "\xfe\xff", 2) == 0))
		what = "the file is UTF-16, not UTF-8";
	else if (len)
		hint = "delete the character";
	loader_err(l, "E0102", what, &m, 1, hint);
	return -1;
}

/* Does the whitespace that begins this line hold a tab before max columns?
 * Its column + 1, or 0. */
static size_t
tab_in_indent(const struct ysource *s, size_t line, size_t max)
{
	const char *p;
	size_t i;

	if (line >= s->nlines)
		return 0;
	p = s->text + s->lines[line];
	for (i = 0; i < max && (p[i] == ' ' || p[i] == '\t'); i++)
		if (p[i] == '\t')
			return i + 1;
	return 0;
}

static void
tab_err(struct loader *l, size_t line, size_t col1)
{
	yaml_mark_t m = { .line = line, .column = col1 - 1 };

	loader_err(l, "E0108", "a tab is used as indentation", &m, 1,
		   "indent with spaces");
}

/* The "${" that an unquoted reference in a flow collection leaves on this
 * line: its column + 1, or 0. Quotes and comments are passed over. */
static size_t
flow_ref(const struct ysource *s, size_t line)
{
	const char *p, *start;
	char quote = 0;
	bool flow = false;

	if (line >= s->nlines)
		return 0;
	start = s->text + s->lines[line];
	for (p = start; *p && *p != '\n'; p++) {
		if (quote) {
			if (*p == '\\' && quote == '"' && p[1])
				p++;
			else if (*p == quote)
				quote = 0;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (*p == '#' && p > start && p[-1] == ' ') {
			break;
		} else if (p[0] == '$' && p[1] == '{' && flow) {
			return (size_t)(p - start) + 1;
		} else if (*p == '{' || *p == '[') {
			flow = true;
		}
	}
	return 0;
}

#define FLOW_REF_TEXT "a reference inside { } or [ ] must be quoted"
#define FLOW_REF_HINT "write \"${...}\" with double quotes"

static void
syntax_err(struct loader *l, yaml_parser_t *p)
{
	yaml_mark_t m = p->problem_mark;
	size_t col, line;

	if (l->failed && p->error == YAML_NO_ERROR)
		return;
	if (p->error == YAML_MEMORY_ERROR)
		mem_exhausted();
	if (p->error == YAML_READER_ERROR) {
		loader_err(l, "E0102", "the file is not UTF-8 text", &m, 0,
			   "save the file as UTF-8 text");
		return;
	}
	/* libyaml notices a line or more after the cause */
	line = m.line;
	do {
		col = tab_in_indent(l->src, line, SIZE_MAX);
		if (col) {
			tab_err(l, line, col);
			return;
		}
		col = flow_ref(l->src, line);
		if (col) {
			m.line = line;
			m.column = col - 1;
			loader_err(l, "E0110", FLOW_REF_TEXT, &m, 2,
				   FLOW_REF_HINT);
			return;
		}
	} while (line-- > p->context_mark.line && m.line - line < 8);
	loader_err(l, "E0101", p->problem ? p->problem : "malformed YAML", &m,
		   1, p->context);
}

static void
set_pos(struct loader *l, struct ynode *n, const yaml_event_t *e)
{
	const yaml_mark_t *s = &e->start_mark, *t = &e->end_mark;

	n->src = l->src;
	n->line = (unsigned)s->line + 1;
	n->col = (unsigned)s->column + 1;
	if (e->type == YAML_SCALAR_EVENT && s->line == t->line)
		n->end_col = (unsigned)t->column + 1;
}

/* A key: duplicates are refused. */
static void
add_key(struct loader *l, struct open_node *o, struct ynode *n,
	const yaml_event_t *e)
{
	struct ynode *map = o->node, *first = NULL;
	struct ypair *old;
	size_t i;

	o->key = n;
	o->skip = false;
	if (n->type != Y_SCALAR) {
		loader_err(l, "E0111", "a key must be text", &e->start_mark, 1,
			   "put quotes around text with brackets");
		o->skip = true;
		return;
	}
	if (map->n < LINEAR_KEYS) {
		old = ynode_pair(map, n->text);
		first = old ? old->key : NULL;
	} else {
		void **v;

		if (!o->seen.arena) {
			strmap_init(&o->seen, l->a);
			for (i = 0; i < map->n; i++)
				*strmap_put(&o->seen, map->pairs[i].key->text) =
					map->pairs[i].key;
		}
		v = strmap_put(&o->seen, n->text);
		first = *v;
		if (!first)
			*v = n;
	}
	if (first) {
		diag_err(l->ds, "E0104", "'%s' is given twice", n->text);
		ynode_at(l->ds, n);
		diag_hint(l->ds,
			  "the first one is on line %u; keep one of them",
			  first->line);
		l->failed = true;
		o->skip = true;
	}
}

static void
attach(struct loader *l, struct ynode *n, const yaml_event_t *e)
{
	struct open_node *o;

	if (l->depth == 0) {
		l->root = n;
		return;
	}
	o = &l->stack[l->depth - 1];
	if (o->node->type == Y_LIST) {
		struct ynode *list = o->node;

		if (list->n == list->cap) {
			size_t cap = list->cap ? list->cap * 2 : 4;
			struct ynode **p = arena_alloc(l->a, cap * sizeof(*p));

			if (list->n)
				memcpy(p, list->items, list->n * sizeof(*p));
			list->items = p;
			list->cap = cap;
		}
		list->items[list->n++] = n;
	} else if (!o->key) {
		add_key(l, o, n, e);
	} else {
		if (!o->skip)
			ynode_add(l->a, o->node, o->key, n);
		o->key = NULL;
	}
}

static void
check_marks(struct loader *l, const yaml_event_t *e, const yaml_char_t *anchor,
	    const yaml_char_t *tag, bool implicit)
{
	size_t col =
		tab_in_indent(l->src, e->start_mark.line, e->start_mark.column);

	if (anchor)
		loader_err(l, "E0105", "anchors are not supported",
			   &e->start_mark, 1,
			   "write the value out, or make it an input");
	if (tag && !implicit)
		loader_err(l, "E0106", "tags are not supported", &e->start_mark,
			   1,
			   "leave the tag out, or quote text beginning "
			   "with '!'");
	if (col)
		tab_err(l, e->start_mark.line, col);
}

static void
on_scalar(struct loader *l, const yaml_event_t *e)
{
	struct ynode *n = ynode_new(l->a, Y_SCALAR);
	const char *text = (const char *)e->data.scalar.value;

	check_marks(l, e, e->data.scalar.anchor, e->data.scalar.tag,
		    e->data.scalar.plain_implicit ||
			    e->data.scalar.quoted_implicit);
	n->text = arena_strndup(l->a, text, e->data.scalar.length);
	n->n = e->data.scalar.length;
	if (strlen(n->text) != n->n)
		loader_err(l, "E0102", "a NUL character in text",
			   &e->start_mark, 1, "delete the \\0 escape");
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	set_pos(l, n, e);
	attach(l, n, e);
}

static int
on_open(struct loader *l, const yaml_event_t *e)
{
	bool map = e->type == YAML_MAPPING_START_EVENT;
	struct ynode *n = ynode_new(l->a, map ? Y_MAP : Y_LIST);

	if (map)
		check_marks(l, e, e->data.mapping_start.anchor,
			    e->data.mapping_start.tag,
			    e->data.mapping_start.implicit);
	else
		check_marks(l, e, e->data.sequence_start.anchor,
			    e->data.sequence_start.tag,
			    e->data.sequence_start.implicit);
	set_pos(l, n, e);
	attach(l, n, e);
	if (l->depth == LIM_SPEC_DEPTH) {
		loader_err(l, "E0109", "too many levels", &e->start_mark, 1,
			   "the limit is 64 levels");
		return -1;
	}
	l->stack[l->depth++] = (struct open_node){ .node = n };
	return 0;
}

static void
on_alias(struct loader *l, const yaml_event_t *e)
{
	struct ynode *n = ynode_new(l->a, Y_SCALAR);

	loader_err(l, "E0105", "aliases are not supported", &e->start_mark, 1,
		   "write the value out, or quote text beginning with '*'");
	set_pos(l, n, e);
	attach(l, n, e);
}

/* In a flow map, `{ a: ${x.y} }` is well-formed for libyaml: a plain "$" and
 * then a map. What remains is a scalar that ends in "$" before a "{". */
static void
check_flow_ref(struct loader *l, const yaml_event_t *e)
{
	const struct ysource *s = l->src;
	size_t len = e->data.scalar.length, col;
	const char *text = (const char *)e->data.scalar.value;

	if (e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || len == 0 ||
	    text[len - 1] != '$')
		return;
	col = flow_ref(s, e->start_mark.line);
	if (col) {
		yaml_mark_t m = e->start_mark;

		m.column = col - 1;
		loader_err(l, "E0110", FLOW_REF_TEXT, &m, 2, FLOW_REF_HINT);
	}
}

/* 1 go on, 0 the end, -1 stop. */
static int
yaml_on_event(struct loader *l, const yaml_event_t *e)
{
	if (++l->nodes > LIM_SPEC_NODES) {
		loader_err(l, "E0109", "too many values", &e->start_mark, 1,
			   "the limit is 200000 values in a file");
		return -1;
	}
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		check_flow_ref(l, e);
		on_scalar(l, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return on_open(l, e) < 0 ? -1 : 1;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		l->depth--;
		break;
	case YAML_ALIAS_EVENT:
		on_alias(l, e);
		break;
	case YAML_DOCUMENT_START_EVENT:
		if (l->docs++ > 0) {
			loader_err(l, "E0107", "a second document begins here",
				   &e->start_mark, 3,
				   "delete the '---'; a file has one document");
			return -1;
		}
		break;
	case YAML_STREAM_END_EVENT:
		return 0;
	default:
		break;
	}
	return 1;
}

static void
parser_done(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

int
yaml_parse(struct arena *a, const char *name, const char *text, size_t n,
	   struct ynode **out, struct diags *ds)
{
	struct ysource *src = arena_alloc(a, sizeof(*src));
	struct loader l = { .a = a, .ds = ds, .src = src };
	yaml_parser_t parser CLEANUP(parser_done) = { 0 };
	int more = 1;

	*out = NULL;
	*src = (struct ysource){ .name = name, .text = text, .n = n };
	index_lines(a, src);
	if (check_text(&l) < 0)
		return -1;
	if (!yaml_parser_initialize(&parser))
		mem_exhausted();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	while (more > 0) {
		yaml_event_t e;

		if (!yaml_parser_parse(&parser, &e)) {
			syntax_err(&l, &parser);
			/* what came before may be half a value */
			return -1;
		}
		more = yaml_on_event(&l, &e);
		yaml_event_delete(&e);
	}
	*out = l.root;
	return l.failed ? -1 : 0;
}
