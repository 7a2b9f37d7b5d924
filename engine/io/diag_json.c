#include "engine/io/diag_json.h"

#include <string.h>

#include "engine/io/jx.h"

static void
set_text(json_t *o, const char *key, const char *s)
{
	/* Tool output may hold bytes that are not UTF-8: say so, keep going. */
	json_t *v = s ? json_string(s) : NULL;

	if (s && !v)
		v = json_string("(not UTF-8)");
	if (v)
		json_object_set_new(o, key, v);
}

static const char *
text_of(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

json_t *
diag_to_json(const struct diag *d)
{
	json_t *o = json_object();

	set_text(o, "sev", d->sev == SEV_ERROR ? "error" : "warning");
	set_text(o, "code", d->code);
	set_text(o, "addr", d->addr);
	set_text(o, "path", d->path);
	set_text(o, "summary", d->summary);
	set_text(o, "detail", d->detail);
	set_text(o, "hint", d->hint);
	if (d->pos.file) {
		set_text(o, "file", d->pos.file);
		json_object_set_new(o, "line", json_integer(d->pos.line));
		json_object_set_new(o, "col", json_integer(d->pos.col));
		json_object_set_new(o, "end_col", json_integer(d->pos.end_col));
	}
	return o;
}

int
diag_from_json(struct diags *ds, const json_t *j)
{
	const char *sev = jx_str(j, "sev", ""), *code = jx_str(j, "code", NULL);
	const char *summary = jx_str(j, "summary", NULL);
	bool error = !strcmp(sev, "error");
	struct diag *d;

	if (!code || !summary || (!error && strcmp(sev, "warning")))
		return -1;
	d = diag_add(ds, error ? SEV_ERROR : SEV_WARNING, code);
	d->addr = text_of(&ds->arena, jx_str(j, "addr", NULL));
	d->path = text_of(&ds->arena, jx_str(j, "path", NULL));
	d->summary = text_of(&ds->arena, summary);
	d->detail = text_of(&ds->arena, jx_str(j, "detail", NULL));
	d->hint = text_of(&ds->arena, jx_str(j, "hint", NULL));
	d->pos.file = text_of(&ds->arena, jx_str(j, "file", NULL));
	d->pos.line = (unsigned)jx_int(j, "line", 0);
	d->pos.col = (unsigned)jx_int(j, "col", 0);
	d->pos.end_col = (unsigned)jx_int(j, "end_col", 0);
	return 0;
}
