#include "providers/clients/cluster/pack.h"

#include <stdint.h>
#include <zlib.h>

#include "engine/base/mem.h"

#define GZIP 16 /* zlib.h: added to the window's bits */

int
pack_gzip(const void *p, size_t n, struct buf *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)p, .avail_in = (uInt)n };
	size_t max;
	char *to;
	int rc;

	if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP,
			 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		mem_exhausted();
	max = deflateBound(&z, (uLong)n);
	if (max > out->max - out->n)
		max = out->max - out->n;
	to = buf_reserve(out, max);
	z.next_out = (Bytef *)to;
	z.avail_out = to ? (uInt)max : 0;
	rc = deflate(&z, Z_FINISH);
	if (to)
		buf_filled(out, z.total_out);
	deflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : -1;
}
