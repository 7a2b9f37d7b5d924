#ifndef OPL2_ENGINE_SPEC_SPEC_SRC_H
#define OPL2_ENGINE_SPEC_SPEC_SRC_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/schema/schema_decode.h"
#include "engine/spec/lockfile.h"
#include "engine/spec/spec.h"
#include "engine/yaml/strmap.h"
#include "engine/yaml/yaml.h"

/*
 * Private to the loader (engine/spec/): where a spec comes from.
 *
 * A *scope* says what text in a file means: which inputs ${with.x} names, what
 * prefix its resources have, whose files asset: names. Nodes of the user's own
 * file have scope NULL, the root. A preset's tree is cloned for every use, with
 * the scope of that use in each node.
 */

/* Parsed references that a made-up scalar has instead of text. */
struct part_list {
	struct slot_part *parts;
	size_t n;
};

/* An input of a preset or a variable of the spec. */
struct input {
	const char *name;
	json_t *decl;        /* typed by spec.json or preset.json */
	json_t *schema;      /* made from decl */
	struct ynode *value; /* NULL: unset; a typed scalar once checked */
	json_t *typed;       /* what value->typed points to, or NULL */
	const char *origin;  /* "default", "-var", "OPL2_VAR_x" ... */
	bool sensitive;
	bool checked;
	bool bad;  /* reported; what uses it is poisoned */
	bool busy; /* being looked at: finds circles */
};

/* A folder beside the preset's, whose part.yaml lies below the preset's. */
struct part {
	const char *name;
	struct ynode *root; /* as parsed */
	struct part *next;
};

struct preset {
	const char *use;  /* as written */
	const char *name; /* "devnet", or the folder's last part */
	const char *dir;  /* "presets/devnet" embedded, or an absolute path */
	bool embedded;
	const json_t *pinned; /* {path: text} of opl2.lock, when older */
	char digest[65];
	struct ynode *root; /* its parts merged in, without scope */
	struct part *parts;
	struct preset *next;
};

struct scope {
	const char *prefix;          /* "" or "replica-1/" */
	const struct preset *preset; /* NULL: the user's file */
	struct input *inputs;
	size_t ninputs;
};

struct asset {
	const char *value; /* "asset:SHA256:PATH" */
	const char *text;
	size_t n;
};

struct spec_src {
	struct spec *sp;
	const struct spec_opts *opts;
	struct diags *ds; /* during the load */
	struct ynode *top;
	struct scope root;     /* has the inputs of `use` as its own */
	struct scope **scopes; /* of `use` and of the instances */
	size_t nscopes;
	struct input *vars;
	size_t nvars;
	struct ynode *outputs;  /* merged */
	bool collected;         /* it is known what resources there are */
	struct strmap by_addr;  /* struct resource */
	struct strmap absent;   /* addresses whose `when` is false */
	struct strmap no_kind;  /* unknown kinds that have been reported */
	struct strmap asset_of; /* "DIR\nPART\nPATH" to struct asset */
	struct asset **assets;
	size_t nassets, assets_cap;
	struct preset *presets;
	struct lockfile lock;
	unsigned port_offset;
	struct arena scratch; /* of evaluations */
};

/* The state of one decode: what ops get as arg. */
struct spec_decode {
	struct spec_src *src;
	const char *self; /* address for ${self.x}, or NULL */
	unsigned depth;
};
extern const struct decode_ops spec_ops;
const struct scope *node_scope(const struct spec_src *src,
			       const struct ynode *n);

/* spec_ref.c */
/* Splits "kind.name" with an optional "/path" after it; NULL when it is not
 * one. The kind is put in kind[max]. Returns the name. */
const char *addr_split(const char *addr, char *kind, size_t max);
/* What may be after the kind and its dot: NAME or INSTANCE/NAME. */
bool resource_name_valid(const char *name);
struct ynode *node_text(struct spec_src *src, const char *text,
			const struct ynode *like);
/* Makes ${ in scalars mean itself (values from outside the spec). */
void node_literal(struct spec_src *src, struct ynode *n);
struct ynode *node_secret(struct spec_src *src, const char *var);
/* Does n name a resource whose `when` is false? */
bool refers_absent(struct decode *d, const struct ynode *n);
/* Reports at n that there is no such resource, with suggestions. */
int no_resource(struct decode *d, const struct ynode *n, const char *addr);
enum parts ref_parts(struct decode *d, struct ynode *n,
		     struct slot_part **parts, size_t *nparts);
/* The resource that kind.name means in this scope: the instance's own first.
 * NULL with *absent set when it is there but switched off. */
struct resource *ref_find(const struct spec_src *src, const struct scope *sc,
			  struct arena *a, const char *kind, const char *name,
			  bool *absent);
/* How deep inputs may refer to inputs. */
#define REF_DEPTH 32
/* The expression of text that is wholly "${...}", as a new string, or NULL. */
char *ref_whole(struct arena *a, const char *text);
bool ref_is_input(const char *expr);
/* Takes the next segment off *rest (which begins with a dot); NULL at the
 * end. */
char *ref_segment(struct arena *a, const char **rest);
int ref_syntax(struct decode *d, const struct ynode *n, const char *expr);

/* spec_like.c: the resources with what `like` stands for put in. */
struct ynode *resources_like(struct spec_src *src, struct ynode *kinds);

/* spec_with.c */
struct ynode *ref_resolve(struct decode *d, struct ynode *n);
/* The node that with.x.y or var.x.y stands for; &ynode_poison: reported. */
struct ynode *ref_input(struct decode *d, const struct ynode *at,
			const char *expr);

/* spec_check.c */
/* After all are decoded: keys of free maps that references name. */
void spec_check_refs(struct spec_src *src);

/* spec_input.c */
json_t *input_schema(const json_t *decl); /* new reference */
struct input *input_find(struct input *in, size_t n, const char *name);
/* Type checks values; sets bad. Before the resources are collected those that
 * may decide which there are, afterwards the others. */
void inputs_check(struct spec_src *src, struct input *in, size_t n);
void inputs_declare(struct spec_src *src, struct ynode *decls,
		    const json_t *schema, struct input **out, size_t *n);
int inputs_bind(struct spec_src *src, struct scope *sc, struct ynode *with,
		const struct ynode *use);
/* The value as plain text, when it is that; else NULL. */
const char *input_text(struct spec_src *src, struct input *in);

/* spec_var.c */
void vars_load(struct spec_src *src, struct ynode *decls);

/* spec_preset.c */
struct preset *preset_load(struct spec_src *src, const struct ynode *use);
/* Text of a file of the preset or of its part; NULL when there is none. */
const char *preset_file(struct arena *a, const struct preset *p,
			const char *part, const char *path, size_t *n);
/* Text of a file in a folder; NULL when there is none. */
const char *folder_file(struct arena *a, const char *dir, const char *path,
			size_t *n);
/* How a file of the preset, or of its part, is called in diagnostics. */
const char *preset_shown(struct arena *a, const struct preset *p,
			 const char *part, const char *file);
/* The preset's tree in a scope: variants merged in. */
struct ynode *preset_expand(struct spec_src *src, struct scope *sc,
			    struct ynode *with, const struct ynode *use);

/* spec_part.c */
/* Fills root and parts from the text of preset.yaml. -1: reported. */
int preset_read(struct arena *a, struct preset *p, const char *text, size_t n,
		struct diags *ds);
/* The part in whose file n stands, or NULL: the preset's own. */
const char *preset_part(const struct preset *p, const struct ynode *n);

/* spec_share.c */
struct shares {
	struct arena *arena;
	struct diags *ds;
	struct ynode *bodies; /* by name */
	size_t added;         /* nodes that were put in */
};
/* Merges a file's `shared` over that of those before it. */
void share_declare(struct shares *s, struct ynode *shared);
/* n with the bodies that it names put in. n is used up. */
struct ynode *share_in(struct shares *s, struct ynode *n);

/* spec_blame.c: sets `from` in nodes of sc. */
/* In all but the variants, when the inputs are bound. */
void blame_preset(struct spec_src *src, struct scope *sc, struct ynode *tree,
		  const struct ynode *use);
/* In an overlay that the values of inputs, "a" or "a+b", chose. */
void blame_variant(struct spec_src *src, struct scope *sc, struct ynode *over,
		   const char *inputs, const struct ynode *use);

/* spec_res.c */
void resources_collect(struct spec_src *src, struct ynode *resources);
void resources_decode(struct spec_src *src);
void outputs_decode(struct spec_src *src);
/* spec_moves.c; the latter two want the resources. */
void moves_decode(struct spec_src *src, struct ynode *list, const char *prefix);
void removed_decode(struct spec_src *src, struct ynode *list);
void imports_decode(struct spec_src *src, struct ynode *list);
/* spec_res.c */
/* A value that must be known now: decoded by schema, NULL when absent or
 * reported. New reference. */
json_t *decode_static(struct spec_src *src, struct ynode *n,
		      const json_t *schema, const char *what);

void check_unique(struct spec_src *src);
/* The kinds' own checks; of a spec that is wrong already those of judges
 * alone. Positions what there is by then. */
void check_kinds(struct spec_src *src, bool wrong);

/* spec_asset.c */
json_t *asset_value(struct decode *d, const struct ynode *n, const char *text);

/* spec_locate.c */
/* The node at a JSON pointer below n, or the nearest around it that has a
 * position; a map or list is shown at its key. */
const struct ynode *locate(const struct ynode *n, const char *pointer);
/* NULL when nobody wrote anything there: a default. */
const struct ynode *locate_exact(const struct ynode *n, const char *pointer);

#endif
