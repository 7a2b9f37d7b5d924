#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_LAYOUT_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_LAYOUT_H

#include "providers/clients/forge/forge_project.h"

/*
 * The two origins of a forge project, for forge_project.c only: how its
 * folder is filled before forge compiles it, and what is done afterwards.
 */
/* The files of the caller, over what is there. */
int forge_put_drivers(struct effect_ctx *ctx, const struct forge_sources *src,
		      const char *dir) MUST_CHECK;
int published_lay_out(struct effect_ctx *ctx, const struct forge_sources *src,
		      const char *dir) MUST_CHECK;
/* foundry.toml, which names the compiler by its path. */
int published_settings(struct effect_ctx *ctx, const struct forge_sources *src,
		       const char *dir) MUST_CHECK;
int published_finish(struct effect_ctx *ctx, const struct forge_sources *src,
		     const char *dir) MUST_CHECK;
enum outcome source_lay_out(struct effect_ctx *ctx,
			    const struct forge_sources *src,
			    const char *dir) MUST_CHECK;

#endif
