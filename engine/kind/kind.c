#include "engine/kind/kind.h"

#include <stdarg.h>

const struct kind *
kind_find(const char *name)
{
	size_t lo = 0, hi = kind_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, kind_table[mid]->name);

		if (c == 0)
			return kind_table[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

void
kind_note(struct kind_ctx *ctx, struct plan_out *out, const char *fmt, ...)
{
	const char **v =
		arena_alloc(ctx->arena, (out->nnotes + 1) * sizeof(*v));
	va_list ap;

	if (out->nnotes)
		memcpy(v, out->notes, out->nnotes * sizeof(*v));
	va_start(ap, fmt);
	v[out->nnotes++] = arena_vprintf(ctx->arena, fmt, ap);
	va_end(ap);
	out->notes = v;
}

bool
is_unknown(const json_t *unknown, const char *pointer)
{
	size_t i, n = json_array_size(unknown);

	for (i = 0; i < n; i++) {
		const char *u = json_string_value(json_array_get(unknown, i));
		size_t len = u ? strlen(u) : 0;

		if (u && strncmp(u, pointer, len) == 0 &&
		    (pointer[len] == '\0' || pointer[len] == '/'))
			return true;
	}
	return false;
}
