#ifndef OPL2_BASE_PLATFORM_H
#define OPL2_BASE_PLATFORM_H

#include <stdbool.h>

/* This machine as Go names it: "linux-amd64"; static. "unknown" when it is none
 * of those that Go knows. */
const char *platform_name(void);
/* Is it a name for an environment variable that every shell takes? */
bool env_name_valid(const char *name);

#endif
