#include "engine/base/pid.h"

#include <fcntl.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"

uint64_t
pid_starttime(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/stat", (int)pid);
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[1024], *p, *field, *save = NULL;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	uint64_t v = 0;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	/* The name in parentheses may hold anything: go from its end. */
	p = strrchr(text, ')');
	if (!p || p[1] == '\0' || strchr("ZXx", p[2]))
		return 0;
	field = strtok_r(p + 2, " ", &save);
	for (int i = 3; field && i < 22; i++)
		field = strtok_r(NULL, " ", &save);
	return field && parse_u64(field, UINT64_MAX, &v) == 0 ? v : 0;
}

int64_t
pid_rss(pid_t pid)
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/statm", (int)pid);
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[256], *save = NULL, *field;
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	uint64_t pages;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	strtok_r(text, " ", &save);
	field = strtok_r(NULL, " ", &save);
	if (!field || parse_u64(field, INT64_MAX / 65536, &pages))
		return 0;
	return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

void
boot_id_read(char out[40])
{
	CLEANUP(close_fdp)
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, 36);

	out[n == 36 ? 36 : 0] = '\0';
}
