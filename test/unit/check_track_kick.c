#include "tracker/track.h"

#include "test/unit/unit.h"

static struct failmem fm;
static struct track *track;

static void
start(void)
{
	struct track_conf conf;

	failmem_init(&fm);
	track_conf_init(&conf);
	conf.live.boot = 9;
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
}

static void
tear_down(void)
{
	ck_assert(track_is_sound(track));
	track_free(track);
	failmem_check(&fm);
}

static struct track_stats
stats(void)
{
	struct track_stats st;

	track_stats(track, &st);
	return st;
}

static struct tw_peer peers[8];

/* Who is at 5.0.0.|host|:|port| announces |swarm|: how many it is told of. */
static size_t
announce(const char *id, uint8_t swarm, uint8_t host, uint16_t port)
{
	struct tw_announce a = { .port = port, .left = 1 };
	struct sp_addr from = addr_make(4, (uint8_t[]){ 5, 0, 0, host }, 1);
	struct tw_reply r;

	memset(a.info_hash, swarm, sizeof(a.info_hash));
	memcpy(a.peer_id, id, 8);
	a.peer_id[10] = host;
	if (track_announce(track, &a, &from, peers, 8, &r, 0) < 0)
		return SIZE_MAX;
	return r.n_peers;
}

/* An ordinary client, and a viewer of ours. */
#define ORDINARY "-XX0100-"
#define VIEWER   "-SP0100-"

START_TEST(who_is_kicked_is_handed_out_no_more)
{
	struct sp_addr who;

	start();
	ck_assert_uint_eq(announce(ORDINARY, 3, 1, 7), 0);
	ck_assert_uint_eq(announce(ORDINARY, 3, 1, 8), 1);
	ck_assert_uint_eq(announce(VIEWER, 1, 1, 7), 0);
	ck_assert_uint_eq(announce(VIEWER, 1, 1, 8), 1);
	ck_assert_uint_eq(announce(VIEWER, 2, 1, 7), 0);
	addr_parse(&who, "5.0.0.1:7", 9);
	ck_assert_int_eq(track_kick_addr(track, &who, 10 * SP_S, 0), 0);
	ck_assert(track_is_sound(track));
	ck_assert_uint_eq(announce(ORDINARY, 3, 2, 1), 1);
	ck_assert_uint_eq(peers[0].addr.port, 8);
	ck_assert_uint_eq(announce(VIEWER, 1, 2, 1), 1);
	ck_assert_uint_eq(announce(VIEWER, 2, 2, 1), 0);
	ck_assert_uint_eq(announce(VIEWER, 2, 1, 7), SIZE_MAX);
	who.port = 0;
	ck_assert_int_eq(track_kick_addr(track, &who, 10 * SP_S, 0), 0);
	ck_assert_uint_eq(announce(ORDINARY, 3, 3, 1), 1);
	ck_assert_uint_eq(peers[0].addr.ip[3], 2);
	ck_assert_uint_eq(announce(VIEWER, 1, 3, 1), 1);
	tear_down();
}
END_TEST

/* Other trackers do not know that he was kicked here. */
START_TEST(who_is_kicked_does_not_come_back_by_others)
{
	struct sharewire_peer p = { .flags = SHAREWIRE_LIVE };

	start();
	addr_parse(&p.addr, "5.0.0.1:7", 9);
	memset(p.info_hash, 1, sizeof(p.info_hash));
	memcpy(p.peer_id, "-SP0100-", 8);
	ck_assert_int_eq(track_import(track, &p, 0), 0);
	ck_assert_int_eq(track_kick_addr(track, &p.addr, 10 * SP_S, 0), 0);
	ck_assert_uint_eq(stats().registry.peers, 0);
	ck_assert_int_eq(track_import(track, &p, 0), SP_ERR_DENIED);
	p.flags = 0;
	ck_assert_int_eq(track_import(track, &p, 0), SP_ERR_DENIED);
	ck_assert_uint_eq(stats().registry.peers, 0);
	tear_down();
}
END_TEST

UNIT_MAIN("track_kick", who_is_kicked_is_handed_out_no_more,
    who_is_kicked_does_not_come_back_by_others)
