#include "engine/base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <jansson.h>

/* As any error ends (engine/diag), without anything that takes memory. */
void
mem_exhausted(void)
{
	static const char msg[] =
		"error[E0654]: out of memory\n"
		"   = hint: end other programs, and rerun the command\n";
	ssize_t ignored = write(2, msg, sizeof(msg) - 1);

	(void)ignored;
	_exit(1);
}

void
mem_init(void)
{
	json_set_alloc_funcs(xmalloc, free);
}

static void
wipe_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

void
mem_hide(void)
{
	json_set_alloc_funcs(xmalloc, wipe_free);
	/* The leak checker has to look into its own process. */
#ifndef __SANITIZE_ADDRESS__
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

void *
xmalloc(size_t n)
{
	void *p = malloc(n ? n : 1);

	if (!p)
		mem_exhausted();
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		mem_exhausted();
	return p;
}

void *
xrealloc(void *p, size_t n)
{
	void *q = realloc(p, n ? n : 1);

	if (!q)
		mem_exhausted();
	return q;
}

void *
xreallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		mem_exhausted();
	return xrealloc(p, bytes);
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xstrndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = xmalloc(len + 1);

	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *p = NULL;

	va_start(ap, fmt);
	if (vasprintf(&p, fmt, ap) < 0)
		mem_exhausted();
	va_end(ap);
	return p;
}

void
freep(void *pp)
{
	/* pp points to a pointer of any object type: copy, do not alias. */
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

void
close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
