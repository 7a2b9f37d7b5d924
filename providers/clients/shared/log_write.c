/* The writing of a shared state's log. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/fault.h"
#include "engine/io/jx.h"
#include "providers/clients/shared/log_int.h"

static void
count_put(struct shared_log *l, enum object_result rc, size_t n)
{
	if (rc != OBJECT_OK)
		return;
	l->nput++;
	l->bytes_put += n;
}

/* There is one: it stays when its content is whole and the key is the one that
 * seals. A run that has lost its turn makes one at most where there is none. */
static enum object_result
replace_blob(struct shared_log *l, const char *name, const char *p, size_t n,
	     const struct buf *sealed, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	CLEANUP(buf_done) struct buf text = BUF_INIT(OBJECT_MAX);
	CLEANUP(diags_done) struct diags ignored;
	size_t key;
	enum object_result rc = l->o->ops->get(l->o, name, &o, ds);

	diags_init(&ignored);
	if (rc && rc != OBJECT_NONE)
		return rc;
	if (rc == OBJECT_OK &&
	    seal_unwrap(&l->seal, name, o.data.p, o.data.n, &text, &key,
			&ignored) == 0 &&
	    key == l->seal.use && text.n == n && memcmp(text.p, p, n) == 0)
		return OBJECT_OK;
	rc = objects_put_sure(l->o, name, sealed->p, sealed->n, &o.version,
			      NULL, ds);
	if (rc == OBJECT_CONFLICT) {
		(void)log_lost(l, ds);
		return OBJECT_FAILED;
	}
	count_put(l, rc, sealed->n);
	return rc;
}

enum object_result
log_put_blob(struct shared_log *l, const char *p, size_t n, char sum[65],
	     struct diags *ds)
{
	const struct object_version none = { "" };
	CLEANUP(buf_done) struct buf out = BUF_INIT(OBJECT_MAX);
	CLEANUP(freep) char *name = NULL;
	enum object_result rc = OBJECT_CONFLICT;
	const json_t *known;

	sha256_hex(p, n, sum);
	known = json_object_get(l->blobs, sum);
	if (json_is_true(known))
		return OBJECT_OK;
	name = xasprintf("blob/%s", sum);
	seal_wrap(&l->seal, name, p, n, &out);
	if (out.over) {
		diag_err(ds, "E0539",
			 "a file of %zu bytes is too large for a "
			 "shared state",
			 n);
		return OBJECT_FAILED;
	}
	if (!known) {
		rc = l->o->ops->put(l->o, name, out.p, out.n, &none, NULL, ds);
		count_put(l, rc, out.n);
	}
	if (rc == OBJECT_CONFLICT)
		rc = replace_blob(l, name, p, n, &out, ds);
	if (rc == OBJECT_OK)
		json_object_set_new(l->blobs, sum, json_true());
	return rc;
}

int
log_doubt_blobs(struct shared_log *l, struct diags *ds)
{
	const char **names;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a);
	json_object_clear(l->blobs);
	rc = l->o->ops->list(l->o, &a, "blob/", NULL, &names, &n, ds) ==
			     OBJECT_OK
		     ? 0
		     : -1;
	for (size_t i = 0; i < n; i++)
		json_object_set_new(l->blobs, names[i] + strlen("blob/"),
				    json_false());
	arena_done(&a);
	return rc;
}

static enum object_result
add_change(struct shared_log *l, const struct log_change *c, json_t *files,
	   struct buf *bytes, struct diags *ds)
{
	json_t *j = json_pack("{s:s}", "path", c->path);
	enum object_result rc = OBJECT_OK;
	char sum[65];

	if (!c->p) {
		json_object_set_new(j, "gone", json_true());
	} else if (c->at < 0 && c->n > BLOB_OVER) {
		rc = log_put_blob(l, c->p, c->n, sum, ds);
		json_object_set_new(j, "blob", json_string(sum));
	} else {
		buf_add(bytes, c->p, c->n);
	}
	if (c->at >= 0)
		json_object_set_new(j, "at", json_integer(c->at));
	if (strncmp(c->path, "history/", 8) == 0)
		json_object_set_new(j, "time", json_integer(c->time));
	if (c->p)
		json_object_set_new(j, "n", json_integer((json_int_t)c->n));
	json_array_append_new(files, j);
	return rc;
}

/* head has all but the files; stolen. */
static enum object_result
make_text(struct shared_log *l, json_t *head, const struct log_change *changes,
	  size_t n, const char *name, struct buf *out, struct diags *ds)
{
	CLEANUP(put_json) json_t *owned = head;
	CLEANUP(buf_done) struct buf bytes = BUF_INIT(OBJECT_MAX);
	CLEANUP(buf_done) struct buf text = BUF_INIT(OBJECT_MAX);
	CLEANUP(freep) char *line = NULL;
	json_t *files = json_array();
	enum object_result rc = OBJECT_OK;

	for (size_t i = 0; rc == OBJECT_OK && i < n; i++)
		rc = add_change(l, &changes[i], files, &bytes, ds);
	json_object_set_new(head, "files", files);
	/* Who has not read the log does not know them. */
	if (json_object_size(l->dirs))
		json_object_set(head, "dirs", l->dirs);
	line = jx_dump_line(head);
	buf_adds(&text, line);
	buf_addch(&text, '\n');
	buf_add(&text, buf_str(&bytes), bytes.n);
	if (rc == OBJECT_OK && (bytes.over || text.over)) {
		diag_err(ds, "E0539", "what is to be recorded is too large");
		return OBJECT_FAILED;
	}
	if (rc == OBJECT_OK)
		seal_wrap(&l->seal, name, text.p, text.n, out);
	return rc;
}

int
log_lost(const struct shared_log *l, struct diags *ds)
{
	diag_err(ds, "E0515", "%s: another run has taken the lease over",
		 l->o->name);
	diag_hint(ds, "this run stops; `opl2 plan` shows what the other did");
	return SHARED_LOST;
}

/* It is there; and did it come before any that another wrote? */
static int
added(struct shared_log *l, struct diags *ds)
{
	int rc = lease_confirm(l->lease, ds);

	l->tail++;
	l->segments++;
	snprintf(l->last, sizeof(l->last), "%s", l->lease->id);
	return rc == 0 ? SHARED_OK : rc == 2 ? SHARED_UNREACHABLE : -1;
}

int
log_add(struct shared_log *l, const char *kind,
	const struct log_change *changes, size_t n, struct diags *ds)
{
	const struct object_version none = { "" };
	CLEANUP(buf_done) struct buf out = BUF_INIT(OBJECT_MAX);
	CLEANUP(freep) char *name = log_segment_name(l->tail + 1);
	char nonce[17];
	enum object_result rc;

	random_hex(nonce, 8);
	rc = make_text(l,
		       json_pack("{s:s, s:s, s:s}", "kind", kind, "lease",
				 l->lease->id, "nonce", nonce),
		       changes, n, name, &out, ds);
	if (rc == OBJECT_OK)
		rc = objects_put_sure(l->o, name, out.p, out.n, &none, NULL,
				      ds);
	switch (rc) {
	case OBJECT_OK:
		return added(l, ds);
	case OBJECT_CONFLICT:
		return log_lost(l, ds);
	case OBJECT_UNREACHABLE:
		return SHARED_UNREACHABLE;
	default:
		return -1;
	}
}

/* {SHA256: true} of the large ones. */
static json_t *
names_of_blobs(const struct filemap *files)
{
	json_t *out = json_object();
	char sum[65];

	for (size_t i = 0; i < files->n; i++) {
		if (files->list[i].n <= BLOB_OVER)
			continue;
		sha256_hex(files->list[i].p, files->list[i].n, sum);
		json_object_set_new(out, sum, json_true());
	}
	return out;
}

static int
remove_objects(struct shared_log *l, const char **names, size_t n,
	       struct diags *ds)
{
	if (objects_remove(l->o, names, n, ds) != OBJECT_OK)
		return -1;
	l->nremoved += n;
	return 0;
}

static int
sweep_blobs(struct shared_log *l, const struct filemap *files, struct arena *a,
	    struct diags *ds)
{
	CLEANUP(put_json) json_t *named = names_of_blobs(files);
	const char **names;
	size_t n = 0, gone = 0;

	/* What another has put there since is not ours to remove. */
	if (l->o->ops->list(l->o, a, "blob/", NULL, &names, &n, ds) ||
	    lease_confirm(l->lease, ds))
		return -1;
	for (size_t i = 0; i < n; i++) {
		const char *sum = names[i] + strlen("blob/");

		if (json_object_get(named, sum))
			continue;
		json_object_del(l->blobs, sum);
		names[gone++] = names[i];
	}
	return remove_objects(l, names, gone, ds);
}

/* What base stands for now. The last segment stays: it says where the log
 * ends. */
static int
sweep(struct shared_log *l, const struct filemap *files, struct diags *ds)
{
	const char **names;
	struct arena a;
	uint64_t seq;
	size_t n = 0, gone = 0;
	int rc;

	arena_init(&a);
	rc = log_list_segments(l, &a, 0, &names, &n, ds);
	for (size_t i = 0; rc == 0 && i < n; i++)
		if (log_segment_number(names[i], &seq) == 0 && seq < l->tail)
			names[gone++] = names[i];
	if (rc == 0)
		rc = remove_objects(l, names, gone, ds);
	if (rc == 0)
		rc = sweep_blobs(l, files, &a, ds);
	arena_done(&a);
	return rc;
}

/* Which version base has, and which blobs there are. Who has lost the lease
 * finds a log that went on, and does not put its base in the place of a newer
 * one. */
int
log_learn(struct shared_log *l, struct diags *ds)
{
	uint64_t tail = l->tail;

	if (l->complete)
		return 0;
	l->listed = 0;
	if (log_read(l, ds) < 0)
		return -1;
	if (l->tail == tail)
		return 0;
	l->tail = tail;
	(void)log_lost(l, ds);
	return -1;
}

static int
put_base(struct shared_log *l, const struct filemap *files, struct diags *ds)
{
	struct log_change *all = xcalloc(files->n + 1, sizeof(*all));
	CLEANUP(buf_done) struct buf out = BUF_INIT(OBJECT_MAX);
	enum object_result rc;

	for (size_t i = 0; i < files->n; i++)
		all[i] = (struct log_change){ .path = files->list[i].path,
					      .p = files->list[i].p,
					      .n = files->list[i].n,
					      .time = files->list[i].time,
					      .at = -1 };
	rc = make_text(l,
		       json_pack("{s:s, s:s, s:I}", "kind", "base", "lease",
				 l->last, "seq", (json_int_t)l->tail),
		       all, files->n, "base", &out, ds);
	free(all);
	if (rc == OBJECT_OK)
		rc = objects_put_sure(l->o, "base", out.p, out.n,
				      &l->base_version, &l->base_version, ds);
	count_put(l, rc, out.n);
	if (rc == OBJECT_CONFLICT)
		(void)log_lost(l, ds);
	return rc == OBJECT_OK ? 0 : -1;
}

int
log_compact(struct shared_log *l, const struct filemap *files, struct diags *ds)
{
	if (log_learn(l, ds) < 0 || put_base(l, files, ds) < 0)
		return -1;
	FAULT("log.before_sweep");
	return sweep(l, files, ds);
}
