#include "engine/diag/diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/diag/exit.h"

#define CODE(c, exit_, title_, explain_)                                       \
	{ .code = #c,                                                          \
	  .exit_code = (exit_),                                                \
	  .title = (title_),                                                   \
	  .explain = (explain_) },
static const struct diag_code codes[] = {
#include "engine/diag/codes.def"
};
#undef CODE

const struct diag_code *
diag_code_table(size_t *n)
{
	*n = COUNTOF(codes);
	return codes;
}

const struct diag_code *
diag_code_find(const char *code)
{
	for (size_t i = 0; i < COUNTOF(codes); i++) {
		if (!strcmp(codes[i].code, code))
			return &codes[i];
	}
	return NULL;
}

void
diags_init(struct diags *ds)
{
	*ds = (struct diags){ 0 };
	arena_init(&ds->arena);
}

void
diags_done(struct diags *ds)
{
	arena_done(&ds->arena);
	*ds = (struct diags){ 0 };
}

static void
diag_count(struct diags *ds, const struct diag *d)
{
	if (d->sev == SEV_ERROR)
		ds->nerrors++;
	else
		ds->nwarnings++;
}

struct diag *
diag_add(struct diags *ds, enum severity sev, const char *code)
{
	struct diag *d = arena_alloc(&ds->arena, sizeof(*d));

	d->sev = sev;
	d->code = arena_strdup(&ds->arena, code);
	if (ds->last)
		ds->last->next = d;
	else
		ds->first = d;
	ds->last = d;
	diag_count(ds, d);
	return d;
}

int
diag_err(struct diags *ds, const char *code, const char *fmt, ...)
{
	struct diag *d = diag_add(ds, SEV_ERROR, code);
	va_list ap;

	va_start(ap, fmt);
	d->summary = arena_vprintf(&ds->arena, fmt, ap);
	va_end(ap);
	return -1;
}

int
diag_errno(struct diags *ds, const char *code, const char *fmt, ...)
{
	int err = errno;
	struct diag *d = diag_add(ds, SEV_ERROR, code);
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = arena_vprintf(&ds->arena, fmt, ap);
	va_end(ap);
	d->summary = arena_printf(&ds->arena, "%s: %s", text, strerror(err));
	return -1;
}

void
diag_warn(struct diags *ds, const char *code, const char *fmt, ...)
{
	struct diag *d = diag_add(ds, SEV_WARNING, code);
	va_list ap;

	va_start(ap, fmt);
	d->summary = arena_vprintf(&ds->arena, fmt, ap);
	va_end(ap);
}

void
diag_hint(struct diags *ds, const char *fmt, ...)
{
	va_list ap;

	if (!ds->last)
		return;
	va_start(ap, fmt);
	ds->last->hint = arena_vprintf(&ds->arena, fmt, ap);
	va_end(ap);
}

void
diag_detail(struct diags *ds, const char *text)
{
	if (ds->last)
		ds->last->detail = arena_strdup(&ds->arena, text);
}

void
diag_path(struct diags *ds, const char *fmt, ...)
{
	va_list ap;

	if (!ds->last)
		return;
	va_start(ap, fmt);
	ds->last->path = arena_vprintf(&ds->arena, fmt, ap);
	va_end(ap);
}

void
diag_addr(struct diags *ds, const char *addr)
{
	if (ds->last)
		ds->last->addr = arena_strdup(&ds->arena, addr);
}

void
diag_pos(struct diags *ds, const char *file, unsigned line, unsigned col,
	 unsigned end_col)
{
	if (!ds->last)
		return;
	ds->last->pos = (struct diag_pos){
		.file = file ? arena_strdup(&ds->arena, file) : NULL,
		.line = line,
		.col = col,
		.end_col = end_col,
	};
}

static struct diag_pos
copy_pos(struct arena *a, const struct diag_pos *pos)
{
	struct diag_pos c = *pos;

	c.file = pos->file ? arena_strdup(a, pos->file) : NULL;
	return c;
}

void
diag_preset(struct diags *ds, const struct diag_pos *preset)
{
	if (ds->last)
		ds->last->preset = copy_pos(&ds->arena, preset);
}

void
diags_drop(struct diags *ds,
	   bool (*drop)(const struct diag *d, const void *arg), const void *arg)
{
	struct diag **link = &ds->first;

	ds->last = NULL;
	ds->nerrors = ds->nwarnings = 0;
	while (*link) {
		struct diag *d = *link;

		if (drop(d, arg)) {
			*link = d->next;
			continue;
		}
		ds->last = d;
		diag_count(ds, d);
		link = &d->next;
	}
}

static int
cmp_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

/* Order of two diagnostics; those without a file come last. */
static int
cmp_pos(const struct diag *a, const struct diag *b)
{
	int c;

	if (!a->pos.file || !b->pos.file)
		return (a->pos.file == NULL) - (b->pos.file == NULL);
	c = strcmp(a->pos.file, b->pos.file);
	if (c == 0)
		c = (a->pos.line > b->pos.line) - (a->pos.line < b->pos.line);
	if (c == 0)
		c = (a->pos.col > b->pos.col) - (a->pos.col < b->pos.col);
	return c;
}

static bool
same(const struct diag *a, const struct diag *b)
{
	return a->sev == b->sev && a->pos.end_col == b->pos.end_col &&
	       !strcmp(a->code, b->code) && !cmp_text(a->addr, b->addr) &&
	       !cmp_text(a->path, b->path) &&
	       !cmp_text(a->summary, b->summary) &&
	       !cmp_text(a->detail, b->detail) && !cmp_text(a->hint, b->hint);
}

/* Bottom-up merge sort would be overkill; qsort is made stable by the index. */
struct sort_item {
	struct diag *d;
	size_t index;
};

static int
cmp_item(const void *pa, const void *pb)
{
	const struct sort_item *a = pa, *b = pb;
	int c = cmp_pos(a->d, b->d);

	return c ? c : (a->index > b->index) - (a->index < b->index);
}

/* True when an equal one stands before item i at the same position. */
static bool
repeats(const struct sort_item *items, size_t i)
{
	for (size_t k = i; k-- > 0;) {
		if (cmp_pos(items[k].d, items[i].d) != 0)
			return false;
		if (same(items[k].d, items[i].d))
			return true;
	}
	return false;
}

void
diags_sort(struct diags *ds)
{
	size_t n = 0, total = ds->nerrors + ds->nwarnings;
	CLEANUP(freep) struct sort_item *items = NULL;
	struct diag **link = &ds->first;

	if (total == 0)
		return;
	items = xcalloc(total, sizeof(*items));
	for (struct diag *d = ds->first; d; d = d->next, n++)
		items[n] = (struct sort_item){ d, n };
	qsort(items, n, sizeof(*items), cmp_item);
	ds->nerrors = ds->nwarnings = 0;
	for (size_t i = 0; i < n; i++) {
		struct diag *d = items[i].d;

		if (repeats(items, i))
			continue;
		*link = d;
		link = &d->next;
		ds->last = d;
		diag_count(ds, d);
	}
	*link = NULL;
}

static const char *
copy_text(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

void
diags_append(struct diags *ds, const struct diags *src)
{
	for (const struct diag *s = src->first; s; s = s->next) {
		struct diag *d = diag_add(ds, s->sev, s->code);

		d->addr = copy_text(&ds->arena, s->addr);
		d->path = copy_text(&ds->arena, s->path);
		d->summary = copy_text(&ds->arena, s->summary);
		d->detail = copy_text(&ds->arena, s->detail);
		d->hint = copy_text(&ds->arena, s->hint);
		d->pos = copy_pos(&ds->arena, &s->pos);
		d->preset = copy_pos(&ds->arena, &s->preset);
	}
}

int
diags_exit_code(const struct diags *ds)
{
	for (const struct diag *d = ds->first; d; d = d->next) {
		const struct diag_code *c;

		if (d->sev != SEV_ERROR)
			continue;
		c = diag_code_find(d->code);
		return c ? c->exit_code : EXIT_INTERNAL;
	}
	return EXIT_OK;
}
