#include "tools/sim_bench.h"
#include "tools/sim_report.h"

/* ---- text ---- */

/* Of a metric over the seeds; quantile column |q|. */
static const char *
typical(const struct bench *b, size_t row, enum metric m, size_t q,
    char out[32])
{
	int64_t v;

	if (bench_typical(b, row, m, q, &v))
		metric_print(out, 32, metric_table[m].unit, v);
	else
		snprintf(out, 32, "-");
	return out;
}

/* "copies-later <= 1.1" of "bar  copies-later <= 1.1". */
static const char *
condition(const struct scn_expect *x)
{
	const char *s = x->text + strcspn(x->text, " \t");

	return s + strspn(s, " \t");
}

static void
text_check(const struct bench *b, FILE *f, size_t row, size_t check)
{
	const struct suite_check *c = &b->suite->rows[row].check[check];
	struct bench_verdict v = bench_judge(b, row, check);
	enum metric_unit unit = metric_table[c->x.metric].unit;
	char median[32], worst[32];

	metric_print(median, sizeof(median), unit, v.median);
	metric_print(worst, sizeof(worst), unit,
	    c->row >= 0 ? v.other : v.worst);
	fprintf(f, "      %-6s %-32s %14s %14s  ", c->bar ? "bar" : "expect",
	    condition(&c->x), median, worst);
	if (v.runs == 0)
		fputs("NO RUN\n", f);
	else if (v.held == v.runs)
		fputs(c->bar ? "met\n" : "holds\n", f);
	else
		fprintf(f, "%s (%u of %u)\n", c->bar ? "MISSED" : "FAILS",
		    v.runs - v.held, v.runs);
}

/* Rest of the metrics of section 8 of the specification. */
static void
text_more(const struct bench *b, FILE *f, size_t row)
{
	char t[8][32];

	fprintf(f,
	    "      rho %s, lag p50 %s p95 %s p99.9 %s; least %s; p99 of all "
	    "%s\n",
	    typical(b, row, METRIC_RHO, 0, t[0]),
	    typical(b, row, METRIC_LAG_LATER, 0, t[1]),
	    typical(b, row, METRIC_LAG_LATER, 1, t[2]),
	    typical(b, row, METRIC_LAG_LATER, 3, t[3]),
	    typical(b, row, METRIC_LAG_MIN, 0, t[4]),
	    typical(b, row, METRIC_LAG, 2, t[5]));
	fprintf(f,
	    "      duplicates %s, polluted %s B, Jain %s, recovery %s, origin "
	    "peak %s mean %s\n",
	    typical(b, row, METRIC_DUPLICATES_LATER, 0, t[0]),
	    typical(b, row, METRIC_POLLUTED, 0, t[1]),
	    typical(b, row, METRIC_JAIN, 0, t[2]),
	    typical(b, row, METRIC_RECOVERY, 0, t[3]),
	    typical(b, row, METRIC_ORIGIN_PEAK, 0, t[4]),
	    typical(b, row, METRIC_ORIGIN_MEAN, 0, t[5]));
	fprintf(f,
	    "      control %s; of all %s: haves %s, requests %s, records %s, "
	    "tracker %s",
	    typical(b, row, METRIC_CONTROL_LATER, 0, t[5]),
	    typical(b, row, METRIC_CONTROL, 0, t[0]),
	    typical(b, row, METRIC_CONTROL_HAVE, 0, t[1]),
	    typical(b, row, METRIC_CONTROL_ASK, 0, t[2]),
	    typical(b, row, METRIC_CONTROL_RECORD, 0, t[3]),
	    typical(b, row, METRIC_CONTROL_FEED, 0, t[4]));
	fprintf(f, "; %.1f us of CPU a block\n", bench_block_us(b, row));
}

static void
text_row(const struct bench *b, FILE *f, size_t row, bool verbose)
{
	const struct suite_row *r = &b->suite->rows[row];
	char t[8][32];

	fprintf(f, "%-5s %s%s\n", r->id, r->text,
	    r->counted ? " (counted)" : "");
	for (size_t i = 0; i < b->n_seeds; i++)
		if (!bench_at(b, row, i)->done)
			fprintf(f, "      BROKEN with seed %" PRIu64 "\n",
			    b->seeds[i]);
	fprintf(f,
	    "      offload %s of %s, c %s, misses %s of %s, lag p99 %s, "
	    "start-up p50 %s p99 %s\n",
	    typical(b, row, METRIC_OFFLOAD_LATER, 0, t[0]),
	    typical(b, row, METRIC_OPTIMUM, 0, t[1]),
	    typical(b, row, METRIC_COPIES_LATER, 0, t[2]),
	    typical(b, row, METRIC_MISSES, 0, t[3]),
	    typical(b, row, METRIC_DUE, 0, t[4]),
	    typical(b, row, METRIC_LAG_LATER, 2, t[5]),
	    typical(b, row, METRIC_STARTUP, 0, t[6]),
	    typical(b, row, METRIC_STARTUP, 2, t[7]));
	text_more(b, f, row);
	for (size_t i = 0; i < r->n_checks; i++)
		if (verbose || r->check[i].bar ||
		    bench_judge(b, row, i).held < b->n_seeds)
			text_check(b, f, row, i);
}

static void
text_sum(const struct bench *b, FILE *f)
{
	struct bench_sum s;

	bench_sum(b, &s);
	fprintf(f, "\n%u of %u bars met, %u MISSED", s.bars - s.missed, s.bars,
	    s.missed);
	if (s.expects > 0)
		fprintf(f, "; %u of %u expectations hold", s.expects - s.failed,
		    s.expects);
	fprintf(f,
	    "; %u of %u runs broken\n%" PRId64 " misses of %" PRId64
	    " piece-viewers; %.0f s of CPU\n",
	    s.broken, s.runs, s.misses, s.due, s.cpu_s);
	if (s.counted == 0)
		return;
	fprintf(f,
	    "of these in the %u rows that are counted: %" PRId64
	    " misses of %" PRId64,
	    s.counted, s.counted_misses, s.counted_due);
	if (s.counted_misses == 0 && s.counted_due > 0)
		fprintf(f, ", at most %.2g of all with 95 %% confidence",
		    3.0 / (double)s.counted_due);
	fputc('\n', f);
}

static void
text(const struct bench *b, FILE *f, bool verbose)
{
	bench_digest(b, f);
	fprintf(f,
	    "\n%zu seed%s a row: medians, missed: all; offload, best, c, lag "
	    "after "
	    "settling\n\n"
	    "%-5s        %-32s %14s %14s\n",
	    b->n_seeds, b->n_seeds == 1 ? "" : "s", "row", "bar", "median",
	    "worst");
	for (size_t i = 0; i < b->suite->n_rows; i++)
		text_row(b, f, i, verbose);
	text_sum(b, f);
	if (b->suite->scale)
		bench_scale(b, f);
}

/* ---- TSV ---- */

static void
tsv(const struct bench *b, FILE *f)
{
	fputs("row\ttext\tkind\tcondition\tmedian\tworst\tseeds\theld\n", f);
	for (size_t r = 0; r < b->suite->n_rows; r++) {
		const struct suite_row *row = &b->suite->rows[r];

		for (size_t i = 0; i < row->n_checks; i++) {
			struct bench_verdict v = bench_judge(b, r, i);

			fprintf(f,
			    "%s\t%s\t%s\t%s\t%" PRId64 "\t%" PRId64
			    "\t%u\t%u\n",
			    row->id, row->text,
			    row->check[i].bar ? "bar" : "expect",
			    condition(&row->check[i].x), v.median, v.worst,
			    v.runs, v.held);
		}
	}
}

/* ---- JSON ---- */

static void
json_check(const struct bench *b, FILE *f, size_t row, size_t check)
{
	const struct suite_check *c = &b->suite->rows[row].check[check];
	struct bench_verdict v = bench_judge(b, row, check);
	enum metric_unit unit = metric_table[c->x.metric].unit;

	fprintf(f, "%s{\"kind\":\"%s\",\"condition\":", check > 0 ? "," : "",
	    c->bar ? "bar" : "expect");
	sim_json_string(f, condition(&c->x));
	fputs(",\"median\":", f);
	sim_json_value(f, unit, v.median);
	fputs(",\"worst\":", f);
	sim_json_value(f, unit, v.worst);
	fprintf(f, ",\"seeds\":%u,\"held\":%u}", v.runs, v.held);
}

static void
json_row(const struct bench *b, FILE *f, size_t row)
{
	const struct suite_row *r = &b->suite->rows[row];
	bool first = true;

	fputs(row > 0 ? ",\n{\"row\":" : "{\"row\":", f);
	sim_json_string(f, r->id);
	fputs(",\"text\":", f);
	sim_json_string(f, r->text);
	fputs(",\"file\":", f);
	sim_json_string(f, r->file);
	fputs(",\"checks\":[", f);
	for (size_t i = 0; i < r->n_checks; i++)
		json_check(b, f, row, i);
	fputs("],\"runs\":[", f);
	for (size_t i = 0; i < b->n_seeds; i++) {
		const struct bench_run *run = bench_at(b, row, i);

		if (!run->done)
			continue;
		fprintf(f,
		    "%s\n{\"seed\":%" PRIu64 ",\"trace\":\"%016" PRIx64
		    "\",\"metrics\":{",
		    first ? "" : ",", run->res.seed, run->res.trace);
		sim_json_metrics(f, &run->res);
		fputs("}}", f);
		first = false;
	}
	fputs("]}", f);
}

static void
json(const struct bench *b, FILE *f)
{
	struct bench_sum s;

	bench_sum(b, &s);
	fputs("{\"rows\":[\n", f);
	for (size_t i = 0; i < b->suite->n_rows; i++)
		json_row(b, f, i);
	fprintf(f,
	    "\n],\"bars\":%u,\"missed\":%u,\"expects\":%u,\"failed\":%u,"
	    "\"runs\":%u,\"broken\":%u,\"due\":%" PRId64 ",\"misses\":%" PRId64
	    "}\n",
	    s.bars, s.missed, s.expects, s.failed, s.runs, s.broken, s.due,
	    s.misses);
}

void
bench_print(const struct bench *b, enum sim_output o, FILE *f, bool verbose)
{
	if (o == SIM_JSON)
		json(b, f);
	else if (o == SIM_TSV)
		tsv(b, f);
	else
		text(b, f, verbose);
}
