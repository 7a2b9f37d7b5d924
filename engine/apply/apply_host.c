/*
 * Processes have a host. A state that several machines share says where the
 * chain's processes run: a blob {"host","machine","dir"}. Nobody else starts,
 * changes or removes one, for two sequencers or batchers would damage the
 * chain.
 */
#include "engine/apply/apply_impl.h"

#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

#define HOST_BLOB "runs_on"
#define HOST_MAX  4096u

static bool
runs(const char *kind)
{
	const struct kind *k = kind_find(kind);

	return k && k->flags & KIND_RUNS;
}

static json_t *
this_host(const struct applier *ap)
{
	CLEANUP(buf_done) struct buf id = BUF_INIT(256);
	CLEANUP(diags_done) struct diags ignored;
	char host[256] = "";

	diags_init(&ignored);
	(void)file_read_opt("/etc/machine-id", &id, &ignored);
	if (gethostname(host, sizeof(host) - 1) < 0)
		*host = '\0';
	return json_pack("{s:s, s:s%, s:s}", "host", host, "machine",
			 buf_str(&id), strcspn(buf_str(&id), "\n"), "dir",
			 ap->r->state_dir);
}

static bool
has_processes(struct applier *ap)
{
	const struct state_entry **list;
	size_t n;

	list = state_list(ap->r->state, &ap->arena, &n);
	for (size_t i = 0; i < n; i++)
		if (runs(list[i]->kind))
			return true;
	return false;
}

static const char *
first_acting(const struct applier *ap)
{
	for (size_t i = 0; i < ap->ntasks; i++)
		if (ap->tasks[i].acts && runs(ap->tasks[i].c->kind))
			return ap->tasks[i].c->addr;
	return NULL;
}

int
apply_claim_host(struct applier *ap)
{
	struct state_backend *b = ap->r->impl->backend;
	CLEANUP(buf_done) struct buf text = BUF_INIT(HOST_MAX);
	CLEANUP(put_json) json_t *mine = NULL;
	CLEANUP(put_json) json_t *there = NULL;
	CLEANUP(freep) char *line = NULL;
	const char *addr = b->ops->settle ? first_acting(ap) : NULL;
	int got;

	if (!addr)
		return 0;
	got = b->ops->blob_read(b, HOST_BLOB, &text, ap->ds);
	if (got < 0)
		return -1;
	mine = this_host(ap);
	if (got == 0)
		there = jx_parse(buf_str(&text), text.n, HOST_BLOB, NULL);
	if (there && json_equal(there, mine))
		return 0;
	if (there && has_processes(ap)) {
		diag_err(ap->ds, "E0544",
			 "the chain's processes run on %s, in "
			 "'%s'",
			 jx_str(there, "host", "another machine"),
			 jx_str(there, "dir", "?"));
		diag_addr(ap->ds, addr);
		diag_hint(ap->ds, "run 'opl2 destroy -target=process' there "
				  "first; use -exclude=process to apply "
				  "the rest from here");
		return -1;
	}
	line = jx_dump_line(mine);
	return b->ops->blob_write(b, HOST_BLOB, line, strlen(line), ap->ds);
}
