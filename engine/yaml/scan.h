#ifndef OPL2_ENGINE_YAML_SCAN_H
#define OPL2_ENGINE_YAML_SCAN_H

#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * YAML text as the tokens that it is written with, for who keeps the text and
 * changes what is between them. All that YAML has is let through.
 */
enum ytok {
	YT_MAP,   /* a block map begins; no text of its own */
	YT_LIST,  /* a block list begins; likewise */
	YT_END,   /* the innermost of these ends; likewise */
	YT_KEY,   /* a key follows; "?" or no text */
	YT_VALUE, /* ":" */
	YT_ENTRY, /* "-" */
	YT_OPEN,  /* "{" or "[" */
	YT_CLOSE,
	YT_COMMA,
	YT_PROP, /* an anchor or a tag */
	YT_ALIAS,
	YT_SCALAR,
	YT_BLOCK, /* a block scalar, "|" or ">": its `end` is not to be used */
	YT_MARK,  /* "---", "..." or a directive */
	YT_EOF
};

struct ytoken {
	enum ytok type;
	size_t at, end; /* bytes of the text; at == end: no text */
	unsigned col;   /* 0-based, in characters */
};

/* The tokens of UTF-8 text, the last is YT_EOF; arena memory. -1 with diags. */
int yaml_tokens(struct arena *a, const char *name, const char *text, size_t n,
		struct ytoken **out, size_t *count, struct diags *ds);

/* What the text says, as bytes that are the same for the same documents: keys
 * in order, values with their quoting, anchors, tags. -1 with diags. */
int yaml_says(const char *name, const char *text, size_t n, struct buf *out,
	      struct diags *ds) MUST_CHECK;

#endif
