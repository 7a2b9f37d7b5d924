#ifndef OPL2_ENGINE_IO_SECRET_H
#define OPL2_ENGINE_IO_SECRET_H

#include <stdbool.h>
#include <jansson.h>

/* Is it what stands for a sensitive value, {"$secret": [part, ...]}? The parts
 * are in providers/clients/tools/secret.h. */
bool is_secret(const json_t *j);
/* Calls fn for each part of every token inside j, and for its password, which
 * is a part itself. */
void each_secret_part(const json_t *j, void (*fn)(void *arg, json_t *part),
		      void *arg);

#endif
