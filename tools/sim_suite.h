#ifndef TOOLS_SIM_SUITE_H
#define TOOLS_SIM_SUITE_H

/*
 * A suite: rows of a table, each a scenario with its variables, the bars that
 * the engine is measured against, and what is asserted of it. The language is
 * in spate-sim(1):
 *
 *	let N 100
 *	seeds 1..3
 *	row 1 static.scn N=$N RHO=1.5r
 *	text static
 *	bar copies-later <= 1.1
 *	expect copies-later <= 1.6
 *	counted
 *	bar lag p99 > @1	more than in row 1
 */

#include "test/sim/scenario.h"
#include "tools/sim_options.h"

#define SUITE_ROWS   64
#define SUITE_CHECKS 24 /* bars and expectations of a row */
#define SUITE_SETS   8
#define SUITE_TEXT   64

struct suite_row {
	unsigned line;
	char id[16];
	char text[SUITE_TEXT];
	char file[SUITE_TEXT]; /* beside the suite's */
	size_t n_sets, n_checks;
	char sets[SUITE_SETS][SCN_VAR_NAME + SCN_VAR_VALUE];
	struct suite_check {
		bool bar; /* else an expectation */
		struct scn_expect x;
		/* Against the median of this row, not x.value; -1: that. */
		int row;
	} check[SUITE_CHECKS];
	bool counted; /* its misses are of those that are claimed */
};

struct suite {
	char dir[4096]; /* with a / at the end, or empty */
	bool scale;     /* rows differ by the number of viewers only */
	int n_seeds;
	uint64_t seeds[SIM_SEEDS];
	size_t n_rows;
	struct suite_row rows[SUITE_ROWS];
};

/* SP_ERR_SYNTAX, and *e tells. |dir| and the seeds of -s are not touched. */
int suite_parse(struct suite *s, const char *text, size_t len,
    struct scn_vars *vars, struct scn_error *e);
/*
 * A name with a `/' is a path; others are NAME.suite beside the program's data
 * or in the tree that it was built from. False after a message on stderr.
 */
bool suite_load(struct suite *s, const char *name, struct scn_vars *vars);

/* -1, 0, 1: |a| is worse than, as good as, better than |b| for |x|. */
int suite_compare(const struct scn_expect *x, int64_t a, int64_t b);
/* Of values of several seeds. |v| is sorted, the worst first. */
int64_t suite_median(const struct scn_expect *x, int64_t *v, size_t n);

#endif
