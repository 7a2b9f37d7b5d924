#ifndef OPL2_BASE_MEM_H
#define OPL2_BASE_MEM_H

#include <stddef.h>

#include "engine/base/compiler.h"

/*
 * Allocation that never returns NULL: without memory the program ends at once,
 * with E0654 and status 1, because no state is ever half-written in memory
 * only. The caller frees the result with free(). mem_init() also makes jansson
 * use these; call it first in every main().
 */
void mem_init(void);
/* For programs that come to hold keys: no core file, no debugger, and the
 * memory of a JSON value is wiped when it is freed. After mem_init(). What is
 * executed from here is not concerned. */
void mem_hide(void);
/* That end, when it is a library that got none. */
NORETURN void mem_exhausted(void);
NEVER_NULL void *xmalloc(size_t n);
NEVER_NULL void *xcalloc(size_t n, size_t size);
NEVER_NULL void *xrealloc(void *p, size_t n);
NEVER_NULL void *xreallocarray(void *p, size_t n, size_t size);
NEVER_NULL char *xstrdup(const char *s);
NEVER_NULL char *xstrndup(const char *s, size_t n);
NEVER_NULL char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* For CLEANUP(): frees the pointed-to pointer, closes the pointed-to fd. */
void freep(void *pp);
void close_fdp(int *fd);

#endif
