#ifndef OPL2_PROVIDERS_RUNTIME_LOCAL_RECORDS_H
#define OPL2_PROVIDERS_RUNTIME_LOCAL_RECORDS_H

#include <jansson.h>

#include "engine/diag/diag.h"

/* The records of a chain's supervisor, for when it cannot be asked. */

/* The answer to status as the records have it, whether or not there is a
 * supervisor: then "supervisor" is null, nothing is ready, and a process is
 * "stopped" or "unsupervised". names is an array or NULL (all); one that is
 * not known is E0911. *out is a new reference. */
int records_status(const char *state_dir, const json_t *names, json_t **out,
		   struct diags *ds);

/* Without a supervisor: writes the wish to be down and the hold into the
 * records, so that the next supervisor finds them. names as above. */
int records_hold(const char *state_dir, const json_t *names, struct diags *ds);

/* Where things of a process lie below .opl2; malloc'd. A '/' in a name makes a
 * folder of logs, but records stay flat ('+'). */
char *records_log_path(const char *state_dir, const char *name);
char *records_path(const char *state_dir, const char *name);

#endif
