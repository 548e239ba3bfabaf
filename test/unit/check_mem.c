#include "base/mem.h"
#include "test/unit/unit.h"

static struct failmem fm;

START_TEST(zalloc_clears_what_it_gives)
{
	static const uint8_t zero[24];
	uint8_t *p;

	failmem_init(&fm);
	p = mem_zalloc(&fm.mem, 3, 8);
	ck_assert_ptr_nonnull(p);
	ck_assert_mem_eq(p, zero, sizeof(zero));
	mem_free(&fm.mem, p);
	failmem_check(&fm);
}
END_TEST

START_TEST(products_that_overflow_are_refused)
{
	void *p;

	failmem_init(&fm);
	ck_assert_ptr_null(mem_zalloc(&fm.mem, SIZE_MAX / 2, 3));
	p = mem_alloc(&fm.mem, 4);
	ck_assert_ptr_null(mem_resize(&fm.mem, p, SIZE_MAX / 2, 3));
	ck_assert_ptr_null(mem_dup(&fm.mem, p, SIZE_MAX));
	ck_assert_uint_eq(fm.calls, 1);
	mem_free(&fm.mem, p);
	failmem_check(&fm);
}
END_TEST

START_TEST(size_zero_is_a_block_of_its_own)
{
	void *a, *b, *c;

	failmem_init(&fm);
	a = mem_alloc(&fm.mem, 0);
	b = mem_zalloc(&fm.mem, 0, 8);
	c = mem_resize(&fm.mem, NULL, 5, 0);
	ck_assert(a != NULL && b != NULL && c != NULL);
	mem_free(&fm.mem, a);
	mem_free(&fm.mem, b);
	mem_free(&fm.mem, c);
	failmem_check(&fm);
}
END_TEST

START_TEST(free_of_null_does_nothing)
{
	failmem_init(&fm);
	mem_free(&fm.mem, NULL);
	failmem_check(&fm);
}
END_TEST

START_TEST(dup_puts_a_nul_behind)
{
	char *p;

	FAILMEM_EACH (&fm) {
		p = mem_dup(&fm.mem, "abcdef", 3);
		if (p == NULL)
			continue;
		ck_assert_str_eq(p, "abc");
		mem_free(&fm.mem, p);
	}
	ck_assert_uint_eq(fm.round, 2);
	failmem_init(&fm);
	p = mem_dup(&fm.mem, NULL, 0);
	ck_assert_str_eq(p, "");
	mem_free(&fm.mem, p);
	failmem_check(&fm);
}
END_TEST

START_TEST(resize_keeps_the_bytes_and_survives_failure)
{
	uint32_t *v, *w;

	FAILMEM_EACH (&fm) {
		v = mem_zalloc(&fm.mem, 2, sizeof(*v));
		if (v == NULL)
			continue;
		v[0] = 1;
		v[1] = 2;
		w = mem_resize(&fm.mem, v, 100, sizeof(*v));
		if (w != NULL)
			v = w;
		ck_assert_uint_eq(v[0], 1);
		ck_assert_uint_eq(v[1], 2);
		mem_free(&fm.mem, v);
	}
}
END_TEST

UNIT_MAIN("mem", zalloc_clears_what_it_gives,
    products_that_overflow_are_refused, size_zero_is_a_block_of_its_own,
    free_of_null_does_nothing, dup_puts_a_nul_behind,
    resize_keeps_the_bytes_and_survives_failure)
