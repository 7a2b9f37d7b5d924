#include "providers/clients/shared/shared.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/shared/copy.h"
#include "providers/clients/shared/reseal.h"

#define COMPACT_AT 8 /* segments, at the end of a run */
#define REREADS    5

/* --- opening -------------------------------------------------------------- */

static int
check_moved(const struct shared *s, struct diags *ds)
{
	if (!s->log.moved)
		return 0;
	diag_err(ds, "E0543", "the state of %s was moved elsewhere",
		 s->o->name);
	diag_hint(ds, "take 'backend' from the newest spec");
	return -1;
}

int
shared_open_at(struct shared *s, struct objects *o,
	       const struct shared_opts *opts, struct diags *ds)
{
	*s = (struct shared){ .opts = *opts, .o = o, .lease.o = o };
	if (log_open(&s->log, o, &s->lease, opts->chain, ds) < 0 ||
	    check_moved(s, ds) < 0)
		return -1;
	return s->log.made ? shared_open_seal(s, ds) : 0;
}

int
shared_open(struct shared *s, const struct shared_opts *opts, struct diags *ds)
{
	struct objects *o = objects_open(opts->backend, ds);

	*s = (struct shared){ 0 };
	return o ? shared_open_at(s, o, opts, ds) : -1;
}

static void
add_dir(struct shared *s, const char *dir, const char *role)
{
	json_object_set_new(s->log.dirs, dir, json_string(role));
}

static void
add_own_dirs(struct shared *s)
{
	add_dir(s, s->opts.state_dir, "state");
	add_dir(s, s->opts.spec_dir, "spec");
	add_dir(s, s->opts.store_dir, "store");
}

json_t *
shared_moved(const struct shared *s)
{
	const struct shared_opts *o = &s->opts;
	json_t *out = json_object(), *v;
	const char *dir;

	json_object_foreach(s->log.dirs, dir, v) {
		const char *role = json_string_value(v);
		const char *mine = strcmp(role, "state") == 0   ? o->state_dir
				   : strcmp(role, "store") == 0 ? o->store_dir
								: o->spec_dir;

		if (strcmp(dir, mine) != 0)
			json_object_set_new(out, dir, json_string(mine));
	}
	return out;
}

void
shared_close(struct shared *s)
{
	log_done(&s->log);
	objects_close(s->o);
}

/* --- the copy ------------------------------------------------------------- */

/* A folder that is no copy yet and has a state: whose is it? */
static int
not_a_copy(const struct shared *s, struct diags *ds)
{
	diag_err(ds, "E0540", "'%s' has a state that is not a copy of %s",
		 s->opts.state_dir, s->o->name);
	diag_hint(ds, "`opl2 init -migrate-state` moves it there; or move the "
		      "folder away to use what is there");
	return -1;
}

static int
lay(struct shared *s, struct diags *ds)
{
	int rc = 1;

	for (unsigned i = 0; rc == 1 && i < REREADS; i++) {
		if (i > 0 && log_read(&s->log, ds) < 0)
			return -1;
		rc = copy_lay(&s->log, s->opts.state_dir, ds);
	}
	if (rc == 1)
		return diag_err(ds, "E0535", "%s: a large file is missing",
				s->o->name);
	return rc;
}

/* Others went on from what this copy is of. */
static int
supersede(struct shared *s, struct diags *ds)
{
	CLEANUP(freep) char *to = NULL;

	if (copy_set_aside(s->opts.state_dir, &to, ds) < 0)
		return -1;
	diag_warn(ds, "W0542",
		  "an earlier run of this machine did not end in order, and "
		  "another has gone on with %s since",
		  s->o->name);
	diag_hint(ds, "what that run left is kept in '%s'", to);
	return lay(s, ds);
}

/* For commands that read no spec; new reference. */
static json_t *
place_of(const struct shared *s)
{
	const struct shared_opts *o = &s->opts;
	json_t *place = json_pack("{s:s, s:s, s:s, s:O}", "chain", o->chain,
				  "spec_dir", o->spec_dir, "store_dir",
				  o->store_dir, "backend", o->backend);

	if (o->encryption)
		json_object_set_new(place, "encryption", shared_encryption(s));
	return place;
}

static int
mark(struct shared *s, bool dirty, struct diags *ds)
{
	CLEANUP(put_json) json_t *place = place_of(s);
	struct copy_mark m = { .seq = s->log.tail,
			       .dirty = dirty,
			       .dirs = s->log.dirs,
			       .place = place };

	snprintf(m.id, sizeof(m.id), "%s", s->log.id);
	snprintf(m.lease, sizeof(m.lease), "%s", s->lease.id);
	return copy_mark_write(s->opts.state_dir, &m, ds);
}

/* The spec may say it in another way by now. */
static int
renew_place(struct shared *s, const struct copy_mark *m, struct diags *ds)
{
	CLEANUP(put_json) json_t *place = place_of(s);

	return json_equal(place, m->place) ? 0 : mark(s, false, ds);
}

/* Brings the copy up to date. *left: it has what the place has not got. */
static int
catch_up(struct shared *s, bool *left, struct diags *ds)
{
	const char *dir = s->opts.state_dir;
	CLEANUP(copy_mark_done) struct copy_mark m = { 0 };
	uint64_t tail;
	int rc;

	*left = false;
	if (copy_mark_read(dir, &m, ds) < 0)
		return -1;
	if (m.there ? !s->log.made || strcmp(m.id, s->log.id) != 0
		    : copy_has_files(dir))
		return not_a_copy(s, ds);
	if (m.dirs)
		json_object_update(s->log.dirs, m.dirs);
	if (!s->log.made)
		return 0;
	if (m.there && !m.dirty) {
		if (log_find_tail(&s->log, &tail, ds) < 0)
			return -1;
		s->log.tail = tail;
		if (tail == m.seq)
			return renew_place(s, &m, ds);
	}
	if (log_read(&s->log, ds) < 0)
		return -1;
	if (m.dirty &&
	    (s->log.tail == m.seq || strcmp(s->log.last, m.lease) == 0)) {
		*left = true;
		return 0;
	}
	rc = m.dirty ? supersede(s, ds) : lay(s, ds);
	if (rc)
		return -1;
	return mark(s, false, ds);
}

int
shared_pull(struct shared *s, struct diags *ds)
{
	bool left;

	if (catch_up(s, &left, ds) < 0)
		return -1;
	shared_warn_key(s, ds);
	return 0;
}

/* Two first runs at once: one makes the place, the other finds it made. */
static int
make_or_join(struct shared *s, struct diags *ds)
{
	const struct shared_opts *o = &s->opts;
	int rc = log_make(&s->log, o->chain, o->encryption, o->spec_dir, ds);

	if (rc <= 0)
		return rc;
	log_done(&s->log);
	return log_open(&s->log, s->o, &s->lease, o->chain, ds) < 0
		       ? -1
		       : shared_open_seal(s, ds);
}

/* --- becoming the writer -------------------------------------------------- */

struct changes {
	struct log_change *list;
	size_t n;
};

static void
add_change(struct changes *c, const char *path, const struct shared_file *f)
{
	c->list = xreallocarray(c->list, c->n + 1, sizeof(*c->list));
	c->list[c->n++] = (struct log_change){ .path = path,
					       .p = f ? f->p : NULL,
					       .n = f ? f->n : 0,
					       .time = f ? f->time : 0,
					       .at = -1 };
}

/* The first segment of a run, with what the copy has and the place has not:
 * from now on another's writes fail. */
static int
begin(struct shared *s, bool left, struct diags *ds)
{
	CLEANUP(filemap_done) struct filemap have = { 0 };
	struct changes c = { 0 };
	int rc;

	if (left && filemap_read(&have, s->opts.state_dir, ds) < 0)
		return -1;
	for (size_t i = 0; i < have.n; i++)
		add_change(&c, have.list[i].path, &have.list[i]);
	for (size_t i = 0; left && i < s->log.files.n; i++)
		if (!filemap_find(&have, s->log.files.list[i].path))
			add_change(&c, s->log.files.list[i].path, NULL);
	rc = log_add(&s->log, "begin", c.list, c.n, ds);
	free(c.list);
	return rc;
}

/* With the lease in hand. 1: another wrote meanwhile. */
static int
take_over(struct shared *s, struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;
	bool left;
	int rc;

	diags_init(&own);
	if (catch_up(s, &left, ds) < 0 || (left && mark(s, true, ds) < 0))
		return -1;
	add_own_dirs(s);
	rc = begin(s, left, &own);
	if (rc == SHARED_LOST)
		return 1;
	diags_append(ds, &own);
	/* Not earlier: a clean copy that another's write comes before is only
	 * brought up to date. */
	return rc == SHARED_OK ? mark(s, true, ds) : -1;
}

/* What `format` said when the place was opened may be old: the lease may have
 * been waited for. */
static int
look_again(struct shared *s, struct diags *ds)
{
	return log_refresh(&s->log, s->opts.chain, ds) < 0 ||
			       check_moved(s, ds) < 0
		       ? -1
		       : shared_pick_key(s, ds);
}

static int
begin_run(struct shared *s, bool is_new, struct diags *ds)
{
	int rc = is_new ? 0 : look_again(s, ds);

	if (rc)
		return rc;
	for (unsigned i = 0; (rc = take_over(s, ds)) == 1 && i < REREADS; i++)
		;
	return rc == 1 ? diag_err(ds, "E0515", "%s: another run writes there",
				  s->o->name)
		       : rc;
}

int
shared_acquire(struct shared *s, const char *command, const char *since,
	       struct lease_seen *seen, struct diags *ds)
{
	bool is_new = !s->log.made;
	int rc;

	if (is_new && make_or_join(s, ds) < 0)
		return -1;
	if (lease_look(&s->lease, seen, ds) < 0)
		return -1;
	if (seen->held)
		return 1;
	snprintf(s->lease.command, sizeof(s->lease.command), "%s", command);
	snprintf(s->lease.since, sizeof(s->lease.since), "%s", since);
	rc = lease_take(&s->lease, seen, ds);
	if (rc)
		return rc;
	rc = begin_run(s, is_new, ds);
	if (rc)
		lease_give_back(&s->lease);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static const struct shared_write *
write_of(const struct shared_write *writes, size_t n, const char *path)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(writes[i].path, path) == 0)
			return &writes[i];
	return NULL;
}

/* Of a file that was found: all, or the part that is new. */
static void
add_written(struct changes *c, const struct shared_file *f,
	    const struct shared_write *w)
{
	struct log_change *one;

	add_change(c, f->path, f);
	one = &c->list[c->n - 1];
	if (w && w->to >= 0 && (size_t)w->to < one->n)
		one->n = (size_t)w->to;
	if (!w || w->from <= 0 || (size_t)w->from > one->n)
		return;
	one->at = w->from;
	one->p += w->from;
	one->n -= (size_t)w->from;
}

/* What is there of the paths, folders with all that is in them; the others are
 * gone. held keeps the contents. */
static int
collect(struct shared *s, const struct shared_write *writes, size_t n,
	struct filemap *held, struct changes *c, struct diags *ds)
{
	for (size_t i = 0; i < n; i++) {
		int rc = filemap_shares(writes[i].path)
				 ? filemap_add(held, s->opts.state_dir,
					       writes[i].path, ds)
				 : diag_err(ds, "E0600", "'%s' is not shared",
					    writes[i].path);

		if (rc < 0)
			return -1;
		if (rc == 1)
			add_change(c, writes[i].path, NULL);
	}
	for (size_t i = 0; i < held->n; i++)
		add_written(c, &held->list[i],
			    write_of(writes, n, held->list[i].path));
	return 0;
}

static int
no_more(const struct shared *s, struct diags *ds)
{
	return diag_err(ds, "E0530",
			"%s takes no more records of this run "
			"after a failed write",
			s->o->name);
}

int
shared_commit(struct shared *s, const struct shared_write *writes, size_t n,
	      struct diags *ds)
{
	CLEANUP(filemap_done) struct filemap held = { 0 };
	struct changes c = { 0 };
	int rc;

	if (s->broken)
		return no_more(s, ds);
	if (shared_renew(s, false, ds) < 0)
		return -1;
	/* A run writes the state with its own names for folders. */
	if (write_of(writes, n, "state.json")) {
		json_object_clear(s->log.dirs);
		add_own_dirs(s);
	}
	rc = collect(s, writes, n, &held, &c, ds);
	if (rc == 0)
		rc = log_add(&s->log, "write", c.list, c.n, ds);
	free(c.list);
	s->broken = rc != SHARED_OK;
	return rc == SHARED_OK ? 0 : -1;
}

int
shared_renew(struct shared *s, bool ask, struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;
	int rc;

	diags_init(&own);
	if (s->broken)
		return no_more(s, ds);
	if (!ask && !lease_is_due(&s->lease))
		return 0;
	rc = lease_renew(&s->lease, &own);
	if (rc == 0 || (rc == 2 && !lease_is_over(&s->lease)))
		return 0;
	s->broken = true;
	diags_append(ds, &own);
	return -1;
}

static void
compact(struct shared *s)
{
	CLEANUP(filemap_done) struct filemap have = { 0 };
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	/* What fails is left for the next run. */
	if (filemap_read(&have, s->opts.state_dir, &ignored) < 0 ||
	    log_compact(&s->log, &have, &ignored) < 0)
		return;
}

void
shared_release(struct shared *s)
{
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (!*s->lease.id)
		return;
	if (!s->broken && s->log.segments >= COMPACT_AT)
		compact(s);
	if (!s->broken)
		(void)mark(s, false, &ignored);
	lease_give_back(&s->lease);
}

int
shared_adopt(struct shared *s, struct diags *ds)
{
	struct copy_mark m;
	uint64_t tail = 0;

	if (copy_mark_read(s->opts.state_dir, &m, ds) < 0)
		return -1;
	copy_mark_done(&m);
	if (s->log.made && log_find_tail(&s->log, &tail, ds) < 0)
		return -1;
	if (m.there || tail) {
		diag_err(ds, "E0540", "%s",
			 m.there ? "this folder is a copy of a shared state "
				   "already"
				 : "the new place has a state already");
		diag_hint(ds, "give 'backend' another key");
		return -1;
	}
	if (!s->log.made && make_or_join(s, ds) < 0)
		return -1;
	return mark(s, true, ds);
}

int
shared_leave(struct shared *s, struct diags *ds)
{
	if (log_add(&s->log, "moved", NULL, 0, ds) != SHARED_OK ||
	    log_mark_moved(&s->log, ds) < 0)
		return -1;
	lease_give_back(&s->lease);
	return copy_mark_remove(s->opts.state_dir, ds);
}

int
shared_unlock(struct shared *s, const char *id, struct diags *ds)
{
	struct lease_seen seen;
	uint64_t tail;

	if (lease_look(&s->lease, &seen, ds) < 0)
		return -1;
	if (!seen.there || strcmp(seen.id, id) != 0) {
		diag_err(ds, "E0507", "%s has no lease '%s'", s->o->name, id);
		if (seen.held)
			diag_hint(ds, "it is held as %s", seen.id);
		return -1;
	}
	/* Without a segment of ours the old run's next would be accepted. */
	if (lease_take(&s->lease, &seen, ds) != 0)
		return ds->nerrors ? -1
				   : diag_err(ds, "E0507",
					      "%s: the lease has just changed",
					      s->o->name);
	if (log_find_tail(&s->log, &tail, ds) < 0)
		return -1;
	s->log.tail = tail;
	if (log_add(&s->log, "fence", NULL, 0, ds) != SHARED_OK)
		return -1;
	lease_give_back(&s->lease);
	return 0;
}
