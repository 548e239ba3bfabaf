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
		}
		upload_fini(&up);
	}
}
END_TEST

UNIT_MAIN("upload", requests_stay_in_the_order_they_came,
    same_block_is_queued_once, queue_has_an_end,
    cancelled_block_leaves_the_queue,
    random_operations_agree_with_a_naive_model,
    every_failing_allocation_is_survived)
