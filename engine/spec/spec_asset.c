/*
 * Assets: files of a preset (or next to the spec) whose content is part of the
 * spec. A value names the content, "asset:SHA256:PATH", so that a changed file
 * is a changed value.
 */
#include "engine/spec/spec_src.h"

#include "engine/base/hash.h"

#define PREFIX "asset:"

static void
keep_asset(struct spec_src *src, struct asset *as)
{
	if (src->nassets == src->assets_cap) {
		size_t cap = src->assets_cap ? src->assets_cap * 2 : 8;
		struct asset **p =
			arena_alloc(&src->sp->arena, cap * sizeof(*p));

		if (src->nassets)
			memcpy(p, src->assets, src->nassets * sizeof(*p));
		src->assets = p;
		src->assets_cap = cap;
	}
	src->assets[src->nassets++] = as;
}

static bool
good_path(const char *p)
{
	const char *q;

	if (!*p || *p == '/')
		return false;
	for (q = p; q; q = strchr(q, '/')) {
		q += *q == '/';
		if (strncmp(q, "..", 2) == 0 && (!q[2] || q[2] == '/'))
			return false;
	}
	return true;
}

json_t *
asset_value(struct decode *d, const struct ynode *n, const char *text)
{
	struct spec_decode *sd = d->arg;
	struct spec_src *src = sd->src;
	const struct preset *p = node_scope(src, n)->preset;
	const char *part = p ? preset_part(p, n) : NULL;
	const char *path = text + strlen(PREFIX), *content;
	char hex[65], *key;
	struct asset *as;
	void **found;
	size_t len;

	if (strncmp(text, PREFIX, strlen(PREFIX)) != 0 || !good_path(path)) {
		decode_err(d, n, "E0217", "'%s' is not an asset: '%s'",
			   decode_subject(d), text);
		diag_hint(d->ds,
			  "write asset:PATH, where PATH is relative to the "
			  "folder of the %s",
			  part ? "part"
			  : p  ? "preset"
			       : "spec");
		return NULL;
	}
	key = arena_printf(d->arena, "%s\n%s\n%s", p ? p->dir : "",
			   part ? part : "", path);
	found = strmap_put(&src->asset_of, key);
	if (!*found) {
		content = p ? preset_file(d->arena, p, part, path, &len)
			    : folder_file(d->arena, src->sp->dir, path, &len);
		if (!content) {
			decode_err(d, n, "E0217",
				   "the file '%s' does not exist%s%s", path,
				   part ? " in part "
				   : p  ? " in preset "
					: "",
				   part ? part
				   : p  ? p->name
					: "");
			return NULL;
		}
		as = arena_alloc(d->arena, sizeof(*as));
		sha256_hex(content, len, hex);
		as->value = arena_printf(d->arena, PREFIX "%s:%s", hex, path);
		as->text = content;
		as->n = len;
		keep_asset(src, as);
		*found = as;
	}
	as = *found;
	return json_string(as->value);
}

const char *
spec_asset(const struct spec *sp, const char *value, size_t *n)
{
	size_t i;

	for (i = 0; i < sp->src->nassets; i++) {
		const struct asset *as = sp->src->assets[i];

		if (strcmp(as->value, value) == 0) {
			*n = as->n;
			return as->text;
		}
	}
	return NULL;
}

const char *
spec_asset_next(const struct spec *sp, size_t *i)
{
	return *i < sp->src->nassets ? sp->src->assets[(*i)++]->value : NULL;
}
