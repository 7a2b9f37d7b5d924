/*
 * What opl2 takes long to say. A thread of its own asks, once for all who want
 * to know, and their requests wait meanwhile without keeping others from an
 * answer.
 */
#include "cmd/opl2-ui/ui.h"

#include <string.h>
#include <time.h>

#include "cmd/server/child.h"
#include "engine/base/mem.h"

/* A request, until it is over. */
struct waiter {
	struct MHD_Connection *c;
	bool told; /* there is an answer for it */
	struct waiter *next;
};

static void *
ask_main(void *arg)
{
	struct ask *a = arg;
	struct buf out = BUF_INIT(UI_TEXT_MAX), why = BUF_INIT(UI_TEXT_MAX);
	int rc = server_run_child(a->u->opl2, a->argv, a->timeout_ms,
				  &a->u->cancel, &out, &why);

	pthread_mutex_lock(&a->u->lock);
	buf_done(&a->out);
	buf_done(&a->why);
	a->out = out;
	a->why = why;
	a->status = rc;
	a->at = time(NULL);
	a->runs = false;
	for (struct waiter *w = a->waiters; w; w = w->next) {
		if (w->told)
			continue;
		w->told = true;
		MHD_resume_connection(w->c);
	}
	pthread_mutex_unlock(&a->u->lock);
	return NULL;
}

/* The lock is held. */
static bool
ask_begin(struct ask *a)
{
	if (a->runs)
		return true;
	/* The one before has ended, but for its last line. */
	if (a->begun) {
		pthread_mutex_unlock(&a->u->lock);
		pthread_join(a->thread, NULL);
		pthread_mutex_lock(&a->u->lock);
		a->begun = false;
	}
	if (pthread_create(&a->thread, NULL, ask_main, a))
		return false;
	a->begun = a->runs = true;
	return true;
}

static struct waiter *
waiter_find(const struct ask *a, const struct MHD_Connection *c)
{
	struct waiter *w = a->waiters;

	while (w && w->c != c)
		w = w->next;
	return w;
}

int
ask(struct ask *a, struct MHD_Connection *c)
{
	struct waiter *w = waiter_find(a, c);

	if (w && w->told)
		return 1;
	if (atomic_load(&a->u->cancel) || !ask_begin(a))
		return -1;
	w = xcalloc(1, sizeof(*w));
	w->c = c;
	w->next = a->waiters;
	a->waiters = w;
	MHD_suspend_connection(c);
	return 0;
}

void
ask_forget(struct ask *a, const struct MHD_Connection *c)
{
	struct waiter *w = waiter_find(a, c), **at;

	if (!w)
		return;
	for (at = &a->waiters; *at != w; at = &(*at)->next)
		;
	*at = w->next;
	free(w);
}

void
ask_end(struct ask *a)
{
	if (a->begun)
		pthread_join(a->thread, NULL);
	a->begun = false;
}

void
ask_done(struct ask *a)
{
	while (a->waiters)
		ask_forget(a, a->waiters->c);
	buf_done(&a->out);
	buf_done(&a->why);
}
