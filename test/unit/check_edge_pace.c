#include "swarm/client/edge_int.h"

#include "swarm/client/host_int.h"
#include "test/unit/edge_help.h"

/* How fast a player of several renditions is given what is here. */

static struct home m;

/* A viewer who plays, of a channel with two renditions since just now. */
static void
setup(void)
{
	home_init(&m, 8, NULL);
	get(&m, "/t/0/index.m3u8");
	get(&m, "/t/0/107.m4s");
	site_add_rung(&m.s);
	SITE_UNTIL(&m.s,
	    mesh_manifest_get(m.e->mesh, NULL, NULL)->n_tracks == 2);
}

/* 40,000 bytes of 1 s: 6/5 of that rate. */
START_TEST(segment_is_given_no_faster_than_the_swarm_brings_it)
{
	static const struct pace_piece slow = { SITE_BYTES, SP_S, -1, SP_S };
	uint8_t bytes[SITE_BYTES];
	sp_time begun;

	setup();
	pace_piece(&m.e->pace, &slow, loop_now(m.s.loop));
	begun = loop_now(m.s.loop);
	get(&m, "/t/0/107.m4s");
	ck_assert_int_ge(loop_now(m.s.loop) - begun, 700 * SP_MS);
	site_bytes(107, bytes);
	ck_assert_uint_eq(m.len, SITE_BYTES);
	ck_assert_mem_eq(m.body, bytes, SITE_BYTES);
	/* a part of it takes a part of the time, wherever it is */
	begun = loop_now(m.s.loop);
	ask(&m, "/t/0/107.m4s",
	    &(struct origin_ask){ .ranged = true, .offset = SITE_BYTES / 2 });
	SITE_UNTIL(&m.s, m.answered);
	ck_assert_int_ge(loop_now(m.s.loop) - begun, 300 * SP_MS);
	ck_assert_uint_eq(m.len, SITE_BYTES / 2);
	home_fini(&m);
}
END_TEST

START_TEST(pieces_that_come_tell_the_speed)
{
	setup();
	ck_assert_ptr_nonnull(
	    strstr(get(&m, "/status.json"), "\"swarm_rate\": null"));
	site_publish(&m.s, 0, 0);
	SITE_UNTIL(&m.s, m.e->pace.n == 1);
	ck_assert_uint_ge(m.e->pace.v[0].bps, SITE_BYTES / 8);
	ck_assert_ptr_null(
	    strstr(get(&m, "/status.json"), "\"swarm_rate\": null"));
	ck_assert_ptr_nonnull(strstr((char *)m.body, "\"swarm_rate\": "));
	home_fini(&m);
}
END_TEST

START_TEST(who_comes_back_to_a_rendition_measures_anew)
{
	static const struct edge_begun old = { 108, 1, SP_S, false };
	struct edge_begun *b;

	setup();
	b = &m.e->tracks[0].begun[108 % SP_LEN(m.e->tracks[0].begun)];
	*b = old;
	edge_follow(m.e, 0, true); /* it is already */
	ck_assert_uint_eq(b->number, 108);
	edge_follow(m.e, 0, false);
	edge_follow(m.e, 0, true);
	ck_assert_int_eq(b->at, 0);
	home_fini(&m);
}
END_TEST

START_TEST(mesh_is_told_of_our_rendition_once)
{
	struct rungs r;

	setup();
	rungs_read(&r, mesh_manifest_get(m.e->mesh, NULL, NULL));
	edge_rungs_tell(m.e, &r, loop_now(m.s.loop));
	ck_assert_int_eq(m.e->told, 0);
	SITE_UNTIL(&m.s, !io_timer_is_set(&m.h->soon));
	edge_rungs_tell(m.e, &r, loop_now(m.s.loop));
	ck_assert(!io_timer_is_set(&m.h->soon));
	m.e->told = 1;
	edge_rungs_tell(m.e, &r, loop_now(m.s.loop));
	ck_assert_int_eq(m.e->told, 0);
	ck_assert(io_timer_is_set(&m.h->soon));
	home_fini(&m);
}
END_TEST

UNIT_MAIN("edge_pace", segment_is_given_no_faster_than_the_swarm_brings_it,
    pieces_that_come_tell_the_speed,
    who_comes_back_to_a_rendition_measures_anew,
    mesh_is_told_of_our_rendition_once)
