#ifndef OPL2_PROVIDERS_CLIENTS_STORE_CONFINE_H
#define OPL2_PROVIDERS_CLIENTS_STORE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Runs fn(arg) to its end in a thread of its own that can write, make and
 * remove files and links below the open folder dirfd alone (-1: nowhere), makes
 * no devices, sockets and pipes there, executes nothing, and neither connects
 * nor listens by TCP. What is already open stays usable; reading is not
 * restricted. It is for code that reads what strangers have written: a fault in
 * it reaches no further than what it is there to write.
 *
 * By Landlock (Linux 5.13, TCP since 6.7). False: the kernel has none, or no
 * thread could be made, and fn has run without.
 */
bool confine_run(int dirfd, void (*fn)(void *arg), void *arg);

/*
 * For this process, which is about to become another program, and for all that
 * it starts: only below the n folders, which are there, does it write, make and
 * remove files, folders and links; it may open what is in /dev. Without net it
 * neither connects nor listens by TCP. Programs run. False as above.
 */
bool confine_self(const char *const *folders, size_t n, bool net);

#endif
