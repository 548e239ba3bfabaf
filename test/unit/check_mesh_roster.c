#include "test/unit/roster_help.h"

START_TEST(roster_is_copied_and_replaced)
{
	lab_setup(NULL);
	ck_assert_ptr_null(lab.mesh->roster);
	fill(LIM_ROSTER);
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
	ck_assert_mem_eq(lab.mesh->roster, &ros, sizeof(ros));
	ck_assert_int_eq(lab.mesh->roster_at, lab.now);
	run(SP_S);
	fill(2);
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
	ck_assert_uint_eq(lab.mesh->roster->version, 3);
	ck_assert_uint_eq(lab.mesh->roster->n, 2);
	ck_assert_int_eq(lab.mesh->roster_at, lab.now);
	lab_teardown();
}
END_TEST

START_TEST(roster_without_memory_is_none)
{
	lab_setup(NULL);
	fill(5);
	failmem_arm(&fm, 1);
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), SP_ERR_NOMEM);
	ck_assert_ptr_null(lab.mesh->roster);
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
	ck_assert_uint_eq(lab.mesh->roster->n, 5);
	lab_teardown();
}
END_TEST

START_TEST(announce_tells_what_is_known_of_uplink_and_reach)
{
	lab_setup(NULL);
	run(SP_S);
	ck_assert_uint_eq(lab.announces, 1);
	ck_assert(lab.told.live && !lab.told.reachable);
	ck_assert_uint_eq(lab.told.up_kbps, 0);
	lab_announced(&lab, 0, 0);
	neighbour(1);
	/* 100 kB in 0.4 s with more behind: 250 kB/s */
	uplink_begin(&lab.mesh->uplink, lab.now);
	uplink_sent(&lab.mesh->uplink, 100000, 1, lab.now + 400 * SP_MS);
	run(31 * SP_S);
	ck_assert_uint_ge(lab.announces, 2);
	ck_assert(lab.told.live && lab.told.reachable);
	ck_assert_uint_eq(lab.told.up_kbps, 2000);
	lab_teardown();
}
END_TEST

START_TEST(configured_uplink_is_told_at_once)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.up_bps = 1250000;
	lab_setup(&conf);
	run(SP_S);
	ck_assert(lab.told.live);
	ck_assert_uint_eq(lab.told.up_kbps, 10000);
	lab_teardown();
}
END_TEST

START_TEST(who_does_not_relay_tells_nothing)
{
	struct mesh_conf conf;

	lab_conf(&conf);
	conf.no_upload = true;
	lab_setup(&conf);
	run(SP_S);
	ck_assert_uint_eq(lab.announces, 1);
	ck_assert(!lab.told.live);
	lab_teardown();
	lab_conf(&conf);
	conf.seeder = true;
	lab_setup(&conf);
	run(SP_S);
	ck_assert_uint_eq(lab.announces, 1);
	ck_assert(!lab.told.live);
	lab_teardown();
}
END_TEST

/* ---- whom backups meet ---- */

/* A viewer of track 0 that knows nobody. */
static void
following(void)
{
	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	lab_announced(&lab, 0, 0);
}

/* Members that we back up, bit by index in the roster. */
static unsigned
mates(void)
{
	unsigned s, i, n, set = 0, before;
	uint8_t rank[DUTY_RANKS];
	int own = roster_find(&ros, lab.mesh->id);

	for (s = 0; s < DUTY_STRIPES; s++) {
		n = (unsigned)roster_rank(&ros, 0, s, rank, DUTY_RANKS);
		for (i = before = 0; i < n; i++) {
			set |= rank[i] == own ? before : 0;
			before |= 1u << rank[i];
		}
	}
	return set;
}

/* The members that were dialled. */
static unsigned
dialled(void)
{
	unsigned i, k, set = 0;

	for (i = 0; i < LAB_DIALS; i++)
		for (k = 0; lab.dial[i].used && k < ros.n; k++)
			if (addr_eq(&lab.dial[i].addr, &ros.entries[k].addr))
				set |= 1u << k;
	return set;
}

START_TEST(backup_dials_whom_it_backs_up)
{
	unsigned want;

	following();
	members(MEMBERS);
	want = mates();
	ck_assert_uint_ne(want, 0);
	mesh_roster(lab.mesh, &ros, lab.now);
	run(SP_S);
	ck_assert_uint_eq(dialled(), want);
	ck_assert_uint_eq(lab.dials, (unsigned)__builtin_popcount(want));
	/* again: who is being dialled is not dialled twice */
	mesh_roster(lab.mesh, &ros, lab.now);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, (unsigned)__builtin_popcount(want));
	lab_teardown();
}
END_TEST

START_TEST(who_tells_no_address_is_not_dialled)
{
	size_t i;

	following();
	members(MEMBERS);
	for (i = 0; i < ros.n; i++)
		ros.entries[i].addr.family = 0;
	mesh_roster(lab.mesh, &ros, lab.now);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 0);
	/* and nobody without a track, or by who is not on the roster */
	members(MEMBERS);
	mesh_follow(lab.mesh, 0, false, lab.now);
	mesh_roster(lab.mesh, &ros, lab.now);
	run(SP_S);
	mesh_follow(lab.mesh, 0, true, lab.now);
	not_on_it();
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 0);
	lab_teardown();
}
END_TEST

START_TEST(who_is_a_neighbour_is_not_dialled)
{
	const struct peer *p;
	unsigned i;
	int at;

	following();
	neighbour(2);
	/* us, and it */
	members(2);
	at = 1 - roster_find(&ros, lab.mesh->id);
	MESH_SLOTS (lab.mesh->open, i) {
		p = lab.mesh->peers[i];
		memcpy(ros.entries[at].peer_id, p->id, LINK_PEERID_LEN);
	}
	if (memcmp(ros.entries[0].peer_id, ros.entries[1].peer_id,
		LINK_PEERID_LEN) > 0) {
		struct roster_entry e = ros.entries[0];

		ros.entries[0] = ros.entries[1];
		ros.entries[1] = e;
	}
	ck_assert_uint_ne(mates(), 0);
	mesh_roster(lab.mesh, &ros, lab.now);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 0);
	lab_teardown();
}
END_TEST

START_TEST(full_house_dials_no_mates)
{
	following();
	lab.mesh->conf.neighbours_max = 1;
	neighbour(2);
	members(MEMBERS);
	mesh_roster(lab.mesh, &ros, lab.now);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 0);
	lab_teardown();
}
END_TEST

START_TEST(mates_are_met_within_the_limit_of_dials)
{
	struct mesh_conf conf;
	int i;

	lab_conf(&conf);
	conf.dials_max = 2;
	lab_setup(&conf);
	mesh_follow(lab.mesh, 0, true, lab.now);
	members(100);
	/* as heavy as all others: rank 1 of many stripes */
	i = roster_find(&ros, mesh_peer_id(lab.mesh));
	ros.entries[i].weight = 60000;
	ck_assert_int_eq(mesh_roster(lab.mesh, &ros, lab.now), 0);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 2);
	/* the others' turn comes when these have ended */
	for (i = 0; i < 2; i++)
		mesh_dial_failed(lab.mesh, lab.dial[i].id, MESH_CLOSE_REFUSED,
		    lab.now);
	run(SP_S);
	ck_assert_uint_eq(lab.dials, 4);
	lab_teardown();
}
END_TEST

START_TEST(duties_that_nobody_does_put_no_backup_off)
{
	sp_time at, last = 0;
	struct lab_rec r;
	unsigned k;
	int f;

	lab_setup(NULL);
	mesh_follow(lab.mesh, 0, true, lab.now);
	mesh_origins(lab.mesh, 1, lab.now);
	lab_announced(&lab, 0, 0);
	members(4);
	for (k = 0; k < 12; k++) {
		mesh_roster(lab.mesh, &ros, lab.now);
		r = lab_rec(&lab, k);
		r.length = 16 * LIM_BLOCK;
		r.duration_us = 4000000;
		ck_assert_int_eq(lab_record(&lab, &r, true), 0);
		for (at = lab.now; lab.now < at + 4 * SP_S;) {
			run(20 * SP_MS);
			while ((f = lab_fetching(&lab)) >= 0) {
				last = lab.now - at;
				lab_reply(&lab, (unsigned)f, LAB_OK);
			}
		}
		ck_assert_int_lt(last, 1800 * SP_MS);
	}
	ck_assert_uint_gt(lab_stats(&lab).backups, 0);
	lab_teardown();
}
END_TEST

UNIT_MAIN("mesh_roster", roster_is_copied_and_replaced,
    roster_without_memory_is_none,
    announce_tells_what_is_known_of_uplink_and_reach,
    configured_uplink_is_told_at_once, who_does_not_relay_tells_nothing,
    backup_dials_whom_it_backs_up, who_tells_no_address_is_not_dialled,
    who_is_a_neighbour_is_not_dialled, full_house_dials_no_mates,
    mates_are_met_within_the_limit_of_dials,
    duties_that_nobody_does_put_no_backup_off)
