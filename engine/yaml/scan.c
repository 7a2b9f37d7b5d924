#include "engine/yaml/scan.h"

#include <string.h>
#include <yaml.h>

#include "engine/base/mem.h"

static void
parser_done(yaml_parser_t *p)
{
	yaml_parser_delete(p);
}

static void
parser_start(yaml_parser_t *p, const char *text, size_t n)
{
	if (!yaml_parser_initialize(p))
		mem_exhausted();
	yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(p, (const unsigned char *)text, n);
}

static int
scan_err(const yaml_parser_t *p, const char *name, struct diags *ds)
{
	const yaml_mark_t *m = &p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		mem_exhausted();
	diag_err(ds, "E0101", "%s", p->problem ? p->problem : "malformed YAML");
	diag_pos(ds, name, (unsigned)m->line + 1, (unsigned)m->column + 1, 0);
	if (p->context)
		diag_hint(ds, "%s", p->context);
	return -1;
}

/* libyaml counts characters; tokens come in the order of the text. */
struct place {
	const char *text;
	size_t n, at, chars;
};

static size_t
byte_of(struct place *p, size_t chars)
{
	while (p->chars < chars && p->at < p->n) {
		p->at++;
		p->chars++;
		while (p->at < p->n && (p->text[p->at] & 0xc0) == 0x80)
			p->at++;
	}
	return p->at;
}

static bool
token_type(const yaml_token_t *t, enum ytok *type)
{
	static const enum ytok types[] = {
		[YAML_STREAM_END_TOKEN] = YT_EOF,
		[YAML_VERSION_DIRECTIVE_TOKEN] = YT_MARK,
		[YAML_TAG_DIRECTIVE_TOKEN] = YT_MARK,
		[YAML_DOCUMENT_START_TOKEN] = YT_MARK,
		[YAML_DOCUMENT_END_TOKEN] = YT_MARK,
		[YAML_BLOCK_SEQUENCE_START_TOKEN] = YT_LIST,
		[YAML_BLOCK_MAPPING_START_TOKEN] = YT_MAP,
		[YAML_BLOCK_END_TOKEN] = YT_END,
		[YAML_FLOW_SEQUENCE_START_TOKEN] = YT_OPEN,
		[YAML_FLOW_SEQUENCE_END_TOKEN] = YT_CLOSE,
		[YAML_FLOW_MAPPING_START_TOKEN] = YT_OPEN,
		[YAML_FLOW_MAPPING_END_TOKEN] = YT_CLOSE,
		[YAML_BLOCK_ENTRY_TOKEN] = YT_ENTRY,
		[YAML_FLOW_ENTRY_TOKEN] = YT_COMMA,
		[YAML_KEY_TOKEN] = YT_KEY,
		[YAML_VALUE_TOKEN] = YT_VALUE,
		[YAML_ALIAS_TOKEN] = YT_ALIAS,
		[YAML_ANCHOR_TOKEN] = YT_PROP,
		[YAML_TAG_TOKEN] = YT_PROP,
		[YAML_SCALAR_TOKEN] = YT_SCALAR,
	};

	*type = types[t->type];
	if (t->type == YAML_SCALAR_TOKEN &&
	    (t->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
	     t->data.scalar.style == YAML_FOLDED_SCALAR_STYLE))
		*type = YT_BLOCK;
	return t->type != YAML_STREAM_START_TOKEN;
}

int
yaml_tokens(struct arena *a, const char *name, const char *text, size_t n,
	    struct ytoken **out, size_t *count, struct diags *ds)
{
	yaml_parser_t parser CLEANUP(parser_done) = { 0 };
	struct place p = { .text = text, .n = n };
	size_t cap = 0, i = 0;
	struct ytoken *list = NULL;

	parser_start(&parser, text, n);
	do {
		yaml_token_t t;

		if (i == cap) {
			struct ytoken *more;

			cap = cap ? cap * 2 : 256;
			more = arena_alloc(a, cap * sizeof(*more));
			if (i)
				memcpy(more, list, i * sizeof(*more));
			list = more;
		}
		if (!yaml_parser_scan(&parser, &t))
			return scan_err(&parser, name, ds);
		if (token_type(&t, &list[i].type)) {
			list[i].col = (unsigned)t.start_mark.column;
			list[i].at = byte_of(&p, t.start_mark.index);
			list[i].end = t.end_mark.index > t.start_mark.index
					      ? byte_of(&p, t.end_mark.index)
					      : list[i].at;
			i++;
		}
		yaml_token_delete(&t);
	} while (!i || list[i - 1].type != YT_EOF);
	*out = list;
	*count = i;
	return 0;
}

static void
say_text(struct buf *b, const void *text, size_t n)
{
	buf_addf(b, "%zu:", n);
	buf_add(b, text, n);
}

static void
say_name(struct buf *b, const yaml_char_t *text)
{
	say_text(b, text, text ? strlen((const char *)text) : 0);
}

static void
say_document(struct buf *b, const yaml_event_t *e)
{
	const yaml_tag_directive_t *t =
		e->data.document_start.tag_directives.start;

	buf_addf(b, "%d %d", e->data.document_start.implicit,
		 e->data.document_start.version_directive ? 1 : 0);
	for (; t && t != e->data.document_start.tag_directives.end; t++) {
		say_name(b, t->handle);
		say_name(b, t->prefix);
	}
}

static void
say_event(struct buf *b, const yaml_event_t *e)
{
	buf_addf(b, "\n%d ", e->type);
	if (e->type == YAML_SCALAR_EVENT) {
		say_name(b, e->data.scalar.anchor);
		say_name(b, e->data.scalar.tag);
		buf_addf(b, "%d ", e->data.scalar.style);
		say_text(b, e->data.scalar.value, e->data.scalar.length);
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		say_name(b, e->data.mapping_start.anchor);
		say_name(b, e->data.mapping_start.tag);
		buf_addf(b, "%d", e->data.mapping_start.style);
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		say_name(b, e->data.sequence_start.anchor);
		say_name(b, e->data.sequence_start.tag);
		buf_addf(b, "%d", e->data.sequence_start.style);
	} else if (e->type == YAML_ALIAS_EVENT) {
		say_name(b, e->data.alias.anchor);
	} else if (e->type == YAML_DOCUMENT_START_EVENT) {
		say_document(b, e);
	} else if (e->type == YAML_DOCUMENT_END_EVENT) {
		buf_addf(b, "%d", e->data.document_end.implicit);
	}
}

int
yaml_says(const char *name, const char *text, size_t n, struct buf *out,
	  struct diags *ds)
{
	yaml_parser_t parser CLEANUP(parser_done) = { 0 };
	bool more = true;

	parser_start(&parser, text, n);
	while (more) {
		yaml_event_t e;

		if (!yaml_parser_parse(&parser, &e))
			return scan_err(&parser, name, ds);
		say_event(out, &e);
		more = e.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	return 0;
}
