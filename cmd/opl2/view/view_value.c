/* Values and pointers on one line, for people. */
#include "cmd/opl2/view/view.h"

#include <unistd.h>

#include "engine/base/mem.h"
#include "engine/io/jx.h"

enum { VALUE_MAX = 60 }; /* columns of one that is cut */

const char *
view_pointer(const char *pointer, struct arena *a)
{
	char *s = arena_strdup(a, *pointer == '/' ? pointer + 1 : pointer);
	char *r = s, *w = s;

	for (; *r; r++) {
		if (*r == '/')
			*w++ = '.';
		else if (*r == '~' && (r[1] == '0' || r[1] == '1'))
			*w++ = *++r == '0' ? '~' : '/';
		else
			*w++ = *r;
	}
	*w = '\0';
	return s;
}

/* A copy in which tokens of secrets are words. */
static json_t *
without_tokens(const json_t *j)
{
	const char *key;
	json_t *out, *v;
	size_t i;

	if (jx_get(j, "$secret"))
		return json_string("(sensitive)");
	if (json_is_array(j)) {
		out = json_array();
		json_array_foreach((json_t *)(uintptr_t)j, i, v)
			json_array_append_new(out, without_tokens(v));
		return out;
	}
	if (!json_is_object(j))
		return jx_share(j);
	out = json_object();
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
		json_object_set_new(out, key, without_tokens(v));
	return out;
}

const char *
view_value(const json_t *j, struct arena *a)
{
	CLEANUP(freep) char *text = NULL;
	CLEANUP(put_json) json_t *shown = NULL;
	const char *s;

	if (!j || json_is_null(j))
		return "null";
	if (jx_get(j, "$secret"))
		return "(sensitive)";
	s = json_string_value(j);
	/* An asset is known by its name; its digest is in its name too. */
	if (s && strncmp(s, "asset:", 6) == 0 && strchr(s + 6, ':'))
		s = arena_printf(a, "asset:%s", strchr(s + 6, ':') + 1);
	if (s && *s && strcspn(s, "\"\n\t \033") == strlen(s))
		return arena_strdup(a, s);
	if (!s)
		shown = without_tokens(j);
	text = s ? json_dumps(j, JSON_ENCODE_ANY) : jx_dump_line(shown);
	return arena_strdup(a, text);
}

bool
view_cuts(FILE *out)
{
	return isatty(fileno(out));
}

const char *
view_value_for(FILE *out, const json_t *j, struct arena *a)
{
	const char *s = view_value(j, a);
	size_t n = strlen(s);

	if (n <= VALUE_MAX || !view_cuts(out))
		return s;
	/* Not in the middle of a character. */
	for (n = VALUE_MAX - 3; n && ((unsigned char)s[n] & 0xc0) == 0x80;)
		n--;
	return arena_printf(a, "%.*s...", (int)n, s);
}
