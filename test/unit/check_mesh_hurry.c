#include "test/unit/mesh_help.h"

/* Transfers from the origin that are slower than their piece's deadline. */

static uint64_t expected; /* uplink, bytes per second; 0: not known */

/* A viewer begins with a piece of |blocks|, which is fetched whole. */
static unsigned
begin_with(uint32_t blocks)
{
	struct mesh_conf conf;
	struct lab_rec r;
	unsigned f;

	lab_conf(&conf);
	conf.without = MESH_WITHOUT_RAMP;
	conf.expect_up_bps = expected;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 0, 0);
	r = lab_rec(&lab, 0);
	r.length = blocks * LIM_BLOCK;
	ck_assert_int_eq(lab_record(&lab, &r, true), 0);
	while (lab_fetching(&lab) < 0)
		run(20 * SP_MS);
	f = (unsigned)lab_fetching(&lab);
	ck_assert_uint_eq(lab.fetch[f].len, r.length);
	return f;
}

/* Its body comes at |bps| for |ms|. */
static void
trickle(unsigned f, unsigned bps, unsigned ms)
{
	uint64_t at = 0;
	unsigned i;

	ck_assert_int_eq(lab_reply_head(&lab, f, 0, lab.fetch[f].length), 0);
	for (i = 0; i < ms / 50; i++, at += bps / 20) {
		ck_assert_int_eq(lab_reply_data(&lab, f, at, bps / 20, true),
		    0);
		run(50 * SP_MS);
	}
}

/* Another transfer than |f|: what it begins with, or nothing. */
static uint64_t
other(unsigned f)
{
	uint64_t at = UINT64_MAX;
	unsigned i;

	for (i = 0; i < LAB_FETCHES; i++)
		if (i != f && lab.fetch[i].used)
			at = SP_MIN(at, lab.fetch[i].at);
	return at;
}

START_TEST(transfer_that_will_be_late_leaves_half_to_another)
{
	unsigned f = begin_with(60), i;
	uint64_t at;

	/* sixteen seconds for all of it */
	trickle(f, 60000, 500);
	at = other(f);
	ck_assert_uint_ge(at, 4 * LIM_BLOCK);
	ck_assert_uint_le(at, 34 * LIM_BLOCK);
	/* it is not waited for with what it will not bring any more */
	ck_assert_int_eq(lab_reply_data(&lab, f, 30000, at - 30000, true), 0);
	ck_assert_int_eq(lab_reply_data(&lab, f, at, 1000, true),
	    SP_ERR_CLOSED);
	lab_reply_done(&lab, f, MESH_FETCH_OK, 206, 0);
	for (i = 0; i < LAB_FETCHES; i++)
		if (lab.fetch[i].used)
			lab_reply(&lab, i, LAB_OK);
	ck_assert_int_eq(lab_held(&lab, 0), 60);
	ck_assert_uint_eq(lab_stats(&lab).fetch_errors, 0);
	ck_assert_uint_eq(lab_stats(&lab).origin_waste_bytes, 1000);
	lab_teardown();
}
END_TEST

/* Its requests would wait for each other. */
START_TEST(thin_line_has_no_more_transfers_than_it_needs)
{
	unsigned f;

	expected = 983040 / 3 - 1;
	f = begin_with(60);
	trickle(f, 60000, 500);
	ck_assert_uint_eq(other(f), UINT64_MAX);
	lab_teardown();
	expected = 983040 / 3 + 1;
	f = begin_with(60);
	trickle(f, 60000, 500);
	ck_assert_uint_ne(other(f), UINT64_MAX);
	lab_teardown();
	expected = 0;
}
END_TEST

START_TEST(transfer_that_is_in_time_is_left_alone)
{
	unsigned f = begin_with(60);

	trickle(f, 1600000, 500);
	ck_assert_uint_eq(other(f), UINT64_MAX);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_hurry", transfer_that_will_be_late_leaves_half_to_another,
    thin_line_has_no_more_transfers_than_it_needs,
    transfer_that_is_in_time_is_left_alone)
