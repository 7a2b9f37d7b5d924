/* opl2 version: what this program is, which formats it understands, and which
 * libraries its programs run with. */
#include <gmp.h>
#include <jansson.h>
#include <nettle/version.h>
#include <sys/utsname.h>
#include <yaml.h>

#include "cmd/opl2/cli/cmd.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/io/spawn.h"

static const struct opt_def opts[] = {
	{ "json", OPT_FLAG, NULL, "print one JSON object" },
	OPTS_END,
};

/* Those of opl2 itself, which are linked into it. */
static json_t *
own_libraries(void)
{
	char nettle[32];

	snprintf(nettle, sizeof(nettle), "%d.%d", nettle_version_major(),
		 nettle_version_minor());
	return json_pack("{s:s, s:s, s:s, s:s}", "gmp", gmp_version, "jansson",
			 jansson_version_str(), "libyaml",
			 yaml_get_version_string(), "nettle", nettle);
}

/* Those of the worker, which alone knows. NULL: there is none that says. */
static json_t *
worker_libraries(void)
{
	CLEANUP(freep) char *worker = program_find("opl2-worker");
	const char *argv[] = { worker, "--libraries", NULL };
	CLEANUP(buf_done) struct buf said = BUF_INIT(65536);

	if (!worker || spawn_ask(argv, "", &said) != 0)
		return NULL;
	return jx_parse(buf_str(&said), said.n, worker, NULL);
}

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
	j = json_pack("{s:s, s:s+, s:i, s:{s:o, s:o*}}", "version",
		      OPL2_VERSION, "platform", "linux/", u.machine,
		      "spec_format", 1, "libraries", "opl2", own_libraries(),
		      "opl2-worker", worker_libraries());
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
