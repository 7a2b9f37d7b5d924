#ifndef OPL2_BASE_ARENA_H
#define OPL2_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "engine/base/compiler.h"

/*
 * Bump allocator for values that live as long as one run (spec tree, graph,
 * diagnostics, plan lists). Nothing is freed singly. Results are 16-byte
 * aligned and zeroed; they never come back NULL.
 */
struct arena {
	struct arena_chunk *head;
};

void arena_init(struct arena *a);
void arena_done(struct arena *a);
NEVER_NULL void *arena_alloc(struct arena *a, size_t n);
NEVER_NULL char *arena_strdup(struct arena *a, const char *s);
NEVER_NULL char *arena_strndup(struct arena *a, const char *s, size_t n);
/* n bytes of any kind, with a NUL after them. */
NEVER_NULL void *arena_memdup(struct arena *a, const void *from, size_t n);
NEVER_NULL char *arena_printf(struct arena *a, const char *fmt, ...)
	PRINTF_LIKE(2, 3);
NEVER_NULL char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
	PRINTF_LIKE(2, 0);

#endif
