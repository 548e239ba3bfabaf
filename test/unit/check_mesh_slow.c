#include "test/unit/upload_help.h"

/* Neighbours who read slowly, and uplinks that are slow. */

START_TEST(blocks_wait_for_a_neighbour_that_does_not_read)
{
	uint64_t most = 0;
	unsigned c;

	setup(0, 128 * LIM_BLOCK);
	lab.slow = true;
	c = taker(1);
	ask(c, 0, 100, 60000);
	/* how fast our line is, nobody knows yet */
	ck_assert_uint_ge(lab.conn[c].unsent, LIM_BLOCK);
	ck_assert_uint_le(lab.conn[c].unsent, 2 * 17000);
	while (
	    lab.conn[c].blocks + lab.conn[c].rejected[PW_REJECT_QUEUE] < 100) {
		ck_assert_uint_gt(lab.conn[c].unsent, 0);
		lab_sent(&lab, c, 20000);
		lab_drain(&lab);
		ck_assert_uint_le(lab.conn[c].unsent, 65536 + 4 * 17000);
		most = SP_MAX(most, lab.conn[c].unsent);
	}
	ck_assert_uint_ge(most, 3 * LIM_BLOCK);
	lab_teardown();
}
END_TEST

START_TEST(what_a_connection_does_not_carry_leaves_room_for_others)
{
	unsigned c, d, i;

	setup_expecting(400000); /* room for 60,000 bytes */
	c = taker(1);
	d = taker(2);
	run(200 * SP_MS);
	lab.slow = true;
	for (i = 0; i < 5; i++)
		ask(c, (uint16_t)i, 1, 9000);
	ck_assert_uint_eq(lab.conn[c].blocks, 3);
	ask(d, 9, 1, 9000);
	ck_assert_uint_eq(lab.conn[d].blocks, 1);
	lab_teardown();
}
END_TEST

START_TEST(who_does_not_read_holds_up_nobody_else)
{
	unsigned c, d, i;

	setup_expecting(200000);
	c = taker(1);
	d = taker(2);
	run(200 * SP_MS);
	lab.slow = true;
	for (i = 0; i < 5; i++)
		ask(c, (uint16_t)i, 1, 9000);
	ck_assert_uint_ge(lab.conn[c].unsent, 200000 * 15 / 100);
	ask(d, 9, 1, 9000);
	ck_assert_uint_eq(lab.conn[d].blocks, 0);
	/* by now they would have left if it were for us */
	for (i = 0; i < 35; i++) {
		run(100 * SP_MS);
		lab_sent(&lab, d, SIZE_MAX);
		lab_sent(&lab, c, 10); /* as good as nothing */
	}
	ask(d, 10, 1, 9000);
	ck_assert_uint_eq(lab.conn[d].blocks, 2);
	i = lab.conn[c].rejected[PW_REJECT_QUEUE];
	ask(c, 11, 1, 9000);
	ck_assert_uint_eq(lab.conn[c].rejected[PW_REJECT_QUEUE], i + 1);
	for (i = 0; i < 130; i++) {
		run(100 * SP_MS);
		lab_sent(&lab, d, SIZE_MAX);
		lab_sent(&lab, c, 10);
	}
	ck_assert(!lab.conn[c].open);
	ck_assert(lab.conn[d].open);
	lab_teardown();
}
END_TEST

START_TEST(replies_do_not_pile_up_for_who_does_not_read)
{
	struct mesh_conf conf;
	struct lab_rec r;
	unsigned c, k;

	lab_conf(&conf);
	lab_setup(&conf);
	for (k = 0; k < 40; k++) {
		r = lab_rec(&lab, k);
		r.length = 128 * LIM_BLOCK; /* 4 KiB of leaves each */
		ck_assert_int_eq(lab_record(&lab, &r, false), 0);
	}
	lab.slow = true;
	c = (unsigned)lab_accept(&lab, 1);
	for (k = 0; k < 200 && lab.conn[c].open; k++) {
		pw_put_want(lab_say(&lab, c), 0, LAB_FIRST, 64);
		lab_flush(&lab, c);
		ck_assert_uint_le(lab.conn[c].unsent, 700000);
	}
	/* it is not punished for it while it reads on */
	ck_assert(lab.conn[c].open);
	lab_sent(&lab, c, SIZE_MAX);
	k = lab.conn[c].got[PW_RECORD];
	pw_put_want(lab_say(&lab, c), 0, LAB_FIRST, 64);
	lab_flush(&lab, c);
	ck_assert_uint_gt(lab.conn[c].got[PW_RECORD], k);
	lab_teardown();
}
END_TEST

START_TEST(pings_of_who_never_reads_end_it)
{
	unsigned c, k;

	setup(0, LAB_LEN);
	lab.slow = true;
	c = taker(1);
	for (k = 0; k < 60000 && lab.conn[c].open; k++) {
		pw_put_ping(lab_say(&lab, c), k + 1);
		if (k % 500 == 0)
			lab_flush(&lab, c);
	}
	ck_assert(!lab.conn[c].open);
	ck_assert_int_eq(lab.conn[c].why, SP_ERR_LIMIT);
	ck_assert_uint_le(lab.conn[c].unsent, 1 << 20);
	lab_teardown();
}
END_TEST

/* A viewer who has piece 0; what it is asked for leaves at |bps|, for 12 s. */
static unsigned
serve_at(uint64_t bps)
{
	static uint8_t bytes[LAB_LEN];
	unsigned c, k;

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	lab_publish(&lab, 0);
	run(SP_S);
	lab_bytes(0, LAB_FIRST, 0, 0, bytes, LAB_LEN);
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, LAB_LEN, lab.now), 0);
	run(100 * SP_MS);
	c = taker(1);
	lab.slow = true;
	for (k = 0; k < 240; k++) {
		if (!lab.conn[c].choked)
			ask(c, (uint16_t)(k % 3), 1, 5000);
		lab_run(&lab, lab.now + 50 * SP_MS);
		lab_sent(&lab, c, bps / 20);
	}
	return c;
}

START_TEST(who_has_an_uplink_for_hardly_more_than_acks_serves_nobody)
{
	unsigned c, haves;

	c = serve_at(LAB_LEN / 8);
	ck_assert(lab.conn[c].choked);
	/* nor is anybody told what it has */
	haves = lab.conn[c].have[PW_HAVE_ALL];
	lab_publish(&lab, 1);
	lab.slow = false;
	lab_sent(&lab, c, SIZE_MAX);
	run(2 * SP_S);
	ck_assert_uint_eq(lab.conn[c].have[PW_HAVE_ALL], haves);
	/* it tries again later */
	for (unsigned k = 0; k < 330 && lab.conn[c].choked; k++) {
		pw_put_simple(lab_say(&lab, c), PW_INTERESTED);
		lab_flush(&lab, c);
		run(SP_S);
	}
	ck_assert(!lab.conn[c].choked);
	lab_teardown();
}
END_TEST

START_TEST(who_has_enough_serves_on)
{
	unsigned c = serve_at(LAB_LEN / 3);

	ck_assert(!lab.conn[c].choked);
	ck_assert_uint_gt(lab.conn[c].blocks, 5);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_slow", blocks_wait_for_a_neighbour_that_does_not_read,
    what_a_connection_does_not_carry_leaves_room_for_others,
    who_does_not_read_holds_up_nobody_else,
    replies_do_not_pile_up_for_who_does_not_read,
    pings_of_who_never_reads_end_it,
    who_has_an_uplink_for_hardly_more_than_acks_serves_nobody,
    who_has_enough_serves_on)
