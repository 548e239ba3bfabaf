#include <math.h>

#include "tools/sim_bench.h"

/*
 * How figures grow with the number of viewers: the rows, a straight line
 * through them, and where that line leads.
 */

#define FAR 100000 /* viewers, on paper */

/* Sums of a line by least squares. */
struct fit {
	double n, x, y, xx, xy;
};

static void
fit_add(struct fit *f, double x, double y)
{
	f->n++;
	f->x += x;
	f->y += y;
	f->xx += x * x;
	f->xy += x * y;
}

/* y = *a + b x; b is returned. */
static double
fit_line(const struct fit *f, double *a)
{
	double d = f->n * f->xx - f->x * f->x;
	double b = d > 0 ? (f->n * f->xy - f->x * f->y) / d : 0;

	*a = f->n > 0 ? (f->y - b * f->x) / f->n : 0;
	return b;
}

enum { COPIES, CONTROL, CPU, POWERS };

struct point {
	double viewers, lag, law, memory; /* KiB */
	double power[POWERS]; /* what grows with a power of the viewers */
};

static double
median(const struct bench *b, size_t row, enum metric m, size_t q)
{
	int64_t v = 0;

	bench_typical(b, row, m, q, &v);
	return (double)v;
}

/* False: no run of the row came to its end. */
static bool
point_of(struct point *p, const struct bench *b, size_t row, FILE *f)
{
	double cpu = 0, rate = 0, run = 0;
	unsigned n = 0;

	p->memory = 0;
	for (size_t i = 0; i < b->n_seeds; i++) {
		const struct bench_run *r = bench_at(b, row, i);

		if (!r->done)
			continue;
		n++;
		cpu += r->res.cpu_s;
		p->memory = SP_MAX(p->memory, (double)r->res.peak_bytes / 1024);
		run = (double)r->res.run / 1e9;
		rate = (double)r->res.rate;
	}
	p->viewers = median(b, row, METRIC_VIEWERS, 0);
	if (n == 0 || p->viewers <= 0)
		return false;
	p->lag = median(b, row, METRIC_LAG_LATER, 2) / 1e9;
	p->law = median(b, row, METRIC_LAG_LAW, 0) / 1e9;
	p->power[COPIES] = median(b, row, METRIC_COPIES_LATER, 0) / 1e6;
	p->power[CONTROL] =
	    median(b, row, METRIC_CONTROL_LATER, 0) / 1e6 * rate;
	p->power[CPU] = cpu / n / run / p->viewers * 1e3;
	fprintf(f, "%7.0f %6.2f %9.2f %6.2f %10.0f %7.2f %8.2f %8.0f\n",
	    p->viewers, p->power[COPIES], p->lag, p->law, p->power[CONTROL],
	    rate > 0 ? 100 * p->power[CONTROL] / rate : 0, p->power[CPU],
	    p->memory / p->viewers);
	return true;
}

void
bench_scale(const struct bench *b, FILE *f)
{
	static const char *const names[] = { "copies", "control", "CPU" };
	struct fit lag = { 0 }, law = { 0 }, memory = { 0 };
	struct fit power[POWERS] = { { 0 } };
	double a, c, x;
	struct point p;

	fprintf(f, "\n%7s %6s %9s %6s %10s %7s %8s %8s\n", "viewers", "c",
	    "lag p99 s", "law", "control", "% of r", "CPU", "memory");
	for (size_t i = 0; i < b->suite->n_rows; i++) {
		if (!point_of(&p, b, i, f))
			continue;
		x = log2(p.viewers);
		fit_add(&lag, x, p.lag);
		fit_add(&law, x, p.law);
		fit_add(&memory, p.viewers, p.memory);
		for (size_t k = 0; k < POWERS; k++)
			fit_add(&power[k], x, log2(SP_MAX(p.power[k], 1e-9)));
	}
	fputs("control: bytes a second, CPU: ms a second, memory: KiB, each a "
	      "viewer\n",
	    f);
	if (lag.n < 2)
		return;
	c = fit_line(&lag, &a);
	fprintf(f, "lag p99 = %.2f s + %.4f s * log2 N", a, c);
	fprintf(f, " (%.2f s for %d)", a + c * log2(FAR), FAR);
	c = fit_line(&law, &a);
	fprintf(f, "; law %.2f s + %.4f s * log2 N (%.2f s)\n", a, c,
	    a + c * log2(FAR));
	for (size_t k = 0; k < POWERS; k++) {
		c = fit_line(&power[k], &a);
		fprintf(f, "%s grows with N^%.2f (%.4g for %d)\n", names[k], c,
		    exp2(a + c * log2(FAR)), FAR);
	}
	c = fit_line(&memory, &a);
	fprintf(f, "memory = %.0f MiB + %.0f KiB * N (%.1f GiB for %d)\n",
	    a / 1024, c, (a + c * FAR) / 1048576, FAR);
}
