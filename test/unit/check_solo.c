#include "swarm/solo.h"

#include "test/unit/unit.h"

static struct solo s;

START_TEST(too_few_neighbours_are_borne_for_two_seconds)
{
	solo_init(&s, 10 * SP_S);
	ck_assert(!solo_look(&s, 1, 1, 9, 11 * SP_S));
	ck_assert(!solo_look(&s, 1, 1, 9, 12 * SP_S - 1));
	ck_assert(solo_look(&s, 1, 1, 9, 12 * SP_S));
	ck_assert(s.on);
	ck_assert(!solo_look(&s, 1, 1, 9, 13 * SP_S));
	/* two that only are there do not end it */
	ck_assert(!solo_look(&s, 2, 1, 9, 14 * SP_S));
	ck_assert(solo_look(&s, 2, 2, 9, 15 * SP_S));
	ck_assert(!s.on);
}
END_TEST

START_TEST(short_spells_with_too_few_do_not_add_up)
{
	sp_time t;

	solo_init(&s, 0);
	for (t = 0; t < 20 * SP_S; t += 2 * SP_S) {
		ck_assert(!solo_look(&s, 0, 0, 9, t));
		ck_assert(!solo_look(&s, 0, 0, 9, t + 1900 * SP_MS));
		ck_assert(!solo_look(&s, 2, 2, 9, t + 1950 * SP_MS));
	}
}
END_TEST

START_TEST(of_two_viewers_each_has_one_neighbour_and_that_is_enough)
{
	solo_init(&s, 0);
	ck_assert(!solo_look(&s, 1, 1, 1, 9 * SP_S));
	ck_assert(!solo_look(&s, 0, 0, 1, 10 * SP_S));
	ck_assert(solo_look(&s, 0, 0, 1, 12 * SP_S));
	ck_assert(solo_look(&s, 1, 1, 1, 13 * SP_S));
	/* all alone, as far as is known: there is nobody to wait for */
	solo_init(&s, 0);
	ck_assert(solo_look(&s, 0, 0, 0, 2 * SP_S));
	ck_assert(solo_look(&s, 1, 1, 0, 3 * SP_S));
}
END_TEST

START_TEST(two_rescues_in_a_row_begin_it_for_a_while)
{
	solo_init(&s, 0);
	solo_look(&s, 5, 5, 9, 0);
	ck_assert(!solo_piece(&s, 0, true, 100 * SP_S));
	ck_assert(!solo_piece(&s, 0, false, 102 * SP_S));
	ck_assert(!solo_piece(&s, 0, true, 104 * SP_S));
	/* another track is not the same row */
	ck_assert(!solo_piece(&s, 1, true, 105 * SP_S));
	ck_assert(solo_piece(&s, 0, true, 106 * SP_S));
	ck_assert(s.on);
	ck_assert(!solo_piece(&s, 0, true, 108 * SP_S));
	ck_assert(!solo_look(&s, 5, 5, 9, 106 * SP_S + SOLO_STAY - 1));
	ck_assert(solo_look(&s, 5, 5, 9, 106 * SP_S + SOLO_STAY));
	/* it takes two again */
	ck_assert(!solo_piece(&s, 0, true, 117 * SP_S));
}
END_TEST

static sp_time
stays(sp_time *now)
{
	sp_time from;

	ck_assert(!solo_piece(&s, 0, true, *now));
	ck_assert(solo_piece(&s, 0, true, *now));
	from = *now;
	while (!solo_look(&s, 5, 5, 9, *now))
		*now += SP_S;
	return *now - from;
}

START_TEST(who_is_let_down_again_stays_longer)
{
	sp_time now = 100 * SP_S;

	solo_init(&s, 0);
	solo_look(&s, 5, 5, 9, 0);
	ck_assert_int_eq(stays(&now), SOLO_STAY);
	ck_assert_int_eq(stays(&now), 2 * SOLO_STAY);
	ck_assert_int_eq(stays(&now), 4 * SOLO_STAY);
	ck_assert_int_eq(stays(&now), 8 * SOLO_STAY);
	ck_assert_int_eq(stays(&now), SOLO_STAY_MAX);
	ck_assert_int_eq(stays(&now), SOLO_STAY_MAX);
	now += SOLO_CALM + 1;
	ck_assert_int_eq(stays(&now), SOLO_STAY);
}
END_TEST

UNIT_MAIN("solo", too_few_neighbours_are_borne_for_two_seconds,
    short_spells_with_too_few_do_not_add_up,
    of_two_viewers_each_has_one_neighbour_and_that_is_enough,
    two_rescues_in_a_row_begin_it_for_a_while,
    who_is_let_down_again_stays_longer)
