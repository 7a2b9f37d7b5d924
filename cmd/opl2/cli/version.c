/* opl2 version: what this program is and which formats it understands. */
#include <jansson.h>
#include <sys/utsname.h>

#include "cmd/opl2/cli/cmd.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

static const struct opt_def opts[] = {
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

static int
exec_version(struct cmd *c)
{
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	struct utsname u = { 0 };

	uname(&u);
	if (!opt_flag(&c->opts, "json")) {
		fprintf(c->out, "opl2 %s on linux/%s\n", OPL2_VERSION,
			u.machine);
		return EXIT_OK;
	}
	j = json_pack("{s:s, s:s+, s:i}", "version", OPL2_VERSION, "platform",
		      "linux/", u.machine, "spec_format", 1);
	text = jx_dump(j);
	fputs(text, c->out);
	return EXIT_OK;
}

const struct cmd_entry cmd_version = {
	.name = "version",
	.args = "",
	.summary = "print the version",
	.opts = opts,
	.exec = exec_version,
};
