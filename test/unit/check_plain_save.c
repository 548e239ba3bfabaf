#include "test/unit/plain_help.h"

static struct sp_buf text;

/* What |pl| has, told to another one, which |pl| is from then on. */
static int64_t
hand_over(int saved, int loaded)
{
	int64_t n;

	plain_tick(pl, saved * SP_S);
	buf_init(&text, &fm.mem, 1 << 20);
	ck_assert_int_eq(plain_save(pl, &text), 0);
	ck_assert_uint_eq(text.len, plain_save_len(pl));
	ck_assert(plain_is_sound(pl));
	plain_free(pl);
	ck_assert_int_eq(plain_new(&pl, &conf, &fm.mem, 2, loaded * SP_S), 0);
	n = plain_load(pl, text.p, text.len, loaded * SP_S);
	ck_assert(plain_is_sound(pl));
	buf_fini(&text);
	return n;
}

START_TEST(a_successor_knows_the_same_peers)
{
	struct plain_ask a;

	set_up();
	start();
	join(1, "5.6.7.1", 1001, false, 0);
	join(1, "5.6.7.2", 1002, true, 0);
	join(1, "2a00::5", 1003, false, 0);
	a = ask(1, "5.6.7.4", 1004, true);
	a.event = TW_EVENT_COMPLETED;
	ck_assert_int_eq(tell(&a, 0), 0);
	join(2, "5.6.7.8", 1005, false, 0);
	ck_assert_int_eq(hand_over(10, 99999), 5);
	ck_assert_uint_eq(stats().swarms, 2);
	ck_assert_uint_eq(stats().peers4, 4);
	ck_assert_uint_eq(stats().peers6, 1);
	ck_assert_uint_eq(stats().seeders, 2);
	ck_assert_uint_eq(scrape(1).complete, 2);
	ck_assert_uint_eq(scrape(1).incomplete, 2);
	ck_assert_uint_eq(scrape(1).downloaded, 1);
	ck_assert_uint_eq(join(1, "5.6.7.9", 1009, false, 99999), 3);
	ck_assert(has(1001, 6) && has(1002, 6) && has(1004, 6));
	/* It was counted as a download there. */
	ck_assert_int_eq(tell(&a, 99999), 0);
	ck_assert_uint_eq(scrape(1).downloaded, 1);
	tear_down();
}
END_TEST

START_TEST(nobody_lives_longer_for_it)
{
	set_up();
	start();
	join(1, "5.6.7.1", 1001, false, 0);
	join(1, "5.6.7.2", 1002, false, 1500);
	/* One and a half intervals, with jitter, and half a minute. */
	ck_assert_int_eq(hand_over(1600, 10), 2);
	plain_tick(pl, (10 + 800) * SP_S);
	ck_assert_uint_eq(stats().peers, 2);
	plain_tick(pl, (10 + 1600) * SP_S);
	ck_assert_uint_eq(stats().peers, 1);
	plain_tick(pl, (10 + 3200) * SP_S);
	ck_assert_uint_eq(stats().peers, 0);
	tear_down();
}
END_TEST

START_TEST(who_has_come_meanwhile_stays_as_he_is)
{
	struct sp_buf b;

	set_up();
	start();
	join(1, "5.6.7.1", 1001, false, 0);
	buf_init(&b, &fm.mem, 1 << 20);
	ck_assert_int_eq(plain_save(pl, &b), 0);
	join(1, "5.6.7.1", 1001, true, 1);
	ck_assert_int_eq(plain_load(pl, b.p, b.len, 2 * SP_S), 1);
	ck_assert_uint_eq(stats().peers, 1);
	ck_assert_uint_eq(stats().seeders, 1);
	buf_fini(&b);
	tear_down();
}
END_TEST

START_TEST(limits_and_lists_are_the_successors)
{
	char line[2 * LINK_INFOHASH_LEN + 1];
	struct access *access;

	set_up();
	start();
	for (uint16_t i = 1; i <= 20; i++)
		join(1 + i % 2, "5.6.7.1", i, false, 0);
	conf.max_peers = 15;
	ck_assert_int_eq(hand_over(1, 1), SP_ERR_FULL);
	ck_assert_uint_eq(stats().peers, 15);
	conf.max_ip_ports = 3;
	ck_assert_int_eq(hand_over(1, 1), 6);
	conf.max_swarm_peers = 2;
	ck_assert_int_eq(hand_over(1, 1), 4);
	conf.max_swarms = 1;
	ck_assert_int_eq(hand_over(1, 1), SP_ERR_FULL);
	ck_assert_uint_eq(stats().peers, 2);
	conf.max_swarms = 10;
	ck_assert_int_eq(hand_over(1, 1), 2);
	join(3, "5.6.7.7", 7, false, 1);
	buf_hex(line, hash_of(3), LINK_INFOHASH_LEN);
	ck_assert_int_eq(access_new(&access, &fm.mem, 1), 0);
	ck_assert_int_eq(
	    access_set(access, ACCESS_DENY, line, strlen(line), NULL), 1);
	conf.access = access;
	ck_assert_int_eq(hand_over(1, 1), 2);
	ck_assert_uint_eq(scrape(3).incomplete, 0);
	plain_free(pl);
	access_free(access);
	failmem_check(&fm);
}
END_TEST

START_TEST(a_live_channel_has_no_ordinary_peers)
{
	struct sp_buf b;

	set_up();
	start();
	join(1, "5.6.7.1", 1001, false, 0);
	join(2, "5.6.7.1", 1001, false, 0);
	buf_init(&b, &fm.mem, 1 << 20);
	ck_assert_int_eq(plain_save(pl, &b), 0);
	plain_free(pl);
	start();
	ck_assert_int_eq(plain_set_live(pl, hash_of(1), true), 0);
	ck_assert_int_eq(plain_load(pl, b.p, b.len, 0), 1);
	ck_assert_uint_eq(stats().peers, 1);
	buf_fini(&b);
	tear_down();
}
END_TEST

START_TEST(what_is_cut_or_not_ours_is_an_error)
{
	uint8_t *p;

	set_up();
	start();
	join(1, "5.6.7.1", 1001, false, 0);
	join(1, "2a00::5", 1003, true, 0);
	buf_init(&text, &fm.mem, 1 << 20);
	ck_assert_int_eq(plain_save(pl, &text), 0);
	plain_free(pl);
	for (size_t len = 0; len < text.len; len++) {
		start();
		p = malloc(len + 1); /* so that a sanitizer sees its end */
		memcpy(p, text.p, len);
		/* Behind the magic there may be no swarm at all. */
		ck_assert_int_eq(plain_load(pl, p, len, 0),
		    len == 13 ? 0 : SP_ERR_SYNTAX);
		ck_assert(plain_is_sound(pl));
		plain_free(pl);
		free(p);
	}
	for (size_t i = 0; i < text.len; i++) {
		start();
		text.p[i] ^= 0xff;
		(void)plain_load(pl, text.p, text.len, 0);
		ck_assert(plain_is_sound(pl));
		text.p[i] ^= 0xff;
		plain_free(pl);
	}
	buf_fini(&text);
	failmem_check(&fm);
}
END_TEST

/* For any allocation that fails: what was taken is there, and sound. */
START_TEST(no_memory_leaves_what_came_before)
{
	int64_t r = SP_ERR_NOMEM;

	set_up();
	start();
	for (uint16_t i = 1; i <= 60; i++)
		join(i % 3, "5.6.7.1", i, false, 0);
	buf_init(&text, &fm.mem, 1 << 20);
	ck_assert_int_eq(plain_save(pl, &text), 0);
	plain_free(pl);
	for (unsigned fail = 1; r < 0; fail++) {
		start();
		failmem_arm(&fm, fail);
		r = plain_load(pl, text.p, text.len, 0);
		failmem_arm(&fm, 0);
		ck_assert(r == SP_ERR_NOMEM || r == 60);
		ck_assert(plain_is_sound(pl));
		plain_free(pl);
	}
	buf_fini(&text);
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("plain_save", a_successor_knows_the_same_peers,
    nobody_lives_longer_for_it, who_has_come_meanwhile_stays_as_he_is,
    limits_and_lists_are_the_successors, a_live_channel_has_no_ordinary_peers,
    what_is_cut_or_not_ours_is_an_error, no_memory_leaves_what_came_before)
