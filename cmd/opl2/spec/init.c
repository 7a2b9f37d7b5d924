/*
 * opl2 init: a first opl2.yaml. It uses a preset and shows, commented out,
 * every input of it with its default and what it means.
 */
#include <ctype.h>
#include <fcntl.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/cli/schema_file.h"
#include "cmd/opl2/state/migrate.h"
#include "engine/base/limits.h"
#include "engine/io/file.h"
#include "engine/spec/spec_preset.h"
#include "engine/yaml/yaml.h"

static const struct opt_def opts[] = {
	{ "name", OPT_TEXT, "NAME",
	  "name of the chain (default: the preset's name)" },
	{ "migrate-state", OPT_FLAG, NULL,
	  "move the state to where 'backend' of opl2.yaml says" },
	OPTS_END,
};

static const struct ynode *
find_preset(struct cmd *c, const char *want)
{
	const struct ynode *root = preset_tree(&c->arena, want, &c->ds);
	const char *names[64], *near;
	char name[128];
	size_t n = 0;
	unsigned i = 0;

	if (root)
		return root;
	while (n < COUNTOF(names) && preset_next(&i, name, sizeof(name)))
		names[n++] = arena_strdup(&c->arena, name);
	diag_err(&c->ds, "E1017", "unknown preset '%s'", want);
	near = opts_nearest(want, names, n);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else if (n)
		diag_hint(&c->ds, "'%s' is one", names[0]);
	return NULL;
}

static void
comment(struct buf *b, const char *text, const char *prefix)
{
	size_t col = 0;

	for (; *text; text += *text == ' ' || *text == '\n') {
		size_t n = strcspn(text, " \n");

		if (col && col + n > 70)
			col = 0;
		if (n) {
			buf_addf(b, "%s%s%.*s",
				 col           ? " "
				 : *buf_str(b) ? "\n"
					       : "",
				 col ? "" : prefix, (int)n, text);
			col += n + 1;
		}
		text += n;
	}
}

/* A value as flow YAML on one line. */
static void
flow(struct buf *b, const struct ynode *n)
{
	size_t i;

	if (!n) {
		buf_adds(b, "");
	} else if (n->type == Y_SCALAR) {
		const char *q = n->quoted ? "\"" : "";

		buf_addf(b, "%s%s%s", q, n->text ? n->text : "", q);
	} else if (n->type == Y_LIST) {
		buf_addch(b, '[');
		for (i = 0; i < n->n; i++) {
			buf_adds(b, i ? ", " : "");
			flow(b, n->items[i]);
		}
		buf_addch(b, ']');
	} else {
		buf_adds(b, "{ ");
		for (i = 0; i < n->n; i++) {
			buf_addf(b, "%s%s: ", i ? ", " : "",
				 n->pairs[i].key->text);
			flow(b, n->pairs[i].value);
		}
		buf_adds(b, n->n ? " }" : "}");
	}
}

static bool
init_says(const struct ynode *in, const char *key, const char *text)
{
	const struct ynode *v = ynode_get(in, key);

	return v && v->text && strcmp(v->text, text) == 0;
}

/* It has to be given. */
static bool
must(const struct ynode *in)
{
	return !ynode_get(in, "default") && !init_says(in, "required", "false");
}

/* What has to be given and is nobody's business comes from the environment. */
static bool
is_secret(const struct ynode *in)
{
	return must(in) && init_says(in, "sensitive", "true");
}

static void
variables(struct buf *b, const struct ynode *inputs)
{
	bool any = false;

	for (size_t i = 0; i < inputs->n; i++) {
		const char *name = inputs->pairs[i].key->text;
		const struct ynode *type =
			ynode_get(inputs->pairs[i].value, "type");

		if (!is_secret(inputs->pairs[i].value))
			continue;
		buf_adds(b, any ? "" : "\nvariables:\n");
		any = true;
		buf_addf(b, "  %s: { type: %s, env: ", name,
			 type && type->text ? type->text : "string");
		for (const char *p = name; *p; p++)
			buf_addch(b, (char)toupper((unsigned char)*p));
		buf_adds(b, ", sensitive: true }\n");
	}
}

static void
limits(struct buf *b, const struct ynode *limits)
{
	if (!limits)
		return;
	buf_adds(b, "\n# What one apply may spend on the L1 at most, and the "
		    "base fee above which it\n# waits.\nlimits: ");
	flow(b, limits);
	buf_adds(b, "\n");
}

/* One input: what it means, its type or choices, and its default. One that has
 * to be given is not commented out. */
static void
input(struct cmd *c, struct buf *b, const struct ypair *p)
{
	const struct ynode *in = p->value;
	const struct ynode *text = ynode_get(in, "description");
	const struct ynode *def = ynode_get(in, "default");
	const struct ynode *list = ynode_get(in, "values");
	const struct ynode *type = ynode_get(in, "type");
	struct buf kind = BUF_INIT(4096);

	if (list) {
		buf_adds(&kind, "one of ");
		flow(&kind, list);
	} else {
		buf_adds(&kind, type && type->text ? type->text : "any value");
	}
	comment(b,
		arena_printf(&c->arena, "%s (%s)",
			     text && text->text ? text->text : p->key->text,
			     buf_str(&kind)),
		"  # ");
	buf_addf(b, "\n  %s%s:", must(in) ? "" : "# ", p->key->text);
	if (is_secret(in)) {
		buf_addf(b, " \"${var.%s}\"", p->key->text);
	} else if (def && !ynode_is_empty(def)) {
		buf_addch(b, ' ');
		flow(b, def);
	}
	buf_adds(b, "\n");
	buf_done(&kind);
}

/* A preset that must be told of a resource makes no chain by itself. */
static int
part_of_chain(struct cmd *c, const struct ynode *inputs, const char *preset)
{
	for (size_t i = 0; inputs->type == Y_MAP && i < inputs->n; i++) {
		const struct ypair *p = &inputs->pairs[i];

		if (!must(p->value) || !init_says(p->value, "type", "resource"))
			continue;
		diag_err(&c->ds, "E1147",
			 "'%s' is not a whole chain, but a part of one",
			 preset);
		diag_hint(&c->ds,
			  "add it to the chain's spec: instances: { NAME: { "
			  "use: %s, with: { %s: ... } } }",
			  preset, p->key->text);
		return -1;
	}
	return 0;
}

static int
write_spec(struct cmd *c, struct buf *b, const struct ynode *root,
	   const char *preset)
{
	const char *name = opt_text(&c->opts, "name");
	const struct ynode *inputs;
	size_t i;

	buf_adds(b, SPEC_SCHEMA_LINE);
	buf_addf(b,
		 "# A chain spec for opl2. 'opl2 plan' shows what it means, "
		 "'opl2 show -spec'\n# every value of the preset and where it "
		 "comes from.\nopl2: 1\nname: %s\nuse: %s\n",
		 name ? name : preset, preset);
	inputs = ynode_get(root, "inputs");
	if (inputs && part_of_chain(c, inputs, preset))
		return -1;
	if (inputs && inputs->type == Y_MAP && inputs->n) {
		variables(b, inputs);
		limits(b, ynode_get(root, "limits"));
		buf_adds(b, "\n# Inputs of the preset, with their defaults: "
			    "uncomment what you change.\nwith:");
		for (i = 0; i < inputs->n; i++)
			if (!ynode_get(inputs->pairs[i].value, "deprecated"))
				input(c, b, &inputs->pairs[i]);
	}
	buf_adds(b, "\n# Changes to single resources of the preset, merged "
		    "over its own:\n# resources:\n#   KIND:\n#     NAME: { "
		    "field: value }\n");
	return 0;
}

static int
exec_init(struct cmd *c)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	const char *preset = c->opts.nargs ? c->opts.args[0] : "devnet";
	const struct ynode *root;

	if (opt_flag(&c->opts, "migrate-state"))
		return migrate_state(c);
	root = find_preset(c, preset);
	if (!root || write_spec(c, &b, root, preset))
		return -1;
	if (file_exists("opl2.yaml")) {
		diag_err(&c->ds, "E1019",
			 "'opl2.yaml' already exists; it was not changed");
		diag_hint(&c->ds, "select another folder with -chdir=DIR");
		return -1;
	}
	if (file_replace("opl2.yaml", b.p, b.n, 0644, &c->ds) ||
	    spec_schema_install(&c->ds))
		return -1;
	fprintf(c->out, "Wrote opl2.yaml and " SPEC_SCHEMA ".%s\n",
		c->in_automation ? "" : " Next: 'opl2 plan', 'opl2 apply'.");
	return EXIT_OK;
}

const struct cmd_entry cmd_init = {
	.name = "init",
	.args = "[PRESET]",
	.summary = "write a commented opl2.yaml that uses a preset",
	.opts = opts,
	.max_args = 1,
	.exec = exec_init,
};
