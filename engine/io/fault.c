#include "engine/io/fault.h"

#ifdef OPL2_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"
#include "engine/io/file.h"

static void
log_name(const char *name)
{
	const char *path = getenv("OPL2_FAULT_LOG");
	CLEANUP(close_fdp) int fd = -1;
	CLEANUP(freep) char *line = NULL;

	if (!path)
		return;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	line = xasprintf("%s\n", name);
	if (fd >= 0 && fd_write_all(fd, line, strlen(line)) < 0)
		abort(); /* a sweep over half a list would prove nothing */
}

void
fault_point(const char *name)
{
	static uint64_t passes; /* of the one point that is named */
	const char *want = getenv("OPL2_FAULT");
	size_t n = strlen(name);
	uint64_t nth = 1;

	log_name(name);
	if (!want || strncmp(want, name, n) != 0)
		return;
	if (want[n] == ':') {
		if (parse_u64(want + n + 1, UINT64_MAX, &nth) < 0)
			abort();
	} else if (want[n] != '\0') {
		return;
	}
	if (++passes == nth)
		kill(getpid(), SIGKILL);
}

#endif
