/* Server-sent events: what changed on the page, and a beat that says that this
 * still runs. A listener that has all is suspended until there is more. */
#include "cmd/opl2-ui/ui.h"

#include <string.h>
#include <time.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/page/page.h"

#define LISTENERS  32
#define BLOCK      16384
#define RETRY_TEXT "retry: 1000\n\n"

struct listener {
	struct ui *u;
	struct MHD_Connection *c;
	struct buf text; /* not yet sent */
	uint64_t version, beats;
	bool waits; /* suspended */
	struct listener *next;
};

/* The parts of the page as they are now; page.js puts them in place. */
static void
add_page(struct listener *l)
{
	struct buf top = BUF_INIT(UI_TEXT_MAX), tables = BUF_INIT(UI_TEXT_MAX);
	const struct ui *u = l->u;
	const struct page p = { .seen = u->seen,
				.trouble = u->trouble,
				.processes_at = u->processes_at,
				.now = time(NULL) };
	CLEANUP(put_json) json_t *j = NULL;
	CLEANUP(freep) char *text = NULL;

	page_top(&p, &top);
	page_tables(&p, &tables);
	j = json_pack("{s:I, s:s, s:s, s:s, s:s}", "now", (json_int_t)p.now,
		      "name", jx_str(u->seen, "name", "chain"), "verdict",
		      page_verdict(&p), "top", buf_str(&top), "tables",
		      buf_str(&tables));
	buf_done(&top);
	buf_done(&tables);
	if (!j)
		return;
	text = jx_dump_line(j);
	buf_addf(&l->text, "event: page\ndata: %s\n\n", text);
}

/* What there is to say, if anything. */
static void
fill(struct listener *l)
{
	if (l->version != l->u->version) {
		l->version = l->u->version;
		add_page(l);
	}
	if (l->beats != l->u->beats) {
		l->beats = l->u->beats;
		buf_addf(&l->text, "event: beat\ndata: %lld\n\n",
			 (long long)time(NULL));
	}
}

static ssize_t
on_read(void *arg, uint64_t pos UNUSED, char *out, size_t max)
{
	struct listener *l = arg;
	size_t n;

	if (atomic_load(&l->u->cancel))
		return MHD_CONTENT_READER_END_OF_STREAM;
	pthread_mutex_lock(&l->u->lock);
	if (l->text.n == 0)
		fill(l);
	n = l->text.n < max ? l->text.n : max;
	if (n) {
		memcpy(out, l->text.p, n);
		buf_drop(&l->text, n);
		if (l->text.n == 0)
			buf_done(&l->text);
	} else {
		l->waits = true;
		MHD_suspend_connection(l->c);
	}
	pthread_mutex_unlock(&l->u->lock);
	return (ssize_t)n;
}

static void
on_end(void *arg)
{
	struct listener *l = arg, **at;

	pthread_mutex_lock(&l->u->lock);
	for (at = &l->u->listeners; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	l->u->nlisteners--;
	l->u->asked_ms = mono_ms();
	pthread_mutex_unlock(&l->u->lock);
	buf_done(&l->text);
	free(l);
}

static struct listener *
listener_new(struct ui *u, struct MHD_Connection *c)
{
	struct listener *l;

	pthread_mutex_lock(&u->lock);
	if (u->nlisteners == LISTENERS) {
		pthread_mutex_unlock(&u->lock);
		return NULL;
	}
	l = xcalloc(1, sizeof(*l));
	l->u = u;
	l->c = c;
	buf_init(&l->text, UI_TEXT_MAX);
	buf_adds(&l->text, RETRY_TEXT);
	l->beats = u->beats;
	l->next = u->listeners;
	u->listeners = l;
	u->nlisteners++;
	pthread_mutex_unlock(&u->lock);
	return l;
}

enum MHD_Result
events_answer(struct ui *u, struct MHD_Connection *c)
{
	struct listener *l = listener_new(u, c);
	struct MHD_Response *r;
	enum MHD_Result rc;

	if (!l)
		return MHD_NO;
	r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, on_read,
					      l, on_end);
	if (!r) {
		on_end(l);
		return MHD_NO;
	}
	serve_headers(r, "text/event-stream");
	MHD_add_response_header(r, "Cache-Control", "no-store");
	/* It may be silent for longer than others. */
	MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	rc = MHD_queue_response(c, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return rc;
}

void
events_wake(struct ui *u)
{
	for (struct listener *l = u->listeners; l; l = l->next) {
		if (!l->waits)
			continue;
		l->waits = false;
		MHD_resume_connection(l->c);
	}
}
