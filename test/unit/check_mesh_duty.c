#include "swarm/mesh_int.h"
#include "test/unit/mesh_help.h"

static struct roster ros;

static void
fill(size_t n)
{
	static const uint8_t ip[4] = { 192, 0, 2, 1 };

	memset(&ros, 0, sizeof(ros));
	ros.version = n + 1;
	ros.epoch = 3;
	ros.epoch_s = 20;
	ros.n = n;
	for (size_t i = 0; i < n; i++) {
		ros.entries[i].peer_id[0] = (uint8_t)i;
		ros.entries[i].addr = addr_make(4, ip, (uint16_t)(i + 1));
		ros.entries[i].weight = 1000;
	}
}

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

UNIT_MAIN("mesh_duty", roster_is_copied_and_replaced,
    roster_without_memory_is_none,
    announce_tells_what_is_known_of_uplink_and_reach,
    configured_uplink_is_told_at_once, who_does_not_relay_tells_nothing)
