#include "test/sim/simmem.h"
#include "test/sim/simnet_int.h"

#define PACKET      SIMNET_PACKET
#define HEADERS     SIMNET_HEADERS
#define CWND_START  (10 * PACKET)
#define CWND_MIN    (2 * PACKET)
#define CWND_MAX    (16 * 1024 * 1024)
#define RTT_MIN     SP_MS
#define LOSS_ALWAYS 1000000
/* One packet on an uplink that is nearly idle is no queue. */
#define ACK_SOON (10 * SP_MS)
#define ACK_GAP  (30 * SP_MS)
/* Retransmission timer, and how often it doubles. */
#define RTO_MIN   (200 * SP_MS)
#define RTO_MOST  4
#define ACK_PARTS 4

/* Buffer sizes by class; class 0 borrows its bytes. */
static const uint32_t class_size[SIMNET_CLASSES] = { 0, 192, 1536, 4096,
	SIMNET_QUANTUM };

struct seg *
seg_new(struct simnet *net, size_t len, bool ref)
{
	unsigned class = 0;
	struct seg *s;

	while (!ref && class_size[class] < len)
		class ++;
	s = net->free_segs[class];
	if (s != NULL)
		net->free_segs[class] = s->next;
	else
		s = sim_alloc(sizeof(*s) + class_size[class]);
	s->next = NULL;
	s->conn = NULL;
	s->p = s->buf;
	s->len = (uint32_t)len;
	s->class = (uint8_t) class;
	s->fin = false;
	s->tag = 0;
	s->acked = 0;
	s->mid = NULL;
	return s;
}

void
seg_free(struct simnet *net, struct seg *s)
{
	struct conn *c = s->conn;

	s->next = net->free_segs[s->class];
	net->free_segs[s->class] = s;
	if (c != NULL)
		conn_unref(net, c);
}

void
flow_init(struct flow *f)
{
	memset(f, 0, sizeof(*f));
	f->cwnd = CWND_START;
	f->ssthresh = CWND_MAX;
}

void
flow_put(struct conn *c, unsigned side, struct seg *s)
{
	struct flow *f = &c->flow[side];

	s->conn = c;
	s->side = (uint8_t)side;
	c->refs++;
	if (f->tail != NULL)
		f->tail->next = s;
	else
		f->head = s;
	f->tail = s;
	f->queued += s->len;
	f->hidden += s->len;
}

size_t
flow_settle(struct simnet *net, struct flow *f)
{
	size_t hidden, was = f->hidden;

	if (net->conf.acks) {
		was = f->instant;
		f->instant = 0;
		return was;
	}
	hidden =
	    f->queued > net->conf.sndbuf ? f->queued - net->conf.sndbuf : 0;
	if (hidden >= was)
		return 0;
	f->hidden = hidden;
	return was - hidden;
}

void
flow_tell_of(struct simnet *net, struct conn *c, unsigned side, size_t n,
    sp_time at)
{
	struct flow *f = &c->flow[side];

	if (!c->open[side])
		return;
	if (f->told == 0) {
		c->refs++;
		evq_push(&net->q, at, KIND_SENT, side, c);
	}
	f->told += n;
}

void
flow_tell_later(struct simnet *net, struct conn *c, unsigned side, uint32_t len,
    sp_time at)
{
	struct node *n = &net->nodes[c->node[side]];
	uint32_t i;

	for (i = 0; i < n->n_acks; i++)
		if (n->acks[i].conn == c && n->acks[i].side == side) {
			n->acks[i].len += len;
			return;
		}
	if (n->n_acks == n->cap_acks) {
		n->cap_acks = SP_MAX(2 * n->cap_acks, 8);
		n->acks = sim_resize(n->acks, n->cap_acks, sizeof(*n->acks));
	}
	n->acks[n->n_acks++] = (struct ack){ c, at, side, len };
	c->refs++;
}

static void
tell(struct simnet *net, struct conn *c, unsigned side)
{
	struct flow *f = &c->flow[side];
	size_t n = flow_settle(net, f);

	if (n > 0)
		flow_tell_of(net, c, side, n, net->now);
}

static uint64_t
wire_len(uint32_t len)
{
	return len + (uint64_t)HEADERS * ((len + PACKET - 1) / PACKET + !len);
}

sp_time
flow_tx_time(uint32_t len, uint64_t bps)
{
	return bps > 0 ? (sp_time)(wire_len(len) * 1000000000 / bps) : 0;
}

/* What is sent or acknowledged now waits so long at that node's uplink. */
static sp_time
queue_of(const struct simnet *net, uint32_t node)
{
	return SP_CLAMP(net->nodes[node].up_busy - net->now, 0, net->conf.fifo);
}

sp_time
flow_ack_time(const struct simnet *net, const struct conn *c, unsigned side)
{
	return c->owd +
	       (net->conf.ack_each > 0 ? queue_of(net, c->node[!side]) : 0);
}

sp_time
flow_rtt(const struct simnet *net, const struct conn *c)
{
	sp_time rtt = SP_MAX(2 * c->owd, RTT_MIN);

	return net->conf.ack_each == 0 ? rtt
				       : rtt + queue_of(net, c->node[0]) +
					     queue_of(net, c->node[1]);
}

/* Whether a FIFO of that length takes |tx| more; *when tells when it will. */
static bool
has_room(const struct simnet *net, const struct node *n, sp_time fifo,
    sp_time tx, sp_time *when)
{
	sp_time backlog = n->up_busy - net->now;

	if (backlog <= 0 || backlog + tx <= fifo)
		return true;
	*when = net->now + SP_MIN(backlog, backlog + tx - fifo);
	return false;
}

/* Streams that back off by half when it is full keep it half full. */
static sp_time
bulk_fifo(const struct simnet *net)
{
	return net->conf.ack_each > 0 ? net->conf.fifo / 2 : net->conf.fifo;
}

static void
want_room(struct simnet *net, uint32_t node, sp_time when)
{
	struct node *n = &net->nodes[node];

	if (n->room)
		return;
	n->room = true;
	evq_push(&net->q, when, KIND_ROOM, node, NULL);
}

static void
ring_join(struct simnet *net, struct conn *c, unsigned side)
{
	struct node *n = &net->nodes[c->node[side]];
	struct node *m = n;

	c->flow[side].in_ring = true;
	c->flow[side].ring_next = NULL;
	c->refs++;
	if (m->ring_tail != NULL)
		m->ring_tail->flow[conn_side(m->ring_tail, c->node[side])]
		    .ring_next = c;
	else
		m->ring_head = c;
	m->ring_tail = c;
	n->n_ring++;
}

static void
unhold(struct node *n, struct flow *f)
{
	n->n_held -= f->held > 0;
	f->held = 0;
}

void
flow_cut(struct simnet *net, const struct conn *c, struct flow *f)
{
	if (net->now < f->cut || net->conf.bbr)
		return;
	f->cwnd = SP_MAX(f->cwnd * 7 / 10, CWND_MIN);
	f->ssthresh = f->cwnd;
	f->cut = net->now + flow_rtt(net, c);
}

/*
 * A window of cwnd bytes a round trip, without any acknowledgement: |tat| is
 * when what was sent will have been paid for at that rate, and who is less
 * than a round trip ahead may send (the generic cell rate algorithm).
 */
static void
pay(const struct simnet *net, const struct conn *c, struct flow *f,
    uint32_t len)
{
	bool busy = f->tat > net->now;

	f->tat =
	    SP_MAX(f->tat, net->now) +
	    (sp_time)((uint64_t)len * (uint64_t)flow_rtt(net, c) / f->cwnd);
	if (!busy || f->cwnd >= CWND_MAX)
		return;
	if (f->cwnd < f->ssthresh)
		f->cwnd += len;
	else
		f->cwnd += (uint64_t)PACKET * len / f->cwnd;
}

static bool
is_lost(struct simnet *net, const struct conn *c, uint32_t len)
{
	uint64_t ppm;

	if (c->loss_ppm == 0)
		return false;
	ppm = c->bursty ? loss_now(net, c) : c->loss_ppm;
	ppm *= len / PACKET + 1;
	return rng_below(&net->rng, LOSS_ALWAYS) < ppm;
}

static sp_time
jitter(struct simnet *net, sp_time owd)
{
	uint64_t j = (uint64_t)owd * net->conf.jitter_ppm / 1000000;

	return j > 0
		   ? owd - (sp_time)j + (sp_time)rng_below(&net->rng, 2 * j + 1)
		   : owd;
}

/*
 * A segment that takes long on the uplink is acknowledged in parts while it
 * does, the last of which comes at |end|.
 */
static void
ack_parts(struct simnet *net, struct conn *c, struct seg *s, sp_time end)
{
	uint32_t n = (uint32_t)SP_MIN(s->tx / ACK_GAP, ACK_PARTS), i;

	for (i = 1; i < n; i++) {
		c->refs++;
		evq_push(&net->q, end - s->tx * (n - i) / n, KIND_PART,
		    s->len / n << 1 | s->side, c);
	}
	s->acked = s->len / n * (n - 1);
}

void
flow_part(struct simnet *net, struct conn *c, uint32_t arg)
{
	flow_tell_of(net, c, arg & 1, arg >> 1, net->now);
}

/* The first waiting segment enters the uplink. */
static void
transmit(struct simnet *net, struct conn *c, unsigned side)
{
	struct node *n = &net->nodes[c->node[side]];
	struct flow *f = &c->flow[side];
	struct seg *s = f->head;
	sp_time at;

	f->head = s->next;
	if (f->head == NULL)
		f->tail = NULL;
	s->next = NULL;
	f->queued -= s->len;
	s->seq = f->seq_out++;
	s->tx = flow_tx_time(s->len, n->conf.up_bps);
	n->up_busy = SP_MAX(n->up_busy, net->now) + s->tx;
	n->stats.up_bytes += s->len;
	unhold(n, f);
	pay(net, c, f, s->len);
	at = n->up_busy + jitter(net, c->owd);
	if (is_lost(net, c, s->len)) {
		n->stats.lost++;
		flow_cut(net, c, f);
		at += s->len > PACKET ? flow_rtt(net, c)
				      : RTO_MIN + flow_rtt(net, c);
	} else {
		at = SP_MAX(at, f->last);
		f->last = at;
	}
	evq_push(&net->q, at, KIND_ARRIVE, 0, s);
	if (!net->conf.acks)
		return;
	if (s->len <= PACKET && n->up_busy - net->now <= ACK_SOON) {
		s->acked = s->len;
		f->instant += s->len;
	} else if (s->tx > ACK_GAP) {
		ack_parts(net, c, s, at + flow_ack_time(net, c, side));
	}
}

/* True if the pacing lets it send; else KIND_PACED comes. */
static bool
may_pace(struct simnet *net, struct conn *c, unsigned side)
{
	struct flow *f = &c->flow[side];
	sp_time when = SP_MAX(f->tat - flow_rtt(net, c), f->hold);

	if (when <= net->now)
		return true;
	if (!f->paced) {
		f->paced = true;
		c->refs++;
		evq_push(&net->q, when, KIND_PACED, side, c);
	}
	return false;
}

/*
 * A stream keeps two packets under way at least: where so many streams do not
 * fit into the FIFO, all but those that are in are thrown back to their timers.
 */
static bool
is_crowded(const struct simnet *net, const struct node *n)
{
	uint64_t packets = n->conf.up_bps / 1000 *
			   (uint64_t)(net->conf.fifo / SP_MS) /
			   (PACKET + HEADERS);

	return 2 * (n->n_ring + n->n_held) > packets;
}

/* What finds the FIFO full and has nobody behind it is sent by a timer. */
static void
drop(struct simnet *net, struct conn *c, unsigned side)
{
	struct flow *f = &c->flow[side];

	net->nodes[c->node[side]].stats.dropped++;
	net->nodes[c->node[side]].n_held += f->held == 0;
	f->hold = net->now +
		  ((RTO_MIN + flow_rtt(net, c)) << SP_MIN(f->held, RTO_MOST));
	f->held++;
}

void
flow_push(struct simnet *net, struct conn *c, unsigned side)
{
	struct flow *f = &c->flow[side];
	uint32_t id = c->node[side];
	struct node *n = &net->nodes[id];
	sp_time when = 0, tx;

	if (!c->opened || c->dead[!side])
		return;
	while (f->head != NULL && !f->in_ring && may_pace(net, c, side)) {
		tx = flow_tx_time(f->head->len, n->conf.up_bps);
		if (f->head->len <= PACKET && !f->head->fin) {
			if (has_room(net, n, net->conf.fifo, tx, &when))
				transmit(net, c, side);
			else
				drop(net, c, side);
			continue;
		}
		if (n->ring_head != NULL ||
		    !has_room(net, n, bulk_fifo(net), tx, &when)) {
			if (is_crowded(net, n)) {
				drop(net, c, side);
				continue;
			}
			ring_join(net, c, side);
			if (n->ring_head == c)
				want_room(net, id, when);
			return;
		}
		transmit(net, c, side);
	}
}

void
flow_room(struct simnet *net, uint32_t node)
{
	struct node *n = &net->nodes[node];
	sp_time when = 0;
	struct conn *c;
	struct flow *f;
	unsigned side;

	n->room = false;
	while ((c = n->ring_head) != NULL) {
		side = conn_side(c, node);
		f = &c->flow[side];
		if (f->head != NULL &&
		    !has_room(net, n, bulk_fifo(net),
			flow_tx_time(f->head->len, n->conf.up_bps), &when)) {
			want_room(net, node, when);
			return;
		}
		n->ring_head = f->ring_next;
		if (n->ring_head == NULL)
			n->ring_tail = NULL;
		n->n_ring--;
		f->in_ring = false;
		if (f->head != NULL && !c->dead[!side] &&
		    may_pace(net, c, side)) {
			transmit(net, c, side);
			if (f->head != NULL && may_pace(net, c, side))
				ring_join(net, c, side);
			tell(net, c, side);
		}
		conn_unref(net, c);
	}
}

void
flow_paced(struct simnet *net, struct conn *c, unsigned side)
{
	c->flow[side].paced = false;
	flow_push(net, c, side);
	tell(net, c, side);
}

size_t
flow_drop(struct simnet *net, struct conn *c, unsigned side)
{
	struct flow *f = &c->flow[side];
	size_t n = f->queued;
	struct seg *s;

	while ((s = f->head) != NULL) {
		f->head = s->next;
		seg_free(net, s);
	}
	f->tail = NULL;
	f->queued = 0;
	f->hidden = 0;
	unhold(&net->nodes[c->node[side]], f);
	return n;
}
