#ifndef OPL2_PROVIDERS_CLIENTS_TOOLS_RUN_H
#define OPL2_PROVIDERS_CLIENTS_TOOLS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "providers/kinds/effect.h"

/*
 * Runs a tool (go, git, forge, geth init ...) to its end, under a shim that
 * stays its parent: its process group is journalled before its first
 * instruction, and is killed when the operation is cancelled, when the time
 * is up, and when the worker dies, with whatever daemons it left behind.
 *
 * The tool sees none of our descriptors and, of our environment, only what
 * tools need (tool_env.h): no secret of the user's shell.
 */
struct tool {
	/* argv[0] is looked up in `path` when it has no slash. Never a secret
	 * in argv: it is public. NULL-terminated. */
	const char *const *argv;
	/* "NAME=value" over the environment above; NULL-terminated or NULL. */
	const char *const *env;
	const char *path;       /* PATH of the tool, or NULL: ours */
	const char *cwd;        /* or NULL: ours */
	const char *stdin_file; /* or NULL: /dev/null */
	/* Everything it prints is appended here; folders are made. Or NULL. */
	const char *log;
	/* NULL, or where its standard output goes instead (set max; an output
	 * over it is an error). Standard error still goes to log and tail. */
	struct buf *out;
	uint64_t timeout_ms; /* 0: only the operation's own limit */
	/* MAY. Each line of what goes to the log, without the newline: to learn
	 * from it what goes on, for what was printed last may be long over. */
	void (*line)(void *arg, const char *line);
	/* MAY. Some times a second while it runs. */
	void (*tick)(void *arg);
	void *arg;
	/* MAY. What its output may quote and nobody is to see in a diagnostic
	 * (a URL with a key). The log has it nevertheless. */
	const char *secret;
	/* MAY. The only folders that it may change, NULL at the end: for what
	 * strangers wrote, as far as the kernel can (confine_self); it has no
	 * network then unless `net`. */
	const char *const *changes;
	bool net;
	/* A status other than 0 is then the caller's to judge: tool_run gives
	 * OC_OK and sets *status (128 + signal when killed by one). */
	int *status;
};

/*
 * OC_OK: it ended with 0. Otherwise one error diag is in ctx->ds, with the
 * last LIM_TOOL_TAIL bytes of its output as detail:
 *   OC_FAIL       not found (E0620), ended otherwise (E0621), timeout (E0622)
 *   OC_CANCELLED  the operation was cancelled (E0623)
 */
enum outcome tool_run(struct effect_ctx *ctx, const struct tool *t) MUST_CHECK;

/* The file a command name stands for in path (NULL: our PATH): an arena
 * string, or NULL when there is none. */
char *tool_find(struct arena *a, const char *path, const char *name);

#endif
