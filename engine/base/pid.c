#include "engine/base/pid.h"

#include <fcntl.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"

/* The fields of /proc/PID/stat from the third on, that is after the name in
 * parentheses, which may hold anything; NULL when it is gone. */
static char *
any_stat_fields(pid_t pid, char text[1024])
{
	CLEANUP(freep) char *path = xasprintf("/proc/%d/stat", (int)pid);
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, 1023);
	char *p;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && p[1] != '\0' ? p + 2 : NULL;
}

/* The same, or NULL of a zombie. */
static char *
stat_fields(pid_t pid, char text[1024])
{
	char *p = any_stat_fields(pid, text);

	return p && !strchr("ZXx", *p) ? p : NULL;
}

/* The at-th field (proc(5) counts from 1); changes the text. */
static bool
stat_field(char *fields, int at, uint64_t *v)
{
	char *save = NULL, *field = strtok_r(fields, " ", &save);

	for (int i = 3; field && i < at; i++)
		field = strtok_r(NULL, " ", &save);
	return field && parse_u64(field, UINT64_MAX, v) == 0;
}

uint64_t
pid_starttime(pid_t pid)
{
	char text[1024], *fields = stat_fields(pid, text);
	uint64_t v;

	return fields && stat_field(fields, 22, &v) ? v : 0;
}

uint64_t
pid_born(pid_t pid)
{
	char text[1024], *fields = any_stat_fields(pid, text);
	uint64_t v;

	return fields && stat_field(fields, 22, &v) ? v : 0;
}

pid_t
pid_parent(pid_t pid)
{
	char text[1024], *fields = stat_fields(pid, text);
	uint64_t v;

	return fields && stat_field(fields, 4, &v) ? (pid_t)v : 0;
}

int64_t
pid_cpu_ms(pid_t pid)
{
	char text[1024], again[1024], *fields = stat_fields(pid, text);
	uint64_t user, system;

	if (!fields)
		return 0;
	snprintf(again, sizeof(again), "%s", fields);
	if (!stat_field(fields, 14, &user) || !stat_field(again, 15, &system))
		return 0;
	return (int64_t)((user + system) * 1000 /
			 (uint64_t)sysconf(_SC_CLK_TCK));
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
