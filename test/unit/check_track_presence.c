#include "tracker/presence.h"

#include "base/log.h"
#include "test/sim/signer.h"
#include "test/unit/unit.h"
#include "tracker/duties.h"
#include "tracker/track.h"

static struct failmem fm;
static struct track_conf conf;
static struct track *track;
static struct signer seed;
static struct sp_buf b;

static void
set_up(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(hash_setup(), 0);
	track_conf_init(&conf);
	conf.live.boot = 9;
	conf.max_present = 8;
	signer_init(&seed, 1);
	buf_init(&b, &fm.mem, 1 << 20);
}

static void
tear_down(void)
{
	ck_assert(track_is_sound(track));
	track_free(track);
	buf_fini(&b);
	failmem_check(&fm);
}

static struct sp_addr
ip(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

/* Viewer |k|, a fit one at 5.0.k.9, port 1000 + k. */
static void
set_id(uint8_t id[LINK_PEERID_LEN], unsigned k)
{
	memset(id, 0, LINK_PEERID_LEN);
	memcpy(id, "-SP0100-", 8);
	id[8] = (uint8_t)k;
}

static struct sp_addr
home(unsigned k)
{
	char text[32];

	log_format(text, sizeof(text), "5.0.%u.9", k);
	return ip(text);
}

/* Viewer |id| at the place of |k|. */
static void
announce_as(unsigned id, unsigned k, enum tw_event event, sp_time now)
{
	struct tw_announce a = { .port = (uint16_t)(1000 + k),
		.left = 1,
		.numwant = -1,
		.event = event,
		.live = true,
		.reachable = true,
		.up_kbps = 50000 };
	struct tw_peer peers[LIM_NUMWANT];
	struct sp_addr from = home(k);
	struct tw_reply r;

	memcpy(a.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	set_id(a.peer_id, id);
	ck_assert_int_eq(
	    track_announce(track, &a, &from, peers, LIM_NUMWANT, &r, now), 0);
}

static void
announce(unsigned k, enum tw_event event, sp_time now)
{
	announce_as(k, k, event, now);
}

static struct tw_stream
named(unsigned k)
{
	struct tw_stream s = { .named = true, .port = (uint16_t)(1000 + k) };

	set_id(s.peer_id, k);
	return s;
}

static void
open_from(const struct sp_addr *from, unsigned k, sp_time now)
{
	struct tw_stream s = named(k);

	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, from, now), 0);
}

static void
close_from(const struct sp_addr *from, unsigned k, sp_time now)
{
	struct tw_stream s = named(k);

	track_stream_close(track, seed.info_hash, &s, from, now);
}

static void
opens(unsigned k, sp_time now)
{
	struct sp_addr from = home(k);

	open_from(&from, k, now);
}

static void
closes(unsigned k, sp_time now)
{
	struct sp_addr from = home(k);

	close_from(&from, k, now);
}

static void
wake(sp_time now)
{
	uint8_t ih[LINK_INFOHASH_LEN];

	while (track_wake(track, ih, now))
		continue;
	ck_assert(track_is_sound(track));
}

static bool
on_duty(unsigned k)
{
	const struct roster *r = track_roster_get(track, seed.info_hash);
	uint8_t id[LINK_PEERID_LEN];

	set_id(id, k);
	return r != NULL && roster_find(r, id) >= 0;
}

static uint64_t
present(void)
{
	struct track_stats st;

	track_stats(track, &st);
	return st.present;
}

/* Ten viewers on duty, the first with a stream; it is second 10. */
static void
start(void)
{
	struct sp_buf body;

	set_up();
	buf_init(&body, &fm.mem, 1 << 20);
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000, 0);
	ck_assert_int_eq(
	    track_publish(track, seed.info_hash, body.p, body.len, &b, NULL, 0),
	    0);
	buf_fini(&body);
	opens(0, 0); /* before it has announced itself */
	for (unsigned k = 0; k < 10; k++)
		announce(k, TW_EVENT_STARTED, 0);
	wake(0);
	wake(10 * SP_S);
	for (unsigned k = 0; k < 10; k++)
		ck_assert(on_duty(k));
	ck_assert_uint_eq(present(), 1);
}

START_TEST(who_ends_its_stream_leaves_the_roster_a_second_later)
{
	start();
	closes(0, 10 * SP_S);
	ck_assert_uint_eq(present(), 0);
	ck_assert(track_deadline(track) <= 10 * SP_S + DUTIES_GAP);
	wake(10 * SP_S + DUTIES_GAP);
	ck_assert(!on_duty(0));
	for (unsigned k = 1; k < 10; k++)
		ck_assert(on_duty(k));
	/* and stays off it */
	wake(50 * SP_S);
	ck_assert(!on_duty(0));
	tear_down();
}
END_TEST

START_TEST(who_comes_back_at_once_never_leaves)
{
	uint64_t was;

	start();
	was = track_roster_get(track, seed.info_hash)->version;
	closes(0, 10 * SP_S);
	wake(10 * SP_S + 900 * SP_MS);
	opens(0, 10 * SP_S + 950 * SP_MS);
	wake(12 * SP_S);
	ck_assert(on_duty(0));
	ck_assert_uint_eq(track_roster_get(track, seed.info_hash)->version,
	    was);
	tear_down();
}
END_TEST

START_TEST(another_stream_puts_it_back)
{
	start();
	closes(0, 10 * SP_S);
	wake(11 * SP_S);
	ck_assert(!on_duty(0));
	opens(0, 15 * SP_S);
	wake(15 * SP_S);
	ck_assert(on_duty(0));
	/* whose end counts as well */
	closes(0, 16 * SP_S);
	wake(17 * SP_S);
	ck_assert(!on_duty(0));
	tear_down();
}
END_TEST

START_TEST(an_announce_puts_it_back)
{
	start();
	closes(0, 10 * SP_S);
	wake(11 * SP_S);
	ck_assert(!on_duty(0));
	announce(0, TW_EVENT_NONE, 15 * SP_S);
	wake(15 * SP_S);
	ck_assert(on_duty(0));
	tear_down();
}
END_TEST

START_TEST(only_the_end_of_its_last_stream_counts)
{
	start();
	opens(0, 5 * SP_S);
	ck_assert_uint_eq(present(), 1);
	closes(0, 10 * SP_S);
	wake(12 * SP_S);
	ck_assert(on_duty(0));
	closes(0, 13 * SP_S);
	wake(14 * SP_S);
	ck_assert(!on_duty(0));
	tear_down();
}
END_TEST

START_TEST(nobody_takes_another_off_it)
{
	struct sp_addr elsewhere = ip("6.6.6.6"), there = home(1);
	struct tw_stream s;

	start();
	/* who knows its id, its port and its channel, from elsewhere */
	open_from(&elsewhere, 0, 10 * SP_S);
	close_from(&elsewhere, 0, 10 * SP_S);
	open_from(&elsewhere, 1, 10 * SP_S);
	close_from(&elsewhere, 1, 10 * SP_S);
	/* at its address with another id, or another port */
	s = named(1);
	s.peer_id[8] ^= 0x40;
	track_stream_open(track, seed.info_hash, &s, &there, 10 * SP_S);
	track_stream_close(track, seed.info_hash, &s, &there, 10 * SP_S);
	s = named(1);
	s.port++;
	track_stream_open(track, seed.info_hash, &s, &there, 10 * SP_S);
	track_stream_close(track, seed.info_hash, &s, &there, 10 * SP_S);
	/* even at its address with all of it, while its own stream is there */
	there = home(0);
	open_from(&there, 0, 10 * SP_S);
	close_from(&there, 0, 10 * SP_S);
	wake(12 * SP_S);
	ck_assert(on_duty(0) && on_duty(1));
	ck_assert_uint_eq(present(), 1);
	tear_down();
}
END_TEST

START_TEST(who_has_no_stream_is_believed_as_before)
{
	struct tw_stream s = { 0 };
	struct sp_addr from;

	start();
	from = home(1);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, 10 * SP_S),
	    SP_ERR_NOTFOUND);
	ck_assert_uint_eq(present(), 1);
	wake(30 * SP_S);
	for (unsigned k = 1; k < 10; k++)
		ck_assert(on_duty(k));
	tear_down();
}
END_TEST

START_TEST(who_stops_or_is_replaced_is_not_looked_for)
{
	start();
	/* stopped, then the end of the stream */
	announce(0, TW_EVENT_STOPPED, 10 * SP_S);
	wake(10 * SP_S);
	ck_assert(!on_duty(0));
	closes(0, 10 * SP_S + 100 * SP_MS);
	wake(12 * SP_S);
	ck_assert(on_duty(1));
	/* another viewer at the place of one whose stream ends late */
	opens(1, 13 * SP_S);
	announce_as(77, 1, TW_EVENT_STARTED, 14 * SP_S);
	closes(1, 15 * SP_S);
	wake(17 * SP_S);
	ck_assert(on_duty(77) && !on_duty(1));
	tear_down();
}
END_TEST

START_TEST(more_viewers_than_may_be_known_have_streams_all_the_same)
{
	struct tw_stream s = named(50);
	struct sp_addr from = home(50);

	start();
	for (unsigned k = 1; k < 8; k++)
		opens(k, SP_S);
	ck_assert_uint_eq(present(), 8);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, SP_S),
	    SP_ERR_FULL);
	/* another stream of one who is known has room */
	opens(3, SP_S);
	closes(3, 2 * SP_S);
	closes(4, 2 * SP_S);
	ck_assert_uint_eq(present(), 7);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, SP_S), 0);
	wake(12 * SP_S);
	ck_assert(on_duty(3) && !on_duty(4));
	tear_down();
}
END_TEST

START_TEST(of_one_host_so_many_count_as_may_announce)
{
	struct sp_addr from;
	struct tw_stream s = named(9);

	set_up();
	conf.registry.max_ip_ports = 3;
	conf.max_present = 20;
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	from = ip("5.0.0.9");
	for (unsigned k = 1; k <= 3; k++)
		open_from(&from, k, SP_S);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, SP_S),
	    SP_ERR_FULL);
	/* another stream of one who is there, and another channel's */
	open_from(&from, 2, SP_S);
	ck_assert_int_eq(track_stream_open(track, s.peer_id, &s, &from, SP_S),
	    0);
	track_stream_close(track, s.peer_id, &s, &from, SP_S);
	close_from(&from, 1, SP_S);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, SP_S), 0);
	/* the many addresses of one line are one */
	for (unsigned k = 11; k <= 13; k++) {
		from = ip("2001:db8:1:2::9");
		from.ip[15] = (uint8_t)k;
		open_from(&from, k, SP_S);
	}
	s = named(14);
	from.ip[9] = 77;
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, SP_S),
	    SP_ERR_FULL);
	from.ip[7]++;
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, SP_S), 0);
	from = ip("127.0.0.1");
	for (unsigned k = 21; k <= 25; k++)
		open_from(&from, k, SP_S);
	tear_down();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct sp_addr from = ip("5.0.0.9");
	uint8_t id[LINK_PEERID_LEN], ih[LINK_INFOHASH_LEN] = { 0 };
	struct presence_key k;
	struct presence *p;
	int r;

	failmem_init(&fm);
	FAILMEM_EACH (&fm) {
		r = presence_new(&p, &fm.mem, 100, 40, 1);
		if (r < 0) {
			ck_assert_int_eq(r, SP_ERR_NOMEM);
			ck_assert_ptr_null(p);
			continue;
		}
		for (unsigned i = 0; i < 40; i++) {
			set_id(id, i);
			k = presence_key(ih, id, &from);
			r = presence_open(p, &k);
			ck_assert(r == 0 || r == SP_ERR_NOMEM);
			ck_assert(presence_is_sound(p));
			ck_assert_int_eq(presence_close(p, &k), r == 0);
			ck_assert_int_eq(presence_close(p, &k), 0);
			if (r == 0)
				presence_open(p, &k);
		}
		ck_assert(presence_is_sound(p));
		presence_free(p);
	}
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("track_presence",
    who_ends_its_stream_leaves_the_roster_a_second_later,
    who_comes_back_at_once_never_leaves, another_stream_puts_it_back,
    an_announce_puts_it_back, only_the_end_of_its_last_stream_counts,
    nobody_takes_another_off_it, who_has_no_stream_is_believed_as_before,
    who_stops_or_is_replaced_is_not_looked_for,
    more_viewers_than_may_be_known_have_streams_all_the_same,
    of_one_host_so_many_count_as_may_announce,
    every_failing_allocation_is_survived)
