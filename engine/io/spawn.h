#ifndef OPL2_ENGINE_IO_SPAWN_H
#define OPL2_ENGINE_IO_SPAWN_H

#include <sys/types.h>

#include "engine/base/buf.h"

#define SPAWN_FDS  5
#define SPAWN_NULL -1 /* /dev/null, or the file `in` */
#define SPAWN_KEEP -2 /* as it is with us */

/* A program to start. It begins with no signal blocked or ignored, whatever
 * is so here, and gets the descriptors that fd[] names and no others. */
struct spawn {
	const char *path; /* without a slash: looked for in PATH */
	const char *const *argv;
	char *const *env;  /* NULL: ours */
	const char *dir;   /* NULL: ours */
	const char *in;    /* what it reads where fd[0] is SPAWN_NULL */
	int fd[SPAWN_FDS]; /* its 0, 1, ...: ours of any number */
	int nfds;          /* how many of them; 3 at least */
	enum { SPAWN_SAME, SPAWN_GROUP, SPAWN_SESSION } leads;
};

/* -1 with errno. */
pid_t spawn_program(const struct spawn *s);

/* Runs argv[0] with the question as its input and adds what it prints to the
 * answer. Its exit status, 128 and the signal when one killed it, or -1 when it
 * cannot be started. */
int spawn_ask(const char *const *argv, const char *question,
	      struct buf *answer);

#endif
