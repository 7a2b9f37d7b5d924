#include "engine/io/trace.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/base/buf.h"
#include "engine/io/file.h"

#define LINE_MAX_BYTES 4096

/* The one mutable global of the program: where lines go, -1 for nowhere. */
static int trace_fd = -2;

static int
target(void)
{
	const char *level, *path;

	if (trace_fd != -2)
		return trace_fd;
	trace_fd = -1;
	level = getenv("OPL2_LOG");
	if (!level || (strcmp(level, "trace") && strcmp(level, "debug")))
		return trace_fd;
	path = getenv("OPL2_LOG_PATH");
	if (!path || !*path)
		trace_fd = 2;
	else
		trace_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
				0600);
	return trace_fd;
}

bool
trace_on(void)
{
	return target() >= 0;
}

void
trace(const char *fmt, ...)
{
	CLEANUP(buf_done) struct buf line = BUF_INIT(LINE_MAX_BYTES);
	struct timespec now;
	struct tm tm;
	va_list ap;

	if (!trace_on())
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	buf_addf(&line, "%02d:%02d:%02d.%03ld [%d] ", tm.tm_hour, tm.tm_min,
		 tm.tm_sec, now.tv_nsec / 1000000, (int)getpid());
	va_start(ap, fmt);
	buf_vaddf(&line, fmt, ap);
	va_end(ap);
	if (line.over) {
		line.over = false;
		buf_adds(&line, "(line too long)");
	}
	buf_addch(&line, '\n');
	/* One write per line, so that programs sharing the file do not mix. */
	if (fd_write_all(trace_fd, buf_str(&line), line.n) < 0)
		trace_fd = -1;
}
