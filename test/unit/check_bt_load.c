#include "tools/bt_load.h"
#include "tools/bt_check.h"

#include "test/unit/unit.h"

static const struct bt_load load = { .peers = 1000,
	.swarms = 7,
	.sources = 4,
	.seeds_ppm = 500000,
	.seed = 3 };

static struct bt_options opts;
static struct bt_result res;
static struct bt_check chk;

static void
begin(const char *addr)
{
	opts.load = load;
	opts.peer_check = true;
	ck_assert_int_eq(addr_parse(&opts.addr, addr, strlen(addr)), 0);
	memset(&res, 0, sizeof(res));
	bt_check_init(&chk, &opts);
}

/* Compact entry of peer |at| in |swarm|, from where it should be. */
static void
put(uint8_t *p, uint32_t swarm, uint32_t at)
{
	struct bt_peer peer = { swarm, at };
	struct sp_addr a = bt_check_source(&chk, at % load.sources);
	uint16_t port = bt_load_port(&peer);

	memcpy(p, a.ip, 4);
	p[4] = (uint8_t)(port >> 8);
	p[5] = (uint8_t)port;
}

START_TEST(every_peer_is_in_one_swarm_and_found_by_its_port)
{
	uint32_t n[7] = { 0 }, at;

	for (uint32_t i = 0; i < load.peers; i++) {
		struct bt_peer p = bt_load_peer(&load, i);

		ck_assert_uint_eq(p.at, n[p.swarm]++);
		ck_assert(bt_load_find(&load, p.swarm, bt_load_port(&p), &at));
		ck_assert_uint_eq(at, p.at);
	}
	for (uint32_t s = 0; s < load.swarms; s++)
		ck_assert_uint_eq(n[s], bt_load_swarm_size(&load, s));
}
END_TEST

START_TEST(a_port_that_nobody_has_is_not_found)
{
	struct bt_peer p = { 3, bt_load_swarm_size(&load, 3) };
	uint32_t at;

	ck_assert(!bt_load_find(&load, 3, bt_load_port(&p), &at));
	ck_assert(!bt_load_find(&load, 3, 80, &at));
	ck_assert(!bt_load_find(&load, 3, 65535, &at));
}
END_TEST

START_TEST(who_is_drawn_exists_and_sends_from_that_source)
{
	struct sp_rng rng;

	rng_seed(&rng, 1);
	for (uint32_t i = 0; i < 10000; i++) {
		struct bt_peer p = bt_load_draw(&load, i % 4, &rng);

		ck_assert_uint_lt(p.swarm, load.swarms);
		ck_assert_uint_lt(p.at, bt_load_swarm_size(&load, p.swarm));
		ck_assert_uint_eq(p.at % 4, i % 4);
	}
}
END_TEST

START_TEST(half_of_them_are_seeds)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < load.peers; i++) {
		struct bt_peer p = bt_load_peer(&load, i);

		n += bt_load_is_seed(&load, &p);
	}
	ck_assert_uint_gt(n, 430);
	ck_assert_uint_lt(n, 570);
}
END_TEST

START_TEST(a_right_answer_has_no_fault)
{
	struct bt_peer asker = { 2, 0 };
	uint8_t p[5 * 6];

	begin("127.0.0.1:6969");
	for (uint32_t i = 0; i < 5; i++)
		put(p + 6 * i, 2, i + 1);
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p));
	ck_assert(bt_result_is_clean(&res));
	ck_assert_uint_eq(res.self, 0);
	ck_assert_uint_eq(res.peers, 5);
}
END_TEST

START_TEST(faults_in_the_peers_are_found)
{
	struct bt_peer asker = { 2, 0 };
	uint8_t p[3 * 6];

	begin("127.0.0.1:6969");
	for (uint32_t i = 0; i < 3; i++)
		put(p + 6 * i, 2, i);
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p));
	ck_assert_uint_eq(res.self, 1);
	ck_assert(bt_result_is_clean(&res));
	put(p, 2, 2);
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p));
	ck_assert_uint_eq(res.twice, 1);
	put(p, 3, 1);
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p));
	ck_assert_uint_eq(res.foreign, 1);
	/* The right port, from another source than it should be. */
	put(p, 2, 3);
	p[3]++;
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p));
	ck_assert_uint_eq(res.foreign, 2);
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p) - 1);
	ck_assert_uint_eq(res.bad, 1);
}
END_TEST

START_TEST(of_a_tracker_elsewhere_addresses_are_not_known)
{
	struct bt_peer asker = { 2, 0 }, other = { 2, 1 };
	uint16_t port = bt_load_port(&other);
	uint8_t p[6] = { 192, 0, 2, 1, (uint8_t)(port >> 8), (uint8_t)port };

	begin("192.0.2.7:6969");
	ck_assert_uint_eq(bt_check_source(&chk, 0).family, 0);
	bt_check_peers(&chk, &res, &asker, 4, p, sizeof(p));
	ck_assert(bt_result_is_clean(&res));
}
END_TEST

START_TEST(peers_of_a_named_swarm_are_viewers)
{
	struct bt_load l = { .peers = 10, .swarms = 1, .sources = 1 };
	struct bt_peer p = bt_load_peer(&l, 3);
	uint8_t id[LOAD_HASH];

	bt_load_peer_id(&l, &p, id);
	ck_assert_mem_eq(id, "-SB0001-", 8);
	l.only = true;
	bt_load_peer_id(&l, &p, id);
	ck_assert_mem_eq(id, "-SP0100-", 8);
}
END_TEST

UNIT_MAIN("bt_load", every_peer_is_in_one_swarm_and_found_by_its_port,
    a_port_that_nobody_has_is_not_found,
    who_is_drawn_exists_and_sends_from_that_source, half_of_them_are_seeds,
    a_right_answer_has_no_fault, faults_in_the_peers_are_found,
    of_a_tracker_elsewhere_addresses_are_not_known,
    peers_of_a_named_swarm_are_viewers)
