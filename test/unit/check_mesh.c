#include "swarm/mesh.h"
#include "test/unit/meshnet.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct meshnet net;

/* A seeder (node 0) and |viewers| who know it and follow track 0. */
static void
setup(unsigned viewers)
{
	struct mesh_conf conf;
	unsigned i;

	failmem_init(&fm);
	meshnet_init(&net, &fm.mem);
	meshnet_conf(&net, 0, &conf);
	conf.seeder = true;
	ck_assert_int_eq(meshnet_add(&net, &conf), 0);
	for (i = 1; i <= viewers; i++) {
		ck_assert_int_eq(meshnet_add(&net, NULL), (int)i);
		meshnet_introduce(&net, i, 0);
		mesh_follow(net.node[i].mesh, 0, true, net.now);
	}
}

static void
teardown(void)
{
	meshnet_fini(&net);
	failmem_check(&fm);
}

START_TEST(piece_reaches_viewers_without_tracker_or_origin)
{
	unsigned i, k;

	setup(3);
	for (k = 0; k < 5; k++) {
		meshnet_seed(&net);
		meshnet_run(&net, net.now + SP_S);
	}
	meshnet_run(&net, net.now + 3 * SP_S);
	for (i = 1; i <= 3; i++)
		for (k = 0; k < 5; k++)
			ck_assert_uint_eq(meshnet_held(&net, i, k), 3);
	ck_assert_uint_eq(meshnet_stats(&net, 1).peer_bytes, 5 * MESHNET_LEN);
	ck_assert_uint_eq(meshnet_stats(&net, 1).missed, 0);
	ck_assert_uint_eq(meshnet_stats(&net, 1).stalls, 0);
	ck_assert_uint_eq(meshnet_stats(&net, 2).origin_bytes, 0);
	teardown();
}
END_TEST

START_TEST(bytes_read_are_those_of_the_piece)
{
	uint8_t want[MESHNET_LEN];
	const uint8_t *p;
	size_t at = 0, len;

	setup(1);
	meshnet_seed(&net);
	meshnet_run(&net, net.now + 3 * SP_S);
	meshnet_bytes(0, want);
	while (at < MESHNET_LEN) {
		ck_assert_int_eq(
		    mesh_read(net.node[1].mesh, 0, net.first, at, &p, &len), 0);
		ck_assert_uint_gt(len, 0);
		ck_assert_mem_eq(p, want + at, len);
		at += len;
	}
	ck_assert_int_eq(
	    mesh_read(net.node[1].mesh, 0, net.first, at, &p, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(
	    mesh_read(net.node[1].mesh, 0, net.first + 9, 0, &p, &len),
	    SP_ERR_NOTFOUND);
	teardown();
}
END_TEST

START_TEST(viewer_alone_is_rescued_by_the_origin)
{
	struct mesh_play play;
	unsigned k;

	setup(1);
	net.node[0].down = true;
	net.origin_up = true;
	mesh_origins(net.node[1].mesh, 1, net.now);
	for (k = 0; k < 6; k++) {
		meshnet_publish(&net);
		ck_assert_int_eq(meshnet_record(&net, 1, k, true), 0);
		meshnet_run(&net, net.now + SP_S);
	}
	meshnet_run(&net, net.now + 4 * SP_S);
	for (k = 0; k < 6; k++)
		ck_assert_uint_eq(meshnet_held(&net, 1, k), 3);
	ck_assert_uint_eq(meshnet_stats(&net, 1).origin_bytes, 6 * MESHNET_LEN);
	ck_assert_uint_eq(meshnet_stats(&net, 1).missed, 0);
	ck_assert_int_eq(mesh_play(net.node[1].mesh, 0, &play), 0);
	ck_assert_uint_eq(play.first, net.first);
	ck_assert_uint_eq(play.edge, net.first + 6);
	teardown();
}
END_TEST

START_TEST(one_origin_copy_serves_several_viewers)
{
	uint64_t origin = 0;
	unsigned i, k;

	setup(4);
	net.origin_up = true;
	/* the seeder only spreads records here */
	for (i = 1; i <= 4; i++)
		mesh_origins(net.node[i].mesh, 1, net.now);
	meshnet_run(&net, net.now + SP_S);
	for (k = 0; k < 20; k++) {
		meshnet_publish(&net);
		for (i = 0; i <= 4; i++)
			meshnet_record(&net, i, k, true);
		meshnet_run(&net, net.now + SP_S);
	}
	meshnet_run(&net, net.now + 4 * SP_S);
	for (i = 1; i <= 4; i++) {
		ck_assert_uint_eq(meshnet_stats(&net, i).missed, 0);
		ck_assert_uint_eq(meshnet_held(&net, i, 19), 3);
		origin += meshnet_stats(&net, i).origin_bytes;
	}
	/* four copies without a swarm; the first pieces have no neighbours */
	ck_assert_uint_lt(origin, 20 * MESHNET_LEN * 2);
	teardown();
}
END_TEST

/* The transfer that is out brings two of three blocks and breaks off. */
static void
break_off(unsigned k)
{
	uint8_t bytes[MESHNET_LEN];
	struct mesh *m = net.node[1].mesh;
	uint32_t id = net.node[1].fetch.u.fetch.fetch;

	meshnet_bytes(k, bytes);
	ck_assert_int_eq(mesh_fetch_head(m, id, 0, MESHNET_LEN, net.now), 0);
	ck_assert_int_eq(mesh_fetch_data(m, id, bytes, 2 * LIM_BLOCK, net.now),
	    0);
	mesh_fetch_done(m, id, MESH_FETCH_NET, 0, 0, net.now);
}

/* Until node 1 has asked the origin |n| times. */
static void
until_fetches(unsigned n)
{
	unsigned i;

	for (i = 0; i < 300 && net.node[1].fetches < n; i++)
		meshnet_run(&net, net.now + 20 * SP_MS);
	ck_assert_uint_eq(net.node[1].fetches, n);
}

START_TEST(origin_without_range_is_asked_for_whole_pieces)
{
	uint8_t bytes[MESHNET_LEN];
	const struct mesh_act *f = &net.node[1].fetch;
	struct mesh *m;

	setup(1);
	net.node[0].down = true;
	m = net.node[1].mesh;
	mesh_origins(m, 1, net.now);
	meshnet_publish(&net);
	meshnet_record(&net, 1, 0, true);
	until_fetches(1);
	break_off(0);
	until_fetches(2);
	ck_assert_uint_eq(f->u.fetch.at, 2 * LIM_BLOCK);
	ck_assert(!f->u.fetch.whole);
	/* it sends everything all the same */
	meshnet_bytes(0, bytes);
	ck_assert_int_eq(
	    mesh_fetch_head(m, f->u.fetch.fetch, 0, MESHNET_LEN, net.now), 0);
	ck_assert_int_eq(
	    mesh_fetch_data(m, f->u.fetch.fetch, bytes, MESHNET_LEN, net.now),
	    0);
	mesh_fetch_done(m, f->u.fetch.fetch, MESH_FETCH_OK, 200, 0, net.now);
	ck_assert_uint_eq(meshnet_held(&net, 1, 0), 3);
	meshnet_publish(&net);
	meshnet_record(&net, 1, 1, true);
	until_fetches(3);
	break_off(1);
	until_fetches(4);
	ck_assert(f->u.fetch.whole);
	teardown();
}
END_TEST

START_TEST(pieces_are_listed_in_order_at_their_time)
{
	struct mesh_play play;
	unsigned k;

	setup(1);
	for (k = 0; k < 8; k++) {
		meshnet_seed(&net);
		meshnet_run(&net, net.now + SP_S);
	}
	/* D = 3 s: pieces 0..5 were available three seconds ago or more */
	ck_assert_int_eq(mesh_play(net.node[1].mesh, 0, &play), 0);
	ck_assert(play.started);
	ck_assert_uint_eq(play.delay_ms, 3000);
	ck_assert_uint_ge(play.edge, net.first + 5);
	ck_assert_uint_le(play.edge, net.first + 6);
	ck_assert_int_eq(mesh_play(net.node[1].mesh, 1, &play),
	    SP_ERR_NOTFOUND);
	teardown();
}
END_TEST

START_TEST(latecomer_gets_the_window_from_neighbours)
{
	unsigned k;
	int late;

	setup(2);
	for (k = 0; k < 10; k++) {
		meshnet_seed(&net);
		meshnet_run(&net, net.now + SP_S);
	}
	net.node[0].down = true;
	late = meshnet_add(&net, NULL);
	meshnet_introduce(&net, (unsigned)late, 1);
	mesh_follow(net.node[late].mesh, 0, true, net.now);
	meshnet_run(&net, net.now + 2 * SP_S);
	ck_assert_uint_eq(meshnet_held(&net, (unsigned)late, 9), 3);
	ck_assert_int_ge(meshnet_stats(&net, (unsigned)late).startup, 0);
	ck_assert_int_lt(meshnet_stats(&net, (unsigned)late).startup, SP_S);
	/* pex told it of the third one */
	ck_assert_uint_ge(meshnet_stats(&net, (unsigned)late).contacts, 2);
	teardown();
}
END_TEST

START_TEST(leaving_tells_everybody)
{
	setup(2);
	meshnet_seed(&net);
	meshnet_run(&net, net.now + 2 * SP_S);
	ck_assert_uint_ge(meshnet_stats(&net, 0).neighbours, 2);
	ck_assert_int_eq(mesh_leave(net.node[1].mesh, net.now), 0);
	net.node[1].down = false;
	meshnet_run(&net, net.now + 1); /* deadline is NEVER: drain by hand */
	{
		struct mesh_act a;
		unsigned sends = 0, closes = 0;

		while (mesh_next(net.node[1].mesh, &a) == 0) {
			sends += a.type == MESH_SEND;
			closes += a.type == MESH_CLOSE;
		}
		ck_assert_uint_ge(sends, 1);
		ck_assert_uint_ge(closes, 1);
	}
	ck_assert_uint_eq(meshnet_stats(&net, 1).neighbours, 0);
	teardown();
}
END_TEST

START_TEST(forged_and_foreign_records_are_refused)
{
	uint8_t env[2048];
	size_t len;

	setup(1);
	meshnet_publish(&net);
	len = net.env_len[0];
	memcpy(env, net.env[0], len);
	env[len - 5] ^= 1; /* in the signature */
	ck_assert_int_eq(mesh_record(net.node[1].mesh, env, len, true, net.now),
	    SP_ERR_SIG);
	memcpy(env, net.env[0], len);
	env[10] ^= 1; /* in the leaf hashes */
	ck_assert_int_eq(mesh_record(net.node[1].mesh, env, len, true, net.now),
	    SP_ERR_HASH);
	ck_assert_int_eq(mesh_record(net.node[1].mesh, env, 40, true, net.now),
	    SP_ERR_SHORT);
	ck_assert_int_eq(meshnet_record(&net, 1, 0, true), 0);
	ck_assert_int_eq(meshnet_record(&net, 1, 0, true), SP_ERR_STALE);
	ck_assert_uint_eq(meshnet_stats(&net, 1).records_bad, 3);
	teardown();
}
END_TEST

static void
some_life(void)
{
	unsigned k;

	for (k = 0; k < 2; k++) {
		uint8_t bytes[MESHNET_LEN];

		meshnet_publish(&net);
		meshnet_record(&net, 0, k, false);
		meshnet_bytes(k, bytes);
		mesh_supply(net.node[0].mesh, 0, net.first + k, bytes,
		    sizeof(bytes), net.now);
		meshnet_run(&net, net.now + 500 * SP_MS);
	}
	net.origin_up = true;
	mesh_origins(net.node[1].mesh, 1, net.now);
	meshnet_run(&net, net.now + 2 * SP_S);
}

START_TEST(every_failing_allocation_is_survived)
{
	struct mesh_conf conf;
	bool made;

	FAILMEM_EACH (&fm) {
		meshnet_init(&net, &fm.mem);
		meshnet_conf(&net, 0, &conf);
		conf.seeder = true;
		made = meshnet_add(&net, &conf) >= 0 &&
		       meshnet_add(&net, NULL) >= 0;
		if (made) {
			meshnet_introduce(&net, 1, 0);
			mesh_follow(net.node[1].mesh, 0, true, net.now);
			some_life();
		}
		meshnet_fini(&net);
	}
}
END_TEST

UNIT_MAIN("mesh", piece_reaches_viewers_without_tracker_or_origin,
    bytes_read_are_those_of_the_piece, viewer_alone_is_rescued_by_the_origin,
    one_origin_copy_serves_several_viewers,
    origin_without_range_is_asked_for_whole_pieces,
    pieces_are_listed_in_order_at_their_time,
    latecomer_gets_the_window_from_neighbours, leaving_tells_everybody,
    forged_and_foreign_records_are_refused,
    every_failing_allocation_is_survived)
