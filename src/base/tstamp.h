#ifndef SRC_BASE_TSTAMP_H
#define SRC_BASE_TSTAMP_H

/*
 * Time. The host's monotonic clock in nanoseconds; no core reads a clock.
 * Wall-clock times in records are int64 milliseconds since 1970 (UTC) and are
 * named *_ms.
 */

#include "base/base.h"

typedef int64_t sp_time; /* ns, monotonic, >= 0 */

#define SP_NEVER INT64_MAX
#define SP_US    ((sp_time)1000)
#define SP_MS    ((sp_time)1000000)
#define SP_S     ((sp_time)1000000000)

/* a + b, sticking to SP_NEVER. */
static inline sp_time
tstamp_add(sp_time a, sp_time b)
{
	if (a == SP_NEVER || b == SP_NEVER || a > SP_NEVER - (b > 0 ? b : 0))
		return SP_NEVER;
	return a + b;
}

#endif
