#ifndef OPL2_BASE_PID_H
#define OPL2_BASE_PID_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Facts about a process from /proc. A pid alone may be given out again; boot
 * id, pid and start time together name one process for ever.
 */
uint64_t pid_starttime(pid_t pid); /* ticks since boot; 0: gone or a zombie */
uint64_t pid_born(pid_t pid);      /* the same, of a zombie as well */
pid_t pid_parent(pid_t pid);       /* 0: gone, a zombie, or it has none */
int64_t pid_rss(pid_t pid);        /* resident bytes; 0: unknown */
int64_t pid_cpu_ms(pid_t pid);     /* spent so far, by all threads */
/* The boot's id, 36 characters; "" when there is none. */
void boot_id_read(char out[40]);

#endif
