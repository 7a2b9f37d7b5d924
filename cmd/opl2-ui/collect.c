/*
 * What the page shows, and when it is looked at: the processes often, for that
 * is a question to the supervisor alone; the whole chain less often, and at
 * once when a process is another than before. Without anybody who looks, as
 * often as the history wants it.
 */
#include "cmd/opl2-ui/ui.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "cmd/server/child.h"
#include "engine/base/clock.h"
#include "engine/base/logfmt.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/page/record.h"

#define CHAIN_MS      10000
#define PROCESSES_MS  4000  /* for an answer */
#define CHAIN_WAIT_MS 60000 /* likewise */
#define WATCHED_MS    60000
#define WHY_MAX       4096
#define NAMES_MAX     256

bool
collect_watched(const struct ui *u)
{
	return u->nlisteners > 0 ||
	       (u->asked_ms && mono_ms() - u->asked_ms < WATCHED_MS);
}

/* What somebody has to see at once, if it changes. */
static bool
is_other(const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "name",    "state",     "pid",
					    "ready",   "restarts",  "reason",
					    "desired", "waits_for", "hold",
					    "pause",   "stale" };

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (!json_equal(json_object_get(a, keys[i]),
				json_object_get(b, keys[i])))
			return true;
	return false;
}

static bool
are_other(const json_t *a, const json_t *b)
{
	const json_t *v;
	size_t i;

	if (json_array_size(a) != json_array_size(b))
		return true;
	json_array_foreach(a, i, v) {
		if (is_other(v, json_array_get(b, i)))
			return true;
	}
	return false;
}

/* A new text of what is seen, so that nobody's borrowed parts change. */
static void
set_processes(struct ui *u, const json_t *from, int64_t at)
{
	static const char *const keys[] = { "processes", "supervisor" };
	json_t *seen = json_copy(u->seen);

	for (size_t i = 0; i < COUNTOF(keys); i++)
		if (jx_get(from, keys[i]))
			json_object_set_new(seen, keys[i],
					    jx_share(jx_get(from, keys[i])));
	json_decref(u->seen);
	u->seen = seen;
	u->processes_at = at;
}

static void
changed(struct ui *u)
{
	u->version++;
	events_wake(u);
}

static void
hurry(struct ui *u)
{
	u->hurried = true;
	pthread_cond_signal(&u->hurry);
}

/* --- processes -------------------------------------------------------------
 */

/* Their names, borrowed from `list`, after what is in argv. */
static size_t
add_names(const json_t *list, const char **argv, size_t n)
{
	const json_t *v;
	size_t i;

	json_array_foreach(list, i, v) {
		const char *name = jx_str(v, "name", NULL);

		if (name && *name != '-' && n < NAMES_MAX)
			argv[n++] = name;
	}
	return n;
}

static void
take_processes(struct ui *u, const json_t *got, int64_t at)
{
	pthread_mutex_lock(&u->lock);
	if (!got) {
		/* One that is gone, or a supervisor that is: once, for where a
		 * look takes long it would never end. */
		if (!u->missed)
			hurry(u);
	} else {
		bool other = are_other(jx_get(u->seen, "processes"),
				       jx_get(got, "processes"));

		set_processes(u, got, at);
		if (other) {
			changed(u);
			hurry(u);
		}
	}
	u->missed = !got;
	pthread_mutex_unlock(&u->lock);
}

void
collect_processes(struct ui *u)
{
	const char *argv[NAMES_MAX + 1] = { "opl2", "status", "-json" };
	CLEANUP(buf_done) struct buf out = BUF_INIT(UI_TEXT_MAX);
	CLEANUP(buf_done) struct buf why = BUF_INIT(WHY_MAX);
	CLEANUP(put_json) json_t *list = NULL;
	CLEANUP(put_json) json_t *got = NULL;
	int64_t at = time(NULL);
	int rc;

	pthread_mutex_lock(&u->lock);
	list = json_incref(json_object_get(u->seen, "processes"));
	u->beats++;
	events_wake(u);
	pthread_mutex_unlock(&u->lock);
	if (json_array_size(list) == 0)
		return;
	add_names(list, argv, 3);
	rc = server_run_child(u->opl2, argv, PROCESSES_MS, &u->cancel, &out,
			      &why);
	/* 1 is the exit status of a process that is not well. */
	if (rc == 0 || rc == 1)
		got = jx_parse(buf_str(&out), out.n, "status", NULL);
	take_processes(u, got, at);
}

/* --- the chain -------------------------------------------------------------
 */

static void
set_trouble(struct ui *u, const char *text)
{
	free(u->trouble);
	u->trouble = text ? xstrdup(text) : NULL;
}

/* What a look brought; processes that were looked at since stay. */
static void
take_chain(struct ui *u, json_t *got)
{
	int64_t at = jx_int(got, "at", 0);

	if (u->seen && u->processes_at > at) {
		json_t *newer = u->seen;

		u->seen = json_incref(got);
		set_processes(u, newer, u->processes_at);
		json_decref(newer);
	} else {
		json_decref(u->seen);
		u->seen = json_incref(got);
		u->processes_at = at;
	}
}

static void
collect_chain(struct ui *u)
{
	static const char *const argv[] = { "opl2", "ui", "-json", NULL };
	CLEANUP(buf_done) struct buf out = BUF_INIT(UI_TEXT_MAX);
	CLEANUP(buf_done) struct buf why = BUF_INIT(WHY_MAX);
	CLEANUP(put_json) json_t *got = NULL;

	if (server_run_child(u->opl2, argv, CHAIN_WAIT_MS, &u->cancel, &out,
			     &why) == 0)
		got = jx_parse(buf_str(&out), out.n, "a look", NULL);
	if (!got)
		logfmt("error", "msg=\"%.*s\"",
		       (int)strcspn(buf_str(&why), "\n"), buf_str(&why));
	pthread_mutex_lock(&u->lock);
	set_trouble(u, got     ? NULL
		       : why.n ? buf_str(&why)
			       : "opl2 said nothing");
	if (got)
		take_chain(u, got);
	changed(u);
	pthread_mutex_unlock(&u->lock);
}

/* --- the history -----------------------------------------------------------
 */

/* Adds what is seen; where another program writes, reads what that added. */
static void
remember(struct ui *u)
{
	uint8_t bytes[RECORD_BYTES];
	struct record r;

	pthread_mutex_lock(&u->lock);
	if (!u->has_ring) {
		pthread_mutex_unlock(&u->lock);
		return;
	}
	ring_refresh(&u->ring);
	if (u->seen && !u->trouble && ring_may_write(&u->ring)) {
		record_of(u->seen, &r);
		record_encode(&r, bytes);
		if (ring_add(&u->ring, bytes))
			logfmt("error", "msg=\"cannot write the history: %s\"",
			       strerror(errno));
	}
	pthread_mutex_unlock(&u->lock);
}

/* Until it is to be looked at again. */
static void
wait_for_turn(struct ui *u, uint64_t last_ms, uint64_t record_ms)
{
	pthread_mutex_lock(&u->lock);
	while (!atomic_load(&u->cancel) && !u->hurried) {
		uint64_t now = mono_ms(), next = record_ms;
		struct timespec until;

		if (collect_watched(u) && last_ms + CHAIN_MS < next)
			next = last_ms + CHAIN_MS;
		if (now >= next)
			break;
		/* Not for longer than a second: somebody may come. */
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		pthread_cond_timedwait(&u->hurry, &u->lock, &until);
	}
	u->hurried = false;
	pthread_mutex_unlock(&u->lock);
}

static void *
chain_main(void *arg)
{
	struct ui *u = arg;
	uint64_t record_ms = mono_ms(); /* of the next record */

	while (!atomic_load(&u->cancel)) {
		uint64_t began = mono_ms();

		collect_chain(u);
		if (mono_ms() >= record_ms) {
			remember(u);
			record_ms = began + RECORD_STEP_S * 1000;
		}
		wait_for_turn(u, began, record_ms);
	}
	return NULL;
}

int
collect_start(struct ui *u, pthread_t *thread, struct diags *ds)
{
	int rc = pthread_create(thread, NULL, chain_main, u);

	if (rc == 0)
		return 0;
	errno = rc;
	return diag_errno(ds, "E1401", "cannot start a thread");
}
