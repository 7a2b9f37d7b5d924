/* Diagnostics for people: one block each, with the line it is about. */
#include "cmd/opl2/view/view.h"

#include "cmd/opl2/view/text.h"
#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/schema/embed.h"

enum {
	SHOWN = 20, /* more than this is never read */
	LINE_MAX_CHARS = 100
};

static size_t
utf8_len(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return *s ? n : 0;
}

char *
view_source_line(const struct diag_pos *pos)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	struct diags quiet;
	const struct embed *em;
	const char *p;
	char *line, *c;
	unsigned n;
	int rc;

	if (!pos->line || !pos->file)
		return NULL;
	em = embed_find(pos->file);
	diags_init(&quiet);
	rc = em ? 1 : file_read_opt(pos->file, &b, &quiet);
	diags_done(&quiet);
	if (em)
		buf_add(&b, em->start, (size_t)(em->end - em->start));
	else if (rc)
		return NULL;
	p = buf_str(&b);
	for (n = 1; p && n < pos->line; n++) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p || !*p)
		return NULL;
	line = xstrndup(p, strcspn(p, "\r\n"));
	for (c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	return line;
}

/* The line and, below it, carets; a long line is shown around the place. */
static void
snippet(FILE *out, const struct diag_pos *pos)
{
	CLEANUP(freep) char *line = view_source_line(pos);
	unsigned col = pos->col ? pos->col : 1, skip, i, n;
	int width = snprintf(NULL, 0, "%u", pos->line);
	const char *p = line;

	if (!line)
		return;
	if (width < 2)
		width = 2;
	skip = col > LINE_MAX_CHARS / 2 ? col - LINE_MAX_CHARS / 2 : 0;
	for (i = 0; i < skip && *p; i++)
		p += utf8_len(p);
	fprintf(out, "%*s |\n%*u | ", width, "", width, pos->line);
	for (i = 0; i < LINE_MAX_CHARS && *p; i++) {
		n = (unsigned)utf8_len(p);
		fprintf(out, "%.*s", (int)n, p);
		p += n;
	}
	fprintf(out, "\n%*s | %*s", width, "", (int)(col - skip) - 1, "");
	n = pos->end_col > col ? pos->end_col - col : 1;
	for (i = 0; i < n && i + col - skip <= LINE_MAX_CHARS; i++)
		fputc('^', out);
	fputc('\n', out);
}

json_t *
view_diag_json(const struct diag *d)
{
	json_t *j =
		json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*}", "severity",
			  d->sev == SEV_ERROR ? "error" : "warning", "code",
			  d->code, "summary", d->summary, "detail", d->detail,
			  "hint", d->hint, "addr", d->addr, "path", d->path);

	CLEANUP(freep) char *line = view_source_line(&d->pos);

	if (line)
		json_object_set_new(
			j, "snippet",
			json_pack("{s:s, s:i, s:i}", "code", line,
				  "highlight_start_offset", (int)d->pos.col - 1,
				  "highlight_end_offset",
				  (int)(d->pos.end_col ? d->pos.end_col
						       : d->pos.col) -
					  1));
	if (d->pos.line)
		json_object_set_new(
			j, "range",
			json_pack("{s:s, s:{s:i, s:i}, s:{s:i, s:i}}",
				  "filename", d->pos.file, "start", "line",
				  (int)d->pos.line, "column", (int)d->pos.col,
				  "end", "line", (int)d->pos.line, "column",
				  (int)(d->pos.end_col ? d->pos.end_col
						       : d->pos.col)));
	if (d->preset.line)
		json_object_set_new(j, "preset",
				    json_pack("{s:s, s:i, s:i}", "filename",
					      d->preset.file, "line",
					      (int)d->preset.line, "column",
					      (int)d->preset.col));
	return j;
}

static void
show(FILE *out, const struct diag *d, bool color)
{
	bool err = d->sev == SEV_ERROR;

	fprintf(out, "%s%s[%s]%s: %s\n",
		!color ? ""
		: err  ? "\033[1;31m"
		       : "\033[1;33m",
		err ? "error" : "warning", d->code, color ? "\033[0m" : "",
		d->summary);
	if (d->pos.line)
		fprintf(out, "  --> %s:%u:%u", d->pos.file, d->pos.line,
			d->pos.col);
	else if (d->addr)
		fputs("  -->", out);
	if (d->addr)
		fprintf(out, "  %s%s%s", d->addr, d->path ? " " : "",
			d->path ? d->path : "");
	if (d->pos.line || d->addr)
		fputc('\n', out);
	if (d->pos.line)
		snippet(out, &d->pos);
	if (d->preset.line)
		fprintf(out, "   = note: defined at %s:%u\n", d->preset.file,
			d->preset.line);
	if (d->detail)
		text_wrap(out, d->detail, "   | ", 1000);
	if (d->hint)
		fprintf(out, "   = hint: %s\n", d->hint);
}

void
view_diags(FILE *out, struct diags *ds, bool color)
{
	const struct diag *d;
	size_t n = 0;

	diags_sort(ds);
	for (d = ds->first; d; d = d->next)
		if (n++ < SHOWN)
			show(out, d, color);
	if (n > SHOWN)
		fprintf(out, "... and %zu more\n", n - SHOWN);
}
