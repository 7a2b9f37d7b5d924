#include "state/rebase.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/limits.h"

static bool
in_a_name(char c)
{
	return isalnum((unsigned char)c) || strchr("._-+", c);
}

/* The longest folder of moved that begins at p, which is the beginning of a
 * path; its length, or 0. */
static size_t
folder_at(const char *p, const json_t *moved, const char **to)
{
	size_t best = 0;
	const char *from;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)moved, from, v) {
		size_t n = strlen(from);

		if (n > best && strncmp(p, from, n) == 0 &&
		    (!p[n] || !in_a_name(p[n]))) {
			best = n;
			*to = json_string_value(v);
		}
	}
	return best;
}

static void
rebase_text(json_t *j, const json_t *moved)
{
	const char *text = json_string_value(j), *p = text, *to = NULL;
	struct buf out = BUF_INIT(LIM_STATE_BYTES);
	size_t changed = 0;

	while (*p) {
		bool begins = *p == '/' && (p == text || !in_a_name(p[-1]));
		size_t n = begins ? folder_at(p, moved, &to) : 0;

		if (n)
			buf_adds(&out, to);
		else
			buf_addch(&out, *p);
		changed += n;
		p += n ? n : 1;
	}
	if (changed && !out.over)
		json_string_set(j, buf_str(&out));
	buf_done(&out);
}

void
rebase(json_t *j, const json_t *moved)
{
	const char *key;
	json_t *v;
	size_t i;

	if (!json_object_size(moved))
		return;
	if (json_is_string(j) && strchr(json_string_value(j), '/'))
		rebase_text(j, moved);
	else if (json_is_object(j))
		json_object_foreach(j, key, v)
			rebase(v, moved);
	else if (json_is_array(j))
		json_array_foreach(j, i, v)
			rebase(v, moved);
}
