#ifndef OPL2_BASE_CLOCK_H
#define OPL2_BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds of a clock that never goes back: for deadlines and elapsed
 * times, not for telling the time of day. */
uint64_t mono_ms(void);

#endif
