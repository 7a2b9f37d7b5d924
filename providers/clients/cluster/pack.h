#ifndef OPL2_PROVIDERS_CLIENTS_CLUSTER_PACK_H
#define OPL2_PROVIDERS_CLIENTS_CLUSTER_PACK_H

#include <stddef.h>

#include "engine/base/buf.h"

#define PACK_MAX (256u << 20)

/* gzip (RFC 1952) with neither a time nor a name, so that the same bytes give
 * the same bytes. -1: out is too small. */
int pack_gzip(const void *p, size_t n, struct buf *out);

#endif
