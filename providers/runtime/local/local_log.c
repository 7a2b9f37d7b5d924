#include "providers/runtime/local/local_log.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"

#define STEP 65536

/* A descriptor of a plain file, or -1 with errno. */
static int
local_log_open_log(const char *path, off_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		*size = st.st_size;
		return fd;
	}
	close(fd);
	errno = EINVAL;
	return -1;
}

/* Where the last n lines begin. */
static off_t
start_of_lines(int fd, off_t size, uint64_t n)
{
	CLEANUP(freep) char *step = xmalloc(STEP);
	off_t end = size;
	bool last = true;

	while (end > 0) {
		off_t from = end > STEP ? end - STEP : 0;
		ssize_t got = pread(fd, step, (size_t)(end - from), from);

		if (got <= 0)
			return 0;
		for (ssize_t i = got - 1; i >= 0; i--) {
			/* The newline at the very end closes a line. */
			if (step[i] == '\n' && !last && n-- == 1)
				return from + i + 1;
			last = false;
		}
		end = from;
	}
	return 0;
}

int
local_log_place(const char *path, const char *name, uint64_t lines,
		uint64_t bytes, int64_t *at, struct diags *ds)
{
	off_t size = 0, back = 0;
	CLEANUP(close_fdp) int fd = local_log_open_log(path, &size);

	if (fd < 0 && errno == ENOENT)
		return diag_err(ds, "E0925", "'%s' has no log yet", name);
	if (fd < 0)
		return diag_errno(ds, "E0925", "cannot read '%s'", path);
	if (lines)
		back = start_of_lines(fd, size, lines);
	if (bytes && (uint64_t)(size - back) > bytes)
		back = size - (off_t)bytes;
	*at = back;
	return 0;
}

ssize_t
local_log_next(const char *path, int64_t *at, char *to, size_t n)
{
	off_t size = 0;
	CLEANUP(close_fdp) int fd = local_log_open_log(path, &size);
	ssize_t got;

	if (fd < 0)
		return -1;
	if (size < *at)
		*at = 0;
	got = pread(fd, to, n, *at);
	if (got > 0)
		*at += got;
	return got;
}
