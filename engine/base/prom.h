#ifndef OPL2_BASE_PROM_H
#define OPL2_BASE_PROM_H

#include <stdint.h>

#include "engine/base/buf.h"

/*
 * Prometheus' text format, version 0.0.4: families, each with its help, type
 * and samples. A family without a sample leaves no trace.
 */
struct prom {
	struct buf *out;
	const char *name, *type, *help; /* of the family that has begun */
	bool named;                     /* its help and type are written */
};

#define PROM_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Begins a family. type is "gauge" or "counter"; help is a sentence. */
void prom_family(struct prom *p, const char *name, const char *type,
		 const char *help);

/* A sample of it. Labels are names and values in turn, and NULL at the end;
 * values are escaped. The number is a whole one, thousandths, or decimal. */
void prom_int(struct prom *p, int64_t v, ...) __attribute__((sentinel));
void prom_milli(struct prom *p, int64_t v, ...) __attribute__((sentinel));
void prom_text(struct prom *p, const char *v, ...) __attribute__((sentinel));

#endif
