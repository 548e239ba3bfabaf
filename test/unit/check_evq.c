#include "base/rng.h"
#include "test/sim/evq.h"
#include "test/unit/unit.h"

static struct evq q;
static struct evq_item it;

START_TEST(events_of_one_instant_leave_in_the_order_they_came)
{
	for (uint32_t i = 0; i < 100; i++)
		evq_push(&q, 5 * SP_S, 1, i, NULL);
	evq_push(&q, 5 * SP_S - 1, 1, 1000, NULL);
	ck_assert(evq_pop(&q, &it));
	ck_assert_uint_eq(it.arg, 1000);
	for (uint32_t i = 0; i < 100; i++) {
		ck_assert_int_eq(evq_at(&q), 5 * SP_S);
		ck_assert(evq_pop(&q, &it));
		ck_assert_uint_eq(it.arg, i);
	}
	ck_assert(!evq_pop(&q, &it));
	ck_assert_int_eq(evq_at(&q), SP_NEVER);
	evq_fini(&q);
}
END_TEST

/* From what is due at once to what is due in an hour, while time goes on. */
START_TEST(whatever_is_pushed_leaves_in_order_of_time)
{
	static const sp_time spans[] = { 1, SP_US, SP_MS, 30 * SP_MS, SP_S,
		1073 * SP_MS, 1075 * SP_MS, 3 * SP_S, 3600 * SP_S };
	struct sp_rng rng;
	sp_time now = 1000 * SP_S;
	uint64_t seq = 0, pushed = 0, popped = 0;

	rng_seed(&rng, 7);
	while (popped < 200000) {
		size_t n = pushed < 150000 ? rng_below(&rng, 3) : 0;

		for (; n > 0; n--, pushed++)
			evq_push(&q,
			    now +
				(sp_time)rng_below(&rng,
				    (uint64_t)
					spans[rng_below(&rng, SP_LEN(spans))]),
			    0, 0, NULL);
		if (!evq_pop(&q, &it)) {
			if (pushed >= 150000)
				break;
			continue;
		}
		popped++;
		ck_assert(it.at > now || (it.at == now && it.seq >= seq) ||
			  popped == 1);
		now = it.at;
		seq = it.seq;
	}
	ck_assert_uint_eq(popped, pushed);
	ck_assert_uint_ge(pushed, 150000);
	evq_fini(&q);
}
END_TEST

UNIT_MAIN("evq", events_of_one_instant_leave_in_the_order_they_came,
    whatever_is_pushed_leaves_in_order_of_time)
