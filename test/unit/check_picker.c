#include "swarm/picker.h"
#include "test/unit/unit.h"

#define BLOCK 16384

static struct sp_rng rng;
static struct picker_peer peers[PICKER_PEERS];
static struct picker_choice out[1024];
static const struct picker_conf plain = { .fetch_q95 = 100 * SP_MS,
	.budget = 1024,
	.hedges = 1024 };

/* The first |n| slots are neighbours of 1 MB/s with much room. */
static void
setup(unsigned n)
{
	unsigned i;

	rng_seed(&rng, 11);
	memset(peers, 0, sizeof(peers));
	for (i = 0; i < n; i++) {
		peers[i].rate_bps = 1000000;
		peers[i].srtt = 20 * SP_MS;
		peers[i].room = 64;
	}
}

static struct picker_block
block(uint32_t ref, uint64_t holders, sp_time slack)
{
	return (struct picker_block){ .ref = ref,
		.holders = holders,
		.slack = slack,
		.len = BLOCK };
}

START_TEST(class_a_goes_by_deadline)
{
	struct picker_block v[20];
	uint32_t i;

	setup(4);
	/* slack of all is below 2 * q95; the rare ones are the least urgent */
	for (i = 0; i < 20; i++)
		v[i] = block(i, i < 10 ? 0xf : 0x1,
		    (sp_time)(190 - (i * 7 % 20) * 5) * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 20, peers, &rng, out), 20);
	for (i = 0; i < 20; i++)
		ck_assert_uint_eq(out[i].ref * 7 % 20, 19 - i);
}
END_TEST

START_TEST(what_is_late_already_goes_first)
{
	struct picker_block v[3];

	setup(1);
	v[0] = block(0, 1, 100 * SP_MS);
	v[1] = block(1, 1, -5 * SP_S);
	v[2] = block(2, 1, 50 * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 3, peers, &rng, out), 3);
	ck_assert_uint_eq(out[0].ref, 1);
	ck_assert_uint_eq(out[1].ref, 2);
	ck_assert_uint_eq(out[2].ref, 0);
}
END_TEST

START_TEST(class_a_goes_before_class_b)
{
	struct picker_block v[2];

	setup(8);
	v[0] = block(0, 0x1, 200 * SP_MS); /* B, and rare */
	v[1] = block(1, 0xff, 199 * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 2, peers, &rng, out), 2);
	ck_assert_uint_eq(out[0].ref, 1);
}
END_TEST

START_TEST(class_b_takes_the_rarest_first)
{
	struct picker_block v[6];
	uint32_t i;

	setup(6);
	for (i = 0; i < 6; i++)
		v[i] =
		    block(i, (UINT64_C(1) << ((i * 5 % 6) + 1)) - 1, 5 * SP_S);
	ck_assert_uint_eq(picker_pick(&plain, v, 6, peers, &rng, out), 6);
	for (i = 0; i < 6; i++)
		ck_assert_uint_eq(out[i].ref * 5 % 6, i);
}
END_TEST

START_TEST(class_b_takes_the_soon_due_among_equally_rare)
{
	struct picker_block v[3];

	setup(2);
	v[0] = block(0, 3, 9 * SP_S);
	v[1] = block(1, 3, 1 * SP_S);
	v[2] = block(2, 3, 4 * SP_S);
	ck_assert_uint_eq(picker_pick(&plain, v, 3, peers, &rng, out), 3);
	ck_assert_uint_eq(out[0].ref, 1);
	ck_assert_uint_eq(out[1].ref, 2);
}
END_TEST

START_TEST(equal_blocks_are_taken_in_random_order)
{
	struct picker_block v[8];
	unsigned first[8] = { 0 }, round;
	uint32_t i;

	setup(1);
	for (round = 0; round < 800; round++) {
		for (i = 0; i < 8; i++)
			v[i] = block(i, 1, 5 * SP_S);
		peers[0].room = 1;
		peers[0].inflight_bytes = 0;
		ck_assert_uint_eq(picker_pick(&plain, v, 8, peers, &rng, out),
		    1);
		first[out[0].ref]++;
	}
	for (i = 0; i < 8; i++) {
		ck_assert_uint_gt(first[i], 50);
		ck_assert_uint_lt(first[i], 150);
	}
}
END_TEST

START_TEST(chance_is_one_over_slack_where_that_is_asked)
{
	struct picker_conf conf = plain;
	struct picker_block v[2];
	unsigned first = 0, round;

	conf.one_over_x = true;
	setup(1);
	for (round = 0; round < 1000; round++) {
		v[0] = block(0, 1, SP_S);
		v[1] = block(1, 1, 3 * SP_S);
		peers[0].room = 1;
		peers[0].inflight_bytes = 0;
		ck_assert_uint_eq(picker_pick(&conf, v, 2, peers, &rng, out),
		    1);
		first += out[0].ref == 0;
	}
	/* three times as often */
	ck_assert_uint_gt(first, 700);
	ck_assert_uint_lt(first, 800);
}
END_TEST

START_TEST(provider_is_the_cheapest_of_three)
{
	struct picker_block v[1];
	unsigned i, won[3] = { 0 };

	for (i = 0; i < 100; i++) {
		setup(3);
		rng_seed(&rng, i);
		peers[0].srtt = 300 * SP_MS;          /* far */
		peers[1].inflight_bytes = 40 * BLOCK; /* busy */
		v[0] = block(0, 7, 100 * SP_MS);
		ck_assert_uint_eq(picker_pick(&plain, v, 1, peers, &rng, out),
		    1);
		won[out[0].slot]++;
	}
	ck_assert_uint_eq(won[2], 100);
}
END_TEST

START_TEST(load_spreads_over_equal_providers)
{
	struct picker_block v[60];
	uint32_t i;

	setup(3);
	for (i = 0; i < 60; i++)
		v[i] = block(i, 7, 100 * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 60, peers, &rng, out), 60);
	for (i = 0; i < 3; i++) {
		ck_assert_uint_eq(peers[i].inflight, 20);
		ck_assert_uint_eq(peers[i].inflight_bytes, 20 * BLOCK);
		ck_assert_uint_eq(peers[i].room, 44);
	}
}
END_TEST

START_TEST(only_holders_with_room_are_asked)
{
	struct picker_block v[10];
	uint32_t i;
	size_t n;

	setup(3);
	peers[0].room = 0;
	peers[1].room = 4;
	for (i = 0; i < 10; i++)
		v[i] = block(i, 3, 100 * SP_MS);
	n = picker_pick(&plain, v, 10, peers, &rng, out);
	ck_assert_uint_eq(n, 4);
	for (i = 0; i < n; i++)
		ck_assert_uint_eq(out[i].slot, 1);
	ck_assert_uint_eq(peers[2].inflight, 0);
}
END_TEST

START_TEST(class_b_waits_rather_than_be_late)
{
	struct picker_block v[1];

	setup(1);
	peers[0].rate_bps = BLOCK; /* a block takes a second */
	peers[0].srtt = 0;
	v[0] = block(0, 1, 1900 * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 1, peers, &rng, out), 0);
	v[0] = block(0, 1, 2000 * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 1, peers, &rng, out), 1);
	/* class A has no choice */
	v[0] = block(0, 1, 100 * SP_MS);
	ck_assert_uint_eq(picker_pick(&plain, v, 1, peers, &rng, out), 1);
}
END_TEST

START_TEST(budget_and_hedges_are_kept)
{
	struct picker_conf conf = plain;
	struct picker_block v[30];
	uint32_t i, hedges = 0;
	size_t n;

	setup(4);
	conf.budget = 12;
	conf.hedges = 3;
	for (i = 0; i < 30; i++) {
		v[i] = block(i, 15, (sp_time)i * SP_MS);
		v[i].hedge = i < 10;
	}
	n = picker_pick(&conf, v, 30, peers, &rng, out);
	ck_assert_uint_eq(n, 12);
	for (i = 0; i < n; i++) {
		ck_assert(out[i].hedge == (out[i].ref < 10));
		hedges += out[i].hedge;
	}
	ck_assert_uint_eq(hedges, 3);
	conf.budget = 0;
	ck_assert_uint_eq(picker_pick(&conf, v, 30, peers, &rng, out), 0);
}
END_TEST

START_TEST(no_block_is_chosen_twice)
{
	struct picker_block v[500];
	bool seen[500] = { false };
	uint32_t i;
	size_t n;

	setup(40);
	for (i = 0; i < 500; i++)
		v[i] = block(i, rng_u64(&rng),
		    (sp_time)rng_below(&rng, 9000) * SP_MS);
	n = picker_pick(&plain, v, 500, peers, &rng, out);
	ck_assert_uint_gt(n, 400);
	for (i = 0; i < n; i++) {
		ck_assert(!seen[out[i].ref]);
		seen[out[i].ref] = true;
		ck_assert_uint_lt(out[i].slot, 40);
	}
}
END_TEST

START_TEST(exponential_halves_every_sixteen_steps)
{
	uint64_t x, product;

	ck_assert_uint_eq(picker_exp2_neg(0), 65536);
	ck_assert_uint_eq(picker_exp2_neg(16), 32768);
	for (x = 0; x < 400; x++) {
		ck_assert_uint_le(picker_exp2_neg(x + 1), picker_exp2_neg(x));
		ck_assert_uint_eq(picker_exp2_neg(x + 16),
		    picker_exp2_neg(x) / 2);
	}
	/* 2^-a * 2^-(16-a) = 1/2 */
	for (x = 0; x <= 16; x++) {
		product =
		    (uint64_t)picker_exp2_neg(x) * picker_exp2_neg(16 - x);
		ck_assert_uint_ge(product >> 16, 32766);
		ck_assert_uint_le(product >> 16, 32769);
	}
	ck_assert_uint_eq(picker_exp2_neg(UINT64_MAX), 0);
}
END_TEST

/* ---- a full mesh in slots: each uplink carries one block per slot ---- */

#define NODES  63
#define PIECES 48

static uint64_t held[PICKER_PEERS]; /* blocks of each node; 0 is the source */

/* One slot: every node in turn picks at most one block; returns how many. */
static unsigned
slot(unsigned nodes, unsigned blocks)
{
	struct picker_conf conf = plain;
	struct picker_block v[PIECES];
	uint64_t before[PICKER_PEERS];
	unsigned i, k, n, moved = 0, first = (unsigned)rng_below(&rng, nodes);

	conf.budget = 1;
	memcpy(before, held, sizeof(before));
	for (i = 0; i < nodes; i++)
		peers[i].room = 1;
	for (i = 0; i < nodes; i++) {
		unsigned me = (first + i) % nodes;

		for (k = n = 0; k < blocks; k++) {
			uint64_t holders = 0;
			unsigned j;

			if (held[me] >> k & 1)
				continue;
			for (j = 0; j < nodes; j++)
				holders |= (before[j] >> k & 1) << j;
			if (holders != 0)
				v[n++] = block(k, holders, 100 * SP_S);
		}
		if (picker_pick(&conf, v, n, peers, &rng, out) == 0)
			continue;
		held[me] |= UINT64_C(1) << out[0].ref;
		moved++;
	}
	for (i = 0; i < nodes; i++)
		peers[i].inflight = peers[i].inflight_bytes = 0;
	return moved;
}

static unsigned
slots_until_all(unsigned nodes, unsigned blocks)
{
	uint64_t all = (UINT64_C(1) << blocks) - 1;
	unsigned i, t, done;

	setup(nodes);
	memset(held, 0, sizeof(held));
	held[0] = all;
	for (t = 0; t < 1000; t++) {
		for (i = done = 0; i < nodes; i++)
			done += held[i] == all;
		if (done == nodes)
			break;
		slot(nodes, blocks);
	}
	return t;
}

START_TEST(one_block_reaches_n_in_log2_n_plus_one_slots)
{
	unsigned viewers, bound;

	for (viewers = 1; viewers <= NODES; viewers++) {
		/* a source and n viewers: the holders double in each slot */
		for (bound = 0; (1u << bound) < viewers + 1; bound++)
			;
		ck_assert_uint_eq(slots_until_all(viewers + 1, 1), bound);
	}
}
END_TEST

START_TEST(many_blocks_are_spread_near_the_optimum)
{
	unsigned t = slots_until_all(32, PIECES);

	/* at least one slot per block and the depth of the last one */
	ck_assert_uint_ge(t, PIECES + 4);
	ck_assert_uint_le(t, (PIECES + 5) * 5 / 4);
}
END_TEST

UNIT_MAIN("picker", class_a_goes_by_deadline, what_is_late_already_goes_first,
    class_a_goes_before_class_b, class_b_takes_the_rarest_first,
    class_b_takes_the_soon_due_among_equally_rare,
    equal_blocks_are_taken_in_random_order,
    chance_is_one_over_slack_where_that_is_asked,
    provider_is_the_cheapest_of_three, load_spreads_over_equal_providers,
    only_holders_with_room_are_asked, class_b_waits_rather_than_be_late,
    budget_and_hedges_are_kept, no_block_is_chosen_twice,
    exponential_halves_every_sixteen_steps,
    one_block_reaches_n_in_log2_n_plus_one_slots,
    many_blocks_are_spread_near_the_optimum)
