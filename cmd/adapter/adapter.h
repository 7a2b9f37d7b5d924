#ifndef OPL2_ADAPTER_ADAPTER_H
#define OPL2_ADAPTER_ADAPTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "providers/lib/meeda.h"

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

/* Threads, one for each connection, share it: what changes is atomic. */
struct adapter {
	struct meeda meeda;
	unsigned max_requests;
	atomic_uint in_flight;
	atomic_bool cancel; /* give up what is under way */
	atomic_ullong requests[OP_COUNT][OUT_COUNT];
	atomic_ullong bytes[OP_COUNT];
	atomic_ullong millis[OP_COUNT];
};

/* One line of logfmt on standard error; fmt is `key=value ...`. */
void adapter_log(const char *level, const char *fmt, ...) PRINTF_LIKE(2, 3);

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
