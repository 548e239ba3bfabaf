#include "test/unit/registry_help.h"

START_TEST(peers_meet_and_never_meet_themselves)
{
	set_up();
	start();
	ck_assert_uint_eq(join("5.0.0.1", 1, 1001, 9, 0), 0);
	ck_assert_uint_eq(join("5.0.0.2", 1, 1002, 9, 1), 1);
	ck_assert_uint_eq(got[0].addr.port, 1001);
	ck_assert(got[0].has_id && got[0].peer_id[1] == (1001 & 0xff));
	ck_assert_uint_eq(join("5.0.0.1", 1, 1001, 9, 2), 1);
	ck_assert_uint_eq(got[0].addr.port, 1002);
	ck_assert_uint_eq(ans.incomplete, 2);
	ck_assert_uint_eq(ans.complete, 0);
	tear_down();
}
END_TEST

START_TEST(swarms_are_apart)
{
	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	ck_assert_uint_eq(join("5.0.0.2", 2, 1002, 9, 1), 0);
	ck_assert_uint_eq(stats().swarms, 2);
	tear_down();
}
END_TEST

START_TEST(families_are_apart)
{
	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	ck_assert_uint_eq(join("2600::1", 1, 1002, 9, 0), 0);
	ck_assert_uint_eq(join("2600::2", 1, 1003, 9, 0), 1);
	ck_assert_uint_eq(got[0].addr.family, 6);
	ck_assert_uint_eq(ans.incomplete, 3);
	ck_assert_uint_eq(stats().peers6, 2);
	ck_assert_uint_eq(stats().peers4, 1);
	tear_down();
}
END_TEST

START_TEST(mapped_v6_is_v4)
{
	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	ck_assert_uint_eq(join("::ffff:5.0.0.2", 1, 1002, 9, 0), 1);
	tear_down();
}
END_TEST

START_TEST(seeders_are_not_handed_to_seeders)
{
	set_up();
	start();
	join("5.0.0.1", 1, 1001, 0, 0);
	ck_assert_uint_eq(join("5.0.0.2", 1, 1002, 0, 0), 0);
	ck_assert_uint_eq(join("5.0.0.3", 1, 1003, 9, 0), 2);
	ck_assert_uint_eq(join("5.0.0.1", 1, 1001, 0, 0), 1);
	ck_assert(has(1003));
	ck_assert_uint_eq(ans.complete, 2);
	ck_assert_uint_eq(stats().seeders, 2);
	tear_down();
}
END_TEST

START_TEST(becoming_a_seeder_moves_the_peer)
{
	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	join("5.0.0.1", 1, 1001, 0, 1);
	ck_assert_uint_eq(ans.complete, 1);
	ck_assert_uint_eq(ans.incomplete, 0);
	join("5.0.0.1", 1, 1001, 9, 2);
	ck_assert_uint_eq(ans.complete, 0);
	tear_down();
}
END_TEST

START_TEST(stopped_removes_and_tells_nobody)
{
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	join("5.0.0.2", 1, 1002, 9, 0);
	a.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(announce("5.0.0.1", &a, 1), 0);
	ck_assert_uint_eq(ans.n_peers, 0);
	ck_assert_uint_eq(ans.incomplete, 1);
	ck_assert_uint_ge(ans.interval_s, 60);
	ck_assert_uint_eq(stats().stopped, 1);
	/* Again, and in a swarm that is not there. */
	ck_assert_int_eq(announce("5.0.0.1", &a, 1), 0);
	a = ask(9, 1001, 9);
	a.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(announce("5.0.0.1", &a, 1), 0);
	ck_assert_uint_eq(stats().swarms, 1);
	ck_assert_uint_eq(stats().stopped, 1);
	tear_down();
}
END_TEST

START_TEST(stopped_needs_the_peer_id_of_the_entry)
{
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	a.event = TW_EVENT_STOPPED;
	a.peer_id[5] = 'x';
	ck_assert_int_eq(announce("5.0.0.1", &a, 1), 0);
	ck_assert_uint_eq(stats().peers, 1);
	tear_down();
}
END_TEST

START_TEST(the_last_peer_takes_its_swarm_along)
{
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	a.event = TW_EVENT_STOPPED;
	announce("5.0.0.1", &a, 1);
	ck_assert_uint_eq(stats().swarms, 0);
	join("5.0.0.1", 3, 1001, 9, 2);
	ck_assert_uint_eq(stats().swarms, 1);
	tear_down();
}
END_TEST

START_TEST(what_cannot_be_dialled_is_refused)
{
	static const char *const bad[] = { "0.1.2.3", "224.0.0.1",
		"255.255.255.255", "ff02::1", "::" };
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	for (size_t i = 0; i < SP_LEN(bad); i++)
		ck_assert_int_eq(announce(bad[i], &a, 0), SP_ERR_RANGE);
	a.port = 0;
	ck_assert_int_eq(announce("5.0.0.1", &a, 0), SP_ERR_RANGE);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

START_TEST(a_claimed_address_is_ignored)
{
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	a.ip = ip("9.9.9.9");
	announce("5.0.0.1", &a, 0);
	join("5.0.0.2", 1, 1002, 9, 0);
	ck_assert_uint_eq(got[0].addr.ip[0], 5);
	tear_down();
}
END_TEST

/* One peer of each scope; how many of them |from| is handed. */
static size_t
scopes_handed(enum scope_lan lan, const char *from)
{
	size_t n;

	set_up();
	conf.lan = lan;
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	join("192.168.0.1", 1, 1002, 9, 0);
	join("127.0.0.1", 1, 1003, 9, 0);
	n = join(from, 1, 1004, 9, 0);
	tear_down();
	return n;
}

START_TEST(private_addresses_stay_among_themselves)
{
	ck_assert_uint_eq(scopes_handed(SCOPE_LAN_AUTO, "5.0.0.2"), 1);
	ck_assert_uint_eq(scopes_handed(SCOPE_LAN_AUTO, "10.0.0.2"), 2);
	ck_assert_uint_eq(scopes_handed(SCOPE_LAN_AUTO, "127.0.0.2"), 3);
	ck_assert_uint_eq(scopes_handed(SCOPE_LAN_YES, "5.0.0.2"), 3);
	ck_assert_uint_eq(scopes_handed(SCOPE_LAN_NO, "127.0.0.2"), 1);
}
END_TEST

START_TEST(without_lan_private_peers_are_answered_but_not_stored)
{
	set_up();
	conf.lan = SCOPE_LAN_NO;
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	ck_assert_uint_eq(join("10.0.0.1", 1, 1002, 9, 0), 1);
	ck_assert_int_eq(ans.store, SP_ERR_DENIED);
	ck_assert_uint_eq(stats().peers, 1);
	ck_assert_uint_eq(stats().refused_denied, 1);
	tear_down();
}
END_TEST

START_TEST(numwant_has_a_default_and_a_cap)
{
	static const struct {
		int32_t numwant;
		size_t n;
	} t[] = { { -1, 50 }, { 0, 50 }, { 1, 1 }, { 7, 7 }, { 200, 200 },
		{ INT32_MAX, 200 }, { INT32_MIN, 50 } };
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	crowd(300, 0);
	for (size_t i = 0; i < SP_LEN(t); i++) {
		a.numwant = t[i].numwant;
		ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
		ck_assert_uint_eq(ans.n_peers, t[i].n);
	}
	tear_down();
}
END_TEST

START_TEST(a_sample_has_no_peer_twice)
{
	bool seen[400];

	set_up();
	start();
	crowd(77, 0);
	for (int k = 0; k < 50; k++) {
		memset(seen, 0, sizeof(seen));
		ck_assert_uint_eq(join("5.0.0.1", 1, 1001, 9, 0), 50);
		for (size_t i = 0; i < ans.n_peers; i++) {
			ck_assert_uint_ge(got[i].addr.port, 2000);
			ck_assert(!seen[got[i].addr.port - 2000]);
			seen[got[i].addr.port - 2000] = true;
		}
	}
	tear_down();
}
END_TEST

START_TEST(samples_are_fair)
{
	uint32_t count[300] = { 0 };

	set_up();
	start();
	crowd(300, 0);
	for (int k = 0; k < 3000; k++) {
		join("5.0.0.1", 1, 1001, 9, 0);
		for (size_t i = 0; i < ans.n_peers; i++)
			count[got[i].addr.port - 2000]++;
	}
	/* Mean 500, standard deviation 20: six of them. */
	for (size_t i = 0; i < SP_LEN(count); i++) {
		ck_assert_uint_gt(count[i], 380);
		ck_assert_uint_lt(count[i], 620);
	}
	tear_down();
}
END_TEST

START_TEST(twenty_samples_reach_most_of_the_swarm)
{
	bool seen[300] = { false };
	size_t n = 0;
	struct tw_announce a = ask(1, 1001, 9);

	set_up();
	start();
	crowd(300, 0);
	a.numwant = 20;
	for (int k = 0; k < 20; k++) {
		announce("5.0.0.1", &a, 0);
		for (size_t i = 0; i < ans.n_peers; i++) {
			n += !seen[got[i].addr.port - 2000];
			seen[got[i].addr.port - 2000] = true;
		}
	}
	/* The others reach 217 and 234 of 301; the mean of fair ones is 221. */
	ck_assert_uint_ge(n, 195);
	tear_down();
}
END_TEST

UNIT_MAIN("registry", peers_meet_and_never_meet_themselves, swarms_are_apart,
    families_are_apart, mapped_v6_is_v4, seeders_are_not_handed_to_seeders,
    becoming_a_seeder_moves_the_peer, stopped_removes_and_tells_nobody,
    stopped_needs_the_peer_id_of_the_entry, the_last_peer_takes_its_swarm_along,
    what_cannot_be_dialled_is_refused, a_claimed_address_is_ignored,
    private_addresses_stay_among_themselves,
    without_lan_private_peers_are_answered_but_not_stored,
    numwant_has_a_default_and_a_cap, a_sample_has_no_peer_twice,
    samples_are_fair, twenty_samples_reach_most_of_the_swarm)
