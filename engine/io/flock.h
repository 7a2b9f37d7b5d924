#ifndef OPL2_ENGINE_IO_FLOCK_H
#define OPL2_ENGINE_IO_FLOCK_H

#include <stdbool.h>

/*
 * An exclusive flock(2), which ends with the last descriptor of the file that
 * was opened. 0; 1: another has it; -1 with errno.
 */
int flock_try(int fd);
/* Waits while another has it: held() is told how often it was so before, and
 * pauses, or gives up with true. NULL waits for as long as it takes. */
int flock_wait(int fd, bool (*held)(void *arg, unsigned before), void *arg);

#endif
