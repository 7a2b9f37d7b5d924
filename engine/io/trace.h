#ifndef OPL2_ENGINE_IO_TRACE_H
#define OPL2_ENGINE_IO_TRACE_H

#include <stdbool.h>

#include "engine/base/compiler.h"

/*
 * Debug lines for people who debug opl2, on stderr or in $OPL2_LOG_PATH, when
 * OPL2_LOG is trace or debug. Never results, never secrets. The level is read
 * once from the environment.
 */
bool trace_on(void);
void trace(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
