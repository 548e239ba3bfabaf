#include "swarm/wirecost.h"
#include "test/unit/upload_help.h"

START_TEST(block_is_served_on_request)
{
	unsigned c;

	setup(0, LAB_LEN);
	c = taker(1);
	run(100 * SP_MS);
	ck_assert_uint_ge(lab.conn[c].have[PW_HAVE_ALL], 1);
	ask(c, 0, 3, 1000);
	ck_assert_uint_eq(lab.conn[c].blocks, 3);
	ck_assert_uint_eq(lab.conn[c].block_bytes, LAB_LEN);
	ck_assert_uint_eq(lab_stats(&lab).up_bytes, LAB_LEN);
	lab_teardown();
}
END_TEST

START_TEST(what_cannot_be_served_is_rejected_with_the_reason)
{
	unsigned c;

	setup(0, LAB_LEN);
	c = (unsigned)lab_accept(&lab, 1);
	ask(c, 0, 1, 1000);
	ck_assert_uint_eq(lab.conn[c].rejected[PW_REJECT_CHOKED], 1);
	pw_put_simple(lab_say(&lab, c), PW_INTERESTED);
	lab_flush(&lab, c);
	ask(c, 3, 1, 1000); /* beyond its end */
	lab_request(&lab, c, 0, LAB_FIRST + 7, 0, 1000);
	lab_request(&lab, c, 9, LAB_FIRST, 0, 1000);
	ck_assert_uint_eq(lab.conn[c].rejected[PW_REJECT_GONE], 3);
	ck_assert_uint_eq(lab.conn[c].blocks, 0);
	lab_teardown();
}
END_TEST

START_TEST(uplink_limit_holds_over_every_second)
{
	enum { STEP_MS = 50, STEPS = 200 };
	uint64_t sent[STEPS + 1] = { 0 };
	unsigned c, i, k;

	setup(200000, 128 * LIM_BLOCK);
	c = taker(1);
	for (i = 1; i <= STEPS; i++) {
		ask(c, (uint16_t)(i % 128), 1, 5000);
		lab_run(&lab, lab.now + STEP_MS * SP_MS);
		sent[i] = lab.conn[c].block_bytes;
	}
	for (i = 0; i <= STEPS; i++)
		for (k = i; k <= STEPS && k <= i + 1000 / STEP_MS; k++)
			ck_assert_uint_le(wirecost_sent(sent[k] - sent[i]),
			    200000 * (k - i) * STEP_MS / 1000 +
				wirecost_sent(LIM_BLOCK + 48));
	/* and the uplink is used */
	ck_assert_uint_ge(sent[STEPS], 200000 * 8);
	lab_teardown();
}
END_TEST

START_TEST(acknowledgements_are_part_of_the_limit)
{
	const struct pw_block_ref ref = { LAB_FIRST, 127, 0 };
	uint64_t before;
	unsigned c, i, k;

	setup(200000, 128 * LIM_BLOCK);
	c = taker(1);
	before = lab.conn[c].block_bytes;
	for (i = 0; i < 100; i++) {
		ask(c, (uint16_t)i, 2, 5000);
		/* 100 packets in 100 ms: 66000 bytes of acks a second */
		for (k = 0; k < 100; k++) {
			pw_put_cancel(lab_say(&lab, c), ref);
			lab_flush(&lab, c);
		}
		lab_run(&lab, lab.now + 100 * SP_MS);
	}
	ck_assert_uint_ge(lab.conn[c].block_bytes - before, 1050000);
	ck_assert_uint_le(lab.conn[c].block_bytes - before, 1300000);
	lab_teardown();
}
END_TEST

/* Uses up the burst of a limited uplink: one block. */
static void
use_burst(unsigned c)
{
	run(SP_S); /* the handshakes have used some of it */
	ask(c, 0, 1, 9000);
	ck_assert_uint_eq(lab.conn[c].blocks, 1);
}

START_TEST(queue_that_is_too_long_is_refused_at_once)
{
	unsigned c[4], i, refused = 0;

	setup(100000, 128 * LIM_BLOCK);
	for (i = 0; i < 4; i++)
		c[i] = taker((uint8_t)(i + 1));
	use_burst(c[0]);
	/* while there is a queue each may have one block in it ... */
	ask(c[0], 4, 5, 9000);
	ck_assert_uint_eq(lab.conn[c[0]].rejected[PW_REJECT_QUEUE], 4);
	/* ... which makes at most half a second of it */
	for (i = 1; i < 4; i++) {
		ask(c[i], (uint16_t)(10 + i), 1, 9000);
		refused += lab.conn[c[i]].rejected[PW_REJECT_QUEUE];
	}
	ck_assert_uint_eq(refused, 0);
	run(SP_S);
	for (i = 0; i < 4; i++)
		ck_assert_uint_eq(lab.conn[c[i]].blocks, i == 0 ? 2 : 1);
	lab_teardown();
}
END_TEST

START_TEST(what_cannot_be_there_in_time_is_refused)
{
	unsigned c, d;

	setup(100000, 128 * LIM_BLOCK);
	c = taker(1);
	d = taker(2);
	use_burst(c);
	ask(c, 4, 1, 9000);
	ask(d, 5, 1, 120); /* the queue alone takes 164 ms */
	ck_assert_uint_eq(lab.conn[d].rejected[PW_REJECT_QUEUE], 1);
	lab_teardown();
}
END_TEST

START_TEST(most_urgent_request_of_all_goes_first)
{
	unsigned c, d, e;

	setup(100000, 128 * LIM_BLOCK);
	c = taker(1);
	d = taker(2);
	e = taker(3);
	use_burst(c);
	ask(c, 4, 1, 9000);
	ask(d, 5, 1, 9000);
	ask(e, 6, 1, 450);
	lab_run(&lab, lab.now + 190 * SP_MS);
	ck_assert_uint_eq(lab.conn[e].blocks, 1);
	ck_assert_uint_eq(lab.conn[c].blocks + lab.conn[d].blocks, 1);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[c].blocks, 2);
	ck_assert_uint_eq(lab.conn[d].blocks, 1);
	lab_teardown();
}
END_TEST

START_TEST(cancelled_request_is_not_served)
{
	struct pw_block_ref ref = { LAB_FIRST, 4, 0 };
	unsigned c;

	setup(100000, 128 * LIM_BLOCK);
	c = taker(1);
	use_burst(c);
	ask(c, 4, 1, 9000);
	pw_put_cancel(lab_say(&lab, c), ref);
	lab_flush(&lab, c);
	run(2 * SP_S);
	ck_assert_uint_eq(lab.conn[c].blocks, 1);
	lab_teardown();
}
END_TEST

START_TEST(request_that_is_late_is_rejected_not_served)
{
	unsigned c;

	setup(100000, 128 * LIM_BLOCK);
	c = taker(1);
	use_burst(c);
	lab.slow = true; /* nothing leaves the host any more */
	ask(c, 4, 1, 1000);
	run(400 * SP_MS);
	ask(c, 5, 1, 1000);
	run(400 * SP_MS);
	ask(c, 6, 1, 1000);
	ck_assert_uint_eq(lab.conn[c].blocks, 3);
	run(3 * SP_S);
	ck_assert_uint_eq(lab.conn[c].blocks, 3);
	lab_sent(&lab, c, SIZE_MAX);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[c].blocks, 3);
	ck_assert_uint_eq(lab.conn[c].rejected[PW_REJECT_QUEUE], 1);
	lab_teardown();
}
END_TEST

START_TEST(who_may_not_upload_serves_records_only)
{
	struct mesh_conf conf;
	unsigned c, d;

	lab_conf(&conf);
	conf.no_upload = true;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	while (lab_held(&lab, 0) < 3) {
		run(50 * SP_MS);
		lab_serve(&lab, c, LAB_RIGHT);
	}
	d = neighbour(2);
	pw_put_simple(lab_say(&lab, d), PW_INTERESTED);
	pw_put_want(lab_say(&lab, d), 0, LAB_FIRST, 1);
	lab_flush(&lab, d);
	run(2 * SP_S);
	ck_assert(lab.conn[d].choked);
	ck_assert_uint_eq(lab.conn[d].have[PW_HAVE_KNOWN], 1);
	ck_assert_uint_eq(lab.conn[d].have[PW_HAVE_ALL], 0);
	ck_assert_uint_eq(lab.conn[d].have[PW_HAVE_BLOCKS], 0);
	ck_assert_uint_eq(lab.conn[d].got[PW_RECORD], 1);
	ask(d, 0, 1, 1000);
	ck_assert_uint_eq(lab.conn[d].rejected[PW_REJECT_CHOKED], 1);
	lab_teardown();
}
END_TEST

/* A viewer of piece 0, of which it gets the first |n| blocks; who asks it. */
static unsigned
begin(const struct mesh_conf *conf, unsigned n)
{
	unsigned c, d, i;

	lab_setup(conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	c = neighbour(1);
	lab_publish(&lab, 0);
	lab_have(&lab, c, 0, LAB_FIRST, true);
	d = (unsigned)lab_accept(&lab, 2);
	pw_put_simple(lab_say(&lab, d), PW_INTERESTED);
	lab_flush(&lab, d);
	for (i = 0; i < 200 && (unsigned)lab_held(&lab, 0) < n; i++) {
		run(20 * SP_MS);
		lab_serve_one(&lab, c, LAB_RIGHT);
	}
	run(200 * SP_MS);
	ck_assert_int_eq(lab_held(&lab, 0), (int)n);
	return d;
}

START_TEST(who_starts_on_an_unknown_line_gives_nothing_yet)
{
	struct mesh_conf conf;
	unsigned d;

	d = begin(NULL, 2);
	ck_assert(lab.conn[d].choked);
	lab_teardown();
	/* who came before: from that moment on */
	lab_setup(NULL);
	d = taker(1);
	mesh_follow(lab.mesh, 0, true, lab.now);
	lab_drain(&lab);
	ck_assert(lab.conn[d].choked);
	lab_teardown();
	/* its player can begin */
	d = begin(NULL, 3);
	ck_assert(!lab.conn[d].choked);
	ask(d, 0, 1, 1000);
	ck_assert_uint_eq(lab.conn[d].blocks, 1);
	lab_teardown();
	/* or it takes too long */
	d = begin(NULL, 2);
	run(6 * SP_S);
	ck_assert(lab.conn[d].choked);
	run(2 * SP_S);
	ck_assert(!lab.conn[d].choked);
	ck_assert_int_eq(lab_held(&lab, 0), 2);
	lab_teardown();
	/* of a line that is known none is afraid */
	lab_conf(&conf);
	conf.up_bps = 1000000;
	d = begin(&conf, 2);
	ck_assert(!lab.conn[d].choked);
	lab_teardown();
}
END_TEST

START_TEST(slots_are_shared_when_they_do_not_suffice)
{
	struct mesh_conf conf;
	unsigned c[8], turns[8] = { 0 }, i, k, open;

	lab_conf(&conf);
	conf.up_bps = 1; /* four slots */
	lab_setup(&conf);
	for (i = 0; i < 8; i++) {
		c[i] = (unsigned)lab_accept(&lab, (uint8_t)(i + 1));
		pw_put_simple(lab_say(&lab, c[i]), PW_INTERESTED);
		lab_flush(&lab, c[i]);
	}
	for (k = 0; k < 300; k++) {
		run(SP_S);
		for (i = open = 0; i < 8; i++) {
			open += !lab.conn[c[i]].choked;
			turns[i] += !lab.conn[c[i]].choked;
		}
		ck_assert_uint_eq(open, 4);
	}
	for (i = 0; i < 8; i++)
		ck_assert_uint_gt(turns[i], 0);
	lab_teardown();
}
END_TEST

static int
by_id(const void *a, const void *b)
{
	const struct roster_entry *x = a, *y = b;

	return memcmp(x->peer_id, y->peer_id, LINK_PEERID_LEN);
}

/* Who gave nothing waits for less, but only while uploads do not suffice. */
START_TEST(who_gives_next_to_nothing_is_refused_first_when_all_is_scarce)
{
	struct roster r = { .version = 1, .epoch = 1, .epoch_s = 20, .n = 3 };
	struct pw_block_ref ref = { LAB_FIRST, 0, 0 };
	struct mesh_neighbour v[4];
	struct mesh_conf conf;
	unsigned c[4], i, k;
	int f;

	lab_conf(&conf);
	conf.up_bps = 100000;
	lab_setup(&conf);
	mesh_origins(lab.mesh, 1, lab.now);
	mesh_follow(lab.mesh, 0, true, lab.now);
	for (i = 0; i < 4; i++)
		c[i] = taker((uint8_t)(i + 1));
	/* the first three are known to upload */
	ck_assert_uint_eq(mesh_neighbours(lab.mesh, v, 4, lab.now), 4);
	for (i = 0; i < 3; i++) {
		memcpy(r.entries[i].peer_id, v[i].peer_id, LINK_PEERID_LEN);
		r.entries[i].weight = 8000;
	}
	qsort(r.entries, 3, sizeof(r.entries[0]), by_id);
	mesh_roster(lab.mesh, &r, lab.now);
	for (k = 0; k < 40; k++) {
		lab_publish(&lab, k);
		for (i = 0; i < 4; i++) { /* so that it is not silent */
			pw_put_simple(lab_say(&lab, c[i]), PW_INTERESTED);
			lab_flush(&lab, c[i]);
		}
		for (i = 0; i < 10; i++) {
			run(100 * SP_MS);
			while ((f = lab_fetching(&lab)) >= 0)
				lab_reply(&lab, (unsigned)f, LAB_OK);
		}
	}
	for (k = 39; lab_held(&lab, k) < 3; k--)
		ck_assert_uint_gt(k, 0);
	ref.number += k;
	/* a block of burst, then a queue of two blocks: 328 ms */
	for (i = 0; i < 3; i++) {
		ref.index = (uint16_t)i;
		pw_put_request(lab_say(&lab, c[0]), ref, 9000);
		if (i == 1)
			pw_put_request(lab_say(&lab, c[1]), ref, 9000);
		lab_flush(&lab, c[i == 1]);
	}
	ref.index = 2;
	pw_put_request(lab_say(&lab, c[3]), ref, 9000);
	lab_flush(&lab, c[3]);
	ck_assert_uint_eq(lab.conn[c[3]].rejected[PW_REJECT_QUEUE], 1);
	pw_put_request(lab_say(&lab, c[2]), ref, 9000);
	lab_flush(&lab, c[2]);
	ck_assert_uint_eq(lab.conn[c[2]].rejected[PW_REJECT_QUEUE], 0);
	run(2 * SP_S);
	pw_put_request(lab_say(&lab, c[3]), ref, 9000);
	lab_flush(&lab, c[3]);
	run(SP_S);
	ck_assert_uint_eq(lab.conn[c[3]].blocks, 1);
	lab_teardown();
}
END_TEST

START_TEST(supply_is_checked)
{
	static uint8_t bytes[LAB_LEN];
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.seeder = true;
	lab_setup(&conf);
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, LAB_LEN, lab.now),
	    SP_ERR_NOTFOUND);
	lab_publish(&lab, 0);
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, LAB_LEN - 1, lab.now),
	    SP_ERR_RANGE);
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, LAB_LEN, lab.now),
	    SP_ERR_HASH);
	ck_assert_int_eq(lab_held(&lab, 0), 0);
	lab_bytes(0, LAB_FIRST, 0, 0, bytes, LAB_LEN);
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, LAB_LEN, lab.now), 0);
	/* again is fine, and it is no origin's traffic */
	ck_assert_int_eq(
	    mesh_supply(lab.mesh, 0, LAB_FIRST, bytes, LAB_LEN, lab.now), 0);
	ck_assert_int_eq(lab_held(&lab, 0), 3);
	ck_assert_uint_eq(lab_stats(&lab).origin_bytes, 0);
	lab_drain(&lab);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_upload", block_is_served_on_request,
    what_cannot_be_served_is_rejected_with_the_reason,
    uplink_limit_holds_over_every_second,
    acknowledgements_are_part_of_the_limit,
    queue_that_is_too_long_is_refused_at_once,
    what_cannot_be_there_in_time_is_refused,
    most_urgent_request_of_all_goes_first, cancelled_request_is_not_served,
    request_that_is_late_is_rejected_not_served,
    who_may_not_upload_serves_records_only,
    who_starts_on_an_unknown_line_gives_nothing_yet,
    slots_are_shared_when_they_do_not_suffice,
    who_gives_next_to_nothing_is_refused_first_when_all_is_scarce,
    supply_is_checked)
