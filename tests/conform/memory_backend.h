#ifndef OPL2_TESTS_CONFORM_MEMORY_BACKEND_H
#define OPL2_TESTS_CONFORM_MEMORY_BACKEND_H

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "engine/base/mem.h"
#include "state/backend.h"

/*
 * A backend that keeps everything in memory, as a server elsewhere would: any
 * number of clients of one struct memory, and faults that files do not have.
 */
enum memory_fault {
	MEMORY_FINE,
	MEMORY_TORN,       /* the next append stops in the middle */
	MEMORY_NO_ANSWER,  /* the next write is done, its answer is lost */
	MEMORY_UNREACHABLE /* nothing works */
};

struct memory {
	struct buf document, journal;
	bool has_document, has_journal;
	unsigned version;       /* of the document */
	json_t *generations;    /* {"SERIAL": text}, in order */
	json_t *blobs;          /* {NAME: text} */
	const void *lease;      /* the client that has it */
	struct lease_holder by; /* who had it last */
	enum memory_fault fault;
	unsigned writes; /* how often anything was written */
};

struct memory_client {
	struct state_backend base;
	struct memory *m;
};

#define MEM(b) (((struct memory_client *)(b))->m)

static inline void
memory_init(struct memory *m)
{
	*m = (struct memory){ .generations = json_object(),
			      .blobs = json_object() };
	buf_init(&m->document, 1u << 24);
	buf_init(&m->journal, 1u << 24);
}

static inline void
memory_done(struct memory *m)
{
	buf_done(&m->document);
	buf_done(&m->journal);
	json_decref(m->generations);
	json_decref(m->blobs);
}

static inline void
memory_close(struct state_backend *b)
{
	free(b);
}

static inline int
memory_reach(struct state_backend *b, struct diags *ds)
{
	return MEM(b)->fault == MEMORY_UNREACHABLE
		       ? diag_err(ds, "E0501", "the backend does not answer")
		       : 0;
}

/* For all that writes: 1 when the answer is lost on its way. */
static inline int
memory_write(struct state_backend *b)
{
	MEM(b)->writes++;
	if (MEM(b)->fault != MEMORY_NO_ANSWER)
		return 0;
	MEM(b)->fault = MEMORY_FINE;
	return 1;
}

static inline const char *
memory_part_name(const struct state_backend *b, enum backend_part part)
{
	(void)b;
	return part == BACKEND_DOCUMENT  ? "memory:state"
	       : part == BACKEND_HISTORY ? "memory:history"
					 : "memory:journal";
}

static inline char *
memory_restore_command(const struct state_backend *b, uint64_t serial)
{
	(void)b;
	return xasprintf("restore %llu", (unsigned long long)serial);
}

static inline int
memory_acquire(struct state_backend *b, const struct lease_claim *claim,
	       struct diags *ds)
{
	struct memory *m = MEM(b);

	if (memory_reach(b, ds) < 0)
		return -1;
	while (m->lease && m->lease != b) {
		if (!claim->wait || !claim->wait(claim->arg, &m->by))
			return diag_err(ds, "E0507", "'%s' holds the lock",
					m->by.command);
	}
	m->lease = b;
	m->by = (struct lease_holder){ 0 };
	snprintf(m->by.command, sizeof(m->by.command), "%s", claim->command);
	snprintf(m->by.since, sizeof(m->by.since), "%s", claim->since);
	b->leased = true;
	return 0;
}

static inline int
memory_renew(struct state_backend *b, struct diags *ds)
{
	if (memory_reach(b, ds) < 0)
		return -1;
	return MEM(b)->lease == b ? 0
				  : diag_err(ds, "E0515", "the lock is lost");
}

static inline bool
memory_holder(struct state_backend *b, struct lease_holder *out)
{
	*out = MEM(b)->by;
	return *out->command != '\0';
}

static inline void
memory_release(struct state_backend *b)
{
	if (MEM(b)->lease == b)
		MEM(b)->lease = NULL;
	b->leased = false;
}

static inline int
memory_lease_fd(const struct state_backend *b)
{
	(void)b;
	return -1;
}

static inline struct doc_version
memory_version(struct memory *m)
{
	struct doc_version v = { "" };

	if (m->has_document)
		snprintf(v.text, sizeof(v.text), "v%u", m->version);
	return v;
}

static inline int
memory_read(struct state_backend *b, struct buf *out,
	    struct doc_version *version, struct diags *ds)
{
	struct memory *m = MEM(b);

	if (memory_reach(b, ds) < 0)
		return -1;
	*version = memory_version(m);
	if (!m->has_document)
		return BACKEND_NONE;
	buf_add(out, buf_str(&m->document), m->document.n);
	return 0;
}

static inline int
memory_write_document(struct state_backend *b, const char *text, size_t n,
		      uint64_t serial, const struct doc_version *expect,
		      struct doc_version *now, struct diags *ds)
{
	struct memory *m = MEM(b);
	struct doc_version there = memory_version(m);
	CLEANUP(freep) char *key = NULL;

	if (memory_reach(b, ds) < 0)
		return -1;
	if (expect && strcmp(there.text, expect->text) != 0) {
		diag_err(ds, "E0514", "the state was changed");
		return BACKEND_CONFLICT;
	}
	key = xasprintf("%020llu", (unsigned long long)serial);
	json_object_set_new(m->generations, key, json_stringn(text, n));
	if (json_object_size(m->generations) > 10)
		json_object_del(
			m->generations,
			json_object_iter_key(json_object_iter(m->generations)));
	buf_reset(&m->document);
	buf_add(&m->document, text, n);
	m->has_document = true;
	m->version++;
	if (memory_write(b)) {
		diag_err(ds, "E0501", "the backend did not answer");
		return BACKEND_UNSURE;
	}
	*now = memory_version(m);
	return 0;
}

static inline int
memory_generations(struct state_backend *b, struct arena *a,
		   struct state_generation **out, size_t *n, struct diags *ds)
{
	json_t *all = MEM(b)->generations, *v;
	size_t i = *n = json_object_size(all);
	const char *key;

	*out = arena_alloc(a, (i + 1) * sizeof(**out));
	json_object_foreach(all, key, v) {
		(*out)[--i] = (struct state_generation){
			.serial = strtoull(key, NULL, 10), .time = 1
		};
	}
	return memory_reach(b, ds);
}

static inline int
memory_read_generation(struct state_backend *b, uint64_t serial,
		       struct buf *out, struct diags *ds)
{
	CLEANUP(freep)
	char *key = xasprintf("%020llu", (unsigned long long)serial);
	const json_t *v = json_object_get(MEM(b)->generations, key);

	if (memory_reach(b, ds) < 0)
		return -1;
	if (!v)
		return diag_err(ds, "E0501", "there is no generation %s", key);
	buf_add(out, json_string_value(v), json_string_length(v));
	return 0;
}

static inline int
memory_journal_read(struct state_backend *b, struct buf *out, struct diags *ds)
{
	if (memory_reach(b, ds) < 0)
		return -1;
	if (!MEM(b)->has_journal)
		return BACKEND_NONE;
	buf_add(out, buf_str(&MEM(b)->journal), MEM(b)->journal.n);
	return 0;
}

static inline int
memory_journal_append(struct state_backend *b, const char *text, size_t n,
		      struct diags *ds)
{
	struct memory *m = MEM(b);
	bool torn = m->fault == MEMORY_TORN;

	if (memory_reach(b, ds) < 0)
		return -1;
	buf_add(&m->journal, text, torn ? n / 2 : n);
	if (!memory_write(b) && !torn)
		return 0;
	m->fault = MEMORY_FINE;
	return diag_err(ds, "E0511", "the backend did not answer");
}

static inline int
memory_journal_start(struct state_backend *b, const char *text, size_t n,
		     struct diags *ds)
{
	if (memory_reach(b, ds) < 0)
		return -1;
	buf_reset(&MEM(b)->journal);
	MEM(b)->has_journal = true;
	return memory_journal_append(b, text, n, ds);
}

static inline int
memory_journal_reserve(struct state_backend *b, size_t n, struct diags *ds)
{
	(void)n;
	return memory_reach(b, ds);
}

static inline int
memory_journal_remove(struct state_backend *b, struct diags *ds)
{
	if (memory_reach(b, ds) < 0)
		return -1;
	MEM(b)->has_journal = false;
	return 0;
}

static inline int
memory_blob_read(struct state_backend *b, const char *name, struct buf *out,
		 struct diags *ds)
{
	const json_t *v = json_object_get(MEM(b)->blobs, name);

	if (memory_reach(b, ds) < 0)
		return -1;
	if (!v)
		return BACKEND_NONE;
	buf_add(out, json_string_value(v), json_string_length(v));
	return 0;
}

static inline int
memory_blob_write(struct state_backend *b, const char *name, const char *p,
		  size_t n, struct diags *ds)
{
	if (memory_reach(b, ds) < 0)
		return -1;
	json_object_set_new(MEM(b)->blobs, name, json_stringn(p, n));
	MEM(b)->writes++;
	return 0;
}

static inline int
memory_blob_remove(struct state_backend *b, const char *name, struct diags *ds)
{
	if (memory_reach(b, ds) < 0)
		return -1;
	json_object_del(MEM(b)->blobs, name);
	return 0;
}

static const struct backend_ops memory_ops = {
	.name = "memory",
	.close = memory_close,
	.prepare = memory_reach,
	.part_name = memory_part_name,
	.restore_command = memory_restore_command,
	.acquire = memory_acquire,
	.renew = memory_renew,
	.holder = memory_holder,
	.release = memory_release,
	.lease_fd = memory_lease_fd,
	.read = memory_read,
	.write = memory_write_document,
	.generations = memory_generations,
	.read_generation = memory_read_generation,
	.journal_read = memory_journal_read,
	.journal_start = memory_journal_start,
	.journal_append = memory_journal_append,
	.journal_reserve = memory_journal_reserve,
	.journal_remove = memory_journal_remove,
	.blob_read = memory_blob_read,
	.blob_write = memory_blob_write,
	.blob_remove = memory_blob_remove,
};

static inline struct state_backend *
memory_open(struct memory *m)
{
	struct memory_client *c = xcalloc(1, sizeof(*c));

	c->base.ops = &memory_ops;
	c->m = m;
	return &c->base;
}

#endif
