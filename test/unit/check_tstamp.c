#include "base/tstamp.h"
#include "test/unit/unit.h"

START_TEST(sums_stick_to_never)
{
	ck_assert_int_eq(tstamp_add(SP_S, SP_MS), 1001 * SP_MS);
	ck_assert_int_eq(tstamp_add(SP_NEVER, 1), SP_NEVER);
	ck_assert_int_eq(tstamp_add(1, SP_NEVER), SP_NEVER);
	ck_assert_int_eq(tstamp_add(SP_NEVER - 5, 5), SP_NEVER);
	ck_assert_int_eq(tstamp_add(SP_NEVER - 5, 4), SP_NEVER - 1);
	ck_assert_int_eq(tstamp_add(SP_NEVER - 5, 6), SP_NEVER);
}
END_TEST

START_TEST(negative_spans_go_back)
{
	ck_assert_int_eq(tstamp_add(10, -3), 7);
	ck_assert_int_eq(tstamp_add(SP_NEVER - 1, -1), SP_NEVER - 2);
	/* Never minus anything stays never. */
	ck_assert_int_eq(tstamp_add(SP_NEVER, -1), SP_NEVER);
}
END_TEST

START_TEST(units_are_nanoseconds)
{
	ck_assert_int_eq(SP_S, 1000 * SP_MS);
	ck_assert_int_eq(SP_MS, 1000 * SP_US);
	ck_assert_int_eq(SP_US, 1000);
}
END_TEST

UNIT_MAIN("tstamp", sums_stick_to_never, negative_spans_go_back,
    units_are_nanoseconds)
