#include "test/sim/simnet_int.h"

static bool
event(struct simnet *net, struct simnet_ev *ev, enum simnet_type type,
    const struct conn *c, unsigned side)
{
	memset(ev, 0, sizeof(*ev));
	ev->type = type;
	ev->at = net->now;
	ev->node = c->node[side];
	ev->peer = c->node[!side];
	ev->end = c->id << 1 | side;
	return true;
}

/* Both sides hold the stream once the handshake is through. */
static bool
on_open(struct simnet *net, struct conn *c, struct simnet_ev *ev)
{
	const struct node *b = &net->nodes[c->node[1]];

	if (!c->open[0])
		return false;
	if (!b->up) {
		conn_event(net,
		    net->now + (b->silent ? net->conf.dial_timeout : 0),
		    KIND_FAIL, b->silent, c);
		return false;
	}
	c->opened = true;
	c->flow[0].last = net->now + c->owd;
	conn_event(net, net->now + c->owd, KIND_ACCEPT, 0, c);
	return event(net, ev, SIMNET_OPEN, c, 0);
}

static bool
on_accept(struct simnet *net, struct conn *c, struct simnet_ev *ev)
{
	const struct node *b = &net->nodes[c->node[1]];

	if (b->up) {
		end_hold(net, c, 1);
		return event(net, ev, SIMNET_ACCEPT, c, 1);
	}
	if (b->silent)
		c->dead[1] = true;
	else if (c->open[0])
		conn_event(net, net->now + c->owd, KIND_RESET, 0, c);
	return false;
}

/* The other side is no more: |side| is told, and its bytes are in vain. */
static bool
on_gone(struct simnet *net, struct conn *c, unsigned side,
    enum simnet_type type, struct simnet_ev *ev)
{
	if (!c->open[side])
		return false;
	end_drop(net, c, side);
	flow_drop(net, c, side);
	return event(net, ev, type, c, side);
}

static bool
on_sent(struct simnet *net, struct conn *c, unsigned side, struct simnet_ev *ev)
{
	size_t n = c->flow[side].told;

	c->flow[side].told = 0;
	if (!c->open[side])
		return false;
	event(net, ev, SIMNET_SENT, c, side);
	ev->len = n;
	return true;
}

static const uint8_t *
whole(struct simnet *net, const struct seg *s)
{
	size_t end = (size_t)s->mid_at + s->mid_len;

	if (s->mid == NULL)
		return s->p;
	memcpy(net->whole, s->buf, s->mid_at);
	memcpy(net->whole + s->mid_at, s->mid, s->mid_len);
	memcpy(net->whole + end, s->buf + s->mid_at, s->len - end);
	return net->whole;
}

static bool
on_seg(struct simnet *net, struct seg *s, struct simnet_ev *ev)
{
	struct conn *c = s->conn;

	net->out = s;
	if (s->fin)
		return on_gone(net, c, !s->side, SIMNET_CLOSED, ev);
	event(net, ev, SIMNET_DATA, c, !s->side);
	ev->p = whole(net, s);
	ev->len = s->len;
	ev->tag = s->tag;
	return true;
}

static bool
on_conn(struct simnet *net, const struct evq_item *it, struct simnet_ev *ev)
{
	struct conn *c = it->p;

	switch ((enum simnet_kind)it->kind) {
	case KIND_OPEN:
		return on_open(net, c, ev);
	case KIND_ACCEPT:
		return on_accept(net, c, ev);
	case KIND_FAIL:
		return on_gone(net, c, 0,
		    it->arg != 0 ? SIMNET_TIMEOUT : SIMNET_REFUSED, ev);
	case KIND_RESET:
		return on_gone(net, c, it->arg, SIMNET_CLOSED, ev);
	case KIND_SENT:
		return on_sent(net, c, it->arg, ev);
	case KIND_PART:
		flow_part(net, c, it->arg);
		return false;
	case KIND_PACED:
		flow_paced(net, c, it->arg);
		return false;
	default:
		assert(!"not an event of a stream");
		return false;
	}
}

static bool
on_timer(struct simnet *net, const struct evq_item *it, struct simnet_ev *ev)
{
	if (!net->nodes[it->arg].up)
		return false;
	memset(ev, 0, sizeof(*ev));
	ev->type = SIMNET_TIMER;
	ev->at = net->now;
	ev->node = it->arg;
	ev->tag = (uint64_t)(uintptr_t)it->p;
	return true;
}

static bool
handle(struct simnet *net, const struct evq_item *it, struct simnet_ev *ev)
{
	bool told;

	switch ((enum simnet_kind)it->kind) {
	case KIND_TIMER:
		return on_timer(net, it, ev);
	case KIND_ROOM:
		flow_room(net, it->arg);
		return false;
	case KIND_ARRIVE:
		return flow_arrive(net, it->p) && on_seg(net, it->p, ev);
	case KIND_REACH:
		return flow_reach(net, it->p) && on_seg(net, it->p, ev);
	default:
		told = on_conn(net, it, ev);
		conn_unref(net, it->p);
		return told;
	}
}

/* What was acknowledged meanwhile at the node of the last event. */
static bool
on_ack(struct simnet *net, struct simnet_ev *ev)
{
	struct node *n = &net->nodes[net->turn];
	struct ack a;
	uint32_t i;
	bool told;

	for (i = 0; i < n->n_acks; i++) {
		if (n->acks[i].at > net->now)
			continue;
		a = n->acks[i];
		n->acks[i--] = n->acks[--n->n_acks];
		told = a.conn->open[a.side];
		if (told) {
			event(net, ev, SIMNET_SENT, a.conn, a.side);
			ev->len = a.len;
		}
		conn_unref(net, a.conn);
		if (told)
			return true;
	}
	return false;
}

bool
simnet_next(struct simnet *net, sp_time until, struct simnet_ev *ev)
{
	struct evq_item it;

	for (;;) {
		if (net->out != NULL) {
			seg_free(net, net->out);
			net->out = NULL;
		}
		if (net->turn < net->n_nodes && on_ack(net, ev))
			return true;
		if (evq_at(&net->q) > until)
			break;
		evq_pop(&net->q, &it);
		assert(it.at >= net->now && "time went back");
		net->now = it.at;
		net->events++;
		if (handle(net, &it, ev)) {
			net->turn = ev->node;
			return true;
		}
	}
	net->now = SP_MAX(net->now, until);
	return false;
}
