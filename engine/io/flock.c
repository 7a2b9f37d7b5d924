#include "engine/io/flock.h"

#include <errno.h>
#include <sys/file.h>

#include "engine/base/compiler.h"

int
flock_wait(int fd, bool (*held)(void *arg, unsigned before), void *arg)
{
	unsigned before = 0;

	while (flock(fd, held ? LOCK_EX | LOCK_NB : LOCK_EX)) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK)
			return -1;
		if (held(arg, before++))
			return 1;
	}
	return 0;
}

static bool
give_up(void *arg UNUSED, unsigned before UNUSED)
{
	return true;
}

int
flock_try(int fd)
{
	return flock_wait(fd, give_up, NULL);
}
