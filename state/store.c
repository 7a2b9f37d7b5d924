#include "state/store.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/jx.h"
#include "state/codec.h"
#include "state/rebase.h"

/* How often a reader starts over when a run ends under its eyes. */
#define READ_TRIES 5

void
state_store_init(struct state_store *st, struct state_backend *b)
{
	*st = (struct state_store){ .b = b };
}

static const char *
name_of(const struct state_store *st, enum backend_part part)
{
	return st->b->ops->part_name(st->b, part);
}

int
state_store_load_generation(struct state_store *st, uint64_t serial,
			    struct state *s, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_STATE_BYTES);
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep)
	char *name = xasprintf("%s/%llu.json", name_of(st, BACKEND_HISTORY),
			       (unsigned long long)serial);

	if (st->b->ops->read_generation(st->b, serial, &text, ds) != 0)
		return -1;
	j = jx_parse(buf_str(&text), text.n, name, ds);
	return j ? state_decode(j, name, s, ds) : -1;
}

static bool
loads(struct state_store *st, uint64_t serial)
{
	struct diags ds;
	struct state s;
	int rc;

	diags_init(&ds);
	state_init(&s);
	rc = state_store_load_generation(st, serial, &s, &ds);
	state_done(&s);
	diags_done(&ds);
	return rc == 0;
}

static void
hint_restore(struct state_store *st, uint64_t serial, struct diags *ds)
{
	CLEANUP(freep) char *cmd = st->b->ops->restore_command(st->b, serial);

	diag_hint(ds,
		  "the last good copy has serial %llu: copy '%s' back, then "
		  "run 'opl2 plan' to see how it differs",
		  (unsigned long long)serial, cmd);
}

/* Adds to the newest error how to get back to the newest good generation. */
static void
hint_backup(struct state_store *st, struct diags *ds)
{
	struct state_generation *gens;
	struct arena a;
	size_t n, i = 0;

	arena_init(&a);
	if (st->b->ops->generations(st->b, &a, &gens, &n, ds) == 0) {
		while (i < n && !loads(st, gens[i].serial))
			i++;
		if (i < n)
			hint_restore(st, gens[i].serial, ds);
		else
			diag_hint(ds,
				  "there is no good copy in '%s': restore the "
				  "state from a backup",
				  name_of(st, BACKEND_HISTORY));
	}
	arena_done(&a);
}

/* The document into s. A missing one is the empty state. */
static int
load_document(struct state_store *st, struct state *s, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_STATE_BYTES);
	CLEANUP(put_json) json_t *j = NULL;
	const char *name = name_of(st, BACKEND_DOCUMENT);
	int rc = st->b->ops->read(st->b, &text, &st->version, ds);

	st->known = rc >= 0;
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	j = jx_parse(buf_str(&text), text.n, name, NULL);
	if (!j) {
		diag_err(ds, "E0503",
			 "'%s' is incomplete: it was truncated or edited",
			 name);
	} else if (state_decode(j, name, s, ds) == 0) {
		/* The values are shared: these are the state's. */
		rebase(j, backend_moved(st->b));
		return 0;
	}
	if (ds->last && strcmp(ds->last->code, "E0505") != 0)
		hint_backup(st, ds);
	return -1;
}

/* Without a journal to explain it, generations without a state are a loss. */
static int
check_not_lost(struct state_store *st, struct diags *ds)
{
	struct state_generation *gens;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a);
	rc = st->b->ops->generations(st->b, &a, &gens, &n, ds);
	if (rc == 0 && n > 0) {
		rc = diag_err(ds, "E0513",
			      "'%s' is missing, but earlier generations exist",
			      name_of(st, BACKEND_DOCUMENT));
		hint_backup(st, ds);
	}
	arena_done(&a);
	return rc;
}

/* Brings the journal and the state it may belong to together. */
static int
join(struct state_store *st, struct state *s, struct journal_left *left,
     struct diags *ds)
{
	bool fresh = s->serial == 0;

	if (!left->found)
		return fresh ? check_not_lost(st, ds) : 0;
	if ((fresh && left->serial == 0) ||
	    (!strcmp(s->lineage, left->lineage) && s->serial == left->serial)) {
		bool was_dirty = s->dirty;

		s->dirty = false;
		memcpy(s->lineage, left->lineage,
		       strnlen(left->lineage, sizeof(s->lineage) - 1));
		if (journal_replay(left, s, ds) < 0)
			return -1;
		left->replayed = s->dirty;
		s->dirty |= was_dirty;
		return 0;
	}
	/* Folded, but the crash came before the journal was removed. */
	if (!strcmp(s->lineage, left->lineage) && s->serial == left->serial + 1)
		return 0;
	diag_err(ds, "E0509",
		 "'%s' does not belong to '%s': it starts at serial %llu, the "
		 "state has %llu",
		 name_of(st, BACKEND_JOURNAL), name_of(st, BACKEND_DOCUMENT),
		 (unsigned long long)left->serial,
		 (unsigned long long)s->serial);
	diag_hint(ds,
		  "restore the state with serial %llu from '%s', so that the "
		  "work of that run is not lost",
		  (unsigned long long)left->serial,
		  name_of(st, BACKEND_HISTORY));
	return -1;
}

/*
 * The journal is read before the state: when a run ends in between, the state
 * is one ahead and holds the journal's records already. Only when still more
 * happens in between, the two do not fit, and another try will see them fit.
 */
int
state_store_load(struct state_store *st, struct state *s,
		 struct journal_left *left, struct diags *ds)
{
	struct journal_left own;
	int rc = -1;

	journal_left_init(&own);
	for (int try = 0; try < READ_TRIES; try++) {
		journal_left_done(&own);
		journal_left_init(&own);
		state_done(s);
		state_init(s);
		if (journal_read(st->b, &own, ds) < 0 ||
		    load_document(st, s, ds) < 0)
			goto out;
		if (!own.found || s->serial <= own.serial + 1)
			break;
	}
	rebase(own.records, backend_moved(st->b));
	rc = join(st, s, &own, ds);
	if (rc == 0 && left) {
		journal_left_done(left);
		*left = own;
		journal_left_init(&own);
	}
out:
	journal_left_done(&own);
	return rc;
}

/* Was it written after all? */
static bool
is_there(struct state_store *st, const char *text, size_t n,
	 struct doc_version *version)
{
	CLEANUP(buf_done) struct buf there = BUF_INIT(LIM_STATE_BYTES);
	struct diags ignored;
	bool same;

	diags_init(&ignored);
	same = st->b->ops->read(st->b, &there, version, &ignored) == 0 &&
	       there.n == n && memcmp(there.p, text, n) == 0;
	diags_done(&ignored);
	return same;
}

static int
write_document(struct state_store *st, const json_t *doc, uint64_t serial,
	       struct diags *ds)
{
	CLEANUP(freep) char *text = jx_dump(doc);
	CLEANUP(diags_done) struct diags why;
	size_t n = strlen(text);
	struct doc_version now;
	int rc;

	diags_init(&why);
	rc = st->b->ops->write(st->b, text, n, serial,
			       st->known ? &st->version : NULL, &now, &why);
	if (rc == BACKEND_UNSURE && is_there(st, text, n, &now))
		rc = 0;
	if (rc == 0) {
		st->version = now;
		st->known = true;
	}
	if (rc != 0)
		diags_append(ds, &why);
	return rc == 0 ? 0 : -1;
}

int
state_store_commit(struct state_store *st, struct state *s, struct diags *ds)
{
	CLEANUP(put_json) json_t *doc = NULL;

	if (st->b->ops->prepare(st->b, ds) < 0)
		return -1;
	state_ensure_lineage(s);
	s->serial++;
	doc = state_encode(s, ds);
	if (!doc || write_document(st, doc, s->serial, ds) < 0) {
		s->serial--;
		return -1;
	}
	s->dirty = false;
	return 0;
}

struct journal *
state_store_begin(struct state_store *st, struct state *s,
		  const struct journal_left *left, const char *command,
		  const char *time, struct diags *ds)
{
	if (st->b->ops->prepare(st->b, ds) < 0)
		return NULL;
	if (left && left->replayed && state_store_commit(st, s, ds) < 0)
		return NULL;
	state_ensure_lineage(s);
	return journal_create(st->b, s, command, time, left, ds);
}

/* The journal of a run that is folded is cut to what is open. */
static int
cut_journal(struct state_store *st, const struct state *s, struct diags *ds)
{
	struct journal_left left;
	struct journal *j;
	int rc = -1;

	journal_left_init(&left);
	if (journal_read(st->b, &left, ds) < 0)
		goto out;
	if (left.nintents || left.npgroups) {
		j = journal_create(st->b, s, left.command, left.time, &left,
				   ds);
		rc = j ? 0 : -1;
		journal_free(j);
	} else {
		rc = st->b->ops->journal_remove(st->b, ds);
	}
out:
	journal_left_done(&left);
	return rc;
}

int
state_store_end(struct state_store *st, struct state *s, struct journal *j,
		struct diags *ds)
{
	bool settled;
	int rc = 0;

	if (journal_end(j, ds) < 0 || journal_sync(j, ds) < 0)
		rc = -1;
	settled = journal_settled(j);
	journal_free(j);
	FAULT("store.before_fold");
	/* Another run may have begun: what was done is in the journal. */
	if (st->b->leased && st->b->ops->renew(st->b, ds) < 0)
		return -1;
	/* A journal that broke is no reason not to save what was done. */
	if (s->dirty && state_store_commit(st, s, ds) < 0)
		return -1;
	FAULT("store.after_fold");
	if (settled ? st->b->ops->journal_remove(st->b, ds) < 0
		    : cut_journal(st, s, ds) < 0)
		return -1;
	FAULT("store.after_journal");
	return backend_settle(st->b, ds) ? -1 : rc;
}
