#include "tracker/daemon/process.h"
#include "test/unit/unit.h"

#include "io/loop.h"

START_TEST(times_fall_into_buckets_by_their_bounds)
{
	struct took k = { { 0 }, 0 };
	struct process p = { -1 };
	struct sp_buf b;

	took_add(&k, 0);
	took_add(&k, 10 * SP_US);
	took_add(&k, 10 * SP_US + 1);
	took_add(&k, SP_MS);
	took_add(&k, SP_S);
	took_add(&k, 2 * SP_S);
	ck_assert_uint_eq(k.n[0], 2);
	ck_assert_uint_eq(k.n[1], 1);
	ck_assert_uint_eq(k.n[2], 1);
	ck_assert_uint_eq(k.n[5], 1);
	ck_assert_uint_eq(k.n[PROCESS_BUCKETS], 1);
	buf_init(&b, io_mem(), 1 << 16);
	ck_assert_int_eq(process_metrics(&p, &k, &b), 0);
	buf_put_u8(&b, 0);
	/* Prometheus wants them added up. */
	ck_assert_ptr_nonnull(strstr((char *)b.p,
	    "\nspate_tracker_handling_seconds_bucket{le=\"0.0001\"} 3\n"));
	ck_assert_ptr_nonnull(strstr((char *)b.p,
	    "\nspate_tracker_handling_seconds_bucket{le=\"1\"} 5\n"));
	ck_assert_ptr_nonnull(strstr((char *)b.p,
	    "\nspate_tracker_handling_seconds_bucket{le=\"+Inf\"} 6\n"));
	ck_assert_ptr_nonnull(strstr((char *)b.p,
	    "\nspate_tracker_handling_seconds_sum 3.001020\n"));
	ck_assert_ptr_nonnull(
	    strstr((char *)b.p, "\nspate_tracker_handling_seconds_count 6\n"));
	buf_fini(&b);
}
END_TEST

START_TEST(memory_is_known_as_long_as_it_is_open)
{
	struct process p;

	process_open(&p);
	ck_assert_uint_gt(process_memory(&p), 500000);
	process_close(&p);
	ck_assert_uint_eq(process_memory(&p), 0);
	process_close(&p);
}
END_TEST

UNIT_MAIN("process", times_fall_into_buckets_by_their_bounds,
    memory_is_known_as_long_as_it_is_open)
