#ifndef OPL2_PROVIDERS_KINDS_TOOLCHAIN_TOOLCHAIN_PLACES_H
#define OPL2_PROVIDERS_KINDS_TOOLCHAIN_TOOLCHAIN_PLACES_H

#include <stddef.h>
#include <jansson.h>

#include "engine/base/arena.h"

/* A place that a program may come from: `from`, or one of `fallback`. */
struct toolchain_place {
	const json_t *from; /* borrowed of the config */
	const char *at;     /* its JSON pointer, in the arena */
};

/* The places in the order in which they are tried, without those that have
 * nothing for the platform (NULL: with them); their number. */
size_t toolchain_places(struct arena *a, const json_t *config,
			const char *platform, struct toolchain_place **out);

/* "npm:solc@0.8.15", and with `note` what taking it means. In the arena. */
const char *toolchain_place_text(struct arena *a, const json_t *from);

#endif
