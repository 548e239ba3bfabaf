#include "test/sim/scenario.h"

static const char *const ops[] = { "==", "<=", ">=", "<", ">" };

/* "p95", "p99.9" as parts per million; 0 if it is none. */
static uint32_t
quantile_of(const char *s)
{
	int64_t v;

	if (s[0] != 'p' ||
	    scn_value(&v, METRIC_RATIO, s + 1, strlen(s + 1)) < 0)
		return 0;
	v /= 100;
	return v > 0 && v <= 1000000 ? (uint32_t)v : 0;
}

int
scn_expect_read(struct scn_expect *x, const struct scn_line *l)
{
	const struct metric_row *row;
	const char *v = l->word[l->n - 1];
	size_t op;

	if (l->n < 4 || l->n > 5)
		return scn_fail(l, "%s: METRIC [pNN] OP VALUE", l->word[0]);
	memset(x, 0, sizeof(*x));
	x->line = l->line;
	snprintf(x->text, sizeof(x->text), "%.90s", l->text);
	x->metric = metric_find(l->word[1], strlen(l->word[1]));
	if (x->metric == METRIC_N)
		return scn_fail(l, "%.60s: no such metric", l->word[1]);
	row = &metric_table[x->metric];
	if (row->quantiles != (l->n == 5))
		return scn_fail(l, "%s: %s", row->name,
		    row->quantiles ? "which quantile (pNN)?"
				   : "has no quantiles");
	if (l->n == 5 && (x->quantile_ppm = quantile_of(l->word[2])) == 0)
		return scn_fail(l, "%.60s: not a quantile (pNN)", l->word[2]);
	for (op = 0; op < SP_LEN(ops); op++)
		if (strcmp(ops[op], l->word[l->n - 2]) == 0)
			break;
	if (op == SP_LEN(ops))
		return scn_fail(l, "%.60s: not an operator", l->word[l->n - 2]);
	x->op = (enum scn_op)op;
	if (scn_value(&x->value, row->unit, v, strlen(v)) < 0)
		return scn_fail(l, "%.60s: not %s", v,
		    scn_unit_name(row->unit));
	return 0;
}

bool
scn_holds(const struct scn_expect *x, int64_t v)
{
	switch (x->op) {
	case SCN_EQ:
		return v == x->value;
	case SCN_LE:
		return v <= x->value;
	case SCN_GE:
		return v >= x->value;
	case SCN_LT:
		return v < x->value;
	case SCN_GT:
	default:
		return v > x->value;
	}
}
