/*
 * The tokens of a file are copied one by one, and what is between them is laid
 * out anew. A block map or list has its column in the file and a new one; a
 * comment goes to the column of what it was in line with.
 */
#include "engine/yaml/format.h"

#include <stdbool.h>
#include <string.h>

#include "engine/base/limits.h"
#include "engine/yaml/scan.h"
#include "engine/yaml/yaml.h"

#define STEP  2
#define UNSET (-1)

struct level { /* an open block map or list */
	bool list;
	bool loose;   /* a list whose dashes are in the column of its key */
	int old, col; /* UNSET: its first token is yet to come */
};

struct bracket {
	int col;     /* of the line that it is closed on */
	size_t line; /* where that it is opened on begins in the result */
};

struct layout {
	const char *text;
	size_t n, at; /* what is before `at` is done */
	struct buf *out;
	struct level open[LIM_SPEC_DEPTH], was[LIM_SPEC_DEPTH];
	size_t nopen, nwas; /* was: open at the token before */
	struct bracket bracket[LIM_SPEC_DEPTH];
	size_t nbracket;
	const struct ytoken *prev; /* the token before, with text */
	bool key;                  /* the next token is one */
	size_t line;               /* where the line of the result begins */
	int indent;                /* of that line */
};

static size_t
line_end(const struct layout *l, size_t at)
{
	const char *nl = memchr(l->text + at, '\n', l->n - at);

	return nl ? (size_t)(nl - l->text) : l->n;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* [at, end) without blanks at its end, and at its begin. */
static size_t
trim_end(const struct layout *l, size_t at, size_t end)
{
	while (end > at && is_blank(l->text[end - 1]))
		end--;
	return end;
}

static size_t
trim(const struct layout *l, size_t at, size_t end)
{
	while (at < end && is_blank(l->text[at]))
		at++;
	return at;
}

static void
copy(struct layout *l, size_t at, size_t end)
{
	buf_add(l->out, l->text + at, end - at);
}

static void
new_line(struct layout *l, int indent)
{
	l->line = l->out->n;
	l->indent = indent;
	buf_addf(l->out, "%*s", indent, "");
}

/* The column in the result, in characters. */
static int
column(const struct layout *l)
{
	const char *s = buf_str(l->out);
	int n = 0;

	for (size_t i = l->line; i < l->out->n; i++)
		n += (s[i] & 0xc0) != 0x80;
	return n;
}

static struct level *
innermost(struct layout *l)
{
	return l->nopen ? &l->open[l->nopen - 1] : NULL;
}

/* Of what belongs to the innermost level, below its keys or dashes. */
static int
below(struct layout *l)
{
	const struct level *in = innermost(l);

	if (l->nbracket)
		return l->bracket[l->nbracket - 1].col + STEP;
	return in ? in->col + STEP : 0;
}

/* Of a token that begins a line. */
static int
column_of(struct layout *l, const struct ytoken *t)
{
	const struct level *in = innermost(l);

	if (t->type == YT_MARK || t->type == YT_EOF)
		return 0;
	if (l->nbracket)
		return below(l) - (t->type == YT_CLOSE ? STEP : 0);
	if (in && in->col == UNSET)
		return l->nopen > 1 ? in[-1].col + STEP : 0;
	if (in && (l->key || t->type == YT_KEY || t->type == YT_ENTRY ||
		   t->type == YT_VALUE))
		return in->col;
	return below(l);
}

/* Of a comment in the column old, above t: that of what it is in line with,
 * else of the next level to the right, else of the last one. Below a key with
 * nothing after the colon it may stand for the value. */
static int
comment_column(struct layout *l, int old, const struct ytoken *t, int t_col)
{
	const struct level *in = l->nwas ? &l->was[l->nwas - 1] : NULL;
	int best = t->type == YT_EOF ? UNSET : (int)t->col, col = t_col;

	if (l->nbracket)
		return below(l);
	if (in && in->old < old && l->prev &&
	    (l->prev->type == YT_VALUE || l->prev->type == YT_ENTRY))
		return in->col + STEP;
	for (size_t i = l->nwas; i-- > 0;) {
		const struct level *w = &l->was[i];

		/* in line with its key is in line with its map */
		if (w->loose)
			continue;
		if (best >= old ? w->old >= old && w->old < best
				: w->old > best) {
			best = w->old;
			col = w->col;
		}
	}
	return col;
}

/* Blanks, perhaps a comment, at the end of a line that has more. */
static void
line_tail(struct layout *l, size_t at, size_t end)
{
	size_t hash = trim(l, at, end);

	end = trim_end(l, at, end);
	if (hash >= end)
		return;
	if (hash == at || memchr(l->text + at, '\t', hash - at))
		buf_addch(l->out, ' ');
	else
		copy(l, at, hash);
	copy(l, hash, end);
}

/* The lines between two tokens, up to the one on which t is. */
static void
lines_between(struct layout *l, const struct ytoken *t)
{
	int t_col = column_of(l, t);
	size_t at = l->at, end = line_end(l, at);
	bool gap = false;

	if (l->prev) {
		line_tail(l, at, end);
		buf_addch(l->out, '\n');
		at = end + 1;
	}
	for (; at < t->at; at = end + 1) {
		size_t hash;

		end = line_end(l, at);
		hash = trim(l, at, end);
		if (end >= t->at && hash >= t->at)
			break;
		if (hash == end) {
			gap = l->out->n > 0;
			continue;
		}
		buf_adds(l->out, gap ? "\n" : "");
		gap = false;
		new_line(l, comment_column(l, (int)(hash - at), t, t_col));
		copy(l, hash, trim_end(l, hash, end));
		buf_addch(l->out, '\n');
	}
	if (t->type != YT_EOF) {
		buf_adds(l->out, gap ? "\n" : "");
		new_line(l, t_col);
	}
}

/* Is there a space between two tokens of a line? */
static bool
is_spaced(const struct layout *l, const struct ytoken *t)
{
	enum ytok before = l->prev->type;
	bool loose = before != YT_SCALAR && before != YT_CLOSE;

	if (before == YT_OPEN)
		return l->text[l->prev->at] == '{' && t->type != YT_CLOSE;
	if (t->type == YT_CLOSE && l->text[t->at] == '}')
		return true;
	if (t->type == YT_CLOSE && before == YT_COMMA)
		return false;
	if (t->type == YT_VALUE)
		return loose;
	if (t->type == YT_CLOSE || t->type == YT_COMMA)
		return loose && before != YT_ALIAS;
	return true;
}

/* A scalar in quotes or plain, whose lines may have any indentation. */
static void
put_text(struct layout *l, const struct ytoken *t)
{
	size_t at = t->at, end = line_end(l, at);
	int col = l->nopen || l->nbracket ? below(l) : STEP;

	while (end < t->end) {
		size_t stop = trim_end(l, at, end), slash = stop;

		while (slash > at && l->text[slash - 1] == '\\')
			slash--;
		/* an escaped blank is none */
		if (l->text[t->at] == '"' && (stop - slash) % 2 && stop < end)
			stop++;
		copy(l, at, stop);
		buf_addch(l->out, '\n');
		end = line_end(l, at = end + 1);
		at = trim(l, at, end < t->end ? end : t->end);
		new_line(l, at < end ? col : 0);
	}
	copy(l, at, t->end);
	l->at = t->end;
}

/* The column of the content of a block scalar whose header ends at `end`. */
static size_t
block_indent(const struct layout *l, size_t end, size_t least)
{
	size_t most = least;

	while (end < l->n) {
		size_t at = end + 1, i = 0;

		end = line_end(l, at);
		while (at + i < end && l->text[at + i] == ' ')
			i++;
		if (i > most)
			most = i;
		if (at + i < end)
			break;
	}
	return most;
}

/* A block scalar: its lines move as one. */
static void
put_block(struct layout *l, const struct ytoken *t)
{
	const struct level *in = innermost(l);
	size_t at = t->at, end = line_end(l, at), empty = 0, indent;
	int old = in ? in->old : 0, col = in ? in->col : 0, digit = 0;
	bool keep = false;

	for (; at < end && !is_blank(l->text[at]); at++) {
		if (l->text[at] >= '1' && l->text[at] <= '9')
			digit = l->text[at] - '0';
		keep = keep || l->text[at] == '+';
	}
	copy(l, t->at, at);
	line_tail(l, at, end);
	indent = digit ? (size_t)(old + digit)
		       : block_indent(l, end, (size_t)old + 1);
	col += digit ? digit : STEP;
	l->at = end;
	while (end + 1 < l->n) {
		size_t first = end + 1;

		end = line_end(l, first);
		at = trim(l, first, end);
		if (at < end && at - first < indent)
			break;
		empty++;
		if (end - first <= indent)
			continue;
		for (; empty > 0; empty--)
			buf_addch(l->out, '\n');
		new_line(l, col);
		copy(l, first + indent, end);
		l->at = end;
	}
	for (; keep && empty > 0; empty--) {
		buf_addch(l->out, '\n');
		l->at = line_end(l, l->at + 1);
	}
}

static int
too_deep(struct diags *ds)
{
	diag_err(ds, "E0109", "too many levels");
	diag_hint(ds, "the limit is 64 levels");
	return -1;
}

static int
push(struct layout *l, const struct ytoken *t, bool loose, struct diags *ds)
{
	if (l->nopen == COUNTOF(l->open))
		return too_deep(ds);
	l->open[l->nopen++] = (struct level){ .list = t->type != YT_MAP,
					      .loose = loose,
					      .old = (int)t->col,
					      .col = UNSET };
	return 0;
}

/* What opens and closes before a token is written. */
static int
structure(struct layout *l, const struct ytoken *t, struct diags *ds)
{
	const struct level *in = innermost(l);

	if (l->nbracket)
		return 0;
	if (in && in->loose &&
	    (t->type == YT_KEY || t->type == YT_VALUE || t->type == YT_END)) {
		l->nopen--;
		in = innermost(l);
	}
	if (t->type == YT_MAP || t->type == YT_LIST)
		return push(l, t, false, ds);
	if (t->type == YT_ENTRY && in && !in->list)
		return push(l, t, true, ds);
	if (t->type == YT_END && in)
		l->nopen--;
	return 0;
}

static int
put_bracket(struct layout *l, const struct ytoken *t, bool first,
	    struct diags *ds)
{
	const struct bracket *out =
		l->nbracket ? &l->bracket[l->nbracket - 1] : NULL;
	const struct level *in = innermost(l);
	int col = first ? l->indent : out ? out->col : in ? in->col : 0;

	copy(l, t->at, t->end);
	if (t->type == YT_CLOSE) {
		l->nbracket -= l->nbracket > 0;
		return 0;
	}
	if (l->nbracket == COUNTOF(l->bracket))
		return too_deep(ds);
	if (out && out->line != l->line)
		col = l->indent;
	l->bracket[l->nbracket++] = (struct bracket){ col, l->line };
	return 0;
}

static int
put_token(struct layout *l, const struct ytoken *t, struct diags *ds)
{
	bool first = !l->prev ||
		     memchr(l->text + l->at, '\n', t->at - l->at) != NULL;
	struct level *in;
	int rc = 0;

	if (first)
		lines_between(l, t);
	else if (is_spaced(l, t))
		buf_addch(l->out, ' ');
	in = innermost(l);
	if (in && in->col == UNSET)
		in->col = column(l);
	l->at = t->end;
	if (t->type == YT_OPEN || t->type == YT_CLOSE)
		rc = put_bracket(l, t, first, ds);
	else if (t->type == YT_BLOCK)
		put_block(l, t);
	else
		put_text(l, t);
	l->prev = t;
	l->key = false;
	l->nwas = l->nopen;
	memcpy(l->was, l->open, sizeof(l->was));
	return rc;
}

static int
lay_out(struct layout *l, const struct ytoken *t, struct diags *ds)
{
	for (; t->type != YT_EOF; t++) {
		if (structure(l, t, ds))
			return -1;
		if (t->type == YT_KEY && t->at == t->end)
			l->key = true;
		if (t->at < t->end && put_token(l, t, ds))
			return -1;
	}
	if (l->at < l->n)
		lines_between(l, t);
	/* A block scalar that ends without one would get one more. */
	else if (l->prev && l->prev->type != YT_BLOCK)
		buf_addch(l->out, '\n');
	return 0;
}

/* All that is not white space. */
static void
ink(struct buf *b, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_blank(text[i]) && text[i] != '\n')
			buf_addch(b, text[i]);
}

/* Does the result say the same as the file, with nothing lost? */
static int
check_same(const char *name, const struct buf *from, const struct buf *to,
	   struct diags *ds)
{
	CLEANUP(buf_done) struct buf a = BUF_INIT(LIM_STATE_BYTES);
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_STATE_BYTES);
	struct diags wrong;
	int rc;

	if (yaml_says(name, buf_str(from), from->n, &a, ds))
		return -1;
	diags_init(&wrong);
	rc = yaml_says(name, buf_str(to), to->n, &b, &wrong);
	diags_done(&wrong);
	ink(&a, buf_str(from), from->n);
	ink(&b, buf_str(to), to->n);
	if (!rc && !to->over && !a.over && a.n == b.n &&
	    memcmp(a.p, b.p, a.n) == 0)
		return 0;
	diag_err(ds, "E0113", "cannot lay out '%s' without changing it", name);
	diag_hint(ds, "replace unusual line breaks and indentation by hand");
	return -1;
}

/* Without a byte order mark, and with LF alone. */
static void
plain_lines(struct buf *b, const char *text, size_t n)
{
	static const char marks[] = "\xef\xbb\xbf\xef\xbb\xbf";
	/* A second mark is no mark: the check is to refuse it. */
	bool one = n >= 3 && memcmp(text, marks, 3) == 0 &&
		   (n < 6 || memcmp(text, marks, 6) != 0);
	size_t i = one ? 3 : 0;

	for (; i < n; i++)
		if (text[i] != '\r')
			buf_addch(b, text[i]);
		else if (i + 1 == n || text[i + 1] != '\n')
			buf_addch(b, '\n');
}

static bool
is_lenient(const struct diag *d, const void *arg)
{
	static const char *const codes[] = { "E0104", "E0105", "E0106",
					     "E0107" };

	(void)arg;
	for (size_t i = 0; i < COUNTOF(codes); i++)
		if (strcmp(d->code, codes[i]) == 0)
			return true;
	return false;
}

/* Says what is wrong as the loader does. */
static int
check_yaml(struct arena *a, const char *name, const char *text, size_t n,
	   struct diags *ds)
{
	struct diags found;
	struct ynode *root;
	int rc;

	diags_init(&found);
	rc = yaml_parse(a, name, text, n, &root, &found);
	diags_drop(&found, is_lenient, NULL);
	diags_append(ds, &found);
	rc = rc && found.nerrors ? -1 : 0;
	diags_done(&found);
	return rc;
}

int
yaml_format(const char *name, const char *text, size_t n, struct buf *out,
	    struct diags *ds)
{
	CLEANUP(buf_done) struct buf from = BUF_INIT(2 * LIM_SPEC_BYTES);
	struct arena a CLEANUP(arena_done);
	struct layout l = { .out = out };
	struct ytoken *tokens;
	size_t count;

	arena_init(&a);
	plain_lines(&from, text, n);
	l.text = buf_str(&from);
	l.n = from.n;
	if (check_yaml(&a, name, l.text, l.n, ds) ||
	    yaml_tokens(&a, name, l.text, l.n, &tokens, &count, ds) ||
	    lay_out(&l, tokens, ds))
		return -1;
	return check_same(name, &from, out, ds);
}
