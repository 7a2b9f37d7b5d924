#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_RUN_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_RUN_H

#include "providers/kinds/effect.h"

/* Shared by the files of forge_project.h only. Arena strings. */

/* The environment of every forge run: hermetic and offline. extra: more
 * "NAME=value" strings, NULL at the end, or NULL. */
const char **forge_env(struct effect_ctx *ctx, const char *home,
		       const char *const *extra);
const char *forge_path(struct effect_ctx *ctx, const char **tool_dirs);
/* Appends the diagnostic for a run that ended with an error, from what it
 * printed. `secret` (or NULL) is blotted out. */
enum outcome forge_explain(struct effect_ctx *ctx, const char *text,
			   const char *secret);

#endif
