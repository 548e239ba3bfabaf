#include "test/unit/track_duty_help.h"
#include "wire/places.h"

/* Streams that name viewers get their places in planned trees. */

static struct places pl;
static uint16_t told;

static struct sp_addr
home(unsigned k)
{
	char text[32];

	snprintf(text, sizeof(text), "44.0.%u.1", k);
	return ip(text);
}

static struct tw_stream
named(unsigned k)
{
	struct tw_announce a = viewer(k);
	struct tw_stream s = { .named = true, .port = a.port };

	memcpy(s.peer_id, a.peer_id, sizeof(s.peer_id));
	return s;
}

static void
comes(unsigned k, uint32_t up_kbps, sp_time now)
{
	struct tw_announce a = viewer(k);
	struct sp_addr from = home(k);
	struct tw_stream s = named(k);
	char text[ADDR_STRLEN];

	a.up_kbps = up_kbps;
	a.reachable = true;
	announce(addr_ip_str(&from, text), &a, now);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, now), 0);
}

static void
goes(unsigned k, sp_time now)
{
	struct sp_addr from = home(k);
	struct tw_stream s = named(k);

	track_stream_close(track, seed.info_hash, &s, &from, now);
}

/* What |k| is told: 1, or 0. */
static int
tells_as(unsigned k, const struct sp_addr *from)
{
	struct tw_stream s = named(k);
	struct tw_frame f;
	int r;

	buf_reset(&b);
	r = track_places(track, seed.info_hash, &s, from, &b);
	if (r != 1)
		return r;
	ck_assert_int_eq(tw_frame_read(&f, b.p, b.len), (int)b.len);
	ck_assert_uint_eq(f.type, TW_FRAME_PLACES);
	memset(&pl, 0, sizeof(pl));
	ck_assert_int_eq(places_take(&pl, &told, f.p, f.len), 0);
	return 1;
}

static int
tells(unsigned k)
{
	struct sp_addr from = home(k);

	return tells_as(k, &from);
}

#define MANY 30

/* A channel of ten seconds with |MANY| viewers, of whom ten are strong. */
static sp_time
swarm(void)
{
	start();
	for (unsigned k = 0; k < MANY; k++)
		comes(k, k < 10 ? 40000 : 3000, 0);
	for (unsigned s = 1; s <= 10; s++)
		wake(s * SP_S);
	return 10 * SP_S;
}

/* Stripes in which |k| has a parent, by what it was told. */
static unsigned
parents(void)
{
	unsigned n = 0;

	for (unsigned s = 0; s < PLACES_STRIPES; s++)
		n += pl.stripes[s].n > 0;
	return n;
}

START_TEST(viewers_are_told_their_parents)
{
	struct track_stats st;
	unsigned all = 0;

	swarm();
	track_stats(track, &st);
	ck_assert_uint_eq(st.planned, MANY);
	for (unsigned k = 0; k < MANY; k++) {
		ck_assert_int_eq(tells(k), 1);
		all += parents();
		/* who has none has nothing new either */
		ck_assert_int_eq(tells(k), 0);
	}
	/* pieces of two blocks have two stripes; a root has no parent */
	ck_assert_uint_eq(all, 2 * (MANY - 1));
	tear_down();
}
END_TEST

START_TEST(who_is_not_named_is_told_nothing)
{
	struct sp_addr from;

	swarm();
	from = ip("44.1.0.1");
	ck_assert_int_eq(tells_as(3, &from), 0);
	ck_assert_int_eq(tells(MANY + 1), 0);
	tear_down();
}
END_TEST

START_TEST(the_end_of_a_stream_moves_the_children)
{
	sp_time now = swarm();
	unsigned was[MANY], moved = 0, k, gone;
	struct track_stats st;

	for (k = 0; k < MANY; k++) {
		tells(k);
		was[k] =
		    pl.stripes[0].n == 0 ? MANY : pl.stripes[0].v[0].peer_id[9];
	}
	for (gone = k = 0; k < MANY; k++)
		if (was[k] != MANY && was[was[k]] != MANY)
			gone = was[k];
	ck_assert(gone != MANY);
	goes(gone, now);
	wake(now + SP_S);
	for (k = 0; k < MANY; k++) {
		if (k == gone)
			continue;
		if (tells(k) == 1 && (told & 1) && was[k] == gone) {
			ck_assert_uint_ge(pl.stripes[0].n, 1);
			ck_assert_uint_ne(pl.stripes[0].v[0].peer_id[9], gone);
			moved++;
		}
	}
	ck_assert_uint_eq(tells(gone), 0);
	track_stats(track, &st);
	ck_assert_uint_eq(st.planned, MANY - 1);
	ck_assert_uint_ge(moved, 1);
	tear_down();
}
END_TEST

START_TEST(another_stream_is_told_all_anew)
{
	sp_time now = swarm();
	struct sp_addr from = home(20);
	struct tw_stream s = named(20);

	ck_assert_int_eq(tells(20), 1);
	ck_assert_int_eq(tells(20), 0);
	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, now), 0);
	wake(now + SP_S);
	ck_assert_int_eq(tells(20), 1);
	ck_assert_uint_ne(told, 0);
	/* one of the two ends: he is there still */
	goes(20, now + SP_S);
	wake(now + 2 * SP_S);
	goes(20, now + 2 * SP_S);
	wake(now + 3 * SP_S);
	ck_assert_int_eq(tells(20), 0);
	tear_down();
}
END_TEST

START_TEST(who_has_not_announced_himself_has_no_children)
{
	struct sp_addr from = home(99);
	struct tw_stream s = named(99);
	sp_time now = swarm();

	ck_assert_int_eq(
	    track_stream_open(track, seed.info_hash, &s, &from, now), 0);
	for (unsigned i = 1; i <= 20; i++)
		wake(now + i * SP_S);
	ck_assert_int_eq(tells(99), 1);
	ck_assert_uint_eq(pl.inner, 0);
	ck_assert_uint_eq(parents(), 2);
	tear_down();
}
END_TEST

START_TEST(of_several_renditions_none_is_planned)
{
	sp_time now = swarm();

	for (unsigned k = 0; k < MANY; k++)
		tells(k);
	signer_record(&seed, &body, 1, 1, 1000, 0);
	ck_assert_int_eq(publish(now), 0);
	wake(now + SP_S);
	goes(3, now + SP_S);
	comes(3, 40000, now + SP_S);
	wake(now + 2 * SP_S);
	memset(&pl, 0, sizeof(pl));
	tells(3);
	ck_assert_uint_eq(parents(), 0);
	tear_down();
}
END_TEST

START_TEST(without_memory_the_tracker_goes_on)
{
	struct sp_addr from = home(0);
	struct tw_stream s = named(0);
	size_t i;

	for (i = 1; i < 40; i++) {
		start();
		for (unsigned k = 1; k < 5; k++)
			comes(k, 40000, 0);
		failmem_arm(&fm, i);
		if (track_stream_open(track, seed.info_hash, &s, &from, 0) == 0)
			track_stream_close(track, seed.info_hash, &s, &from, 0);
		failmem_arm(&fm, 0);
		wake(10 * SP_S);
		failmem_arm(&fm, i);
		tells(1);
		failmem_arm(&fm, 0);
		tear_down();
	}
}
END_TEST

UNIT_MAIN("track_places", viewers_are_told_their_parents,
    who_is_not_named_is_told_nothing, the_end_of_a_stream_moves_the_children,
    another_stream_is_told_all_anew,
    who_has_not_announced_himself_has_no_children,
    of_several_renditions_none_is_planned, without_memory_the_tracker_goes_on)
