#ifndef OPL2_ENGINE_YAML_YAML_H
#define OPL2_ENGINE_YAML_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * A small, strict YAML: a tree of maps, lists and scalars that keeps where
 * everything was written. Scalars stay text: what "no" or "010" means is the
 * schema's business. Refused, each with its own code: duplicate keys, anchors
 * and aliases, tags, several documents, tabs as indentation, text that is not
 * UTF-8, too much or too deep, and ${...} unquoted inside { } or [ ].
 *
 * Everything lives in the caller's arena.
 */
enum ytype { Y_SCALAR, Y_LIST, Y_MAP };

struct ysource {
	const char *name; /* as shown in diagnostics */
	const char *text; /* NUL-terminated */
	size_t n;
	const size_t *lines; /* byte offset of each line */
	size_t nlines;
};

struct ypair {
	struct ynode *key, *value;
};

struct ynode {
	enum ytype type;
	bool quoted;        /* a scalar in quotes or a block scalar */
	bool secret;        /* never show its text */
	unsigned line, col; /* 1-based; columns count characters */
	unsigned end_col;   /* one past the last column; 0: ends elsewhere */
	const struct ysource *src; /* NULL: made up by the loader */
	const void *scope; /* what ${with.x} means in it; the loader's */
	/* What the user wrote that this is there for, in another file: shown
	 * in its place. NULL: nothing but itself. */
	const struct ynode *from;
	/* Of a scalar: its value, typed where it was declared; the loader's.
	 * NULL: its place types it. */
	const struct json_t *typed;
	const char *text; /* scalar */
	size_t n;         /* bytes, pairs or items */
	size_t cap;
	union {
		struct ypair *pairs;
		struct ynode **items;
		void *parts; /* of a scalar: the loader's parsed references */
	};
};

/* Reads text, which must outlive the tree. *out is NULL for an empty file.
 * -1 with diags when anything was refused; *out is then what could be read,
 * or NULL. */
int yaml_parse(struct arena *a, const char *name, const char *text, size_t n,
	       struct ynode **out, struct diags *ds);

/* The value of a key, or NULL. Linear: for maps of a handful of keys. */
struct ynode *ynode_get(const struct ynode *map, const char *key);
struct ypair *ynode_pair(const struct ynode *map, const char *key);
/* Unquoted nothing, ~ or null. NULL counts. */
bool ynode_is_null(const struct ynode *n);
/* Nothing at all after the colon. */
bool ynode_is_empty(const struct ynode *n);
/* "a map", "a list", "text" ...: for messages. */
const char *ynode_what(const struct ynode *n);
void ynode_add(struct arena *a, struct ynode *map, struct ynode *key,
	       struct ynode *value);
struct ynode *ynode_new(struct arena *a, enum ytype type);
/* A deep copy whose nodes, keys included, all have this scope. */
struct ynode *ynode_clone(struct arena *a, const struct ynode *n,
			  const void *scope);
/* Maps merge, lists and scalars replace, null deletes, nothing at all says
 * nothing; over wins. Either may be NULL. Neither is changed, the result shares
 * their parts. */
struct ynode *ynode_merge(struct arena *a, struct ynode *base,
			  struct ynode *over);
/* As a merge of the outermost keys only: what over has replaces whole. */
struct ynode *ynode_overlay(struct arena *a, struct ynode *base,
			    struct ynode *over);
/* Positions the newest diagnostic at n: at what the user wrote, with n's own
 * place beside it where that is another. */
void ynode_at(struct diags *ds, const struct ynode *n);
/* The two places of n; line 0: none. */
void ynode_place(const struct ynode *n, struct diag_pos *pos,
		 struct diag_pos *preset);

#endif
