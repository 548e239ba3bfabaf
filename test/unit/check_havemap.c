#include "swarm/havemap.h"

#include "base/rng.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct havemap map;

static void
setup(void)
{
	failmem_init(&fm);
	havemap_init(&map, &fm.mem);
}

static void
teardown(void)
{
	havemap_fini(&map);
	failmem_check(&fm);
}

/* Tells of the one block |index|. */
static int
one(uint64_t number, uint32_t index, bool arriving, sp_time now)
{
	uint8_t bits = 0x80;

	return havemap_add(&map, 0, number, index, &bits, 1, arriving, now);
}

START_TEST(nothing_said_is_no_row)
{
	setup();
	ck_assert_ptr_null(havemap_row(&map, 0, 0));
	ck_assert_ptr_null(havemap_row(&map, 99, 0));
	ck_assert_uint_eq(havemap_edge(&map, 0), 0);
	ck_assert_uint_eq(havemap_edge(&map, 99), 0);
	ck_assert(!havemap_holds(NULL, 0));
	ck_assert(!havemap_arriving(NULL, 0, 0));
	havemap_gone(&map, 0, 7);
	ck_assert_ptr_null(havemap_row(&map, 0, 7));
	teardown();
}
END_TEST

START_TEST(known_row_holds_nothing)
{
	setup();
	ck_assert_int_eq(havemap_add(&map, 3, 7, 0, NULL, 0, false, 1), 0);
	ck_assert_ptr_nonnull(havemap_row(&map, 3, 7));
	ck_assert(!havemap_holds(havemap_row(&map, 3, 7), 0));
	ck_assert_ptr_null(havemap_row(&map, 3, 6));
	ck_assert_ptr_null(havemap_row(&map, LIM_TRACK_INIT + 3, 7));
	ck_assert_uint_eq(havemap_edge(&map, 3), 8);
	teardown();
}
END_TEST

START_TEST(bit_seven_of_byte_zero_is_the_first_block)
{
	static const uint8_t bits[2] = { 0xa0, 0x01 };
	const struct havemap_row *row;
	uint32_t i;

	setup();
	ck_assert_int_eq(havemap_add(&map, 0, 1, 60, bits, 2, false, 1), 0);
	row = havemap_row(&map, 0, 1);
	for (i = 0; i < 200; i++)
		ck_assert(
		    havemap_holds(row, i) == (i == 60 || i == 62 || i == 75));
	teardown();
}
END_TEST

START_TEST(all_outlives_later_bits_and_gone_ends_it)
{
	setup();
	ck_assert_int_eq(one(1, 700, false, 1), 0);
	ck_assert_int_eq(havemap_all(&map, 0, 1), 0);
	ck_assert_int_eq(one(1, 3, false, 1), 0);
	ck_assert(havemap_holds(havemap_row(&map, 0, 1), 1023));
	havemap_gone(&map, 0, 1);
	ck_assert_ptr_nonnull(havemap_row(&map, 0, 1));
	ck_assert(!havemap_holds(havemap_row(&map, 0, 1), 3));
	teardown();
}
END_TEST

START_TEST(arriving_is_believed_for_a_while)
{
	const struct havemap_row *row;

	setup();
	ck_assert_int_eq(one(1, 100, true, 10 * SP_S), 0);
	row = havemap_row(&map, 0, 1);
	ck_assert(!havemap_holds(row, 100));
	ck_assert(havemap_arriving(row, 100, 10 * SP_S));
	ck_assert(havemap_arriving(row, 100, 10 * SP_S + HAVEMAP_ARRIVING));
	ck_assert(
	    !havemap_arriving(row, 100, 10 * SP_S + HAVEMAP_ARRIVING + 1));
	ck_assert(!havemap_arriving(row, 99, 10 * SP_S));
	ck_assert(!havemap_arriving(row, 1000, 10 * SP_S));
	ck_assert_int_eq(havemap_all(&map, 0, 1), 0);
	ck_assert(!havemap_arriving(row, 100, 10 * SP_S));
	teardown();
}
END_TEST

START_TEST(forgotten_row_leaves_the_edge_and_no_memory)
{
	uint64_t n, before;

	setup();
	havemap_saw(&map, 0, 3);
	ck_assert_uint_eq(havemap_edge(&map, 0), 4);
	ck_assert_ptr_null(havemap_row(&map, 0, 3));
	before = fm.live;
	for (n = 0; n < 40; n++)
		ck_assert_int_eq(one(n, 100, false, 1), 0);
	havemap_forget(&map, 0, 40);
	havemap_forget(&map, 7, 0);
	for (n = 0; n < 40; n++) {
		ck_assert_ptr_nonnull(havemap_row(&map, 0, n));
		havemap_forget(&map, 0, n);
		ck_assert_ptr_null(havemap_row(&map, 0, n));
	}
	ck_assert_uint_eq(fm.live, before);
	ck_assert_uint_eq(havemap_edge(&map, 0), 40);
	ck_assert_int_eq(one(5, 1, false, 1), 0);
	ck_assert(havemap_holds(havemap_row(&map, 0, 5), 1));
	teardown();
}
END_TEST

START_TEST(newer_number_takes_the_row_of_an_older_one)
{
	uint64_t n;

	setup();
	for (n = 0; n < LIM_WINDOW_PIECES; n++)
		ck_assert_int_eq(one(n, 70, false, 1), 0);
	for (n = 0; n < LIM_WINDOW_PIECES; n++)
		ck_assert(havemap_holds(havemap_row(&map, 0, n), 70));
	ck_assert_int_eq(one(LIM_WINDOW_PIECES, 0, false, 1), 0);
	ck_assert_ptr_null(havemap_row(&map, 0, 0));
	ck_assert_int_eq(one(0, 0, false, 1), SP_ERR_STALE);
	ck_assert_int_eq(havemap_all(&map, 0, 0), SP_ERR_STALE);
	ck_assert(!havemap_holds(havemap_row(&map, 0, LIM_WINDOW_PIECES), 70));
	teardown();
}
END_TEST

START_TEST(memory_is_bounded_whatever_is_claimed)
{
	struct sp_rng rng;
	uint8_t bits = 0xff;
	int i;

	setup();
	rng_seed(&rng, 5);
	for (i = 0; i < 20000; i++)
		havemap_add(&map, 1, rng_below(&rng, LIM_NUMBER), 1016, &bits,
		    1, false, i);
	ck_assert_uint_le(fm.live, LIM_WINDOW_PIECES + 2);
	ck_assert_uint_le(fm.live_bytes,
	    LIM_WINDOW_PIECES * (sizeof(struct havemap_row) + 2 * 128) + 4096);
	teardown();
}
END_TEST

/* ---- against a model ---- */

#define SPAN 3000

static struct {
	bool row, all, held[LIM_PIECE_BLOCKS], arriving[LIM_PIECE_BLOCKS];
	sp_time at;
} model[SPAN];

static void
model_bits(uint64_t n, uint32_t first, const uint8_t *bits, size_t n_bytes,
    bool arriving, sp_time now)
{
	uint32_t i;

	model[n].row = true;
	if (n_bytes == 0 || model[n].all)
		return;
	for (i = 0; i < n_bytes * 8; i++) {
		if (!(bits[i / 8] & 0x80 >> i % 8))
			continue;
		if (arriving)
			model[n].arriving[first + i] = true;
		else
			model[n].held[first + i] = true;
	}
	if (arriving)
		model[n].at = now;
}

static void
model_clear(uint64_t n, bool all)
{
	memset(&model[n], 0, sizeof(model[n]));
	model[n].row = true;
	model[n].all = all;
}

static void
model_compare(uint64_t n, sp_time now)
{
	const struct havemap_row *row = havemap_row(&map, 0, n);
	uint32_t i;

	for (i = 0; i < LIM_PIECE_BLOCKS; i++) {
		if (havemap_holds(row, i) != (model[n].all || model[n].held[i]))
			ck_abort_msg("piece %d block %u", (int)n, i);
		if (havemap_arriving(row, i, now) !=
		    (!model[n].all && model[n].arriving[i] &&
			now - model[n].at <= HAVEMAP_ARRIVING))
			ck_abort_msg("piece %d arriving %u", (int)n, i);
	}
}

/* One operation on |n|, on both. */
static void
both(struct sp_rng *rng, uint64_t n, sp_time now)
{
	uint8_t bits[16];
	uint32_t first = (uint32_t)rng_below(rng, 1024 - 128);
	size_t n_bytes = (size_t)rng_below(rng, 17), i;
	bool arriving = rng_below(rng, 3) == 0;

	for (i = 0; i < sizeof(bits); i++)
		bits[i] = (uint8_t)rng_below(rng, 256);
	switch (rng_below(rng, 20)) {
	case 0:
		ck_assert_int_eq(havemap_all(&map, 0, n), 0);
		model_clear(n, true);
		break;
	case 1:
		havemap_gone(&map, 0, n);
		if (model[n].row)
			model_clear(n, false);
		break;
	case 2:
		havemap_forget(&map, 0, n);
		memset(&model[n], 0, sizeof(model[n]));
		break;
	default:
		ck_assert_int_eq(havemap_add(&map, 0, n, first, bits, n_bytes,
				     arriving, now),
		    0);
		model_bits(n, first, bits, n_bytes, arriving, now);
	}
}

START_TEST(random_operations_agree_with_a_naive_model)
{
	struct sp_rng rng;
	uint64_t n, base = 0;
	sp_time now = SP_S;
	int i;

	setup();
	rng_seed(&rng, 2);
	memset(model, 0, sizeof(model));
	for (i = 0; i < 30000; i++) {
		now += (sp_time)rng_below(&rng, 300) * SP_MS;
		if (rng_below(&rng, 12) == 0 && base + LIM_WINDOW_PIECES < SPAN)
			base++;
		/* a neighbour that keeps to a window loses nothing */
		n = base + rng_below(&rng, LIM_WINDOW_PIECES);
		if (havemap_row(&map, 0, n) == NULL)
			ck_assert(!model[n].row);
		both(&rng, n, now);
		model_compare(n, now);
		n = base + rng_below(&rng, LIM_WINDOW_PIECES);
		model_compare(n, now);
	}
	teardown();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	uint64_t n;
	int rv;

	FAILMEM_EACH (&fm) {
		havemap_init(&map, &fm.mem);
		for (n = 0; n < 40; n++) {
			rv = one(n, 100, false, 1);
			/* a ring that cannot grow forgets older ones */
			if (rv < 0)
				ck_assert_int_eq(rv, SP_ERR_NOMEM);
			else
				ck_assert(havemap_holds(havemap_row(&map, 0, n),
				    100));
			rv = havemap_all(&map, 5, n * 50);
			if (rv < 0)
				ck_assert_int_eq(rv, SP_ERR_NOMEM);
		}
		havemap_fini(&map);
	}
}
END_TEST

UNIT_MAIN("havemap", nothing_said_is_no_row, known_row_holds_nothing,
    bit_seven_of_byte_zero_is_the_first_block,
    all_outlives_later_bits_and_gone_ends_it, arriving_is_believed_for_a_while,
    forgotten_row_leaves_the_edge_and_no_memory,
    newer_number_takes_the_row_of_an_older_one,
    memory_is_bounded_whatever_is_claimed,
    random_operations_agree_with_a_naive_model,
    every_failing_allocation_is_survived)
