#ifndef OPL2_ENGINE_SPEC_LOCKFILE_H
#define OPL2_ENGINE_SPEC_LOCKFILE_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/diag/diag.h"

/*
 * opl2.lock, next to the spec and committed: the exact identity of everything
 * that came from outside, canonical JSON:
 *   {"opl2_lock": 1,
 *    "presets": {"devnet": {"digest", "files": {PATH: text}}},
 *    "resources": {ADDR: identity}}
 * The identity of a resource is its kind's own (effect_result.lock).
 */
#define LOCKFILE_NAME "opl2.lock"

struct lockfile {
	json_t *doc; /* never NULL after a load */
	bool exists; /* there was a file */
	bool dirty;  /* differs from the file */
	/* The file's text while doc is without the presets' files: they are
	 * the bulk of it and hardly ever needed. Else NULL. */
	char *text;
};

/* dir is the spec's. A missing file is an empty lock. */
int lockfile_load(const char *dir, struct lockfile *out, struct diags *ds);
/* Writes it when dirty. */
int lockfile_save(const char *dir, struct lockfile *lf, struct diags *ds);
void lockfile_done(struct lockfile *lf);

/* Reads what the load left out; for those who handle doc themselves. */
void lockfile_whole(struct lockfile *lf);

/* Borrowed; NULL when there is none. */
const json_t *lockfile_resource(const struct lockfile *lf, const char *addr);
/* Borrows identity; NULL removes the entry. */
void lockfile_set_resource(struct lockfile *lf, const char *addr,
			   const json_t *identity);
/* The identity follows a resource to its new address. */
void lockfile_move(struct lockfile *lf, const char *from, const char *to);
/* Takes what a journal's records have for it; records may be NULL. */
void lockfile_replay(struct lockfile *lf, const json_t *records);
/* Does so in the file, before the journal goes; NULL: there is none. */
int lockfile_settle(const char *dir, const json_t *records, struct diags *ds);
/* With or without "files"; lockfile_preset_files() has them for sure. */
const json_t *lockfile_preset(const struct lockfile *lf, const char *name);
const json_t *lockfile_preset_files(struct lockfile *lf, const char *name);
void lockfile_set_preset(struct lockfile *lf, const char *name,
			 const json_t *entry);

#endif
