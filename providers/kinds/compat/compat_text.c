#include "providers/kinds/compat/compat_text.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/forks.h"

#define TEXT_MAX 4096

const char *
compat_value(const json_t *config, const char *field)
{
	const json_t *v = jx_get(config, field);

	if (!v && !strcmp(field, "proposer"))
		v = jx_get(config, "programs");
	if (!strcmp(field, "accept_newer_l1"))
		return json_is_true(v) ? "true" : "false";
	return json_string_value(v);
}

static void
add_field(struct buf *out, const char *field, const json_t *config)
{
	const json_t *v = jx_get(config, field);
	const char *text = compat_value(config, field);
	char when[CLOCK_MINUTE];

	if (!strcmp(field, "follows"))
		text = forks_l1_followed(compat_value(config, "programs"));
	if (!strcmp(field, "use"))
		text = forks_l1_programs(forks_l1_newest());
	if (json_is_integer(v)) {
		utc_minute(json_integer_value(v), when);
		text = when;
	}
	buf_adds(out, text ? text : "?");
}

char *
compat_text(const char *text, const json_t *config)
{
	struct buf out = BUF_INIT(TEXT_MAX);

	for (;;) {
		size_t n = strcspn(text, "{"), k;
		CLEANUP(freep) char *field = NULL;

		buf_add(&out, text, n);
		text += n;
		if (!*text)
			return buf_take(&out);
		k = strcspn(text, "}");
		field = xstrndup(text + 1, k - 1);
		add_field(&out, field, config);
		text += k + (text[k] == '}');
	}
}
