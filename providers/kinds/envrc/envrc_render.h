#ifndef OPL2_PROVIDERS_KINDS_ENVRC_ENVRC_RENDER_H
#define OPL2_PROVIDERS_KINDS_ENVRC_ENVRC_RENDER_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/arena.h"
#include "engine/base/buf.h"

/* How the first line of every such file begins: by it opl2 knows its own. */
#define ENVRC_MARKER "# Written by opl2: "

/* The file of this config, which check() has found good. */
const char *envrc_path(struct arena *a, const json_t *config,
		       const char *spec_dir);
/* Its text. Nothing secret gets into it. */
void envrc_render(const json_t *config, const char *addr, const char *spec_dir,
		  struct buf *out);
/* What can be known of the object beforehand. New reference. */
json_t *envrc_attrs(const char *path, const char *sha256);
/* A value that may be written down: text, or a token of environment
 * variables and files alone, without credentials in the text. */
bool envrc_can_write(const json_t *value);

#endif
