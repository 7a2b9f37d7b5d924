#ifndef OPL2_CMD_SUPERVISE_UNLOCK_H
#define OPL2_CMD_SUPERVISE_UNLOCK_H

#include <stdbool.h>
#include <jansson.h>

#include "cmd/opl2-supervise/loop/loop.h"

/*
 * Keys in keystores, for a process that takes them from its environment. It
 * takes seconds and a library to open one, so a short-lived `opl2-worker
 * --unlock` does it, before each start; the keys are kept no longer than the
 * start takes.
 */
struct unlock {
	struct fetch *fetch; /* of the keystore that is being opened */
	json_t *keys;        /* {"keystore:PATH": hex}, or NULL */
	char *name;          /* "keystore:PATH" that is asked for, or NULL */
	char *why;           /* it failed, or NULL */
	void (*changed)(void *arg);
	void *arg;
};

enum unlock_state { UNLOCK_DONE, UNLOCK_BUSY, UNLOCK_FAILED };

/* Takes the next step. env: with tokens; secrets: for passwords. changed is
 * called from the loop when another turn is due. */
enum unlock_state unlock_turn(struct unlock *u, struct loop *l,
			      const json_t *env, const json_t *secrets,
			      void (*changed)(void *arg), void *arg);
/* The secrets with the opened keys. New reference. */
json_t *unlock_table(const struct unlock *u, const json_t *secrets);
/* Forgets the keys, also while one is being opened. {0} is fine. */
void unlock_off(struct unlock *u);

#endif
