#ifndef OPL2_ENGINE_DIAG_DIAG_H
#define OPL2_ENGINE_DIAG_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/compiler.h"

/*
 * Diagnostics: what went wrong, where, and what to do.
 *
 * A fallible function returns 0, or -1 if and only if it appended an error
 * here. diag_err() returns -1 so that it can be returned. The lowest layer
 * that knows the cause appends; callers decorate the newest one (diag_hint,
 * diag_path, diag_addr ...) instead of wrapping its text. Nothing below cmd/
 * prints.
 *
 * Text: lower case, no full stop, the failure first, the subject in single
 * quotes; the hint is an action. Codes come from engine/diag/codes.def, which
 * also gives each its exit code and the text of `opl2 explain`.
 *
 * All strings are copied into the list's own arena.
 */
enum severity { SEV_WARNING, SEV_ERROR };

struct diag_pos { /* 1-based; line 0 means unknown */
	const char *file;
	unsigned line, col, end_col;
};

struct diag {
	enum severity sev;
	const char *code; /* "E0204", "W0907" */
	const char *addr; /* resource address, or NULL */
	const char *path; /* JSON pointer in the resource's config, or NULL */
	const char *summary;
	const char *detail; /* several lines (tool output), or NULL */
	const char *hint;   /* or NULL */
	struct diag_pos pos;
	/* The line of a preset that is at fault, where pos is what the user
	 * wrote that brought it in. */
	struct diag_pos preset;
	struct diag *next;
};

struct diags {
	struct arena arena;
	struct diag *first, *last;
	size_t nerrors, nwarnings;
};

void diags_init(struct diags *ds);
void diags_done(struct diags *ds);

int diag_err(struct diags *ds, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* As diag_err, with ": strerror(errno)" appended. */
int diag_errno(struct diags *ds, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
void diag_warn(struct diags *ds, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Appends one whose text is filled in by the caller: by copies that are in the
 * list's arena. */
struct diag *diag_add(struct diags *ds, enum severity sev, const char *code);

/* Decorate the newest diagnostic; no-ops on an empty list. */
void diag_hint(struct diags *ds, const char *fmt, ...) PRINTF_LIKE(2, 3);
void diag_detail(struct diags *ds, const char *text);
void diag_path(struct diags *ds, const char *fmt, ...) PRINTF_LIKE(2, 3);
void diag_addr(struct diags *ds, const char *addr);
void diag_pos(struct diags *ds, const char *file, unsigned line, unsigned col,
	      unsigned end_col);
void diag_preset(struct diags *ds, const struct diag_pos *preset);

/* Takes out those for which drop() is true. */
void diags_drop(struct diags *ds,
		bool (*drop)(const struct diag *d, const void *arg),
		const void *arg);
/* Stable sort by file, line, column; then drops exact repeats. */
void diags_sort(struct diags *ds);
/* Appends copies of all of src's. */
void diags_append(struct diags *ds, const struct diags *src);
/* Exit code of the first error (0 if none), by codes.def. */
int diags_exit_code(const struct diags *ds);

/* The registry of codes. */
struct diag_code {
	const char *code;
	int exit_code;
	const char *title;   /* one sentence */
	const char *explain; /* paragraphs for `opl2 explain` */
};
const struct diag_code *diag_code_find(const char *code); /* or NULL */
const struct diag_code *diag_code_table(size_t *n);

#endif
