#include "engine/io/sumline.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

#define SUM_DIGITS 8

char *
sumline_make(const json_t *record)
{
	CLEANUP(freep) char *text = jx_dump_line(record);
	char sum[65];

	sha256_hex(text, strlen(text), sum);
	return xasprintf("%.*s %s\n", SUM_DIGITS, sum, text);
}

json_t *
sumline_read(const char *p, size_t n)
{
	const char *text = p + SUM_DIGITS + 1;
	char sum[65];

	if (n < SUM_DIGITS + 2 || p[SUM_DIGITS] != ' ')
		return NULL;
	n -= SUM_DIGITS + 1;
	sha256_hex(text, n, sum);
	if (memcmp(p, sum, SUM_DIGITS) != 0)
		return NULL;
	return jx_parse(text, n, "record", NULL);
}
