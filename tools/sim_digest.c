#include "tools/sim_bench.h"

/* Three digits, as they fit into five characters. */
static const char *
shorten(char out[32], double v)
{
	double size = v < 0 ? -v : v;

	if (size >= 99999)
		snprintf(out, 32, "many");
	else
		snprintf(out, 32, "%.*f",
		    size < 9.995   ? 2
		    : size < 99.95 ? 1
				   : 0,
		    v);
	return out;
}

/* Median over the seeds, divided by |unit|. */
static const char *
figure(const struct bench *b, size_t row, enum metric m, size_t q, double unit,
    char out[32])
{
	int64_t v;

	if (!bench_typical(b, row, m, q, &v))
		return "-";
	return shorten(out, (double)v / unit);
}

static const char *
percent(const struct bench *b, size_t row, enum metric m, char out[32])
{
	int64_t v;

	if (!bench_typical(b, row, m, 0, &v))
		return "-";
	snprintf(out, 32, "%.2f", (double)v / 1e4);
	return out;
}

/* All seeds that did not break together. */
static int64_t
sum(const struct bench *b, size_t row, enum metric m)
{
	int64_t n = 0;

	for (size_t i = 0; i < b->n_seeds; i++)
		if (bench_at(b, row, i)->done)
			n += bench_at(b, row, i)->res.value[m][0];
	return n;
}

static const char *
bars(const struct bench *b, size_t row, char out[32])
{
	const struct suite_row *r = &b->suite->rows[row];
	unsigned n = 0, met = 0;

	for (size_t i = 0; i < r->n_checks; i++) {
		struct bench_verdict v = bench_judge(b, row, i);

		n += r->check[i].bar;
		met += r->check[i].bar && v.runs > 0 && v.held == v.runs;
	}
	if (n == 0)
		snprintf(out, 32, "-");
	else
		snprintf(out, 32, "%u/%u", met, n);
	return out;
}

void
bench_digest(const struct bench *b, FILE *f)
{
	char t[7][32];

	fprintf(f,
	    "%-4s %6s %5s %5s %6s %5s %4s %6s %4s\n"
	    "%-4s %6s %5s %5s %6s %5s %4s %6s %4s\n",
	    "", "off-", "best", "", "(1-O)/", "lag", "/lag", "", "bars", "row",
	    "load %", "%", "c", "(1-O*)", "p99 s", "min", "missed", "met");
	for (size_t i = 0; i < b->suite->n_rows; i++)
		fprintf(f,
		    "%-4s %6s %5s %5s %6s %5s %4s %6" PRId64 " %4s  %.25s\n",
		    b->suite->rows[i].id,
		    percent(b, i, METRIC_OFFLOAD_LATER, t[0]),
		    percent(b, i, METRIC_OPTIMUM, t[1]),
		    figure(b, i, METRIC_COPIES_LATER, 0, 1e6, t[2]),
		    figure(b, i, METRIC_EXCESS, 0, 1e6, t[3]),
		    figure(b, i, METRIC_LAG_LATER, 2, 1e9, t[4]),
		    figure(b, i, METRIC_LAG_RATIO, 0, 1e6, t[5]),
		    sum(b, i, METRIC_MISSES), bars(b, i, t[6]),
		    b->suite->rows[i].text);
}
