#ifndef TEST_UNIT_SIMNET_HELP_H
#define TEST_UNIT_SIMNET_HELP_H

/* Three nodes and what to do with them, for the tests of the network. */

#include "test/sim/simnet.h"
#include "test/unit/unit.h"

#define MBIT 125000 /* bytes per second */

struct world {
	struct simnet_conf conf;
	struct simnet *net;
	uint32_t a, b, c;
};

static inline uint32_t
node(struct world *w, uint64_t up, uint64_t down, sp_time delay)
{
	struct simnet_node_conf nc = { .up_bps = up,
		.down_bps = down,
		.delay = delay };

	return simnet_node(w->net, &nc);
}

/* Three nodes, 10 ms from the middle, 8 Mbit/s up, 80 down, no jitter. */
static inline void
world_init(struct world *w)
{
	simnet_conf_init(&w->conf);
	w->conf.jitter_ppm = 0;
	w->conf.seed = 1;
	w->net = simnet_new(&w->conf);
	w->a = node(w, 8 * MBIT, 80 * MBIT, 10 * SP_MS);
	w->b = node(w, 8 * MBIT, 80 * MBIT, 10 * SP_MS);
	w->c = node(w, 8 * MBIT, 80 * MBIT, 10 * SP_MS);
}

static inline struct simnet_ev
next(struct world *w, enum simnet_type type)
{
	struct simnet_ev ev;

	ck_assert(simnet_next(w->net, 1000 * SP_S, &ev));
	ck_assert_int_eq(ev.type, type);
	return ev;
}

static inline void
quiet(struct world *w, sp_time until)
{
	struct simnet_ev ev;

	ck_assert_msg(!simnet_next(w->net, until, &ev), "event %d", ev.type);
	ck_assert_int_eq(simnet_now(w->net), until);
}

/* The end of |from|; the other is its number + 1. */
static inline uint32_t
open_stream(struct world *w, uint32_t from, uint32_t to)
{
	uint32_t end = simnet_dial(w->net, from, to);
	struct simnet_ev ev = next(w, SIMNET_OPEN);

	ck_assert_uint_eq(ev.end, end);
	ev = next(w, SIMNET_ACCEPT);
	ck_assert_uint_eq(ev.end, end + 1);
	ck_assert_uint_eq(ev.node, to);
	ck_assert_uint_eq(ev.peer, from);
	return end;
}

static inline size_t
drain(struct world *w, uint32_t node_id, sp_time until)
{
	struct simnet_ev ev;
	size_t n = 0;

	while (simnet_next(w->net, until, &ev))
		if (ev.type == SIMNET_DATA && ev.node == node_id)
			n += ev.len;
	return n;
}

#endif
