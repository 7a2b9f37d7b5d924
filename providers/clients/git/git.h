#ifndef OPL2_PROVIDERS_CLIENTS_GIT_GIT_H
#define OPL2_PROVIDERS_CLIENTS_GIT_GIT_H

#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * Git repositories: a bare object store per URL in the user's store, which all
 * revisions share, and work trees that borrow its objects.
 *
 *	STORE/git/SHA256-OF-URL/		bare
 *	STORE/git/.../refs/opl2/COMMIT		what is there wholly
 *
 * libgit2 waits for a silent server without an end, and cannot be interrupted
 * while it does. So the talking is done by a process of its own, `opl2-worker
 * --git-fetch`, which may be killed at any moment: a pack appears whole, by a
 * rename, and the next git_get removes what a killed one left.
 *
 *	git.c		work trees
 *	git_store.c	the store, and the process that fills it
 *	git_fetch.c	that process: the network
 *	git_local.c	repositories on this disk instead of it
 *	git_settings.c	the user's configuration for both
 *	git_login.c	the user's logins for servers
 *
 * Errors are E0720, E0721, E0730-E0736, E0755 and E0756. Commits are 40 hex
 * digits.
 */
struct git_want {
	const char *url; /* as the spec has it: it names the store */
	const char *ref; /* must lead to commit; NULL: any way to it */
	const char *commit;
};

/* Sees to it that the commit is in the store; asks the network only when it is
 * not. *store: the bare repository, in the arena. */
enum outcome git_get(struct effect_ctx *ctx, const struct effect_op *op,
		     const struct git_want *w, const char **store) MUST_CHECK;
/* The commit as a new work tree at dir, with a detached HEAD. */
enum outcome git_make_tree(struct effect_ctx *ctx, const char *store,
			   const char *commit, const char *dir) MUST_CHECK;
/* Hash of the tree of the work tree's HEAD, and HEAD itself. */
int git_head(const char *dir, char commit[41], char tree[41],
	     struct diags *ds) MUST_CHECK;
/* Appends prefix + name of each file that is not as checked out; of ones that
 * are ignored by git nothing is said, nor of submodules. 1: the objects of its
 * HEAD are gone, and the index alone was asked. */
int git_dirty(const char *dir, const char *prefix, json_t *names,
	      struct diags *ds) MUST_CHECK;
/* The commit and URL of the submodule at path of the tree checked out in dir
 * from `url`. E0733 when there is none; E0756 when a repository from elsewhere
 * names a folder of this machine. *out_url is in the arena. */
int git_submodule_at(struct effect_ctx *ctx, const char *dir, const char *url,
		     const char *path, char commit[41],
		     const char **out_url) MUST_CHECK;

/* --- in the process that talks --- */

/* Everything is borrowed. */
struct git_job {
	const char *store; /* the bare repository */
	const char *url;   /* by the spec's mirrors; git's insteadOf applies */
	const char *shown; /* the same without a credential */
	const char *ref;   /* or NULL */
	const char *commit;
	/* A line about how far it is, about once a second. */
	void (*say)(const char *text);
};

/* Fetches the commit and records that it is there. A server that falls silent
 * ends the process by SIGALRM (git's http.lowSpeedTime). */
int git_fetch(const struct git_job *job, struct diags *ds) MUST_CHECK;

#endif
