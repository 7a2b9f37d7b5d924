#ifndef OPL2_BASE_COMPILER_H
#define OPL2_BASE_COMPILER_H

/*
 * The few GNU extensions we lean on, each behind a name.
 *
 * CLEANUP(fn) runs fn(&var) when var leaves scope: initialise at the
 * declaration, for a cleanup on garbage is a crash. TAKE(p) reads a pointer
 * and nulls it, so that a transfer of ownership is visible in the caller.
 */

#define CLEANUP(fn)       __attribute__((cleanup(fn)))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define MUST_CHECK        __attribute__((warn_unused_result))
#define NORETURN          __attribute__((noreturn))
#define NEVER_NULL        __attribute__((returns_nonnull))
#define UNUSED            __attribute__((unused))
#define COUNTOF(a)        (sizeof(a) / sizeof((a)[0]))
#define TAKE(p)                                                                \
	__extension__({                                                        \
		__typeof__(p) take_ = (p);                                     \
		(p) = NULL;                                                    \
		take_;                                                         \
	})

#endif
