#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_TOOL_ENV_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_TOOL_ENV_H

#include <stdbool.h>

/*
 * Which variables of our environment a tool gets. By name, each a variable
 * that the manual of go, npm, git, curl, node or the C library has: a prefix
 * would also let through what is somebody else's, such as a key named
 * GOERLI_PRIVATE_KEY.
 */
bool tool_env_allowed(const char *var); /* "NAME=value" */

#endif
