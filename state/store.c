#include "state/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "state/codec.h"

/* How often a reader starts over when a run ends under its eyes. */
#define READ_TRIES 5

void
state_store_init(struct state_store *st, const char *dir)
{
	*st = (struct state_store){
		.dir = xstrdup(dir),
		.state = path_join(dir, "state.json"),
		.history = path_join(dir, "history"),
		.journal = path_join(dir, "journal"),
		.lock = path_join(dir, "lock"),
	};
}

void
state_store_done(struct state_store *st)
{
	free(st->dir);
	free(st->state);
	free(st->history);
	free(st->journal);
	free(st->lock);
	*st = (struct state_store){ 0 };
}

int
state_store_prepare(const struct state_store *st, struct diags *ds)
{
	CLEANUP(freep) char *ignore = path_join(st->dir, ".gitignore");

	if (file_mkdirs(st->dir, 0700, ds) < 0 ||
	    file_mkdirs(st->history, 0700, ds) < 0)
		return -1;
	if (file_exists(ignore))
		return 0;
	return file_replace(ignore, "*\n", 2, 0600, ds);
}

static int
cmp_newest(const void *pa, const void *pb)
{
	const struct state_generation *a = pa, *b = pb;

	return (a->serial < b->serial) - (a->serial > b->serial);
}

/* The N of "N.json", or -1. */
static int
parse_name(const char *name, uint64_t *out)
{
	size_t n = strspn(name, "0123456789");
	CLEANUP(freep) char *digits = xstrndup(name, n);

	return strcmp(name + n, ".json") ? -1
					 : parse_u64(digits, INT64_MAX, out);
}

int
state_store_history(const struct state_store *st, struct arena *a,
		    struct state_generation **out, size_t *n, struct diags *ds)
{
	DIR *dir = opendir(st->history);
	CLEANUP(freep) struct state_generation *list = NULL;
	size_t count = 0;
	struct dirent *e;

	if (!dir && errno != ENOENT && errno != ENOTDIR)
		return diag_errno(ds, "E0501", "cannot read '%s'", st->history);
	while (dir && (e = readdir(dir))) {
		CLEANUP(freep) char *path = path_join(st->history, e->d_name);
		uint64_t serial;

		if (parse_name(e->d_name, &serial) < 0)
			continue;
		list = xreallocarray(list, count + 1, sizeof(*list));
		list[count].serial = serial;
		list[count++].path = arena_strdup(a, path);
	}
	if (dir)
		closedir(dir);
	*out = arena_alloc(a, (count + 1) * sizeof(**out));
	*n = count;
	if (count) {
		qsort(list, count, sizeof(*list), cmp_newest);
		memcpy(*out, list, count * sizeof(*list));
	}
	return 0;
}

int
state_store_load_file(const char *path, struct state *s, struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = jx_load_file(path, LIM_STATE_BYTES, ds);

	return j ? state_decode(j, path, s, ds) : -1;
}

static bool
loads(const char *path)
{
	struct diags ds;
	struct state s;
	int rc;

	diags_init(&ds);
	state_init(&s);
	rc = state_store_load_file(path, &s, &ds);
	state_done(&s);
	diags_done(&ds);
	return rc == 0;
}

/* Adds to the newest error how to get back to the newest good generation. */
static void
hint_backup(const struct state_store *st, struct diags *ds)
{
	struct state_generation *gens;
	struct arena a;
	size_t n, i = 0;

	arena_init(&a);
	if (state_store_history(st, &a, &gens, &n, ds) == 0) {
		while (i < n && !loads(gens[i].path))
			i++;
		if (i < n)
			diag_hint(ds,
				  "the last good copy has serial %llu: "
				  "'cp %s %s', then 'opl2 plan' shows how it "
				  "differs from what is there",
				  (unsigned long long)gens[i].serial,
				  gens[i].path, st->state);
		else
			diag_hint(ds,
				  "no good copy is in '%s': restore it "
				  "from a backup of yours",
				  st->history);
	}
	arena_done(&a);
}

/* state.json into s. A missing file is the empty state. */
static int
load_document(const struct state_store *st, struct state *s, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_STATE_BYTES);
	CLEANUP(put_json) json_t *j = NULL;
	int rc = file_read_opt(st->state, &text, ds);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	j = jx_parse(buf_str(&text), text.n, st->state, NULL);
	if (!j)
		diag_err(ds, "E0503",
			 "'%s' is not whole: it was cut short or "
			 "edited",
			 st->state);
	else if (state_decode(j, st->state, s, ds) == 0)
		return 0;
	if (ds->last && strcmp(ds->last->code, "E0505") != 0)
		hint_backup(st, ds);
	return -1;
}

/* Without a journal to explain it, generations without a state are a loss. */
static int
check_not_lost(const struct state_store *st, struct diags *ds)
{
	struct state_generation *gens;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a);
	rc = state_store_history(st, &a, &gens, &n, ds);
	if (rc == 0 && n > 0) {
		rc = diag_err(ds, "E0513",
			      "'%s' is missing, but there are "
			      "earlier generations of it",
			      st->state);
		hint_backup(st, ds);
	}
	arena_done(&a);
	return rc;
}

/* Brings the journal and the state it may belong to together. */
static int
join(const struct state_store *st, struct state *s, struct journal_left *left,
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
		 "'%s' does not belong to '%s': it began at serial "
		 "%llu, the state has %llu",
		 st->journal, st->state, (unsigned long long)left->serial,
		 (unsigned long long)s->serial);
	diag_hint(ds,
		  "bring back the state with serial %llu from '%s', so that "
		  "what that run did is not lost",
		  (unsigned long long)left->serial, st->history);
	return -1;
}

/*
 * The journal is read before the state: when a run ends in between, the state
 * is one ahead and holds the journal's records already. Only when still more
 * happens in between, the two do not fit, and another try will see them fit.
 */
int
state_store_load(const struct state_store *st, struct state *s,
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
		if (journal_read(st->journal, &own, ds) < 0 ||
		    load_document(st, s, ds) < 0)
			goto out;
		if (!own.found || s->serial <= own.serial + 1)
			break;
	}
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

/* Removes the generations beyond STATE_KEEP; one that stays does no harm. */
static void
prune(const struct state_store *st, struct diags *ds)
{
	struct state_generation *gens;
	struct arena a;
	size_t n;

	arena_init(&a);
	if (state_store_history(st, &a, &gens, &n, ds) == 0) {
		for (size_t i = STATE_KEEP; i < n; i++)
			unlink(gens[i].path);
	}
	arena_done(&a);
}

/* Writes the document as a generation and as the state, in this order: the
 * newest generation is then never behind the state it backs up. */
static int
write_document(const struct state_store *st, const json_t *doc, uint64_t serial,
	       struct diags *ds)
{
	CLEANUP(freep)
	char *name = xasprintf("%llu.json", (unsigned long long)serial);
	CLEANUP(freep) char *path = path_join(st->history, name);
	CLEANUP(freep) char *text = jx_dump(doc);
	size_t n = strlen(text);

	if (file_replace(path, text, n, 0600, ds) < 0)
		return -1;
	FAULT("store.before_rename");
	if (file_replace(st->state, text, n, 0600, ds) < 0)
		return -1;
	FAULT("store.after_rename");
	return 0;
}

int
state_store_commit(const struct state_store *st, struct state *s,
		   struct diags *ds)
{
	CLEANUP(put_json) json_t *doc = NULL;

	if (state_store_prepare(st, ds) < 0)
		return -1;
	state_ensure_lineage(s);
	s->serial++;
	doc = state_encode(s, ds);
	if (!doc || write_document(st, doc, s->serial, ds) < 0) {
		s->serial--;
		return -1;
	}
	s->dirty = false;
	prune(st, ds);
	return 0;
}

struct journal *
state_store_begin(const struct state_store *st, struct state *s,
		  const struct journal_left *left, const char *command,
		  const char *time, struct diags *ds)
{
	if (state_store_prepare(st, ds) < 0)
		return NULL;
	if (left && left->replayed && state_store_commit(st, s, ds) < 0)
		return NULL;
	state_ensure_lineage(s);
	return journal_create(st->journal, s, command, time, left, ds);
}

/* The journal of a run that is folded: removed, or cut to what is open. */
static int
retire_journal(const struct state_store *st, const struct state *s,
	       struct diags *ds)
{
	struct journal_left left;
	struct journal *j;
	int rc = -1;

	journal_left_init(&left);
	if (journal_read(st->journal, &left, ds) < 0)
		goto out;
	if (left.nintents || left.npgroups) {
		j = journal_create(st->journal, s, left.command, left.time,
				   &left, ds);
		rc = j ? 0 : -1;
		journal_free(j);
	} else if (unlink(st->journal) < 0 && errno != ENOENT) {
		diag_errno(ds, "E0501", "cannot remove '%s'", st->journal);
	} else {
		rc = file_fsync_dir(st->dir, ds);
	}
out:
	journal_left_done(&left);
	return rc;
}

int
state_store_end(const struct state_store *st, struct state *s,
		struct journal *j, struct diags *ds)
{
	int rc = 0;

	if (journal_end(j, ds) < 0 || journal_sync(j, ds) < 0)
		rc = -1;
	journal_free(j);
	FAULT("store.before_fold");
	/* A journal that broke is no reason not to save what was done. */
	if (s->dirty && state_store_commit(st, s, ds) < 0)
		return -1;
	FAULT("store.after_fold");
	if (retire_journal(st, s, ds) < 0)
		return -1;
	FAULT("store.after_journal");
	return rc;
}
