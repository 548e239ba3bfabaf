#include "test/unit/rep_help.h"

/* Four receivers, each |bytes| of viewer 0 in every 30 s from |from| on. */
static void
rounds(unsigned n, uint32_t bytes, sp_time from)
{
	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 1; k <= 4; k++)
			ck_assert_int_eq(got(k, 0, bytes, from + i * 30 * SP_S),
			    0);
}

START_TEST(newcomers_have_a_quarter)
{
	struct rep r;

	setup(1);
	r = rep(0, 0);
	ck_assert_uint_eq(r.score, REP_START);
	ck_assert(!r.judged && !r.out);
	teardown();
}
END_TEST

/* 8 Mbit/s are 30 MB in 30 s; four who got 7.5 MB each use all of it. */
START_TEST(score_goes_to_the_used_part_of_the_uplink)
{
	setup(5);
	rounds(20, 15 * MB / 2, 100 * SP_S);
	ck_assert_uint_gt(rep(0, 700 * SP_S).score, REP_ONE * 9 / 10);
	ck_assert(rep(0, 700 * SP_S).judged);
	seen(0, 2 * R, 700 * SP_S);
	rounds(20, 15 * MB / 4, 700 * SP_S);
	ck_assert_uint_gt(rep(0, 1300 * SP_S).score, REP_ONE * 48 / 100);
	ck_assert_uint_lt(rep(0, 1300 * SP_S).score, REP_ONE * 52 / 100);
	/* who gave nothing */
	ck_assert_uint_lt(rep(1, 1300 * SP_S).score, REP_ONE / 30);
	teardown();
}
END_TEST

START_TEST(huge_claims_count_as_eight_streams)
{
	setup(5);
	seen(0, 1000 * 1000, 0);
	/* 8 r are 120 MB in 30 s: a sixteenth */
	rounds(20, 15 * MB / 8, 100 * SP_S);
	ck_assert_uint_gt(rep(0, 700 * SP_S).score, REP_ONE * 5 / 100);
	ck_assert_uint_lt(rep(0, 700 * SP_S).score, REP_ONE * 8 / 100);
	teardown();
}
END_TEST

/* One network: a tenth. */
START_TEST(praise_from_one_network_counts_a_tenth)
{
	static const uint8_t ip[4] = { 9, 9, 9, 0 };
	struct sp_addr from = addr_make(4, ip, 1);
	struct receipt r;

	setup(5);
	for (sp_time t = 100 * SP_S; t < 1000 * SP_S; t += 30 * SP_S)
		for (unsigned k = 1; k <= 4; k++) {
			from.ip[3] = (uint8_t)k;
			r = batch(k, 0, 15 * MB / 2, t);
			ck_assert_int_eq(take(k, &r, from, t), 0);
		}
	ck_assert_uint_gt(rep(0, 1000 * SP_S).score, REP_ONE * 9 / 100);
	ck_assert_uint_lt(rep(0, 1000 * SP_S).score, REP_ONE * 11 / 100);
	teardown();
}
END_TEST

START_TEST(praise_of_newcomers_counts_a_tenth)
{
	setup(1);
	for (unsigned k = 1; k <= 4; k++) {
		seen(k, R, 100 * SP_S);
		ck_assert_int_eq(got(k, 0, 15 * MB / 2, 150 * SP_S), 0);
	}
	/* 150 s are five spans, of which the last one was worth a tenth */
	ck_assert_uint_lt(rep(0, 180 * SP_S).score, REP_ONE / 10);
	teardown();
}
END_TEST

START_TEST(nobody_can_have_got_more_than_there_was)
{
	setup(5);
	/* 2 r are 30 MB in 30 s: as if each had got these */
	rounds(20, 4000u * MB, 100 * SP_S);
	seen(0, 8 * R, 700 * SP_S);
	rounds(20, 4000u * MB, 700 * SP_S);
	ck_assert_uint_gt(rep(0, 1300 * SP_S).score, REP_ONE * 95 / 100);
	seen(1, 8 * R, 1300 * SP_S);
	for (unsigned i = 0; i < 20; i++)
		got(2, 1, 4000u * MB, (1300 + i * 30) * SP_S);
	/* one receiver: 30 of 120 MB, from one network */
	ck_assert_uint_lt(rep(1, 1900 * SP_S).score, REP_ONE * 3 / 100);
	teardown();
}
END_TEST

START_TEST(slices_count_once)
{
	sp_time t = 100 * SP_S;

	setup(3);
	ck_assert_int_eq(got(1, 0, MB, t), 0);
	ck_assert_int_eq(got(1, 0, MB, t), SP_ERR_STALE);
	ck_assert_int_eq(got(1, 0, MB, t - 10 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(got(1, 2, MB, t + 5 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(got(1, 0, MB, t + 10 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(clock_of_the_channel_must_be_near)
{
	struct receipt r;

	setup(3);
	r = batch(1, 0, MB, 100 * SP_S);
	ck_assert_int_eq(take(1, &r, addr(1), 10 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(take(1, &r, addr(1), 180 * SP_S), SP_ERR_STALE);
	ck_assert_int_eq(take(1, &r, addr(1), 130 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(receipts_of_strangers_and_to_oneself_are_refused)
{
	struct receipt r;

	setup(3);
	ck_assert_int_eq(got(9, 0, MB, 100 * SP_S), SP_ERR_NOTFOUND);
	ck_assert_int_eq(got(1, 1, MB, 100 * SP_S), SP_ERR_DENIED);
	/* signed by another than it says */
	r = batch(1, 0, MB, 100 * SP_S);
	ck_assert_int_eq(take(2, &r, addr(1), 100 * SP_S), SP_ERR_SIG);
	memset(r.info_hash, 9, sizeof(r.info_hash));
	ck_assert_int_eq(take(1, &r, addr(1), 100 * SP_S), SP_ERR_WRONGCHAN);
	/* nothing of it counted */
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(peer_id_announced_from_elsewhere_gets_no_credit)
{
	setup(5);
	rounds(10, 15 * MB / 2, 100 * SP_S);
	ck_assert_int_eq(got(0, 1, MB, 390 * SP_S), 0); /* so it is there */
	seen(0, 2 * R, 394 * SP_S);
	seen_at(0, 2 * R, addr(77), 395 * SP_S);
	ck_assert_uint_eq(rep_at(addr(77), 400 * SP_S).score, REP_START);
	ck_assert_uint_gt(rep(0, 400 * SP_S).score, REP_ONE / 2);
	teardown();
}
END_TEST

static int
accuse(unsigned k, unsigned whom, sp_time now)
{
	struct receipt r = batch(k, whom, 0, now);

	r.entries[0].flags = RECEIPT_BAD;
	return take(k, &r, addr(k), now);
}

static int
by_id(const void *x, const void *y)
{
	return memcmp(x, y, LINK_PEERID_LEN);
}

/* Viewers |v| have given 1.5 MB each to each of four, of four networks. */
static void
credit(const unsigned *v, size_t n, sp_time now)
{
	struct receipt r;

	for (unsigned i = 30; i < 34; i++) {
		seen(i, R, now - REP_YOUNG);
		r = batch(i, 0, 0, now);
		for (r.n = 0; r.n < n; r.n++) {
			memcpy(r.entries[r.n].peer_id, id(v[r.n]),
			    LINK_PEERID_LEN);
			r.entries[r.n].bytes = 3 * MB / 2;
		}
		qsort(r.entries, r.n, sizeof(r.entries[0]), by_id);
		ck_assert_int_eq(take(i, &r, addr(i), now), 0);
	}
}

START_TEST(two_who_accuse_put_one_out)
{
	static const unsigned good[] = { 1, 2, 11 };

	setup(9);
	for (unsigned i = 0; i < 3; i++)
		seen(good[i], R / 4, i < 2 ? 0 : 190 * SP_S);
	credit(good, 3, 200 * SP_S);
	ck_assert_int_eq(accuse(1, 0, 240 * SP_S), 0);
	ck_assert(!rep(0, 240 * SP_S).out);
	/* the same one again, one of its network, one who is young */
	ck_assert_int_eq(accuse(1, 0, 270 * SP_S), 0);
	seen_at(10, R, addr(1), 0);
	ck_assert_int_eq(take(10, &(struct receipt){ 0 }, addr(1), 0) < 0, 1);
	ck_assert_int_eq(accuse(11, 0, 270 * SP_S), 0);
	/* one of whom nobody has got anything */
	ck_assert_int_eq(accuse(3, 0, 270 * SP_S), 0);
	ck_assert(!rep(0, 270 * SP_S).out);
	ck_assert_int_eq(accuse(2, 0, 270 * SP_S), 0);
	ck_assert(rep(0, 270 * SP_S).out);
	teardown();
}
END_TEST

/* Many viewers of two networks, who are good ones else. */
START_TEST(one_network_cannot_accuse_everybody)
{
	struct sp_addr from;
	struct receipt r;
	unsigned out = 0, good[20];
	sp_time now = 300 * SP_S;

	setup(0);
	for (unsigned k = 10; k < 30; k++) {
		from = addr(k % 2);
		from.ip[3] = (uint8_t)k;
		seen_at(k, R / 4, from, 0);
		good[k - 10] = k;
	}
	for (unsigned k = 1; k < 10; k++)
		seen(k, R, 0);
	credit(good, 20, 240 * SP_S);
	for (unsigned k = 10; k < 30; k++) {
		r = batch(k, 0, 0, now);
		r.n = 0;
		for (unsigned i = 1; i < 10; i++) {
			memcpy(r.entries[r.n].peer_id, id(i), LINK_PEERID_LEN);
			r.entries[r.n++].flags = RECEIPT_BAD;
		}
		qsort(r.entries, r.n, sizeof(r.entries[0]), by_id);
		from = addr(k % 2);
		from.ip[3] = (uint8_t)k;
		ck_assert_int_eq(take(k, &r, from, now), 0);
	}
	for (unsigned i = 1; i < 10; i++)
		out += rep(i, now).out;
	ck_assert_uint_le(out, REP_ACCUSE);
	ck_assert_uint_ge(out, 1);
	teardown();
}
END_TEST

START_TEST(budget_of_accusations_comes_back)
{
	static const unsigned good[] = { 1, 2 };
	unsigned out = 0;
	sp_time t;

	setup(14);
	for (unsigned k = 3; k < 13; k++) {
		t = (200 + 70 * k) * SP_S;
		for (unsigned i = 0; i < 14; i++)
			seen(i, R / 4, t - 50 * SP_S);
		credit(good, 2, t - 25 * SP_S);
		ck_assert_int_eq(accuse(1, k, t), 0);
		ck_assert_int_eq(accuse(2, k, t), 0);
		out += rep(k, t).out;
		/* four, and one when ten minutes are over */
		ck_assert_uint_eq(out, k < 7 ? k - 2 : k < 12 ? 4 : 5);
	}
	teardown();
}
END_TEST

START_TEST(who_stops_cannot_send_its_receipts_again)
{
	setup(3);
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), 0);
	stop(1, addr(1), 100 * SP_S);
	seen(1, R, 101 * SP_S);
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), SP_ERR_STALE);
	teardown();
}
END_TEST

START_TEST(nobody_else_can_say_that_one_stops)
{
	setup(5);
	/* one that has sent no receipts, and has given much */
	rounds(10, 15 * MB / 2, 100 * SP_S);
	seen(0, 2 * R, 389 * SP_S);
	stop(0, addr(2), 390 * SP_S);
	ck_assert_uint_gt(rep(0, 395 * SP_S).score, REP_ONE / 2);
	stop(0, addr(0), 395 * SP_S);
	seen(0, 2 * R, 395 * SP_S);
	ck_assert_uint_eq(rep(0, 395 * SP_S).score, REP_START);
	teardown();
}
END_TEST

START_TEST(who_announces_from_another_address_is_not_forgotten)
{
	struct sp_addr other = addr(7);

	setup(3);
	ck_assert_int_eq(got(1, 0, MB, 100 * SP_S), 0);
	reps_tick(reps, 200 * SP_S);
	seen_at(1, R, other, 250 * SP_S);
	reps_tick(reps, 100 * SP_S + REP_KEEP);
	ck_assert_uint_eq(reps_len(reps), 1);
	teardown();
}
END_TEST

UNIT_MAIN("rep", newcomers_have_a_quarter,
    score_goes_to_the_used_part_of_the_uplink,
    huge_claims_count_as_eight_streams, praise_from_one_network_counts_a_tenth,
    praise_of_newcomers_counts_a_tenth, nobody_can_have_got_more_than_there_was,
    slices_count_once, clock_of_the_channel_must_be_near,
    receipts_of_strangers_and_to_oneself_are_refused,
    peer_id_announced_from_elsewhere_gets_no_credit, two_who_accuse_put_one_out,
    one_network_cannot_accuse_everybody, budget_of_accusations_comes_back,
    who_stops_cannot_send_its_receipts_again,
    nobody_else_can_say_that_one_stops,
    who_announces_from_another_address_is_not_forgotten)
