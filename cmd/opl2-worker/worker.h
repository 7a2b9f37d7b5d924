#ifndef OPL2_CMD_WORKER_WORKER_H
#define OPL2_CMD_WORKER_WORKER_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/buf.h"
#include "providers/kinds/effect.h"

/* One worker process: its end of the wire and what it was told. */
struct worker {
	struct buf in;
	json_t *env_msg;        /* owns what env borrows */
	struct arena env_arena; /* of its places */
	struct effect_env env;
	json_t *effect_msg; /* the next operation, or NULL */
	unsigned oks;       /* answers not yet consumed */
	bool cancelled;     /* of the current operation */
	uint64_t waited_ms; /* of it, for what others make */
	bool eof;           /* the engine is gone */
};

/* Sends; a failure means that the engine is gone. Steals msg. */
void worker_send(struct worker *w, json_t *msg);
/* Takes in what the engine says for up to ms (-1: until something comes). */
void worker_poll(struct worker *w, int ms);
/* hooks.c: makes a file durable in the shared state; arg: the worker. */
int worker_keep(void *arg, const char *path, int64_t from, struct diags *ds);

/* The shim: `opl2-worker --shim PPID [net|alone FOLDER...] -- TOOL ARG...`,
 * with the folders that the tool may change. Returns an exit code. */
int shim_main(int argc, char **argv);
/* fetch.c: `opl2-worker --fetch`; returns the exit code. */
int fetch_main(void);
/* unlock.c: `opl2-worker --unlock`; returns the exit code. */
int unlock_main(void);
/* libraries.c: `opl2-worker --libraries`; returns the exit code. */
int libraries_main(void);
/* forward.c: `opl2-worker --forward`; returns the exit code. */
int forward_main(void);
/* git.c: `opl2-worker --git-fetch`; returns the exit code. */
int git_fetch_main(void);
/* keep.c: `opl2-worker --keep`; returns the exit code. */
int keep_main(void);
/* cluster.c: `opl2-worker --cluster --dir=.opl2`; returns the exit code. */
int cluster_main(int argc, char **argv);

#endif
