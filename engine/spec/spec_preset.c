/*
 * Presets: where their files are (embedded, pinned in opl2.lock or a folder),
 * and how one is expanded for a use: inputs bound, variants merged in.
 */
#include "engine/spec/spec_preset.h"

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/suggest.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/schema/embed.h"
#include "engine/schema/schema.h"
#include "engine/spec/spec_src.h"

#define FOLDER "presets/"

const struct embed *
preset_embedded(const char *name, const char *file)
{
	CLEANUP(freep) char *path = xasprintf(FOLDER "%s/%s", name, file);

	return embed_find(path);
}

const char *
preset_next(unsigned *i, char *name, size_t max)
{
	for (; *i < embed_count; (*i)++) {
		const char *p = embed_table[*i].path, *end;

		if (strncmp(p, FOLDER, strlen(FOLDER)) != 0)
			continue;
		p += strlen(FOLDER);
		end = strchr(p, '/');
		if (!end || strcmp(end, "/preset.yaml") != 0)
			continue;
		snprintf(name, max, "%.*s", (int)(end - p), p);
		(*i)++;
		return name;
	}
	return NULL;
}

/* Digest of a built-in preset: of its files' paths and digests. */
void
preset_digest(const char *name, char out[65])
{
	CLEANUP(freep) char *dir = xasprintf(FOLDER "%s/", name);
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	size_t n = strlen(dir);
	unsigned i;

	for (i = 0; i < embed_count; i++)
		if (strncmp(embed_table[i].path, dir, n) == 0)
			buf_addf(&b, "%s %s\n", embed_table[i].sha256,
				 embed_table[i].path + n);
	sha256_hex(b.p, b.n, out);
}

/* The text of a file, or what stands for one that is none. */
static json_t *
pin_file(const struct embed *e)
{
	size_t n = (size_t)(e->end - e->start);
	CLEANUP(freep) char *base64 = NULL;
	json_t *text =
		memchr(e->start, 0, n) ? NULL : json_stringn(e->start, n);

	if (text)
		return text;
	base64 = xmalloc(4 * ((n + 2) / 3) + 1);
	base64_encode(e->start, n, base64);
	return json_pack("{s:s}", "base64", base64);
}

/* What pin_file() made; NULL when there is none. */
static const char *
pinned_file(struct arena *a, const json_t *file, size_t *n)
{
	const char *text = json_string_value(file);
	const char *base64 = jx_str(file, "base64", NULL);
	size_t max = base64 ? strlen(base64) / 4 * 3 : 0;
	uint8_t *raw;
	long len;

	*n = text ? strlen(text) : 0;
	if (text || !base64)
		return text;
	raw = arena_alloc(a, max + 1);
	len = base64_decode(base64, raw, max);
	if (len < 0)
		return NULL;
	*n = (size_t)len;
	raw[len] = '\0';
	return (const char *)raw;
}

json_t *
preset_pin(const char *name)
{
	CLEANUP(freep) char *dir = xasprintf(FOLDER "%s/", name);
	json_t *files = json_object();
	size_t n = strlen(dir);
	char digest[65];
	unsigned i;

	for (i = 0; i < embed_count; i++) {
		const struct embed *e = &embed_table[i];

		if (strncmp(e->path, dir, n) == 0)
			json_object_set_new(files, e->path + n, pin_file(e));
	}
	preset_digest(name, digest);
	return json_pack("{s:s,s:o}", "digest", digest, "files", files);
}

void
spec_pin(const struct spec *sp, struct lockfile *lf)
{
	const struct preset *p;

	for (p = sp->src->presets; p; p = p->next) {
		CLEANUP(put_json) json_t *entry = NULL;

		if (!p->embedded || lockfile_preset(lf, p->name))
			continue;
		entry = preset_pin(p->name);
		lockfile_set_preset(lf, p->name, entry);
	}
}

const char *
preset_file(struct spec_src *src, const struct preset *p, const char *path,
	    size_t *n)
{
	struct arena *a = &src->sp->arena;
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	CLEANUP(freep) char *full = NULL;
	struct diags own;
	int rc;

	if (p && p->pinned)
		return pinned_file(a, jx_get(p->pinned, path), n);
	if (p && p->embedded) {
		const struct embed *e = preset_embedded(p->name, path);

		*n = e ? (size_t)(e->end - e->start) : 0;
		return e ? e->start : NULL;
	}
	full = path_join(p ? p->dir : src->sp->dir, path);
	/* the caller says what is missing, and where it was named */
	diags_init(&own);
	rc = file_read_opt(full, &b, &own);
	diags_done(&own);
	if (rc != 0)
		return NULL;
	*n = b.n;
	return arena_memdup(a, buf_str(&b), b.n);
}

static struct preset *
no_preset(struct spec_src *src, const struct ynode *use)
{
	struct suggest s;
	char name[64];
	unsigned i = 0;

	diag_err(src->ds, "E0312", "unknown preset '%s'", use->text);
	ynode_at(src->ds, use);
	suggest_init(&s, use->text);
	while (!s.best && preset_next(&i, name, sizeof(name)))
		suggest_try(&s, name);
	if (s.best)
		diag_hint(src->ds, "did you mean '%s'?", s.best);
	else
		diag_hint(src->ds, "use a built-in name, or ./FOLDER for a "
				   "folder with a preset.yaml");
	return NULL;
}

/* Uses the text of opl2.lock when it is not that of this program. */
static void
use_pin(struct spec_src *src, struct preset *p)
{
	const json_t *pin = lockfile_preset(&src->lock, p->name);
	const char *digest = jx_str(pin, "digest", NULL);

	if (!digest || strcmp(digest, p->digest) == 0)
		return;
	snprintf(p->digest, sizeof(p->digest), "%s", digest);
	p->pinned = lockfile_preset_files(&src->lock, p->name);
}

static struct preset *
preset_open(struct spec_src *src, const struct ynode *use)
{
	struct arena *a = &src->sp->arena;
	struct preset *p = arena_alloc(a, sizeof(*p));
	const char *u = use->text, *slash;
	CLEANUP(freep) char *dir = NULL;

	p->use = u;
	p->embedded = strncmp(u, "./", 2) != 0 && strncmp(u, "../", 3) != 0 &&
		      u[0] != '/';
	if (!p->embedded) {
		dir = path_join(src->sp->dir, u);
		p->dir = arena_strdup(a, dir);
		slash = strrchr(u, '/');
		p->name = slash[1] ? slash + 1 : u;
		return p;
	}
	p->name = u;
	p->dir = arena_printf(a, FOLDER "%s", u);
	if (strchr(u, '/'))
		return no_preset(src, use);
	if (preset_embedded(u, "preset.yaml"))
		preset_digest(u, p->digest);
	use_pin(src, p);
	return p;
}

static const char *
shown_name(struct arena *a, const struct preset *p)
{
	if (p->pinned)
		return arena_printf(a, "opl2.lock:%s/preset.yaml", p->name);
	if (p->embedded)
		return arena_printf(a, "%s/preset.yaml", p->dir);
	return arena_printf(a, "%s%spreset.yaml", p->use,
			    p->use[strlen(p->use) - 1] == '/' ? "" : "/");
}

/* Unknown keys and wrong shapes of the top level. */
static int
check_top(struct spec_src *src, struct ynode *top, const char *name)
{
	const json_t *schema = schema_file("preset.json");
	size_t before = src->ds->nerrors;
	struct decode d;
	json_t *v;

	if (!top || top->type != Y_MAP) {
		diag_err(src->ds, "E0111", "'%s' is not a map", name);
		ynode_at(src->ds, top);
		return -1;
	}
	decode_init(&d, &src->sp->arena, src->ds, NULL);
	d.partial = true;
	v = schema_decode_shallow(&d, top, schema);
	json_decref(v);
	decode_done(&d);
	return src->ds->nerrors > before ? -1 : 0;
}

struct preset *
preset_load(struct spec_src *src, const struct ynode *use)
{
	struct arena *a = &src->sp->arena;
	struct preset *p;
	const char *text, *name;
	size_t n;

	for (p = src->presets; p; p = p->next)
		if (strcmp(p->use, use->text) == 0)
			return p->root ? p : NULL;
	p = preset_open(src, use);
	if (!p)
		return NULL;
	text = preset_file(src, p, "preset.yaml", &n);
	if (!text)
		return no_preset(src, use);
	if (!p->embedded)
		sha256_hex(text, n, p->digest);
	p->next = src->presets;
	src->presets = p;
	name = shown_name(a, p);
	if (yaml_parse(a, name, text, n, &p->root, src->ds) < 0 ||
	    check_top(src, p->root, name) < 0)
		p->root = NULL;
	return p->root ? p : NULL;
}

/* The chosen values of the inputs in "a+b", joined alike. NULL: one of them is
 * no input (told), or has no value. */
static const char *
chosen(struct spec_src *src, struct scope *sc, const struct ynode *key)
{
	struct arena *a = &src->sp->arena;
	const char *p = key->text, *out = NULL;

	while (p) {
		size_t n = strcspn(p, "+");
		const char *name = arena_printf(a, "%.*s", (int)n, p), *value;
		struct input *in = input_find(sc->inputs, sc->ninputs, name);

		if (!in) {
			diag_err(src->ds, "E0305",
				 "a variant of '%s', which is not an input",
				 name);
			ynode_at(src->ds, key);
			return NULL;
		}
		value = input_text(src, in);
		if (!value)
			return NULL;
		out = out ? arena_printf(a, "%s+%s", out, value) : value;
		p = p[n] ? p + n + 1 : NULL;
	}
	return out;
}

/* Merges the overlays of the chosen values over resources and outputs. */
static void
apply_variants(struct spec_src *src, struct scope *sc, struct ynode *tree,
	       const struct ynode *use)
{
	struct arena *a = &src->sp->arena;
	struct ynode *variants = ynode_get(tree, "variants");
	size_t i, k;

	for (i = 0; variants && i < variants->n; i++) {
		struct ypair *p = &variants->pairs[i];
		const char *value = chosen(src, sc, p->key);
		struct ynode *over = value ? ynode_get(p->value, value) : NULL;

		blame_variant(src, sc, over, p->key->text, use);
		for (k = 0; over && over->type == Y_MAP && k < over->n; k++) {
			struct ypair *o = &over->pairs[k];
			struct ypair *t = ynode_pair(tree, o->key->text);

			if (t)
				t->value = ynode_merge(a, t->value, o->value);
			else
				ynode_add(a, tree, o->key, o->value);
		}
	}
}

struct ynode *
preset_expand(struct spec_src *src, struct scope *sc, struct ynode *with,
	      const struct ynode *use)
{
	struct ynode *tree = ynode_clone(&src->sp->arena, sc->preset->root, sc);

	inputs_declare(src, ynode_get(tree, "inputs"),
		       schema_at(schema_file("spec.json"), "/variables/NAME"),
		       &sc->inputs, &sc->ninputs);
	inputs_bind(src, sc, with, use);
	blame_preset(src, sc, tree, use);
	inputs_check(src, sc->inputs, sc->ninputs);
	apply_variants(src, sc, tree, use);
	return tree;
}
