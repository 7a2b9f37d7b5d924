#ifndef OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_COMPILERS_H
#define OPL2_PROVIDERS_CLIENTS_FORGE_FORGE_COMPILERS_H

#include <stdbool.h>
#include <jansson.h>

#include "engine/base/compiler.h"
#include "providers/kinds/effect.h"

/*
 * The compilers of a forge project, {VERSION: PATH}. forge takes them from
 * HOME/.svm/VERSION/solc-VERSION and fetches none when it is offline; HOME is
 * the project itself, at its compilation and in each run, so they are put
 * there and go with every copy of it. Another build of the same version takes
 * the place of one without anything being compiled anew.
 */
int compilers_put(struct effect_ctx *ctx, const json_t *compilers,
		  const char *dir) MUST_CHECK;
/* Whether the compilers that are there, or the one of its foundry.toml, still
 * lead to a program. */
bool compilers_stand(struct effect_ctx *ctx, const json_t *compilers,
		     const char *dir);

/* What forge says while it compiles, as what goes on now. */
struct forge_say {
	struct effect_ctx *ctx;
	const json_t *compilers; /* or NULL: solc is for all versions */
	const char *solc;
	struct compiling {
		char version[32];
		unsigned files;
	} now[8];
	unsigned n;
};
/* For tool.line; arg is a struct forge_say. */
void forge_say_line(void *arg, const char *line);

#endif
