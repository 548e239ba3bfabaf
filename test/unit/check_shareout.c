#include "tracker/shareout.h"

#include "test/unit/share_help.h"
#include "test/unit/unit.h"

#define NODE 77

static struct failmem fm;
static struct shareout *o;
static struct shareout_batch batch;
static struct shareout_stats st;

static void
start(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(shareout_new(&o, NODE, &fm.mem, 1, 0), 0);
}

static void
end(void)
{
	shareout_free(o);
	failmem_check(&fm);
}

static int
tell(struct sharewire_peer p, sp_time now)
{
	return shareout_tell(o, &p, now);
}

/* Entries of all batches that go at |now|. */
static unsigned
taken(sp_time now)
{
	struct sharewire_in in;
	unsigned n = 0;

	while (shareout_next(o, &batch, now) == 0) {
		ck_assert_int_eq(sharewire_open(&in, batch.p, batch.len),
		    (int)batch.n);
		ck_assert_uint_eq(in.node, NODE);
		n += batch.n;
	}
	return n;
}

START_TEST(announces_wait_for_each_other)
{
	start();
	ck_assert_int_eq(shareout_deadline(o), SP_NEVER);
	for (unsigned k = 0; k < 10; k++)
		ck_assert_int_eq(tell(some_peer(1, k), k * SP_MS), 0);
	ck_assert_int_eq(shareout_deadline(o), SHAREOUT_GAP);
	ck_assert_uint_eq(taken(SHAREOUT_GAP - 1), 0);
	ck_assert_int_eq(shareout_next(o, &batch, SHAREOUT_GAP), 0);
	ck_assert_uint_eq(batch.n, 10);
	ck_assert_uint_eq(batch.shard, 1);
	ck_assert_uint_eq(taken(SP_S), 0);
	ck_assert_int_eq(shareout_deadline(o), SP_NEVER);
	end();
}
END_TEST

START_TEST(a_viewer_of_a_live_channel_does_not_wait_long)
{
	start();
	tell(some_peer(1, 1), 0);
	tell(some_viewer(1, 2), 10 * SP_MS);
	ck_assert_int_eq(shareout_deadline(o), 10 * SP_MS + SHAREOUT_LIVE_GAP);
	ck_assert_uint_eq(taken(60 * SP_MS), 2);
	end();
}
END_TEST

START_TEST(a_full_batch_goes_at_once)
{
	unsigned k = 0;

	start();
	while (shareout_deadline(o) != 0)
		tell(some_peer(1, k++), 0);
	ck_assert_int_eq(shareout_next(o, &batch, 0), 0);
	ck_assert_uint_eq(batch.n, k - 1);
	ck_assert_uint_le(batch.len, LIM_SHARE_BATCH);
	ck_assert_uint_eq(taken(0), 0);
	ck_assert_uint_eq(taken(SHAREOUT_GAP), 1);
	end();
}
END_TEST

START_TEST(of_a_busy_swarm_a_sample_is_told)
{
	unsigned n = 0, other = 0;

	start();
	for (unsigned k = 0; k < 5000; k++) {
		n += tell(some_peer(1, k), 0) == 0;
		n += tell(some_peer(1, k), SHAREOUT_SLICE - 1) == 0;
	}
	ck_assert_uint_eq(n, SHAREOUT_SWARM);
	/* another swarm is not silenced by it */
	for (unsigned k = 0; k < 100; k++)
		other += tell(some_peer(2, k), SHAREOUT_SLICE - 1) == 0;
	ck_assert_uint_eq(other, 100);
	shareout_stats(o, &st);
	ck_assert_uint_eq(st.told, SHAREOUT_SWARM + 100);
	ck_assert_uint_eq(st.over, 10000 - SHAREOUT_SWARM);
	ck_assert_int_eq(tell(some_peer(1, 1), SHAREOUT_SLICE), 0);
	end();
}
END_TEST

START_TEST(what_others_told_counts_too)
{
	struct sharewire_peer p = some_peer(1, 1);

	start();
	for (unsigned k = 0; k < SHAREOUT_SWARM - 1; k++)
		shareout_heard(o, p.info_hash, SP_S);
	ck_assert_int_eq(tell(p, SP_S), 0);
	ck_assert_int_eq(tell(p, SP_S), SP_ERR_FULL);
	end();
}
END_TEST

START_TEST(all_swarms_together_have_a_rate)
{
	unsigned n = 0;

	start();
	for (unsigned k = 0; k < 2 * SHAREOUT_RATE; k++)
		n += tell(some_peer(k % 50000, k), 0) == 0;
	ck_assert_uint_eq(n, SHAREOUT_RATE);
	ck_assert_int_eq(tell(some_peer(1, 1), SP_S / 2), 0);
	end();
}
END_TEST

START_TEST(the_oldest_batch_is_dropped_when_nobody_takes_them)
{
	uint64_t bytes = 0;
	unsigned n = 0;

	start();
	for (unsigned s = 0; s < 60; s++)
		for (unsigned k = 0; k < 1000; k++)
			n += tell(some_peer(s, k), s * SP_S) == 0;
	ck_assert_uint_eq(n, 60000);
	/* all that is kept, and the allocator's share of it */
	bytes = fm.live_bytes;
	ck_assert_uint_lt(bytes,
	    (SHAREOUT_READY + 2 * SHAREOUT_SHARDS) * LIM_SHARE_BATCH +
		SHAREOUT_CELLS * 8 + 16384);
	shareout_stats(o, &st);
	ck_assert_uint_gt(st.dropped, 0);
	ck_assert_uint_eq(taken(100 * SP_S) + st.dropped, n);
	end();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	unsigned told;
	int r;

	FAILMEM_EACH (&fm) {
		r = shareout_new(&o, NODE, &fm.mem, 1, 0);
		if (r < 0) {
			ck_assert_int_eq(r, SP_ERR_NOMEM);
			ck_assert_ptr_null(o);
			continue;
		}
		told = 0;
		for (unsigned k = 0; k < 1000; k++) {
			r = tell(some_peer(k % 3, k), 0);
			ck_assert(r == 0 || r == SP_ERR_NOMEM);
			told += r == 0;
		}
		ck_assert_uint_eq(taken(SP_S), told);
		shareout_free(o);
	}
}
END_TEST

UNIT_MAIN("shareout", announces_wait_for_each_other,
    a_viewer_of_a_live_channel_does_not_wait_long, a_full_batch_goes_at_once,
    of_a_busy_swarm_a_sample_is_told, what_others_told_counts_too,
    all_swarms_together_have_a_rate,
    the_oldest_batch_is_dropped_when_nobody_takes_them,
    every_failing_allocation_is_survived)
