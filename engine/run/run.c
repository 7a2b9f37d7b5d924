#include "engine/run/run.h"

#include <errno.h>
#include <sys/random.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/pid.h"
#include "engine/base/units.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "engine/kind/wire.h"
#include "engine/run/host.h"
#include "engine/run/run_impl.h"
#include "engine/run/storeuse.h"

#define DEFAULT_PARALLELISM 10
#define APPLY_BLOB          "apply"
#define WORKER_END_MS       15000 /* for workers of a run that was killed */

void
run_emit(const struct run *r, struct event *ev)
{
	const struct events *e = r->opts.events;

	if (e && e->emit)
		e->emit(e->arg, ev);
}

void
run_message(const struct run *r, const char *text)
{
	struct event ev = { .type = EV_MESSAGE,
			    .text = text,
			    .elapsed_ms = mono_ms() - r->impl->began };

	run_emit(r, &ev);
}

/* --- what an earlier run left behind --- */

static int
open_by_addr(const void *a, const void *b)
{
	const struct open_intent *x = a, *y = b;

	return strcmp(x->addr, y->addr);
}

const struct open_intent *
run_open_intent(const struct run *r, const char *addr)
{
	struct open_intent key = { .addr = addr };

	if (r->impl->nopen == 0)
		return NULL;
	return bsearch(&key, r->impl->open, r->impl->nopen, sizeof(key),
		       open_by_addr);
}

/* One entry an address: what was being made from the first intent that says
 * so, the token from the last. */
static void
gather_intents(struct run *r)
{
	struct run_impl *im = r->impl;
	size_t i, k;

	im->open = arena_alloc(&r->arena,
			       (im->left.nintents + 1) * sizeof(*im->open));
	for (i = 0; i < im->left.nintents; i++) {
		const struct left_intent *li = &im->left.intents[i];
		struct open_intent *o = NULL;

		for (k = 0; k < im->nopen && !o; k++)
			if (strcmp(im->open[k].addr, li->addr) == 0)
				o = &im->open[k];
		if (!o) {
			o = &im->open[im->nopen++];
			o->addr = li->addr;
		}
		o->token = li->token ? jx_get(li->token, "token") : NULL;
		if (li->token && jx_get(li->token, "object"))
			o->object = jx_get(li->token, "object");
	}
	qsort(im->open, im->nopen, sizeof(*im->open), open_by_addr);
}

void
run_move_intent(struct run *r, const char *from, const char *to)
{
	struct run_impl *im = r->impl;
	const char *addr;

	if (!run_open_intent(r, from))
		return;
	addr = arena_strdup(&r->arena, to);
	for (size_t i = 0; i < im->left.nintents; i++)
		if (strcmp(im->left.intents[i].addr, from) == 0)
			im->left.intents[i].addr = addr;
	im->nopen = 0;
	gather_intents(r);
}

/* A create that broke off before anything was recorded: from here on it is an
 * incomplete object like any other. */
static void
record_broken_off(struct run *r)
{
	size_t i;

	for (i = 0; i < r->impl->nopen; i++) {
		const struct open_intent *o = &r->impl->open[i];
		struct state_entry e;
		const char *why;

		if (state_get(r->state, o->addr) || !o->object ||
		    entry_view(o->object, &e, &why))
			continue;
		e.status = ENTRY_INCOMPLETE;
		state_put(r->state, &e);
	}
}

/* Tools of a dead run; their shims should have done this already. */
static void
sweep_groups(struct run *r)
{
	size_t i;

	for (i = 0; i < r->impl->left.npgroups; i++) {
		const struct left_pgroup *g = &r->impl->left.pgroups[i];

		if (g->pgid > 1 && strcmp(g->boot_id, r->impl->boot_id) == 0 &&
		    g->starttime != 0 &&
		    pid_born((pid_t)g->pgid) == g->starttime)
			kill(-g->pgid, SIGKILL);
	}
}

/* Scratch folders of operations that were killed: with the lock in hand
 * nobody works in one. What a dying tool still writes into, the next run
 * finds. */
static void
sweep_scratch(struct run *r)
{
	const char *dir = r->places->scratch;
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (r->impl->backend->leased && file_exists(dir))
		(void)file_remove_tree(dir, &ignored);
	file_remove_temps(r->state_dir);
	file_remove_temps(r->places->keys);
	file_remove_temps(r->places->ledger);
}

/* --- opening and closing --- */

struct waiting {
	struct run *r;
	uint64_t began;
	bool said;
};

/* A run that was killed leaves workers that end as soon as they notice: for
 * these everybody waits a little. For a living run only who wants to. */
static bool
wait_more(void *arg, const struct lease_holder *holder)
{
	struct waiting *w = arg;
	CLEANUP(freep) char *text = NULL;

	if (mono_ms() - w->began >= w->r->opts.lock_timeout_ms &&
	    !holder->ended)
		return false;
	if (w->said)
		return true;
	w->said = true;
	text = xasprintf("waiting for the lock held by '%s' (process %d)",
			 holder->command, (int)holder->pid);
	run_message(w->r, text);
	return true;
}

static int
take_lease(struct run *r, struct diags *ds)
{
	struct state_backend *b = r->impl->backend;
	struct waiting w = { .r = r, .began = mono_ms() };
	uint64_t limit = r->opts.lock_timeout_ms;
	char now[32];
	struct lease_claim claim = {
		.command = r->opts.command ? r->opts.command : "opl2",
		.since = now,
		.timeout_ms = limit > WORKER_END_MS ? limit : WORKER_END_MS,
		.wait = wait_more,
		.arg = &w,
	};
	int rc;

	if (b->ops->prepare(b, ds))
		return -1;
	if (r->opts.no_lock)
		return 0;
	utc_now(now, sizeof(now));
	rc = b->ops->acquire(b, &claim, ds);
	r->impl->began = mono_ms();
	return rc;
}

/* The name of the apply that is going on: a blob that stays until one ends
 * well, so that a broken-off one and what resumes it have the same. */
static int
name_apply(struct run *r, struct diags *ds)
{
	struct state_backend *backend = r->impl->backend;
	CLEANUP(buf_done) struct buf b = BUF_INIT(64);
	char *name = r->impl->apply;
	size_t n = sizeof(r->impl->apply) - 1;
	int got = backend->ops->blob_read(backend, APPLY_BLOB, &b, ds);
	uint8_t raw[8];

	if (got < 0)
		return -1;
	r->impl->named = got == 0;
	if (got == 0 && b.n == n &&
	    strspn(buf_str(&b), "0123456789abcdef") == n) {
		memcpy(name, b.p, n + 1);
		return 0;
	}
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return diag_errno(ds, "E0654", "cannot get random bytes");
	hex_encode(raw, sizeof(raw), name);
	return 0;
}

int
run_apply_begins(struct run *r, struct diags *ds)
{
	struct state_backend *b = r->impl->backend;

	r->impl->named = true;
	return b->ops->blob_write(b, APPLY_BLOB, r->impl->apply,
				  strlen(r->impl->apply), ds);
}

void
run_apply_ended(struct run *r)
{
	struct state_backend *b = r->impl->backend;
	CLEANUP(diags_done) struct diags ignored;

	/* One that stays makes the next apply's limits too narrow, no more. */
	diags_init(&ignored);
	if (r->impl->named)
		(void)b->ops->blob_remove(b, APPLY_BLOB, &ignored);
}

static int
run_load(struct run *r, struct diags *ds)
{
	struct run_impl *im = r->impl;

	if (im->write ? take_lease(r, ds) || name_apply(r, ds)
	    : r->opts.sends && im->backend->ops->settle
		    ? take_lease(r, ds)
		    : backend_pull(im->backend, ds))
		return -1;
	if (state_store_load(&im->store, r->state, &im->left, ds))
		return -1;
	if (im->left.found && im->left.time)
		snprintf(im->stamp, sizeof(im->stamp), "%s/%zu", im->left.time,
			 json_array_size(im->left.records));
	boot_id_read(im->boot_id);
	gather_intents(r);
	record_broken_off(r);
	if (host_elsewhere(im->backend, r->state,
			   &(struct host_places){ r->state_dir,
						  r->opts.namespace,
						  spec_namespace(r->spec) },
			   &r->elsewhere, &r->in_cluster, ds))
		return -1;
	if (im->write) {
		sweep_groups(r);
		sweep_scratch(r);
	}
	if (r->spec && lockfile_load(r->spec->dir, &im->lock, ds))
		return -1;
	if (r->spec)
		lockfile_replay(&im->lock, im->left.records);
	return secret_key(r, false, ds);
}

int
run_claim_host(struct run *r, struct diags *ds)
{
	return host_claim(r->impl->backend, r->state_dir,
			  spec_namespace(r->spec), ds);
}

int
run_open(const struct run_opts *opts, const struct spec *spec,
	 const char *state_dir, bool write, struct run **out, struct diags *ds)
{
	struct run *r = xcalloc(1, sizeof(*r));
	struct backend_place place;
	CLEANUP(freep) char *store = store_dir();

	arena_init(&r->arena);
	r->opts = *opts;
	if (r->opts.parallelism == 0)
		r->opts.parallelism = DEFAULT_PARALLELISM;
	r->spec = spec;
	r->chain = spec ? spec->name : "";
	r->state_dir = arena_strdup(&r->arena, state_dir);
	r->places = places_in(&r->arena, state_dir);
	r->state = xcalloc(1, sizeof(*r->state));
	state_init(r->state);
	r->impl = xcalloc(1, sizeof(*r->impl));
	r->impl->write = write;
	r->impl->began = mono_ms();
	place = (struct backend_place){
		.state_dir = r->state_dir,
		.chain = r->chain,
		.spec_dir = spec ? spec->dir : "/",
		.store_dir = arena_strdup(&r->arena, store),
		.backend = spec ? spec->backend : NULL,
		.encryption = spec ? spec->encryption : NULL,
	};
	r->impl->backend = spec ? backend_open_named(&place, ds)
				: backend_open_here(r->state_dir);
	state_store_init(&r->impl->store, r->impl->backend);
	journal_left_init(&r->impl->left);
	if (!r->impl->backend || run_load(r, ds)) {
		run_close(r);
		*out = NULL;
		return -1;
	}
	*out = r;
	return 0;
}

void
run_close(struct run *r)
{
	if (!r)
		return;
	pool_free(r->pool);
	journal_free(r->impl->journal);
	state_done(r->state);
	free(r->state);
	json_decref(r->elsewhere);
	journal_left_done(&r->impl->left);
	lockfile_done(&r->impl->lock);
	backend_close(r->impl->backend);
	explicit_bzero(r->impl->key, sizeof(r->impl->key));
	json_decref(r->impl->action_args);
	free(r->impl);
	arena_done(&r->arena);
	free(r);
}

/* --- opl2.lock --- */

void
run_lock_put(struct run *r, const char *addr, const json_t *entry)
{
	if (r->spec)
		lockfile_set_resource(&r->impl->lock, addr, entry);
}

void
run_lock_move(struct run *r, const char *from, const char *to)
{
	if (r->spec && !r->opts.locked)
		lockfile_move(&r->impl->lock, from, to);
}

int
run_lock_save(struct run *r, struct diags *ds)
{
	if (!r->spec)
		return 0;
	if (!r->opts.locked)
		spec_pin(r->spec, &r->impl->lock);
	return lockfile_save(r->spec->dir, &r->impl->lock, ds);
}

/* --- workers --- */

static json_t *
env_msg(const struct run *r)
{
	CLEANUP(freep) char *store = store_dir();
	const struct spec *sp = r->spec;
	json_t *m = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b}", "type",
			      "env", "chain", r->chain, "spec_dir",
			      sp ? sp->dir : "/", "state_dir", r->state_dir,
			      "store_dir", store, "secrets", secret_values(r),
			      "locked", r->opts.locked);

	if (r->impl->backend->ops->settle)
		json_object_set_new(m, "shared", json_true());
	if (*r->impl->apply)
		json_object_set_new(m, "apply", json_string(r->impl->apply));
	if (sp && sp->registries)
		json_object_set(m, "registries", sp->registries);
	if (sp && sp->mirrors)
		json_object_set(m, "mirrors", sp->mirrors);
	if (sp && sp->limits)
		json_object_set(m, "limits", sp->limits);
	return m;
}

/* Workers read assets of the preset as files. */
static int
lay_assets(struct run *r, struct diags *ds)
{
	const char *dir = r->places->assets;
	const char *value;
	size_t i = 0, n;

	if (!r->spec || !r->impl->write)
		return 0;
	while ((value = spec_asset_next(r->spec, &i))) {
		const char *text = spec_asset(r->spec, value, &n);
		const char *sha = strchr(value, ':');
		CLEANUP(freep) char *path = NULL;

		if (!text || !sha)
			continue;
		path = xasprintf("%s/%.*s", dir, (int)strcspn(sha + 1, ":"),
				 sha + 1);
		if (file_exists(path))
			continue;
		if (file_mkdirs(dir, 0700, ds) ||
		    file_replace(path, text, n, 0600, ds))
			return -1;
	}
	return 0;
}

/* So that 'opl2 store gc' knows of this chain. */
static int
enter_store(const struct run *r, struct diags *ds)
{
	CLEANUP(freep) char *store = store_dir();

	return r->impl->write ? storeuse_enter(store, r->state_dir, ds) : 0;
}

int
run_need_pool(struct run *r, struct diags *ds)
{
	CLEANUP(freep) char *path = NULL;
	CLEANUP(put_json) json_t *env = NULL;
	struct pool_opts po = { .max = r->opts.parallelism, .lock_fd = -1 };

	if (r->pool)
		return 0;
	path = pool_worker_path(ds);
	if (!path || lay_assets(r, ds) || enter_store(r, ds))
		return -1;
	env = env_msg(r);
	po.path = path;
	po.env = env;
	po.lock_fd = r->impl->backend->ops->lease_fd(r->impl->backend);
	r->pool = pool_new(&po);
	return 0;
}
