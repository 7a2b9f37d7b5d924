#ifndef OPL2_HEALTH_FINDINGS_IMPL_H
#define OPL2_HEALTH_FINDINGS_IMPL_H

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "providers/facts/role.h"
#include "providers/health/findings.h"

/* What the parts of findings.h share. */
struct job {
	const struct health_input *in;
	json_t *out;
	int64_t now;
	struct arena arena; /* of cures */
};

/* The finding with this code about `what`, which is made when there is none.
 * Borrowed. */
json_t *finding(struct job *j, const char *code, const char *what,
		const char *cure);
/* The same with one more line of evidence. */
void found(struct job *j, const char *code, const char *what, const char *cure,
	   const char *fmt, ...) PRINTF_LIKE(5, 6);

/* The name of the chain's process in this role; where there is none, the
 * role's own. Borrowed. */
const char *name_of(const struct job *j, enum process_role role);
/* The process of this role, or NULL. */
const struct process_status *proc_in(const struct job *j,
				     enum process_role role);
/* A text that lives as long as the job. */
const char *say(struct job *j, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* findings_procs.c: what the supervisor says. */
void find_processes(struct job *j);
/* findings_pods.c: what a cluster says of a process's pod. */
void find_pod(struct job *j, const struct process_status *p);
/* ... and of pods whose loss at once stops the chain. */
void find_shared_nodes(struct job *j);

#endif
