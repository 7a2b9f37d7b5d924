/*
 * A state that several machines share: its copy in the state folder is read and
 * written as `local` does it, and the keeper makes what was written durable in
 * the place that the spec names (providers/clients/shared).
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "state/backend.h"
#include "state/shared/keeper.h"

#define NAP_MS    1000u
#define SETTLE_MS 2000u /* how long what converges may wait */

struct pending { /* a file of the copy that is to be delivered */
	char *path;
	int64_t from, to;
};

struct shared_backend {
	struct state_backend base;
	struct state_backend *copy;
	struct backend_place place;
	struct keeper keeper;
	char *name; /* for messages */
	struct pending *pending;
	size_t npending;
	uint64_t oldest; /* mono_ms() of the first that is pending */
	json_t *moved;   /* of the keeper's last answer */
	int64_t journal; /* bytes in the journal */
};

#define SELF(b) ((struct shared_backend *)(b))
#define COPY(b) (((const struct shared_backend *)(b))->copy)

extern const struct backend_ops backend_shared;

/* "s3" and such: the one key of `backend:`. */
static const char *
kind_of(const struct backend_place *p)
{
	const char *key = "shared";
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)p->backend, key, v)
		break;
	return key;
}

static struct state_backend *
shared_open(const struct backend_place *p)
{
	struct shared_backend *s = xcalloc(1, sizeof(*s));

	*s = (struct shared_backend){ .base.ops = &backend_shared,
				      .copy = backend_open_local(p->state_dir),
				      .place = *p,
				      .keeper = KEEPER_INIT,
				      .name = xasprintf("the %s backend",
							kind_of(p)) };
	return &s->base;
}

static void
forget_pending(struct shared_backend *s)
{
	for (size_t i = 0; i < s->npending; i++)
		free(s->pending[i].path);
	free(TAKE(s->pending));
	s->npending = 0;
}

static void
shared_close(struct state_backend *b)
{
	struct shared_backend *s = SELF(b);

	keeper_stop(&s->keeper);
	backend_close(s->copy);
	forget_pending(s);
	json_decref(s->moved);
	json_decref(s->place.owned);
	free(s->name);
	free(s);
}

/* --- what is to be delivered ---------------------------------------------- */

static void
keep_range(struct shared_backend *s, const char *path, int64_t from, int64_t to)
{
	size_t i = 0;

	if (!s->npending)
		s->oldest = mono_ms();
	while (i < s->npending && strcmp(s->pending[i].path, path) != 0)
		i++;
	if (i == s->npending) {
		s->pending = xreallocarray(s->pending, s->npending + 1,
					   sizeof(*s->pending));
		s->pending[s->npending++] = (struct pending){
			.path = xstrdup(path), .from = from, .to = to
		};
		return;
	}
	if (from < 0 || s->pending[i].from > from)
		s->pending[i].from = from;
	s->pending[i].to = to;
}

static void
shared_keep(struct state_backend *b, const char *path, int64_t from)
{
	keep_range(SELF(b), path, from, -1);
}

static int
shared_settle(struct state_backend *b, struct diags *ds)
{
	struct shared_backend *s = SELF(b);
	json_t *files;

	if (!s->npending || !b->leased)
		return 0;
	files = json_array();
	for (size_t i = 0; i < s->npending; i++) {
		const struct pending *p = &s->pending[i];

		json_array_append_new(files, json_pack("[s, I, I]", p->path,
						       (json_int_t)p->from,
						       (json_int_t)p->to));
	}
	forget_pending(s);
	return keeper_ask(
		&s->keeper,
		json_pack("{s:s, s:o}", "do", "commit", "files", files), NULL,
		ds);
}

/* What only converges goes with the next that must, or after a while. */
static int
settle_old(struct shared_backend *s, struct diags *ds)
{
	return s->npending && mono_ms() - s->oldest >= SETTLE_MS
		       ? shared_settle(&s->base, ds)
		       : 0;
}

/* --- the lease ------------------------------------------------------------ */

static void
read_holder(const json_t *j, struct lease_holder *out)
{
	*out = (struct lease_holder){ 0 };
	out->pid = (pid_t)jx_int(j, "pid", 0);
	out->ended = jx_bool(j, "ended", false);
	snprintf(out->host, sizeof(out->host), "%s", jx_str(j, "host", ""));
	snprintf(out->command, sizeof(out->command), "%s",
		 jx_str(j, "command", ""));
	snprintf(out->since, sizeof(out->since), "%s", jx_str(j, "since", ""));
}

static int
refuse(const struct shared_backend *s, const json_t *holder, struct diags *ds)
{
	diag_err(ds, "E0507",
		 "'%s' holds the lease of %s: process %d on %s, "
		 "since %s",
		 jx_str(holder, "command", "another run"), s->name,
		 (int)jx_int(holder, "pid", 0), jx_str(holder, "host", "?"),
		 jx_str(holder, "since", "?"));
	diag_hint(ds,
		  "wait for it with -lock-timeout=2m; if it does not live "
		  "any more: opl2 force-unlock %s",
		  jx_str(holder, "id", "ID"));
	return -1;
}

static void
set_moved(struct shared_backend *s, const json_t *reply)
{
	json_decref(s->moved);
	s->moved = jx_share(jx_get(reply, "moved"));
}

/* Asks the keeper until it is ours or the time is over. */
static int
take_lease(struct shared_backend *s, const struct lease_claim *claim,
	   struct diags *ds)
{
	static const struct timespec nap = { .tv_sec = NAP_MS / 1000 };
	uint64_t start = mono_ms();

	for (;;) {
		CLEANUP(put_json) json_t *r = NULL;
		struct lease_holder h;
		int rc = keeper_ask(
			&s->keeper,
			json_pack("{s:s, s:s, s:s, s:b}", "do", "acquire",
				  "command", claim->command, "since",
				  claim->since, "reseals", claim->reseals),
			&r, ds);

		if (rc == 0)
			set_moved(s, r);
		if (rc <= 0)
			return rc;
		read_holder(jx_get(r, "holder"), &h);
		if (mono_ms() - start >= claim->timeout_ms ||
		    (claim->wait && !claim->wait(claim->arg, &h)))
			return refuse(s, jx_get(r, "holder"), ds);
		nanosleep(&nap, NULL);
	}
}

/* The folder's own lock comes first: it holds this machine's workers, too. */
static int
shared_acquire(struct state_backend *b, const struct lease_claim *claim,
	       struct diags *ds)
{
	struct shared_backend *s = SELF(b);

	if (s->copy->ops->acquire(s->copy, claim, ds) < 0)
		return -1;
	if (keeper_start(&s->keeper, &s->place, ds) < 0 ||
	    take_lease(s, claim, ds) < 0) {
		s->copy->ops->release(s->copy);
		return -1;
	}
	b->leased = true;
	return 0;
}

static int
shared_renew(struct state_backend *b, struct diags *ds)
{
	struct shared_backend *s = SELF(b);

	if (s->copy->ops->renew(s->copy, ds) < 0)
		return -1;
	return keeper_ask(&s->keeper, json_pack("{s:s}", "do", "renew"), NULL,
			  ds);
}

static bool
shared_holder(struct state_backend *b, struct lease_holder *out)
{
	struct shared_backend *s = SELF(b);
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(put_json) json_t *r = NULL;

	diags_init(&ignored);
	if (keeper_start(&s->keeper, &s->place, &ignored) < 0 ||
	    keeper_ask(&s->keeper, json_pack("{s:s}", "do", "holder"), &r,
		       &ignored) ||
	    !jx_get(r, "holder"))
		return s->copy->ops->holder(s->copy, out);
	read_holder(jx_get(r, "holder"), out);
	return true;
}

static void
shared_release(struct state_backend *b)
{
	struct shared_backend *s = SELF(b);
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	(void)shared_settle(b, &ignored);
	(void)keeper_ask(&s->keeper, json_pack("{s:s}", "do", "release"), NULL,
			 &ignored);
	s->copy->ops->release(s->copy);
	b->leased = false;
}

static int
shared_unlock(struct state_backend *b, const char *id, struct diags *ds)
{
	struct shared_backend *s = SELF(b);

	return keeper_start(&s->keeper, &s->place, ds) < 0
		       ? -1
		       : keeper_ask(&s->keeper,
				    json_pack("{s:s, s:s}", "do", "unlock",
					      "id", id),
				    NULL, ds);
}

static int
shared_adopt(struct state_backend *b, struct diags *ds)
{
	struct shared_backend *s = SELF(b);

	return keeper_start(&s->keeper, &s->place, ds) < 0
		       ? -1
		       : keeper_ask(&s->keeper,
				    json_pack("{s:s}", "do", "adopt"), NULL,
				    ds);
}

static int
shared_leave(struct state_backend *b, struct diags *ds)
{
	return keeper_ask(&SELF(b)->keeper, json_pack("{s:s}", "do", "leave"),
			  NULL, ds);
}

static int
shared_reseal(struct state_backend *b, json_t **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *r = NULL;

	if (keeper_ask(&SELF(b)->keeper, json_pack("{s:s}", "do", "reseal"), &r,
		       ds))
		return -1;
	*out = jx_share(jx_get(r, "resealed"));
	return 0;
}

static int
shared_lease_fd(const struct state_backend *b)
{
	return COPY(b)->ops->lease_fd(COPY(b));
}

/* A run of this machine that is under way is at least as new as the place. */
static int
shared_pull(struct state_backend *b, struct diags *ds)
{
	struct shared_backend *s = SELF(b);
	const struct lease_claim claim = { .command = "pull", .since = "" };
	CLEANUP(diags_done) struct diags busy;
	CLEANUP(put_json) json_t *r = NULL;
	int rc;

	diags_init(&busy);
	if (s->copy->ops->prepare(s->copy, ds) < 0)
		return -1;
	if (s->copy->ops->acquire(s->copy, &claim, &busy) < 0)
		return 0;
	rc = keeper_start(&s->keeper, &s->place, ds);
	if (rc == 0)
		rc = keeper_ask(&s->keeper, json_pack("{s:s}", "do", "pull"),
				&r, ds);
	if (rc == 0)
		set_moved(s, r);
	s->copy->ops->release(s->copy);
	return rc;
}

/* --- the copy ------------------------------------------------------------- */

static int
shared_prepare(struct state_backend *b, struct diags *ds)
{
	return COPY(b)->ops->prepare(COPY(b), ds);
}

static const json_t *
shared_moved(const struct state_backend *b)
{
	return ((const struct shared_backend *)b)->moved;
}

static const char *
shared_part_name(const struct state_backend *b, enum backend_part part)
{
	return COPY(b)->ops->part_name(COPY(b), part);
}

static char *
shared_restore_command(const struct state_backend *b, uint64_t serial)
{
	return COPY(b)->ops->restore_command(COPY(b), serial);
}

static int
shared_read(struct state_backend *b, struct buf *out,
	    struct doc_version *version, struct diags *ds)
{
	return COPY(b)->ops->read(COPY(b), out, version, ds);
}

static int
shared_generations(struct state_backend *b, struct arena *a,
		   struct state_generation **out, size_t *n, struct diags *ds)
{
	return COPY(b)->ops->generations(COPY(b), a, out, n, ds);
}

static bool
is_among(const struct state_generation *list, size_t n, uint64_t serial)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].serial == serial)
			return true;
	return false;
}

static void
keep_generation(struct state_backend *b, uint64_t serial)
{
	CLEANUP(freep)
	char *path = xasprintf("history/%llu.json", (unsigned long long)serial);

	shared_keep(b, path, -1);
}

/* Generations come and go with it. */
static int
shared_write(struct state_backend *b, const char *text, size_t n,
	     uint64_t serial, const struct doc_version *expect,
	     struct doc_version *now, struct diags *ds)
{
	struct state_generation *were, *are;
	size_t nwere, nare;
	struct arena a;
	int rc;

	arena_init(&a);
	rc = shared_generations(b, &a, &were, &nwere, ds);
	if (rc == 0)
		rc = COPY(b)->ops->write(COPY(b), text, n, serial, expect, now,
					 ds);
	if (rc == 0) {
		shared_keep(b, "state.json", -1);
		keep_generation(b, serial);
		rc = shared_generations(b, &a, &are, &nare, ds);
	}
	for (size_t i = 0; rc == 0 && i < nwere; i++)
		if (!is_among(are, nare, were[i].serial))
			keep_generation(b, were[i].serial);
	arena_done(&a);
	return rc;
}

static int
shared_read_generation(struct state_backend *b, uint64_t serial,
		       struct buf *out, struct diags *ds)
{
	return COPY(b)->ops->read_generation(COPY(b), serial, out, ds);
}

static int
shared_journal_read(struct state_backend *b, struct buf *out, struct diags *ds)
{
	return COPY(b)->ops->journal_read(COPY(b), out, ds);
}

static int
shared_journal_start(struct state_backend *b, const char *text, size_t n,
		     struct diags *ds)
{
	struct shared_backend *s = SELF(b);
	int rc = s->copy->ops->journal_start(s->copy, text, n, ds);

	if (rc)
		return rc;
	s->journal = (int64_t)n;
	keep_range(s, "journal", -1, s->journal);
	return settle_old(s, ds);
}

static int
shared_journal_append(struct state_backend *b, const char *text, size_t n,
		      struct diags *ds)
{
	struct shared_backend *s = SELF(b);
	int rc = s->copy->ops->journal_append(s->copy, text, n, ds);

	if (rc)
		return rc;
	keep_range(s, "journal", s->journal, s->journal + (int64_t)n);
	s->journal += (int64_t)n;
	return settle_old(s, ds);
}

static int
shared_journal_reserve(struct state_backend *b, size_t n, struct diags *ds)
{
	return COPY(b)->ops->journal_reserve(COPY(b), n, ds);
}

static int
shared_journal_remove(struct state_backend *b, struct diags *ds)
{
	int rc = COPY(b)->ops->journal_remove(COPY(b), ds);

	if (rc == 0)
		shared_keep(b, "journal", -1);
	return rc;
}

/* Those that are of this machine alone stay here. */
static bool
is_shared_blob(const char *name)
{
	return strcmp(name, "durations.json") != 0;
}

static int
shared_blob_read(struct state_backend *b, const char *name, struct buf *out,
		 struct diags *ds)
{
	return COPY(b)->ops->blob_read(COPY(b), name, out, ds);
}

static int
shared_blob_write(struct state_backend *b, const char *name, const char *p,
		  size_t n, struct diags *ds)
{
	int rc = COPY(b)->ops->blob_write(COPY(b), name, p, n, ds);

	if (rc == 0 && is_shared_blob(name))
		shared_keep(b, name, -1);
	return rc;
}

static int
shared_blob_remove(struct state_backend *b, const char *name, struct diags *ds)
{
	int rc = COPY(b)->ops->blob_remove(COPY(b), name, ds);

	if (rc == 0 && is_shared_blob(name))
		shared_keep(b, name, -1);
	return rc;
}

const struct backend_ops backend_shared = {
	.name = "shared",
	.open = shared_open,
	.close = shared_close,
	.prepare = shared_prepare,
	.part_name = shared_part_name,
	.restore_command = shared_restore_command,
	.acquire = shared_acquire,
	.renew = shared_renew,
	.holder = shared_holder,
	.release = shared_release,
	.unlock = shared_unlock,
	.adopt = shared_adopt,
	.leave = shared_leave,
	.reseal = shared_reseal,
	.lease_fd = shared_lease_fd,
	.read = shared_read,
	.write = shared_write,
	.generations = shared_generations,
	.read_generation = shared_read_generation,
	.journal_read = shared_journal_read,
	.journal_start = shared_journal_start,
	.journal_append = shared_journal_append,
	.journal_reserve = shared_journal_reserve,
	.journal_remove = shared_journal_remove,
	.pull = shared_pull,
	.keep = shared_keep,
	.moved = shared_moved,
	.settle = shared_settle,
	.blob_read = shared_blob_read,
	.blob_write = shared_blob_write,
	.blob_remove = shared_blob_remove,
};
