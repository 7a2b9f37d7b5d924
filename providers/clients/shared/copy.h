#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_COPY_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_COPY_H

#include <stdbool.h>
#include <jansson.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/shared/filemap.h"
#include "providers/clients/shared/log.h"

/* What the state folder is a copy of: `.opl2/shared`. */
struct copy_mark {
	bool there;
	char id[33], lease[33];
	uint64_t seq;
	bool dirty;
	json_t *dirs;  /* of the log; owned, or NULL */
	json_t *place; /* for commands that read no spec; owned, or NULL */
};
void copy_mark_done(struct copy_mark *m); /* also for CLEANUP */

int copy_mark_read(const char *dir, struct copy_mark *out,
		   struct diags *ds) MUST_CHECK;
int copy_mark_write(const char *dir, const struct copy_mark *m,
		    struct diags *ds) MUST_CHECK;
int copy_mark_remove(const char *dir, struct diags *ds) MUST_CHECK;

/* Makes the shared files below dir those of the log. 1: a blob is gone, read
 * the log again. */
int copy_lay(struct shared_log *l, const char *dir,
	     struct diags *ds) MUST_CHECK;
/* Moves the shared files to DIR/superseded-TIME, which *to gets (malloc'd). */
int copy_set_aside(const char *dir, char **to, struct diags *ds) MUST_CHECK;
/* Has the folder shared files? */
bool copy_has_files(const char *dir);

#endif
