#ifndef OPL2_CMD_METRICS_EXPORTER_H
#define OPL2_CMD_METRICS_EXPORTER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/buf.h"
#include "engine/diag/diag.h"

/* What `opl2 metrics` printed last. One thread answers all requests, one after
 * the other, so that a hundred scrapers cost as much as one; only `cancel` is
 * of another. */
struct exporter {
	char *opl2; /* the program */
	unsigned max_age_ms, timeout_ms;
	atomic_bool cancel; /* give up the look that is under way */
	struct buf text;
	uint64_t at; /* mono_ms() of the text; 0: there is none */
};

#define EXPORTER_TEXT_MAX (4u << 20)

/* Makes the text one that is not older than max_age_ms. 0, or -1 with the
 * reason in `why`, a text of one or more lines. */
int exporter_refresh(struct exporter *e, struct buf *why);

/* Listens on host:port, an address and a port, 0 for a free one. Returns MHD's
 * daemon, or NULL with E1151. *port is the one listened on. */
struct MHD_Daemon;
struct MHD_Daemon *serve_start(struct exporter *e, const char *host,
			       uint16_t *port, struct diags *ds);
void serve_stop(struct exporter *e, struct MHD_Daemon *d);

#endif
