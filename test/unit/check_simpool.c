#include "base/rng.h"
#include "test/sim/simnet.h"
#include "test/sim/simpool.h"
#include "test/unit/unit.h"

#define POOL 100000

static uint8_t bytes[POOL], text[20000];
static struct simpool *pool;

static void
setup(void)
{
	struct sp_rng r;

	rng_seed(&r, 5);
	for (size_t i = 0; i < POOL; i++)
		bytes[i] = (uint8_t)rng_u64(&r);
	memset(text, 0xa5, sizeof(text));
	pool = simpool_new(bytes, POOL);
}

/* A message of |head| bytes, a block from |from|, and a tag. */
static size_t
message(size_t head, size_t from, size_t len)
{
	memset(text, 0x11, head);
	memcpy(text + head, bytes + from, len);
	memset(text + head + len, 0, 16);
	return head + len + 16;
}

START_TEST(blocks_are_found_wherever_they_begin)
{
	struct simpool_run run;

	setup();
	for (size_t head = 0; head < 64; head += 7)
		for (size_t from = 1; from + 16384 <= POOL; from += 9973) {
			size_t len = message(head, from, 16384);

			/* Neighbouring bytes may be the same by chance. */
			ck_assert(simpool_find(pool, text, len, &run));
			ck_assert_uint_le(run.at, head);
			ck_assert_uint_ge(run.at + run.len, head + 16384);
			ck_assert_ptr_eq(run.where + (head - run.at),
			    bytes + from);
			ck_assert(
			    memcmp(run.where, text + run.at, run.len) == 0);
		}
	simpool_free(pool);
}
END_TEST

START_TEST(the_ends_of_the_pool_are_the_ends)
{
	struct simpool_run run;

	setup();
	ck_assert(simpool_find(pool, bytes, 8192, &run));
	ck_assert_uint_eq(run.at, 0);
	ck_assert_uint_eq(run.len, 8192);
	ck_assert(simpool_find(pool, bytes + POOL - 8192, 8192, &run));
	ck_assert_uint_eq(run.len, 8192);
	ck_assert_ptr_eq(run.where, bytes + POOL - 8192);
	simpool_free(pool);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
	struct simpool_run run;

	setup();
	ck_assert(!simpool_find(pool, text, sizeof(text), &run));
	ck_assert(!simpool_find(pool, bytes, SIMPOOL_MIN - 1, &run));
	message(400, 0, 16384); /* it begins too late */
	ck_assert(!simpool_find(pool, text, 16800, &run));
	message(10, 0, 1000); /* or is too short */
	ck_assert(!simpool_find(pool, text, 8192, &run));
	simpool_free(pool);
}
END_TEST

START_TEST(segments_arrive_as_they_were_sent)
{
	struct simnet_node_conf nc = { .up_bps = 1000000 };
	struct simnet_conf conf;
	struct simnet_ev ev;
	struct simnet *net;
	uint32_t a, b, end;
	size_t len, got = 0;

	setup();
	simnet_conf_init(&conf);
	net = simnet_new(&conf);
	simnet_pool(net, pool);
	a = simnet_node(net, &nc);
	b = simnet_node(net, &nc);
	end = simnet_dial(net, a, b);
	while (simnet_next(net, SP_S, &ev))
		;
	len = message(9, 777, 16384);
	text[5000] ^= 1; /* a polluter's */
	simnet_send(net, end, text, len, 1);
	simnet_send(net, end, "short", 5, 2);
	while (simnet_next(net, 2 * SP_S, &ev)) {
		if (ev.type != SIMNET_DATA)
			continue;
		got++;
		if (ev.tag == 1) {
			ck_assert_uint_eq(ev.len, len);
			ck_assert(memcmp(ev.p, text, len) == 0);
		} else {
			ck_assert(memcmp(ev.p, "short", 5) == 0);
		}
	}
	ck_assert_uint_eq(got, 2);
	simnet_free(net);
	simpool_free(pool);
}
END_TEST

UNIT_MAIN("simpool", blocks_are_found_wherever_they_begin,
    the_ends_of_the_pool_are_the_ends, what_is_not_there_is_not_found,
    segments_arrive_as_they_were_sent)
