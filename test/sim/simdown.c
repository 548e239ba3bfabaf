#include "test/sim/simnet_int.h"

/* The receiving half of a stream: downlink, acknowledgements, order. */

/* A downlink that is busy for less is as good as free. */
#define DOWN_SOON (SP_MS / 2)

void
flow_unpark(struct simnet *net, struct flow *f)
{
	struct seg *s;

	while ((s = f->parked) != NULL) {
		f->parked = s->next;
		seg_free(net, s);
	}
}

static void
park(struct flow *f, struct seg *s)
{
	struct seg **at = &f->parked;

	while (*at != NULL && (*at)->seq < s->seq)
		at = &(*at)->next;
	s->next = *at;
	*at = s;
}

bool
flow_reach(struct simnet *net, struct seg *s)
{
	struct conn *c = s->conn;
	struct flow *f = &c->flow[s->side];
	struct seg *next;

	if (!c->open[!s->side]) {
		seg_free(net, s);
		return false;
	}
	if (s->seq != f->seq_in) {
		park(f, s);
		return false;
	}
	f->seq_in++;
	next = f->parked;
	if (next != NULL && next->seq == f->seq_in) {
		f->parked = next->next;
		next->next = NULL;
		evq_push(&net->q, net->now, KIND_REACH, 0, next);
	}
	net->nodes[c->node[!s->side]].stats.down_bytes += s->len;
	if (!net->conf.acks || s->len <= s->acked || !c->open[s->side])
		return true;
	if (s->len <= SIMNET_PACKET)
		flow_tell_later(net, c, s->side, s->len,
		    net->now + flow_ack_time(net, c, s->side));
	else
		flow_tell_of(net, c, s->side, s->len - s->acked,
		    net->now + flow_ack_time(net, c, s->side));
	return true;
}

/* Acknowledging |s| takes some of the receiver's uplink. */
static void
pay_acks(const struct simnet *net, struct node *n, const struct seg *s)
{
	uint64_t packets = (s->len + SIMNET_PACKET - 1) / SIMNET_PACKET;

	if (net->conf.ack_each == 0 || n->conf.up_bps == 0 ||
	    n->up_busy - net->now > net->conf.fifo)
		return;
	n->up_busy = SP_MAX(n->up_busy, net->now) +
		     (sp_time)(packets * SIMNET_HEADERS * 1000000000 /
			       net->conf.ack_each / n->conf.up_bps);
}

/*
 * The last bit of |s| is at the access router, its first was there s->tx
 * earlier: the downlink has been at work since then if it was free.
 */
bool
flow_arrive(struct simnet *net, struct seg *s)
{
	struct conn *c = s->conn;
	struct node *n = &net->nodes[c->node[!s->side]];
	sp_time start;

	if (!c->open[!s->side]) {
		seg_free(net, s);
		return false;
	}
	if (n->down_busy - net->now > net->conf.fifo) {
		n->stats.dropped++;
		flow_cut(net, c, &c->flow[s->side]);
		evq_push(&net->q, net->now + flow_rtt(net, c), KIND_ARRIVE, 0,
		    s);
		return false;
	}
	pay_acks(net, n, s);
	start = SP_MAX(n->down_busy, net->now - s->tx);
	n->down_busy = start + flow_tx_time(s->len, n->conf.down_bps);
	if (n->down_busy > net->now + DOWN_SOON) {
		evq_push(&net->q, n->down_busy, KIND_REACH, 0, s);
		return false;
	}
	return flow_reach(net, s);
}
