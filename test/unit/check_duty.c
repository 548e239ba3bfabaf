#include "swarm/duty.h"
#include "test/unit/unit.h"

static struct roster ros;

static void
fill(size_t n)
{
	static const uint8_t ip[4] = { 192, 0, 2, 1 };

	memset(&ros, 0, sizeof(ros));
	ros.version = 1;
	ros.epoch = 11;
	ros.epoch_s = 20;
	ros.n = n;
	for (size_t i = 0; i < n; i++) {
		ros.entries[i].peer_id[0] = (uint8_t)i;
		ros.entries[i].addr = addr_make(4, ip, (uint16_t)(i + 1));
		ros.entries[i].weight = (uint32_t)(1000 + 100 * i);
	}
}

START_TEST(stripes_are_runs_that_cover_a_piece)
{
	uint32_t first, next;
	unsigned k, s;

	for (uint32_t blocks = 1; blocks <= 70; blocks++) {
		k = duty_stripes(blocks);
		ck_assert_uint_eq(k, SP_MIN(blocks, 16));
		ck_assert_uint_eq(duty_first(blocks, k, 0), 0);
		ck_assert_uint_eq(duty_first(blocks, k, k), blocks);
		for (s = 0; s < k; s++) {
			first = duty_first(blocks, k, s);
			next = duty_first(blocks, k, s + 1);
			ck_assert_uint_ge(next - first, blocks / k);
			ck_assert_uint_le(next - first, blocks / k + 1);
			for (; first < next; first++)
				ck_assert_uint_eq(duty_stripe(blocks, k, first),
				    s);
		}
	}
	ck_assert_uint_eq(duty_stripes(0), 0);
	ck_assert_uint_eq(duty_first(LIM_PIECE_BLOCKS, 1, 1), LIM_PIECE_BLOCKS);
	ck_assert_uint_eq(duty_stripe(LIM_PIECE_BLOCKS, 1, 1023), 0);
}
END_TEST

/* Each stripe has each rank once, over all members. */
static void
shared_out(size_t n, unsigned k)
{
	uint16_t seen[DUTY_RANKS] = { 0 };
	uint8_t order[DUTY_RANKS];
	struct duty d;

	for (size_t i = 0; i < n; i++) {
		ck_assert(duty_draw(&d, &ros, 5 * SP_S, ros.entries[i].peer_id,
		    2, k, 6 * SP_S));
		for (unsigned j = 0; j < DUTY_RANKS; j++) {
			ck_assert_uint_eq(seen[j] & d.rank[j], 0);
			seen[j] |= d.rank[j];
			for (unsigned s = 0; s < k; s++) {
				if ((d.rank[j] >> s & 1) == 0)
					continue;
				roster_rank(&ros, 2, s, order, DUTY_RANKS);
				ck_assert_uint_eq(order[j], i);
			}
		}
	}
	for (unsigned j = 0; j < DUTY_RANKS; j++)
		ck_assert_uint_eq(seen[j], j < n ? (1u << k) - 1 : 0);
}

START_TEST(every_stripe_has_one_on_duty_and_its_backups)
{
	for (size_t n = 0; n <= 40; n += n < 6 ? 1 : 17) {
		fill(n);
		shared_out(n, DUTY_STRIPES);
		shared_out(n, 3);
	}
}
END_TEST

START_TEST(there_is_no_duty_without_a_roster)
{
	static const uint8_t other[LINK_PEERID_LEN] = { 200 };
	struct duty d;

	ck_assert(!duty_draw(&d, NULL, 0, other, 0, 16, SP_S));
	ck_assert_uint_eq(d.rank[0], 0);
	fill(1);
	ck_assert(!duty_draw(&d, &ros, 0, other, 0, 16, SP_S));
	ck_assert_uint_eq(d.rank[0] | d.rank[1], 0);
	ck_assert(duty_draw(&d, &ros, 0, ros.entries[0].peer_id, 0, 16, SP_S));
	ck_assert_uint_eq(d.rank[0], 0xffff);
	/* an old one is none */
	ck_assert(duty_draw(&d, &ros, SP_S, ros.entries[0].peer_id, 0, 16,
	    61 * SP_S));
	ck_assert(!duty_draw(&d, &ros, SP_S, ros.entries[0].peer_id, 0, 16,
	    61 * SP_S + 1));
	ck_assert_uint_eq(d.rank[0], 0);
}
END_TEST

START_TEST(backups_step_in_one_after_the_other)
{
	sp_time q = 300 * SP_MS, ttfb = 80 * SP_MS, b = 30 * SP_MS;

	ck_assert_int_eq(duty_backup_delay(0, q, ttfb, b), 0);
	ck_assert_int_eq(duty_backup_delay(1, q, ttfb, b), 410 * SP_MS);
	ck_assert_int_eq(duty_backup_delay(2, q, ttfb, b), 520 * SP_MS);
	ck_assert_int_eq(duty_backup_delay(3, q, ttfb, b), 630 * SP_MS);
	ck_assert_int_eq(duty_backup_delay(3, q, SP_NEVER - 1, b), SP_NEVER);
	ck_assert_int_eq(duty_backup_delay(1, SP_NEVER, 0, 0), SP_NEVER);
}
END_TEST

UNIT_MAIN("duty", stripes_are_runs_that_cover_a_piece,
    every_stripe_has_one_on_duty_and_its_backups,
    there_is_no_duty_without_a_roster, backups_step_in_one_after_the_other)
