#ifndef OPL2_CMD_SUPERVISE_LOOP_HELPER_H
#define OPL2_CMD_SUPERVISE_LOOP_HELPER_H

#include <jansson.h>
#include <sys/types.h>

/* Starts a program of this installation that talks frames on descriptor 0.
 * *fd is our non-blocking end. -1 with *why (static text). The caller kills
 * and reaps it. */
pid_t helper_spawn(const char *program, const char *arg, int *fd,
		   const char **why);

/* The other end: such a program's main(). answer() gives a new reference:
 * {"body"} or {"error"}. */
int helper_main(json_t *(*answer)(const json_t *msg));

#endif
