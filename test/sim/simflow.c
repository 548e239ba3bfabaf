#include "test/sim/simmem.h"
#include "test/sim/simnet_int.h"

#define PACKET      1448 /* payload of one */
#define HEADERS     52   /* IPv4, TCP, time stamps */
#define CWND_START  (10 * PACKET)
#define CWND_MIN    (2 * PACKET)
#define CWND_MAX    (16 * 1024 * 1024)
#define RTT_MIN     SP_MS
#define LOSS_ALWAYS 1000000
/* One packet on an uplink that is nearly idle is no queue. */
#define ACK_SOON (10 * SP_MS)
/* A downlink that is busy for less is as good as free. */
#define DOWN_SOON (SP_MS / 2)
#define ACK_GAP   (30 * SP_MS)
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

/* Adds to the KIND_SENT under way, or to a new one. */
static void
tell_of(struct simnet *net, struct conn *c, unsigned side, size_t n, sp_time at)
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

/*
 * Control messages are many and small: their acknowledgements wait for the
 * next thing that happens at the node, as a host looks only now and then.
 */
static void
tell_later(struct simnet *net, struct conn *c, unsigned side, uint32_t len,
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
		tell_of(net, c, side, n, net->now);
}

static uint64_t
wire_len(uint32_t len)
{
	return len + (uint64_t)HEADERS * ((len + PACKET - 1) / PACKET + !len);
}

static sp_time
tx_time(uint32_t len, uint64_t bps)
{
	return bps > 0 ? (sp_time)(wire_len(len) * 1000000000 / bps) : 0;
}

static sp_time
flow_rtt(const struct conn *c)
{
	return SP_MAX(2 * c->owd, RTT_MIN);
}

/* Whether the FIFO takes |tx| more; *when tells when it will. */
static bool
has_room(const struct simnet *net, const struct node *n, sp_time tx,
    sp_time *when)
{
	sp_time backlog = n->up_busy - net->now;

	if (backlog <= 0 || backlog + tx <= net->conf.fifo)
		return true;
	*when = net->now + SP_MIN(backlog, backlog + tx - net->conf.fifo);
	return false;
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
}

/* Loss cuts the window by half, once a round trip. */
static void
cut(struct simnet *net, const struct conn *c, struct flow *f)
{
	if (net->now < f->cut)
		return;
	f->cwnd = SP_MAX(f->cwnd / 2, CWND_MIN);
	f->ssthresh = f->cwnd;
	f->cut = net->now + flow_rtt(c);
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

	f->tat = SP_MAX(f->tat, net->now) +
		 (sp_time)((uint64_t)len * (uint64_t)flow_rtt(c) / f->cwnd);
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
	tell_of(net, c, arg & 1, arg >> 1, net->now);
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
	s->tx = tx_time(s->len, n->conf.up_bps);
	n->up_busy = SP_MAX(n->up_busy, net->now) + s->tx;
	n->stats.up_bytes += s->len;
	pay(net, c, f, s->len);
	at = n->up_busy + jitter(net, c->owd);
	if (is_lost(net, c, s->len)) {
		n->stats.lost++;
		cut(net, c, f);
		at += flow_rtt(c);
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
		ack_parts(net, c, s, at + c->owd);
	}
}

/* True if the pacing lets it send; else KIND_PACED comes. */
static bool
may_pace(struct simnet *net, struct conn *c, unsigned side)
{
	struct flow *f = &c->flow[side];
	sp_time when = f->tat - flow_rtt(c);

	if (when <= net->now)
		return true;
	if (!f->paced) {
		f->paced = true;
		c->refs++;
		evq_push(&net->q, when, KIND_PACED, side, c);
	}
	return false;
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
		tx = tx_time(f->head->len, n->conf.up_bps);
		if (n->ring_head != NULL || !has_room(net, n, tx, &when)) {
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
		    !has_room(net, n, tx_time(f->head->len, n->conf.up_bps),
			&when)) {
			want_room(net, node, when);
			return;
		}
		n->ring_head = f->ring_next;
		if (n->ring_head == NULL)
			n->ring_tail = NULL;
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
	return n;
}

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
	if (s->len <= PACKET)
		tell_later(net, c, s->side, s->len, net->now + c->owd);
	else
		tell_of(net, c, s->side, s->len - s->acked, net->now + c->owd);
	return true;
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
		cut(net, c, &c->flow[s->side]);
		evq_push(&net->q, net->now + flow_rtt(c), KIND_ARRIVE, 0, s);
		return false;
	}
	start = SP_MAX(n->down_busy, net->now - s->tx);
	n->down_busy = start + tx_time(s->len, n->conf.down_bps);
	if (n->down_busy > net->now + DOWN_SOON) {
		evq_push(&net->q, n->down_busy, KIND_REACH, 0, s);
		return false;
	}
	return flow_reach(net, s);
}
