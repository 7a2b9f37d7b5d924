#ifndef OPL2_TESTS_TORTURE_CALLS_H
#define OPL2_TESTS_TORTURE_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What a call does, as far as its failure is concerned. */
enum call_class {
	CALL_NONE, /* none of those that may fail here */
	CALL_WRITE,
	CALL_SEND,
	CALL_SYNC,
	CALL_RENAME,
	CALL_LINK,
	CALL_UNLINK,
	CALL_MKDIR,
	CALL_OPEN, /* for writing */
	CALL_TRUNCATE,
	CALL_MODE,
	CALL_COPY,
	CALL_LOCK,
	CALL_FORK,
	CALL_THREAD,
	CALL_EXEC,
	CALL_CONNECT,
	CALL_FD, /* any other call that makes a descriptor */
};

/* What it does that to. */
enum call_object { ON_FILE, ON_PIPE, ON_SOCKET, ON_STD, ON_DEVICE, ON_NOTHING };

#define CALL_PATH 1024

struct call {
	enum call_class class;
	enum call_object object;
	const char *name; /* of the system call */
	bool names_fd;    /* its object is a descriptor, the first argument */
	int count_arg;    /* which argument says how much is written, or -1 */
	char path[CALL_PATH]; /* "" for none */
	char from[CALL_PATH]; /* what is renamed or linked, else "" */
};

/* Recognises the system call nr, which process tid is about to make. */
void call_read(struct call *c, pid_t tid, uint64_t nr, const uint64_t args[6]);
/* "write:file" and the like. */
void call_label(const struct call *c, char *out, size_t n);
/* Would it fail on a full disk, or on one that became read-only? */
bool call_needs_space(const struct call *c);
bool call_changes_disk(const struct call *c);
/* Remembers where our own output goes: what is printed there is not a file. */
void calls_init(void);

#endif
