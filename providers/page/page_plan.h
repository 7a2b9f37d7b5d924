#ifndef OPL2_PAGE_PAGE_PLAN_H
#define OPL2_PAGE_PAGE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/buf.h"

/* What `opl2 plan -json` said, as a page of its own. page.js takes the table
 * from it, and the marks of the graph from the table. Pure. */
struct page_plan {
	const char *name; /* of the chain */
	const char *said; /* n bytes, JSON in lines */
	size_t n;
	const char *why;   /* it said nothing */
	const char *style; /* as in struct page */
	int64_t at;        /* when it said that */
};

void page_plan(const struct page_plan *p, struct buf *out);

#endif
