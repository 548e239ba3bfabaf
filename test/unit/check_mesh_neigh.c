#include "swarm/mesh_int.h"
#include "swarm/neighbours.h"

#include "test/unit/mesh_help.h"

/* Every dial is answered, for |t|. */
static void
run_answering(sp_time t)
{
	sp_time end = lab.now + t;

	while (lab.now < end) {
		run(250 * SP_MS);
		for (unsigned i = 0; i < LAB_DIALS; i++)
			if (lab.dial[i].used)
				lab_answer(&lab, i,
				    (uint8_t)(lab.dial[i].addr.port - 7000));
	}
}

/* Six neighbours wanted: three whom we dialled, three who came. */
static void
full_set(unsigned contacts)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.neighbours = 6;
	conf.neighbours_max = 8;
	lab_setup(&conf);
	lab.far = true;
	run(SP_S);
	lab_announced(&lab, 1, contacts);
	run_answering(2 * SP_S);
	ck_assert_uint_eq(lab.dials, 3);
	for (uint8_t who = 101; who <= 103; who++)
		neighbour(who);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 6);
}

static unsigned
gone(uint8_t first, uint8_t last)
{
	struct mesh_neighbour v[MESH_PEERS_MAX];
	size_t n = mesh_neighbours(lab.mesh, v, MESH_PEERS_MAX, lab.now);
	unsigned here = 0;

	for (size_t i = 0; i < n; i++)
		here += v[i].addr.ip[2] >= first && v[i].addr.ip[2] <= last;
	return (unsigned)(last - first + 1) - here;
}

START_TEST(trials_are_rotated_while_others_wait)
{
	full_set(12);
	run_answering(100 * SP_S);
	/* two rotations or three; who came to us stays */
	ck_assert_uint_gt(lab.dials, 3);
	ck_assert_uint_le(lab.dials, 3 + 3 * NEIGH_EXPLORE);
	ck_assert_uint_eq(gone(101, 103), 0);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 6);
	lab_teardown();
}
END_TEST

START_TEST(nobody_is_let_go_when_nobody_else_is_there)
{
	full_set(3);
	run_answering(200 * SP_S);
	ck_assert_uint_eq(lab.dials, 3);
	ck_assert_uint_eq(gone(1, 3), 0);
	lab_teardown();
}
END_TEST

START_TEST(who_was_let_go_is_not_dialled_at_once)
{
	unsigned dials;

	full_set(4);
	/* until the fourth is there in the place of another */
	for (unsigned i = 0; i < 400 && lab.dials < 4; i++)
		run_answering(250 * SP_MS);
	run_answering(SP_S);
	dials = lab.dials;
	ck_assert_uint_eq(dials, 4);
	run_answering(100 * SP_S);
	ck_assert_uint_eq(lab.dials, dials);
	run_answering(120 * SP_S);
	ck_assert_uint_gt(lab.dials, dials);
	lab_teardown();
}
END_TEST

START_TEST(who_has_no_room_is_left_alone_for_a_minute)
{
	struct mesh_conf conf;
	int c;

	lab_conf(&conf);
	lab_setup(&conf);
	lab.far = true;
	run(SP_S);
	lab_announced(&lab, 1, 1);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 1);
	c = lab_answer(&lab, 0, 1);
	ck_assert_int_ge(c, 0);
	pw_put_bye(lab_say(&lab, (unsigned)c), PW_BYE_FULL, NULL);
	lab_flush(&lab, (unsigned)c);
	lab_hangup(&lab, (unsigned)c, MESH_CLOSE_REMOTE);
	run(59 * SP_S);
	ck_assert_uint_eq(lab.dials, 1);
	run(3 * SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	lab_teardown();
}
END_TEST

START_TEST(near_address_is_dialled_first)
{
	struct tw_peer peers[40];
	struct tw_reply r = { .interval_s = 30, .peers = peers, .n_peers = 40 };
	struct mesh_conf conf;
	bool seen = false;

	lab_conf(&conf);
	lab_setup(&conf);
	lab.far = true;
	run(SP_S);
	r.external = lab_addr(&lab, 77);
	memset(peers, 0, sizeof(peers));
	for (uint8_t i = 0; i < 40; i++) {
		peers[i].addr = lab_addr(&lab, i);
		peers[i].addr.ip[0] = 60; /* elsewhere */
	}
	peers[31].addr.ip[0] = 5; /* of our /16 */
	mesh_announced(lab.mesh, lab.announce, &r, lab.now);
	lab_drain(&lab);
	run(100 * SP_MS);
	ck_assert_uint_eq(lab.dials, 4);
	for (unsigned i = 0; i < 4; i++)
		seen |= addr_eq(&lab.dial[i].addr, &peers[31].addr);
	ck_assert(seen);
	lab_teardown();
}
END_TEST

START_TEST(who_is_known_otherwise_is_dialled_without_a_tracker)
{
	struct sp_addr known[3];
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.lan = false;
	lab_setup(&conf);
	lab.far = true;
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 0);
	known[0] = lab_addr(&lab, 1);
	known[1] = lab_addr(&lab, 2);
	known[1].ip[0] = 10; /* private */
	known[2] = lab_addr(&lab, 3);
	ck_assert_int_eq(mesh_meet(lab.mesh, known, 3, lab.now), 0);
	lab_drain(&lab);
	run(100 * SP_MS);
	ck_assert_uint_eq(lab.dials, 2);
	ck_assert(!addr_eq(&lab.dial[0].addr, &lab.dial[1].addr));
	for (unsigned i = 0; i < 2; i++)
		ck_assert(!addr_eq(&lab.dial[i].addr, &known[1]));
	lab_teardown();
}
END_TEST

START_TEST(what_is_watched_is_told_and_heard)
{
	struct tw_reply r = { .interval_s = 30, .viewers = { 3, [31] = 255 } };
	uint32_t v[LIM_TRACKS];

	lab_setup(NULL);
	run(SP_S);
	ck_assert_int_eq(lab.told.track, -1);
	ck_assert(!mesh_viewers(lab.mesh, v));
	r.counted = true;
	mesh_announced(lab.mesh, lab.announce, &r, lab.now);
	ck_assert(mesh_viewers(lab.mesh, v));
	ck_assert_uint_eq(v[0], 3);
	ck_assert_uint_eq(v[1], 0);
	ck_assert_uint_eq(v[31], 255);
	/* not at the next regular one only */
	mesh_watches(lab.mesh, 4, lab.now);
	run(6 * SP_S);
	ck_assert_uint_eq(lab.announces, 2);
	ck_assert_int_eq(lab.told.track, 4);
	/* a tracker that does not count */
	lab_announced(&lab, 0, 0);
	ck_assert(!mesh_viewers(lab.mesh, v));
	lab_teardown();
}
END_TEST

START_TEST(seeders_by_their_own_word_are_not_all_kept)
{
	unsigned i, n = 0;

	full_set(3);
	for (uint8_t who = 104; who <= 106; who++)
		neighbour(who);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 9);
	for (i = 0; i < MESH_PEERS_MAX; i++)
		if (lab.mesh->peers[i] != NULL)
			lab.mesh->peers[i]->seeder = true;
	run_answering(20 * SP_S);
	ck_assert_uint_eq(lab_stats(&lab).neighbours, 8);
	/* two are */
	run_answering(70 * SP_S);
	for (i = 0; i < MESH_PEERS_MAX; i++)
		n += lab.mesh->peers[i] != NULL;
	ck_assert_uint_eq(n, 8);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_neigh", what_is_watched_is_told_and_heard,
    who_is_known_otherwise_is_dialled_without_a_tracker,
    trials_are_rotated_while_others_wait,
    nobody_is_let_go_when_nobody_else_is_there,
    who_was_let_go_is_not_dialled_at_once,
    seeders_by_their_own_word_are_not_all_kept,
    who_has_no_room_is_left_alone_for_a_minute, near_address_is_dialled_first)
