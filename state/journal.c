/* Writing a journal; journal_read.c reads one. */
#include "state/journal.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/jx.h"
#include "engine/io/sumline.h"

#define FLUSH_AT (1u << 20) /* buffered bytes that are written unasked */

struct journal {
	struct state_backend *b; /* borrowed */
	struct buf pending;      /* appended, not yet written */
	uint64_t n;              /* records appended */
	uint64_t synced;         /* records on disk for certain */
	json_t *intents;         /* {ADDR: AHEAD}: has open ones; are they of
				    journal_ahead()? */
	json_t *pgroups;         /* {PGID: true}: has not ended */
	bool must;               /* what is buffered must be settled */
	bool begun;              /* the backend has it */
	bool broken;
};

static const char *
name_of(const struct journal *j)
{
	return j->b->ops->part_name(j->b, BACKEND_JOURNAL);
}

static int
broken(const struct journal *j, struct diags *ds)
{
	return diag_err(ds, "E0511",
			"cannot write to '%s' after a failed write",
			name_of(j));
}

/* A run that lost its lease writes nothing more: another may have begun. */
static int
still_ours(struct journal *j, struct diags *ds)
{
	if (j->b->leased && j->b->ops->renew(j->b, ds) < 0) {
		j->broken = true;
		return -1;
	}
	return 0;
}

/* Makes what is buffered durable. */
static int
flush(struct journal *j, struct diags *ds)
{
	const char *p = buf_str(&j->pending);
	int rc;

	if (still_ours(j, ds) < 0)
		return -1;
	rc = j->begun ? j->b->ops->journal_append(j->b, p, j->pending.n, ds)
		      : j->b->ops->journal_start(j->b, p, j->pending.n, ds);
	/* It may be there in part, and cannot be repeated. */
	if (rc != 0) {
		j->broken = true;
		return -1;
	}
	j->begun = true;
	buf_reset(&j->pending);
	j->synced = j->n;
	if (!j->must)
		return 0;
	j->must = false;
	rc = backend_settle(j->b, ds);
	j->broken = rc != 0;
	return rc ? -1 : 0;
}

/* Steals rec, an object with "op". */
static int
append(struct journal *j, json_t *rec, struct diags *ds)
{
	CLEANUP(freep) char *line = NULL;

	FAULT("journal.before_append");
	json_object_set_new(rec, "n", json_integer((json_int_t)j->n));
	json_object_set_new(rec, "s", json_integer((json_int_t)j->synced));
	line = sumline_make(rec);
	json_decref(rec);
	if (j->broken)
		return broken(j, ds);
	buf_adds(&j->pending, line);
	j->n++;
	return j->pending.n >= FLUSH_AT ? flush(j, ds) : 0;
}

static json_t *
record(const char *op)
{
	json_t *rec = json_object();

	json_object_set_new(rec, "op", json_string(op));
	return rec;
}

/* What became of an act is as grave as its intent. */
static void
close_intent(struct journal *j, const char *addr)
{
	j->must |= jx_bool(j->intents, addr, false);
	json_object_del(j->intents, addr);
}

static int
append_addr(struct journal *j, const char *op, const char *addr,
	    struct diags *ds)
{
	json_t *rec = record(op);

	json_object_set_new(rec, "addr", json_string(addr));
	close_intent(j, addr);
	return append(j, rec, ds);
}

int
journal_reserve(struct journal *j, struct diags *ds)
{
	if (j->broken)
		return broken(j, ds);
	/* Beginning one makes room; and one that cannot is not broken: what was
	 * reserved before is still good. */
	if (!j->begun)
		return 0;
	return j->b->ops->journal_reserve(j->b, j->pending.n, ds);
}

int
journal_intent(struct journal *j, const char *addr, const char *action,
	       const json_t *token, struct diags *ds)
{
	json_t *rec;

	if (journal_reserve(j, ds) < 0)
		return -1;
	rec = record("intent");
	json_object_set_new(rec, "addr", json_string(addr));
	json_object_set_new(rec, "action", json_string(action));
	if (token)
		json_object_set_new(rec, "token", jx_share(token));
	if (!jx_get(j->intents, addr))
		json_object_set_new(j->intents, addr, json_false());
	return append(j, rec, ds);
}

void
journal_ahead(struct journal *j, const char *addr)
{
	json_object_set_new(j->intents, addr, json_true());
	j->must = true;
}

int
journal_done(struct journal *j, const struct state_entry *e, const json_t *lock,
	     struct diags *ds)
{
	json_t *rec = record("done");

	json_object_set_new(rec, "object", entry_to_json(e));
	if (lock)
		json_object_set_new(rec, "lock", jx_share(lock));
	close_intent(j, e->addr);
	return append(j, rec, ds);
}

int
journal_moved(struct journal *j, const struct state_entry *e, const char *from,
	      struct diags *ds)
{
	json_t *rec = record("done");

	json_object_set_new(rec, "object", entry_to_json(e));
	json_object_set_new(rec, "from", json_string(from));
	close_intent(j, e->addr);
	if (jx_bool(j->intents, from, false))
		journal_ahead(j, e->addr);
	else if (jx_get(j->intents, from))
		json_object_set_new(j->intents, e->addr, json_false());
	return append(j, rec, ds) ? -1 : journal_forget(j, from, ds);
}

int
journal_gone(struct journal *j, const char *addr, struct diags *ds)
{
	return append_addr(j, "gone", addr, ds);
}

int
journal_forget(struct journal *j, const char *addr, struct diags *ds)
{
	return append_addr(j, "forget", addr, ds);
}

int
journal_none(struct journal *j, const char *addr, struct diags *ds)
{
	return append_addr(j, "none", addr, ds);
}

static const char *
pgid_text(pid_t pgid, char out[24])
{
	snprintf(out, 24, "%lld", (long long)pgid);
	return out;
}

int
journal_pgroup(struct journal *j, pid_t pgid, const char *boot_id,
	       uint64_t starttime, struct diags *ds)
{
	json_t *rec = record("pgroup");
	char name[24];

	json_object_set_new(rec, "pgid", json_integer(pgid));
	json_object_set_new(rec, "boot_id", json_string(boot_id));
	json_object_set_new(rec, "starttime",
			    json_integer((json_int_t)starttime));
	json_object_set_new(j->pgroups, pgid_text(pgid, name), json_true());
	return append(j, rec, ds);
}

int
journal_pgroup_end(struct journal *j, pid_t pgid, struct diags *ds)
{
	json_t *rec = record("pgroup_end");
	char name[24];

	json_object_set_new(rec, "pgid", json_integer(pgid));
	json_object_del(j->pgroups, pgid_text(pgid, name));
	return append(j, rec, ds);
}

int
journal_end(struct journal *j, struct diags *ds)
{
	return append(j, record("end"), ds);
}

bool
journal_pending(const struct journal *j)
{
	return j->synced < j->n;
}

bool
journal_settled(const struct journal *j)
{
	return !j->broken && !journal_pending(j) &&
	       json_object_size(j->intents) == 0 &&
	       json_object_size(j->pgroups) == 0;
}

int
journal_sync(struct journal *j, struct diags *ds)
{
	if (j->broken)
		return broken(j, ds);
	return journal_pending(j) ? flush(j, ds) : 0;
}

void
journal_free(struct journal *j)
{
	if (!j)
		return;
	buf_done(&j->pending);
	json_decref(j->intents);
	json_decref(j->pgroups);
	free(j);
}

static int
append_begin(struct journal *j, const struct state *s, const char *command,
	     const char *time, struct diags *ds)
{
	json_t *rec = record("begin");

	json_object_set_new(rec, "version", json_integer(JOURNAL_FORMAT));
	json_object_set_new(rec, "lineage", json_string(s->lineage));
	json_object_set_new(rec, "serial", json_integer((json_int_t)s->serial));
	json_object_set_new(rec, "command", json_string(command));
	json_object_set_new(rec, "time", json_string(time));
	return append(j, rec, ds);
}

static int
append_carried(struct journal *j, const struct journal_left *carry,
	       struct diags *ds)
{
	for (size_t i = 0; i < carry->nintents; i++) {
		const struct left_intent *it = &carry->intents[i];

		if (journal_intent(j, it->addr, it->action, it->token, ds) < 0)
			return -1;
		journal_ahead(j, it->addr);
	}
	for (size_t i = 0; i < carry->npgroups; i++) {
		const struct left_pgroup *g = &carry->pgroups[i];

		if (journal_pgroup(j, g->pgid, g->boot_id, g->starttime, ds) <
		    0)
			return -1;
	}
	return 0;
}

struct journal *
journal_create(struct state_backend *b, const struct state *s,
	       const char *command, const char *time,
	       const struct journal_left *carry, struct diags *ds)
{
	struct journal *j = xcalloc(1, sizeof(*j));

	j->b = b;
	j->intents = json_object();
	j->pgroups = json_object();
	buf_init(&j->pending, LIM_STATE_BYTES);
	if (append_begin(j, s, command, time, ds) == 0 &&
	    (!carry || append_carried(j, carry, ds) == 0) &&
	    journal_sync(j, ds) == 0)
		return j;
	journal_free(j);
	return NULL;
}
