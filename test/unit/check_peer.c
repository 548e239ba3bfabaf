#include "swarm/peer.h"
#include "test/unit/unit.h"

#define BLOCK 16384

static struct failmem fm;
static struct peer p;

static void
setup(void)
{
	struct sp_addr a = { .family = 4 };

	failmem_init(&fm);
	peer_init(&p, &fm.mem, 7, &a, true, 100 * SP_S);
	p.established = true;
	p.is_choking = false;
}

static void
teardown(void)
{
	peer_fini(&p);
	failmem_check(&fm);
}

static int
ask(uint16_t index, sp_time now)
{
	struct pw_block_ref ref = { .number = 5, .index = index };

	return peer_request(&p, &ref, BLOCK, false, now);
}

/* Blocks that take |took| each, one after the other; when the last came. */
static sp_time
deliver(unsigned n, sp_time took, sp_time now)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		ck_assert_int_eq(ask((uint16_t)i, now), 0);
		now += took;
		peer_request_done(&p, p.n_req - 1, now);
	}
	return now;
}

START_TEST(new_peer_is_choking_and_choked)
{
	struct sp_addr a = { .family = 4 };

	failmem_init(&fm);
	peer_init(&p, &fm.mem, 7, &a, false, 5);
	ck_assert(p.am_choking && p.is_choking);
	ck_assert(!p.established && !p.am_interested && !p.is_interested);
	ck_assert_uint_eq(peer_room(&p, 5), 0);
	teardown();
}
END_TEST

START_TEST(unknown_peer_is_given_a_rate_and_a_small_pipeline)
{
	setup();
	ck_assert_uint_eq(peer_rate(&p), PEER_RATE_START);
	/* 250 kB/s * 100 ms = 1.5 blocks, and one */
	ck_assert_uint_eq(peer_pipeline(&p), 2);
	ck_assert_uint_eq(peer_room(&p, 100 * SP_S), 2);
	teardown();
}
END_TEST

START_TEST(pipeline_covers_rate_times_delay)
{
	setup();
	deliver(10, 10 * SP_MS, 100 * SP_S); /* 1.6 MB/s */
	ck_assert_uint_eq(peer_rate(&p), BLOCK * 100 * 9 / 10);
	peer_rtt(&p, 200 * SP_MS);
	/* 1.47 MB/s * 0.3 s = 27 blocks, and one */
	ck_assert_uint_ge(peer_pipeline(&p), 27);
	ck_assert_uint_le(peer_pipeline(&p), 28);
	deliver(10, SP_MS, 110 * SP_S);
	ck_assert_uint_eq(peer_pipeline(&p), PEER_PIPE_MAX);
	teardown();
}
END_TEST

START_TEST(rate_is_the_best_of_the_last_spans_and_then_forgotten)
{
	sp_time now;

	setup();
	now = deliver(3, 10 * SP_MS, 100 * SP_S);
	deliver(1, SP_S, now);
	ck_assert_uint_eq(peer_rate(&p), BLOCK * 100 * 9 / 10);
	deliver(1, SP_S, now + 4 * SP_S);
	ck_assert_uint_eq(peer_rate(&p), BLOCK * 100 * 9 / 10);
	deliver(1, SP_S, now + 8 * SP_S);
	ck_assert_uint_eq(peer_rate(&p), BLOCK / 10 * 9);
	teardown();
}
END_TEST

START_TEST(blocks_read_at_once_say_nothing_of_a_rate)
{
	setup();
	deliver(20, 0, 100 * SP_S);
	/* at most a block per millisecond */
	ck_assert_uint_le(peer_rate(&p), BLOCK * 1000);
	teardown();
}
END_TEST

START_TEST(timeout_follows_the_measured_times)
{
	sp_time t;

	setup();
	ck_assert_int_eq(peer_timeout(&p), PEER_TIMEOUT_0);
	deliver(1, 400 * SP_MS, 100 * SP_S);
	/* 400 + 4 * 200 */
	ck_assert_int_eq(peer_timeout(&p), 1200 * SP_MS);
	deliver(40, 100 * SP_MS, 101 * SP_S);
	ck_assert_int_eq(peer_timeout(&p), PEER_TIMEOUT_MIN);
	/* what was asked before comes first */
	ck_assert_int_eq(ask(1, 200 * SP_S), 0);
	t = peer_timeout(&p);
	ck_assert_int_gt(t, PEER_TIMEOUT_MIN + 100 * SP_MS);
	ck_assert_int_lt(t, PEER_TIMEOUT_MIN + 120 * SP_MS);
	teardown();
}
END_TEST

START_TEST(timeouts_back_off_and_then_leave_the_peer_alone)
{
	sp_time now = 200 * SP_S;

	setup();
	deliver(40, 100 * SP_MS, 100 * SP_S);
	ck_assert_int_eq(ask(1, now), 0);
	ck_assert_int_eq(ask(2, now), 0);
	peer_request_late(&p, 0, now + SP_S);
	ck_assert_uint_eq(p.timeouts, 1);
	ck_assert_uint_gt(peer_room(&p, now + SP_S), 0);
	peer_request_late(&p, 0, now + SP_S);
	ck_assert_uint_eq(p.n_req, 0);
	ck_assert_uint_eq(p.req_bytes, 0);
	ck_assert_uint_eq(peer_room(&p, now + SP_S), 0);
	ck_assert_uint_eq(peer_room(&p, now + SP_S + PEER_ALONE - 1), 0);
	ck_assert_uint_gt(peer_room(&p, now + SP_S + PEER_ALONE), 0);
	/* twice * 1.5 */
	ck_assert_int_eq(peer_timeout(&p), PEER_TIMEOUT_MIN * 9 / 4);
	deliver(1, 100 * SP_MS, now + 10 * SP_S);
	ck_assert_int_eq(peer_timeout(&p), PEER_TIMEOUT_MIN);
	teardown();
}
END_TEST

START_TEST(who_has_refused_is_tried_with_one_request)
{
	sp_time now = 200 * SP_S;

	setup();
	deliver(40, 100 * SP_MS, 100 * SP_S);
	ck_assert_uint_gt(peer_room(&p, now), 1);
	peer_rejected(&p, now);
	ck_assert_uint_eq(peer_room(&p, now + PEER_BUSY - 1), 0);
	now += PEER_BUSY;
	ck_assert_uint_eq(peer_room(&p, now), 1);
	/* what it sends says that it has time again */
	deliver(1, 100 * SP_MS, now);
	ck_assert_uint_gt(peer_room(&p, now), 1);
	teardown();
}
END_TEST

START_TEST(who_never_delivers_is_believed_no_more)
{
	sp_time now = 200 * SP_S;

	setup();
	ck_assert(peer_is_credible(&p));
	ck_assert_int_eq(ask(1, now), 0);
	ck_assert_int_eq(ask(2, now), 0);
	ck_assert_int_eq(ask(3, now), 0);
	peer_request_late(&p, 0, now + SP_S);
	ck_assert(peer_is_credible(&p));
	peer_request_late(&p, 0, now + SP_S);
	ck_assert(!peer_is_credible(&p));
	ck_assert(!peer_is_barren(&p));
	/* and is left alone for longer than one that gave something */
	ck_assert_uint_eq(peer_room(&p, now + SP_S + PEER_ALONE), 0);
	peer_request_late(&p, 0, now + SP_S);
	ck_assert(peer_is_barren(&p));
	deliver(2, 100 * SP_MS, now + 2 * SP_S);
	ck_assert(peer_is_credible(&p));
	ck_assert(!peer_is_barren(&p));
	/* refusing is honest, always refusing is not */
	p.rejects = 15;
	ck_assert(!peer_is_credible(&p));
	peer_amnesty(&p);
	ck_assert(peer_is_credible(&p));
	ck_assert_uint_gt(peer_room(&p, now + 2 * SP_S), 0);
	teardown();
}
END_TEST

START_TEST(timeout_has_a_ceiling)
{
	uint16_t i;

	setup();
	deliver(1, 3 * SP_S, 100 * SP_S);
	for (i = 0; i < 60; i++)
		ck_assert_int_eq(ask(i, 200 * SP_S), 0);
	for (i = 0; i < 10; i++)
		peer_request_late(&p, 0, 201 * SP_S);
	ck_assert_int_eq(peer_timeout(&p), 8 * SP_S);
	teardown();
}
END_TEST

START_TEST(nobody_is_asked_that_cannot_answer)
{
	sp_time now = 100 * SP_S;

	setup();
	p.is_choking = true;
	ck_assert_uint_eq(peer_room(&p, now), 0);
	p.is_choking = false;
	p.closing = true;
	ck_assert_uint_eq(peer_room(&p, now), 0);
	p.closing = false;
	p.established = false;
	ck_assert_uint_eq(peer_room(&p, now), 0);
	p.established = true;
	ck_assert_uint_eq(peer_room(&p, now), 2);
	ck_assert_int_eq(ask(0, now), 0);
	ck_assert_uint_eq(peer_room(&p, now), 1);
	ck_assert_int_eq(ask(1, now), 0);
	ck_assert_uint_eq(peer_room(&p, now), 0);
	teardown();
}
END_TEST

START_TEST(requests_are_found_by_their_block)
{
	struct pw_block_ref ref = { .number = 5, .index = 3 };
	uint16_t i;

	setup();
	for (i = 0; i < PEER_PIPE_MAX; i++)
		ck_assert_int_eq(ask(i, 100 * SP_S + i), 0);
	ck_assert_int_eq(ask(i, 100 * SP_S), SP_ERR_FULL);
	ck_assert_int_eq(peer_request_find(&p, &ref), 3);
	peer_request_del(&p, 3);
	ck_assert_int_eq(peer_request_find(&p, &ref), -1);
	ref.index = 63;
	ck_assert_int_eq(peer_request_find(&p, &ref), 62);
	ref.track = 1;
	ck_assert_int_eq(peer_request_find(&p, &ref), -1);
	ck_assert_uint_eq(p.req_bytes, 63 * BLOCK);
	teardown();
}
END_TEST

START_TEST(round_trip_times_are_smoothed)
{
	setup();
	peer_rtt(&p, 80 * SP_MS);
	ck_assert_int_eq(p.srtt, 80 * SP_MS);
	peer_rtt(&p, 160 * SP_MS);
	ck_assert_int_eq(p.srtt, 90 * SP_MS);
	peer_rtt(&p, 10 * SP_MS);
	ck_assert_int_eq(p.srtt, 80 * SP_MS);
	teardown();
}
END_TEST

START_TEST(every_failing_allocation_is_survived)
{
	struct sp_addr a = { .family = 4 };
	uint32_t before;
	uint16_t i;
	int rv;

	FAILMEM_EACH (&fm) {
		peer_init(&p, &fm.mem, 7, &a, true, 0);
		for (i = 0; i < PEER_PIPE_MAX; i++) {
			before = p.req_bytes;
			rv = ask(i, 0);
			if (rv < 0) {
				ck_assert_int_eq(rv, SP_ERR_NOMEM);
				ck_assert_uint_eq(p.req_bytes, before);
			}
		}
		peer_fini(&p);
	}
}
END_TEST

START_TEST(blocks_that_go_alone_tell_how_long_the_way_is)
{
	sp_time took = -1;

	setup();
	peer_out(&p, LIM_BLOCK, SP_S);
	ck_assert(!peer_left(&p, LIM_BLOCK - 1, SP_S + 50 * SP_MS, &took));
	ck_assert(peer_left(&p, 1, SP_S + 60 * SP_MS, &took));
	ck_assert_int_eq(took, 60 * SP_MS);
	/* what is handed out after it is not timed, nor is what is short */
	peer_out(&p, LIM_BLOCK, 2 * SP_S);
	peer_out(&p, LIM_BLOCK, 2 * SP_S + 100 * SP_MS);
	ck_assert(peer_left(&p, LIM_BLOCK, 2 * SP_S + 160 * SP_MS, &took));
	ck_assert_int_eq(took, 160 * SP_MS);
	ck_assert(!peer_left(&p, LIM_BLOCK, 3 * SP_S, &took));
	peer_out(&p, 100, 4 * SP_S);
	ck_assert(!peer_left(&p, 100, 5 * SP_S, &took));
	teardown();
}
END_TEST

UNIT_MAIN("peer", blocks_that_go_alone_tell_how_long_the_way_is,
    new_peer_is_choking_and_choked,
    unknown_peer_is_given_a_rate_and_a_small_pipeline,
    pipeline_covers_rate_times_delay,
    rate_is_the_best_of_the_last_spans_and_then_forgotten,
    blocks_read_at_once_say_nothing_of_a_rate,
    timeout_follows_the_measured_times,
    timeouts_back_off_and_then_leave_the_peer_alone,
    who_has_refused_is_tried_with_one_request,
    who_never_delivers_is_believed_no_more, timeout_has_a_ceiling,
    nobody_is_asked_that_cannot_answer, requests_are_found_by_their_block,
    round_trip_times_are_smoothed, every_failing_allocation_is_survived)
