#include "engine/run/host.h"

#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/kind.h"
#include "state/backend.h"
#include "state/state.h"

#define HOST_BLOB "runs_on"
#define HOST_MAX  4096u

bool
host_has_kind(const char *kind)
{
	const struct kind *k = kind_find(kind);

	return k && k->flags & KIND_RUNS;
}

bool
host_keeps_kind(const char *kind)
{
	const struct kind *k = kind_find(kind);

	return k && k->flags & (KIND_RUNS | KIND_DATA);
}

/* A namespace, or this machine. */
static json_t *
host_of(const char *state_dir, const char *namespace)
{
	CLEANUP(buf_done) struct buf id = BUF_INIT(256);
	CLEANUP(diags_done) struct diags ignored;
	char host[256] = "";

	diags_init(&ignored);
	if (namespace)
		return json_pack("{s:s, s:s+}", "host", "a cluster", "dir",
				 "namespace ", namespace);
	(void)file_read_opt("/etc/machine-id", &id, &ignored);
	if (gethostname(host, sizeof(host) - 1) < 0)
		*host = '\0';
	return json_pack("{s:s, s:s%, s:s}", "host", host, "machine",
			 buf_str(&id), strcspn(buf_str(&id), "\n"), "dir",
			 state_dir);
}

static bool
same_host(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "host", "machine", "dir" };

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (strcmp(jx_str(a, keys[i], ""), jx_str(b, keys[i], "")) != 0)
			return false;
	return true;
}

bool
host_has_processes(const struct state *s)
{
	struct arena a;
	const struct state_entry **list;
	bool has = false;
	size_t n;

	arena_init(&a);
	list = state_list(s, &a, &n);
	for (size_t i = 0; i < n && !has; i++)
		has = host_has_kind(list[i]->kind);
	arena_done(&a);
	return has;
}

static bool
is_at(const json_t *blob, const char *state_dir, const char *namespace)
{
	CLEANUP(put_json) json_t *host = host_of(state_dir, namespace);

	return same_host(blob, host);
}

int
host_elsewhere(struct state_backend *b, const struct state *s,
	       const struct host_places *p, json_t **out, bool *as_spec,
	       struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(HOST_MAX);
	CLEANUP(put_json) json_t *there = NULL;
	int got;

	*out = NULL;
	*as_spec = false;
	if (!b->ops->settle || !host_has_processes(s))
		return 0;
	got = b->ops->blob_read(b, HOST_BLOB, &text, ds);
	if (got < 0)
		return -1;
	if (got == 0)
		there = jx_parse(buf_str(&text), text.n, HOST_BLOB, NULL);
	if (!there)
		return 0;
	*as_spec = p->spec && is_at(there, p->state_dir, p->spec);
	if (!*as_spec && !(p->now && is_at(there, p->state_dir, p->now)) &&
	    !is_at(there, p->state_dir, NULL))
		*out = TAKE(there);
	return 0;
}

int
host_claim(struct state_backend *b, const char *state_dir,
	   const char *namespace, struct diags *ds)
{
	CLEANUP(put_json) json_t *mine = NULL;
	CLEANUP(freep) char *line = NULL;
	char now[32];

	if (!b->ops->settle)
		return 0;
	mine = host_of(state_dir, namespace);
	utc_now(now, sizeof(now));
	json_object_set_new(mine, "seen", json_string(now));
	line = jx_dump_line(mine);
	return b->ops->blob_write(b, HOST_BLOB, line, strlen(line), ds);
}

int
host_refuse(const json_t *elsewhere, const char *addr, struct diags *ds)
{
	diag_err(ds, "E0544", "the chain's processes run on '%s', in '%s'",
		 jx_str(elsewhere, "host", "another machine"),
		 jx_str(elsewhere, "dir", "?"));
	if (addr)
		diag_addr(ds, addr);
	if (!jx_get(elsewhere, "machine")) {
		diag_hint(ds, "'opl2 plan' with a spec whose 'runtime' names "
			      "it makes them known here");
		return -1;
	}
	diag_hint(ds, "work there; or, to move them here, run 'opl2 stop' "
		      "there, then 'opl2 apply -take-over' here; "
		      "-exclude=process applies the rest from here");
	return -1;
}
