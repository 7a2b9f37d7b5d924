/*
 * opl2-worker --git-fetch: fetches from one git repository, for a worker that
 * watches, and kills it when the user stops the run. The job comes in the
 * environment, OPL2_GIT_JOB = {store, url, shown, ref, commit}; lines go to
 * standard output: {"progress": TEXT}, or a diagnostic. It ends with 0 when
 * the commit is in the store.
 */
#include "cmd/opl2-worker/worker.h"

#include <stdio.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/diag_json.h"
#include "engine/io/jx.h"
#include "providers/clients/git/git.h"

static void
worker_git_print(json_t *line)
{
	CLEANUP(put_json) json_t *owned = line;
	CLEANUP(freep) char *text = jx_dump_line(owned);

	puts(text);
	fflush(stdout);
}

static void
worker_git_say(const char *text)
{
	worker_git_print(json_pack("{s:s%}", "progress", text, strlen(text)));
}

int
git_fetch_main(void)
{
	const char *text = getenv("OPL2_GIT_JOB");
	CLEANUP(put_json) json_t *m = json_loads(text ? text : "", 0, NULL);
	CLEANUP(diags_done) struct diags ds;
	struct git_job job = { .store = jx_str(m, "store", ""),
			       .url = jx_str(m, "url", ""),
			       .shown = jx_str(m, "shown", ""),
			       .ref = jx_str(m, "ref", NULL),
			       .commit = jx_str(m, "commit", ""),
			       .say = worker_git_say };
	int rc;

	diags_init(&ds);
	if (!m)
		return 3;
	rc = git_fetch(&job, &ds);
	for (const struct diag *d = ds.first; d; d = d->next)
		worker_git_print(diag_to_json(d));
	/* libgit2 has loose ends, about which a sanitizer would complain. */
	_exit(rc ? 1 : 0);
}
