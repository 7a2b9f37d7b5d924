#ifndef OPL2_PROVIDERS_RUNTIME_WIRE_SUP_CHAIN_H
#define OPL2_PROVIDERS_RUNTIME_WIRE_SUP_CHAIN_H

#include <jansson.h>

#include "providers/runtime/runtime.h"
#include "providers/runtime/wire/supctl.h"

/* What runtimes share that ask somebody who speaks the supervisor's protocol:
 * members of struct runtime, and what the others are made of. */
struct sup_chain {
	struct runtime_chain c; /* first: one is the other */
	const struct supctl_server *who;
	char *dir;        /* the absolute .opl2 */
	struct supctl *s; /* NULL: not connected yet */
};

/* Of a zeroed one. sup_chain_close() frees it, too. */
void sup_chain_init(struct sup_chain *l, const struct runtime *rt,
		    const struct supctl_server *who, const char *state_dir);
struct sup_chain *sup_chain_of(struct runtime_chain *c);
/* 0, 1: nobody is there, -1. */
int sup_chain_connect(struct sup_chain *l, struct diags *ds) MUST_CHECK;
/* Starts who answers when nobody is there. Steals args; result of
 * supctl_call(). */
int sup_chain_call(struct sup_chain *l, const char *op, json_t *args,
		   const struct runtime_wait *w, json_t **out,
		   struct diags *ds);
json_t *sup_chain_named(const json_t *names); /* {"names": names or []} */

void sup_chain_close(struct runtime_chain *c);
int sup_chain_attend(struct runtime_chain *c, struct diags *ds);
int sup_chain_put(struct runtime_chain *c, const char *name,
		  const struct process_def *def, const json_t *secrets,
		  struct diags *ds);
int sup_chain_give_secrets(struct runtime_chain *c, const json_t *secrets,
			   struct diags *ds);
int sup_chain_start(struct runtime_chain *c, const json_t *names,
		    struct diags *ds);
int sup_chain_stop(struct runtime_chain *c, const json_t *names, bool hold,
		   bool force, const struct runtime_wait *w, struct diags *ds);
int sup_chain_restart(struct runtime_chain *c, const json_t *names, bool force,
		      const struct runtime_wait *w, struct diags *ds);
int sup_chain_pause(struct runtime_chain *c, const json_t *names, bool on,
		    int64_t ms, const struct runtime_wait *w, struct diags *ds);
int sup_chain_wait_ready(struct runtime_chain *c, const json_t *names,
			 const struct runtime_wait *w, struct diags *ds);
int sup_chain_wait_gate(struct runtime_chain *c, const char *name,
			const json_t *above, int64_t ms,
			const struct runtime_wait *w, struct diags *ds);

#endif
