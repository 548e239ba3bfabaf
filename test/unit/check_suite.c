#include <unistd.h>

#include "test/unit/unit.h"
#include "tools/sim_bench.h"

static struct suite s;
static struct scn_vars vars;
static struct scn_error err;

static int
parse(const char *text)
{
	memset(&err, 0, sizeof(err));
	return suite_parse(&s, text, strlen(text), &vars, &err);
}

static void
bad(const char *text, unsigned line, const char *what)
{
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(parse(text), SP_ERR_SYNTAX);
	ck_assert_msg(strstr(err.what, what) != NULL, "%s", err.what);
	ck_assert_uint_eq(err.line, line);
}

static const char good[] = "let N 20\n"
			   "seeds 4..6\n"
			   "row 1a static.scn N=$N RHO=1.5r\n"
			   "text static, $N viewers\n"
			   "bar copies-later <= 1.1\n"
			   "expect lag p99 <= 3s\n"
			   "row 2 churn.scn\n"
			   "bar misses == 0\n";

START_TEST(rows_have_a_file_variables_and_checks)
{
	const struct suite_row *r = s.rows;

	memset(&vars, 0, sizeof(vars));
	ck_assert_msg(parse(good) == 0, "%u: %s", err.line, err.what);
	ck_assert_int_eq(s.n_seeds, 3);
	ck_assert_uint_eq(s.seeds[2], 6);
	ck_assert_uint_eq(s.n_rows, 2);
	ck_assert_str_eq(r->id, "1a");
	ck_assert_str_eq(r->file, "static.scn");
	ck_assert_str_eq(r->text, "static, 20 viewers");
	ck_assert_uint_eq(r->n_sets, 2);
	ck_assert_str_eq(r->sets[0], "N=20");
	ck_assert_str_eq(r->sets[1], "RHO=1.5r");
	ck_assert_uint_eq(r->n_checks, 2);
	ck_assert(r->check[0].bar);
	ck_assert_int_eq(r->check[0].x.metric, METRIC_COPIES_LATER);
	ck_assert(!r->check[1].bar);
	ck_assert_uint_eq(r->check[1].x.quantile_ppm, 990000);
	ck_assert_str_eq(s.rows[1].text, "");
	ck_assert_uint_eq(s.rows[1].n_checks, 1);
}
END_TEST

START_TEST(rows_are_held_against_others)
{
	static const char text[] = "row 1 a.scn\n"
				   "counted\n"
				   "row 2 b.scn\n"
				   "bar lag p99 > @1\n"
				   "bar offload >= 50%\n";

	memset(&vars, 0, sizeof(vars));
	ck_assert_msg(parse(text) == 0, "%u: %s", err.line, err.what);
	ck_assert(s.rows[0].counted);
	ck_assert(!s.rows[1].counted);
	ck_assert_int_eq(s.rows[1].check[0].row, 0);
	ck_assert_int_eq(s.rows[1].check[1].row, -1);
	ck_assert_str_eq(s.rows[1].check[0].x.text, "bar lag p99 > @1");
	bad("row 1 a.scn\nbar offload < @2\n", 2, "no other row before it");
	bad("row 1 a.scn\nbar offload < @1\n", 2, "no other row before it");
	bad("row 1 a.scn\nrow 2 a.scn\nbar lag p12 < @1\n", 3,
	    "not a quantile that is kept");
	bad("row 1 a.scn\ncounted twice\n", 2, "nothing more");
	bad("counted\n", 1, "of which row?");
}
END_TEST

START_TEST(what_was_set_goes_into_the_rows)
{
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(scn_vars_set(&vars, "N=7"), 0);
	ck_assert_int_eq(parse(good), 0);
	ck_assert_str_eq(s.rows[0].sets[0], "N=7");
	ck_assert_int_eq(scn_vars_set(&vars, "M=7"), 0);
	ck_assert_int_eq(parse(good), SP_ERR_SYNTAX);
	ck_assert_uint_eq(err.line, 0);
	ck_assert_ptr_nonnull(strstr(err.what, "M: set, but"));
}
END_TEST

START_TEST(mistakes_are_told_with_their_line)
{
	char many[SUITE_ROWS * 16 + 32] = "";
	size_t at = 0;

	bad("", 0, "no rows");
	bad("bar misses == 0\n", 1, "bar: of which row?");
	bad("text x\n", 1, "text: of which row?");
	bad("rows 1\n", 1, "rows: no such directive");
	bad("row 1\n", 1, "row: ID FILE");
	bad("row 1 a.scn N=1 N=1 N=1 N=1 N=1 N=1 N=1 N=1 N=1\n", 1,
	    "at most 8");
	bad("row 1 a.scn N\n", 1, "N: not NAME=VALUE");
	bad("row 12345678901234567 a.scn\n", 1, "too long");
	bad("row 1 a.scn\nrow 1 a.scn\n", 2, "row 1: twice");
	bad("row 1 a.scn\ntext\n", 2, "text: none");
	bad("row 1 a.scn\ntext 1234567890123456789012345678901234567890"
	    "123456789012345678901234\n",
	    2, "more than 63");
	bad("row 1 a.scn\nbar luck == 0\n", 2, "luck: no such metric");
	bad("row 1 a.scn\nexpect lag <= 1s\n", 2, "which quantile");
	bad("seeds\n", 1, "seeds: N or N..M");
	bad("seeds 3..1\n", 1, "3..1: not N or N..M");
	bad("row $X a.scn\n", 1, "$X: no such variable");
	for (unsigned i = 0; i <= SUITE_ROWS; i++)
		at += (size_t)snprintf(many + at, sizeof(many) - at,
		    "row %u a.scn\n", i);
	bad(many, SUITE_ROWS + 1, "more than 64 rows");
	at = (size_t)snprintf(many, sizeof(many), "row 1 a.scn\n");
	for (unsigned i = 0; i <= SUITE_CHECKS; i++)
		at += (size_t)snprintf(many + at, sizeof(many) - at,
		    "bar misses == 0\n");
	bad(many, SUITE_CHECKS + 2, "more than 24");
}
END_TEST

START_TEST(the_worst_depends_on_the_operator)
{
	struct scn_expect x = { .op = SCN_LE, .value = 5 };
	int64_t v[] = { 3, 9, 1, 4 };

	ck_assert_int_eq(suite_median(&x, v, 3), 3);
	ck_assert_int_eq(v[0], 9);
	ck_assert_int_eq(suite_median(&x, v, 4), 4); /* 9 4 3 1 */
	x.op = SCN_GE;
	ck_assert_int_eq(suite_median(&x, v, 4), 3);
	ck_assert_int_eq(v[0], 1);
	x.op = SCN_EQ;
	suite_median(&x, v, 4);
	ck_assert_int_eq(suite_compare(&x, 9, 1), 0); /* as far */
	ck_assert_int_eq(suite_compare(&x, 9, 4), -1);
	ck_assert_int_eq(suite_compare(&x, 5, 4), 1);
	ck_assert_int_eq(v[3], 4);
	ck_assert_int_eq(suite_median(&x, v, 1), v[0]);
}
END_TEST

/* Two rows with three seeds each, of which one broke. */
static struct bench_run runs[6];
static const uint64_t seeds[] = { 1, 2, 3 };
static const struct bench bench = { &s, 3, seeds, runs };

static void
results(void)
{
	static const int64_t copies[] = { 1000000, 1050000, 1200000 };

	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(parse(good), 0);
	memset(runs, 0, sizeof(runs));
	for (size_t i = 0; i < 6; i++) {
		runs[i].done = i != 4;
		runs[i].res.value[METRIC_DUE][0] = i != 4 ? 1000 : 0;
		runs[i].got[0] = i < 3 ? copies[i] : 0;
		runs[i].got[1] = i < 3 ? 2 * SP_S : 0;
	}
	/* what it had come to counts nowhere */
	runs[4].res.value[METRIC_MISSES][0] = 77;
	runs[4].res.value[METRIC_BLOCKS][0] = 1000;
	runs[4].res.cpu_s = 1;
}

START_TEST(bars_are_judged_over_the_seeds)
{
	struct bench_verdict v;
	struct bench_sum sum;

	results();
	v = bench_judge(&bench, 0, 0);
	ck_assert_int_eq(v.median, 1050000);
	ck_assert_int_eq(v.worst, 1200000);
	ck_assert_uint_eq(v.held, 2);
	ck_assert_uint_eq(v.runs, 3);
	v = bench_judge(&bench, 1, 0);
	ck_assert_uint_eq(v.runs, 2);
	ck_assert_uint_eq(v.held, 2);
	bench_sum(&bench, &sum);
	ck_assert_uint_eq(sum.runs, 6);
	ck_assert_uint_eq(sum.broken, 1);
	ck_assert_uint_eq(sum.bars, 2);
	ck_assert_uint_eq(sum.missed, 1);
	ck_assert_uint_eq(sum.expects, 1);
	ck_assert_uint_eq(sum.failed, 0);
	ck_assert_int_eq(sum.due, 5000);
	ck_assert_int_eq(sum.misses, 0);
	ck_assert(bench_block_us(&bench, 1) == 0);
	/* A row that never ran has met nothing. */
	runs[3].done = runs[5].done = false;
	bench_sum(&bench, &sum);
	ck_assert_uint_eq(sum.missed, 2);
}
END_TEST

START_TEST(rows_are_compared_by_their_medians)
{
	static const char two[] = "seeds 1..3\n"
				  "row 1 a.scn\n"
				  "counted\n"
				  "row 2 b.scn\n"
				  "bar copies-later > @1\n"
				  "bar copies-later < @1\n";
	static const int64_t copies[] = { 1, 5, 9, 8, 6, 2 };
	struct bench_verdict v;
	struct bench_sum sum;

	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(parse(two), 0);
	memset(runs, 0, sizeof(runs));
	for (size_t i = 0; i < 6; i++) {
		runs[i].done = true;
		runs[i].res.value[METRIC_COPIES_LATER][0] = copies[i];
		runs[i].res.value[METRIC_DUE][0] = 100;
		runs[i].got[0] = runs[i].got[1] = copies[i];
	}
	v = bench_judge(&bench, 1, 0);
	ck_assert_int_eq(v.median, 6);
	ck_assert_int_eq(v.other, 5);
	ck_assert_uint_eq(v.held, 3);
	v = bench_judge(&bench, 1, 1);
	ck_assert_uint_eq(v.held, 0);
	ck_assert_uint_eq(v.runs, 3);
	bench_sum(&bench, &sum);
	ck_assert_uint_eq(sum.counted, 1);
	ck_assert_int_eq(sum.counted_due, 300);
	ck_assert_int_eq(sum.counted_misses, 0);
	/* What it is against has not run. */
	runs[0].done = runs[1].done = runs[2].done = false;
	v = bench_judge(&bench, 1, 0);
	ck_assert_uint_eq(v.runs, 0);
}
END_TEST

START_TEST(growth_is_a_line_through_the_rows)
{
	static const char three[] = "scale\n"
				    "row 1 a.scn\n"
				    "row 2 a.scn\n"
				    "row 3 a.scn\n";
	static const struct bench one = { &s, 1, seeds, runs };
	static char out[4096];
	FILE *f = fmemopen(out, sizeof(out), "w");

	ck_assert_ptr_nonnull(f);
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(parse(three), 0);
	ck_assert(s.scale);
	memset(runs, 0, sizeof(runs));
	for (size_t i = 0; i < 3; i++) {
		struct sim_result *r = &runs[i].res;
		int64_t n = 64 << 2 * i; /* 64, 256, 1024 */

		runs[i].done = true;
		r->run = 10 * SP_S;
		r->rate = 500000;
		r->cpu_s = (double)n * (double)n / 6400; /* n / 640 each */
		r->peak_bytes = (uint64_t)(1024 + 300 * n) * 1024;
		r->value[METRIC_VIEWERS][0] = n;
		r->value[METRIC_COPIES_LATER][0] = 2000000;
		r->value[METRIC_CONTROL_LATER][0] = 10000;
		/* 1 s, and 0.1 s for each doubling */
		r->value[METRIC_LAG_LATER][2] =
		    (16 + 2 * (int64_t)i) * SP_S / 10;
		r->value[METRIC_LAG_LAW][0] = SP_S;
	}
	bench_scale(&one, f);
	fclose(f);
	ck_assert_ptr_nonnull(strstr(out, "     64   2.00      1.60   1.00"));
	ck_assert_ptr_nonnull(
	    strstr(out, "lag p99 = 1.00 s + 0.1000 s * log2 N (2.66 s"));
	ck_assert_ptr_nonnull(strstr(out, "copies grows with N^0.00 (2 for"));
	ck_assert_ptr_nonnull(strstr(out, "CPU grows with N^1.00"));
	ck_assert_ptr_nonnull(strstr(out, "memory = 1 MiB + 300 KiB * N"));
	bad("scale up\n", 1, "nothing more");
}
END_TEST

static char text[16384];

static void
printed(enum sim_output o, bool verbose)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(f);
	bench_print(&bench, o, f, verbose);
	fclose(f);
}

static void
has(const char *want)
{
	ck_assert_msg(strstr(text, want) != NULL, "no %s in\n%s", want, text);
}

START_TEST(the_table_says_what_is_missed)
{
	results();
	printed(SIM_TEXT, false);
	has("1a    static, 20 viewers\n");
	has("bar    copies-later <= 1.1                      1.0500         "
	    "1.2000  MISSED (1 of 3)\n");
	has("BROKEN with seed 2\n");
	has("misses == 0                                   0              0  "
	    "met\n");
	ck_assert_ptr_null(strstr(text, "lag p99 <= 3s"));
	has("1 of 2 bars met, 1 MISSED; 1 of 1 expectations hold; 1 of 6 runs "
	    "broken\n0 misses of 5000 piece-viewers; ");
	ck_assert_ptr_null(strstr(text, "that are counted"));
	s.rows[0].counted = true;
	printed(SIM_TEXT, false);
	has("in the 1 rows that are counted: 0 misses of 3000, at most 0.001 "
	    "of all with 95 % confidence\n");
	printed(SIM_TEXT, true);
	has("lag p99 <= 3s");
	runs[0].got[1] = 4 * SP_S;
	printed(SIM_TEXT, false);
	has("expect lag p99 <= 3s                            2.000s         "
	    "4.000s  FAILS (1 of 3)\n");
	has("0 of 1 expectations hold");
}
END_TEST

START_TEST(scripts_get_all_of_the_table)
{
	results();
	printed(SIM_TSV, false);
	has("1a\tstatic, 20 viewers\tbar\tcopies-later <= 1.1\t1050000\t1200000"
	    "\t3\t2\n");
	has("2\t\tbar\tmisses == 0\t0\t0\t2\t2\n");
}
END_TEST

/* Runs |scn| as a suite of one row; what was told is in |text|. */
static void
run_one(struct bench *b, const char *scn)
{
	static const struct sim_options o = { .quiet = true, .jobs = 1 };
	char path[] = "/tmp/check_suite.XXXXXX", rows[64];
	int fd = mkstemp(path), before = dup(2);
	FILE *told = tmpfile();
	size_t n;

	ck_assert(fd >= 0 && before >= 0 && told != NULL);
	ck_assert_int_eq(write(fd, scn, strlen(scn)), (int)strlen(scn));
	close(fd);
	snprintf(rows, sizeof(rows), "row 1 %s\n", path);
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(parse(rows), 0);
	*b = (struct bench){ &s, 1, seeds, NULL };
	dup2(fileno(told), 2);
	ck_assert(bench_run(b, &s, &o));
	dup2(before, 2);
	close(before);
	unlink(path);
	rewind(told);
	n = fread(text, 1, sizeof(text) - 1, told);
	text[n] = '\0';
	fclose(told);
}

START_TEST(broken_runs_are_told_in_any_case)
{
	static const char most[] = "stream rate=2Mbit/s segment=2s window=20s\n"
				   "origin rate=100Mbit/s ttfb=20ms\n"
				   "viewers 1 up=8Mbit/s down=50Mbit/s "
				   "delay=10ms join=0s..100ms\n";
	char scn[512];
	struct bench b;

	snprintf(scn, sizeof(scn), "%srun 500ms\n", most);
	run_one(&b, scn);
	ck_assert(!bench_at(&b, 0, 0)->done);
	has("row 1, seed 1: no piece came due\n");
	has("1 of 1: row 1, seed 1: BROKEN: status 1\n");
	bench_free(&b);
	snprintf(scn, sizeof(scn), "%srun 10s\n", most);
	run_one(&b, scn);
	ck_assert(bench_at(&b, 0, 0)->done);
	ck_assert_str_eq(text, "");
	bench_free(&b);
}
END_TEST

UNIT_MAIN("suite", rows_have_a_file_variables_and_checks,
    rows_are_held_against_others, what_was_set_goes_into_the_rows,
    mistakes_are_told_with_their_line, the_worst_depends_on_the_operator,
    bars_are_judged_over_the_seeds, rows_are_compared_by_their_medians,
    growth_is_a_line_through_the_rows, the_table_says_what_is_missed,
    scripts_get_all_of_the_table, broken_runs_are_told_in_any_case)
