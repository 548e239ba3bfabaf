#include "swarm/holders.h"

#include "base/rng.h"
#include "test/unit/unit.h"

#define BLOCKS 70

static struct holders h;
static uint64_t words[HOLDERS_WORDS(BLOCKS)];

static void
setup(void)
{
	memset(words, 0, sizeof(words));
	holders_init(&h, words, BLOCKS);
}

static void
one(unsigned slot, uint32_t index, bool arriving, sp_time now)
{
	uint8_t bits = 0x80;

	holders_add(&h, slot, index, &bits, 1, arriving, now);
}

START_TEST(nobody_holds_anything_at_first)
{
	setup();
	ck_assert_uint_eq(h.told, 0);
	ck_assert_uint_eq(holders_of(&h, 0), 0);
	ck_assert_uint_eq(holders_expect(&h, BLOCKS - 1, SP_S), 0);
	holders_gone(&h, 3);
	holders_unset(&h, 3, 1);
	holders_forget(&h, 3);
	ck_assert_uint_eq(h.told, 0);
}
END_TEST

START_TEST(bits_name_blocks_from_first_on)
{
	const uint8_t bits[2] = { 0xa0, 0x01 };
	uint32_t i;

	setup();
	holders_add(&h, 63, 50, bits, 2, false, SP_S);
	for (i = 0; i < BLOCKS; i++)
		ck_assert_int_eq(holders_has(&h, 63, i),
		    i == 50 || i == 52 || i == 65);
	ck_assert_uint_eq(h.told, UINT64_C(1) << 63);
	ck_assert(!holders_has(&h, 62, 50));
}
END_TEST

START_TEST(bits_beyond_the_piece_are_not_looked_at)
{
	const uint8_t bits[2] = { 0xff, 0xff };

	setup();
	holders_add(&h, 1, BLOCKS - 3, bits, 2, false, SP_S);
	ck_assert(holders_has(&h, 1, BLOCKS - 1));
	holders_add(&h, 1, 1000, bits, 2, false, SP_S);
	/* the words of arriving stand behind those of held */
	ck_assert_uint_eq(holders_expect(&h, 0, SP_S), 0);
}
END_TEST

START_TEST(known_piece_is_told_of_and_not_held)
{
	setup();
	holders_add(&h, 5, 0, NULL, 0, false, SP_S);
	ck_assert_uint_eq(h.told, UINT64_C(1) << 5);
	ck_assert_uint_eq(holders_of(&h, 0), 0);
}
END_TEST

START_TEST(all_outlives_later_bits_and_gone_ends_it)
{
	setup();
	one(2, 4, true, SP_S);
	holders_all(&h, 2);
	one(2, 5, true, SP_S);
	ck_assert(holders_has(&h, 2, 69));
	ck_assert_uint_eq(holders_expect(&h, 4, SP_S), 0);
	holders_gone(&h, 2);
	ck_assert(!holders_has(&h, 2, 69));
	ck_assert_uint_eq(h.told, UINT64_C(1) << 2);
}
END_TEST

START_TEST(promises_that_are_not_kept_are_named_once)
{
	sp_time t = 1000 * SP_S;

	setup();
	ck_assert_int_eq(holders_told(&h, 7, t), -1);
	one(7, 9, true, t);
	one(7, 10, true, t);
	one(8, 9, true, t);
	one(9, 9, true, t + SP_S);
	ck_assert_int_eq(holders_told(&h, 7, t + SP_S), SP_S);
	holders_set(&h, 8, 9);
	ck_assert_uint_eq(holders_broken(&h, SP_S, t + SP_S), 0);
	/* 8 has it by now, 9 has time */
	ck_assert_uint_eq(holders_broken(&h, SP_S, t + 1500 * SP_MS),
	    UINT64_C(1) << 7);
	ck_assert_uint_eq(holders_expect(&h, 9, t + 1500 * SP_MS), UINT64_C(1)
								       << 9);
	ck_assert_uint_eq(holders_expect(&h, 10, t + 1500 * SP_MS), 0);
	ck_assert_uint_eq(holders_broken(&h, SP_S, t + 1500 * SP_MS), 0);
	holders_all(&h, 9);
	ck_assert_uint_eq(holders_broken(&h, SP_S, t + 9 * SP_S), 0);
	ck_assert_int_eq(holders_told(&h, 9, t), -1);
}
END_TEST

START_TEST(arriving_is_believed_for_a_while)
{
	sp_time t = 1000 * SP_S;

	setup();
	one(7, 9, true, t);
	one(8, 9, true, t + 2 * SP_S);
	ck_assert_uint_eq(holders_expect(&h, 9, t + 2 * SP_S), UINT64_C(3)
								   << 7);
	ck_assert_uint_eq(holders_expect(&h, 9, t + HAVEMAP_ARRIVING),
	    UINT64_C(3) << 7);
	ck_assert_uint_eq(holders_expect(&h, 9, t + HAVEMAP_ARRIVING + SP_S),
	    UINT64_C(1) << 8);
	ck_assert_uint_eq(holders_expect(&h, 9, t + 10 * SP_S), 0);
	ck_assert(!holders_has(&h, 7, 9));
}
END_TEST

START_TEST(rejected_block_is_taken_back)
{
	setup();
	one(1, 5, false, SP_S);
	one(1, 6, false, SP_S);
	holders_unset(&h, 1, 5);
	holders_unset(&h, 1, 900);
	ck_assert(!holders_has(&h, 1, 5));
	ck_assert(holders_has(&h, 1, 6));
	/* who claimed all and lacks one is believed nothing of it */
	holders_all(&h, 2);
	holders_unset(&h, 2, 0);
	ck_assert(!holders_has(&h, 2, 1));
}
END_TEST

START_TEST(what_came_from_somebody_it_holds)
{
	setup();
	one(3, 6, true, SP_S);
	holders_set(&h, 3, 5);
	holders_set(&h, 63, BLOCKS - 1);
	ck_assert(holders_has(&h, 3, 5));
	ck_assert(!holders_has(&h, 3, 6));
	ck_assert(holders_has(&h, 63, BLOCKS - 1));
	ck_assert_uint_eq(h.told, UINT64_C(1) << 3 | UINT64_C(1) << 63);
	/* what it tells of others does not take that back */
	one(3, 8, false, SP_S);
	ck_assert(holders_has(&h, 3, 5));
	/* beyond the piece there is nothing */
	holders_set(&h, 3, BLOCKS);
	holders_set(&h, 3, UINT32_MAX);
	ck_assert_uint_eq(holders_expect(&h, 0, SP_S), 0);
	/* who has told of all holds all, and may lack one later */
	holders_all(&h, 4);
	holders_set(&h, 4, 5);
	ck_assert_uint_eq(h.all, 1 << 4);
	holders_unset(&h, 3, 5);
	holders_unset(&h, 4, 5);
	ck_assert_uint_eq(holders_of(&h, 5), 0);
	holders_set(&h, 5, 7);
	holders_forget(&h, 5);
	ck_assert_uint_eq(holders_of(&h, 7), 0);
}
END_TEST

START_TEST(free_slot_leaves_nothing_behind)
{
	uint32_t i;

	setup();
	one(3, 5, false, SP_S);
	one(3, 6, true, SP_S);
	one(4, 5, false, SP_S);
	holders_all(&h, 6);
	holders_forget(&h, 3);
	holders_forget(&h, 6);
	ck_assert_uint_eq(h.told, UINT64_C(1) << 4);
	ck_assert_uint_eq(h.all, 0);
	for (i = 0; i < BLOCKS; i++) {
		ck_assert_uint_eq(holders_of(&h, i),
		    i == 5 ? UINT64_C(1) << 4 : 0);
		ck_assert_uint_eq(h.arriving[i], 0);
	}
}
END_TEST

START_TEST(early_row_goes_over_whole)
{
	const uint8_t bits[3] = { 0x80, 0x01, 0xff };
	struct havemap map;
	struct failmem fm;
	sp_time t = 50 * SP_S;
	uint32_t i;

	setup();
	failmem_init(&fm);
	havemap_init(&map, &fm.mem);
	ck_assert_int_eq(havemap_add(&map, 0, 1, 54, bits, 3, false, t), 0);
	ck_assert_int_eq(havemap_add(&map, 0, 1, 3, bits, 1, true, t), 0);
	ck_assert_int_eq(havemap_all(&map, 0, 2), 0);
	holders_take(&h, 9, havemap_row(&map, 0, 1));
	holders_take(&h, 10, havemap_row(&map, 0, 2));
	holders_take(&h, 11, havemap_row(&map, 0, 3));
	for (i = 0; i < BLOCKS; i++) {
		ck_assert_int_eq(holders_has(&h, 9, i), i == 54 || i >= 69);
		ck_assert(holders_has(&h, 10, i));
	}
	ck_assert_uint_eq(holders_expect(&h, 3, t), UINT64_C(1) << 9);
	ck_assert_uint_eq(holders_expect(&h, 3, t + 10 * SP_S), 0);
	ck_assert_uint_eq(h.told, UINT64_C(3) << 9);
	havemap_fini(&map);
	failmem_check(&fm);
}
END_TEST

UNIT_MAIN("holders", nobody_holds_anything_at_first,
    bits_name_blocks_from_first_on, bits_beyond_the_piece_are_not_looked_at,
    known_piece_is_told_of_and_not_held,
    all_outlives_later_bits_and_gone_ends_it,
    promises_that_are_not_kept_are_named_once, arriving_is_believed_for_a_while,
    rejected_block_is_taken_back, what_came_from_somebody_it_holds,
    free_slot_leaves_nothing_behind, early_row_goes_over_whole)
