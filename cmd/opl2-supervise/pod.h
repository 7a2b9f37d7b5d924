#ifndef OPL2_CMD_SUPERVISE_POD_H
#define OPL2_CMD_SUPERVISE_POD_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "cmd/opl2-supervise/loop/loop.h"
#include "engine/base/compiler.h"
#include "engine/diag/diag.h"

/*
 * opl2-supervise --pod=FOLDER: the supervisor as the first process of a
 * container. It stays in the foreground and has no watchdog, for the container
 * ends with it and is started again by whoever runs containers.
 *
 *	FOLDER/NAME.json is the definition of the process NAME ('+' for '/'),
 *	read once and never written: a changed one is for the next container.
 *	The folder of --dir is written in, and may be lost with the container.
 *	Every process is to run. TERM and INT stop them by their stop steps, in
 *	stop order; then the supervisor exits with status 0.
 *	What they print goes to standard output, from their log files, with
 *	"NAME: " before each line when there are several.
 *	--listen=PORT answers GET /ready with 200 when all are ready, else with
 *	503 and what is missing; GET /ready/NAME the same of one process; GET
 *	/status with their states as JSON; GET /metrics with the same for
 *	Prometheus; POST /call takes a request of
 *	supctl.h as JSON (pod_call.c) from who knows what is in the file of
 *	--token, and says so in the field X-Opl2-Token. Without that file it
 *	takes none.
 *	--data=FOLDER: where databases are; their states tell how full it is.
 *	OPL2_PAUSED, names with commas between, are those that are paused; when
 *	it is not set, those that were.
 *	Names of hosts in probes and stop steps are resolved.
 *	Secret files may be readable by a group of the container (0440), which
 *	is how Kubernetes shows Secrets to a user that is not root.
 *
 * opl2-supervise --volume=FOLDER: the same without processes. POST /volume/OP
 * reads and writes what is in FOLDER (pod_volume.c), with the token.
 */
struct buf;
struct conn;
struct process_status;
struct sup;
struct pod;

struct pod_options {
	const char *definitions; /* the folder, or NULL */
	const char *volume;      /* instead of it */
	const char *data;        /* where a volume with databases is, or NULL */
	const char *paused;      /* of OPL2_PAUSED, or NULL */
	const char *token;       /* the file, or NULL */
	unsigned port;           /* 0: none */
};

/* After procs_load(). -1 with a diagnostic. */
int pod_open(struct sup *s, const struct pod_options *o,
	     struct diags *ds) MUST_CHECK;
void pod_close(struct sup *s);
/* How much its volume has, and how much of it is free. */
void pod_add_volume(const struct sup *s, struct process_status *st);
/* At the end of each turn of the machine. */
void pod_turn(struct sup *s);
/* Someone wants it to end. */
void pod_end(struct sup *s);

/* pod_logs.c: copies what is new in the logs. A log that is about to be cut is
 * copied before. */
void pod_logs_open(struct sup *s); /* from here on */
void pod_logs(struct sup *s);
void pod_log_cut(struct sup *s, const char *path);

/* pod_http.c */
struct pod_http;
struct pod_http *pod_http_open(struct sup *s, const struct pod_options *o,
			       struct diags *ds);
void pod_http_close(struct pod_http *h); /* NULL is fine */

/* pod_call.c: a request of len bytes, by who has the token. What waits
 * has ten minutes at most. */
void pod_call(struct sup *s, struct conn *c, const char *text, size_t len);
/* Of HTTP, for a reply to it. */
const char *pod_call_status(const json_t *reply);

/* pod_volume.c: the answer to a request of len bytes. false: it says what
 * failed. */
bool pod_volume_call(const char *folder, const char *op, const char *text,
		     size_t len, struct buf *out);

#endif
