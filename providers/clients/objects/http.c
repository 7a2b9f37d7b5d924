/*
 * Objects in the one document of a server that speaks as Terraform's http
 * backend does (tfhttp.h):
 *
 *   {"objects": {NAME: {"data": base64, "version", "modified": unix}},
 *    "opl2_state": 1, "serial", "write", "lock", "lineage", "version"}
 *
 * The protocol has no conditions. What is done instead: a put takes the
 * server's lock, reads the document, looks at the condition, and writes the
 * whole; the lock is kept until the program ends, so that the next puts need
 * one request. The server refuses what has another ID than its lock's, and that
 * keeps a run out that has lost its turn. A server that does not refuse is
 * found out when the document is made (E0534). One that refuses while another
 * holds the lock, but not while nobody does, is not found out: there, a run
 * that lost its lock may still overwrite what came after it.
 *
 * The lock of a run that was killed stays. A put of `lease` whose condition
 * holds, of a caller that has looked who has it, ends the lock of the one who
 * wrote the document last. So does any put with a lock that was taken LOCK_S
 * ago without a write since.
 *
 * A write's answer that was lost is looked for: "write" is random and says
 * whose the document is. "serial" is one more each time, as GitLab wants. A
 * delete goes with the next write, or at the end.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/jx.h"
#include "providers/clients/objects/objects.h"
#include "providers/clients/objects/tfhttp.h"

#define DOC_MAX   (256u << 20)
#define FRESH_MS  500u   /* for a reader, who reads one after the other */
#define LOCKED_MS 20000u /* of one whose lock nobody ends so soon */
#define LOCK_S    60
#define TRIES     20u
#define NAP_MS    500u

struct place {
	struct objects base;
	struct tfhttp t;
	json_t *doc; /* NULL: to be read */
	uint64_t read_at;
	char lock[80]; /* "": not held */
	bool removed;  /* doc has no more what the server's still has */
};

#define SELF(o) ((struct place *)(o))

extern const struct objects_ops objects_http;

static struct objects *
http_open(const json_t *config, struct diags *ds)
{
	struct place *h = xcalloc(1, sizeof(*h));

	h->base.ops = &objects_http;
	if (tfhttp_open(&h->t, config, ds) < 0) {
		objects_http.close(&h->base);
		return NULL;
	}
	h->base.name = h->t.name;
	return &h->base;
}

/* --- the document --------------------------------------------------------- */

static void
forget(struct place *h)
{
	json_decref(TAKE(h->doc));
	h->removed = false;
}

static json_t *
objects_of(const struct place *h)
{
	return json_object_get(h->doc, "objects");
}

static json_t *
new_doc(void)
{
	char lineage[33];

	random_hex(lineage, 16);
	return json_pack("{s:{}, s:i, s:i, s:s, s:i}", "objects", "opl2_state",
			 1, "serial", 0, "lineage", lineage, "version", 4);
}

static enum object_result
not_ours(const struct place *h, struct diags *ds)
{
	diag_err(ds, "E0535", "%s has a document that is none of opl2's",
		 h->t.name);
	diag_hint(ds, "give 'backend' an address of its own; nothing was "
		      "changed");
	return OBJECT_FAILED;
}

/* Reads it unless it was read or written less than max_ms ago. */
static enum object_result
refresh(struct place *h, uint64_t max_ms, struct diags *ds)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(DOC_MAX);
	enum object_result rc;

	if (h->doc && boot_ms() - h->read_at < max_ms)
		return OBJECT_OK;
	forget(h);
	rc = tfhttp_get(&h->t, &text, ds);
	if (rc == OBJECT_NONE)
		h->doc = new_doc();
	else if (rc)
		return rc;
	else
		h->doc = jx_parse(text.p, text.n, "document", NULL);
	if (jx_int(h->doc, "opl2_state", 0) != 1 ||
	    !json_is_object(objects_of(h))) {
		forget(h);
		return not_ours(h, ds);
	}
	h->read_at = boot_ms();
	return OBJECT_OK;
}

/* Is the document the one that this write made? */
static bool
has_landed(struct place *h, const char *nonce)
{
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	return refresh(h, 0, &ignored) == OBJECT_OK &&
	       strcmp(jx_str(h->doc, "write", ""), nonce) == 0;
}

/* What was not written is forgotten. */
static enum object_result
write_doc(struct place *h, struct diags *ds)
{
	CLEANUP(diags_done) struct diags own;
	CLEANUP(freep) char *text = NULL;
	char nonce[33];
	bool again = false;
	enum object_result rc;

	diags_init(&own);
	random_hex(nonce, 16);
	json_object_set_new(h->doc, "write", json_string(nonce));
	json_object_set_new(h->doc, "lock", json_string(h->lock));
	json_object_set_new(h->doc, "serial",
			    json_integer(jx_int(h->doc, "serial", 0) + 1));
	text = jx_dump_line(h->doc);
	rc = tfhttp_put(&h->t, h->lock, text, strlen(text), &again, &own);
	if (rc && again && has_landed(h, nonce))
		rc = OBJECT_OK;
	if (rc == OBJECT_OK) {
		h->read_at = boot_ms();
		h->removed = false;
		return rc;
	}
	if (rc == OBJECT_CONFLICT)
		*h->lock = '\0';
	forget(h);
	diags_append(ds, &own);
	return rc;
}

/* --- the lock ------------------------------------------------------------- */

static const json_t *
find(const struct place *h, const char *name)
{
	return json_object_get(objects_of(h), name);
}

static bool
holds(const struct place *h, const char *name,
      const struct object_version *expect)
{
	const json_t *e = find(h, name);
	char now[32];

	snprintf(now, sizeof(now), "%lld", (long long)jx_int(e, "version", 0));
	return !expect || strcmp(expect->text, e ? now : "") == 0;
}

/* When a lock of ours was taken; -1: it is another program's. */
static int64_t
taken_at(const char *id)
{
	size_t n = strlen(TFHTTP_ID);

	return strncmp(id, TFHTTP_ID, n) == 0 ? strtoll(id + n, NULL, 10) : -1;
}

static void
new_id(const struct place *h, char *out, size_t n)
{
	char unique[33];

	random_hex(unique, 16);
	snprintf(out, n, TFHTTP_ID "%lld-%s", (long long)tfhttp_now(&h->t),
		 unique);
}

/* What its server does with a write of another ID than the lock's. */
static enum object_result
check_fence(struct place *h, struct diags *ds)
{
	CLEANUP(freep) char *text = jx_dump_line(h->doc);
	CLEANUP(diags_done) struct diags own;
	enum object_result rc;
	bool again;
	char id[80];

	diags_init(&own);
	new_id(h, id, sizeof(id));
	rc = tfhttp_put(&h->t, id, text, strlen(text), &again, &own);
	if (rc == OBJECT_UNREACHABLE)
		diags_append(ds, &own);
	if (rc != OBJECT_OK)
		return rc == OBJECT_UNREACHABLE ? rc : OBJECT_OK;
	diag_err(ds, "E0534",
		 "%s: the server takes a write although another holds the "
		 "lock",
		 h->t.name);
	diag_hint(ds, "two runs could pay twice there: use a server that "
		      "looks at the lock's ID");
	return OBJECT_FAILED;
}

static void
let_go(struct place *h)
{
	if (*h->lock)
		tfhttp_unlock(&h->t, h->lock);
	*h->lock = '\0';
}

/* With the lock: what is there now, and can it be kept safe? */
static enum object_result
settle_in(struct place *h, struct diags *ds)
{
	enum object_result rc = refresh(h, 0, ds);

	if (rc == OBJECT_OK && !json_object_size(objects_of(h)))
		rc = check_fence(h, ds);
	if (rc)
		let_go(h);
	return rc;
}

static enum object_result
held(const struct place *h, const char *holder, struct diags *ds)
{
	diag_err(ds, "E0507", "%s: the server's lock is held: %s", h->t.name,
		 *holder ? holder : "it does not say by whom");
	if (*holder && taken_at(holder) < 0)
		diag_hint(ds, "another program locked it, or somebody by "
			      "hand: unlock it there");
	else
		diag_hint(ds, "run the command again in a minute, or unlock "
			      "it at the server");
	return OBJECT_FAILED;
}

static bool
may_end(const struct place *h, const char *holder, const char *name,
	const struct object_version *expect)
{
	int64_t since = taken_at(holder);

	if (since < 0)
		return false;
	if (strcmp(holder, jx_str(h->doc, "lock", "")) == 0)
		return expect && strcmp(name, "lease") == 0;
	return tfhttp_now(&h->t) - since > LOCK_S;
}

/* One try: OBJECT_CONFLICT with *again when it was in another's hands. */
static enum object_result
try_lock(struct place *h, const char *name, const struct object_version *expect,
	 struct buf *holder, bool *again, struct diags *ds)
{
	enum object_result rc = refresh(h, 0, ds);
	char id[80];

	*again = false;
	if (rc)
		return rc;
	if (!holds(h, name, expect))
		return OBJECT_CONFLICT;
	new_id(h, id, sizeof(id));
	rc = tfhttp_lock(&h->t, id, holder, ds);
	if (rc == OBJECT_OK) {
		memcpy(h->lock, id, sizeof(id));
		return settle_in(h, ds);
	}
	if (rc != OBJECT_CONFLICT)
		return rc;
	if (!holder->n)
		buf_adds(holder, jx_str(h->doc, "lock", ""));
	if (may_end(h, buf_str(holder), name, expect))
		tfhttp_unlock(&h->t, buf_str(holder));
	*again = !holder->n || taken_at(buf_str(holder)) >= 0;
	return *again ? rc : held(h, buf_str(holder), ds);
}

/* Holds the lock, with a document that is up to date. */
static enum object_result
hold(struct place *h, const char *name, const struct object_version *expect,
     struct diags *ds)
{
	static const struct timespec nap = { .tv_nsec = NAP_MS * 1000000L };
	CLEANUP(buf_done) struct buf holder = BUF_INIT(1024);

	if (*h->lock)
		return refresh(h, LOCKED_MS, ds);
	for (unsigned i = 0; i < TRIES; i++) {
		bool again;
		enum object_result rc;

		if (i > 1) /* the second is after an end of the old lock */
			nanosleep(&nap, NULL);
		buf_reset(&holder);
		rc = try_lock(h, name, expect, &holder, &again, ds);
		if (!again)
			return rc;
	}
	return held(h, buf_str(&holder), ds);
}

/* --- objects -------------------------------------------------------------- */

static void
http_close(struct objects *o)
{
	struct place *h = SELF(o);
	CLEANUP(diags_done) struct diags ignored;

	diags_init(&ignored);
	if (*h->lock && h->doc && h->removed)
		(void)write_doc(h, &ignored);
	let_go(h);
	json_decref(h->doc);
	tfhttp_done(&h->t);
	free(h);
}

static void
set_version(struct object_version *v, const json_t *e)
{
	snprintf(v->text, sizeof(v->text), "%lld",
		 (long long)jx_int(e, "version", 0));
}

static enum object_result
http_get_object(struct objects *o, const char *name, struct object *out,
		struct diags *ds)
{
	struct place *h = SELF(o);
	enum object_result rc = refresh(h, *h->lock ? LOCKED_MS : FRESH_MS, ds);
	const json_t *e = rc ? NULL : find(h, name);
	const char *data = jx_str(e, "data", NULL);
	char *to;
	long n;

	if (rc)
		return rc;
	if (!e)
		return OBJECT_NONE;
	buf_reset(&out->data);
	to = buf_reserve(&out->data, data ? strlen(data) : 0);
	n = data && to ? base64_decode(data, (uint8_t *)to, strlen(data)) : -1;
	if (n < 0)
		return not_ours(h, ds);
	buf_filled(&out->data, (size_t)n);
	set_version(&out->version, e);
	out->modified = jx_int(e, "modified", 0);
	out->now = tfhttp_now(&h->t);
	return OBJECT_OK;
}

static json_t *
entry(const struct place *h, const void *p, size_t n)
{
	CLEANUP(freep) char *text = base64_text(p, n);

	/* Of no other object, earlier or later. */
	return json_pack("{s:s, s:I, s:I}", "data", text, "version",
			 (json_int_t)jx_int(h->doc, "serial", 0) + 1,
			 "modified", (json_int_t)tfhttp_now(&h->t));
}

static enum object_result
http_put_object(struct objects *o, const char *name, const void *p, size_t n,
		const struct object_version *expect, struct object_version *now,
		struct diags *ds)
{
	struct place *h = SELF(o);
	enum object_result rc = hold(h, name, expect, ds);

	if (rc)
		return rc;
	if (!holds(h, name, expect))
		return OBJECT_CONFLICT;
	json_object_set_new(objects_of(h), name, entry(h, p, n));
	rc = write_doc(h, ds);
	if (rc == OBJECT_OK && now)
		set_version(now, find(h, name));
	return rc;
}

static enum object_result
http_remove(struct objects *o, const char *name, struct diags *ds)
{
	struct place *h = SELF(o);
	enum object_result rc = hold(h, name, NULL, ds);

	if (rc == OBJECT_OK && json_object_del(objects_of(h), name) == 0)
		h->removed = true;
	return rc;
}

static enum object_result
http_list(struct objects *o, struct arena *a, const char *prefix,
	  const char *after, const char ***names, size_t *n, struct diags *ds)
{
	struct place *h = SELF(o);
	enum object_result rc = refresh(h, *h->lock ? LOCKED_MS : FRESH_MS, ds);
	const char *key;
	json_t *e;

	*n = 0;
	if (rc)
		return rc;
	*names = arena_alloc(a, (json_object_size(objects_of(h)) + 1) *
					sizeof(**names));
	json_object_foreach(objects_of(h), key, e)
		if (strncmp(key, prefix, strlen(prefix)) == 0 &&
		    (!after || strcmp(key, after) > 0))
			(*names)[(*n)++] = arena_strdup(a, key);
	objects_sort(*names, *n);
	return OBJECT_OK;
}

const struct objects_ops objects_http = {
	.name = "http",
	.open = http_open,
	.close = http_close,
	.get = http_get_object,
	.put = http_put_object,
	.list = http_list,
	.remove = http_remove,
};
