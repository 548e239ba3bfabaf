#include "test/unit/unit.h"
#include "tools/sim_options.h"
#include "tools/sim_plot.h"
#include "tools/sim_report.h"

#include <unistd.h>

/* ---- seeds ---- */

static int
seeds(const char *a, const char *b, uint64_t out[SIM_SEEDS])
{
	const char *v[2] = { a, b };
	struct conf_list l = { v, b != NULL ? 2 : 1 };

	return sim_options_seeds(&l, out);
}

START_TEST(seeds_are_numbers_and_ranges)
{
	struct conf_list none = { NULL, 0 };
	uint64_t s[SIM_SEEDS];

	ck_assert_int_eq(sim_options_seeds(&none, s), 0);
	ck_assert_int_eq(seeds("7", NULL, s), 1);
	ck_assert_uint_eq(s[0], 7);
	ck_assert_int_eq(seeds("5..6", "1", s), 3);
	ck_assert_uint_eq(s[0], 5);
	ck_assert_uint_eq(s[1], 6);
	ck_assert_uint_eq(s[2], 1);
	ck_assert_int_eq(seeds("1..64", NULL, s), 64);
}
END_TEST

START_TEST(seeds_that_are_none_are_refused)
{
	static const char *const bad[] = { "", "x", "1x", "1..", "..2", "3..1",
		"1...2", "-1", "1..2..3", "99999999999999999999", " 1" };
	uint64_t s[SIM_SEEDS];

	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_msg(seeds(bad[i], NULL, s) == SP_ERR_SYNTAX, "%s",
		    bad[i]);
	ck_assert_int_eq(seeds("1..65", NULL, s), SP_ERR_FULL);
	ck_assert_int_eq(seeds("1..64", "1", s), SP_ERR_FULL);
}
END_TEST

/* ---- files ---- */

static char path[64];

static void
file_is(const char *text, size_t len)
{
	FILE *f;

	snprintf(path, sizeof(path), "/tmp/check_sim.%ld", (long)getpid());
	f = fopen(path, "wb");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, len, f), len);
	fclose(f);
}

START_TEST(a_scenario_is_loaded_with_what_was_set)
{
	static const char text[] = "let N 3\nviewers $N\nrun 5s\n";
	static struct scenario scn;
	struct scn_vars vars = { 0 };

	file_is(text, strlen(text));
	ck_assert(sim_load(&scn, path, &vars));
	ck_assert_int_eq(scn.groups[0].count, 3);
	memset(&vars, 0, sizeof(vars));
	ck_assert_int_eq(scn_vars_set(&vars, "N=9"), 0);
	ck_assert(sim_load(&scn, path, &vars));
	ck_assert_int_eq(scn.groups[0].count, 9);
	/* What is set and not there would be overlooked. */
	ck_assert_int_eq(scn_vars_set(&vars, "M=9"), 0);
	ck_assert(!sim_load(&scn, path, &vars));
	unlink(path);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_refused)
{
	static struct scenario scn;
	struct scn_vars vars = { 0 };
	char *large = calloc(300, 1024);

	ck_assert(!sim_load(&scn, "/nonexistent/x.scn", &vars));
	ck_assert(!sim_load(&scn, "/tmp", &vars));
	ck_assert_ptr_nonnull(large);
	file_is(large, (size_t)300 * 1024);
	ck_assert(!sim_load(&scn, path, &vars));
	file_is("viewers\n", 8);
	ck_assert(!sim_load(&scn, path, &vars));
	file_is("", 0);
	ck_assert(!sim_load(&scn, path, &vars));
	unlink(path);
	free(large);
}
END_TEST

/* ---- output ---- */

static char text[32768];

static FILE *
sink(void)
{
	FILE *f = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(f);
	return f;
}

static void
has(const char *want)
{
	ck_assert_msg(strstr(text, want) != NULL, "no %s in\n%s", want, text);
}

static struct sim_result res;

static void
report(enum sim_output o, const char *file, bool quiet)
{
	FILE *f = sink();

	memset(&res, 0, sizeof(res));
	res.seed = 4;
	res.trace = 0xabc;
	res.run = 60 * SP_S;
	res.wall_s = 1;
	res.value[METRIC_OFFLOAD][0] = 912345;
	res.value[METRIC_LAG_LATER][3] = 1500 * SP_MS;
	res.value[METRIC_DUE][0] = 3000;
	res.value[METRIC_EXCESS][0] = -1;
	sim_report_begin(o, f);
	sim_report(o, f, file, &res, quiet);
	sim_report(o, f, file, &res, quiet);
	sim_report_end(o, f);
	fclose(f);
}

START_TEST(people_get_remarks_and_the_trace)
{
	report(SIM_TEXT, "a.scn", false);
	has("a.scn, seed 4\n");
	has("offload        0.9123\n");
	has("p99.9 1.500s   lag/lag_min");
	has("misses         0 of 3000 piece-viewers; at most 0.001 with 95");
	has("machine ");
	has("trace 0000000000000abc\n");
	report(SIM_TEXT, "a.scn", true);
	ck_assert_str_eq(text,
	    "trace 0000000000000abc\ntrace 0000000000000abc\n");
}
END_TEST

START_TEST(scripts_get_columns_without_the_machine)
{
	report(SIM_TSV, "a.scn", true);
	has("file\t-\ta.scn\nseed\t-\t4\noffload\t-\t912345\n");
	has("lag-later\tp99.9\t1500000000\n");
	has("excess\t-\t-1\n");
	has("trace\t-\t0000000000000abc\n");
	ck_assert_ptr_null(strstr(text, "machine"));
}
END_TEST

START_TEST(json_is_one_object_with_escapes)
{
	report(SIM_JSON, "a\"\\\n.scn", true);
	has("{\"runs\":[\n{\"file\":\"a\\\"\\\\\\u000a.scn\",\"seed\":4,");
	has("\"run\":60.000000000,");
	has("\"offload\":0.912345,");
	has("\"p99.9\":1.500000000}");
	has("\"excess\":-0.000001");
	has("}},\n{\"file\"");
	ck_assert_str_eq(text + strlen(text) - 5, "}\n]}\n");
}
END_TEST

START_TEST(a_plot_has_its_data_and_quotes_its_title)
{
	struct series_row row = { 0 };
	struct tally *t = tally_new();
	FILE *f;

	for (unsigned i = 1; i < 10; i++) {
		row.at = i * SP_S;
		row.present = 3;
		row.origin_bytes += 125000;
		row.played_bytes += i < 5 ? 0 : 250000;
		series_add(&t->series, &row);
		quantile_add(&t->sum.lag, 7);
	}
	f = sink();
	sim_plot_script(f, "it's.svg", "o'clock", t);
	fclose(f);
	has("set output 'it''s.svg'\n");
	has("title 'o''clock' noenhanced");
	has("$lag << EOD\n0.0000 0.001\n");
	/* Five seconds from the origin, four of them played. */
	has("9.0 50.000 1.0000 3\nEOD\n");
	tally_free(t);
}
END_TEST

UNIT_MAIN("sim", seeds_are_numbers_and_ranges, seeds_that_are_none_are_refused,
    a_scenario_is_loaded_with_what_was_set,
    files_that_cannot_be_read_are_refused, people_get_remarks_and_the_trace,
    scripts_get_columns_without_the_machine, json_is_one_object_with_escapes,
    a_plot_has_its_data_and_quotes_its_title)
