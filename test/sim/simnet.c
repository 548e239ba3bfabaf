#include "test/sim/simnet.h"

#include "base/map.h"
#include "test/sim/simmem.h"
#include "test/sim/simnet_int.h"

static_assert(sizeof(void *) >= sizeof(uint64_t), "tags travel as pointers");

void
simnet_conf_init(struct simnet_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->fifo = 200 * SP_MS;
	conf->sndbuf = 65536;
	conf->jitter_ppm = 50000;
	conf->dial_timeout = 10 * SP_S;
}

struct simnet *
simnet_new(const struct simnet_conf *conf)
{
	struct simnet *net = sim_zalloc(1, sizeof(*net));

	net->conf = *conf;
	rng_seed(&net->rng, conf->seed);
	return net;
}

static void
segs_free(struct seg *s)
{
	struct seg *next;

	for (; s != NULL; s = next) {
		next = s->next;
		mem_free(&sim_mem, s);
	}
}

void
simnet_free(struct simnet *net)
{
	struct evq_item it;

	if (net == NULL)
		return;
	for (uint32_t i = 0; i < net->n_nodes; i++)
		if (net->nodes[i].up)
			simnet_down(net, i, true);
	if (net->out != NULL)
		seg_free(net, net->out);
	while (evq_pop(&net->q, &it))
		if (it.kind == KIND_ARRIVE || it.kind == KIND_REACH)
			mem_free(&sim_mem, it.p);
	for (size_t i = 0; i < SIMNET_CLASSES; i++)
		segs_free(net->free_segs[i]);
	for (uint32_t i = 0; i < net->n_conns; i++) {
		segs_free(net->conns[i]->flow[0].head);
		segs_free(net->conns[i]->flow[1].head);
		mem_free(&sim_mem, net->conns[i]);
	}
	mem_free(&sim_mem, net->conns);
	for (uint32_t i = 0; i < net->n_nodes; i++)
		mem_free(&sim_mem, net->nodes[i].acks);
	mem_free(&sim_mem, net->nodes);
	evq_fini(&net->q);
	mem_free(&sim_mem, net);
}

/* ---- nodes ---- */

uint32_t
simnet_node(struct simnet *net, const struct simnet_node_conf *conf)
{
	struct node *n;

	if (net->n_nodes == net->cap_nodes) {
		net->cap_nodes = SP_MAX(2 * net->cap_nodes, 64);
		net->nodes =
		    sim_resize(net->nodes, net->cap_nodes, sizeof(*net->nodes));
	}
	n = &net->nodes[net->n_nodes];
	memset(n, 0, sizeof(*n));
	n->conf = *conf;
	n->up = true;
	return net->n_nodes++;
}

void
simnet_rate(struct simnet *net, uint32_t node, uint64_t up_bps,
    uint64_t down_bps)
{
	net->nodes[node].conf.up_bps = up_bps;
	net->nodes[node].conf.down_bps = down_bps;
}

bool
simnet_is_up(const struct simnet *net, uint32_t node)
{
	return net->nodes[node].up;
}

/* Who still holds a stream to |node| finds out at his next retransmission. */
static void
reset_dead(struct simnet *net, uint32_t node)
{
	for (uint32_t i = 0; i < net->n_conns; i++) {
		struct conn *c = net->conns[i];
		unsigned side = conn_side(c, node);

		if (c->node[side] == node && c->dead[side] && c->open[!side])
			conn_event(net, net->now + c->owd, KIND_RESET, !side,
			    c);
	}
}

void
simnet_up(struct simnet *net, uint32_t node)
{
	reset_dead(net, node);
	net->nodes[node].up = true;
	net->nodes[node].up_busy = net->now;
	net->nodes[node].down_busy = net->now;
}

/* ---- streams ---- */

static struct conn *
end_conn(const struct simnet *net, uint32_t end, unsigned *side)
{
	assert(end >> 1 < net->n_conns && "no such end");
	*side = end & 1;
	assert(net->conns[end >> 1]->open[*side] && "the end is gone");
	return net->conns[end >> 1];
}

static struct conn *
conn_new(struct simnet *net)
{
	struct conn *c = net->free_conns;
	uint32_t id;

	if (c != NULL) {
		net->free_conns = c->next[0];
		id = c->id;
	} else {
		if (net->n_conns == net->cap_conns) {
			net->cap_conns = SP_MAX(2 * net->cap_conns, 64);
			net->conns = sim_resize(net->conns, net->cap_conns,
			    sizeof(struct conn *));
		}
		c = sim_alloc(sizeof(*c));
		id = net->n_conns++;
		net->conns[id] = c;
	}
	memset(c, 0, sizeof(*c));
	c->id = id;
	flow_init(&c->flow[0]);
	flow_init(&c->flow[1]);
	return c;
}

static void
conn_maybe_free(struct simnet *net, struct conn *c)
{
	if (c->refs > 0 || c->open[0] || c->open[1])
		return;
	c->next[0] = net->free_conns;
	net->free_conns = c;
}

void
conn_unref(struct simnet *net, struct conn *c)
{
	assert(c->refs > 0 && "a reference too many was dropped");
	c->refs--;
	conn_maybe_free(net, c);
}

void
end_hold(struct simnet *net, struct conn *c, unsigned side)
{
	struct node *n = &net->nodes[c->node[side]];
	struct conn *first = n->conns;

	c->open[side] = true;
	c->prev[side] = NULL;
	c->next[side] = first;
	if (first != NULL)
		first->prev[conn_side(first, c->node[side])] = c;
	n->conns = c;
	n->stats.streams++;
}

void
end_drop(struct simnet *net, struct conn *c, unsigned side)
{
	uint32_t id = c->node[side];
	struct node *n = &net->nodes[id];
	struct conn *next = c->next[side], *prev = c->prev[side];

	if (next != NULL)
		next->prev[conn_side(next, id)] = prev;
	if (prev != NULL)
		prev->next[conn_side(prev, id)] = next;
	else
		n->conns = next;
	n->stats.streams--;
	c->open[side] = false;
	c->refs++;
	flow_unpark(net, &c->flow[!side]);
	conn_unref(net, c);
}

void
conn_event(struct simnet *net, sp_time at, uint32_t kind, uint32_t arg,
    struct conn *c)
{
	c->refs++;
	evq_push(&net->q, at, kind, arg, c);
}

void
simnet_down(struct simnet *net, uint32_t node, bool silent)
{
	struct node *n = &net->nodes[node];
	struct conn *c;
	unsigned side;

	n->up = false;
	n->silent = silent;
	while ((c = n->conns) != NULL) {
		side = conn_side(c, node);
		c->refs++;
		end_drop(net, c, side);
		flow_drop(net, c, side);
		if (silent) {
			c->dead[side] = true;
			if (!c->open[!side])
				flow_drop(net, c, !side);
		}
		if (!silent && c->open[!side])
			conn_event(net, net->now + c->owd, KIND_RESET, !side,
			    c);
		conn_unref(net, c);
	}
}

static uint64_t
isqrt(uint64_t v)
{
	uint64_t r = 0, bit = (uint64_t)1 << 62;

	while (bit > v)
		bit >>= 2;
	for (; bit > 0; bit >>= 2) {
		if (v >= r + bit) {
			v -= r + bit;
			r = (r >> 1) + bit;
		} else {
			r >>= 1;
		}
	}
	return r;
}

static sp_time
path(const struct node *a, const struct node *b)
{
	int64_t dx = a->conf.x - b->conf.x, dy = a->conf.y - b->conf.y;

	return a->conf.delay + b->conf.delay +
	       (sp_time)isqrt((uint64_t)(dx * dx + dy * dy));
}

static bool
is_natted(const struct simnet *net, uint32_t a, uint32_t b)
{
	uint32_t pair[2] = { SP_MIN(a, b), SP_MAX(a, b) };

	const struct simnet_node_conf *from = &net->nodes[a].conf;
	const struct simnet_node_conf *to = &net->nodes[b].conf;

	if (to->blocked || to->isolated || (from->isolated && !to->server))
		return true;
	/* what is public can be connected to by everybody */
	if (net->conf.nat_ppm == 0 || from->server || to->server)
		return false;
	return map_siphash(net->conf.seed, 0x6e6174, pair, sizeof(pair)) %
		   1000000 <
	       net->conf.nat_ppm;
}

uint32_t
simnet_dial(struct simnet *net, uint32_t from, uint32_t to)
{
	const struct node *a = &net->nodes[from], *b = &net->nodes[to];
	struct conn *c = conn_new(net);

	assert(from != to && a->up && "only the living dial, and others");
	c->node[0] = from;
	c->node[1] = to;
	c->owd = path(a, b);
	c->loss_ppm = a->conf.loss_ppm + b->conf.loss_ppm;
	c->bursty = a->conf.burst > 0 || b->conf.burst > 0;
	end_hold(net, c, 0);
	if (is_natted(net, from, to) || (!b->up && b->silent))
		conn_event(net, net->now + net->conf.dial_timeout, KIND_FAIL, 1,
		    c);
	else
		conn_event(net, net->now + 2 * c->owd,
		    b->up ? KIND_OPEN : KIND_FAIL, 0, c);
	return c->id << 1;
}

void
simnet_pool(struct simnet *net, const struct simpool *pool)
{
	net->pool = pool;
}

static struct seg *
seg_copy(struct simnet *net, const uint8_t *p, size_t len)
{
	struct simpool_run run;
	size_t end;
	struct seg *s;

	if (net->pool == NULL || !simpool_find(net->pool, p, len, &run)) {
		s = seg_new(net, len, false);
		memcpy(s->buf, p, len);
		return s;
	}
	end = run.at + run.len;
	s = seg_new(net, len - run.len, false);
	s->len = (uint32_t)len;
	s->mid_at = (uint16_t)run.at;
	s->mid_len = (uint16_t)run.len;
	s->mid = run.where;
	memcpy(s->buf, p, run.at);
	memcpy(s->buf + run.at, p + end, len - end);
	return s;
}

static size_t
send_segs(struct simnet *net, uint32_t end, const uint8_t *p, size_t len,
    uint64_t tag, bool ref)
{
	unsigned side;
	struct conn *c = end_conn(net, end, &side);
	size_t n;

	for (; len > 0; p += n, len -= n) {
		struct seg *s;

		n = SP_MIN(len, SIMNET_QUANTUM);
		s = ref ? seg_new(net, n, true) : seg_copy(net, p, n);
		if (ref)
			s->p = p;
		s->tag = tag;
		flow_put(c, side, s);
	}
	flow_push(net, c, side);
	return flow_settle(net, &c->flow[side]);
}

size_t
simnet_send(struct simnet *net, uint32_t end, const void *p, size_t len,
    uint64_t tag)
{
	return send_segs(net, end, p, len, tag, false);
}

size_t
simnet_send_ref(struct simnet *net, uint32_t end, const void *p, size_t len,
    uint64_t tag)
{
	return send_segs(net, end, p, len, tag, true);
}

size_t
simnet_cancel(struct simnet *net, uint32_t end)
{
	unsigned side;
	struct conn *c = end_conn(net, end, &side);

	return flow_drop(net, c, side);
}

void
simnet_close(struct simnet *net, uint32_t end)
{
	unsigned side;
	struct conn *c = end_conn(net, end, &side);
	struct seg *fin;

	c->refs++;
	end_drop(net, c, side);
	if (c->dead[!side]) {
		flow_drop(net, c, side);
	} else if (c->opened) {
		fin = seg_new(net, 0, false);
		fin->fin = true;
		flow_put(c, side, fin);
		flow_push(net, c, side);
	}
	conn_unref(net, c);
}

void
simnet_timer(struct simnet *net, uint32_t node, sp_time at, uint64_t tag)
{
	evq_push(&net->q, SP_MAX(at, net->now), KIND_TIMER, node,
	    (void *)(uintptr_t)tag);
}

sp_time
simnet_now(const struct simnet *net)
{
	return net->now;
}

sp_time
simnet_rtt(const struct simnet *net, uint32_t end)
{
	unsigned side;

	return 2 * end_conn(net, end, &side)->owd;
}

void
simnet_node_stats(const struct simnet *net, uint32_t node,
    struct simnet_stats *out)
{
	*out = net->nodes[node].stats;
}

uint64_t
simnet_events(const struct simnet *net)
{
	return net->events;
}
