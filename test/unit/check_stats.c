#include "swarm/stats.h"
#include "test/unit/unit.h"

static uint32_t
offload(uint64_t peer, uint64_t origin)
{
	struct mesh_stats st = { .peer_bytes = peer, .origin_bytes = origin };

	return stats_offload_ppm(&st);
}

START_TEST(offload_is_the_share_of_the_peers)
{
	ck_assert_uint_eq(offload(0, 0), 0);
	ck_assert_uint_eq(offload(0, 5), 0);
	ck_assert_uint_eq(offload(5, 0), 1000000);
	ck_assert_uint_eq(offload(1, 1), 500000);
	ck_assert_uint_eq(offload(2, 1), 666666);
}
END_TEST

START_TEST(offload_of_exabytes_does_not_overflow)
{
	ck_assert_uint_eq(offload(UINT64_MAX / 4, UINT64_MAX / 4), 500000);
	ck_assert_uint_ge(offload(UINT64_MAX / 2, 0), 999999);
	ck_assert_uint_le(offload(UINT64_MAX / 2, 0), 1000001);
}
END_TEST

UNIT_MAIN("stats", offload_is_the_share_of_the_peers,
    offload_of_exabytes_does_not_overflow)
