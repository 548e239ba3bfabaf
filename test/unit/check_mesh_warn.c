#include "test/unit/mesh_help.h"

/* Warnings of polluters: each sees for itself. */

static unsigned good, accused;

static void
setup(void)
{
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	good = neighbour(1);
	accused = neighbour(2);
	lab_publish(&lab, 0);
}

/* |c| says that |who| has sent block |index| of usual piece |k|, and wrong. */
static void
warn(unsigned c, uint8_t who, uint64_t k, uint16_t index)
{
	lab_warn(&lab, c, who,
	    (struct pw_block_ref){ LAB_FIRST + k, index, 0 });
	lab_flush(&lab, c);
	run(50 * SP_MS);
}

/* We hold usual piece |k|, of |good|. */
static void
complete(uint64_t k)
{
	lab_have(&lab, good, 0, LAB_FIRST + k, true);
	for (unsigned i = 0; i < 20 && lab_held(&lab, k) < 3; i++) {
		run(50 * SP_MS);
		lab_serve(&lab, good, LAB_RIGHT);
	}
	ck_assert_int_eq(lab_held(&lab, k), 3);
}

START_TEST(who_bans_tells_the_others_which_block_it_was)
{
	setup();
	lab_have(&lab, accused, 0, LAB_FIRST, true);
	run(300 * SP_MS);
	lab_serve_one(&lab, accused, LAB_WRONG);
	ck_assert(!lab.conn[accused].open);
	ck_assert_uint_eq(lab.conn[good].got[PW_WARN], 1);
	ck_assert_uint_eq(lab.conn[accused].got[PW_WARN], 0);
	lab_teardown();
}
END_TEST

START_TEST(who_is_warned_of_has_to_send_that_block_and_is_banned_if_it_is_wrong)
{
	setup();
	complete(0);
	warn(good, 2, 0, 1);
	ck_assert_uint_eq(lab.conn[accused].n_req, 1);
	ck_assert_uint_eq(lab.conn[accused].req[0].ref.number, LAB_FIRST);
	ck_assert_uint_eq(lab.conn[accused].req[0].ref.index, 1);
	ck_assert_uint_eq(lab_stats(&lab).banned, 0);
	lab_serve_one(&lab, accused, LAB_WRONG);
	ck_assert_uint_eq(lab_stats(&lab).banned, 1);
	ck_assert(!lab.conn[accused].open);
	/* and the others hear of it */
	ck_assert_uint_eq(lab.conn[good].got[PW_WARN], 1);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(who_warns_of_one_that_is_right_is_not_heard_again)
{
	unsigned third;

	setup();
	complete(0);
	third = neighbour(3);
	warn(good, 2, 0, 1);
	lab_serve_one(&lab, accused, LAB_RIGHT);
	ck_assert_uint_eq(lab_stats(&lab).banned, 0);
	ck_assert(lab.conn[accused].open && lab.conn[good].open);
	/* nor is it tested again soon, whoever says so */
	warn(third, 2, 0, 0);
	ck_assert_uint_eq(lab.conn[accused].n_req, 0);
	warn(good, 3, 0, 0);
	ck_assert_uint_eq(lab.conn[third].n_req, 0);
	run(10 * SP_S);
	warn(accused, 3, 0, 0);
	ck_assert_uint_eq(lab.conn[third].n_req, 1);
	run(55 * SP_S);
	lab_teardown();
}
END_TEST

START_TEST(one_test_is_on_at_a_time_and_is_made_again_when_it_is_refused)
{
	unsigned third, i;

	setup();
	complete(0);
	third = neighbour(3);
	warn(good, 2, 0, 1);
	warn(third, 2, 0, 2);
	for (i = 0; i < 8; i++) {
		ck_assert_uint_eq(lab.conn[accused].n_req, 1);
		ck_assert_uint_eq(lab.conn[accused].req[0].ref.index, 1);
		lab_serve_one(&lab, accused, LAB_QUEUE);
		run(1500 * SP_MS);
	}
	ck_assert_uint_eq(lab.conn[accused].n_req, 0);
	warn(third, 2, 0, 2);
	ck_assert_uint_eq(lab.conn[accused].n_req, 1);
	lab_serve_one(&lab, accused, LAB_WRONG);
	ck_assert(!lab.conn[accused].open);
	lab_teardown();
}
END_TEST

START_TEST(block_that_is_not_there_yet_is_asked_for_once)
{
	unsigned i;

	setup();
	warn(good, 2, 0, 1);
	ck_assert_uint_eq(lab.conn[accused].n_req, 1);
	lab_have(&lab, accused, 0, LAB_FIRST, true);
	for (i = 0; i < 4; i++) {
		run(200 * SP_MS);
		lab_serve(&lab, accused, LAB_RIGHT);
	}
	ck_assert_int_eq(lab_held(&lab, 0), 3);
	ck_assert_uint_eq(lab.conn[accused].got[PW_REQUEST], 3);
	ck_assert_uint_eq(lab_stats(&lab).dup_bytes, 0);
	reads_right(0);
	lab_teardown();
}
END_TEST

START_TEST(warnings_of_nobody_and_of_nothing_do_no_harm)
{
	setup();
	complete(0);
	warn(good, 9, 0, 1);  /* no neighbour */
	warn(good, 1, 0, 1);  /* itself */
	warn(good, 2, 7, 1);  /* no record */
	warn(good, 2, 0, 99); /* no such block */
	ck_assert_uint_eq(lab.conn[accused].n_req, 0);
	ck_assert_uint_eq(lab.conn[good].n_req, 0);
	pw_put_simple(lab_say(&lab, accused), PW_CHOKE);
	lab_flush(&lab, accused);
	warn(good, 2, 0, 1); /* would not answer */
	ck_assert_uint_eq(lab.conn[accused].n_req, 0);
	lab_teardown();
}
END_TEST

START_TEST(block_that_nobody_needs_is_looked_at_too)
{
	struct pw_block_ref ref = { LAB_FIRST, 0, 0 };
	uint8_t wrong[LIM_BLOCK] = { 1 };
	struct sp_buf *b;

	setup();
	complete(0);
	b = lab_say(&lab, accused);
	pw_put_block_head(b, ref, sizeof(wrong));
	buf_put(b, wrong, sizeof(wrong));
	lab_flush(&lab, accused);
	ck_assert(!lab.conn[accused].open);
	ck_assert_uint_eq(lab_stats(&lab).banned, 1);
	lab_teardown();
}
END_TEST

static void
some_life(void)
{
	int a = lab_accept(&lab, 1), b = lab_accept(&lab, 2);

	if (a < 0 || b < 0)
		return;
	pw_put_simple(lab_say(&lab, (unsigned)b), PW_UNCHOKE);
	lab_flush(&lab, (unsigned)b);
	lab_publish(&lab, 0);
	lab_run(&lab, lab.now + 100 * SP_MS);
	lab_warn(&lab, (unsigned)a, 2,
	    (struct pw_block_ref){ LAB_FIRST, 1, 0 });
	lab_flush(&lab, (unsigned)a);
	lab_run(&lab, lab.now + 100 * SP_MS);
	lab_serve(&lab, (unsigned)b, LAB_WRONG);
	lab_run(&lab, lab.now + SP_S);
}

START_TEST(every_failing_allocation_is_survived)
{
	FAILMEM_EACH (&fm) {
		if (lab_init(&lab, NULL, &fm.mem) == 0) {
			mesh_follow(lab.mesh, 0, true, lab.now);
			some_life();
			ck_assert_ptr_null(mesh_sound(lab.mesh));
		}
		lab_fini(&lab);
	}
}
END_TEST

UNIT_MAIN("mesh_warn", who_bans_tells_the_others_which_block_it_was,
    who_is_warned_of_has_to_send_that_block_and_is_banned_if_it_is_wrong,
    who_warns_of_one_that_is_right_is_not_heard_again,
    one_test_is_on_at_a_time_and_is_made_again_when_it_is_refused,
    block_that_is_not_there_yet_is_asked_for_once,
    warnings_of_nobody_and_of_nothing_do_no_harm,
    block_that_nobody_needs_is_looked_at_too,
    every_failing_allocation_is_survived)
