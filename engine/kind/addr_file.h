#ifndef OPL2_ENGINE_KIND_ADDR_FILE_H
#define OPL2_ENGINE_KIND_ADDR_FILE_H

#include <jansson.h>

#include "engine/base/arena.h"

/*
 * Addresses and names of resources as names of files: the one place that makes
 * them. The '/' after an instance's name becomes '+', which is in no name, so
 * that two addresses never have one file, and none is below another's folder.
 */
void addr_flatten(char *addr);
char *addr_file(struct arena *a, const char *addr);

/*
 * The name of the file or folder that these attributes have for an address of
 * this kind: a resource that moved keeps what it was made as. sub: "/FOLDER"
 * that it is in, or "" for any. NULL: none of their paths is of that form.
 */
const char *addr_file_of(struct arena *a, const char *sub, const char *addr,
			 const json_t *attrs);

/*
 * PLACE/FILE. An earlier version let the '/' make a folder: an object
 * whose attributes name a path there stays where it is, and one without
 * attributes takes the folder that is there. What has moved stays where it was
 * made, too. planned, recorded: the attributes;
 * the former counts more; either may be NULL.
 */
const char *addr_place(struct arena *a, const char *place, const char *addr,
		       const json_t *planned, const json_t *recorded);

#endif
