#ifndef OPL2_PAGE_PAGE_H
#define OPL2_PAGE_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "engine/base/buf.h"

/*
 * The page of `opl2 ui`, of what `opl2 ui -json` saw of a chain. Pure.
 *
 *	{"name": of the chain, "at": Unix time of the look,
 *	 "chain": as providers/health/view.h has it, or absent,
 *	 "processes": [as `opl2 status -json`], "supervisor": likewise,
 *	 "keeper": one line about who looks after them,
 *	 "findings": [as `opl2 doctor -json`]}
 *
 * Two parts of it change while it is shown, and each is a text of its own:
 * page.js puts the newer one into its place. Tables are in it as HTML, so that
 * it is read without JavaScript.
 */
struct page {
	const json_t *seen;   /* NULL: nothing was seen yet */
	const char *trouble;  /* why the last look failed, or NULL */
	int64_t now;          /* Unix time */
	int64_t processes_at; /* of the newest look at the processes */
	const char *style;    /* CSS, in the page: a file of its own would be
			       * waited for before anything is seen */
};

/* The verdict, what to do, and the figures that matter most. */
void page_top(const struct page *p, struct buf *out);
/* Everything, in tables. */
void page_tables(const struct page *p, struct buf *out);
/* The whole document. */
void page_html(const struct page *p, struct buf *out);

/* "ok", "warning" or "error": the worst of what is known. */
const char *page_verdict(const struct page *p);

#endif
