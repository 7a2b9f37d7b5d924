#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_LEASE_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/compiler.h"
#include "engine/diag/diag.h"
#include "providers/clients/objects/objects.h"

/*
 * Who writes a shared state: the object `lease`,
 *   {"id","host","machine","pid","born","command","since","beat","released"}
 * "machine" is a boot and a namespace of pids, "born" the start of the process
 * in ticks: so that a dead run of this machine is known at once.
 * A lease that was not renewed for LEASE_TTL_S by the server's clock has ended.
 * It says whose turn it is. A segment (log.h) counts for its writer when the
 * lease was still his afterwards.
 */
#define LEASE_TTL_S   60
#define LEASE_RENEW_S 20

struct lease {
	struct objects *o; /* borrowed */
	char id[33];       /* of ours; "" when not held */
	struct object_version version;
	uint64_t beat;
	uint64_t renewed; /* CLOCK_BOOTTIME, ms: of the last success */
	char command[256], since[64];
};

struct lease_seen { /* who has it; "" and 0 when not known */
	char id[33], host[256], command[256], since[64];
	int64_t pid;
	bool held;  /* nobody may take it yet */
	bool ended; /* its process is certain not to live */
	struct object_version version;
	bool there;
};

/* Who has it; held is false when it can be taken. */
int lease_look(struct lease *l, struct lease_seen *out,
	       struct diags *ds) MUST_CHECK;
/* Takes what lease_look() has seen: 0, 1 somebody else was faster, -1. */
int lease_take(struct lease *l, const struct lease_seen *seen,
	       struct diags *ds) MUST_CHECK;
/* 0; 1: it is another's by now (E0515); 2: nobody answers (E0530) and the time
 * is not over yet; -1. */
int lease_renew(struct lease *l, struct diags *ds) MUST_CHECK;
/* Reads it: is it still ours? So nobody else has written up to now. 0; 1: no
 * (E0515); 2: nobody answers (E0530); -1. */
int lease_confirm(struct lease *l, struct diags *ds) MUST_CHECK;
/* Is it so old that another may have taken it? */
bool lease_is_over(const struct lease *l);
/* Is it time for lease_renew()? */
bool lease_is_due(const struct lease *l);
void lease_give_back(struct lease *l);

#endif
