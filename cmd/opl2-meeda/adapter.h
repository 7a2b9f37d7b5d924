#ifndef OPL2_CMD_MEEDA_ADAPTER_H
#define OPL2_CMD_MEEDA_ADAPTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/base/logfmt.h"
#include "providers/clients/da/meeda.h"

enum adapter_op { OP_PUT, OP_GET, OP_COUNT };

enum outcome {
	OUT_OK,
	OUT_NOT_FOUND,
	OUT_BAD_REQUEST,
	OUT_TOO_LARGE,
	OUT_BUSY,
	OUT_TIMEOUT,
	OUT_ERROR,
	OUT_COUNT
};

#define BUCKETS 9

struct route_stats {
	atomic_ullong requests[OUT_COUNT];
	atomic_ullong bytes;
	atomic_ullong tries;  /* requests to Meeda */
	atomic_ullong millis; /* of all requests */
	atomic_ullong
		quicker[BUCKETS]; /* requests by duration, see metrics.c */
	atomic_ullong last_ok;    /* Unix time */
};

/*
 * Threads, one for each connection, share it: what changes is atomic.
 *
 * An object is in memory once and whole: only then can a put be tried again,
 * and only then is it known that an answer to a get is no error page and not
 * cut off, before a status is given. A buffer has at most twice the size of
 * what it holds, so all of them are under 2 * max_requests * max_object, 4 MiB
 * by default; besides, each connection has 64 KiB, and there are at most
 * 2 * max_requests + 8.
 */
struct adapter {
	struct meeda meeda;
	unsigned max_requests;
	atomic_uint in_flight;
	atomic_bool cancel; /* give up what is under way */
	struct route_stats ops[OP_COUNT];
};

/* Counts a request that is answered. `bytes` of an object, 0 without one. */
void metrics_add(struct adapter *a, enum adapter_op op, enum outcome o,
		 uint64_t ms, uint64_t bytes);
/* In Prometheus' text format. */
void metrics_print(struct adapter *a, struct buf *out);

/* Listens on host:port, an address and a port, 0 for a free one. Returns
 * MHD's daemon, or NULL with E0934. *port is the one listened on. */
struct MHD_Daemon;
struct MHD_Daemon *serve_start(struct adapter *a, const char *host,
			       uint16_t *port, struct diags *ds);
/* Takes no more connections, waits for requests until `deadline` (mono_ms),
 * then breaks those off that are left. */
void serve_stop(struct adapter *a, struct MHD_Daemon *d, uint64_t deadline);

#endif
