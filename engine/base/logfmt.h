#ifndef OPL2_BASE_LOGFMT_H
#define OPL2_BASE_LOGFMT_H

#include "engine/base/compiler.h"

/* One line on standard error of a program that serves: time, level, and
 * `key=value ...`. One write, so that lines of several threads stay whole. */
void logfmt(const char *level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
