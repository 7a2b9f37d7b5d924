#ifndef OPL2_CMD_SUPERVISE_LOOP_LOOP_H
#define OPL2_CMD_SUPERVISE_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The event loop: one thread, epoll, and a short list of timers. Watches and
 * timers live in the caller's structures (zeroed at first) and must be taken
 * out before those are freed. A callback may take out or free any of them,
 * its own too: one event is delivered per turn.
 */
struct loop {
	int epfd;
	struct timer *timers; /* by due time */
	bool quit;
};

struct watch {
	void (*fn)(void *arg, uint32_t events);
	void *arg;
	int fd; /* valid while on */
	bool on;
};

struct timer {
	void (*fn)(void *arg);
	void *arg;
	uint64_t due; /* ms, loop_now */
	struct timer *next;
	bool on;
};

int loop_init(struct loop *l); /* -1 with errno */
void loop_done(struct loop *l);
/* Until quit is set. turn(arg) runs before each wait. */
void loop_run(struct loop *l, void (*turn)(void *arg), void *arg);
uint64_t loop_now(void); /* ms of CLOCK_MONOTONIC */

/* -1 with errno. */
int watch_on(struct loop *l, struct watch *w, int fd, uint32_t events,
	     void (*fn)(void *arg, uint32_t events), void *arg);
void watch_change(struct loop *l, struct watch *w, uint32_t events);
void watch_off(struct loop *l, struct watch *w);

/* Arms, or arms anew. */
void timer_on(struct loop *l, struct timer *t, uint64_t ms,
	      void (*fn)(void *arg), void *arg);
void timer_off(struct loop *l, struct timer *t);

#endif
