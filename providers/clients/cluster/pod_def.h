#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_DEF_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_POD_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * Definitions of processes (process_def_encode()) as they are for the
 * supervisor of a pod: nothing of this machine is left in them.
 *
 *	- Programs are at /opl2/bin, files that a definition names at
 * /opl2/files, those that others may not read at /opl2/secrets, databases at
 *	  /opl2/data, all else that is below .opl2 at /opl2/run.
 *	- 127.0.0.1:PORT of a process in another pod is that one's Service, for
 *	  a port belongs to one process of the chain; an address to listen at
 *	  is 0.0.0.0.
 *	- Secrets are files; a value that came with the definition is one, too.
 *	- What must be ready before and is in another pod is asked over HTTP.
 */
#define POD_BIN     "/opl2/bin"
#define POD_FILES   "/opl2/files"
#define POD_SECRETS "/opl2/secrets"
#define POD_TOKEN   POD_SECRETS "/token" /* of the chain: cluster_token() */
#define POD_DATA    "/opl2/data"
#define POD_RUN     "/opl2/run"

struct pod_file {
	const char *from; /* here; NULL: text is it */
	const char *text;
	const char *to; /* in the pod */
	bool secret;
	bool packed; /* .gz is added to `to` */
};

/* The processes that share a pod, and what it needs. Texts are of the arena
 * or of the records. */
struct pod {
	const char *name;      /* of its objects; of an RFC 1123 label */
	const json_t *records; /* {PROCESS: {"def", "up"}} of the whole chain */
	const char **members;  /* names of processes, the one that the pod is
				  named by first */
	size_t nmembers;
	const char *dir;       /* the absolute .opl2 */
	const json_t *secrets; /* {"env:NAME": value} */

	bool up;      /* one of the members is to run */
	json_t *defs; /* {PROCESS: definition} of those that are to run, or of
			 all when none is; owned */
	struct pod_file *files;
	size_t nfiles;
	struct pod_file *programs; /* `from` and `to` */
	size_t nprograms;
	bool data;       /* it wants a volume at POD_DATA */
	json_t *folders; /* what is used of it, [PATH, ...]; owned */
	struct arena arena;
};

/* The names of the processes that share a pod with this one, itself too, in
 * the arena. They are joined by `together_with`, or without that by
 * `bound_to`. */
const char **pod_members(const json_t *records, const char *process,
			 struct arena *a, size_t *n);
/* A process's name as that of a Service (RFC 1035); of the arena. One that is
 * none gets a part of its digest, so that two processes never have the same. */
const char *pod_host(struct arena *a, const char *process);

/* The name of its volume's claim, as its StatefulSet names it; malloc'd. */
char *pod_claim(const struct pod *p);

/* Fills p in for the pod of a process. secrets NULL: their values do not
 * matter, for it is not to be started. E1305: something cannot be taken to
 * another machine. pod_done() in any case. */
int pod_make(struct pod *p, const json_t *records, const char *process,
	     const char *state_dir, const json_t *secrets,
	     struct diags *ds) MUST_CHECK;
void pod_done(struct pod *p);

#endif
