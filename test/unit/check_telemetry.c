#include "wire/telemetry.h"

#include "test/unit/unit.h"

static struct failmem fm;
static struct sp_buf b;
static struct telemetry t, back;

static void
setup(void)
{
	failmem_init(&fm);
	buf_init(&b, &fm.mem, TELEMETRY_MAX + 1);
	t = (struct telemetry){
		.port = 6881,
		.span_s = 30,
		.peer_kib = 14000,
		.origin_kib = 700,
		.up_kib = 9000,
		.uplink_kbps = 8000,
		.stalls = 1,
		.stalled_ms = 420,
		.startup_ms = 1300,
		.n = 3,
		.lags = { 60, 61, 70 },
	};
	memset(t.peer_id, 'p', sizeof(t.peer_id));
}

static void
teardown(void)
{
	buf_fini(&b);
	failmem_check(&fm);
}

/* As |t| stands now. */
static int
read_again(void)
{
	buf_reset(&b);
	telemetry_put(&b, &t);
	ck_assert_int_eq(b.err, 0);
	return telemetry_read(&back, b.p, b.len);
}

START_TEST(what_is_written_is_read_again)
{
	setup();
	ck_assert_int_eq(read_again(), 0);
	ck_assert_uint_eq(b.len, TELEMETRY_HEAD + 3);
	ck_assert_mem_eq(&back, &t, sizeof(t));
	t.n = 0;
	memset(t.lags, 0, sizeof(t.lags));
	ck_assert_int_eq(read_again(), 0);
	ck_assert_mem_eq(&back, &t, sizeof(t));
	t.n = LIM_LAGS;
	memset(t.lags, 239, sizeof(t.lags));
	ck_assert_int_eq(read_again(), 0);
	ck_assert_uint_eq(b.len, TELEMETRY_MAX);
	ck_assert_mem_eq(&back, &t, sizeof(t));
	teardown();
}
END_TEST

START_TEST(what_is_malformed_is_refused)
{
	setup();
	ck_assert_int_eq(read_again(), 0);
	for (size_t len = 0; len < b.len; len++)
		ck_assert_int_eq(telemetry_read(&back, b.p, len), SP_ERR_SHORT);
	buf_put_u8(&b, 0);
	ck_assert_int_eq(telemetry_read(&back, b.p, b.len), SP_ERR_SYNTAX);
	b.p[0] = 2;
	ck_assert_int_eq(telemetry_read(&back, b.p, b.len - 1), SP_ERR_SYNTAX);
	t.port = 0;
	ck_assert_int_eq(read_again(), SP_ERR_RANGE);
	t.port = 1;
	t.span_s = 0;
	ck_assert_int_eq(read_again(), SP_ERR_RANGE);
	t.span_s = LIM_TELE_SPAN + 1;
	ck_assert_int_eq(read_again(), SP_ERR_RANGE);
	t.span_s = LIM_TELE_SPAN;
	ck_assert_int_eq(read_again(), 0);
	t.lags[1] = 59;
	ck_assert_int_eq(read_again(), SP_ERR_CANON);
	buf_reset(&b);
	t.lags[1] = 61;
	telemetry_put(&b, &t);
	b.p[TELEMETRY_HEAD - 1] = LIM_LAGS + 1;
	ck_assert_int_eq(telemetry_read(&back, b.p, b.len), SP_ERR_RANGE);
	teardown();
}
END_TEST

START_TEST(a_lag_is_off_by_a_sixteenth_at_most)
{
	uint8_t last = 0, code;
	uint32_t ms, got;

	for (uint64_t v = 0; v <= UINT32_MAX; v += 1 + v / 7) {
		ms = (uint32_t)v;
		code = telemetry_lag_code(ms);
		got = telemetry_lag_ms(code);
		ck_assert_uint_ge(code, last);
		ck_assert_uint_le(got > ms ? got - ms : ms - got, ms / 16);
		last = code;
	}
	ck_assert_uint_eq(telemetry_lag_code(UINT32_MAX), 239);
	ck_assert_uint_eq(telemetry_lag_code(15), 15);
	ck_assert_uint_eq(telemetry_lag_code(16), 16);
	ck_assert_uint_eq(telemetry_lag_code(1000), 63);
	ck_assert_uint_eq(telemetry_lag_ms(255), UINT32_MAX);
}
END_TEST

START_TEST(lags_are_those_since_the_last_time)
{
	struct quantile q, before;

	setup();
	quantile_init(&q, 0);
	for (int i = 0; i < 100; i++)
		quantile_add(&q, 9000000);
	before = q;
	telemetry_lags(&t, &q, &before);
	ck_assert_uint_eq(t.n, 0);
	for (int i = 1; i <= 5; i++)
		quantile_add(&q, (uint64_t)i * 500000);
	telemetry_lags(&t, &q, &before);
	ck_assert_uint_eq(t.n, 5);
	for (uint32_t i = 0; i < 5; i++) {
		ck_assert_uint_ge(telemetry_lag_ms(t.lags[i]), 460 * (i + 1));
		ck_assert_uint_le(telemetry_lag_ms(t.lags[i]), 540 * (i + 1));
	}
	ck_assert_int_eq(read_again(), 0);
	for (int i = 0; i < 100; i++)
		quantile_add(&q, 20000);
	telemetry_lags(&t, &q, &before);
	ck_assert_uint_eq(t.n, LIM_LAGS);
	ck_assert_uint_le(telemetry_lag_ms(t.lags[14]), 21);
	ck_assert_uint_ge(telemetry_lag_ms(t.lags[15]), 460);
	/* It was halved meanwhile: then all of it. */
	before = q;
	quantile_fade(&q);
	telemetry_lags(&t, &q, &before);
	ck_assert_uint_eq(t.n, LIM_LAGS);
	teardown();
}
END_TEST

START_TEST(lack_of_memory_is_told)
{
	setup();
	failmem_arm(&fm, 1);
	telemetry_put(&b, &t);
	ck_assert_int_eq(b.err, SP_ERR_NOMEM);
	teardown();
}
END_TEST

UNIT_MAIN("telemetry", what_is_written_is_read_again,
    what_is_malformed_is_refused, a_lag_is_off_by_a_sixteenth_at_most,
    lags_are_those_since_the_last_time, lack_of_memory_is_told)
