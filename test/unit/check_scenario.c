#include "test/sim/scenario.h"

#include "swarm/mesh.h"
#include "test/unit/unit.h"

static struct scenario scn;
static struct scn_error err;

static int
parse(const char *text)
{
	memset(&err, 0, sizeof(err));
	return scenario_parse(&scn, text, strlen(text), NULL, &err);
}

static void
bad(const char *text, unsigned line, const char *what)
{
	ck_assert_int_eq(parse(text), SP_ERR_SYNTAX);
	ck_assert_uint_eq(err.line, line);
	ck_assert_msg(strstr(err.what, what) != NULL, "%s", err.what);
}

START_TEST(the_example_of_the_style_guide_is_read)
{
	static const char text[] =
	    "# 110-origin-blackout: the origin dies for 20 s\n"
	    "seed 42\n"
	    "stream rate=4Mbit/s segment=2s window=30s\n"
	    "origin rate=200Mbit/s ttfb=50ms\n"
	    "viewers 50 up=6Mbit/s down=30Mbit/s delay=10..80ms loss=0.1% "
	    "join=0..10s\n"
	    "at 80s origin up\n"
	    "at 60s origin down  # before\n"
	    "run 180s\n"
	    "expect startup p95 <= 2s\n"
	    "expect stalls == 0\n"
	    "expect offload >= 0.70\n"
	    "expect lag p99.9 < 12.5s";
	const struct scn_group *g = &scn.groups[0];

	ck_assert_msg(parse(text) == 0, "%u: %s", err.line, err.what);
	ck_assert_uint_eq(scn.seed, 42);
	ck_assert_int_eq(scn.stream.rate, 500000);
	ck_assert_int_eq(scn.stream.segment, 2 * SP_S);
	ck_assert_int_eq(scn.origin.rate, 25000000);
	ck_assert_int_eq(scn.run, 180 * SP_S);
	ck_assert_uint_eq(scn.n_groups, 1);
	ck_assert_int_eq(g->count, 50);
	ck_assert_int_eq(g->up.a, 750000);
	ck_assert_int_eq(g->delay.kind, DIST_UNIFORM);
	ck_assert_int_eq(g->delay.a, 10 * SP_MS);
	ck_assert_int_eq(g->delay.b, 80 * SP_MS);
	ck_assert_int_eq(g->loss, 1000);
	ck_assert_int_eq(g->join.a, 0);
	ck_assert_int_eq(g->join.b, 10 * SP_S);
	ck_assert_uint_eq(scn.n_events, 2);
	ck_assert_int_eq(scn.events[0].what, SCN_ORIGIN_DOWN);
	ck_assert_int_eq(scn.events[1].at, 80 * SP_S);
	ck_assert_uint_eq(scn.n_expects, 4);
	ck_assert_int_eq(scn.expects[0].metric, METRIC_STARTUP);
	ck_assert_uint_eq(scn.expects[0].quantile_ppm, 950000);
	ck_assert_int_eq(scn.expects[0].value, 2 * SP_S);
	ck_assert_int_eq(scn.expects[2].value, 700000);
	ck_assert_uint_eq(scn.expects[3].quantile_ppm, 999000);
	ck_assert_int_eq(scn.expects[3].value, 12500 * SP_MS);
	ck_assert_int_eq(scn.expects[3].op, SCN_LT);
	ck_assert_str_eq(scn.expects[1].text, "expect stalls == 0");
}
END_TEST

START_TEST(mistakes_are_told_with_their_line)
{
	bad("run 1s\nviewers 1\nviewer 2\n", 3, "viewer: no such directive");
	bad("viewers 3 upp=4Mbit/s\n", 1, "upp: no such setting of viewers");
	bad("viewers 3 up\n", 1, "up: not name=value");
	bad("viewers\n", 1, "how many");
	bad("viewers 3 up=4Mbits\n", 1, "4Mbits: not a rate");
	bad("viewers 3 delay=9..3ms\n", 1, "wrong way");
	bad("viewers 3 loss=high\n", 1, "not a share");
	bad("\n\nrun soon\n", 3, "soon: not a time");
	bad("expect luck >= 1\n", 1, "luck: no such metric");
	bad("expect lag >= 1s\n", 1, "which quantile");
	bad("expect stalls p50 == 1\n", 1, "no quantiles");
	bad("expect lag 95 >= 1s\n", 1, "95: not a quantile");
	bad("expect lag p95 => 1s\n", 1, "=>: not an operator");
	bad("expect offload >= 1s\n", 1, "1s: not a share");
	bad("at 3s moon down\n", 1, "no such event");
	bad("at 3s origin\n", 1, "at:");
	bad("crypto none\n", 1, "real or counting");
	bad("viewers 2\n", 0, "run is missing");
	bad("ablate\n", 1, "no such part");
	bad("ablate luck\n", 1, "ablate luck: no such part");
	bad("ablate duty,,ramp\n", 1, "no such part");
	bad("run 2s\n", 0, "viewers are missing");
	bad("run 99999999999999999999s\n", 1, "not a time");
	bad("viewers 1 track=1\nrun 3s\n", 0, "no such track");
	bad("track\nviewers 1\nrun 3s\n", 0, "track: needs a rate");
	bad("track rate=1\n", 1, "1: not a rate");
	bad("viewers 1 track=8\nrun 3s\n", 1, "8: too much");
	bad("run 2000000s\n", 1, "2000000s: too much");
	bad("viewers 3 loss=1% loss=2%\n", 1, "loss: twice");
	bad("viewers 3 free=101%\n", 1, "101%: too much");
	bad("viewers 3 flip=5%\n", 1, "of polluters only");
	bad("viewers 3 up=1.5r\nstream rate=1Mbit/s\n", 1,
	    "stream has to be told before");
	bad("viewers 3 up=5%r\n", 1, "5%r: not a rate");
	bad("viewers 3 session=pareto:1,60s\n", 1, "not a shape");
	bad("viewers 3 session=pareto:x,60s\n", 1, "not a shape");
	bad("at 3s origin dead\n", 1, "no such event");
	bad("at 3s origin ttfb=fast\n", 1, "fast: not a time");
	bad("at 3s origin dead=200%\n", 1, "too much");
	bad("viewers 1\nrun 3s\nat 4s origin down\n", 0, "after the end");
	bad("viewers 1\nrun 3s\nsettle 3s\n", 0, "settle");
	bad("stream rate=1Gbit/s\nviewers 1\nrun 3s\n", 0, "16 MiB");
	bad("stream window=1s segment=2s\nviewers 1\nrun 3s\n", 0,
	    "shorter than a segment");
}
END_TEST

START_TEST(what_the_suites_need_is_read)
{
	static const char text[] =
	    "let N 40\n"
	    "let FEW $N*2/100\n"
	    "stream rate=4Mbit/s segment=2s\n"
	    "origin rate=3r requests=50 retry=2s\n"
	    "viewers ${N} up=mix:1.5r down=1..8r session=pareto:1.2,180s "
	    "brief=20% crash=100% isolated=10% loss=1% burst=200ms "
	    "meet=3\n"
	    "polluters $FEW flip=5%\n"
	    "at 10s origin ttfb=200ms\n"
	    "at 11s origin requests=9\n"
	    "at 12s origin dead=30%\n"
	    "ablate duty,small\n"
	    "run 60s\n";
	const struct scn_group *g = &scn.groups[0];

	ck_assert_msg(parse(text) == 0, "%u: %s", err.line, err.what);
	ck_assert_int_eq(scn.origin.rate, 1500000);
	ck_assert_int_eq(scn.origin.requests, 50);
	ck_assert_int_eq(scn.origin.retry, 2 * SP_S);
	ck_assert_int_eq(g->count, 40);
	ck_assert_int_eq(g->up.kind, DIST_MIX);
	ck_assert_int_eq(g->up.a, 750000);
	ck_assert_int_eq(g->down.a, 500000);
	ck_assert_int_eq(g->down.b, 4000000);
	ck_assert_int_eq(g->session.kind, DIST_PARETO);
	ck_assert_int_eq(g->session.b, 1200000);
	ck_assert_int_eq(g->brief, 200000);
	ck_assert_int_eq(g->isolated, 100000);
	ck_assert_int_eq(g->burst, 200 * SP_MS);
	ck_assert_int_eq(g->meet, 3);
	ck_assert_int_eq(scn.groups[1].count, 0); /* 0.8, rounded down */
	ck_assert_int_eq(scn.groups[1].flip, 50000);
	ck_assert_int_eq(scn.events[0].what, SCN_ORIGIN_TTFB);
	ck_assert_int_eq(scn.events[1].what, SCN_ORIGIN_REQUESTS);
	ck_assert_int_eq(scn.events[2].what, SCN_ORIGIN_DEAD);
	ck_assert_int_eq(scn.events[2].value, 300000);
	ck_assert_uint_eq(scn.without, MESH_WITHOUT_DUTY | MESH_WITHOUT_SMALL);
}
END_TEST

START_TEST(uplinks_that_are_dealt_have_the_mean_that_was_asked)
{
	struct dist d = { DIST_MIX, 750000, 0 };
	static const uint64_t n[] = { 1, 7, 20, 100, 250 };

	for (size_t i = 0; i < SP_LEN(n); i++) {
		int64_t sum = 0;

		dist_mix_fit(&d, n[i]);
		for (uint64_t k = 0; k < n[i]; k++)
			sum += dist_mix(&d, k);
		ck_assert_int_ge(sum, (int64_t)n[i] * 749900);
		ck_assert_int_le(sum, (int64_t)n[i] * 750100);
	}
	dist_mix_fit(&d, 100); /* 20 % of them have 0.08, nearly */
	ck_assert_int_eq(dist_mix(&d, 0), 60301);
	dist_mix_fit(&d, 0);
	ck_assert_int_eq(dist_mix(&d, 0), 60000);
}
END_TEST

START_TEST(expectations_are_weighed)
{
	static const int64_t below = 9, same = 10, above = 11;
	static const bool want[5][3] = { { false, true, false },
		{ true, true, false }, { false, true, true },
		{ true, false, false }, { false, false, true } };
	struct scn_expect x = { .value = 10 };

	for (int op = SCN_EQ; op <= SCN_GT; op++) {
		x.op = (enum scn_op)op;
		ck_assert_int_eq(scn_holds(&x, below), want[op][0]);
		ck_assert_int_eq(scn_holds(&x, same), want[op][1]);
		ck_assert_int_eq(scn_holds(&x, above), want[op][2]);
	}
}
END_TEST

static int64_t
mean(const struct dist *d)
{
	struct sp_rng r;
	int64_t sum = 0;

	rng_seed(&r, 3);
	for (unsigned i = 0; i < 20000; i++)
		sum += dist_draw(d, &r);
	return sum / 20000;
}

START_TEST(distributions_have_their_means)
{
	struct dist d = { DIST_FIXED, 1000000, 0 };
	struct sp_rng r;
	unsigned below = 0;

	ck_assert_int_eq(mean(&d), 1000000);
	d.kind = DIST_MIX;
	ck_assert_int_ge(mean(&d), 960000);
	ck_assert_int_le(mean(&d), 1030000);
	d.kind = DIST_PARETO;
	ck_assert_int_ge(mean(&d), 800000); /* a heavy tail, cut at 50 */
	ck_assert_int_le(mean(&d), 1100000);
	d.b = 3000000; /* the tail is light */
	ck_assert_int_ge(mean(&d), 980000);
	ck_assert_int_le(mean(&d), 1020000);
	d = (struct dist){ DIST_UNIFORM, 1000, 3000 };
	ck_assert_int_ge(mean(&d), 1980);
	ck_assert_int_le(mean(&d), 2020);
	rng_seed(&r, 4);
	for (unsigned i = 0; i < 10000; i++)
		below += dist_lognormal(&r, 50 * SP_MS, 700000) < 50 * SP_MS;
	ck_assert_uint_ge(below, 4850);
	ck_assert_uint_le(below, 5150);
}
END_TEST

START_TEST(powers_of_two_are_exact_where_they_can_be)
{
	ck_assert_int_eq(dist_exp2(5, 0), 5);
	ck_assert_int_eq(dist_exp2(5, 3 << 16), 40);
	ck_assert_int_eq(dist_exp2(40, -3 * 65536), 5);
	/* sqrt(2), within 1 in 10^6 */
	ck_assert_int_ge(dist_exp2(1000000000, 1 << 15), 1414212000);
	ck_assert_int_le(dist_exp2(1000000000, 1 << 15), 1414215000);
	ck_assert_int_eq(dist_exp2(1, 70 << 16), INT64_MAX);
	ck_assert_int_eq(dist_exp2(1000, -70 * 65536), 0);
}
END_TEST

UNIT_MAIN("scenario", the_example_of_the_style_guide_is_read,
    mistakes_are_told_with_their_line, what_the_suites_need_is_read,
    uplinks_that_are_dealt_have_the_mean_that_was_asked,
    expectations_are_weighed, distributions_have_their_means,
    powers_of_two_are_exact_where_they_can_be)
