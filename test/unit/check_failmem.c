#include "test/unit/unit.h"

START_TEST(each_fails_every_allocation_once)
{
	struct failmem fm;
	size_t failures = 0, successes = 0;

	FAILMEM_EACH (&fm) {
		void *a = fm.mem.alloc(fm.mem.ctx, 10);
		void *b = fm.mem.alloc(fm.mem.ctx, 20);
		void *c = fm.mem.resize(fm.mem.ctx, a, 30);

		if (a == NULL || b == NULL || c == NULL)
			failures++;
		else
			successes++;
		fm.mem.release(fm.mem.ctx, c != NULL ? c : a);
		fm.mem.release(fm.mem.ctx, b);
	}
	ck_assert_uint_eq(failures, 3);
	ck_assert_uint_eq(successes, 1);
	ck_assert_uint_eq(fm.peak_bytes, 60);
}
END_TEST

START_TEST(resize_keeps_the_bytes_and_failure_keeps_the_block)
{
	struct failmem fm;
	uint8_t *p, *q;

	failmem_init(&fm);
	p = fm.mem.alloc(fm.mem.ctx, 4);
	memcpy(p, "abcd", 4);
	failmem_arm(&fm, 1);
	ck_assert_ptr_null(fm.mem.resize(fm.mem.ctx, p, 8));
	ck_assert_mem_eq(p, "abcd", 4);
	q = fm.mem.resize(fm.mem.ctx, p, 8);
	ck_assert_ptr_nonnull(q);
	ck_assert_ptr_ne(p, q);
	ck_assert_mem_eq(q, "abcd\xa5\xa5\xa5\xa5", 8);
	fm.mem.release(fm.mem.ctx, q);
	failmem_check(&fm);
}
END_TEST

START_TEST(live_counts_what_is_not_released)
{
	struct failmem fm;
	void *p;

	failmem_init(&fm);
	p = fm.mem.alloc(fm.mem.ctx, 7);
	ck_assert_uint_eq(fm.live, 1);
	ck_assert_uint_eq(fm.live_bytes, 7);
	fm.mem.release(fm.mem.ctx, p);
	fm.mem.release(fm.mem.ctx, NULL);
	ck_assert_uint_eq(fm.live, 0);
}
END_TEST

START_TEST(hex_comparison_skips_blanks)
{
	unit_hex_eq("\x01\xfe\x10", 3, "01 fe\n10");
}
END_TEST

UNIT_MAIN("failmem", each_fails_every_allocation_once,
    resize_keeps_the_bytes_and_failure_keeps_the_block,
    live_counts_what_is_not_released, hex_comparison_skips_blanks)
