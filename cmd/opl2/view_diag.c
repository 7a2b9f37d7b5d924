/* Diagnostics for people: one block each, with the line it is about. */
#include "cmd/opl2/view.h"

#include "cmd/opl2/text.h"

/* More than this is never read. */
#define SHOWN 20

static void
show(FILE *out, const struct diag *d, bool color)
{
	bool err = d->sev == SEV_ERROR;

	fprintf(out, "%s%s[%s]%s: %s\n",
		color ? err ? "\033[1;31m" : "\033[1;33m" : "",
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
