#ifndef TOOLS_SIM_BENCH_H
#define TOOLS_SIM_BENCH_H

/* Running a suite: every row with every seed, each in a process of its own. */

#include "tools/sim_run.h"
#include "tools/sim_suite.h"

/* What came of one row with one seed. */
struct bench_run {
	bool done; /* else it broke */
	struct sim_result res;
	int64_t got[SUITE_CHECKS]; /* of the row's checks, in order */
};

/* What came of a check over the seeds. */
struct bench_verdict {
	int64_t median, worst; /* of the runs that did not break */
	int64_t other;         /* median of the row that it is against */
	unsigned held, runs;   /* held == runs: met */
};

struct bench {
	const struct suite *suite;
	size_t n_seeds;
	const uint64_t *seeds;
	struct bench_run *runs; /* row by row */
};

/*
 * Loads all scenarios, then, unless it is only a check, runs them, |o->jobs| at
 * a time. False, after messages, if something cannot be loaded; nothing has run
 * then.
 */
bool bench_run(struct bench *b, const struct suite *s,
    const struct sim_options *o);
void bench_free(struct bench *b);

const struct bench_run *bench_at(const struct bench *b, size_t row,
    size_t seed);
/*
 * Of a metric over the seeds that did not break, quantile column |q|: the
 * median, of an even number the greater. False: there are none.
 */
bool bench_typical(const struct bench *b, size_t row, enum metric m, size_t q,
    int64_t *out);
struct bench_verdict bench_judge(const struct bench *b, size_t row,
    size_t check);

/* CPU time of the simulation a block, all seeds that did not break. */
double bench_block_us(const struct bench *b, size_t row);

/* Runs that broke, expectations that fail, bars that are missed. */
struct bench_sum {
	unsigned runs, broken, expects, failed, bars, missed;
	int64_t due, misses;
	unsigned counted; /* rows */
	int64_t counted_due, counted_misses;
	double cpu_s;
};
void bench_sum(const struct bench *b, struct bench_sum *out);

/*
 * A line a row, 80 columns: medians, misses of all seeds, bars that are met;
 * sim_digest.c.
 */
void bench_digest(const struct bench *b, FILE *f);
/* How figures grow from row to row with the viewers; sim_scale.c. */
void bench_scale(const struct bench *b, FILE *f);
/*
 * The table; sim_table.c. Text has the bars, the expectations that fail, and
 * those that hold if |verbose|.
 */
void bench_print(const struct bench *b, enum sim_output o, FILE *f,
    bool verbose);

#endif
