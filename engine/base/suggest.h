#ifndef OPL2_ENGINE_BASE_SUGGEST_H
#define OPL2_ENGINE_BASE_SUGGEST_H

#include <stddef.h>

/*
 * "Did you mean": the candidate nearest to a misspelt word by edit distance.
 * Feed every candidate, then read best (NULL when none is near enough).
 */
struct suggest {
	const char *word, *best;
	size_t dist;
};

void suggest_init(struct suggest *s, const char *word);
void suggest_try(struct suggest *s, const char *candidate);

#endif
