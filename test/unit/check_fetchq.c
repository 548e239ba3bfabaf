#include "swarm/fetchq.h"

#include "test/unit/unit.h"

static struct fetchq q;

static bool
add(uint32_t ref, uint32_t first, uint32_t n, enum fetch_class class,
    sp_time deadline)
{
	struct fetch_ask a = { ref, first, n, class, deadline };

	return fetchq_add(&q, &a, 500 * SP_MS, 10 * SP_S);
}

static void
order_is(const char *refs)
{
	size_t i;

	ck_assert_uint_eq(q.n, strlen(refs));
	for (i = 0; i < q.n; i++)
		ck_assert_uint_eq(q.v[i].ref, (unsigned char)refs[i]);
}

START_TEST(classes_go_before_deadlines)
{
	fetchq_init(&q);
	ck_assert(add('a', 0, 1, FETCH_AHEAD, 11 * SP_S));
	ck_assert(add('b', 0, 1, FETCH_RESCUE, 13 * SP_S));
	ck_assert(add('c', 0, 1, FETCH_DUTY, 20 * SP_S));
	ck_assert(add('d', 0, 1, FETCH_RESCUE, 12 * SP_S));
	ck_assert(add('e', 0, 1, FETCH_FIRST, 15 * SP_S));
	ck_assert(add('f', 0, 1, FETCH_DUTY, 19 * SP_S));
	/* the same moment: as they came */
	ck_assert(add('g', 0, 1, FETCH_DUTY, 19 * SP_S));
	order_is("fgcedba");
}
END_TEST

START_TEST(rescue_that_comes_too_late_is_what_a_player_waits_for)
{
	fetchq_init(&q);
	ck_assert(add('a', 0, 1, FETCH_RESCUE, 10 * SP_S + 499 * SP_MS));
	ck_assert(add('b', 0, 1, FETCH_RESCUE, 10 * SP_S + 500 * SP_MS));
	ck_assert(add('c', 0, 1, FETCH_RESCUE, 1 * SP_S));
	ck_assert(add('d', 0, 1, FETCH_AHEAD, 12 * SP_S));
	/* a start is as urgent as it was */
	ck_assert(add('e', 0, 1, FETCH_FIRST, 1 * SP_S));
	order_is("ecabd");
}
END_TEST

START_TEST(what_is_for_others_and_too_late_is_left_out)
{
	fetchq_init(&q);
	ck_assert(!add('a', 0, 1, FETCH_DUTY, 10 * SP_S + 499 * SP_MS));
	ck_assert(!add('b', 0, 1, FETCH_AHEAD, 9 * SP_S));
	ck_assert(add('c', 0, 1, FETCH_DUTY, 10 * SP_S + 500 * SP_MS));
	order_is("c");
}
END_TEST

START_TEST(same_blocks_are_asked_for_once)
{
	fetchq_init(&q);
	ck_assert(add('a', 4, 8, FETCH_DUTY, 20 * SP_S));
	ck_assert(!add('a', 4, 8, FETCH_DUTY, 20 * SP_S));
	ck_assert(!add('a', 5, 2, FETCH_AHEAD, 20 * SP_S));
	ck_assert(add('a', 11, 2, FETCH_DUTY, 20 * SP_S));
	ck_assert(add('b', 4, 8, FETCH_DUTY, 20 * SP_S));
	order_is("aab");
}
END_TEST

START_TEST(least_important_drop_out_of_a_full_queue)
{
	uint32_t i;

	fetchq_init(&q);
	for (i = 0; i < FETCHQ_MAX; i++)
		ck_assert(add(i, 0, 1, FETCH_RESCUE, (20 + i) * SP_S));
	ck_assert(!add(1000, 0, 1, FETCH_AHEAD, 20 * SP_S));
	ck_assert(
	    !add(1000, 0, 1, FETCH_RESCUE, 20 * SP_S + FETCHQ_MAX * SP_S));
	ck_assert(add(1000, 0, 1, FETCH_DUTY, 99 * SP_S));
	ck_assert_uint_eq(q.n, FETCHQ_MAX);
	ck_assert_uint_eq(q.v[0].ref, 1000);
	ck_assert_uint_eq(q.v[1].ref, 0);
	ck_assert_uint_eq(q.v[FETCHQ_MAX - 1].ref, FETCHQ_MAX - 2);
}
END_TEST

UNIT_MAIN("fetchq", classes_go_before_deadlines,
    rescue_that_comes_too_late_is_what_a_player_waits_for,
    what_is_for_others_and_too_late_is_left_out, same_blocks_are_asked_for_once,
    least_important_drop_out_of_a_full_queue)
