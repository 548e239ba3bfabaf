#ifndef TEST_BENCH_BENCH_H
#define TEST_BENCH_BENCH_H

/*
 * What benchmarks share. Each measures the best of five runs, to keep other
 * users of the machine out of it.
 */

#include <errno.h>
#include <time.h>

#include "base/tstamp.h"
#include "test/heap.h"

#define BENCH_RUNS 5

/* What the measured calls give, so that none can be left out. */
static volatile uint64_t sink;

static inline int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * SP_S + ts.tv_nsec;
}

static inline void
must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench: %s (%s)\n", what, strerror(errno));
	exit(1);
}

#endif
