/* Progress of a command that waits, for people. */
#include "cmd/opl2/view/view_steps.h"

#include <stdio.h>
#include <string.h>

#include "cmd/opl2/view/text.h"
#include "engine/base/clock.h"

#define REPEAT_MS 20000

/* Text may quote a node: control bytes would move the cursor. */
static void
clean(char *dst, size_t n, const char *src)
{
	size_t i = 0;

	for (; *src && i + 1 < n; src++)
		dst[i++] =
			(unsigned char)*src < 0x20 || *src == 0x7f ? ' ' : *src;
	dst[i] = '\0';
}

static void
view_steps_on_event(void *arg, const struct event *ev)
{
	struct view_steps *s = arg;
	char text[sizeof(s->last)], since[16];
	uint64_t now = mono_ms();

	if (ev->type != EV_PROGRESS || !ev->text)
		return;
	clean(text, sizeof(text), ev->text);
	if (strcmp(text, s->last) == 0 && now - s->said < REPEAT_MS)
		return;
	s->said = now;
	memcpy(s->last, text, sizeof(text));
	text_elapsed(now - s->began, since, sizeof(since));
	fprintf(stderr, "%7s  %s\n", since, text);
	fflush(stderr);
}

void
view_steps_init(struct view_steps *s)
{
	*s = (struct view_steps){ .events = { .emit = view_steps_on_event },
				  .began = mono_ms() };
	s->events.arg = s;
}
