/*
 * spec_load: the order in which a spec is put together. Each step reports all
 * it finds and goes on; only a file that is no map at all stops the load.
 */
#include "engine/spec/spec.h"

#include <limits.h>

#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/schema/schema.h"
#include "engine/spec/spec_src.h"

static struct ynode *
section(struct spec_src *src, const char *key, enum ytype type)
{
	struct ynode *n = ynode_get(src->top, key);

	return n && n->type == type ? n : NULL;
}

/* A top-level map that must be known, typed by spec.json. NULL: not there. */
static json_t *
top_value(struct spec_src *src, const char *key)
{
	CLEANUP(freep) char *ptr = xasprintf("/%s", key);
	struct ynode *n = ynode_get(src->top, key);

	if (ynode_is_null(n))
		return NULL;
	return decode_static(src, n, schema_at(schema_file("spec.json"), ptr),
			     key);
}

static int
read_top(struct spec_src *src, const char *file)
{
	struct spec *sp = src->sp;
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES + 1);
	CLEANUP(freep) char *real = realpath(file, NULL);
	struct diags own;
	const char *text;
	int rc;

	diags_init(&own);
	rc = real ? file_read_opt(file, &b, &own) : 1;
	if (rc < 0)
		diags_append(src->ds, &own);
	diags_done(&own);
	if (rc > 0) {
		diag_err(src->ds, "E0112", "unknown field '%s'", file);
		diag_hint(src->ds, "`opl2 init` creates one; -chdir=DIR "
				   "selects another folder");
	}
	if (rc != 0)
		return -1;
	*strrchr(real, '/') = '\0';
	sp->dir = arena_strdup(&sp->arena, *real ? real : "/");
	text = arena_strndup(&sp->arena, buf_str(&b), b.n);
	if (yaml_parse(&sp->arena, sp->file, text, b.n, &src->top, src->ds) < 0)
		return -1;
	if (!src->top || src->top->type != Y_MAP) {
		diag_err(src->ds, "E0111",
			 src->top ? "'%s' is not a map" : "'%s' is empty",
			 sp->file);
		ynode_at(src->ds, src->top);
		diag_hint(src->ds, "`opl2 init` writes an example");
		return -1;
	}
	return 0;
}

/* Keys, shapes, and the sections that need nothing else. */
static void
read_settings(struct spec_src *src)
{
	struct spec *sp = src->sp;
	struct spec_decode sd = { .src = src };
	static const struct ynode no_node;
	struct ynode first = no_node;
	struct decode d;
	json_t *v;

	first.src = src->top->src;
	first.line = first.col = 1;
	decode_init(&d, &sp->arena, src->ds, NULL);
	d.ops = &spec_ops;
	d.arg = &sd;
	d.at = &first;
	v = schema_decode_shallow(&d, src->top, schema_file("spec.json"));
	sp->name = arena_strdup(&sp->arena, jx_str(v, "name", ""));
	src->port_offset = (unsigned)jx_int(v, "port_offset", 0);
	json_decref(v);
	decode_done(&d);
	sp->limits = top_value(src, "limits");
	sp->registries = top_value(src, "registries");
	sp->mirrors = top_value(src, "mirrors");
	sp->backend = top_value(src, "backend");
	sp->encryption = top_value(src, "encryption");
	sp->runtime = top_value(src, "runtime");
}

static struct scope *
add_scope(struct spec_src *src, const struct preset *p, const char *prefix)
{
	struct arena *a = &src->sp->arena;
	struct scope *sc = arena_alloc(a, sizeof(*sc));
	struct scope **all = arena_alloc(a, (src->nscopes + 1) * sizeof(*all));

	sc->preset = p;
	sc->prefix = prefix;
	if (src->nscopes)
		memcpy(all, src->scopes, src->nscopes * sizeof(*all));
	all[src->nscopes++] = sc;
	src->scopes = all;
	return sc;
}

/* Merges what `use` brings under the user's own; gives its resources. */
static struct ynode *
read_preset(struct spec_src *src)
{
	struct ynode *use = section(src, "use", Y_SCALAR), *tree;
	struct ynode *with = section(src, "with", Y_MAP);
	struct preset *p;
	struct scope *sc;

	if (ynode_is_null(use)) {
		if (with) {
			diag_err(src->ds, "E0305",
				 "'with' sets the inputs of a preset, but "
				 "there is no 'use'");
			ynode_at(src->ds, with);
		}
		return NULL;
	}
	p = preset_load(src, use);
	if (!p)
		return NULL;
	src->sp->preset = p->use;
	src->sp->preset_digest = p->digest;
	sc = add_scope(src, p, "");
	/* before the bodies: the user's file may say ${with.x} too */
	tree = preset_expand(src, sc, with, use);
	src->root.inputs = sc->inputs;
	src->root.ninputs = sc->ninputs;
	src->outputs = ynode_get(tree, "outputs");
	moves_decode(src, ynode_get(tree, "moved"), "");
	return ynode_get(tree, "resources");
}

/* Copies of the maps of kinds, their names prefixed. */
static struct ynode *
prefix_names(struct spec_src *src, const struct ynode *kinds,
	     const char *prefix)
{
	struct arena *a = &src->sp->arena;
	struct ynode *out = ynode_new(a, Y_MAP);
	size_t i, k;

	for (i = 0; kinds && i < kinds->n; i++) {
		struct ynode *names = kinds->pairs[i].value;
		struct ynode *map = ynode_new(a, Y_MAP);

		for (k = 0; names->type == Y_MAP && k < names->n; k++) {
			struct ynode *key = arena_alloc(a, sizeof(*key));

			*key = *names->pairs[k].key;
			key->text = arena_printf(a, "%s%s", prefix, key->text);
			ynode_add(a, map, key, names->pairs[k].value);
		}
		ynode_add(a, out, kinds->pairs[i].key,
			  names->type == Y_MAP ? map : names);
	}
	return out;
}

static struct ynode *
read_instance(struct spec_src *src, struct ypair *pair, struct ynode *base)
{
	struct arena *a = &src->sp->arena;
	struct ynode *body = pair->value, *use, *tree, *over, *outs;
	struct preset *p;
	struct scope *sc;
	size_t i;

	use = ynode_get(body, "use");
	if (ynode_is_null(use) || use->type != Y_SCALAR) {
		diag_err(src->ds, "E0202", "the instance '%s' has no 'use'",
			 pair->key->text);
		ynode_at(src->ds, pair->key);
		diag_hint(src->ds, "name a preset");
		return base;
	}
	p = preset_load(src, use);
	if (!p)
		return base;
	sc = add_scope(src, p, arena_printf(a, "%s/", pair->key->text));
	tree = preset_expand(src, sc, ynode_get(body, "with"), use);
	moves_decode(src, ynode_get(tree, "moved"), sc->prefix);
	outs = ynode_get(tree, "outputs");
	over = ynode_get(body, "resources");
	tree = ynode_merge(a, ynode_get(tree, "resources"), over);
	if (outs && !src->outputs)
		src->outputs = ynode_new(a, Y_MAP);
	for (i = 0; outs && outs->type == Y_MAP && i < outs->n; i++) {
		struct ynode *key = arena_alloc(a, sizeof(*key));

		*key = *outs->pairs[i].key;
		key->text = arena_printf(a, "%s%s", sc->prefix, key->text);
		ynode_add(a, src->outputs, key, outs->pairs[i].value);
	}
	return ynode_merge(a, base, prefix_names(src, tree, sc->prefix));
}

static struct ynode *
read_instances(struct spec_src *src, struct ynode *base)
{
	struct ynode *list = section(src, "instances", Y_MAP);
	const json_t *schema =
		schema_at(schema_file("spec.json"), "/instances/NAME");
	size_t i;

	for (i = 0; list && i < list->n; i++) {
		struct ypair *p = &list->pairs[i];
		struct decode d;

		if (ynode_is_null(p->value))
			continue;
		if (p->value->type != Y_MAP || strchr(p->key->text, '/')) {
			diag_err(src->ds, "E0203",
				 "the instance '%s' must be a map with 'use'",
				 p->key->text);
			ynode_at(src->ds, p->key);
			continue;
		}
		decode_init(&d, &src->sp->arena, src->ds, NULL);
		d.partial = true;
		d.at = p->key;
		json_decref(schema_decode_shallow(&d, p->value, schema));
		decode_done(&d);
		base = read_instance(src, p, base);
	}
	return base;
}

/* Strings with their NUL, so that no two lists of strings are alike. */
static void
digest_str(struct sha256 *h, const char *s)
{
	s = s ? s : "";
	sha256_add(h, s, strlen(s) + 1);
}

static void
digest_names(struct sha256 *h, const char *const *p, size_t n)
{
	size_t i;

	sha256_add(h, &n, sizeof(n));
	for (i = 0; i < n; i++)
		digest_str(h, p[i]);
}

static void
digest_json(struct sha256 *h, const json_t *v)
{
	char *text =
		json_dumps(v, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY);

	digest_str(h, text);
	free(text);
}

static void
digest_slots(struct sha256 *h, const struct slot *slots, size_t n)
{
	size_t i, k;

	sha256_add(h, &n, sizeof(n));
	for (i = 0; i < n; i++) {
		digest_str(h, slots[i].pointer);
		sha256_add(h, &slots[i].nparts, sizeof(slots[i].nparts));
		for (k = 0; k < slots[i].nparts; k++) {
			const struct slot_part *p = &slots[i].parts[k];

			digest_str(h, p->ref ? "ref" : p->var ? "var" : "");
			digest_str(h, p->ref   ? p->ref->addr
				      : p->var ? p->var
					       : p->text);
			if (p->ref) {
				digest_str(h, p->ref->path);
				digest_str(h, p->ref->accessor);
			}
		}
	}
}

static void
digest_resource(struct sha256 *h, const struct resource *r)
{
	digest_str(h, r->addr);
	digest_json(h, r->config);
	digest_slots(h, r->slots, r->nslots);
	digest_names(h, r->deps, r->ndeps);
	sha256_add(h, &r->timeout_ms, sizeof(r->timeout_ms));
	sha256_add(h, &r->life.prevent_destroy,
		   sizeof(r->life.prevent_destroy));
	digest_names(h, r->life.ignore_changes, r->life.nignore);
	digest_names(h, r->life.replace_when, r->life.nreplace);
}

static void
digest(struct spec *sp)
{
	uint8_t sum[32];
	struct sha256 h;
	size_t i;

	sha256_init(&h);
	digest_str(&h, sp->name);
	for (i = 0; i < sp->nres; i++)
		digest_resource(&h, &sp->res[i]);
	for (i = 0; i < sp->noutputs; i++) {
		const struct output *o = &sp->outputs[i];

		digest_str(&h, o->name);
		digest_json(&h, o->value);
		digest_slots(&h, o->slots, o->nslots);
		digest_str(&h, o->sensitive ? "sensitive" : "");
	}
	for (i = 0; i < sp->nmoves; i++) {
		digest_str(&h, sp->moves[i].from);
		digest_str(&h, sp->moves[i].to);
	}
	for (i = 0; i < sp->nremoved; i++) {
		digest_str(&h,
			   sp->removed[i].destroy ? "removed" : "forgotten");
		digest_str(&h, sp->removed[i].from);
	}
	for (i = 0; i < sp->nimports; i++) {
		digest_str(&h, "import");
		digest_str(&h, sp->imports[i].to);
		digest_str(&h, sp->imports[i].id);
	}
	digest_json(&h, sp->limits);
	digest_json(&h, sp->registries);
	digest_json(&h, sp->mirrors);
	sha256_end(&h, sum);
	hex_encode(sum, sizeof(sum), sp->digest);
}

static void
build(struct spec_src *src)
{
	struct spec *sp = src->sp;
	struct ynode *base, *own;
	size_t i;

	vars_load(src, section(src, "variables", Y_MAP));
	read_settings(src);
	base = read_preset(src);
	base = read_instances(src, base);
	own = section(src, "resources", Y_MAP);
	resources_collect(
		src, resources_like(src, ynode_merge(&sp->arena, base, own)));
	inputs_check(src, src->vars, src->nvars);
	for (i = 0; i < src->nscopes; i++)
		inputs_check(src, src->scopes[i]->inputs,
			     src->scopes[i]->ninputs);
	resources_decode(src);
	src->outputs = ynode_merge(&sp->arena, src->outputs,
				   section(src, "outputs", Y_MAP));
	outputs_decode(src);
	moves_decode(src, section(src, "moved", Y_LIST), "");
	removed_decode(src, section(src, "removed", Y_LIST));
	imports_decode(src, section(src, "import", Y_LIST));
}

int
spec_load(const struct spec_opts *opts, struct spec **out, struct diags *ds)
{
	struct spec *sp = xcalloc(1, sizeof(*sp));
	struct spec_src *src;
	size_t before = ds->nerrors;

	*out = NULL;
	arena_init(&sp->arena);
	src = arena_alloc(&sp->arena, sizeof(*src));
	*src = (struct spec_src){ .sp = sp, .opts = opts, .ds = ds };
	src->root.prefix = "";
	arena_init(&src->scratch);
	strmap_init(&src->by_addr, &sp->arena);
	strmap_init(&src->absent, &sp->arena);
	strmap_init(&src->no_kind, &sp->arena);
	strmap_init(&src->asset_of, &sp->arena);
	sp->src = src;
	sp->secrets = json_object();
	sp->file = arena_strdup(&sp->arena, opts->file);
	sp->places =
		places_in(&sp->arena, opts->state_dir ? opts->state_dir : "");
	sp->name = "";
	if (read_top(src, opts->file) < 0 ||
	    lockfile_load(sp->dir, &src->lock, ds) < 0) {
		spec_free(sp);
		return -1;
	}
	build(src);
	check_unique(src);
	spec_check_refs(src);
	check_kinds(src, ds->nerrors > before);
	digest(sp);
	src->opts = NULL;
	src->ds = NULL;
	*out = sp;
	return ds->nerrors > before ? -1 : 0;
}

static void
free_inputs(struct input *in, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		json_decref(in[i].decl);
		json_decref(in[i].schema);
		json_decref(in[i].typed);
	}
}

void
spec_free(struct spec *sp)
{
	size_t i;

	if (!sp)
		return;
	for (i = 0; i < sp->nres; i++)
		json_decref(sp->res[i].config);
	for (i = 0; i < sp->noutputs; i++)
		json_decref(sp->outputs[i].value);
	free_inputs(sp->src->vars, sp->src->nvars);
	for (i = 0; i < sp->src->nscopes; i++)
		free_inputs(sp->src->scopes[i]->inputs,
			    sp->src->scopes[i]->ninputs);
	json_decref(sp->limits);
	json_decref(sp->registries);
	json_decref(sp->mirrors);
	json_decref(sp->backend);
	json_decref(sp->encryption);
	json_decref(sp->runtime);
	json_decref(sp->secrets);
	lockfile_done(&sp->src->lock);
	arena_done(&sp->src->scratch);
	arena_done(&sp->arena);
	free(sp);
}

struct resource *
spec_find(const struct spec *sp, const char *addr)
{
	return strmap_get(&sp->src->by_addr, addr);
}

const char *
spec_namespace(const struct spec *sp)
{
	const json_t *cluster = sp ? jx_get(sp->runtime, "kubernetes") : NULL;

	return cluster ? jx_str(cluster, "namespace", "default") : NULL;
}
