#ifndef OPL2_PAGE_PAGE_PARTS_H
#define OPL2_PAGE_PAGE_PARTS_H

#include "engine/base/units.h"
#include "providers/page/html.h"
#include "providers/page/page.h"
#include "providers/runtime/process_status.h"

/* What the files of the page have in common. */

/* Is it as somebody wants it to be? */
bool page_process_good(const struct process_status *p);
/* What keeps it from that, or else is worth a line; adds to out. */
void page_process_why(const struct process_status *p, struct buf *out);
void page_processes(const struct page *p, struct buf *out);

void page_findings(const struct page *p, struct buf *out);
void page_tiles(const struct page *p, struct buf *out);
void page_chain(const struct page *p, struct buf *out);

/* A document, to its </head>. */
void page_head(const char *word, const char *name, const char *style,
	       struct buf *out);

/* An amount of wei in ether, "1.2345 ETH", rounded down. */
#define PAGE_ETHER 112
const char *page_ether(const json_t *from, const char *key,
		       char out[PAGE_ETHER]);
/* "12 days"; "" when it is not known. */
const char *page_lasts(const json_t *balance, char out[HTML_SPAN]);
/* A share as a bar beside the number that says it. */
void page_bar(struct buf *out, int64_t percent, bool low);

#endif
