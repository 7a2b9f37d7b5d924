/*
 * Reading what a run left behind. The file may end in reserved space (zero
 * bytes) or in half a record; both are no damage, for nothing there was ever
 * promised. A write that was under way when the power went may also lack a
 * block in its middle, so bytes after a hole are looked at too: when one of
 * them says that the hole was on disk before, the disk has lost it.
 */
#include "state/journal.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/io/jx.h"
#include "engine/io/sumline.h"

void
journal_left_init(struct journal_left *left)
{
	*left = (struct journal_left){ 0 };
	arena_init(&left->arena);
}

void
journal_left_done(struct journal_left *left)
{
	json_decref(left->records);
	arena_done(&left->arena);
	*left = (struct journal_left){ 0 };
}

static int
journal_read_damaged(const char *path, size_t record, struct diags *ds)
{
	diag_err(ds, "E0508", "'%s' is damaged at record %zu", path, record);
	diag_hint(ds, "restore the file from a backup; without it opl2 does "
		      "not know what the last run did");
	return -1;
}

/*
 * Is what follows record number `good`, from p on, the end that a crash tears?
 * Not when it is a whole line of text (that was edited), nor when a later
 * record says that record `good` was on disk.
 */
static bool
is_torn(const char *p, const char *end, int64_t good)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	if (nl && !memchr(p, '\0', (size_t)(nl - p)))
		return false;
	while (nl) {
		const char *line = nl + 1;
		json_t *rec;
		int64_t on_disk;

		nl = memchr(line, '\n', (size_t)(end - line));
		if (!nl)
			break;
		rec = sumline_read(line, (size_t)(nl - line));
		on_disk = jx_int(rec, "s", 0);
		json_decref(rec);
		if (on_disk > good)
			return false;
	}
	return true;
}

/* Splits text into left->records, up to its end or the torn end. */
static int
parse_records(const char *p, size_t n, const char *path,
	      struct journal_left *left, struct diags *ds)
{
	const char *end = p + n;

	left->records = json_array();
	while (end > p && end[-1] == '\0')
		end--;
	while (p < end) {
		size_t good = json_array_size(left->records);
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		json_t *rec = nl ? sumline_read(p, (size_t)(nl - p)) : NULL;

		if (!rec && is_torn(p, end, (int64_t)good))
			return 0;
		if (!rec || jx_int(rec, "n", -1) != (int64_t)good) {
			json_decref(rec);
			return journal_read_damaged(path, good + 1, ds);
		}
		json_array_append_new(left->records, rec);
		p = nl + 1;
	}
	return 0;
}

static void
close_intents(struct journal_left *left, const char *addr)
{
	size_t kept = 0;

	for (size_t i = 0; i < left->nintents; i++) {
		if (strcmp(left->intents[i].addr, addr) != 0)
			left->intents[kept++] = left->intents[i];
	}
	left->nintents = kept;
}

static void
move_intents(struct journal_left *left, const char *from, const char *to)
{
	for (size_t i = 0; i < left->nintents; i++)
		if (strcmp(left->intents[i].addr, from) == 0)
			left->intents[i].addr = to;
}

static void
close_pgroup(struct journal_left *left, int64_t pgid)
{
	size_t kept = 0;

	for (size_t i = 0; i < left->npgroups; i++) {
		if (left->pgroups[i].pgid != pgid)
			left->pgroups[kept++] = left->pgroups[i];
	}
	left->npgroups = kept;
}

/* The address that a closing record is about, NULL for other records. */
static const char *
closes(const json_t *rec, const char *op)
{
	if (!strcmp(op, "done"))
		return jx_str(json_object_get(rec, "object"), "addr", NULL);
	if (!strcmp(op, "gone") || !strcmp(op, "forget") || !strcmp(op, "none"))
		return jx_str(rec, "addr", NULL);
	return NULL;
}

/* Takes one record into the lists of what is open. -1: unknown to us. */
static int
take_record(struct journal_left *left, const json_t *rec)
{
	const char *op = jx_str(rec, "op", ""), *addr = closes(rec, op);

	if (addr) {
		close_intents(left, addr);
		move_intents(left, jx_str(rec, "from", ""), addr);
	} else if (!strcmp(op, "intent")) {
		left->intents[left->nintents++] = (struct left_intent){
			.addr = jx_str(rec, "addr", ""),
			.action = jx_str(rec, "action", ""),
			.token = jx_get(rec, "token"),
		};
	} else if (!strcmp(op, "pgroup")) {
		/* It will be killed: 0 and 1 would be ourselves and all. */
		if (jx_int(rec, "pgid", 0) <= 1 ||
		    jx_int(rec, "pgid", 0) > INT32_MAX)
			return -1;
		left->pgroups[left->npgroups++] = (struct left_pgroup){
			.pgid = (pid_t)jx_int(rec, "pgid", 0),
			.boot_id = jx_str(rec, "boot_id", ""),
			.starttime = (uint64_t)jx_int(rec, "starttime", 0),
		};
	} else if (!strcmp(op, "pgroup_end")) {
		close_pgroup(left, jx_int(rec, "pgid", 0));
	} else if (!strcmp(op, "end")) {
		left->ended = true;
	} else {
		return -1;
	}
	return 0;
}

static int
take_begin(struct journal_left *left, const json_t *rec, const char *path,
	   struct diags *ds)
{
	int64_t version = jx_int(rec, "version", 0);
	int64_t serial = jx_int(rec, "serial", -1);

	if (version > JOURNAL_FORMAT) {
		diag_err(ds, "E0512", "'%s' was written by a newer opl2", path);
		diag_hint(ds, "use that release or a newer one");
		return -1;
	}
	left->lineage = jx_str(rec, "lineage", NULL);
	left->command = jx_str(rec, "command", "");
	left->time = jx_str(rec, "time", "");
	if (strcmp(jx_str(rec, "op", ""), "begin") != 0 || version < 1 ||
	    serial < 0 || !left->lineage)
		return journal_read_damaged(path, 1, ds);
	left->serial = (uint64_t)serial;
	left->found = true;
	return 0;
}

int
journal_read(struct state_backend *b, struct journal_left *left,
	     struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(LIM_STATE_BYTES);
	const char *path = b->ops->part_name(b, BACKEND_JOURNAL);
	int rc = b->ops->journal_read(b, &text, ds);
	size_t n;

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (parse_records(buf_str(&text), text.n, path, left, ds) < 0)
		return -1;
	/* It gets its name only when its beginning is on disk. */
	n = json_array_size(left->records);
	if (n == 0)
		return journal_read_damaged(path, 1, ds);
	if (take_begin(left, json_array_get(left->records, 0), path, ds) < 0)
		return -1;
	left->intents = arena_alloc(&left->arena, n * sizeof(*left->intents));
	left->pgroups = arena_alloc(&left->arena, n * sizeof(*left->pgroups));
	for (size_t i = 1; i < n; i++) {
		if (take_record(left, json_array_get(left->records, i)) < 0)
			return journal_read_damaged(path, i + 1, ds);
	}
	return 0;
}

int
journal_replay(const struct journal_left *left, struct state *s,
	       struct diags *ds)
{
	for (size_t i = 1; i < json_array_size(left->records); i++) {
		const json_t *rec = json_array_get(left->records, i);
		const char *op = jx_str(rec, "op", ""), *why;
		struct state_entry e;

		if (!strcmp(op, "gone") || !strcmp(op, "forget"))
			state_remove(s, jx_str(rec, "addr", ""));
		if (strcmp(op, "done") != 0)
			continue;
		if (entry_view(json_object_get(rec, "object"), &e, &why) < 0)
			return diag_err(ds, "E0508",
					"record %zu of the journal is not "
					"valid: %s",
					i + 1, why);
		state_put(s, &e);
		if (jx_get(rec, "from"))
			state_remove(s, jx_str(rec, "from", ""));
	}
	return 0;
}
