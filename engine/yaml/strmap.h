#ifndef OPL2_ENGINE_YAML_STRMAP_H
#define OPL2_ENGINE_YAML_STRMAP_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

/*
 * Open-addressing map from string to pointer, in an arena. Keys are borrowed
 * and must outlive the map; nothing is ever removed. Zero-initialised but for
 * the arena.
 */
struct strmap {
	struct arena *arena;
	struct strmap_slot {
		const char *key;
		void *value;
		uint32_t hash;
	} * slots;
	size_t n, cap;
};

void strmap_init(struct strmap *m, struct arena *a);
/* NULL when absent. */
void *strmap_get(const struct strmap *m, const char *key);
/* Adds key unless it is there; returns the address of its value, which may be
 * set until the next call. A new value is NULL. */
void **strmap_put(struct strmap *m, const char *key);

#endif
