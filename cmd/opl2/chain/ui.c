/* opl2 ui: the page of a chain, on this machine. opl2-ui serves it, and runs
 * `opl2 ui -json` for what it shows. */
#include "cmd/opl2/chain/doctor.h"
#include "cmd/opl2/chain/procs.h"
#include "cmd/opl2/chain/snapshot.h"

#include <errno.h>
#include <time.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/io/program.h"
#include "engine/spec/spec.h"
#include "providers/health/view.h"

#define ADDRESS "127.0.0.1:7321"

static const struct opt_def opts[] = {
	{ "addr", OPT_TEXT, "ADDRESS:PORT",
	  "where to serve it, " ADDRESS " by default; port 0 is a free one" },
	{ "token-file", OPT_TEXT, "FILE",
	  "ask readers for the token in this file" },
	{ "json", OPT_FLAG, NULL,
	  "print what the page shows as one JSON object, and end" },
	OPTS_END,
};

/* --- what it shows ---------------------------------------------------------
 */

static const char *
chain_name(const struct cmd *c)
{
	const char *slash = strrchr(c->dir, '/');

	if (c->spec)
		return c->spec->name;
	return slash && slash[1] ? slash + 1 : c->dir;
}

static json_t *
processes_of(const struct runtime_status *st)
{
	json_t *list = json_array();

	for (size_t i = 0; i < st->n; i++)
		json_array_append_new(list,
				      process_status_encode(&st->procs[i]));
	return list;
}

static int
print_seen(struct cmd *c)
{
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(put_json) json_t *seen = NULL;
	CLEANUP(put_json) json_t *findings = NULL;
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	int64_t at = time(NULL);

	snapshot_load_spec(c);
	if (procs_status_or_records(c, &st))
		return -1;
	seen = snapshot_take(c, st);
	findings = doctor_examine(c, st, seen, DOCTOR_SINCE_MS);
	if (!findings)
		return -1;
	doctor_explain(findings);
	j = json_pack("{s:s, s:I, s:o, s:o, s:s, s:O}", "name", chain_name(c),
		      "at", (json_int_t)at, "processes", processes_of(st),
		      "supervisor",
		      st->keeper ? jx_share(st->keeper) : json_null(), "keeper",
		      st->keeper_text, "findings", findings);
	if (seen)
		json_object_set_new(j, "chain", health_view(seen));
	text = jx_dump(j);
	fputs(text, c->out);
	return EXIT_OK;
}

/* --- serving it ------------------------------------------------------------
 */

/* What opl2-ui would say, said as this program says it. */
static int
check_address(struct cmd *c, const char *addr, const char *token_file)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(LIM_SPEC_BYTES);
	CLEANUP(freep) char *host = NULL;
	uint16_t port;
	int rc;

	if (listen_parse(addr, &host, &port)) {
		diag_err(&c->ds, "E1401", "'%s' is no address and port", addr);
		diag_hint(&c->ds, "such as -addr=%s", ADDRESS);
		return -1;
	}
	if (!token_file && !listen_is_loopback(host)) {
		diag_err(&c->ds, "E1400",
			 "'%s' is reached from other machines, and there is no "
			 "token",
			 host);
		diag_hint(&c->ds,
			  "use -token-file=FILE, or -addr=127.0.0.1:%u "
			  "and a tunnel",
			  (unsigned)port);
		return -1;
	}
	if (!token_file)
		return 0;
	rc = file_read_secret(token_file, &b, &c->ds);
	if (rc > 0)
		diag_err(&c->ds, "E1402", "there is no file '%s'", token_file);
	return rc ? -1 : 0;
}

static int
exec_ui(struct cmd *c)
{
	const char *addr = opt_text(&c->opts, "addr");
	const char *token = opt_text(&c->opts, "token-file");
	CLEANUP(runtime_status_freep) struct runtime_status *st = NULL;
	CLEANUP(freep) char *program = NULL;
	const char *argv[9] = { "opl2-ui", "--tell", "--chdir", c->dir,
				"--listen" };

	if (opt_flag(&c->opts, "json"))
		return print_seen(c);
	addr = addr ? addr : ADDRESS;
	token = token ? cmd_path(c, token) : NULL;
	/* Without a chain there is nothing to show. */
	if (check_address(c, addr, token) || procs_status_or_records(c, &st))
		return -1;
	program = program_beside("opl2-ui", &c->ds);
	if (!program)
		return -1;
	argv[5] = addr;
	argv[6] = token ? "--token-file" : NULL;
	argv[7] = token;
	execv(program, (char *const *)(uintptr_t)argv);
	return diag_errno(&c->ds, "E1401", "cannot run '%s'", program);
}

const struct cmd_entry cmd_ui = {
	.name = "ui",
	.args = "",
	.summary = "show the chain on a page in the browser",
	.text = "Serves one page on this machine until Ctrl-C, and prints its "
		"URL: processes, heads, sequencing window, batches, outputs, "
		"balances, the last 24 hours, and the findings of 'opl2 "
		"doctor' with their cures. It is live, changes nothing and can "
		"be read without JavaScript.\n"
		"\n"
		"Elsewhere than at 127.0.0.1 readers need the token of "
		"-token-file as the password that the browser asks for. The "
		"page itself is plain HTTP: prefer a tunnel, 'ssh -L "
		"7321:127.0.0.1:7321 MACHINE'.",
	.opts = opts,
	.needs = NEED_STATE | NEED_HERE,
	.exec = exec_ui,
};
