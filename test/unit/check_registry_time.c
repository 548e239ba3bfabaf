#include "test/unit/registry_help.h"

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

START_TEST(many_addresses_of_one_line_are_one)
{
	char text[40];

	set_up();
	conf.max_ip_ports = 3;
	start();
	for (unsigned k = 1; k <= 4; k++) {
		snprintf(text, sizeof(text), "2400:1:2:3:%x::9", k);
		join(text, 1, 1000, 9, 0);
	}
	ck_assert_int_eq(ans.store, SP_ERR_FULL);
	join("2400:1:2:4::9", 1, 1000, 9, 0);
	ck_assert_int_eq(ans.store, 0);
	/* in a house each machine has its own */
	for (unsigned k = 1; k <= 4; k++) {
		snprintf(text, sizeof(text), "fd00:1:2:3::%x", k);
		join(text, 1, 1000, 9, 0);
		ck_assert_int_eq(ans.store, 0);
	}
	ck_assert(registry_is_sound(reg));
	registry_tick(reg, 9000 * SP_S);
	ck_assert_uint_eq(stats().peers, 0);
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

static void
watch(const char *from, uint16_t port, int track, int s)
{
	struct tw_announce a = ask(1, port, 9);
	struct sp_addr addr = ip(from);

	a.has_track = track >= 0;
	a.track = (uint8_t)SP_MAX(track, 0);
	ck_assert_int_eq(
	    registry_announce(reg, &a, &addr, true, got, 50, &ans, s * SP_S),
	    0);
}

START_TEST(viewers_are_counted_by_track)
{
	set_up();
	start();
	watch("5.0.0.1", 1, 0, 10);
	ck_assert(ans.counted);
	/* others */
	ck_assert_uint_eq(ans.viewers[0], 0);
	watch("5.0.0.2", 1, 0, 10);
	watch("5.0.0.3", 1, 31, 10);
	ck_assert_uint_eq(ans.viewers[0], 2);
	ck_assert_uint_eq(ans.viewers[31], 0);
	/* he has switched, the other one tells nothing any more */
	watch("5.0.0.1", 1, 31, 11);
	watch("5.0.0.3", 1, -1, 12);
	ck_assert_uint_eq(ans.viewers[0], 1);
	ck_assert_uint_eq(ans.viewers[31], 1);
	/* of a channel that is not live nothing is told */
	join("5.0.0.9", 1, 1, 9, 13);
	ck_assert(!ans.counted);
	for (uint16_t i = 0; i < REGISTRY_COUNTED - 4; i++)
		watch("127.0.0.1", (uint16_t)(1 + i), 5, 13);
	ck_assert(ans.counted);
	ck_assert_uint_eq(ans.viewers[5], REGISTRY_COUNTED - 5);
	watch("127.0.0.1", 2000, 5, 13);
	ck_assert(!ans.counted);
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

START_TEST(uplinks_are_kept_to_within_an_eighth)
{
	uint32_t kept, was = 0;

	ck_assert_uint_eq(peertab_up_kbps(peertab_up_pack(0)), 0);
	for (uint64_t up = 16; up <= UINT32_MAX / 2; up = up * 33 / 32 + 1) {
		kept = peertab_up_kbps(peertab_up_pack((uint32_t)up));
		ck_assert_uint_le(kept, up);
		ck_assert_uint_ge(kept, up - up / 8);
		ck_assert_uint_ge(kept, was);
		was = kept;
	}
	ck_assert_uint_gt(peertab_up_kbps(peertab_up_pack(1)), 0);
	ck_assert_uint_gt(peertab_up_kbps(peertab_up_pack(UINT32_MAX)), was);
}
END_TEST

START_TEST(what_a_viewer_tells_of_itself_is_kept)
{
	struct tw_announce a = ask(1, 1, 9);
	const struct peertab_peer *p;
	uint32_t before;

	set_up();
	start();
	announce("5.0.0.1", &a, 0);
	p = &registry_tab(reg)->peers[0];
	before = registry_tab(reg)->swarms[0].changes;
	ck_assert(!p->live && !p->reachable && p->up == 0);
	a.live = a.reachable = true;
	a.up_kbps = 8192;
	announce("5.0.0.1", &a, 70);
	ck_assert(p->live && p->reachable);
	ck_assert_uint_eq(peertab_up_kbps(p->up), 8192);
	ck_assert_uint_ne(registry_tab(reg)->swarms[0].changes, before);
	before = registry_tab(reg)->swarms[0].changes;
	/* only coming, going and changing is a change */
	a.up_kbps = 500;
	announce("5.0.0.1", &a, 140);
	ck_assert_uint_lt(peertab_up_kbps(p->up), 501);
	ck_assert_uint_eq(registry_tab(reg)->swarms[0].changes, before);
	a.peer_id[9] = 'x';
	announce("5.0.0.1", &a, 150);
	ck_assert_uint_ne(registry_tab(reg)->swarms[0].changes, before);
	ck_assert_uint_eq(registry_seconds(reg, 150 * SP_S), p->born_s);
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
	REFUSED(lan, (enum scope_lan)9);
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

START_TEST(a_viewer_takes_64_bytes)
{
	struct tw_announce a;
	struct sp_addr from = ip("5.0.0.1");
	uint32_t n = 20000;

	set_up();
	start();
	for (uint32_t i = 0; i < n; i++) {
		a = ask((uint8_t)(i % 4), (uint16_t)(1000 + i % 50), 9);
		memcpy(a.peer_id, "-SP0100-", 8);
		memcpy(a.peer_id + 8, &i, sizeof(i));
		memcpy(from.ip + 1, &(uint16_t){ (uint16_t)(i / 50) }, 2);
		ck_assert_int_eq(
		    registry_announce(reg, &a, &from, true, got, 0, &ans, 0),
		    0);
		ck_assert_int_eq(ans.store, 0);
	}
	/* A step of growth may be there for nothing. */
	ck_assert_uint_eq(stats().peers, n);
	ck_assert_uint_le(fm.live_bytes,
	    (size_t)n * 54 + (size_t)n * 45 / 4 + 16384);
	tear_down();
}
END_TEST

START_TEST(a_very_long_silence_forgets_everybody)
{
	set_up();
	start();
	crowd(50, 0);
	for (int k = 0; k < 10; k++)
		registry_tick(reg, 40000000 * SP_S);
	ck_assert_uint_eq(stats().peers, 0);
	crowd(50, 40000001);
	registry_tick(reg, 40001000 * SP_S);
	ck_assert_uint_eq(stats().peers, 50);
	registry_tick(reg, 40004000 * SP_S);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

UNIT_MAIN("registry_time", full_swarms_answer_without_storing,
    all_peers_and_swarms_are_bounded,
    a_full_table_of_peers_leaves_no_empty_swarm,
    ports_of_one_address_are_bounded_but_for_loopback,
    many_addresses_of_one_line_are_one, silent_peers_expire_and_others_do_not,
    nobody_expires_within_the_interval, a_long_silence_empties_everything,
    a_tick_removes_a_bounded_number, the_deadline_is_the_next_bucket,
    ordinary_intervals_are_jittered, live_intervals_are_short_at_first,
    viewers_are_counted_by_track, another_peer_id_is_a_young_peer,
    uplinks_are_kept_to_within_an_eighth, what_a_viewer_tells_of_itself_is_kept,
    downloads_are_counted_once, swarms_can_be_walked_and_dropped,
    same_seed_and_inputs_give_the_same_peers, bad_configurations_are_refused,
    lack_of_memory_is_survived, random_walks_stay_sound,
    a_viewer_takes_64_bytes, a_very_long_silence_forgets_everybody)
