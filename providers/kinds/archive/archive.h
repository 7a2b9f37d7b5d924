#ifndef OPL2_PROVIDERS_KINDS_ARCHIVE_ARCHIVE_H
#define OPL2_PROVIDERS_KINDS_ARCHIVE_ARCHIVE_H

#include "engine/base/arena.h"

/* The name of the file that a URL leads to, without a query that may hold a
 * credential; "archive" when it has none. In the arena. */
const char *archive_file_name(struct arena *a, const char *url);

#endif
