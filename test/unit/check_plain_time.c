/* Time, ceilings and lack of memory of tracker/plain. */

#include "test/unit/plain_help.h"

/* |n| peers of swarm |swarm|, each its own host. */
static void
crowd(uint32_t swarm, uint32_t n, int s)
{
	struct plain_ask a = ask(swarm, "5.0.0.0", 1000, false);

	for (uint32_t i = 0; i < n; i++) {
		a.addr.ip[1] = (uint8_t)(i >> 16);
		a.addr.ip[2] = (uint8_t)(i >> 8);
		a.addr.ip[3] = (uint8_t)i;
		a.seeds = i % 2;
		a.numwant = 1;
		ck_assert_int_eq(tell(&a, s), 0);
		ck_assert_int_eq(ans.store, 0);
	}
}

/* Ticks until nothing is left to do; the most that one of them removed. */
static int
tick_all(int s)
{
	int n, most = 0;

	do {
		n = plain_tick(pl, s * SP_S);
		most = SP_MAX(most, n);
	} while (plain_deadline(pl) <= s * SP_S);
	return most;
}

START_TEST(silent_peers_expire_and_others_stay)
{
	int gone;

	set_up();
	start();
	ck_assert(plain_deadline(pl) == SP_NEVER);
	join(1, "5.0.0.1", 1001, false, 0);
	gone = (int)ans.interval_s * 3 / 2 + 30;
	join(1, "5.0.0.2", 1002, false, 0);
	ck_assert(plain_deadline(pl) == PLAIN_TICK_S * SP_S);
	join(1, "5.0.0.2", 1002, false, 1700);
	tick_all(gone);
	ck_assert_uint_eq(stats().peers, 2);
	tick_all(gone + 64);
	ck_assert_uint_eq(stats().peers, 1);
	ck_assert_uint_eq(stats().expired, 1);
	ck_assert_uint_eq(scrape(1).incomplete, 1);
	tick_all(1700 + 1980 * 3 / 2 + 94);
	ck_assert_uint_eq(stats().swarms, 0);
	ck_assert(plain_deadline(pl) == SP_NEVER);
	tear_down();
}
END_TEST

START_TEST(announces_make_time_pass_too)
{
	set_up();
	start();
	join(1, "5.0.0.1", 1001, false, 0);
	join(2, "5.0.0.1", 1001, false, 4000);
	ck_assert_uint_eq(stats().peers, 1);
	tear_down();
}
END_TEST

START_TEST(who_comes_back_goes_on_for_many_turns_of_the_wheel)
{
	int s = 0;

	set_up();
	conf.interval_s = 60;
	start();
	for (; s < 100000; s += 71) {
		ck_assert_uint_le(join(1, "5.0.0.1", 1001, false, s), 1);
		if (s % 5 == 0)
			join(1, "5.0.0.2", 1002, true, s);
		ck_assert_uint_eq(ans.incomplete, 1);
		plain_tick(pl, s * SP_S);
	}
	tear_down();
}
END_TEST

START_TEST(a_long_silence_forgets_everybody)
{
	set_up();
	conf.interval_s = 86400;
	conf.min_interval_s = 60;
	start();
	crowd(1, 1000, 0);
	crowd(2, 1, 100000);
	tick_all(50000000);
	/* So long a silence is taken for a shorter one. */
	tick_all(50000000 + 300000);
	ck_assert_uint_eq(stats().peers, 0);
	crowd(3, 1, 50300001);
	tick_all(50300001 + 86400);
	ck_assert_uint_eq(stats().peers, 1);
	tear_down();
}
END_TEST

START_TEST(one_call_looks_at_so_many)
{
	set_up();
	start();
	crowd(1, 20000, 0);
	for (uint32_t i = 0; i < 3000; i++)
		join(100 + i, "5.0.0.1", 1001, false, 0);
	ck_assert_int_le(tick_all(5000), PLAIN_TICK_MAX);
	ck_assert_uint_eq(stats().peers, 0);
	ck_assert_uint_eq(stats().expired, 23000);
	/* And between two calls of one look the swarm may change. */
	crowd(1, 20000, 5000);
	for (int k = 0; k < 9; k++) {
		plain_tick(pl, 8000 * SP_S);
		crowd(1, 300, 8000);
		ck_assert(plain_is_sound(pl));
	}
	tick_all(8000);
	tick_all(8032);
	ck_assert_uint_le(stats().peers, 20000);
	tick_all(8000 + 1980 * 3 / 2 + 94);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

START_TEST(a_look_may_lose_its_swarm)
{
	set_up();
	start();
	crowd(1, 20000, 0);
	plain_tick(pl, 5000 * SP_S);
	ck_assert_uint_gt(stats().peers, 0);
	ck_assert_int_eq(plain_drop(pl, hash_of(1)), 0);
	crowd(1, 100, 5000);
	ck_assert(plain_is_sound(pl));
	tick_all(5000);
	ck_assert_uint_eq(stats().peers, 100);
	tear_down();
}
END_TEST

/* ---- what is full -------------------------------------------------------- */

START_TEST(a_full_swarm_answers_and_does_not_store)
{
	set_up();
	conf.max_swarm_peers = 3;
	start();
	crowd(1, 3, 0);
	ck_assert_uint_eq(join(1, "9.0.0.1", 1, false, 0), 3);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(ans.complete + ans.incomplete, 3);
	ck_assert_uint_eq(stats().refused_full, 1);
	ck_assert_uint_eq(stats().evicted, 0);
	crowd(1, 3, 1);
	tear_down();
}
END_TEST

static bool
is_known(uint32_t swarm)
{
	struct tw_scrape_entry e;

	return plain_scrape(pl, hash_of(swarm), &e) == 0;
}

START_TEST(swarms_of_one_peer_go_first_the_oldest_before_others)
{
	set_up();
	conf.max_peers = 6;
	start();
	crowd(1, 2, 0);
	join(2, "5.0.0.1", 1, true, 100);
	join(3, "5.0.0.1", 1, true, 1000);
	join(4, "5.0.0.1", 1, true, 2000);
	/* Number two is heard of again. */
	join(2, "5.0.0.1", 1, true, 2200);
	join(5, "5.0.0.1", 1, true, 2300);
	join(6, "5.0.0.1", 1, true, 2301);
	ck_assert_int_eq(ans.store, 0);
	ck_assert(!is_known(3));
	ck_assert(is_known(2) && is_known(4) && is_known(5) && is_known(6));
	ck_assert_uint_eq(stats().evicted, 1);
	/* Who joins a swarm of one does not push out that one. */
	join(4, "5.0.0.2", 1, true, 2302);
	ck_assert_int_eq(ans.store, 0);
	ck_assert(is_known(4));
	ck_assert_uint_eq(stats().peers, 6);
	ck_assert_uint_eq(stats().evicted, 2);
	tear_down();
}
END_TEST

START_TEST(what_has_expired_goes_before_anybody)
{
	set_up();
	conf.max_peers = 3;
	start();
	crowd(1, 2, 0);
	join(2, "5.0.0.1", 1, true, 3200);
	/* Time has passed: the two are gone. */
	join(3, "5.0.0.1", 1, true, 3300);
	ck_assert_uint_eq(stats().evicted, 0);
	ck_assert_uint_eq(stats().expired, 2);
	ck_assert(is_known(2));
	tear_down();
}
END_TEST

START_TEST(without_swarms_of_one_newcomers_are_only_answered)
{
	set_up();
	conf.max_peers = 4;
	start();
	crowd(1, 2, 0);
	crowd(2, 2, 0);
	join(3, "5.0.0.9", 1, false, 1);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert(!is_known(3));
	ck_assert_uint_eq(join(1, "5.0.0.9", 1, false, 1), 2);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(stats().peers, 4);
	tear_down();
}
END_TEST

START_TEST(other_trackers_push_out_nobody)
{
	struct plain_ask a = ask(3, "5.0.0.9", 1, false);

	set_up();
	conf.max_peers = 2;
	start();
	join(1, "5.0.0.1", 1, false, 0);
	join(2, "5.0.0.1", 1, false, 0);
	ck_assert_int_eq(plain_import(pl, &a, 60, 0), SP_ERR_FULL);
	ck_assert(is_known(1) && is_known(2));
	tear_down();
}
END_TEST

START_TEST(so_many_swarms_fit)
{
	set_up();
	conf.max_swarms = 2;
	start();
	join(1, "5.0.0.1", 1, false, 0);
	crowd(2, 2, 0);
	join(3, "5.0.0.1", 1, false, 40);
	ck_assert_int_eq(ans.store, 0);
	ck_assert(!is_known(1));
	ck_assert_uint_eq(stats().swarms, 2);
	tear_down();
}
END_TEST

START_TEST(memory_has_a_ceiling)
{
	set_up();
	conf.max_bytes = 300000;
	start();
	for (uint32_t i = 0; i < 5000; i++) {
		join(i, "5.0.0.1", 1, false, (int)i / 100);
		ck_assert_int_eq(ans.store, 0);
		ck_assert_uint_le(stats().bytes, 300000);
	}
	ck_assert_uint_gt(stats().evicted, 1000);
	/* Swarms that grow push them out as well. */
	for (uint32_t i = 0; i < 40000; i++) {
		struct plain_ask a = ask(6000 + i % 4, "5.0.0.0", 9, true);

		a.addr.ip[1] = (uint8_t)(i >> 16);
		a.addr.ip[2] = (uint8_t)(i >> 8);
		a.addr.ip[3] = (uint8_t)i;
		ck_assert_int_eq(tell(&a, 51), 0);
	}
	ck_assert_uint_le(stats().bytes, 300000);
	ck_assert_uint_gt(stats().peers, 8000);
	ck_assert_uint_gt(stats().refused_full, 1);
	/* What is counted is what is used, and what malloc adds. */
	ck_assert_uint_le(fm.live_bytes, stats().bytes);
	ck_assert_uint_ge(fm.live_bytes + 24 * fm.live, stats().bytes);
	tear_down();
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	struct plain_ask a = ask(1, "5.0.0.0", 9, true);

	set_up();
	FAILMEM_EACH (&fm) {
		if (plain_new(&pl, &conf, &fm.mem, 1, 0) < 0)
			continue;
		for (uint32_t i = 0; i < 40; i++) {
			a.info_hash = hash_of(i % 3 * (i / 20));
			a.addr.ip[3] = (uint8_t)(i + 1);
			ck_assert_int_eq(tell(&a, 0), 0);
			ck_assert(ans.store == 0 || ans.store == SP_ERR_NOMEM);
		}
		(void)plain_set_live(pl, hash_of(1), true);
		(void)plain_import(pl, &a, 9, 0);
		ck_assert(plain_is_sound(pl));
		plain_tick(pl, 9000 * SP_S);
		ck_assert_uint_eq(stats().peers, 0);
		ck_assert(plain_is_sound(pl));
		plain_free(pl);
	}
}
END_TEST

UNIT_MAIN("plain_time", silent_peers_expire_and_others_stay,
    announces_make_time_pass_too,
    who_comes_back_goes_on_for_many_turns_of_the_wheel,
    a_long_silence_forgets_everybody, one_call_looks_at_so_many,
    a_look_may_lose_its_swarm, a_full_swarm_answers_and_does_not_store,
    swarms_of_one_peer_go_first_the_oldest_before_others,
    what_has_expired_goes_before_anybody,
    without_swarms_of_one_newcomers_are_only_answered,
    other_trackers_push_out_nobody, so_many_swarms_fit, memory_has_a_ceiling,
    lack_of_memory_is_survived)
