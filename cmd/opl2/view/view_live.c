#include "cmd/opl2/view/live.h"

#include <sys/ioctl.h>

#include "cmd/opl2/view/text.h"
#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"

enum {
	/* Between two plain lines of a resource: twice as long after each that
	 * says the same. */
	PLAIN_FIRST_MS = 10000,
	PLAIN_LAST_MS = 60000,
	STEP_MS = 2000,    /* from then on a step has its own time */
	SKIPPED_NAMED = 3, /* of those that are skipped together */
	TEXT_MAX = 400
};

struct running {
	char *addr;
	char text[TEXT_MAX];
	enum action action;
	bool reading;
	uint64_t began, step, said; /* monotonic ms; step: what text says */
	unsigned every;             /* ms to the next plain line */
};

/* Skipped one after another for the same reason; told as one line. */
struct skipped {
	char why[TEXT_MAX], names[TEXT_MAX];
	unsigned n;
};

struct live {
	FILE *out;
	bool terminal, color;
	/* In the order of their beginning, from `first` on. What has ended has
	 * no address, and is dropped when all before it have. */
	struct running *run;
	size_t first, nrun, cap, alive;
	unsigned done, total;
	uint64_t began;
	unsigned drawn, frame; /* lines of the block on the screen */
	struct skipped skipped;
};

struct live *
live_new(FILE *out, bool terminal, bool color)
{
	struct live *l = xcalloc(1, sizeof(*l));

	l->out = out;
	l->terminal = terminal;
	l->color = color;
	l->began = mono_ms();
	return l;
}

void
live_free(struct live *l)
{
	size_t i;

	if (!l)
		return;
	live_clear(l);
	for (i = 0; i < l->nrun; i++)
		free(l->run[i].addr);
	free(l->run);
	free(l);
}

/* Text of a tool may hold anything: control bytes would move the cursor. */
static void
clean(char *dst, size_t n, const char *src)
{
	size_t i = 0;

	for (; src && *src && i + 1 < n; src++)
		dst[i++] =
			(unsigned char)*src < 0x20 || *src == 0x7f ? ' ' : *src;
	dst[i] = '\0';
}

static struct running *
find(struct live *l, const char *addr)
{
	size_t i;

	for (i = l->first; i < l->nrun; i++)
		if (l->run[i].addr && strcmp(l->run[i].addr, addr) == 0)
			return &l->run[i];
	return NULL;
}

static struct running *
view_live_add(struct live *l, const struct event *ev)
{
	struct running *r = find(l, ev->addr);

	if (!r) {
		if (l->nrun == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 16;
			l->run = xreallocarray(l->run, l->cap, sizeof(*l->run));
		}
		r = &l->run[l->nrun++];
		*r = (struct running){ .addr = xstrdup(ev->addr) };
		l->alive++;
	}
	r->action = ev->action;
	r->reading = ev->type == EV_REFRESH_START;
	r->began = r->step = r->said = mono_ms();
	r->every = PLAIN_FIRST_MS;
	clean(r->text, sizeof(r->text), ev->text);
	return r;
}

static void
view_live_drop(struct live *l, const char *addr)
{
	struct running *r = find(l, addr);

	if (!r)
		return;
	free(TAKE(r->addr));
	l->alive--;
	while (l->first < l->nrun && !l->run[l->first].addr)
		l->first++;
	if (l->first <= l->nrun / 2)
		return;
	l->nrun -= l->first;
	memmove(l->run, l->run + l->first, l->nrun * sizeof(*l->run));
	l->first = 0;
}

/* What is done stands before a comma or colon, how far it is after it. */
static size_t
step_len(const char *text)
{
	size_t n;

	for (n = strcspn(text, ",:"); text[n] && text[n + 1] != ' ';)
		n += 1 + strcspn(text + n + 1, ",:");
	return n;
}

static bool
same_step(const char *a, const char *b)
{
	size_t n = step_len(a);

	return n == step_len(b) && memcmp(a, b, n) == 0;
}

/* For how long, " (for 3m12s)", where the resource's own time does not tell. */
static void
step_time(const struct running *r, uint64_t now, char *out, size_t n)
{
	char age[16];

	*out = '\0';
	if (now - r->step < STEP_MS || r->step - r->began < STEP_MS)
		return;
	text_elapsed(now - r->step, age, sizeof(age));
	snprintf(out, n, " (for %s)", age);
}

static const char *
verb_ing(const struct running *r)
{
	static const char *const verbs[] = {
		[ACT_NOOP] = "checking",     [ACT_READ] = "reading",
		[ACT_CREATE] = "creating",   [ACT_UPDATE] = "updating",
		[ACT_REPLACE] = "replacing", [ACT_DELETE] = "removing",
		[ACT_FORGET] = "forgetting", [ACT_IMPORT] = "importing",
	};

	return r->reading ? "reading" : verbs[r->action];
}

static const char *
verb_done(enum action a)
{
	static const char *const verbs[] = {
		[ACT_NOOP] = "unchanged",   [ACT_READ] = "read",
		[ACT_CREATE] = "created",   [ACT_UPDATE] = "updated",
		[ACT_REPLACE] = "replaced", [ACT_DELETE] = "removed",
		[ACT_FORGET] = "forgotten", [ACT_IMPORT] = "imported",
	};

	return verbs[a];
}

static void
view_live_erase(struct live *l)
{
	if (!l->drawn)
		return;
	fprintf(l->out, "\033[%uA\r\033[J", l->drawn);
	l->drawn = 0;
	fflush(l->out);
}

/* One line, cut at the width of the terminal. */
static void
draw_line(struct live *l, const char *s, int width)
{
	int col = 0;

	for (; *s && col < width - 1; s++) {
		if (((unsigned char)*s & 0xc0) != 0x80)
			col++;
		fputc(*s, l->out);
	}
	while (((unsigned char)*s & 0xc0) == 0x80)
		fputc(*s++, l->out);
	fputc('\n', l->out);
	l->drawn++;
}

/* What it does is cut rather than for how long. */
static void
draw_running(struct live *l, const struct running *r, uint64_t now, int width)
{
	static const char spin[] = "|/-\\";
	char age[16], step[24], line[TEXT_MAX + 200];
	int n, room;

	text_elapsed(now - r->began, age, sizeof(age));
	step_time(r, now, step, sizeof(step));
	n = snprintf(line, sizeof(line), "%c %-28s %6s  ", spin[l->frame % 4],
		     r->addr, age);
	room = width - 1 - n - (int)strlen(step);
	snprintf(line + n, sizeof(line) - (size_t)n, "%.*s%s",
		 *step && room > 0 ? room : TEXT_MAX,
		 *r->text ? r->text : verb_ing(r), step);
	draw_line(l, line, width);
}

static void
view_live_draw(struct live *l)
{
	struct winsize ws = { 0 };
	uint64_t now = mono_ms();
	size_t i, room, shown = 0;
	char age[16], line[TEXT_MAX + 200];
	int width;

	view_live_erase(l);
	if (!l->alive)
		return;
	if (ioctl(fileno(l->out), TIOCGWINSZ, &ws) || ws.ws_col < 20)
		ws = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	width = ws.ws_col;
	room = ws.ws_row > 6 ? ws.ws_row - 4u : 2u;
	for (i = l->first; i < l->nrun && shown < room; i++) {
		if (!l->run[i].addr)
			continue;
		draw_running(l, &l->run[i], now, width);
		shown++;
	}
	if (l->alive > room) {
		snprintf(line, sizeof(line), "  and %zu more", l->alive - room);
		draw_line(l, line, width);
	}
	text_elapsed(now - l->began, age, sizeof(age));
	if (l->total)
		snprintf(line, sizeof(line), "  %u of %u done, %zu running, %s",
			 l->done, l->total, l->alive, age);
	else
		snprintf(line, sizeof(line), "  reading, %s", age);
	draw_line(l, line, width);
	fflush(l->out);
}

/* A line that stays. */
static void
view_live_say(struct live *l, const char *sgr, const char *addr,
	      const char *what, const char *more)
{
	char text[TEXT_MAX];

	view_live_erase(l);
	clean(text, sizeof(text), more);
	fprintf(l->out, "%s%s%s%s%s%s%s\n", l->color ? sgr : "",
		addr ? addr : "", addr ? ": " : "", what,
		*text && *what ? ": " : "", text,
		l->color && *sgr ? "\033[0m" : "");
	fflush(l->out);
}

static void
say_skipped(struct live *l)
{
	struct skipped *s = &l->skipped;
	char what[TEXT_MAX + 32], rest[32] = "", more[TEXT_MAX + 32];

	if (s->n > SKIPPED_NAMED)
		snprintf(rest, sizeof(rest), " and %u more",
			 s->n - SKIPPED_NAMED);
	if (s->n == 1) {
		view_live_say(l, "\033[33m", s->names, "skipped, it needs",
			      s->why);
	} else if (s->n > 1) {
		snprintf(what, sizeof(what), "%u skipped, they need %s", s->n,
			 s->why);
		snprintf(more, sizeof(more), "%s%s", s->names, rest);
		view_live_say(l, "\033[33m", NULL, what, more);
	}
	s->n = 0;
}

static void
skip(struct live *l, const struct event *ev)
{
	struct skipped *s = &l->skipped;
	char why[TEXT_MAX];
	size_t len;

	clean(why, sizeof(why), ev->text);
	if (s->n && strcmp(why, s->why) != 0)
		say_skipped(l);
	if (s->n == 0) {
		memcpy(s->why, why, sizeof(why));
		*s->names = '\0';
	}
	len = strlen(s->names);
	if (s->n++ < SKIPPED_NAMED)
		snprintf(s->names + len, sizeof(s->names) - len, "%s%s",
			 len ? ", " : "", ev->addr);
}

void
live_clear(struct live *l)
{
	say_skipped(l);
	view_live_erase(l);
}

static void
say_done(struct live *l, const struct event *ev)
{
	char age[16], what[64];

	text_elapsed(ev->elapsed_ms, age, sizeof(age));
	snprintf(what, sizeof(what), "%s in %s", verb_done(ev->action), age);
	view_live_say(l, "\033[32m", ev->addr, what, ev->text);
}

/* What was stopped with the run did not fail. */
static void
say_failed(struct live *l, const struct event *ev)
{
	const char *code = ev->diag ? ev->diag->code : "";
	const char *why = ev->diag ? ev->diag->summary : ev->text;

	if (strcmp(code, "E0623") == 0)
		view_live_say(l, "\033[33m", ev->addr, "stopped", NULL);
	else if (strcmp(code, "E0805") == 0)
		view_live_say(l, "\033[33m", ev->addr, "stopped", why);
	else
		view_live_say(l, "\033[31m", ev->addr, "failed", why);
}

static void
say_still(struct live *l, struct running *r)
{
	char age[16], step[24], what[64], text[TEXT_MAX + 24];

	r->said = mono_ms();
	r->every = r->every < PLAIN_LAST_MS / 2 ? 2 * r->every : PLAIN_LAST_MS;
	text_elapsed(r->said - r->began, age, sizeof(age));
	step_time(r, r->said, step, sizeof(step));
	snprintf(what, sizeof(what), "still %s, %s", verb_ing(r), age);
	snprintf(text, sizeof(text), "%s%s", r->text, *r->text ? step : "");
	view_live_say(l, "", r->addr, what, text);
}

static void
progress(struct live *l, const struct event *ev)
{
	struct running *r = find(l, ev->addr);
	static const char asks[] = "waits: ";
	char text[TEXT_MAX];
	bool first, next;

	if (!r)
		r = view_live_add(l, ev);
	first = !*r->text;
	clean(text, sizeof(text), ev->text);
	next = !same_step(text, r->text);
	if (next) {
		r->step = mono_ms();
		r->every = PLAIN_FIRST_MS;
	}
	memcpy(r->text, text, sizeof(text));
	if (r->reading)
		return;
	/* What only the user can bring does not fit into a line of the block:
	 * an address, and how much it lacks. */
	if (l->terminal && next && strncmp(text, asks, strlen(asks)) == 0)
		view_live_say(l, "\033[33m", r->addr, r->text, NULL);
	if (l->terminal)
		return;
	if (first)
		view_live_say(l, "", r->addr, r->text, NULL);
	else if (mono_ms() - r->said >= r->every)
		say_still(l, r);
}

void
live_event(struct live *l, const struct event *ev)
{
	const struct running *r;

	if (ev->total) {
		l->done = ev->done;
		l->total = ev->total;
	}
	if (ev->type != EV_SKIPPED)
		say_skipped(l);
	switch (ev->type) {
	case EV_REFRESH_START:
		view_live_add(l, ev);
		break;
	case EV_REFRESH_DONE:
		view_live_drop(l, ev->addr);
		break;
	case EV_START:
		r = view_live_add(l, ev);
		if (!l->terminal)
			view_live_say(l, "", ev->addr, verb_ing(r), ev->text);
		break;
	case EV_PROGRESS:
		progress(l, ev);
		break;
	case EV_DONE:
		view_live_drop(l, ev->addr);
		if (ev->action != ACT_NOOP)
			say_done(l, ev);
		break;
	case EV_ERROR:
		view_live_drop(l, ev->addr);
		say_failed(l, ev);
		break;
	case EV_SKIPPED:
		view_live_drop(l, ev->addr);
		skip(l, ev);
		break;
	case EV_MESSAGE:
		view_live_say(l, "", NULL, "", ev->text);
		break;
	}
	if (l->terminal && ev->type != EV_PROGRESS)
		view_live_draw(l);
}

void
live_tick(struct live *l)
{
	uint64_t now = mono_ms();
	size_t i;

	say_skipped(l);
	if (l->terminal) {
		l->frame++;
		view_live_draw(l);
		return;
	}
	for (i = 0; i < l->nrun; i++)
		if (l->run[i].addr && !l->run[i].reading &&
		    now - l->run[i].said >= l->run[i].every)
			say_still(l, &l->run[i]);
}
