#ifndef OPL2_BASE_VERSION_H
#define OPL2_BASE_VERSION_H

#include <stdbool.h>

/*
 * Version numbers and ranges of them (format: version-range).
 *
 * A version is up to four numbers with dots, an optional leading "v", and
 * an optional pre-release after "-" that sorts before the release; what
 * follows "+" is not looked at. "1.7" equals "1.7.0".
 *
 * A range is comparators that must all hold, separated by blanks or commas:
 * ">=1.22.7 <2". Operators: >= > <= < = and none, which is "=" for a whole
 * version and any 1.7.x for "1.7" and "1". Alternatives are separated by "||";
 * "*" is any version. A pre-release satisfies a range like any other version.
 */

/* 0, or -1 when s is not a version. */
int version_check(const char *s);
/* Negative, 0 or positive; both must be versions. */
int version_compare(const char *a, const char *b);

/* 0, or -1 with *why set to a static explanation. */
int range_check(const char *range, const char **why);
/* False also when either is malformed. */
bool range_holds(const char *range, const char *version);

/*
 * The first thing in text that looks like a version of two numbers or more
 * ("go version go1.26.8 linux/amd64" gives "1.26.8"). malloc'd; NULL when
 * there is none.
 */
char *version_in_text(const char *text);

#endif
