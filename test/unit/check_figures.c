#include "tracker/figures.h"

#include "test/unit/unit.h"

/*
 * A channel of 4,000 kbit/s. Viewers are told apart by number; each has a
 * network of its own unless said otherwise.
 */

static const uint8_t hash[LINK_INFOHASH_LEN] = { 0xaa };

static struct failmem fm;
static struct figures *f;
static struct figures_chan ch;
static struct figures_told told;
static struct telemetry t;

static void
setup(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(figures_new(&f, &fm.mem, 16, 1), 0);
	ch = (struct figures_chan){ hash, 4000, 0 };
	/* 30 s of it, a tenth from the origin, half passed on */
	t = (struct telemetry){
		.port = 6881,
		.span_s = 30,
		.peer_kib = 13184,
		.origin_kib = 1465,
		.up_kib = 7324,
		.n = 2,
	};
	t.lags[0] = t.lags[1] = telemetry_lag_code(1000);
}

static void
teardown(void)
{
	ck_assert(figures_are_sound(f));
	figures_free(f);
	failmem_check(&fm);
}

static int
take_from(uint32_t viewer, const char *ip, sp_time now)
{
	struct sp_addr from;

	ck_assert_int_eq(addr_parse(&from, ip, strlen(ip)), 0);
	memset(t.peer_id, 0, sizeof(t.peer_id));
	memcpy(t.peer_id, &viewer, sizeof(viewer));
	return figures_take(f, &ch, &t, &from, now);
}

static int
take(uint32_t viewer, sp_time now)
{
	char ip[32];

	snprintf(ip, sizeof(ip), "%u.%u.%u.1", 20 + (viewer >> 16 & 63),
	    viewer >> 8 & 255, viewer & 255);
	return take_from(viewer, ip, now);
}

static void
get(sp_time now)
{
	figures_get(f, &ch, &told, now);
}

#define NEAR(is, should, percent)                           \
	do {                                                \
		ck_assert_int_ge((int64_t)(is)*100,         \
		    (int64_t)(should) * (100 - (percent))); \
		ck_assert_int_le((int64_t)(is)*100,         \
		    (int64_t)(should) * (100 + (percent))); \
	} while (0)

START_TEST(without_reports_there_is_nothing_but_viewers)
{
	setup();
	ch.viewers = 7;
	get(SP_S);
	ck_assert_uint_eq(told.viewers, 7);
	ck_assert_uint_eq(told.reports, 0);
	ck_assert_uint_eq(told.offload_ppm, 0);
	ck_assert(!told.has_lag);
	teardown();
}
END_TEST

START_TEST(a_hundred_viewers_make_one_picture)
{
	setup();
	for (uint32_t i = 0; i < 100; i++) {
		/* lags of 100 ms to 10 s; every fourth has just begun */
		t.lags[0] = t.lags[1] = telemetry_lag_code(100 * (i + 1));
		t.stalls = i == 0;
		t.stalled_ms = 500 * t.stalls;
		t.startup_ms = i % 4 == 0 ? 1000 + 10 * i : 0;
		ck_assert_int_eq(take(i, SP_S), 0);
	}
	get(2 * SP_S);
	ck_assert_uint_eq(told.viewers, 100);
	ck_assert_uint_eq(told.reports, 100);
	NEAR(told.offload_ppm, 900000, 1);
	/* a tenth from the origin each: ten copies for a hundred */
	NEAR(told.copies_ppm, 10000000, 1);
	NEAR(told.up_kbps, 200000, 1);
	NEAR(told.lag_ms[0], 5000, 7);
	NEAR(told.lag_ms[1], 9000, 7);
	NEAR(told.lag_ms[2], 9900, 7);
	NEAR(told.startup_ms, 1480, 7);
	ck_assert_uint_eq(told.stalls, 1);
	ck_assert_uint_eq(told.stalled_ms, 500);
	teardown();
}
END_TEST

START_TEST(who_is_silent_is_scaled_by_who_speaks)
{
	setup();
	ch.viewers = 200;
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(take(i, SP_S), 0);
	get(2 * SP_S);
	ck_assert_uint_eq(told.viewers, 200);
	NEAR(told.copies_ppm, 20000000, 1);
	NEAR(told.up_kbps, 400000, 1);
	teardown();
}
END_TEST

START_TEST(a_viewer_counts_once_and_not_too_often)
{
	setup();
	ck_assert_int_eq(take(1, SP_S), 0);
	t.stalls = 3;
	ck_assert_int_eq(take(1, SP_S + FIGURES_GAP - 1), SP_ERR_STALE);
	ck_assert_int_eq(take(1, SP_S + FIGURES_GAP), 0);
	get(SP_S + FIGURES_GAP);
	ck_assert_uint_eq(told.reports, 1);
	ck_assert_uint_eq(told.stalls, 3);
	/* Elsewhere, or at another port, it is another. */
	ck_assert_int_eq(take_from(1, "99.1.1.1", 20 * SP_S), 0);
	t.port = 7000;
	ck_assert_int_eq(take_from(1, "99.1.1.1", 20 * SP_S), 0);
	get(20 * SP_S);
	ck_assert_uint_eq(told.reports, 3);
	teardown();
}
END_TEST

START_TEST(reports_are_forgotten)
{
	setup();
	t.stalls = 2;
	ck_assert_int_eq(take(1, SP_S), 0);
	get(SP_S + FIGURES_KEEP - 1);
	ck_assert_uint_eq(told.reports, 1);
	get(SP_S + FIGURES_KEEP);
	ck_assert_uint_eq(told.reports, 0);
	ck_assert(!told.has_lag);
	ck_assert_uint_eq(told.stalls, 2);
	figures_tick(f, SP_S + FIGURES_KEEP);
	ck_assert_uint_eq(figures_len(f), 0);
	figures_tick(f, SP_S + FIGURES_IDLE);
	get(SP_S + FIGURES_IDLE);
	ck_assert_uint_eq(told.stalls, 0);
	teardown();
}
END_TEST

START_TEST(few_liars_do_not_move_the_median)
{
	setup();
	for (uint32_t i = 0; i < 95; i++) {
		t.lags[0] = t.lags[1] = telemetry_lag_code(900 + 2 * i);
		ck_assert_int_eq(take(i, SP_S), 0);
	}
	get(SP_S);
	NEAR(told.lag_ms[0], 1000, 7);
	NEAR(told.offload_ppm, 900000, 1);
	for (uint32_t i = 95; i < 100; i++) {
		t.lags[0] = t.lags[1] = 239;
		t.peer_kib = 0;
		t.origin_kib = UINT32_MAX;
		t.up_kib = UINT32_MAX;
		t.stalls = UINT16_MAX;
		t.stalled_ms = UINT32_MAX;
		ck_assert_int_eq(take(i, SP_S), 0);
	}
	get(SP_S);
	NEAR(told.lag_ms[0], 1000, 7);
	NEAR(told.lag_ms[1], 1080, 7);
	/* 5 of 100 with five times the bytes that there are */
	ck_assert_uint_ge(told.offload_ppm, 700000);
	ck_assert_uint_eq(told.stalls, 5 * FIGURES_STALLS);
	ck_assert_uint_eq(told.stalled_ms, 5 * 30000);
	teardown();
}
END_TEST

START_TEST(one_network_is_an_eighth_at_most)
{
	unsigned n = 0;
	char ip[32];

	setup();
	for (uint32_t i = 0; i < 80; i++)
		ck_assert_int_eq(take(i, SP_S), 0);
	t.lags[0] = t.lags[1] = 239;
	for (uint32_t i = 0; i < 250; i++) {
		snprintf(ip, sizeof(ip), "99.9.9.%u", i);
		n += take_from(1000 + i, ip, SP_S) == 0;
	}
	ck_assert_uint_eq(n, 11);
	get(SP_S);
	NEAR(told.lag_ms[0], 1000, 7);
	/* v6 by /48; and who is in already is heard again */
	n = 0;
	for (uint32_t i = 0; i < 250; i++) {
		snprintf(ip, sizeof(ip), "2001:db8:1:%x::1", i);
		n += take_from(2000 + i, ip, SP_S) == 0;
	}
	ck_assert_uint_ge(n, 11);
	ck_assert_uint_le(n, 14);
	ck_assert_int_eq(take_from(1000, "99.9.9.0", 20 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(a_private_network_may_have_any_number)
{
	char ip[32];

	setup();
	for (uint32_t i = 1; i < 200; i++) {
		snprintf(ip, sizeof(ip), "192.168.1.%u", i);
		ck_assert_int_eq(take_from(i, ip, SP_S), 0);
	}
	get(SP_S);
	ck_assert_uint_eq(told.reports, 199);
	teardown();
}
END_TEST

START_TEST(of_many_viewers_a_part_is_heard)
{
	uint32_t i;

	setup();
	t.stalls = 1;
	for (i = 0; i < 40000; i++) {
		t.lags[0] = t.lags[1] = telemetry_lag_code(i % 2 ? 500 : 2000);
		(void)take(i, SP_S);
	}
	ck_assert_uint_le(figures_len(f), FIGURES_REPORTS);
	ck_assert_uint_ge(figures_len(f), FIGURES_REPORTS / 4);
	ch.viewers = 40000;
	get(SP_S);
	NEAR(told.reports, 40000, 10);
	NEAR(told.copies_ppm, 4000000000, 2);
	NEAR(told.offload_ppm, 900000, 1);
	NEAR(told.stalls, 40000, 10);
	ck_assert_uint_eq(told.lag_ms[1],
	    telemetry_lag_ms(telemetry_lag_code(2000)));
	/* When they have gone everybody is heard again. */
	figures_tick(f, SP_S + FIGURES_KEEP);
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(take(i, 2 * FIGURES_KEEP), 0);
	teardown();
}
END_TEST

START_TEST(memory_has_a_bound)
{
	uint8_t ih[LINK_INFOHASH_LEN] = { 0 };
	int full = 0;

	setup();
	for (unsigned c = 0; c < 20; c++) {
		ih[1] = (uint8_t)c;
		ch.info_hash = ih;
		for (uint32_t i = 0; i < 8192; i++)
			full += take(i, SP_S) == SP_ERR_FULL;
	}
	ck_assert_int_gt(full, 0);
	ck_assert_uint_le(figures_len(f), FIGURES_ALL);
	teardown();
}
END_TEST

START_TEST(extremes_do_not_overflow)
{
	setup();
	ch.rate_kbps = UINT32_MAX;
	ch.viewers = UINT32_C(1) << 27;
	t.span_s = 1;
	t.peer_kib = t.origin_kib = t.up_kib = UINT32_MAX;
	for (uint32_t i = 0; i < 100; i++)
		ck_assert_int_eq(take(i, SP_S), 0);
	get(SP_S);
	NEAR(told.offload_ppm, 500000, 1);
	ch.rate_kbps = 1;
	get(SP_S);
	ck_assert_uint_eq(told.copies_ppm % (UINT64_C(1) << 27), 0);
	teardown();
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	ch = (struct figures_chan){ hash, 4000, 0 };
	t = (struct telemetry){ .port = 1, .span_s = 30, .n = 1 };
	FAILMEM_EACH (&fm) {
		if (figures_new(&f, &fm.mem, 16, 1) < 0) {
			ck_assert_ptr_null(f);
			continue;
		}
		for (uint32_t i = 0; i < 40; i++)
			take(i, SP_S);
		ck_assert(figures_are_sound(f));
		figures_free(f);
	}
}
END_TEST

UNIT_MAIN("figures", without_reports_there_is_nothing_but_viewers,
    a_hundred_viewers_make_one_picture, who_is_silent_is_scaled_by_who_speaks,
    a_viewer_counts_once_and_not_too_often, reports_are_forgotten,
    few_liars_do_not_move_the_median, one_network_is_an_eighth_at_most,
    a_private_network_may_have_any_number, of_many_viewers_a_part_is_heard,
    memory_has_a_bound, extremes_do_not_overflow, lack_of_memory_is_survived)
