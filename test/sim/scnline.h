#ifndef TEST_SIM_SCNLINE_H
#define TEST_SIM_SCNLINE_H

/*
 * Lines of scenarios and suites: words between blanks, '#' begins a comment,
 * `let' makes a variable, '$' refers to one.
 */

#include "test/sim/scnvar.h"

#define SCN_WORDS    32
#define SCN_LINE     512
#define SCN_ERR_TEXT 160

struct scn_error {
	unsigned line; /* 0: of the whole */
	char what[SCN_ERR_TEXT];
};

struct scn_line {
	struct scn_error *e;
	unsigned line;
	size_t n;              /* words */
	char *word[SCN_WORDS]; /* in buf */
	char buf[SCN_LINE];
	char text[SCN_LINE]; /* without comment and blanks, variables put in */
};

/*
 * Calls |fn| for every line that has words and is no let, until it returns a
 * negative code. That code, or SP_ERR_SYNTAX with *e filled in.
 */
int scn_lines(const char *text, size_t len, struct scn_vars *vars,
    struct scn_error *e, int (*fn)(void *ctx, struct scn_line *l), void *ctx);
/* Fills in the error; SP_ERR_SYNTAX. */
int scn_fail(const struct scn_line *l, const char *fmt, ...) SP_PRINTF(2, 3);

#endif
