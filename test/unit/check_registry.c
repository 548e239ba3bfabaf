#include "tracker/registry.h"

#include "test/unit/unit.h"
#include "base/log.h"
#include "base/rng.h"

/* One tracker with an asker's announce; times are seconds from 0. */
static struct failmem fm;
static struct registry_conf conf;
static struct registry *reg;
static struct tw_peer got[LIM_NUMWANT];
static struct registry_answer ans;

static void
start(void)
{
	ck_assert_int_eq(registry_new(&reg, &conf, &fm.mem, 1, 0), 0);
}

static void
set_up(void)
{
	failmem_init(&fm);
	registry_conf_init(&conf);
}

static void
tear_down(void)
{
	ck_assert(registry_is_sound(reg));
	registry_free(reg);
	failmem_check(&fm);
}

static struct sp_addr
ip(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

/* An announce of swarm |swarm|; the peer-id is made of the port. */
static struct tw_announce
ask(uint8_t swarm, uint16_t port, uint64_t left)
{
	struct tw_announce a = { .port = port, .left = left, .numwant = -1 };

	memset(a.info_hash, swarm, sizeof(a.info_hash));
	memset(a.peer_id, 'a', sizeof(a.peer_id));
	a.peer_id[0] = (uint8_t)(port >> 8);
	a.peer_id[1] = (uint8_t)port;
	return a;
}

static int
announce(const char *from, const struct tw_announce *a, int s)
{
	struct sp_addr addr = ip(from);

	return registry_announce(reg, a, &addr, false, got, LIM_NUMWANT, &ans,
	    s * SP_S);
}

static size_t
join(const char *from, uint8_t swarm, uint16_t port, uint64_t left, int s)
{
	struct tw_announce a = ask(swarm, port, left);

	ck_assert_int_eq(announce(from, &a, s), 0);
	return ans.n_peers;
}

static bool
has(uint16_t port)
{
	for (size_t i = 0; i < ans.n_peers; i++) {
		if (got[i].addr.port == port)
			return true;
	}
	return false;
}

static struct registry_stats
stats(void)
{
	struct registry_stats st;

	registry_stats(reg, &st);
	return st;
}

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
scopes_handed(enum registry_lan lan, const char *from)
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
	ck_assert_uint_eq(scopes_handed(REGISTRY_LAN_AUTO, "5.0.0.2"), 1);
	ck_assert_uint_eq(scopes_handed(REGISTRY_LAN_AUTO, "10.0.0.2"), 2);
	ck_assert_uint_eq(scopes_handed(REGISTRY_LAN_AUTO, "127.0.0.2"), 3);
	ck_assert_uint_eq(scopes_handed(REGISTRY_LAN_YES, "5.0.0.2"), 3);
	ck_assert_uint_eq(scopes_handed(REGISTRY_LAN_NO, "127.0.0.2"), 1);
}
END_TEST

START_TEST(without_lan_private_peers_are_answered_but_not_stored)
{
	set_up();
	conf.lan = REGISTRY_LAN_NO;
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	ck_assert_uint_eq(join("10.0.0.1", 1, 1002, 9, 0), 1);
	ck_assert_int_eq(ans.store, SP_ERR_DENIED);
	ck_assert_uint_eq(stats().peers, 1);
	ck_assert_uint_eq(stats().refused_denied, 1);
	tear_down();
}
END_TEST

static void
crowd(uint32_t n, int s)
{
	char from[32];

	for (uint32_t i = 0; i < n; i++) {
		log_format(from, sizeof(from), "5.1.%u.%u", i / 250,
		    i % 250 + 1);
		join(from, 1, (uint16_t)(2000 + i), 9, s);
	}
}

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

START_TEST(full_swarms_answer_without_storing)
{
	set_up();
	conf.max_swarm_peers = 2;
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	join("5.0.0.2", 1, 1002, 9, 0);
	ck_assert_uint_eq(join("5.0.0.3", 1, 1003, 9, 0), 2);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(ans.incomplete, 2);
	/* Who is in is renewed. */
	join("5.0.0.2", 1, 1002, 9, 0);
	ck_assert_int_eq(ans.store, 0);
	ck_assert_uint_eq(stats().refused_full, 1);
	tear_down();
}
END_TEST

START_TEST(all_peers_and_swarms_are_bounded)
{
	set_up();
	conf.max_peers = 2;
	conf.max_swarms = 2;
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	join("5.0.0.2", 2, 1002, 9, 0);
	join("5.0.0.3", 3, 1003, 9, 0);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(join("5.0.0.3", 2, 1003, 9, 0), 1);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(stats().swarms, 2);
	tear_down();
}
END_TEST

START_TEST(a_full_table_of_peers_leaves_no_empty_swarm)
{
	set_up();
	conf.max_peers = 1;
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	ck_assert_uint_eq(join("5.0.0.2", 2, 1002, 9, 0), 0);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(ans.incomplete, 0);
	ck_assert_uint_eq(stats().swarms, 1);
	tear_down();
}
END_TEST

START_TEST(ports_of_one_address_are_bounded_but_for_loopback)
{
	set_up();
	conf.max_ip_ports = 2;
	start();
	for (uint16_t p = 1; p <= 4; p++)
		join("5.0.0.1", 1, p, 9, 0);
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	ck_assert_uint_eq(ans.incomplete, 2);
	join("5.0.0.1", 2, 4, 9, 0);
	ck_assert_int_eq(ans.store, 0);
	for (uint16_t p = 1; p <= 4; p++)
		join("127.0.0.1", 1, p, 9, 0);
	ck_assert_int_eq(ans.store, 0);
	ck_assert_uint_eq(ans.incomplete, 6);
	tear_down();
}
END_TEST

START_TEST(silent_peers_expire_and_others_do_not)
{
	set_up();
	start();
	join("5.0.0.1", 1, 1001, 9, 0);
	join("5.0.0.2", 1, 1002, 9, 0);
	join("5.0.0.2", 1, 1002, 9, 1600);
	/* Told at most 1980 s: kept 1980 + 990 + 30 and a bucket. */
	registry_tick(reg, 3016 * SP_S);
	ck_assert_uint_eq(stats().peers, 1);
	ck_assert_uint_eq(stats().expired, 1);
	ck_assert_uint_eq(join("5.0.0.1", 1, 1001, 9, 3017), 1);
	ck_assert(has(1002));
	tear_down();
}
END_TEST

START_TEST(nobody_expires_within_the_interval)
{
	set_up();
	start();
	crowd(100, 0);
	registry_tick(reg, 2400 * SP_S);
	ck_assert_uint_eq(stats().peers, 100);
	tear_down();
}
END_TEST

START_TEST(a_long_silence_empties_everything)
{
	set_up();
	start();
	crowd(100, 0);
	ck_assert_int_eq(registry_tick(reg, 1000000 * SP_S), 100);
	ck_assert_uint_eq(stats().swarms, 0);
	ck_assert(registry_deadline(reg) == SP_NEVER);
	tear_down();
}
END_TEST

START_TEST(a_tick_removes_a_bounded_number)
{
	set_up();
	conf.max_ip_ports = 65535;
	start();
	for (uint32_t i = 1; i <= 5000; i++)
		join("5.0.0.1", 1, (uint16_t)i, 9, 0);
	ck_assert_int_eq(registry_tick(reg, 9000 * SP_S), REGISTRY_TICK_MAX);
	ck_assert_int_eq(registry_tick(reg, 9000 * SP_S),
	    5000 - REGISTRY_TICK_MAX);
	ck_assert_int_eq(registry_tick(reg, 9000 * SP_S), 0);
	tear_down();
}
END_TEST

START_TEST(the_deadline_is_the_next_bucket)
{
	set_up();
	start();
	ck_assert(registry_deadline(reg) == SP_NEVER);
	join("5.0.0.1", 1, 1001, 9, 3);
	ck_assert(registry_deadline(reg) == 8 * SP_S);
	registry_tick(reg, 8 * SP_S);
	ck_assert(registry_deadline(reg) == 16 * SP_S);
	tear_down();
}
END_TEST

START_TEST(ordinary_intervals_are_jittered)
{
	uint32_t lo = UINT32_MAX, hi = 0;

	set_up();
	start();
	for (int i = 0; i < 500; i++) {
		join("5.0.0.1", 1, 1001, 9, 0);
		lo = SP_MIN(lo, ans.interval_s);
		hi = SP_MAX(hi, ans.interval_s);
	}
	ck_assert_uint_ge(lo, 1620);
	ck_assert_uint_lt(lo, 1640);
	ck_assert_uint_le(hi, 1980);
	ck_assert_uint_gt(hi, 1960);
	ck_assert_uint_eq(ans.min_interval_s, 60);
	tear_down();
}
END_TEST

static uint32_t
live_interval(uint16_t port, int s)
{
	struct tw_announce a = ask(1, port, 9);
	struct sp_addr from = ip("5.0.0.1");

	ck_assert_int_eq(
	    registry_announce(reg, &a, &from, true, got, 50, &ans, s * SP_S),
	    0);
	return ans.interval_s;
}

START_TEST(live_intervals_are_short_at_first)
{
	uint32_t s;

	set_up();
	start();
	ck_assert_uint_eq(live_interval(1, 10), 30);
	ck_assert_uint_eq(live_interval(1, 70), 30);
	ck_assert_uint_eq(live_interval(1, 129), 30);
	ck_assert_uint_eq(ans.min_interval_s, REGISTRY_LIVE_MIN_S);
	for (int i = 0; i < 100; i++) {
		s = live_interval(1, 130);
		ck_assert_uint_ge(s, 108);
		ck_assert_uint_le(s, 132);
	}
	ck_assert_uint_eq(live_interval(2, 131), 30);
	/* Silence of 1.5 intervals and the grace, and it is forgotten. */
	registry_tick(reg, 380 * SP_S);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

START_TEST(another_peer_id_is_a_young_peer)
{
	struct tw_announce a = ask(1, 1, 9);
	struct sp_addr from = ip("5.0.0.1");

	set_up();
	start();
	live_interval(1, 0);
	a.peer_id[9] = 'x';
	registry_announce(reg, &a, &from, true, got, 50, &ans, 200 * SP_S);
	ck_assert_uint_eq(ans.interval_s, 30);
	ck_assert_uint_eq(ans.incomplete, 1);
	tear_down();
}
END_TEST

START_TEST(downloads_are_counted_once)
{
	struct tw_announce a = ask(1, 1001, 0);
	struct tw_scrape_entry e;

	set_up();
	start();
	a.event = TW_EVENT_COMPLETED;
	announce("5.0.0.1", &a, 0);
	announce("5.0.0.1", &a, 1);
	join("5.0.0.2", 1, 1002, 9, 1);
	ck_assert(registry_scrape(reg, a.info_hash, &e));
	ck_assert_uint_eq(e.downloaded, 1);
	ck_assert_uint_eq(e.complete, 1);
	ck_assert_uint_eq(e.incomplete, 1);
	a = ask(7, 1, 1);
	ck_assert(!registry_scrape(reg, a.info_hash, &e));
	ck_assert_uint_eq(e.incomplete, 0);
	ck_assert_mem_eq(e.info_hash, a.info_hash, LINK_INFOHASH_LEN);
	tear_down();
}
END_TEST

START_TEST(swarms_can_be_walked_and_dropped)
{
	struct tw_scrape_entry e;
	size_t it = 0, n = 0;

	set_up();
	start();
	for (uint8_t s = 1; s <= 20; s++) {
		join("5.0.0.1", s, 1001, 9, 0);
		join("5.0.0.2", s, 1002, 0, 0);
	}
	while (registry_next(reg, &it, &e)) {
		n++;
		if (e.info_hash[0] % 2 == 0)
			ck_assert_int_eq(registry_drop(reg, e.info_hash), 0);
	}
	ck_assert_uint_eq(n, 20);
	ck_assert_uint_eq(stats().swarms, 10);
	ck_assert_uint_eq(stats().peers, 20);
	memset(e.info_hash, 2, sizeof(e.info_hash));
	ck_assert_int_eq(registry_drop(reg, e.info_hash), SP_ERR_NOTFOUND);
	tear_down();
}
END_TEST

START_TEST(same_seed_and_inputs_give_the_same_peers)
{
	uint16_t first[50];

	for (int round = 0; round < 2; round++) {
		set_up();
		start();
		crowd(200, 0);
		join("5.0.0.1", 1, 1001, 9, 0);
		for (size_t i = 0; i < 50; i++) {
			if (round == 0)
				first[i] = got[i].addr.port;
			ck_assert_uint_eq(got[i].addr.port, first[i]);
		}
		tear_down();
	}
}
END_TEST

START_TEST(bad_configurations_are_refused)
{
	struct registry_conf good;

	set_up();
	good = conf;
#define REFUSED(field, value)                                              \
	do {                                                               \
		conf = good;                                               \
		conf.field = value;                                        \
		ck_assert_int_eq(registry_new(&reg, &conf, &fm.mem, 1, 0), \
		    SP_ERR_ARG);                                           \
		ck_assert_ptr_null(reg);                                   \
	} while (0)
	REFUSED(interval_s, 59);
	REFUSED(interval_s, 86401);
	REFUSED(min_interval_s, 1801);
	REFUSED(max_peers, 0);
	REFUSED(max_peers, UINT32_MAX);
	REFUSED(max_swarms, 0);
	REFUSED(max_swarm_peers, 0);
	REFUSED(max_ip_ports, 0);
	REFUSED(numwant, LIM_NUMWANT + 1);
	REFUSED(lan, (enum registry_lan)9);
	failmem_check(&fm);
	registry_free(NULL);
}
END_TEST

START_TEST(lack_of_memory_is_survived)
{
	struct registry_conf c;

	registry_conf_init(&c);
	FAILMEM_EACH (&fm) {
		if (registry_new(&reg, &c, &fm.mem, 1, 0) < 0)
			continue;
		for (uint16_t p = 1; p <= 40; p++) {
			join("5.0.0.1", (uint8_t)(p % 12), p, 9, 0);
			ck_assert(ans.store == 0 || ans.store == SP_ERR_NOMEM);
			ck_assert(registry_is_sound(reg));
		}
		ck_assert_uint_eq(stats().peers + stats().refused_nomem, 40);
		registry_free(reg);
	}
}
END_TEST

/* A long random walk; everything must agree after each step. */
START_TEST(random_walks_stay_sound)
{
	struct tw_announce a;
	struct sp_rng rng;
	char from[32];
	int s = 0;

	set_up();
	conf.max_peers = 60;
	conf.max_swarms = 4;
	conf.max_swarm_peers = 30;
	conf.max_ip_ports = 3;
	start();
	rng_seed(&rng, 7);
	for (int i = 0; i < 4000; i++) {
		a = ask((uint8_t)rng_below(&rng, 6),
		    (uint16_t)rng_below(&rng, 6), rng_below(&rng, 2));
		a.event = (enum tw_event)rng_below(&rng, 4);
		log_format(from, sizeof(from),
		    (const char *[]){ "5.0.0.%u", "10.0.0.%u", "127.0.0.%u",
			"2600::%u", "fd00::%u" }[rng_below(&rng, 5)],
		    (unsigned)rng_below(&rng, 9));
		s += (int)rng_below(&rng, 200);
		(void)announce(from, &a, s);
		ck_assert_uint_le(stats().peers, 60);
		ck_assert(registry_is_sound(reg));
	}
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
    full_swarms_answer_without_storing, all_peers_and_swarms_are_bounded,
    a_full_table_of_peers_leaves_no_empty_swarm,
    ports_of_one_address_are_bounded_but_for_loopback,
    silent_peers_expire_and_others_do_not, nobody_expires_within_the_interval,
    a_long_silence_empties_everything, a_tick_removes_a_bounded_number,
    the_deadline_is_the_next_bucket, ordinary_intervals_are_jittered,
    live_intervals_are_short_at_first, another_peer_id_is_a_young_peer,
    downloads_are_counted_once, swarms_can_be_walked_and_dropped,
    same_seed_and_inputs_give_the_same_peers, bad_configurations_are_refused,
    lack_of_memory_is_survived, random_walks_stay_sound)
