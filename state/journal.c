/* Writing a journal; journal_read.c reads one. */
#include "state/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/base/hash.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"

/* Free space there always is when an effect begins, and the step by which it
 * is made: enough for the records of all that runs at a time. */
#define SLACK    (256u << 10)
#define FLUSH_AT (1u << 20) /* buffered bytes that are written unasked */

struct journal {
	int fd;
	char *path;
	struct buf pending; /* appended, not yet written */
	off_t written;      /* bytes in the file */
	off_t reserved;     /* bytes that the file has room for */
	uint64_t n;         /* records appended */
	uint64_t synced;    /* records on disk for certain */
	bool broken;
};

static int
broken(const struct journal *j, struct diags *ds)
{
	return diag_err(ds, "E0511",
			"'%s' takes no more records after a failed write",
			j->path);
}

static int
write_failed(struct journal *j, struct diags *ds)
{
	j->broken = true;
	diag_errno(ds, "E0511", "cannot write '%s'", j->path);
	diag_hint(ds, "see to the disk; then run the command again, which "
		      "resumes from what was written");
	return -1;
}

/* Puts the buffered records into the file, without making them durable. */
static int
flush(struct journal *j, struct diags *ds)
{
	const char *p = buf_str(&j->pending);
	size_t n = j->pending.n;

	FAULT("journal.before_write");
	while (n > 0) {
		ssize_t got = pwrite(j->fd, p, n, j->written);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return write_failed(j, ds);
		p += got;
		n -= (size_t)got;
		j->written += got;
	}
	buf_reset(&j->pending);
	FAULT("journal.after_write");
	return 0;
}

/* Steals rec, an object with "op". */
static int
append(struct journal *j, json_t *rec, struct diags *ds)
{
	CLEANUP(freep) char *text = NULL;
	char sum[65];

	FAULT("journal.before_append");
	json_object_set_new(rec, "n", json_integer((json_int_t)j->n));
	json_object_set_new(rec, "s", json_integer((json_int_t)j->synced));
	text = jx_dump_line(rec);
	json_decref(rec);
	if (j->broken)
		return broken(j, ds);
	sha256_hex(text, strlen(text), sum);
	buf_addf(&j->pending, "%.8s %s\n", sum, text);
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

static int
append_addr(struct journal *j, const char *op, const char *addr,
	    struct diags *ds)
{
	json_t *rec = record(op);

	json_object_set_new(rec, "addr", json_string(addr));
	return append(j, rec, ds);
}

int
journal_reserve(struct journal *j, struct diags *ds)
{
	off_t need = j->written + (off_t)j->pending.n + SLACK;
	int err;

	if (j->broken)
		return broken(j, ds);
	if (need <= j->reserved)
		return 0;
	need += SLACK;
	do
		err = posix_fallocate(j->fd, j->reserved, need - j->reserved);
	while (err == EINTR);
	if (err) {
		/* Not broken: what was reserved before is still good. */
		errno = err;
		diag_errno(ds, "E0510", "no room for more records in '%s'",
			   j->path);
		diag_hint(ds, "free some space, then run the command again");
		return -1;
	}
	j->reserved = need;
	return 0;
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
	return append(j, rec, ds);
}

int
journal_done(struct journal *j, const struct state_entry *e, struct diags *ds)
{
	json_t *rec = record("done");

	json_object_set_new(rec, "object", entry_to_json(e));
	return append(j, rec, ds);
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

int
journal_pgroup(struct journal *j, pid_t pgid, const char *boot_id,
	       uint64_t starttime, struct diags *ds)
{
	json_t *rec = record("pgroup");

	json_object_set_new(rec, "pgid", json_integer(pgid));
	json_object_set_new(rec, "boot_id", json_string(boot_id));
	json_object_set_new(rec, "starttime",
			    json_integer((json_int_t)starttime));
	return append(j, rec, ds);
}

int
journal_pgroup_end(struct journal *j, pid_t pgid, struct diags *ds)
{
	json_t *rec = record("pgroup_end");

	json_object_set_new(rec, "pgid", json_integer(pgid));
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

int
journal_sync(struct journal *j, struct diags *ds)
{
	if (j->broken)
		return broken(j, ds);
	if (!journal_pending(j))
		return 0;
	if (flush(j, ds) < 0)
		return -1;
	/* A failed sync may have dropped the data: it cannot be repeated. */
	if (fdatasync(j->fd) < 0)
		return write_failed(j, ds);
	FAULT("journal.after_fsync");
	j->synced = j->n;
	return 0;
}

void
journal_free(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	buf_done(&j->pending);
	free(j->path);
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
	}
	for (size_t i = 0; i < carry->npgroups; i++) {
		const struct left_pgroup *g = &carry->pgroups[i];

		if (journal_pgroup(j, g->pgid, g->boot_id, g->starttime, ds) <
		    0)
			return -1;
	}
	return 0;
}

/* Moves the synced file tmp to its name, durably. */
static int
put_in_place(const char *tmp, const char *path, struct diags *ds)
{
	CLEANUP(freep) char *dir = xstrdup(path);
	char *slash = strrchr(dir, '/');

	if (slash)
		*slash = '\0';
	FAULT("journal.before_rename");
	if (rename(tmp, path) < 0)
		return diag_errno(ds, "E0511", "cannot replace '%s'", path);
	FAULT("journal.after_rename");
	return file_fsync_dir(slash ? dir : ".", ds);
}

struct journal *
journal_create(const char *path, const struct state *s, const char *command,
	       const char *time, const struct journal_left *carry,
	       struct diags *ds)
{
	CLEANUP(freep) char *tmp = xasprintf("%s.new", path);
	struct journal *j = xcalloc(1, sizeof(*j));

	j->path = xstrdup(path);
	buf_init(&j->pending, LIM_STATE_BYTES);
	/* A fixed name: what a crash left of an earlier try is overwritten. */
	j->fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (j->fd < 0) {
		diag_errno(ds, "E0511", "cannot make '%s'", path);
	} else if (journal_reserve(j, ds) == 0 &&
		   append_begin(j, s, command, time, ds) == 0 &&
		   (!carry || append_carried(j, carry, ds) == 0) &&
		   journal_sync(j, ds) == 0 &&
		   put_in_place(tmp, path, ds) == 0) {
		return j;
	} else {
		unlink(tmp);
	}
	journal_free(j);
	return NULL;
}
