#include "swarm/upload.h"

#include "base/rng.h"
#include "test/unit/unit.h"

static struct failmem fm;
static struct upload up;

static void
setup(void)
{
	failmem_init(&fm);
	upload_init(&up, &fm.mem);
}

static void
teardown(void)
{
	upload_fini(&up);
	failmem_check(&fm);
}

static int
add(uint64_t number, sp_time deadline)
{
	struct upload_entry e = { .ref = { .number = number },
		.len = 100,
		.deadline = deadline };

	return upload_add(&up, &e);
}

static uint64_t
take(uint32_t i)
{
	struct upload_entry e;

	upload_take(&up, i, &e);
	return e.ref.number;
}

START_TEST(requests_stay_in_the_order_they_came)
{
	setup();
	ck_assert_int_eq(add(1, 30), 0);
	ck_assert_int_eq(add(2, 10), 0);
	ck_assert_int_eq(add(3, 20), 0);
	ck_assert_uint_eq(take(1), 2);
	ck_assert_uint_eq(take(0), 1);
	ck_assert_uint_eq(take(0), 3);
	ck_assert_uint_eq(up.n, 0);
	ck_assert_uint_eq(up.bytes, 0);
	teardown();
}
END_TEST

START_TEST(same_block_is_queued_once)
{
	struct upload_entry e = { .len = 7 };

	setup();
	ck_assert_int_eq(upload_add(&up, &e), 0);
	ck_assert_int_eq(upload_add(&up, &e), SP_ERR_EXISTS);
	e.ref.track = 1;
	ck_assert_int_eq(upload_add(&up, &e), 0);
	e.ref.index = 1;
	ck_assert_int_eq(upload_add(&up, &e), 0);
	ck_assert_uint_eq(up.bytes, 21);
	upload_clear(&up);
	ck_assert_uint_eq(up.bytes, 0);
	ck_assert_uint_eq(up.n, 0);
	teardown();
}
END_TEST

START_TEST(queue_has_an_end)
{
	uint64_t n;

	setup();
	for (n = 0; n < LIM_REQUESTS_IN; n++)
		ck_assert_int_eq(add(n, (sp_time)n), 0);
	ck_assert_int_eq(add(n, 0), SP_ERR_FULL);
	ck_assert_int_eq(add(0, 0), SP_ERR_EXISTS);
	teardown();
}
END_TEST

START_TEST(cancelled_block_leaves_the_queue)
{
	struct pw_block_ref ref = { .number = 2 };

	setup();
	ck_assert_int_eq(upload_cancel(&up, &ref), SP_ERR_NOTFOUND);
	ck_assert_int_eq(add(1, 10), 0);
	ck_assert_int_eq(add(2, 5), 0);
	ck_assert_int_eq(add(3, 20), 0);
	ck_assert_int_eq(upload_cancel(&up, &ref), 0);
	ck_assert_int_eq(upload_cancel(&up, &ref), SP_ERR_NOTFOUND);
	ck_assert_uint_eq(up.v[0].ref.number, 1);
	ck_assert_uint_eq(up.v[1].ref.number, 3);
	ck_assert_uint_eq(up.bytes, 200);
	teardown();
}
END_TEST

START_TEST(random_operations_agree_with_a_naive_model)
{
	bool in[64] = { false };
	struct pw_block_ref ref = { 0 };
	struct sp_rng rng;
	unsigned i, k, n = 0;

	setup();
	rng_seed(&rng, 3);
	for (i = 0; i < 20000; i++) {
		k = (unsigned)rng_below(&rng, 64);
		ref.number = k;
		switch (rng_below(&rng, 3)) {
		case 0:
			ck_assert_int_eq(upload_cancel(&up, &ref),
			    in[k] ? 0 : SP_ERR_NOTFOUND);
			n -= in[k];
			in[k] = false;
			break;
		case 1:
			if (n == 0)
				break;
			k = (unsigned)take((uint32_t)rng_below(&rng, n));
			ck_assert(in[k]);
			in[k] = false;
			n--;
			break;
		default:
			ck_assert_int_eq(add(k, 5), in[k] ? SP_ERR_EXISTS : 0);
			n += !in[k];
			in[k] = true;
		}
		ck_assert_uint_eq(up.n, n);
		ck_assert_uint_eq(up.bytes, 100 * n);
	}
	teardown();
}
END_TEST

static int
push(uint64_t number, uint64_t key)
{
	struct upload_push u = { .key = key,
		.e = { .ref = { .number = number }, .len = 10 } };

	return upload_push(&up, &u);
}

static uint64_t
pop(void)
{
	struct upload_entry e;

	upload_pop(&up, &e);
	ck_assert_uint_eq(e.len, 10);
	return e.ref.number;
}

START_TEST(pushes_go_least_key_first_and_equal_ones_as_they_came)
{
	setup();
	ck_assert_int_eq(push(1, 30), 0);
	ck_assert_int_eq(push(2, 10), 0);
	ck_assert_int_eq(push(3, UINT64_MAX), 0);
	ck_assert_int_eq(push(4, 10), 0);
	ck_assert_int_eq(push(5, 20), 0);
	ck_assert_int_eq(push(6, 0), 0);
	ck_assert_uint_eq(up.push_bytes, 60);
	ck_assert_uint_eq(pop(), 6);
	ck_assert_uint_eq(pop(), 2);
	ck_assert_uint_eq(pop(), 4);
	upload_unpush(&up, up.n_push - 1); /* the next: 5 */
	ck_assert_uint_eq(pop(), 1);
	ck_assert_uint_eq(up.push_bytes, 10);
	ck_assert_uint_eq(pop(), 3);
	ck_assert_uint_eq(up.n_push, 0);
	ck_assert_uint_eq(up.push_bytes, 0);
	teardown();
}
END_TEST

START_TEST(what_is_pushed_and_what_is_asked_for_are_two_things)
{
	struct pw_block_ref ref = { .number = 2 };
	uint64_t n;

	setup();
	ck_assert_int_eq(add(2, 5), 0);
	ck_assert_int_eq(push(2, 5), 0);
	ck_assert_int_eq(push(2, 1), SP_ERR_EXISTS);
	ck_assert_int_eq(push(3, 6), 0);
	ck_assert_uint_eq(up.bytes, 100);
	ck_assert_uint_eq(up.push_bytes, 20);
	/* a cancel is of both, of either, of none */
	ck_assert_int_eq(upload_cancel(&up, &ref), 0);
	ck_assert_uint_eq(up.n, 0);
	ck_assert_uint_eq(up.n_push, 1);
	ck_assert_int_eq(upload_cancel(&up, &ref), SP_ERR_NOTFOUND);
	ref.number = 3;
	ck_assert_int_eq(upload_cancel(&up, &ref), 0);
	ck_assert_uint_eq(up.push_bytes, 0);
	/* a choke takes back what was asked for only */
	ck_assert_int_eq(add(7, 5), 0);
	ck_assert_int_eq(push(8, 5), 0);
	upload_clear(&up);
	ck_assert_uint_eq(up.n, 0);
	ck_assert_uint_eq(up.n_push, 1);
	ck_assert_uint_eq(up.push_bytes, 10);
	/* each has an end of its own */
	for (n = 100; up.n_push < LIM_REQUESTS_IN; n++)
		ck_assert_int_eq(push(n, n), 0);
	ck_assert_int_eq(push(n, n), SP_ERR_FULL);
	ck_assert_int_eq(push(8, n), SP_ERR_EXISTS);
	ck_assert_int_eq(add(n, 0), 0);
	teardown();
}
END_TEST

START_TEST(random_pushes_come_in_order_of_key)
{
	uint64_t last, n = 0;
	struct sp_rng rng;

	setup();
	rng_seed(&rng, 4);
	for (unsigned i = 0; i < 200; i++) {
		while (up.n_push < 40)
			ck_assert_int_eq(push(n++, rng_below(&rng, 50)), 0);
		upload_unpush(&up, (uint32_t)rng_below(&rng, up.n_push));
		for (last = 0; up.n_push > rng_below(&rng, 40);) {
			ck_assert_uint_le(last, up.push[up.n_push - 1].key);
			last = up.push[up.n_push - 1].key;
			pop();
		}
		ck_assert_uint_eq(up.push_bytes, 10 * (uint64_t)up.n_push);
	}
	teardown();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	uint64_t n;
	uint32_t before;
	int rv;

	FAILMEM_EACH (&fm) {
		upload_init(&up, &fm.mem);
		for (n = 0; n < 40; n++) {
			before = up.n;
			rv = add(n, 0);
			if (rv < 0) {
				ck_assert_int_eq(rv, SP_ERR_NOMEM);
				ck_assert_uint_eq(up.n, before);
			}
			before = up.n_push;
			rv = push(n, n);
			if (rv < 0) {
				ck_assert_int_eq(rv, SP_ERR_NOMEM);
				ck_assert_uint_eq(up.n_push, before);
				ck_assert_uint_eq(up.push_bytes, 10 * before);
			}
		}
		upload_fini(&up);
	}
}
END_TEST

UNIT_MAIN("upload", requests_stay_in_the_order_they_came,
    same_block_is_queued_once, queue_has_an_end,
    cancelled_block_leaves_the_queue,
    random_operations_agree_with_a_naive_model,
    pushes_go_least_key_first_and_equal_ones_as_they_came,
    what_is_pushed_and_what_is_asked_for_are_two_things,
    random_pushes_come_in_order_of_key, every_failing_allocation_is_survived)
