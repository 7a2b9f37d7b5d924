#ifndef OPL2_TESTS_FUZZ_FUZZ_H
#define OPL2_TESTS_FUZZ_FUZZ_H

/*
 * What the harnesses share. A harness takes any bytes, calls one parser and
 * aborts when what came out contradicts the parser's promise: libFuzzer or
 * replay.c then reports the input.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/diag/diag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test. */
#define FUZZ_CHECK(cond)                                                       \
	do {                                                                   \
		if (!(cond)) {                                                 \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,       \
				__LINE__, #cond);                              \
			abort();                                               \
		}                                                              \
	} while (0)

/* The bytes as a C string in a block of its own, so that a read past its end
 * is seen; the caller frees it. */
static inline char *
fuzz_text(const uint8_t *data, size_t size)
{
	char *s = xmalloc(size + 1);

	if (size)
		memcpy(s, data, size);
	s[size] = '\0';
	return s;
}

/* A file in memory that has the bytes, and the path to open it by. */
static inline int
fuzz_file(const void *data, size_t size, char path[32])
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || (size && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

/* rc is -1 if and only if there is an error; ds is done with. */
static inline void
fuzz_contract(struct diags *ds, int rc)
{
	FUZZ_CHECK((rc < 0) == (ds->nerrors > 0));
	for (const struct diag *d = ds->first; d; d = d->next)
		FUZZ_CHECK(diag_code_find(d->code) && d->summary);
	diags_done(ds);
}

#endif
