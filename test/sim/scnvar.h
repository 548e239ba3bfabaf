#ifndef TEST_SIM_SCNVAR_H
#define TEST_SIM_SCNVAR_H

/*
 * Variables of scenarios and suites:
 *
 *	let N 20		the value, unless somebody has set another
 *	let FEW $N*2/100	integers with * / + -, from left to right
 *	viewers ${FEW}
 *
 * Names are letters, digits and '_', a letter first.
 */

#include "base/err.h"

#define SCN_VARS      32
#define SCN_VAR_NAME  24
#define SCN_VAR_VALUE 64

struct scn_var {
	char name[SCN_VAR_NAME];
	char value[SCN_VAR_VALUE];
	bool set; /* from outside: `let' does not change it */
	bool met; /* by a `let' */
};

struct scn_vars {
	size_t n;
	struct scn_var v[SCN_VARS];
};

/*
 * "NAME=VALUE", which wins over every let. SP_ERR_SYNTAX (no name, no `=', an
 * empty value), SP_ERR_TOOBIG (name or value), SP_ERR_FULL.
 */
int scn_vars_set(struct scn_vars *vars, const char *pair);
/* A let: the same codes. |value| is computed if it is a sum of integers. */
int scn_vars_let(struct scn_vars *vars, const char *name, const char *value);
/*
 * |len| bytes of |p| with $NAME and ${NAME} replaced. SP_ERR_NOTFOUND (*bad is
 * where the name begins), SP_ERR_TOOBIG.
 */
int scn_vars_expand(const struct scn_vars *vars, const char *p, size_t len,
    char *out, size_t size, const char **bad);
/* One that was set, but has no let; NULL if there is none. */
const char *scn_vars_unmet(const struct scn_vars *vars);

#endif
