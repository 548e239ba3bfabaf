#include "test/unit/plain_help.h"

START_TEST(peers_meet_and_never_meet_themselves)
{
	set_up();
	start();
	ck_assert_uint_eq(join(1, "5.0.0.1", 1001, false, 0), 0);
	ck_assert_uint_eq(join(1, "5.0.0.2", 1002, false, 1), 1);
	unit_hex_eq(got, 6, "05000001 03e9");
	ck_assert_uint_eq(join(1, "5.0.0.1", 1001, false, 2), 1);
	unit_hex_eq(got, 6, "05000002 03ea");
	ck_assert_uint_eq(ans.incomplete, 2);
	ck_assert_uint_eq(ans.complete, 0);
	ck_assert_int_eq(ans.store, 0);
	tear_down();
}
END_TEST

START_TEST(swarms_and_families_are_apart)
{
	set_up();
	start();
	join(1, "5.0.0.1", 1001, false, 0);
	ck_assert_uint_eq(join(2, "5.0.0.2", 1002, false, 0), 0);
	ck_assert_uint_eq(join(1, "2600::1", 1003, false, 0), 0);
	ck_assert_uint_eq(join(1, "2600::2", 1004, false, 0), 1);
	unit_hex_eq(got, 18, "26000000000000000000000000000001 03eb");
	ck_assert_uint_eq(ans.incomplete, 3);
	ck_assert_uint_eq(join(1, "::ffff:5.0.0.3", 1005, false, 0), 1);
	ck_assert_uint_eq(port_at(0, 6), 1001);
	ck_assert_uint_eq(stats().swarms, 2);
	ck_assert_uint_eq(stats().peers4, 3);
	ck_assert_uint_eq(stats().peers6, 2);
	tear_down();
}
END_TEST

START_TEST(seeders_are_not_handed_to_seeders)
{
	set_up();
	start();
	join(1, "5.0.0.1", 1001, true, 0);
	ck_assert_uint_eq(join(1, "5.0.0.2", 1002, true, 0), 0);
	ck_assert_uint_eq(join(1, "5.0.0.3", 1003, false, 0), 2);
	ck_assert_uint_eq(join(1, "5.0.0.1", 1001, true, 0), 1);
	ck_assert(has(1003, 6));
	ck_assert_uint_eq(ans.complete, 2);
	/* It begins anew: its data was bad. */
	join(1, "5.0.0.1", 1001, false, 1);
	ck_assert_uint_eq(ans.complete, 1);
	ck_assert_uint_eq(stats().seeders, 1);
	tear_down();
}
END_TEST

START_TEST(stopped_removes_and_tells_nobody)
{
	set_up();
	start();
	join(1, "5.0.0.1", 1001, false, 0);
	join(1, "5.0.0.2", 1002, true, 0);
	leave(1, "5.0.0.1", 1001, 1);
	ck_assert_uint_eq(ans.incomplete, 0);
	ck_assert_uint_eq(ans.complete, 1);
	ck_assert_uint_ge(ans.interval_s, 60);
	/* Again, of no port, and in a swarm that is not there. */
	leave(1, "5.0.0.1", 1001, 1);
	leave(1, "5.0.0.2", 0, 1);
	leave(9, "5.0.0.2", 1002, 1);
	ck_assert_uint_eq(stats().stopped, 1);
	ck_assert_uint_eq(stats().swarms, 1);
	leave(1, "5.0.0.2", 1002, 1);
	ck_assert_uint_eq(stats().swarms, 0);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

START_TEST(what_cannot_be_dialled_is_refused)
{
	static const char *const bad[] = { "0.1.2.3", "224.0.0.1", "255.1.1.1",
		"::", "ff02::1" };
	struct plain_ask a = ask(1, "5.0.0.1", 0, false);

	set_up();
	start();
	ck_assert_int_eq(tell(&a, 0), SP_ERR_RANGE);
	for (size_t i = 0; i < SP_LEN(bad); i++) {
		a = ask(1, bad[i], 1001, false);
		ck_assert_int_eq(tell(&a, 0), SP_ERR_RANGE);
	}
	a.addr.family = 0;
	ck_assert_int_eq(tell(&a, 0), SP_ERR_RANGE);
	a.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(tell(&a, 0), SP_ERR_RANGE);
	ck_assert_uint_eq(stats().announce_errors, 8);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

/* How many of a public, a private and a loopback peer |from| is handed. */
static size_t
handed(enum scope_lan lan, const char *from)
{
	size_t n;

	set_up();
	conf.lan = lan;
	start();
	join(1, "5.0.0.1", 1001, false, 0);
	join(1, "10.0.0.1", 1002, false, 0);
	join(1, "127.0.0.1", 1003, false, 0);
	n = join(1, from, 1004, false, 0);
	if (n > 0)
		ck_assert(has(1001, 6));
	tear_down();
	return n;
}

START_TEST(an_asker_gets_its_own_scope_and_wider_ones)
{
	ck_assert_uint_eq(handed(SCOPE_LAN_AUTO, "5.0.0.2"), 1);
	ck_assert_uint_eq(handed(SCOPE_LAN_AUTO, "10.0.0.2"), 2);
	ck_assert_uint_eq(handed(SCOPE_LAN_AUTO, "127.0.0.2"), 3);
	ck_assert_uint_eq(handed(SCOPE_LAN_YES, "5.0.0.2"), 3);
	ck_assert_uint_eq(handed(SCOPE_LAN_NO, "127.0.0.2"), 1);
}
END_TEST

START_TEST(lan_no_answers_private_peers_and_forgets_them)
{
	set_up();
	conf.lan = SCOPE_LAN_NO;
	start();
	join(1, "10.0.0.1", 1002, false, 0);
	ck_assert_int_eq(ans.store, SP_ERR_DENIED);
	ck_assert_uint_eq(stats().peers, 0);
	ck_assert_uint_eq(stats().refused_denied, 1);
	tear_down();
}
END_TEST

START_TEST(numwant_is_a_wish)
{
	struct plain_ask a = ask(1, "5.9.0.1", 9, false);
	static const int32_t want[] = { 0, -1, -5, 7, 200, 201, INT32_MAX };
	static const size_t n[] = { 50, 50, 50, 7, 200, 200, 200 };

	set_up();
	conf.max_ip_ports = 1000;
	start();
	for (uint16_t i = 0; i < 300; i++)
		join(1, "5.0.0.1", (uint16_t)(1000 + i), i % 2 == 0, 0);
	for (size_t i = 0; i < SP_LEN(want); i++) {
		a.numwant = want[i];
		ck_assert_int_eq(tell(&a, 0), 0);
		ck_assert_uint_eq(ans.n_peers, n[i]);
	}
	/* No more than there is room for. */
	a.numwant = 50;
	memset(got, 0xee, sizeof(got));
	ck_assert_int_eq(plain_announce(pl, &a, got, 35, &ans, 0), 0);
	ck_assert_uint_eq(ans.n_peers, 5);
	for (size_t i = 30; i < sizeof(got); i++)
		ck_assert_uint_eq(got[i], 0xee);
	ck_assert_int_eq(plain_announce(pl, &a, got, 5, &ans, 0), 0);
	ck_assert_uint_eq(ans.n_peers, 0);
	tear_down();
}
END_TEST

START_TEST(a_download_counts_once)
{
	struct plain_ask a = ask(1, "5.0.0.1", 1001, true);

	set_up();
	start();
	a.event = TW_EVENT_COMPLETED;
	tell(&a, 0);
	tell(&a, 1);
	ck_assert_uint_eq(scrape(1).downloaded, 1);
	/* Also with others between. */
	a.event = TW_EVENT_NONE;
	tell(&a, 2);
	a.event = TW_EVENT_COMPLETED;
	tell(&a, 3);
	ck_assert_uint_eq(scrape(1).downloaded, 1);
	ck_assert_uint_eq(scrape(1).complete, 1);
	tear_down();
}
END_TEST

START_TEST(a_host_has_so_many_ports)
{
	set_up();
	conf.max_ip_ports = 3;
	start();
	for (uint16_t i = 0; i < 40; i++)
		join(1, "5.0.0.9", (uint16_t)(1000 + i), false, 0);
	ck_assert_uint_eq(stats().peers, 3);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(ans.n_peers, 3);
	/* Those that are known stay, others come, and another swarm counts
	 * anew. */
	join(1, "5.0.0.9", 1001, false, 1);
	ck_assert_int_eq(ans.store, 0);
	join(1, "5.0.0.10", 1001, false, 1);
	ck_assert_int_eq(ans.store, 0);
	join(2, "5.0.0.9", 1010, false, 1);
	ck_assert_int_eq(ans.store, 0);
	/* Of a /64 one line has all. */
	for (uint16_t i = 0; i < 9; i++)
		join(1, i % 2 ? "2600::1:1" : "2600::2:2", (uint16_t)(9 + i),
		    false, 0);
	ck_assert_uint_eq(stats().peers6, 3);
	/* Private v6 hosts are each their own. */
	for (uint16_t i = 0; i < 6; i++)
		join(1, i % 2 ? "fd00::1" : "fd00::2", (uint16_t)(9 + i), false,
		    0);
	ck_assert_uint_eq(stats().peers6, 9);
	for (uint16_t i = 0; i < 40; i++)
		join(1, "127.0.0.1", (uint16_t)(1000 + i), false, 0);
	ck_assert_int_eq(ans.store, 0);
	tear_down();
}
END_TEST

START_TEST(intervals_differ_by_a_tenth)
{
	uint32_t least = UINT32_MAX, most = 0;

	set_up();
	start();
	for (int i = 0; i < 2000; i++) {
		join(1, "5.0.0.1", 1001, false, 0);
		least = SP_MIN(least, ans.interval_s);
		most = SP_MAX(most, ans.interval_s);
	}
	ck_assert_uint_ge(least, 1620);
	ck_assert_uint_le(least, 1622);
	ck_assert_uint_le(most, 1980);
	ck_assert_uint_ge(most, 1978);
	ck_assert_uint_eq(ans.min_interval_s, 60);
	tear_down();
}
END_TEST

START_TEST(live_swarms_are_told_apart)
{
	struct plain_ask a = ask(1, "5.0.0.1", 1001, false);
	static const uint8_t viewer[LINK_PEERID_LEN] = "-SP0100-abcdefghijkl";
	uint8_t ih[LINK_INFOHASH_LEN];
	struct tw_scrape_entry e;
	size_t it = 0;

	set_up();
	conf.max_swarms = 1;
	start();
	ck_assert_int_eq(tell(&a, 0), 0);
	join(1, "5.0.0.2", 1002, false, 0);
	/* Marks do not count as swarms. */
	ck_assert_int_eq(plain_set_live(pl, hash_of(7), true), 0);
	ck_assert_int_eq(plain_set_live(pl, hash_of(1), true), 0);
	ck_assert_int_eq(plain_set_live(pl, hash_of(1), true), 0);
	ck_assert_uint_eq(stats().peers, 0);
	ck_assert_int_eq(tell(&a, 1), PLAIN_LIVE);
	ck_assert_int_eq(plain_import(pl, &a, 60, SP_S), PLAIN_LIVE);
	ck_assert_int_eq(plain_scrape(pl, a.info_hash, &e), PLAIN_LIVE);
	ck_assert(plain_next_live(pl, &it, ih));
	ck_assert(plain_next_live(pl, &it, ih));
	ck_assert(!plain_next_live(pl, &it, ih));
	it = 0;
	ck_assert(!plain_next(pl, &it, &e));
	ck_assert_int_eq(plain_set_live(pl, hash_of(1), false), 0);
	ck_assert_int_eq(plain_set_live(pl, hash_of(1), false), 0);
	ck_assert_int_eq(tell(&a, 2), 0);
	/* A viewer of ours, before the seeder has published again. */
	a.peer_id = viewer;
	ck_assert_int_eq(tell(&a, 3), PLAIN_LIVE);
	a.peer_id = (const uint8_t *)"-XX0001-abcdefghijkl";
	ck_assert_int_eq(tell(&a, 3), 0);
	tear_down();
}
END_TEST

START_TEST(what_other_trackers_tell_is_kept_for_less)
{
	struct plain_ask a = ask(1, "5.0.0.1", 1001, true), b = a;

	set_up();
	start();
	ck_assert_int_eq(plain_import(pl, &a, 100, 0), 0);
	ck_assert_int_eq(plain_import(pl, &a, 10, 0), 0);
	ck_assert_uint_eq(stats().peers, 1);
	ck_assert_uint_eq(stats().foreign, 1);
	ck_assert_uint_eq(join(1, "5.0.0.2", 1002, false, 0), 1);
	ck_assert_uint_eq(ans.complete, 1);
	/* Who comes himself is known better. */
	b.addr.port = 1002;
	b.addr.ip[3] = 2;
	ck_assert_int_eq(plain_import(pl, &b, 10, 0), SP_ERR_EXISTS);
	b.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(plain_import(pl, &b, 10, 0), SP_ERR_EXISTS);
	b.addr.port = 9;
	ck_assert_int_eq(plain_import(pl, &b, 10, 0), SP_ERR_NOTFOUND);
	ck_assert_int_eq(plain_tick(pl, 100 * SP_S), 0);
	ck_assert_int_eq(plain_tick(pl, 164 * SP_S), 1);
	ck_assert_uint_eq(stats().foreign, 0);
	/* Told of, then here, then told of as gone. */
	plain_import(pl, &a, 100, 164 * SP_S);
	ck_assert_int_eq(tell(&a, 165), 0);
	ck_assert_uint_eq(stats().foreign, 0);
	plain_import(pl, &b, 100, 165 * SP_S);
	a.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(plain_import(pl, &a, 10, 165 * SP_S), SP_ERR_EXISTS);
	tear_down();
}
END_TEST

START_TEST(what_is_denied_is_refused)
{
	struct plain_ask a = ask(1, "5.0.0.1", 1001, true);
	static const char deny[] = "010000005a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a\n";
	struct tw_scrape_entry e;
	struct access *acc;

	set_up();
	ck_assert_int_eq(access_new(&acc, &fm.mem, 1), 0);
	ck_assert_int_eq(access_set(acc, ACCESS_DENY, deny, strlen(deny), NULL),
	    1);
	conf.access = acc;
	start();
	ck_assert_int_eq(tell(&a, 0), SP_ERR_DENIED);
	ck_assert_int_eq(plain_import(pl, &a, 9, 0), SP_ERR_DENIED);
	ck_assert_int_eq(plain_scrape(pl, a.info_hash, &e), SP_ERR_DENIED);
	ck_assert_uint_eq(stats().denied, 1);
	join(2, "5.0.0.1", 1001, true, 0);
	ck_assert_int_eq(plain_scrape(pl, hash_of(2), &e), 0);
	ck_assert_int_eq(plain_scrape(pl, hash_of(3), &e), SP_ERR_NOTFOUND);
	ck_assert_int_eq(plain_drop(pl, hash_of(2)), 0);
	ck_assert_int_eq(plain_drop(pl, hash_of(2)), SP_ERR_NOTFOUND);
	plain_free(pl);
	access_free(acc);
	failmem_check(&fm);
}
END_TEST

#define REFUSED(member, value)                                         \
	do {                                                           \
		set_up();                                              \
		conf.member = (value);                                 \
		ck_assert_int_eq(plain_new(&pl, &conf, &fm.mem, 1, 0), \
		    SP_ERR_ARG);                                       \
		failmem_check(&fm);                                    \
	} while (0)

START_TEST(bad_configurations_are_refused)
{
	REFUSED(interval_s, 59);
	REFUSED(interval_s, 86401);
	REFUSED(min_interval_s, 1801);
	REFUSED(max_peers, 0);
	REFUSED(max_peers, PLAIN_MAX + 1);
	REFUSED(max_swarms, 0);
	REFUSED(max_swarm_peers, 0);
	REFUSED(max_ip_ports, 0);
	REFUSED(numwant, LIM_NUMWANT + 1);
	REFUSED(lan, (enum scope_lan)9);
}
END_TEST

START_TEST(who_is_forgotten_is_in_no_swarm)
{
	struct sp_addr who = ask(1, "5.0.0.1", 0, false).addr;

	set_up();
	start();
	for (uint32_t swarm = 1; swarm <= 40; swarm++) {
		for (uint16_t port = 1; port <= swarm; port++)
			join(swarm, "5.0.0.1", port, port % 3 == 0, 0);
		if (swarm % 2 == 0)
			join(swarm, "5.0.0.2", 1, true, 0);
	}
	join(1, "2400::1", 1, false, 0);
	who.port = 3;
	ck_assert_uint_eq(plain_forget(pl, &who), 38);
	ck_assert(plain_is_sound(pl));
	ck_assert_uint_eq(scrape(40).incomplete, 27);
	ck_assert_uint_eq(scrape(40).complete, 13);
	who.port = 0;
	ck_assert_uint_eq(plain_forget(pl, &who), 820 - 38);
	ck_assert(plain_is_sound(pl));
	ck_assert_uint_eq(plain_forget(pl, &who), 0);
	ck_assert_uint_eq(stats().peers, 21);
	ck_assert_uint_eq(stats().seeders, 20);
	ck_assert_uint_eq(stats().swarms, 21);
	join(40, "5.0.0.3", 7, false, 0);
	ck_assert_uint_eq(ans.n_peers, 1);
	tear_down();
}
END_TEST

/* A look through a swarm that one call did not end goes on after it. */
START_TEST(who_is_forgotten_may_be_looked_at)
{
	struct sp_addr who = ask(1, "5.0.0.1", 0, false).addr;
	char name[32];

	set_up();
	conf.max_ip_ports = 5000;
	start();
	for (uint16_t port = 1; port <= 5000; port++) {
		join(1, "5.0.0.1", port, false, 0);
		log_format(name, sizeof(name), "6.0.%u.%u", port / 250u,
		    port % 250u);
		join(1, name, 9, false, 0);
	}
	plain_tick(pl, 4000 * SP_S);
	ck_assert_uint_gt(stats().peers, 4000);
	plain_forget(pl, &who);
	ck_assert(plain_is_sound(pl));
	for (int i = 0; i < 4; i++)
		plain_tick(pl, (4001 + 40 * i) * SP_S);
	ck_assert_uint_eq(stats().swarms, 0);
	tear_down();
}
END_TEST

START_TEST(clients_of_others_are_no_viewers)
{
	static const uint8_t bitspirit[] = "-SP3602-abcdefghijkl";
	struct plain_ask a = ask(1, "5.0.0.1", 1, false);

	set_up();
	start();
	a.peer_id = bitspirit;
	ck_assert_int_eq(tell(&a, 0), 0);
	ck_assert_uint_eq(stats().peers, 1);
	tear_down();
}
END_TEST

UNIT_MAIN("plain", peers_meet_and_never_meet_themselves,
    swarms_and_families_are_apart, seeders_are_not_handed_to_seeders,
    stopped_removes_and_tells_nobody, what_cannot_be_dialled_is_refused,
    an_asker_gets_its_own_scope_and_wider_ones,
    lan_no_answers_private_peers_and_forgets_them, numwant_is_a_wish,
    a_download_counts_once, a_host_has_so_many_ports,
    intervals_differ_by_a_tenth, live_swarms_are_told_apart,
    what_other_trackers_tell_is_kept_for_less, what_is_denied_is_refused,
    bad_configurations_are_refused, who_is_forgotten_is_in_no_swarm,
    who_is_forgotten_may_be_looked_at, clients_of_others_are_no_viewers)
