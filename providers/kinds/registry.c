/* The table of kinds that the front end links, one row a line of kinds.def. */
#include "engine/kind/kind.h"

#define KIND(k) extern const struct kind kind_##k;
#include "providers/kinds/kinds.def"
#undef KIND

const struct kind *const kind_table[] = {
#define KIND(k) &kind_##k,
#include "providers/kinds/kinds.def"
#undef KIND
};
const unsigned kind_count = COUNTOF(kind_table);
