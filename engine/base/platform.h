#ifndef OPL2_BASE_PLATFORM_H
#define OPL2_BASE_PLATFORM_H

/* This machine as Go names it: "linux-amd64"; static. "unknown" when it is none
 * of those that Go knows. */
const char *platform_name(void);

#endif
