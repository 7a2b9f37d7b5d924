#ifndef OPL2_PROVIDERS_FACTS_SAME_INPUTS_H
#define OPL2_PROVIDERS_FACTS_SAME_INPUTS_H

#include <stdbool.h>
#include <jansson.h>

/*
 * Some files follow from a few digests; the programs and paths beside them in
 * the config do not matter to the outcome. When those digests are as they
 * were, the file is not made again, nor planned to be.
 *
 * pointers: into both configs, NULL at the end.
 */
bool same_inputs(const json_t *before, const json_t *now,
		 const char *const *pointers);

extern const char *const l2_allocs_inputs[];
extern const char *const output_root_inputs[];

/* The same for the kind genesis, which has an input that may be absent. */
bool same_genesis(const json_t *before, const json_t *now);

#endif
