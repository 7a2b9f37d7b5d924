/*
 * An allocation that fails, for tests/torture/nomem.sh: linked into opl2, which
 * is static, by the linker's --wrap, and preloaded by the other programs.
 *
 * OPL2_NOMEM=PROGRAM:N       the Nth allocation of PROGRAM fails
 * OPL2_NOMEM=PROGRAM:N+      and all after it do
 * OPL2_NOMEM_LOG=FILE        each new place of PROGRAM is a line: N, and the
 *                            offsets in the program of the eight innermost
 * calls
 *
 * A place is a stack of calls: what fails at one fails as at any other time.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/compiler.h"

#define DEPTH  8
#define PLACES 65536

static atomic_ulong allocations;
static unsigned long fails_at;
static bool fails_on, counts;
static int log_fd = -1;
static uintptr_t base;
static _Thread_local bool inside;
static atomic_ulong seen[PLACES];

#ifdef WRAPPED
#define REAL(f)  __real_##f
#define NAMED(f) __wrap_##f
#else
#define REAL(f)  __libc_##f
#define NAMED(f) f
#endif
void *REAL(malloc)(size_t n);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *p, size_t n);
void *NAMED(malloc)(size_t n);
void *NAMED(calloc)(size_t n, size_t size);
void *NAMED(realloc)(void *p, size_t n);

/* The program is the first. */
static int
note_base(struct dl_phdr_info *info, size_t n UNUSED, void *arg UNUSED)
{
	base = info->dlpi_addr;
	return 1;
}

static void __attribute__((constructor)) begin(void)
{
	const char *want = getenv("OPL2_NOMEM"),
		   *log = getenv("OPL2_NOMEM_LOG");
	const char *colon = want ? strchr(want, ':') : NULL;
	char *end;
	void *frames[DEPTH];

	inside = true;
	if (colon &&
	    strncmp(want, program_invocation_short_name,
		    (size_t)(colon - want)) == 0 &&
	    program_invocation_short_name[colon - want] == '\0') {
		fails_at = strtoull(colon + 1, &end, 10);
		fails_on = *end == '+';
		counts = true;
	}
	if (counts && log) {
		log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			      0600);
		dl_iterate_phdr(note_base, NULL);
		/* Its first call loads a library. */
		backtrace(frames, DEPTH);
	}
	inside = false;
}

/* False for a place that was there before. */
static bool
is_new(void *const *frames, int n)
{
	unsigned long hash = 14695981039346656037ul, none;

	for (int i = 0; i < n; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * 1099511628211ul;
	hash |= 1;
	for (size_t i = hash % PLACES, tries = 0; tries < PLACES; tries++) {
		none = 0;
		if (atomic_compare_exchange_strong(&seen[i], &none, hash))
			return true;
		if (none == hash)
			return false;
		i = (i + 1) % PLACES;
	}
	return false;
}

static void
note(unsigned long at)
{
	void *frames[DEPTH + 2];
	int n = backtrace(frames, DEPTH + 2), len;
	char line[32 + 24 * DEPTH];

	if (!is_new(frames + 2, n - 2))
		return;
	len = snprintf(line, sizeof(line), "%lu", at);
	for (int i = 2; i < n; i++)
		len += snprintf(line + len, sizeof(line) - (size_t)len, " %lx",
				(uintptr_t)frames[i] - base);
	line[len++] = '\n';
	if (write(log_fd, line, (size_t)len) != len)
		_exit(125);
}

static bool
fails(void)
{
	unsigned long at;

	if (!counts || inside)
		return false;
	inside = true;
	at = atomic_fetch_add(&allocations, 1) + 1;
	if (log_fd >= 0)
		note(at);
	inside = false;
	if (fails_at == 0 || at < fails_at || (at > fails_at && !fails_on))
		return false;
	errno = ENOMEM;
	return true;
}

void *
NAMED(malloc)(size_t n)
{
	return fails() ? NULL : REAL(malloc)(n);
}

void *
NAMED(calloc)(size_t n, size_t size)
{
	return fails() ? NULL : REAL(calloc)(n, size);
}

void *
NAMED(realloc)(void *p, size_t n)
{
	return fails() ? NULL : REAL(realloc)(p, n);
}
