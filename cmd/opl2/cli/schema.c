/*
 * opl2 schema: the fields of a kind, or a JSON Schema of the whole spec for
 * editors, made from the same files that validation uses.
 */
#include "engine/schema/schema.h"

#include <jansson.h>

#include "cmd/opl2/cli/cmd.h"
#include "cmd/opl2/cli/schema_file.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/schema/schema_doc.h"
#include "engine/spec/spec_editor.h"
#include "providers/runtime/rights.h"

static const struct opt_def opts[] = {
	{ "markdown", OPT_FLAG, NULL, "print KIND as a page of documentation" },
	{ "rbac", OPT_FLAG, NULL,
	  "print the rights that 'runtime: kubernetes' needs, as a Role" },
	{ "install", OPT_FLAG, NULL,
	  "write the JSON Schema to " SPEC_SCHEMA ", beside opl2.yaml" },
	OPTS_END,
};

static int
unknown_kind(struct cmd *c, const char *name)
{
	CLEANUP(freep)
	const char **names = xcalloc(kind_count + 1, sizeof(*names));
	const char *near;
	unsigned i;

	for (i = 0; i < kind_count; i++)
		names[i] = kind_table[i]->name;
	near = opts_nearest(name, names, kind_count);
	diag_err(&c->ds, "E1016", "unknown kind '%s'", name);
	if (near)
		diag_hint(&c->ds, "did you mean '%s'?", near);
	else
		diag_hint(&c->ds, "'opl2 schema' lists them under 'resources'");
	return -1;
}

int
spec_schema_install(struct diags *ds)
{
	CLEANUP(put_json) json_t *whole = spec_editor();
	CLEANUP(freep) char *text = jx_dump_line(whole);

	return file_replace(SPEC_SCHEMA, text, strlen(text), 0644, ds);
}

static int
install(struct cmd *c)
{
	CLEANUP(buf_done) struct buf spec = BUF_INIT(LIM_SPEC_BYTES);
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	if (spec_schema_install(&c->ds))
		return -1;
	fputs("Wrote " SPEC_SCHEMA ".\n", c->out);
	if (file_read_opt("opl2.yaml", &spec, &quiet) == 0 &&
	    !strstr(buf_str(&spec), SPEC_SCHEMA))
		fputs("Add this line to the top of "
		      "opl2.yaml:\n" SPEC_SCHEMA_LINE,
		      c->out);
	return EXIT_OK;
}

static int
exec_schema(struct cmd *c)
{
	CLEANUP(put_json) json_t *whole = NULL;
	CLEANUP(freep) char *text = NULL;
	CLEANUP(buf_done) struct buf page = BUF_INIT(4u << 20);
	const char *kind = c->opts.nargs ? c->opts.args[0] : NULL;

	if (opt_flag(&c->opts, "rbac")) {
		rights_yaml(&page);
		fputs(buf_str(&page), c->out);
		return EXIT_OK;
	}
	if (opt_flag(&c->opts, "install"))
		return install(c);
	if (kind && !kind_find(kind))
		return unknown_kind(c, kind);
	if (kind && opt_flag(&c->opts, "markdown")) {
		schema_markdown(kind, &page);
		fputs(buf_str(&page), c->out);
		return EXIT_OK;
	}
	if (!kind)
		whole = spec_editor();
	text = jx_dump(kind ? schema_for(kind) : whole);
	fputs(text, c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_schema = {
	.name = "schema",
	.args = "[KIND]",
	.summary = "print the fields of a kind, or a JSON Schema of the spec",
	.text = "Without KIND, prints a JSON Schema of opl2.yaml for editors, "
		"with the inputs of each preset. -install writes it "
		"to " SPEC_SCHEMA
		", where editors with yaml-language-server find "
		"it by the first line of a spec that 'opl2 init' wrote. "
		"With KIND, prints the schema that opl2 uses for validation, "
		"or a page of documentation generated from it.\n"
		"\n"
		"With -rbac, prints the smallest Role with which a user can "
		"run a chain in a namespace of a cluster, and its "
		"RoleBinding: opl2 schema -rbac | sed s/USER/alice/ | kubectl "
		"apply -n NAMESPACE -f -",
	.opts = opts,
	.max_args = 1,
	.exec = exec_schema,
};
