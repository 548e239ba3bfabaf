#include "test/unit/wt_help.h"

#include "base/rng.h"

START_TEST(an_offer_goes_to_another_and_its_answer_comes_back)
{
	set_up();
	start();
	crowd(2);
	join(2, 7, 'B', WT_LEFT_SOME, 0);
	ask(7, 'A');
	offer(2);
	ck_assert_int_eq(announce(1, 1), 0);
	ck_assert_uint_eq(reply.conn, 1);
	ck_assert_uint_eq(reply.counts.incomplete, 2);
	ck_assert_uint_eq(reply.counts.complete, 0);
	ck_assert_int_eq(memcmp(reply.info_hash, ann.info_hash, 20), 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_int_eq(told[0].kind, WT_ACT_OFFER);
	ck_assert_uint_eq(told[0].conn, 2);
	ck_assert_int_eq(told[0].peer_id[0], 'A');
	ck_assert(told[0].offer == &ann.offers[0]);

	ck_assert_int_eq(answer(2, 7, 'B', 'A', 2), 0);
	ck_assert_int_eq(told[0].kind, WT_ACT_ANSWER);
	ck_assert_uint_eq(told[0].conn, 1);
	ck_assert_int_eq(told[0].peer_id[0], 'B');
	ck_assert_uint_eq(told[0].offer->id.len, 2);
	ck_assert_uint_eq(stats().offers, 1);
	ck_assert_uint_eq(stats().answers, 1);
	tear_down();
}
END_TEST

START_TEST(each_offer_goes_to_somebody_else)
{
	bool seen[11] = { false };

	set_up();
	start();
	crowd(10);
	for (uint32_t i = 1; i <= 10; i++)
		join(i, 7, (uint8_t)i, WT_LEFT_SOME, 0);
	ask(7, 3);
	offer(LIM_WT_OFFERS);
	ck_assert_int_eq(announce(3, 1), 0);
	ck_assert_uint_eq(n_told, 9);
	for (size_t i = 0; i < n_told; i++) {
		ck_assert(told[i].conn != 3 && !seen[told[i].conn]);
		seen[told[i].conn] = true;
		ck_assert(told[i].offer == &ann.offers[i]);
	}
	tear_down();
}
END_TEST

START_TEST(seeders_get_no_offers_of_seeders)
{
	set_up();
	start();
	crowd(4);
	join(1, 7, 1, WT_LEFT_NONE, 0);
	join(2, 7, 2, WT_LEFT_NONE, 0);
	join(3, 7, 3, WT_LEFT_SOME, 0);
	ask(7, 4)->left = WT_LEFT_NONE;
	offer(5);
	announce(4, 1);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].conn, 3);
	ask(7, 3)->left = WT_LEFT_SOME;
	offer(5);
	announce(3, 1);
	ck_assert_uint_eq(n_told, 3);
	tear_down();
}
END_TEST

START_TEST(left_and_completed_make_seeders)
{
	set_up();
	start();
	crowd(2);
	join(1, 7, 1, WT_LEFT_UNKNOWN, 0);
	join(2, 7, 2, WT_LEFT_SOME, 0);
	ck_assert_uint_eq(counts(7).incomplete, 2);
	join(1, 7, 1, WT_LEFT_NONE, 1);
	ck_assert_uint_eq(counts(7).complete, 1);
	join(1, 7, 1, WT_LEFT_UNKNOWN, 2);
	ck_assert_uint_eq(counts(7).complete, 1);
	ask(7, 2)->event = WT_EVENT_COMPLETED;
	ck_assert_int_eq(announce(2, 2), 0);
	ck_assert_uint_eq(counts(7).complete, 2);
	ck_assert_uint_eq(counts(7).incomplete, 0);
	join(2, 7, 2, WT_LEFT_SOME, 3);
	ck_assert_uint_eq(counts(7).incomplete, 1);
	ck_assert_uint_eq(stats().seeders, 1);
	tear_down();
}
END_TEST

START_TEST(who_stops_is_gone_and_gets_a_reply)
{
	set_up();
	start();
	crowd(2);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(2, 7, 2, WT_LEFT_SOME, 0);
	ask(7, 1)->event = WT_EVENT_STOPPED;
	offer(3);
	ck_assert_int_eq(announce(1, 1), 0);
	ck_assert_uint_eq(n_told, 0);
	ck_assert(!reply.full);
	ck_assert_uint_eq(reply.counts.incomplete, 1);
	/* again, and of a swarm that nobody knows */
	ck_assert_int_eq(announce(1, 1), 0);
	ask(9, 1)->event = WT_EVENT_STOPPED;
	ck_assert_int_eq(announce(1, 1), 0);
	ck_assert_uint_eq(stats().swarms, 1);
	tear_down();
}
END_TEST

START_TEST(the_end_of_a_connection_removes_its_peers)
{
	set_up();
	start();
	crowd(2);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(1, 8, 1, WT_LEFT_NONE, 0);
	join(2, 7, 2, WT_LEFT_SOME, 0);
	wt_close(wt, 1);
	wt_close(wt, 1);
	ck_assert(wt_is_sound(wt));
	ck_assert_uint_eq(counts(7).incomplete, 1);
	ck_assert_uint_eq(counts(8).complete, 0);
	ck_assert_uint_eq(stats().swarms, 1);
	ck_assert_uint_eq(stats().conns, 1);
	ask(7, 2);
	offer(1);
	ck_assert_int_eq(announce(2, 1), 0);
	ck_assert_uint_eq(n_told, 0);
	ck_assert_int_eq(announce(1, 1), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(a_peer_id_is_its_hosts)
{
	set_up();
	start();
	ck_assert_int_eq(open_from(1, "5.0.0.1"), 0);
	ck_assert_int_eq(open_from(2, "5.0.0.2"), 0);
	ck_assert_int_eq(open_from(3, "5.0.0.1"), 0);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(2, 7, 2, WT_LEFT_SOME, 0);
	ask(7, 1);
	ck_assert_int_eq(announce(2, 1), SP_ERR_EXISTS);
	ask(7, 1)->event = WT_EVENT_STOPPED;
	ck_assert_int_eq(announce(2, 1), SP_ERR_EXISTS);
	ck_assert_uint_eq(stats().refused_id, 2);
	ck_assert_int_eq(answer(2, 7, 1, 2, 1), SP_ERR_NOTFOUND);
	/* the page was loaded anew: its offers and answers go there now */
	join(3, 7, 1, WT_LEFT_SOME, 2);
	ck_assert_uint_eq(counts(7).incomplete, 2);
	ck_assert_int_eq(answer(2, 7, 2, 1, 2), 0);
	ck_assert_uint_eq(told[0].conn, 3);
	wt_close(wt, 1);
	ck_assert_uint_eq(counts(7).incomplete, 2);
	wt_close(wt, 3);
	join(2, 7, 1, WT_LEFT_SOME, 3);
	tear_down();
}
END_TEST

START_TEST(answers_reach_peers_of_the_same_swarm_only)
{
	set_up();
	start();
	crowd(3);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(2, 7, 2, WT_LEFT_SOME, 0);
	join(3, 8, 3, WT_LEFT_SOME, 0);
	ck_assert_int_eq(answer(2, 7, 2, 3, 1), SP_ERR_NOTFOUND);
	ck_assert_int_eq(answer(2, 8, 2, 3, 1), SP_ERR_NOTFOUND);
	ck_assert_int_eq(answer(2, 7, 2, 2, 1), SP_ERR_NOTFOUND);
	ck_assert_int_eq(answer(9, 7, 2, 1, 1), SP_ERR_NOTFOUND);
	ck_assert_int_eq(answer(2, 7, 2, 1, 1), 0);
	tear_down();
}
END_TEST

START_TEST(one_connection_may_have_two_peers_of_a_swarm)
{
	set_up();
	start();
	crowd(1);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	ask(7, 2);
	offer(2);
	ck_assert_int_eq(announce(1, 1), 0);
	ck_assert_uint_eq(n_told, 1);
	ck_assert_uint_eq(told[0].conn, 1);
	ck_assert_int_eq(told[0].peer_id[0], 2);
	tear_down();
}
END_TEST

START_TEST(silent_peers_expire_after_three_intervals)
{
	set_up();
	start();
	crowd(2);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(2, 7, 2, WT_LEFT_SOME, 10);
	ck_assert(wt_deadline(wt) == 360 * SP_S);
	ck_assert_int_eq(wt_tick(wt, 359 * SP_S), 0);
	join(1, 7, 1, WT_LEFT_SOME, 359);
	ck_assert(wt_deadline(wt) == 370 * SP_S);
	ck_assert_int_eq(wt_tick(wt, 370 * SP_S), 1);
	ck_assert_uint_eq(counts(7).incomplete, 1);
	ck_assert_uint_eq(stats().expired, 1);
	ck_assert_int_eq(wt_tick(wt, 9999 * SP_S), 1);
	ck_assert(wt_deadline(wt) == SP_NEVER);
	ck_assert_uint_eq(stats().conns, 2);
	tear_down();
}
END_TEST

START_TEST(an_answer_is_a_sign_of_life)
{
	set_up();
	start();
	crowd(2);
	join(2, 7, 2, WT_LEFT_SOME, 0);
	join(1, 7, 1, WT_LEFT_SOME, 300);
	ck_assert_int_eq(answer(2, 7, 2, 1, 310), 0);
	ck_assert_int_eq(wt_tick(wt, 365 * SP_S), 0);
	ck_assert_int_eq(wt_tick(wt, 661 * SP_S), 1);
	tear_down();
}
END_TEST

START_TEST(the_interval_is_told_with_a_tenth_more_or_less)
{
	uint32_t least = 1000, most = 0;

	set_up();
	start();
	crowd(1);
	for (int i = 0; i < 300; i++) {
		join(1, 7, 1, WT_LEFT_SOME, i);
		least = SP_MIN(least, reply.interval_s);
		most = SP_MAX(most, reply.interval_s);
	}
	ck_assert_uint_eq(least, 108);
	ck_assert_uint_eq(most, 132);
	tear_down();
}
END_TEST

START_TEST(everybody_is_as_likely_to_get_an_offer)
{
	uint32_t got[41] = { 0 };
	double chi = 0;
	const uint32_t n = 40, rounds = 4000;

	set_up();
	start();
	crowd(n);
	for (uint32_t i = 1; i <= n; i++)
		join(i, 7, (uint8_t)i, i % 3 ? WT_LEFT_SOME : WT_LEFT_NONE, 0);
	for (uint32_t k = 0; k < rounds; k++) {
		ask(7, 1);
		offer(5);
		ck_assert_int_eq(announce(1, 1), 0);
		ck_assert_uint_eq(n_told, 5);
		for (size_t i = 0; i < n_told; i++)
			got[told[i].conn]++;
	}
	ck_assert_uint_eq(got[1], 0);
	for (uint32_t i = 2; i <= n; i++) {
		double want = rounds * 5.0 / (n - 1), d = got[i] - want;

		chi += d * d / want;
	}
	/* 38 degrees of freedom: one in 1,000 is above 70. */
	ck_assert(chi < 70);
	tear_down();
}
END_TEST

static uint8_t model[12][12]; /* by connection and swarm: 1 leecher, 2 seeder */

static void
model_check(void)
{
	for (uint8_t s = 0; s < 12; s++) {
		uint32_t n[3] = { 0 };

		for (uint32_t c = 0; c < 12; c++)
			n[model[c][s]]++;
		ck_assert_uint_eq(counts(s).incomplete, n[1]);
		ck_assert_uint_eq(counts(s).complete, n[2]);
	}
}

static void
model_announce(struct sp_rng *rng, uint32_t c, uint8_t s)
{
	uint64_t what = rng_below(rng, 6);

	ask(s, (uint8_t)(c + 1));
	offer(rng_below(rng, 6));
	if (what == 0) {
		ann.event = WT_EVENT_STOPPED;
		model[c][s] = 0;
	} else if (what == 1) {
		ann.event = WT_EVENT_COMPLETED;
		model[c][s] = 2;
	} else if (what == 2) {
		ann.left = WT_LEFT_NONE;
		model[c][s] = 2;
	} else {
		ann.left = WT_LEFT_SOME;
		model[c][s] = 1;
	}
	ck_assert_int_eq(announce(c + 1, 5), 0);
	for (size_t i = 0; i < n_told; i++) {
		ck_assert(told[i].conn != c + 1);
		ck_assert(model[told[i].conn - 1][s] != 0);
		ck_assert(model[c][s] == 1 || model[told[i].conn - 1][s] == 1);
	}
}

START_TEST(any_order_of_calls_agrees_with_a_plain_table)
{
	struct sp_rng rng;
	char from[32];

	set_up();
	memset(model, 0, sizeof(model));
	start();
	crowd(12);
	rng_seed(&rng, 3);
	for (int i = 0; i < 5000; i++) {
		uint32_t c = (uint32_t)rng_below(&rng, 12);

		if (rng_below(&rng, 20) == 0) {
			wt_close(wt, c + 1);
			memset(model[c], 0, sizeof(model[c]));
			log_format(from, sizeof(from), "5.2.0.%u", c + 1);
			ck_assert_int_eq(open_from(c + 1, from), 0);
		}
		model_announce(&rng, c, (uint8_t)rng_below(&rng, 12));
		model_check();
	}
	tear_down();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	wt_conf_init(&conf);
	FAILMEM_EACH (&fm) {
		int r = wt_new(&wt, &conf, &fm.mem, 1, 0);
		struct sp_addr a = ip("5.0.0.1");

		if (r < 0) {
			ck_assert_int_eq(r, SP_ERR_NOMEM);
			continue;
		}
		for (uint32_t c = 1; c <= 9; c++) {
			if (wt_open(wt, c, &a, 0) < 0)
				continue;
			for (uint8_t s = 1; s <= 3; s++) {
				ask(s, (uint8_t)c);
				offer(2);
				r = wt_announce(wt, c, &ann, 0);
				ck_assert_int_eq(r, 0);
				drain();
				ck_assert(replied);
				ck_assert(!reply.full || n_told == 0);
				ck_assert(wt_is_sound(wt));
			}
		}
		wt_close(wt, 2);
		ck_assert(wt_is_sound(wt));
		wt_free(wt);
	}
}
END_TEST

UNIT_MAIN("wt", an_offer_goes_to_another_and_its_answer_comes_back,
    each_offer_goes_to_somebody_else, seeders_get_no_offers_of_seeders,
    left_and_completed_make_seeders, who_stops_is_gone_and_gets_a_reply,
    the_end_of_a_connection_removes_its_peers, a_peer_id_is_its_hosts,
    answers_reach_peers_of_the_same_swarm_only,
    one_connection_may_have_two_peers_of_a_swarm,
    silent_peers_expire_after_three_intervals, an_answer_is_a_sign_of_life,
    the_interval_is_told_with_a_tenth_more_or_less,
    everybody_is_as_likely_to_get_an_offer,
    any_order_of_calls_agrees_with_a_plain_table,
    every_failing_allocation_is_survived)
