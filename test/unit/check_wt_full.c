#include "test/unit/wt_help.h"

START_TEST(connections_are_bounded_in_all_and_by_host)
{
	set_up();
	conf.max_conns = 5;
	conf.max_host_conns = 2;
	start();
	ck_assert_int_eq(open_from(1, "5.0.0.1:1"), 0);
	ck_assert_int_eq(open_from(1, "5.0.0.1:2"), SP_ERR_EXISTS);
	ck_assert_int_eq(open_from(2, "5.0.0.1:2"), 0);
	ck_assert_int_eq(open_from(3, "5.0.0.1:3"), SP_ERR_FULL);
	wt_close(wt, 1);
	ck_assert_int_eq(open_from(3, "5.0.0.1:3"), 0);
	for (uint32_t c = 4; c <= 6; c++)
		ck_assert_int_eq(open_from(c, "127.0.0.1:9"), 0);
	ck_assert_int_eq(open_from(7, "127.0.0.1:9"), SP_ERR_FULL);
	ck_assert(wt_is_sound(wt));
	ck_assert_uint_eq(stats().conns, 5);
	tear_down();
}
END_TEST

START_TEST(a_line_of_ipv6_is_one_host)
{
	set_up();
	conf.max_host_conns = 1;
	start();
	ck_assert_int_eq(open_from(1, "[2400:1:2:3:1::9]:1"), 0);
	ck_assert_int_eq(open_from(2, "[2400:1:2:3:2::9]:1"), SP_ERR_FULL);
	ck_assert_int_eq(open_from(2, "[2400:1:2:4::9]:1"), 0);
	tear_down();
}
END_TEST

START_TEST(a_connection_with_too_many_peers_loses_its_oldest)
{
	set_up();
	conf.max_conn_peers = 2;
	start();
	crowd(2);
	join(2, 1, 2, WT_LEFT_SOME, 0);
	join(1, 1, 1, WT_LEFT_SOME, 0);
	join(1, 2, 1, WT_LEFT_SOME, 1);
	join(1, 1, 1, WT_LEFT_SOME, 2);
	join(1, 3, 1, WT_LEFT_SOME, 3);
	ck_assert_uint_eq(counts(1).incomplete, 2);
	ck_assert_uint_eq(counts(2).incomplete, 0);
	ck_assert_uint_eq(counts(3).incomplete, 1);
	ck_assert_uint_eq(stats().evicted, 1);
	tear_down();
}
END_TEST

START_TEST(a_connection_has_few_peers_of_one_swarm)
{
	set_up();
	conf.max_conn_swarm = 2;
	start();
	crowd(2);
	join(2, 7, 9, WT_LEFT_SOME, 0);
	join(1, 8, 1, WT_LEFT_SOME, 0);
	join(1, 7, 1, WT_LEFT_SOME, 1);
	join(1, 7, 2, WT_LEFT_NONE, 2);
	join(1, 7, 1, WT_LEFT_SOME, 3);
	join(1, 7, 3, WT_LEFT_SOME, 4);
	ck_assert_uint_eq(counts(7).incomplete, 3);
	ck_assert_uint_eq(counts(7).complete, 0);
	ck_assert_uint_eq(counts(8).incomplete, 1);
	ck_assert_uint_eq(stats().evicted, 1);
	tear_down();
}
END_TEST

START_TEST(a_full_swarm_answers_without_keeping_or_relaying)
{
	set_up();
	conf.max_swarm_peers = 2;
	start();
	crowd(3);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(2, 7, 2, WT_LEFT_NONE, 0);
	ask(7, 3);
	offer(2);
	ck_assert_int_eq(announce(3, 1), 0);
	ck_assert(reply.full);
	ck_assert_uint_eq(n_told, 0);
	ck_assert_uint_eq(reply.counts.complete, 1);
	ck_assert_uint_eq(reply.counts.incomplete, 1);
	ck_assert_uint_eq(stats().refused_full, 1);
	/* who is in is renewed, and others may take who left's place */
	join(2, 7, 2, WT_LEFT_NONE, 1);
	wt_close(wt, 1);
	join(3, 7, 3, WT_LEFT_SOME, 2);
	tear_down();
}
END_TEST

START_TEST(of_all_peers_only_one_that_is_overdue_is_evicted)
{
	set_up();
	conf.max_peers = 2;
	start();
	crowd(3);
	join(1, 7, 1, WT_LEFT_SOME, 0);
	join(2, 8, 2, WT_LEFT_SOME, 100);
	ask(9, 3);
	ck_assert_int_eq(announce(3, 149), 0);
	ck_assert(reply.full);
	ck_assert_uint_eq(stats().swarms, 2);
	join(3, 9, 3, WT_LEFT_SOME, 150);
	ck_assert_uint_eq(counts(7).incomplete, 0);
	ck_assert_uint_eq(counts(8).incomplete, 1);
	ck_assert_uint_eq(stats().evicted, 1);
	tear_down();
}
END_TEST

START_TEST(a_connection_that_sends_too_much_is_told_to_go)
{
	set_up();
	conf.rate_bps = 1000;
	conf.burst_bytes = 2000;
	start();
	ck_assert_int_eq(open_from(1, "5.0.0.1"), 0);
	ck_assert_int_eq(open_from(2, "127.0.0.1"), 0);
	ck_assert_int_eq(wt_charge(wt, 1, 1500, 0), 0);
	ck_assert_int_eq(wt_charge(wt, 1, 1, 0), 0);
	ck_assert_int_eq(wt_charge(wt, 1, 1, 0), SP_ERR_LIMIT);
	ck_assert_int_eq(wt_charge(wt, 1, 1, SP_S), 0);
	ck_assert_int_eq(wt_charge(wt, 2, 1 << 20, 0), 0);
	ck_assert_int_eq(wt_charge(wt, 3, 1, 0), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(a_dropped_swarm_is_empty_and_the_others_stay)
{
	const uint8_t *ih;
	struct wt_counts c;
	uint32_t n = 0;
	size_t it = 0;

	set_up();
	start();
	crowd(30);
	for (uint32_t i = 1; i <= 30; i++)
		join(i, (uint8_t)(i % 3), (uint8_t)i,
		    i % 2 ? WT_LEFT_SOME : WT_LEFT_NONE, 0);
	while ((ih = wt_swarm_next(wt, &it, &c)) != NULL) {
		ck_assert_uint_eq(c.complete + c.incomplete, 10);
		n++;
		if (ih[0] == 1)
			ck_assert_int_eq(wt_drop(wt, ih), 0);
	}
	ck_assert_uint_eq(n, 3);
	ck_assert(wt_is_sound(wt));
	ck_assert_uint_eq(stats().swarms, 2);
	ck_assert_uint_eq(stats().peers, 20);
	ck_assert_int_eq(wt_drop(wt, (const uint8_t[20]){ 9 }),
	    SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(a_tick_removes_a_bounded_number)
{
	uint8_t id[2];

	set_up();
	conf.max_conn_peers = conf.max_conn_swarm = UINT32_MAX;
	start();
	crowd(1);
	for (uint32_t i = 0; i < 5000; i++) {
		ask(7, 1);
		id[0] = (uint8_t)i;
		id[1] = (uint8_t)(i >> 8);
		memcpy(ann.peer_id, id, 2);
		ck_assert_int_eq(wt_announce(wt, 1, &ann, 0), 0);
	}
	ck_assert_int_eq(wt_tick(wt, 360 * SP_S), WT_TICK_MAX);
	ck_assert_int_eq(wt_tick(wt, 360 * SP_S), 5000 - WT_TICK_MAX);
	ck_assert_int_eq(wt_tick(wt, 360 * SP_S), 0);
	tear_down();
}
END_TEST

START_TEST(bad_settings_are_refused)
{
	set_up();
	conf.interval_s = 9;
	ck_assert_int_eq(wt_new(&wt, &conf, &fm.mem, 1, 0), SP_ERR_ARG);
	wt_conf_init(&conf);
	conf.max_peers = 0;
	ck_assert_int_eq(wt_new(&wt, &conf, &fm.mem, 1, 0), SP_ERR_ARG);
	wt_conf_init(&conf);
	conf.max_conns = 0;
	ck_assert_int_eq(wt_new(&wt, &conf, &fm.mem, 1, 0), SP_ERR_ARG);
	wt_free(NULL);
	failmem_check(&fm);
}
END_TEST

/* Else all sockets of a host would fill one after the other. */
START_TEST(peers_that_are_taken_over_count)
{
	set_up();
	conf.max_conn_peers = 2;
	start();
	ck_assert_int_eq(open_from(1, "5.0.0.1:1"), 0);
	ck_assert_int_eq(open_from(2, "5.0.0.1:2"), 0);
	for (uint8_t i = 0; i < 20; i++) {
		join(1, i, 1, WT_LEFT_SOME, 0);
		join(2, i, 1, WT_LEFT_SOME, 0);
	}
	ck_assert_uint_eq(stats().peers, 2);
	join(1, 99, 1, WT_LEFT_SOME, 0);
	ck_assert_uint_eq(stats().peers, 3);
	tear_down();
}
END_TEST

UNIT_MAIN("wt_full", connections_are_bounded_in_all_and_by_host,
    a_line_of_ipv6_is_one_host,
    a_connection_with_too_many_peers_loses_its_oldest,
    a_connection_has_few_peers_of_one_swarm,
    a_full_swarm_answers_without_keeping_or_relaying,
    of_all_peers_only_one_that_is_overdue_is_evicted,
    a_connection_that_sends_too_much_is_told_to_go,
    a_dropped_swarm_is_empty_and_the_others_stay,
    a_tick_removes_a_bounded_number, bad_settings_are_refused,
    peers_that_are_taken_over_count)
