#include "test/sim/world.h"
#include "wire/peerwire.h"

/*
 * A node that speaks the protocol well: it unchokes everybody, claims to hold
 * every piece as soon as it exists, answers pings, and never sends a block.
 */

#define LIAR_ANNOUNCE (30 * SP_S)
#define LIAR_DIALS    20
#define LIAR_NEWS     64 /* pieces that a new neighbour is told of */

struct liar_conn {
	uint32_t end;
	struct secure *secure;
};

struct liar {
	struct world *w;
	uint32_t node;
	uint8_t sk[SECURE_KEY_LEN];
	uint8_t psk[32];
	uint8_t id[LINK_PEERID_LEN];
	struct sp_buf msg, out;
	size_t n;
	struct liar_conn conns[MESH_PEERS_MAX];
};

static void
announce(struct liar *l)
{
	struct world *w = l->w;
	uint32_t end = simnet_dial(w->net, l->node, SIM_TRACKER);

	*world_use(w, end) = (struct use){ .use = USE_ANNOUNCE, .open = true };
	simnet_timer(w->net, l->node, world_now(w) + LIAR_ANNOUNCE, TIMER_LIAR);
}

void
liar_new(struct world *w, const struct scn_group *g)
{
	struct liar *l = sim_zalloc(1, sizeof(*l));
	struct simnet_node_conf nc;
	uint8_t pk[SECURE_KEY_LEN];

	memset(&nc, 0, sizeof(nc));
	nc.up_bps = (uint64_t)dist_draw(&g->up, &w->draws);
	nc.down_bps = (uint64_t)dist_draw(&g->down, &w->draws);
	nc.delay = dist_draw(&g->delay, &w->draws);
	l->w = w;
	l->node = world_add(w, &nc);
	w->agents[l->node].kind = AGENT_LIAR;
	w->agents[l->node].u.liar = l;
	world_random(w, l->sk, sizeof(l->sk));
	secure_public(pk, l->sk);
	link_peerid(l->id, pk);
	link_psk(l->psk, truth_pk(w->truth));
	buf_init(&l->msg, &sim_mem, SECURE_FRAME_MAX);
	buf_init(&l->out, &sim_mem, 4 * LIM_FRAME);
	announce(l);
}

void
liar_free(struct liar *l)
{
	for (size_t i = 0; i < l->n; i++)
		secure_free(l->conns[i].secure);
	buf_fini(&l->msg);
	buf_fini(&l->out);
	mem_free(&sim_mem, l);
}

/* ---- neighbours ---- */

static struct liar_conn *
conn_find(struct liar *l, uint32_t end)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->conns[i].end == end)
			return &l->conns[i];
	return NULL;
}

static void
conn_drop(struct liar *l, uint32_t end, bool hang_up)
{
	struct liar_conn *c = conn_find(l, end);

	world_use(l->w, end)->open = false;
	if (hang_up)
		simnet_close(l->w->net, end);
	if (c == NULL)
		return;
	secure_free(c->secure);
	*c = l->conns[--l->n];
}

/* Sends what stands in l->msg, then in l->out. */
static void
flush(struct liar *l, struct liar_conn *c)
{
	if (l->msg.len > 0)
		secure_seal(c->secure, &l->out, l->msg.p, l->msg.len);
	if (l->out.len > 0)
		simnet_send(l->w->net, c->end, l->out.p, l->out.len, 0);
	buf_reset(&l->msg);
	buf_reset(&l->out);
}

static void
claim(struct liar *l, uint64_t from, uint64_t edge)
{
	struct pw_have_group g = { .kind = PW_HAVE_ALL };
	struct pw_open o;

	for (size_t i = 0; i < l->w->scn.n_tracks; i++) {
		pw_have_begin(&o, &l->msg, (uint8_t)i, from);
		for (g.number = from; g.number < edge; g.number++)
			pw_have_add(&o, &l->msg, &g);
		pw_end(&o, &l->msg);
	}
}

static void
conn_open(struct liar *l, uint32_t end, bool initiator)
{
	struct secure_conf sc;
	struct liar_conn *c;

	if (l->n == SP_LEN(l->conns)) {
		conn_drop(l, end, true);
		return;
	}
	memset(&sc, 0, sizeof(sc));
	sc.initiator = initiator;
	memcpy(sc.info_hash, l->w->info_hash, sizeof(sc.info_hash));
	memcpy(sc.psk, l->psk, sizeof(sc.psk));
	memcpy(sc.static_sk, l->sk, sizeof(sc.static_sk));
	world_random(l->w, sc.ephemeral_sk, sizeof(sc.ephemeral_sk));
	sc.hello.port = SIM_PORT;
	sc.hello.up_kbps = 100000;
	sc.ciphers = l->w->ciphers;
	sc.n_ciphers = l->w->n_ciphers;
	sc.dh = l->w->real_crypto ? NULL : truth_crypto.dh;
	c = &l->conns[l->n];
	c->end = end;
	if (secure_new(&c->secure, &sc, &sim_mem) < 0)
		world_broken(l->w, "a liar has no link", end);
	l->n++;
	secure_start(c->secure, &l->out);
	flush(l, c);
}

static void
on_frame(struct liar *l, struct sp_rd frame)
{
	const struct pw_accept root = { .depth = 0 };
	struct pw_msg m;

	while (pw_read(&frame, &m) > 0)
		if (m.type == PW_PING)
			pw_put_pong(&l->msg, m.u.ping.token, 0, 100000);
		else if (m.type == PW_SUBSCRIBE)
			pw_put_accept(&l->msg, m.u.tree.track, m.u.tree.stripe,
			    &root);
}

static void
on_data(struct liar *l, const struct simnet_ev *ev)
{
	struct liar_conn *c = conn_find(l, ev->end);
	uint64_t edge = truth_edge(l->w->truth);
	const uint8_t *p = ev->p;
	size_t left = ev->len, used;
	struct sp_rd frame;
	int rv;

	if (c == NULL)
		return;
	do {
		rv = secure_input(c->secure, p, left, &used, &l->out, &frame);
		if (rv < 0) {
			conn_drop(l, ev->end, true);
			return;
		}
		p += used;
		left -= used;
		if (rv == SECURE_ESTABLISHED) {
			pw_put_simple(&l->msg, PW_UNCHOKE);
			claim(l, edge > LIAR_NEWS ? edge - LIAR_NEWS : 0, edge);
		} else if (rv == SECURE_FRAME) {
			on_frame(l, frame);
		}
		flush(l, c);
	} while (rv != SECURE_MORE);
}

void
liar_piece(struct liar *l, uint64_t number)
{
	const struct pw_tree best = { UINT16_MAX, UINT16_MAX, { 0 }, { 0 } };

	for (size_t i = 0; i < l->n; i++) {
		if (!secure_is_established(l->conns[i].secure))
			continue;
		claim(l, number, number + 1);
		for (size_t k = 0; k < l->w->scn.n_tracks; k++)
			pw_put_tree(&l->msg, (uint8_t)k, &best);
		flush(l, &l->conns[i]);
	}
}

/* ---- tracker ---- */

static void
on_peers(struct liar *l, const struct simnet_ev *ev)
{
	struct tw_peer peers[LIM_NUMWANT];
	struct world *w = l->w;
	struct tw_reply r;
	uint32_t node, end;

	if (tw_reply_read(&r, peers, SP_LEN(peers), ev->p, ev->len) < 0)
		return;
	for (size_t i = 0; i < SP_MIN(r.n_peers, LIAR_DIALS); i++) {
		node = world_node_of(w, &peers[i].addr);
		if (node == UINT32_MAX || node == l->node)
			continue;
		end = simnet_dial(w->net, l->node, node);
		*world_use(w, end) =
		    (struct use){ .use = USE_PEER, .open = true };
	}
}

static void
on_tracker(struct liar *l, const struct simnet_ev *ev)
{
	struct tw_announce a;

	if (ev->type == SIMNET_OPEN) {
		memset(&a, 0, sizeof(a));
		memcpy(a.info_hash, l->w->info_hash, sizeof(a.info_hash));
		memcpy(a.peer_id, l->id, sizeof(a.peer_id));
		a.port = SIM_PORT;
		a.numwant = LIAR_DIALS;
		a.compact = true;
		tw_announce_write(&l->out, &a);
		simnet_send(l->w->net, ev->end, l->out.p, l->out.len,
		    TAG_ANNOUNCE);
		buf_reset(&l->out);
	} else if (ev->type == SIMNET_DATA) {
		on_peers(l, ev);
		conn_drop(l, ev->end, true);
	} else {
		world_use(l->w, ev->end)->open = false;
	}
}

void
liar_event(struct liar *l, const struct simnet_ev *ev)
{
	if (ev->type == SIMNET_TIMER) {
		announce(l);
		return;
	}
	if (ev->type == SIMNET_ACCEPT) {
		*world_use(l->w, ev->end) =
		    (struct use){ .use = USE_PEER, .open = true };
		conn_open(l, ev->end, false);
		return;
	}
	if (world_use(l->w, ev->end)->use == USE_ANNOUNCE) {
		on_tracker(l, ev);
		return;
	}
	if (ev->type == SIMNET_OPEN)
		conn_open(l, ev->end, true);
	else if (ev->type == SIMNET_DATA)
		on_data(l, ev);
	else if (ev->type != SIMNET_SENT)
		conn_drop(l, ev->end, false);
}
