#ifndef OPL2_STATE_REBASE_H
#define OPL2_STATE_REBASE_H

#include <jansson.h>

/*
 * Paths in values that another machine recorded: in every text of j, in place,
 * a folder that is a key of moved ({"/OLD": "/NEW"}; NULL for none) becomes its
 * value. A folder is found as a whole path or the beginning of one, also within
 * a longer text, such as a flag.
 */
void rebase(json_t *j, const json_t *moved);

#endif
