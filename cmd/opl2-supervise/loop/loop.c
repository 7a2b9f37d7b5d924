#include "cmd/opl2-supervise/loop/loop.h"

#include <sys/epoll.h>

uint64_t
loop_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int
loop_init(struct loop *l)
{
	*l = (struct loop){ .epfd = epoll_create1(EPOLL_CLOEXEC) };
	return l->epfd < 0 ? -1 : 0;
}

void
loop_done(struct loop *l)
{
	if (l->epfd >= 0)
		close(l->epfd);
	l->epfd = -1;
}

static void
run_timers(struct loop *l)
{
	struct timer *t;

	/* At most a few per round, lest one that arms itself for now starves
	 * the descriptors. */
	for (int i = 0; i < 16 && !l->quit; i++) {
		t = l->timers;
		if (!t || t->due > loop_now())
			return;
		l->timers = t->next;
		t->on = false;
		t->fn(t->arg);
	}
}

/* ms until the next timer, -1 for none. */
static int
next_due(const struct loop *l)
{
	uint64_t now = loop_now(), longest = 3600000;

	if (!l->timers)
		return -1;
	if (l->timers->due <= now)
		return 0;
	if (l->timers->due - now > longest)
		return (int)longest;
	return (int)(l->timers->due - now);
}

void
loop_run(struct loop *l, void (*turn)(void *arg), void *arg)
{
	while (!l->quit) {
		struct epoll_event ev;
		struct watch *w;

		run_timers(l);
		turn(arg);
		if (l->quit || epoll_wait(l->epfd, &ev, 1, next_due(l)) != 1)
			continue;
		w = ev.data.ptr;
		w->fn(w->arg, ev.events);
	}
}

int
watch_on(struct loop *l, struct watch *w, int fd, uint32_t events,
	 void (*fn)(void *arg, uint32_t events), void *arg)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	watch_off(l, w);
	if (epoll_ctl(l->epfd, EPOLL_CTL_ADD, fd, &ev))
		return -1;
	*w = (struct watch){ .fn = fn, .arg = arg, .fd = fd, .on = true };
	return 0;
}

void
watch_change(struct loop *l, struct watch *w, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.ptr = w };

	if (w->on)
		epoll_ctl(l->epfd, EPOLL_CTL_MOD, w->fd, &ev);
}

void
watch_off(struct loop *l, struct watch *w)
{
	if (w->on)
		epoll_ctl(l->epfd, EPOLL_CTL_DEL, w->fd, NULL);
	w->on = false;
}

void
timer_on(struct loop *l, struct timer *t, uint64_t ms, void (*fn)(void *arg),
	 void *arg)
{
	struct timer **at;

	timer_off(l, t);
	t->fn = fn;
	t->arg = arg;
	t->due = loop_now() + ms;
	t->on = true;
	for (at = &l->timers; *at && (*at)->due <= t->due; at = &(*at)->next)
		;
	t->next = *at;
	*at = t;
}

void
timer_off(struct loop *l, struct timer *t)
{
	struct timer **at;

	if (!t->on)
		return;
	for (at = &l->timers; *at != t; at = &(*at)->next)
		;
	*at = t->next;
	t->on = false;
}
