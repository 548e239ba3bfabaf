#include "base/heap.h"
#include "base/rng.h"
#include "test/unit/unit.h"

static struct failmem fm;

static void
check_order(const struct heap *h)
{
	const struct heap_node *n, *up;

	for (size_t i = 0; i < h->len; i++) {
		n = h->v[i];
		ck_assert_uint_eq(n->pos, i + 1);
		if (i == 0)
			continue;
		up = h->v[(i - 1) / 2];
		ck_assert(
		    up->at < n->at || (up->at == n->at && up->seq < n->seq));
	}
}

START_TEST(an_empty_heap_is_due_never)
{
	struct heap_node n = { 0 };
	struct heap h;

	failmem_init(&fm);
	heap_init(&h, &fm.mem);
	ck_assert_ptr_null(heap_top(&h));
	ck_assert_int_eq(heap_at(&h), SP_NEVER);
	heap_del(&h, &n);
	heap_fini(&h);
	failmem_check(&fm);
}
END_TEST

START_TEST(equal_times_leave_in_the_order_they_came)
{
	struct heap_node n[100] = { 0 };
	struct heap h;

	failmem_init(&fm);
	heap_init(&h, &fm.mem);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(heap_set(&h, &n[i], 5 * SP_S), 0);
	for (int i = 0; i < 100; i++) {
		ck_assert_ptr_eq(heap_top(&h), &n[i]);
		heap_del(&h, &n[i]);
		ck_assert_uint_eq(n[i].pos, 0);
		check_order(&h);
	}
	heap_fini(&h);
	failmem_check(&fm);
}
END_TEST

START_TEST(a_move_to_the_same_time_goes_behind)
{
	struct heap_node a = { 0 }, b = { 0 };
	struct heap h;

	failmem_init(&fm);
	heap_init(&h, &fm.mem);
	heap_set(&h, &a, 1);
	heap_set(&h, &b, 1);
	heap_set(&h, &a, 1);
	ck_assert_ptr_eq(heap_top(&h), &b);
	ck_assert_int_eq(heap_at(&h), 1);
	heap_set(&h, &a, 0);
	ck_assert_ptr_eq(heap_top(&h), &a);
	heap_fini(&h);
	ck_assert_uint_eq(a.pos, 0);
	ck_assert_uint_eq(b.pos, 0);
	failmem_check(&fm);
}
END_TEST

#define NODES 200

/* The oracle: an unsorted list with the order of the last heap_set. */
struct oracle {
	struct heap_node node[NODES];
	sp_time at[NODES];
	uint64_t order[NODES];
	bool in[NODES];
	uint64_t calls;
};

static int
oracle_first(const struct oracle *o)
{
	int best = -1;

	for (int i = 0; i < NODES; i++) {
		if (!o->in[i])
			continue;
		if (best < 0 || o->at[i] < o->at[best] ||
		    (o->at[i] == o->at[best] && o->order[i] < o->order[best]))
			best = i;
	}
	return best;
}

static void
random_step(struct oracle *o, struct heap *h, struct sp_rng *r)
{
	size_t i = rng_below(r, NODES);
	int first;

	switch (rng_below(r, 4)) {
	case 0:
		heap_del(h, &o->node[i]);
		o->in[i] = false;
		break;
	case 1:
		first = oracle_first(o);
		if (first < 0)
			break;
		ck_assert_ptr_eq(heap_top(h), &o->node[first]);
		heap_del(h, heap_top(h));
		o->in[first] = false;
		break;
	default:
		o->at[i] = (sp_time)rng_below(r, 50);
		o->order[i] = o->calls++;
		o->in[i] = true;
		ck_assert_int_eq(heap_set(h, &o->node[i], o->at[i]), 0);
	}
}

START_TEST(random_calls_agree_with_a_list)
{
	static struct oracle o;
	struct heap h;
	struct sp_rng r;
	int first;

	memset(&o, 0, sizeof(o));
	failmem_init(&fm);
	rng_seed(&r, 1);
	heap_init(&h, &fm.mem);
	for (int step = 0; step < 20000; step++) {
		random_step(&o, &h, &r);
		first = oracle_first(&o);
		ck_assert_ptr_eq(heap_top(&h),
		    first < 0 ? NULL : &o.node[first]);
		ck_assert_int_eq(heap_at(&h),
		    first < 0 ? SP_NEVER : o.at[first]);
		if (step % 16 == 0)
			check_order(&h);
	}
	heap_fini(&h);
	failmem_check(&fm);
}
END_TEST

START_TEST(without_memory_the_node_stays_outside)
{
	struct heap_node n[40];
	struct heap h;
	int err;

	FAILMEM_EACH (&fm) {
		memset(n, 0, sizeof(n));
		heap_init(&h, &fm.mem);
		for (int i = 0; i < 40; i++) {
			err = heap_set(&h, &n[i], 40 - i);
			if (err != 0) {
				ck_assert_int_eq(err, SP_ERR_NOMEM);
				ck_assert_uint_eq(n[i].pos, 0);
			}
			check_order(&h);
		}
		heap_fini(&h);
	}
	ck_assert_uint_eq(fm.round, 4);
}
END_TEST

UNIT_MAIN("heap", an_empty_heap_is_due_never,
    equal_times_leave_in_the_order_they_came,
    a_move_to_the_same_time_goes_behind, random_calls_agree_with_a_list,
    without_memory_the_node_stays_outside)
