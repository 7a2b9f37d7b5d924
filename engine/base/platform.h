#ifndef OPL2_BASE_PLATFORM_H
#define OPL2_BASE_PLATFORM_H

#include <stdbool.h>

/* This machine as Go names it: "linux-amd64"; static. "unknown" when it is none
 * of those that Go knows. */
const char *platform_name(void);
/* Is it a name for an environment variable that every shell takes? */
bool env_name_valid(const char *name);

/* The addresses of this machine, as no_proxy has them. */
#define NO_PROXY_LOCAL "localhost,.localhost,127.0.0.1,127.0.0.0/8,::1"
/*
 * Has this process and its children ask servers on this machine without the
 * proxy of the environment, which does not reach them: adds NO_PROXY_LOCAL to
 * no_proxy and NO_PROXY. Once, early in main(), before there are threads.
 */
void env_spare_local(void);

#endif
