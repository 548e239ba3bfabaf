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

START_TEST(who_is_forgotten_is_handed_to_nobody)
{
	uint8_t was[LINK_PEERID_LEN], hash[LINK_INFOHASH_LEN];
	struct sp_addr who = ip("5.0.0.1:3");
	struct tw_announce a;

	set_up();
	start();
	for (uint16_t port = 1; port <= 30; port++) {
		join("5.0.0.1", 1, port, port % 3, 0);
		join("5.0.0.2", 1, port, port % 5, 0);
	}
	join("2400::1", 1, 3, 1, 0);
	memset(hash, 1, sizeof(hash));
	ck_assert_uint_eq(registry_forget(reg, hash, &who, was), 1);
	a = ask(1, 3, 0);
	ck_assert_mem_eq(was, a.peer_id, sizeof(was));
	ck_assert_uint_eq(registry_forget(reg, hash, &who, was), 0);
	who.port = 0;
	ck_assert_uint_eq(registry_forget(reg, hash, &who, was), 29);
	ck_assert(registry_is_sound(reg));
	ck_assert_uint_eq(join("5.0.0.3", 1, 1, 1, 0), 30);
	hash[0] = 2;
	ck_assert_uint_eq(registry_forget(reg, hash, &who, was), 0);
	who = ip("5.0.0.9");
	join("5.0.0.9", 9, 1, 1, 0);
	memset(hash, 9, sizeof(hash));
	ck_assert_uint_eq(registry_forget(reg, hash, &who, was), 1);
	ck_assert_uint_eq(stats().swarms, 1);
	tear_down();
}
END_TEST

/* Peer-id |k|: of a viewer of ours, or another. */
static void
set_id(uint8_t id[LINK_PEERID_LEN], unsigned k, bool ours)
{
	memset(id, (int)k, LINK_PEERID_LEN);
	memcpy(id, ours ? "-SP0100-" : "-SP0101-", 8);
}

START_TEST(peer_ids_of_all_kinds_are_told)
{
	uint8_t id[LINK_PEERID_LEN];
	struct tw_announce a;

	set_up();
	start();
	for (unsigned round = 0; round < 4; round++) {
		for (uint16_t port = 1; port <= 60; port++) {
			a = ask(1, port, 9);
			set_id(a.peer_id, port, (port + round) % 3 != 0);
			ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
			ck_assert_int_eq(ans.store, 0);
			ck_assert_uint_eq(ans.replaced,
			    round > 0 && (port + round) % 3 < 2);
		}
		ck_assert(registry_is_sound(reg));
		a = ask(1, 1000, 9);
		a.numwant = 100;
		ck_assert_int_eq(announce("5.0.0.2", &a, 0), 0);
		ck_assert_uint_eq(ans.n_peers, 60);
		for (size_t i = 0; i < ans.n_peers; i++) {
			set_id(id, got[i].addr.port,
			    (got[i].addr.port + round) % 3 != 0);
			ck_assert_mem_eq(got[i].peer_id, id, sizeof(id));
		}
	}
	tear_down();
}
END_TEST

static uint32_t
port_of(unsigned k)
{
	const struct peertab *t = registry_tab(reg);
	uint8_t hash[LINK_INFOHASH_LEN], id[LINK_PEERID_LEN];
	uint32_t i;

	memset(hash, 1, sizeof(hash));
	set_id(id, k, true);
	i = peertab_find_id(t, peertab_swarm(t, hash), id);
	return i == PEERTAB_NONE ? 0 : t->peers[i].port;
}

/* As many may say that they have it as like: only one is in the index. */
START_TEST(who_has_a_peer_id_is_found)
{
	struct tw_announce a;

	set_up();
	start();
	for (uint16_t port = 1; port <= 50; port++) {
		a = ask(1, port, 9);
		set_id(a.peer_id, 7, true);
		ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
	}
	a = ask(1, 99, 9);
	ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
	ck_assert_uint_eq(port_of(7), 1);
	ck_assert_uint_eq(port_of(8), 0);
	a = ask(1, 1, 9);
	set_id(a.peer_id, 7, true);
	a.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
	ck_assert_uint_eq(port_of(7), 0);
	a.port = 9;
	a.event = TW_EVENT_NONE;
	ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
	ck_assert_uint_eq(port_of(7), 9);
	set_id(a.peer_id, 8, true);
	ck_assert_int_eq(announce("5.0.0.1", &a, 0), 0);
	ck_assert_uint_eq(port_of(7), 0);
	ck_assert_uint_eq(port_of(8), 9);
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
    samples_are_fair, twenty_samples_reach_most_of_the_swarm,
    who_is_forgotten_is_handed_to_nobody, peer_ids_of_all_kinds_are_told,
    who_has_a_peer_id_is_found)
