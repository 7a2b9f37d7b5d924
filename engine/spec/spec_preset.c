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

static const struct embed *
embedded_file(const char *name, const char *file)
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

static bool
is_word(const char *word, const char *text, size_t n)
{
	return strlen(word) == n && memcmp(word, text, n) == 0;
}

/* Is it a file of this built-in preset or of its parts? Its path as seen from
 * the preset's folder is put in key. */
static bool
is_file_of(const struct preset *p, const struct embed *e, struct buf *key)
{
	const struct part *part = p->parts;
	const char *path = e->path;
	size_t n;

	if (strncmp(path, FOLDER, strlen(FOLDER)) != 0)
		return false;
	path += strlen(FOLDER);
	n = strcspn(path, "/");
	buf_reset(key);
	if (is_word(p->name, path, n)) {
		buf_adds(key, path + n + 1);
		return true;
	}
	while (part && !is_word(part->name, path, n))
		part = part->next;
	buf_addf(key, "../%s", path);
	return part != NULL;
}

/* Digest of a built-in preset: of its files' paths and digests. */
static void
preset_digest(struct preset *p)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(1u << 20);
	CLEANUP(buf_done) struct buf key = BUF_INIT(1u << 12);
	unsigned i;

	for (i = 0; i < embed_count; i++)
		if (is_file_of(p, &embed_table[i], &key))
			buf_addf(&b, "%s %s\n", embed_table[i].sha256,
				 buf_str(&key));
	sha256_hex(b.p, b.n, p->digest);
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
	base64 = base64_text(e->start, n);
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

/* The folder of this name beside another. */
static const char *
beside(struct arena *a, const char *dir, const char *name)
{
	size_t n = strlen(dir), cut;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	for (cut = n; cut && dir[cut - 1] != '/'; cut--)
		;
	if (!cut || dir[cut] == '.') /* "..": only the system knows */
		return arena_printf(a, "%.*s/../%s", (int)n, dir, name);
	return arena_printf(a, "%.*s%s", (int)cut, dir, name);
}

const char *
folder_file(struct arena *a, const char *dir, const char *path, size_t *n)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	CLEANUP(freep) char *full = path_join(dir, path);
	struct diags own;
	int rc;

	/* the caller says what is missing, and where it was named */
	diags_init(&own);
	rc = file_read_opt(full, &b, &own);
	diags_done(&own);
	if (rc != 0)
		return NULL;
	*n = b.n;
	return arena_memdup(a, buf_str(&b), b.n);
}

const char *
preset_file(struct arena *a, const struct preset *p, const char *part,
	    const char *path, size_t *n)
{
	if (p->pinned) {
		if (part)
			path = arena_printf(a, "../%s/%s", part, path);
		return pinned_file(a, jx_get(p->pinned, path), n);
	}
	if (p->embedded) {
		const struct embed *e =
			embedded_file(part ? part : p->name, path);

		*n = e ? (size_t)(e->end - e->start) : 0;
		return e ? e->start : NULL;
	}
	return folder_file(a, part ? beside(a, p->dir, part) : p->dir, path, n);
}

const char *
preset_shown(struct arena *a, const struct preset *p, const char *part,
	     const char *file)
{
	const char *dir = p->use;

	if (p->embedded)
		return arena_printf(a, "%s%s/%s",
				    p->pinned ? "opl2.lock:" : FOLDER,
				    part ? part : p->name, file);
	if (part)
		dir = beside(a, dir, part);
	return arena_printf(a, "%s%s%s", dir,
			    dir[strlen(dir) - 1] == '/' ? "" : "/", file);
}

/* Digest of one in a folder: as if its texts stood in one file. */
static void
folder_digest(struct preset *p)
{
	const struct part *part;
	uint8_t sum[32];
	struct sha256 h;

	sha256_init(&h);
	sha256_add(&h, p->root->src->text, p->root->src->n);
	for (part = p->parts; part; part = part->next)
		sha256_add(&h, part->root->src->text, part->root->src->n);
	sha256_end(&h, sum);
	hex_encode(sum, sizeof(sum), p->digest);
}

/* Fills in all but where it is. 1: it is not there; -1: reported. */
static int
read_preset(struct arena *a, struct preset *p, struct diags *ds)
{
	size_t n;
	const char *text = preset_file(a, p, NULL, "preset.yaml", &n);

	if (!text)
		return 1;
	if (preset_read(a, p, text, n, ds) < 0)
		return -1;
	if (!p->embedded)
		folder_digest(p);
	else if (!p->pinned)
		preset_digest(p);
	return 0;
}

struct ynode *
preset_tree(struct arena *a, const char *name, struct diags *ds)
{
	struct preset p = { .name = name, .embedded = true };

	return read_preset(a, &p, ds) == 0 ? p.root : NULL;
}

json_t *
preset_pin(const char *name)
{
	CLEANUP(arena_done) struct arena a;
	CLEANUP(buf_done) struct buf key = BUF_INIT(1u << 12);
	struct preset p = { .name = name, .embedded = true };
	json_t *files = json_object();
	struct diags ds;
	unsigned i;

	arena_init(&a);
	diags_init(&ds);
	read_preset(&a, &p, &ds);
	diags_done(&ds);
	for (i = 0; i < embed_count; i++)
		if (is_file_of(&p, &embed_table[i], &key))
			json_object_set_new(files, buf_str(&key),
					    pin_file(&embed_table[i]));
	return json_pack("{s:s,s:o}", "digest", p.digest, "files", files);
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
	return p;
}

struct preset *
preset_load(struct spec_src *src, const struct ynode *use)
{
	struct arena *a = &src->sp->arena;
	struct preset *p;
	int rc;

	for (p = src->presets; p; p = p->next)
		if (strcmp(p->use, use->text) == 0)
			return p->root ? p : NULL;
	p = preset_open(src, use);
	if (!p)
		return NULL;
	rc = read_preset(a, p, src->ds);
	if (p->embedded)
		use_pin(src, p);
	if (p->pinned)
		rc = read_preset(a, p, src->ds);
	if (rc > 0)
		return no_preset(src, use);
	p->next = src->presets;
	src->presets = p;
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
