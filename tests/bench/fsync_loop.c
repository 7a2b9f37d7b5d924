/*
 * fsync_loop N FILE: appends N records of 200 bytes, each followed by
 * fdatasync; prints the milliseconds. The floor for N durable records.
 */
#include <fcntl.h>
#include <inttypes.h>

#include "engine/base/mem.h"
#include "engine/base/units.h"

int
main(int argc, char **argv)
{
	struct timespec a, b;
	char rec[200];
	uint64_t i, n;
	int fd;

	if (argc != 3 || parse_u64(argv[1], 1000000, &n))
		return 3;
	memset(rec, 'x', sizeof(rec));
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < n; i++)
		if (write(fd, rec, sizeof(rec)) != (ssize_t)sizeof(rec) ||
		    fdatasync(fd))
			return 1;
	clock_gettime(CLOCK_MONOTONIC, &b);
	printf("%.1f\n", (double)(b.tv_sec - a.tv_sec) * 1e3 +
				 (double)(b.tv_nsec - a.tv_nsec) / 1e6);
	close(fd);
	unlink(argv[2]);
	return 0;
}
