#include "test/unit/simnet_help.h"

/* How long b sends to c, while it acknowledges as much from a. */
static sp_time
beside_acks(uint32_t ack_each)
{
	static uint8_t buf[6000000];
	struct simnet_ev ev;
	uint32_t in, out;
	struct world w;

	world_init(&w);
	simnet_free(w.net);
	w.conf.ack_each = ack_each;
	w.net = simnet_new(&w.conf);
	w.a = node(&w, 80 * MBIT, 80 * MBIT, SP_MS);
	/* acknowledging 1448 bytes takes 0.17 ms of it */
	w.b = node(&w, 300000, 80 * MBIT, SP_MS);
	w.c = node(&w, 8 * MBIT, 80 * MBIT, SP_MS);
	in = open_stream(&w, w.a, w.b);
	out = open_stream(&w, w.b, w.c);
	simnet_send(w.net, in, buf, sizeof(buf), 0);
	while (simnet_next(w.net, 2 * SP_S, &ev))
		;
	simnet_send(w.net, in, buf, sizeof(buf), 0);
	simnet_send(w.net, out, buf, 300000, 0);
	do
		ck_assert(simnet_next(w.net, 1000 * SP_S, &ev));
	while (ev.type != SIMNET_DATA || ev.node != w.c || ev.len == 17408);
	simnet_free(w.net);
	return ev.at - 2 * SP_S;
}

START_TEST(acknowledgements_take_of_the_uplink)
{
	sp_time free = beside_acks(0), each = beside_acks(1);

	ck_assert_int_ge(free, SP_S);
	ck_assert_int_lt(free, SP_S + 100 * SP_MS);
	/* 4,144 packets: 215 kB, 0.7 s of the uplink */
	ck_assert_int_ge(each, free + 400 * SP_MS);
	ck_assert_int_le(each, free + 900 * SP_MS);
	ck_assert_int_lt(beside_acks(2), each);
}
END_TEST

START_TEST(a_packet_that_finds_the_uplink_full_waits_for_the_timer)
{
	static uint8_t buf[17408];
	struct simnet_stats st;
	struct simnet_ev ev;
	uint32_t bulk, end;
	struct world w;

	world_init(&w);
	simnet_rate(w.net, w.a, 30000, 0);
	bulk = open_stream(&w, w.a, w.b);
	end = open_stream(&w, w.a, w.c);
	/* 600 ms on the uplink, whose FIFO holds 200 ms */
	simnet_send(w.net, bulk, buf, sizeof(buf), 0);
	simnet_send(w.net, end, buf, 100, 5);
	do
		ck_assert(simnet_next(w.net, 1000 * SP_S, &ev));
	while (ev.type != SIMNET_DATA || ev.node != w.c);
	simnet_node_stats(w.net, w.a, &st);
	/* again after 240 ms, and 480 ms later */
	ck_assert_uint_eq(st.dropped, 2);
	ck_assert_int_eq(ev.at / SP_MS, 120 + 240 + 480 + 5 + 20);
	simnet_free(w.net);
}
END_TEST

START_TEST(a_full_downlink_drops_and_slows_the_sender)
{
	struct world w;
	struct simnet_stats st;
	uint8_t *buf = calloc(1, 2000000);
	uint32_t end;

	world_init(&w);
	simnet_rate(w.net, w.a, 0, 0);
	simnet_rate(w.net, w.b, 0, 2 * MBIT);
	end = open_stream(&w, w.a, w.b);
	simnet_send(w.net, end, buf, 2000000, 0);
	ck_assert_uint_eq(drain(&w, w.b, 60 * SP_S), 2000000);
	simnet_node_stats(w.net, w.b, &st);
	ck_assert_uint_gt(st.dropped, 0);
	simnet_free(w.net);
	free(buf);
}
END_TEST

UNIT_MAIN("simflow", acknowledgements_take_of_the_uplink,
    a_packet_that_finds_the_uplink_full_waits_for_the_timer,
    a_full_downlink_drops_and_slows_the_sender)
