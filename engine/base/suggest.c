#include "engine/base/suggest.h"

#define WORD_MAX 64

/* Optimal string alignment: Levenshtein plus swaps of neighbours. Words over
 * WORD_MAX are not worth a guess. */
static size_t
distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t row[3][WORD_MAX + 1], i, j;
	size_t *two = row[0], *one = row[1], *cur = row[2], *t;

	for (j = 0; j <= m; j++)
		one[j] = j;
	for (i = 1; i <= n; i++) {
		cur[0] = i;
		for (j = 1; j <= m; j++) {
			size_t d = one[j - 1] + (a[i - 1] != b[j - 1]);

			if (one[j] + 1 < d)
				d = one[j] + 1;
			if (cur[j - 1] + 1 < d)
				d = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && two[j - 2] + 1 < d)
				d = two[j - 2] + 1;
			cur[j] = d;
		}
		t = two;
		two = one;
		one = cur;
		cur = t;
	}
	return one[m];
}

void
suggest_init(struct suggest *s, const char *word)
{
	size_t n = strlen(word);

	/* One more than the distance that still counts as near. */
	*s = (struct suggest){ .word = word,
			       .dist = n < 3   ? 2
				       : n < 6 ? 3
					       : n / 3 + 2 };
}

void
suggest_try(struct suggest *s, const char *candidate)
{
	size_t n = strlen(s->word), m = strlen(candidate), d;
	size_t diff = n > m ? n - m : m - n;

	if (n > WORD_MAX || m > WORD_MAX || diff >= s->dist)
		return;
	d = distance(s->word, n, candidate, m);
	if (d < s->dist && d < m) {
		s->dist = d;
		s->best = candidate;
	}
}
