#include "providers/clients/shared/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"

#define FORMAT    1
#define BLOB_OVER (64u << 10) /* larger files are objects of their own */
#define REREADS   5           /* while others make a new base */

static char *
segment_name(uint64_t seq)
{
	return xasprintf("log/%012" PRIu64, seq);
}

/* --- the format ----------------------------------------------------------- */

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
	snprintf(l->key, sizeof(l->key), "%s", jx_str(j, "key", ""));
	snprintf(l->id, sizeof(l->id), "%s", jx_str(j, "id", ""));
	return 0;
}

int
log_open(struct shared_log *l, struct objects *o, const char *chain,
	 struct diags *ds)
{
	CLEANUP(object_done) struct object f = OBJECT_INIT;

	*l = (struct shared_log){ .o = o,
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
		      "chain", chain, "salt", salt, "key",
		      l->seal.nkeys ? l->seal.ids[0] : "", "id", l->id);
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
	l->made = true;
	return check_conditions(l, text, strlen(text), ds);
}

int
log_mark_moved(struct shared_log *l, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;

	if (l->o->ops->get(l->o, "format", &o, ds) != OBJECT_OK)
		return -1;
	j = jx_parse(buf_str(&o.data), o.data.n, "format", ds);
	if (!j)
		return -1;
	json_object_set_new(j, "moved", json_true());
	text = jx_dump_line(j);
	return l->o->ops->put(l->o, "format", text, strlen(text), &o.version,
			      NULL, ds) == OBJECT_OK
		       ? 0
		       : -1;
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

static int
cut_short(const char *name, struct diags *ds)
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
set_content(struct shared_file *f, const char *p, size_t n)
{
	free(f->p);
	f->p = xmalloc(n + 1);
	memcpy(f->p, p, n);
	f->p[n] = '\0';
	f->n = n;
	*f->blob = '\0';
}

static int
append_content(struct shared_file *f, uint64_t at, const char *p, size_t n)
{
	char *more;

	if (!f || !f->p || f->n != at)
		return -1;
	more = xmalloc(f->n + n + 1);
	memcpy(more, f->p, f->n);
	memcpy(more + f->n, p, n);
	more[f->n + n] = '\0';
	free(f->p);
	f->p = more;
	f->n += n;
	return 0;
}

/* One file of a segment, whose bytes are at *p of *left. */
static int
apply_file(struct shared_log *l, const json_t *j, const char **p, size_t *left)
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
		snprintf(f->blob, sizeof(f->blob), "%s", blob);
		json_object_set_new(l->blobs, blob, json_true());
		return 0;
	}
	if (n > *left)
		return -1;
	if (jx_get(j, "at"))
		rc = append_content(filemap_find(m, path),
				    (uint64_t)jx_int(j, "at", 0), *p, n);
	else
		set_content(filemap_put(m, path), *p, n);
	*p += n;
	*left -= n;
	return rc;
}

static int
apply_text(struct shared_log *l, const char *name, const struct buf *text,
	   struct diags *ds)
{
	const char *nl = memchr(buf_str(text), '\n', text->n);
	size_t head = nl ? (size_t)(nl - text->p) : 0, i;
	size_t left = nl ? text->n - head - 1 : 0;
	CLEANUP(put_json)
	json_t *j = nl ? jx_parse(text->p, head, name, NULL) : NULL;
	const json_t *files = jx_get(j, "files");
	const char *p = nl ? nl + 1 : NULL;

	if (!files)
		return cut_short(name, ds);
	for (i = 0; i < json_array_size(files); i++)
		if (apply_file(l, json_array_get(files, i), &p, &left))
			return cut_short(name, ds);
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
static int
list_segments(struct shared_log *l, struct arena *a, uint64_t after,
	      const char ***names, size_t *n, struct diags *ds)
{
	CLEANUP(freep) char *from = segment_name(after);

	return l->o->ops->list(l->o, a, "log/", after ? from : NULL, names, n,
			       ds) == OBJECT_OK
		       ? 0
		       : -1;
}

static int
segment_number(const char *name, uint64_t *seq)
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
	rc = list_segments(l, &a, 0, &names, &n, ds);
	l->segments = n;
	for (size_t i = n; rc == 0 && i-- > 0 && !*tail;)
		(void)segment_number(names[i], tail);
	arena_done(&a);
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
	rc = list_segments(l, &a, l->base, &names, &n, ds);
	l->segments = n;
	for (size_t i = 0; rc == 0 && i < n; i++) {
		uint64_t seq = 0;

		if (segment_number(names[i], &seq) < 0 || seq <= l->tail)
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
		rc = read_segments(l, ds);
	}
	return rc > 0 ? cut_short("log", ds) : rc;
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
		return cut_short(name, ds);
	f->n = text.n;
	f->p = buf_take(&text);
	return 0;
}

/* --- writing -------------------------------------------------------------- */

/* A name that is its content: written over itself it stays what it is. */
static enum object_result
put_blob(struct shared_log *l, const char *p, size_t n, char sum[65],
	 struct diags *ds)
{
	CLEANUP(buf_done) struct buf out = BUF_INIT(OBJECT_MAX);
	CLEANUP(freep) char *name = NULL;
	enum object_result rc;

	sha256_hex(p, n, sum);
	if (json_object_get(l->blobs, sum))
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
	rc = l->o->ops->put(l->o, name, out.p, out.n, NULL, NULL, ds);
	if (rc == OBJECT_OK)
		json_object_set_new(l->blobs, sum, json_true());
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
		rc = put_blob(l, c->p, c->n, sum, ds);
		json_object_set_new(j, "blob", json_string(sum));
	} else {
		buf_add(bytes, c->p, c->n);
	}
	if (c->at >= 0)
		json_object_set_new(j, "at", json_integer(c->at));
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

static int
lost(const struct shared_log *l, struct diags *ds)
{
	diag_err(ds, "E0515", "%s: another run has taken the lease over",
		 l->o->name);
	diag_hint(ds, "this run stops; `opl2 plan` shows what the other did");
	return SHARED_LOST;
}

int
log_add(struct shared_log *l, const char *kind, const char *lease,
	const struct log_change *changes, size_t n, struct diags *ds)
{
	const struct object_version none = { "" };
	CLEANUP(buf_done) struct buf out = BUF_INIT(OBJECT_MAX);
	CLEANUP(freep) char *name = segment_name(l->tail + 1);
	char nonce[17];
	enum object_result rc;

	random_hex(nonce, 8);
	rc = make_text(l,
		       json_pack("{s:s, s:s, s:s}", "kind", kind, "lease",
				 lease, "nonce", nonce),
		       changes, n, name, &out, ds);
	if (rc == OBJECT_OK)
		rc = objects_put_sure(l->o, name, out.p, out.n, &none, NULL,
				      ds);
	switch (rc) {
	case OBJECT_OK:
		l->tail++;
		l->segments++;
		snprintf(l->last, sizeof(l->last), "%s", lease);
		return SHARED_OK;
	case OBJECT_CONFLICT:
		return lost(l, ds);
	case OBJECT_UNREACHABLE:
		return SHARED_UNREACHABLE;
	default:
		return -1;
	}
}

static bool
is_named(const struct filemap *files, const char *blob)
{
	char sum[65];

	for (size_t i = 0; i < files->n; i++) {
		if (files->list[i].n <= BLOB_OVER)
			continue;
		sha256_hex(files->list[i].p, files->list[i].n, sum);
		if (strcmp(sum, blob) == 0)
			return true;
	}
	return false;
}

/* What base stands for now. The last segment stays: it says where the log
 * ends. */
static void
sweep(struct shared_log *l, const struct filemap *files, struct arena *a,
      struct diags *ds)
{
	const char **names;
	uint64_t seq;
	size_t n = 0;

	if (list_segments(l, a, 0, &names, &n, ds) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		if (segment_number(names[i], &seq) == 0 && seq < l->tail)
			(void)l->o->ops->remove(l->o, names[i], ds);
	if (l->o->ops->list(l->o, a, "blob/", NULL, &names, &n, ds))
		return;
	for (size_t i = 0; i < n; i++) {
		if (is_named(files, names[i] + strlen("blob/")))
			continue;
		json_object_del(l->blobs, names[i] + strlen("blob/"));
		(void)l->o->ops->remove(l->o, names[i], ds);
	}
}

/* Its version, when the log was not read. */
static enum object_result
learn_base(struct shared_log *l, struct diags *ds)
{
	CLEANUP(object_done) struct object o = OBJECT_INIT;
	enum object_result rc;

	if (*l->base_version.text)
		return OBJECT_OK;
	rc = l->o->ops->get(l->o, "base", &o, ds);
	if (rc == OBJECT_OK)
		l->base_version = o.version;
	return rc == OBJECT_NONE ? OBJECT_OK : rc;
}

void
log_compact(struct shared_log *l, const struct filemap *files)
{
	struct log_change *all = xcalloc(files->n + 1, sizeof(*all));
	CLEANUP(diags_done) struct diags ignored;
	CLEANUP(buf_done) struct buf out = BUF_INIT(OBJECT_MAX);
	struct arena a;
	enum object_result rc;

	diags_init(&ignored);
	arena_init(&a);
	for (size_t i = 0; i < files->n; i++)
		all[i] = (struct log_change){ .path = files->list[i].path,
					      .p = files->list[i].p,
					      .n = files->list[i].n,
					      .at = -1 };
	rc = learn_base(l, &ignored);
	if (rc == OBJECT_OK)
		rc = make_text(l,
			       json_pack("{s:s, s:s, s:I}", "kind", "base",
					 "lease", l->last, "seq",
					 (json_int_t)l->tail),
			       all, files->n, "base", &out, &ignored);
	if (rc == OBJECT_OK)
		rc = l->o->ops->put(l->o, "base", out.p, out.n,
				    &l->base_version, &l->base_version,
				    &ignored);
	if (rc == OBJECT_OK)
		sweep(l, files, &a, &ignored);
	arena_done(&a);
	free(all);
}
