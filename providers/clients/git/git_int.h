#ifndef OPL2_PROVIDERS_CLIENTS_GIT_GIT_INT_H
#define OPL2_PROVIDERS_CLIENTS_GIT_GIT_INT_H

#include <stdint.h>

#include <git2.h>
#include <git2/sys/repository.h>

#include "engine/base/arena.h"
#include "engine/diag/diag.h"

/* What the files of providers/clients/git/git*.c share: libgit2 itself. */

/* For CLEANUP(). */
#define GIT_DROP(name, type, free_fn)                                          \
	static inline void name(type **p)                                      \
	{                                                                      \
		free_fn(*p);                                                   \
	}
GIT_DROP(drop_repo, git_repository, git_repository_free)
GIT_DROP(drop_remote, git_remote, git_remote_free)
GIT_DROP(drop_object, git_object, git_object_free)
GIT_DROP(drop_ref, git_reference, git_reference_free)
GIT_DROP(drop_refs, git_reference_iterator, git_reference_iterator_free)
GIT_DROP(drop_status, git_status_list, git_status_list_free)
GIT_DROP(drop_config, git_config, git_config_free)
GIT_DROP(drop_iter, git_config_iterator, git_config_iterator_free)
GIT_DROP(drop_index, git_index, git_index_free)
GIT_DROP(drop_odb, git_odb, git_odb_free)
GIT_DROP(drop_entry, git_tree_entry, git_tree_entry_free)

/* Where the store keeps which commits are there wholly. */
#define GIT_KEPT "refs/opl2/"

/* A file in a repository of the store that lacks an object of what it is said
 * to have: the next fetch then brings everything. */
#define GIT_LACKS "lacks-objects"

/* Appends what libgit2 says. -1. */
int git_error_diag(struct diags *ds, const char *code, const char *act,
		   const char *what);
/* libgit2 as the store and the work trees want it. */
void git_own_settings(void);
/* E0735 when there is none. */
int git_open(git_repository **out, const char *dir,
	     struct diags *ds) MUST_CHECK;

/* --- settings (git_settings.c) --- */

/*
 * The user's configuration of git, as git(1) reads it: GIT_CONFIG_SYSTEM or
 * the system's file (none with GIT_CONFIG_NOSYSTEM), GIT_CONFIG_GLOBAL or
 * ~/.config/git/config and ~/.gitconfig, and the pairs of GIT_CONFIG_COUNT,
 * which win. libgit2 knows none of these variables. For the process that
 * talks; everywhere else git's files are not read (git_own_settings).
 */

/* Of all, and, between the files and the pairs, of a repository when repo is
 * not NULL. 0, or -1 with libgit2's error set. */
int git_settings(git_config **out, git_repository *repo);

/* A repository that goes by them. */
int git_settings_use(git_repository *repo);

/* http.URL.NAME of the longest URL that is a prefix of this one, else
 * http.NAME. name in lower case; in the arena, NULL when not set. */
const char *git_setting_http(struct arena *a, git_repository *repo,
			     const char *url, const char *name);

/* ~/ is the home folder in what is a path. */
const char *git_setting_path(struct arena *a, const char *path);

/* --- logins (git_login.c) --- */

struct git_login {
	const char *user, *password; /* in the arena */
};
/* False when there is none for the server of the URL. */
bool git_login_netrc(struct arena *a, const char *url, struct git_login *out);
bool git_login_helper(struct arena *a, const char *url, struct git_login *out);

/* --- repositories on this disk (git_local.c) --- */

struct git_local {
	const char *path; /* in the arena; NULL: it is none */
	bool shallow;     /* without the parents of some commits */
	bool partial;     /* a clone with a filter: without some files */
};

/* Is it a path, or a file: URL? As git has it, all that has no ':' before its
 * first '/'. */
bool git_is_local(const char *url);
/* The repository that a local URL leads to, as git looks for it: at PATH or
 * PATH.git, in its .git, ~/ being the user's home. What another user owns is
 * taken if safe.directory says so. E0720 has what to run; E0731 when nothing
 * is there. */
int git_local_find(struct arena *arena, const char *url, struct git_local *out,
		   struct diags *ds) MUST_CHECK;
/* Packs the commit with its files, and nothing of its history, into another
 * repository; nothing when there is no such commit. E0721 when a part of it is
 * missing, with what to run. */
int git_local_pack(const struct git_local *l, const char *commit,
		   git_repository *into, struct diags *ds) MUST_CHECK;
/* Hints at how a ref or commit that is not there gets there. */
void git_local_hint(const struct git_local *l, const char *what,
		    struct diags *ds);

#endif
