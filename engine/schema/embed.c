#include "engine/schema/embed.h"

const struct embed *
embed_find(const char *path)
{
	unsigned lo = 0, hi = embed_count;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		int c = strcmp(path, embed_table[mid].path);

		if (c == 0)
			return &embed_table[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}
