#ifndef OPL2_PROVIDERS_CLIENTS_OBJECTS_OBJECTS_H
#define OPL2_PROVIDERS_CLIENTS_OBJECTS_OBJECTS_H

#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/http/http.h"

/*
 * Somewhere that keeps named objects for several machines: what a shared state
 * is kept in. The one promise that everything else rests on is that put() with
 * a condition is atomic; a delete needs none.
 *
 * Names are relative, of [a-z0-9._/-]. Objects are at most OBJECT_MAX bytes.
 */
#define OBJECT_MAX      (64u << 20)
#define OBJECTS_AT_ONCE 1000

enum object_result {
	OBJECT_OK = 0,
	OBJECT_NONE,        /* there is no such object; no diagnostic */
	OBJECT_CONFLICT,    /* the condition does not hold; no diagnostic */
	OBJECT_UNREACHABLE, /* E0530: nothing was heard; it may be written */
	OBJECT_FAILED /* refused, with a diagnostic: nothing was written */
};

/* What an object is told by: an entity tag or a revision. "" for none. */
struct object_version {
	char text[128];
};

struct object {
	struct buf data; /* at most OBJECT_MAX */
	struct object_version version;
	/* By the server's clock, in seconds since 1970; 0: it did not say. */
	int64_t modified, now;
};
#define OBJECT_INIT                                                            \
	{                                                                      \
		.data = BUF_INIT(OBJECT_MAX)                                   \
	}
void object_done(struct object *o); /* also for CLEANUP */

struct objects {
	const struct objects_ops *ops;
	const char *name; /* for messages, such as s3://BUCKET/KEY; owned */
};

struct objects_ops {
	const char *name; /* in `backend:` */
	/* config: as the schema of specs has it. NULL with a diagnostic. */
	struct objects *(*open)(const json_t *config, struct diags *ds);
	void (*close)(struct objects *o);
	enum object_result (*get)(struct objects *o, const char *name,
				  struct object *out, struct diags *ds);
	/* expect: NULL for any, "" only when there is none, else only while
	 * that is the version. Sets *now (may be NULL). */
	enum object_result (*put)(struct objects *o, const char *name,
				  const void *p, size_t n,
				  const struct object_version *expect,
				  struct object_version *now, struct diags *ds);
	/* The names that begin with prefix and are greater than `after` (may
	 * be NULL), in order, in the arena. */
	enum object_result (*list)(struct objects *o, struct arena *a,
				   const char *prefix, const char *after,
				   const char ***names, size_t *n,
				   struct diags *ds);
	/* One that is not there is fine. */
	enum object_result (*remove)(struct objects *o, const char *name,
				     struct diags *ds);
	/* Up to OBJECTS_AT_ONCE in one request; NULL where there is none. */
	enum object_result (*remove_all)(struct objects *o,
					 const char *const *names, size_t n,
					 struct diags *ds);
};

/* For implementations. E0530: the place was not heard; own has why, `check` is
 * the setting to look at. */
enum object_result objects_unheard(const char *name, enum http_result rc,
				   const struct diags *own, const char *check,
				   struct diags *ds);
/* The server's time, going on from its last answer's. */
struct server_clock {
	int64_t date; /* seconds since 1970; 0: it never said */
	uint64_t at;  /* boot_ms() */
};
void server_clock_set(struct server_clock *c, int64_t date);
int64_t server_clock_now(const struct server_clock *c);
void objects_sort(const char **names, size_t n);

/* config: `backend:` of a spec, one key that is not `local`. NULL with a
 * diagnostic. */
struct objects *objects_open(const json_t *backend, struct diags *ds);
void objects_close(struct objects *o);   /* NULL is fine */
void objects_closep(struct objects **o); /* for CLEANUP */

/* As ops->remove of each, in as few requests as the place takes. */
enum object_result objects_remove(struct objects *o, const char *const *names,
				  size_t n, struct diags *ds) MUST_CHECK;

/*
 * As ops->put with a condition, and sure of the end: when the answer was lost
 * or the condition does not hold, the object is read, and bytes that are ours
 * are a success. p must not be what another would write: have random bytes in
 * it.
 */
enum object_result objects_put_sure(struct objects *o, const char *name,
				    const void *p, size_t n,
				    const struct object_version *expect,
				    struct object_version *now,
				    struct diags *ds) MUST_CHECK;

#endif
