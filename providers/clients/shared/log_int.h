#ifndef OPL2_PROVIDERS_CLIENTS_SHARED_LOG_INT_H
#define OPL2_PROVIDERS_CLIENTS_SHARED_LOG_INT_H

#include "providers/clients/shared/log.h"

/* What log.c, which reads, and log_write.c share. */

/* The name of a segment, malloc'd; and its number, 0, or -1: it is none. */
char *log_segment_name(uint64_t seq);
int log_segment_number(const char *name, uint64_t *seq);
/* Those after `after`, in order. */
int log_list_segments(struct shared_log *l, struct arena *a, uint64_t after,
		      const char ***names, size_t *n, struct diags *ds);
/* E0535; -1. */
int log_cut_short(const char *name, struct diags *ds);
/* E0515; SHARED_LOST. */
int log_lost(const struct shared_log *l, struct diags *ds);

#endif
