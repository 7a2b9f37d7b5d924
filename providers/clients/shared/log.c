#include "providers/clients/shared/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/clients/shared/log_int.h"

#define FORMAT  1
#define REREADS 5 /* while others make a new base */

char *
log_segment_name(uint64_t seq)
{
	return xasprintf("log/%012" PRIu64, seq);
}

/* --- the format ----------------------------------------------------------- */

static void
take_keys(struct shared_log *l, const json_t *format)
{
	l->changing = jx_get(format, "next");
	snprintf(l->key, sizeof(l->key), "%s", jx_str(format, "key", ""));
	snprintf(l->next, sizeof(l->next), "%s", jx_str(format, "next", ""));
}

static int
read_format(struct shared_log *l, const struct object *o, const char *chain,
	    struct diags *ds)
{
	CLEANUP(put_json)
	json_t *j = jx_parse(buf_str(&o->data), o->data.n, "format", NULL);
	const char *whose = jx_str(j, "chain", "");

	if (jx_int(j, "opl2_state", 0) != FORMAT ||
	    hex_decode(jx_str(j, "salt", ""), l->salt, SEAL_SALT) < 0) {
		diag_err(ds, "E0535",
			 "%s: 'format' is none that this release "
			 "of opl2 knows",
			 l->o->name);
		diag_hint(ds, "use another key, or a newer release");
		return -1;
	}
	if (strcmp(whose, chain) != 0) {
		diag_err(ds, "E0538", "%s has the state of the chain '%s'",
			 l->o->name, whose);
		diag_hint(ds, "this spec is '%s': give it a key of its own",
			  chain);
		return -1;
	}
	l->made = true;
	l->moved = jx_bool(j, "moved", false);
	take_keys(l, j);
	snprintf(l->id, sizeof(l->id), "%s", jx_str(j, "id", ""));
	return 0;
}

int
log_open(struct shared_log *l, struct objects *o, struct lease *lease,
	 const char *chain, struct diags *ds)
{
	CLEANUP(object_done) struct object f = OBJECT_INIT;

	*l = (struct shared_log){ .o = o,
				  .lease = lease,
				  .blobs = json_object(),
				  .dirs = json_object() };
	switch (o->ops->get(o, "format", &f, ds)) {
	case OBJECT_OK:
		return read_format(l, &f, chain, ds);
	case OBJECT_NONE:
		return 0;
	default:
		return -1;
	}
}

int
log_refresh(struct shared_log *l, const char *chain, struct diags *ds)
{
	CLEANUP(object_done) struct object f = OBJECT_INIT;
	char id[sizeof(l->id)];

	memcpy(id, l->id, sizeof(id));
	switch (l->o->ops->get(l->o, "format", &f, ds)) {
	case OBJECT_OK:
		if (read_format(l, &f, chain, ds) < 0)
			return -1;
		if (strcmp(id, l->id) == 0)
			return 0;
		break;
	case OBJECT_NONE:
		break;
	default:
		return -1;
	}
	return diag_err(ds, "E0535", "%s was made anew", l->o->name);
}

/* A server that does not know conditions would let two runs pay. */
static int
check_conditions(struct shared_log *l, const char *p, size_t n,
		 struct diags *ds)
{
	const struct object_version none = { "" };

	switch (l->o->ops->put(l->o, "format", p, n, &none, NULL, ds)) {
	case OBJECT_CONFLICT:
		return 0;
	case OBJECT_OK:
		diag_err(ds, "E0534",
			 "%s: the server overwrites an object although it was "
			 "asked not to (If-None-Match)",
			 l->o->name);
		diag_hint(ds, "two runs could pay twice there: use a server "
			      "with conditional writes");
		return -1;
	default:
		return -1;
	}
}

int
log_make(struct shared_log *l, const char *chain, const json_t *encryption,
	 const char *base, struct diags *ds)
{
	const struct object_version none = { "" };
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	char salt[2 * SEAL_SALT + 1];

	random_hex(salt, SEAL_SALT);
	random_hex(l->id, 16);
	hex_decode(salt, l->salt, SEAL_SALT);
	if (seal_open(&l->seal, chain, encryption, base, l->salt, ds) < 0)
		return -1;
	j = json_pack("{s:i, s:s, s:s, s:s, s:s}", "opl2_state", FORMAT,
		      "chain", chain, "salt", salt, "key", l->seal.ids[0], "id",
		      l->id);
	text = jx_dump_line(j);
	switch (objects_put_sure(l->o, "format", text, strlen(text), &none,
				 NULL, ds)) {
	case OBJECT_OK:
		break;
	case OBJECT_CONFLICT:
		return 1;
	default:
		return -1;
	}
	l->made = l->complete = true;
	take_keys(l, j);
	return check_conditions(l, text, strlen(text), ds);
}

/* The members of set (stolen) take the place of those that are there; null
 * removes one. */
static int
edit_format(struct shared_log *l, json_t *set, struct diags *ds)
{
	CLEANUP(put_json) json_t *owned = set;
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;
	const char *name;
	json_t *v;

	if (l->o->ops->get(l->o, "format", &o, ds) != OBJECT_OK)
		return -1;
	j = jx_parse(buf_str(&o.data), o.data.n, "format", ds);
	if (!j)
		return -1;
	json_object_foreach(set, name, v)
		if (json_is_null(v))
			json_object_del(j, name);
		else
			json_object_set(j, name, v);
	text = jx_dump_line(j);
	switch (objects_put_sure(l->o, "format", text, strlen(text), &o.version,
				 NULL, ds)) {
	case OBJECT_OK:
		take_keys(l, j);
		return 0;
	case OBJECT_CONFLICT:
		(void)log_lost(l, ds);
		return -1;
	default:
		return -1;
	}
}

int
log_mark_moved(struct shared_log *l, struct diags *ds)
{
	return edit_format(l, json_pack("{s:b}", "moved", 1), ds);
}

int
log_set_keys(struct shared_log *l, const char *key, const char *next,
	     struct diags *ds)
{
	return edit_format(
		l, json_pack("{s:s, s:s?}", "key", key, "next", next), ds);
}

void
log_done(struct shared_log *l)
{
	seal_done(&l->seal);
	filemap_done(&l->files);
	json_decref(l->blobs);
	json_decref(l->dirs);
}

/* --- reading -------------------------------------------------------------- */

int
log_cut_short(const char *name, struct diags *ds)
{
	diag_err(ds, "E0535",
		 "the object '%s' of the shared state is damaged: "
		 "it does not fit what is before it",
		 name);
	diag_hint(ds, "bring back an earlier version of it, if the bucket "
		      "keeps versions; nothing was changed");
	return -1;
}

static void
set_content(struct shared_file *f, const char *p, size_t n, int64_t time)
{
	free(f->p);
	f->p = xmalloc(n + 1);
	memcpy(f->p, p, n);
	f->p[n] = '\0';
	f->n = n;
	f->time = time;
	*f->blob = '\0';
}

static int
append_content(struct shared_file *f, uint64_t at, const char *p, size_t n)
{
	if (!f || !f->p || f->n != at)
		return -1;
	f->p = xrealloc(f->p, f->n + n + 1);
	memcpy(f->p + f->n, p, n);
	f->n += n;
	f->p[f->n] = '\0';
	*f->blob = '\0';
	return 0;
}

/* One file of a segment, whose bytes are at *p of *left. 1: the blob that it
 * goes on from went while we read; -1 without a diagnostic, or with that of the
 * blob. */
static int
apply_file(struct shared_log *l, const json_t *j, const char **p, size_t *left,
	   struct diags *ds)
{
	struct filemap *m = &l->files;
	const char *path = jx_str(j, "path", ""), *blob;
	size_t n = (size_t)jx_int(j, "n", 0);
	int rc = 0;

	if (!filemap_shares(path))
		return -1;
	if (jx_bool(j, "gone", false)) {
		filemap_drop(m, path);
		return 0;
	}
	blob = jx_str(j, "blob", NULL);
	if (blob) {
		struct shared_file *f = filemap_put(m, path);

		free(TAKE(f->p));
		f->n = n;
		f->time = jx_int(j, "time", 0);
		snprintf(f->blob, sizeof(f->blob), "%s", blob);
		json_object_set_new(l->blobs, blob, json_true());
		return 0;
	}
	if (n > *left)
		return -1;
	if (jx_get(j, "at")) {
		struct shared_file *f = filemap_find(m, path);

		rc = f ? log_file(l, f, ds) : -1;
		if (rc == 0)
			rc = append_content(f, (uint64_t)jx_int(j, "at", 0), *p,
					    n);
	} else
		set_content(filemap_put(m, path), *p, n, jx_int(j, "time", 0));
	*p += n;
	*left -= n;
	return rc;
}

static int
apply_text(struct shared_log *l, const char *name, const struct buf *text,
	   struct diags *ds)
{
	const char *p = memchr(buf_str(text), '\n', text->n);
	CLEANUP(put_json) json_t *j = NULL;
	size_t said = ds->nerrors, left, i;
	const json_t *files;

	if (!p)
		return log_cut_short(name, ds);
	j = jx_parse(text->p, (size_t)(p - text->p), name, NULL);
	p++;
	left = text->n - (size_t)(p - text->p);
	files = jx_get(j, "files");
	if (!files)
		return log_cut_short(name, ds);
	for (i = 0; i < json_array_size(files); i++) {
		int rc = apply_file(l, json_array_get(files, i), &p, &left, ds);

		if (rc)
			return rc > 0 || ds->nerrors > said
				       ? rc
				       : log_cut_short(name, ds);
	}
	snprintf(l->last, sizeof(l->last), "%s", jx_str(j, "lease", ""));
	if (jx_get(j, "dirs")) {
		json_decref(l->dirs);
		l->dirs = json_deep_copy(jx_get(j, "dirs"));
	}
	if (strcmp(name, "base") == 0)
		l->base = l->tail = (uint64_t)jx_int(j, "seq", 0);
	return 0;
}

/* 0, 1: there is no such object, -1. */
static int
read_object(struct shared_log *l, const char *name,
	    struct object_version *version, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	CLEANUP(buf_done) struct buf text = BUF_INIT(OBJECT_MAX);

	switch (l->o->ops->get(l->o, name, &o, ds)) {
	case OBJECT_OK:
		break;
	case OBJECT_NONE:
		return 1;
	default:
		return -1;
	}
	if (version)
		*version = o.version;
	if (seal_unwrap(&l->seal, name, o.data.p, o.data.n, &text, NULL, ds) <
	    0)
		return -1;
	return apply_text(l, name, &text, ds);
}

/* The segments after `after`, in order, each one more than the one before. */
int
log_list_segments(struct shared_log *l, struct arena *a, uint64_t after,
		  const char ***names, size_t *n, struct diags *ds)
{
	CLEANUP(freep) char *from = log_segment_name(after);

	return l->o->ops->list(l->o, a, "log/", after ? from : NULL, names, n,
			       ds) == OBJECT_OK
		       ? 0
		       : -1;
}

int
log_segment_number(const char *name, uint64_t *seq)
{
	return strncmp(name, "log/", 4) == 0 &&
			       strspn(name + 4, "0123456789") == 12 &&
			       parse_u64(name + 4 + strspn(name + 4, "0"),
					 INT64_MAX, seq) == 0
		       ? 0
		       : -1;
}

int
log_find_tail(struct shared_log *l, uint64_t *tail, struct diags *ds)
{
	const char **names;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a);
	*tail = 0;
	rc = log_list_segments(l, &a, 0, &names, &n, ds);
	l->segments = n;
	for (size_t i = n; rc == 0 && i-- > 0 && !*tail;)
		(void)log_segment_number(names[i], tail);
	l->listed = *tail;
	arena_done(&a);
	return rc;
}

/* Up to the one that was found to be the last, which saves a list. As
 * read_segments(). */
static int
read_listed(struct shared_log *l, struct diags *ds)
{
	uint64_t last = l->listed;
	int rc = 0;

	l->listed = 0;
	while (rc == 0 && l->tail < last) {
		CLEANUP(freep) char *name = log_segment_name(l->tail + 1);

		rc = read_object(l, name, NULL, ds);
		if (rc == 0)
			l->tail++;
	}
	return rc;
}

/* 0, 1: a segment went while we read, so there is a newer base; -1. */
static int
read_segments(struct shared_log *l, struct diags *ds)
{
	const char **names;
	struct arena a;
	size_t n = 0;
	int rc;

	arena_init(&a);
	rc = log_list_segments(l, &a, l->base, &names, &n, ds);
	l->segments = n;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint64_t seq = 0;

		if (log_segment_number(names[i], &seq) < 0 || seq <= l->tail)
			continue;
		if (seq != l->tail + 1) {
			rc = 1;
			break;
		}
		rc = read_object(l, names[i], NULL, ds);
		if (rc == 0)
			l->tail = seq;
	}
	arena_done(&a);
	return rc;
}

int
log_read(struct shared_log *l, struct diags *ds)
{
	int rc = 1;

	for (unsigned i = 0; rc > 0 && i < REREADS; i++) {
		filemap_done(&l->files);
		l->tail = l->base = 0;
		*l->last = '\0';
		l->base_version = (struct object_version){ "" };
		if (read_object(l, "base", &l->base_version, ds) < 0)
			return -1;
		rc = l->listed ? read_listed(l, ds) : read_segments(l, ds);
	}
	l->complete = rc == 0;
	return rc > 0 ? log_cut_short("log", ds) : rc;
}

int
log_file(struct shared_log *l, struct shared_file *f, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	CLEANUP(buf_done) struct buf text = BUF_INIT(OBJECT_MAX);
	CLEANUP(freep) char *name = NULL;
	char sum[65];

	if (f->p)
		return 0;
	name = xasprintf("blob/%s", f->blob);
	switch (l->o->ops->get(l->o, name, &o, ds)) {
	case OBJECT_OK:
		break;
	case OBJECT_NONE:
		return 1;
	default:
		return -1;
	}
	if (seal_unwrap(&l->seal, name, o.data.p, o.data.n, &text, NULL, ds) <
	    0)
		return -1;
	sha256_hex(buf_str(&text), text.n, sum);
	if (strcmp(sum, f->blob) != 0)
		return log_cut_short(name, ds);
	f->n = text.n;
	f->p = buf_take(&text);
	return 0;
}
