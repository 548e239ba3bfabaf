#include "swarm/mesh_int.h"

#define ACTS_MIN 16
#define ACTS_MAX 1024
#define PUSHED   UINT32_MAX /* for an index: the first push */
/* A block for each such part of a round trip is what lossy ones carry. */
#define PEER_TRIP  (40 * SP_MS)
#define SENT_MAX   254  /* as far as the order of sending counts */
#define PLAIN_KEEP 1024 /* bytes of buffer that an idle neighbour may keep */
#define OUT_KEEP   4096 /* likewise the mesh, between sends */

struct mesh_act *
mesh_act_push(struct mesh *m, enum mesh_act_type type)
{
	struct mesh_act *v, *a;
	uint32_t cap, i;

	if (m->act_n == m->act_cap) {
		cap = m->act_cap == 0 ? ACTS_MIN : m->act_cap * 2;
		if (cap > ACTS_MAX)
			return NULL;
		v = mem_alloc(m->mem, cap * sizeof(*v));
		if (v == NULL)
			return NULL;
		for (i = 0; i < m->act_n; i++)
			v[i] = m->acts[(m->act_head + i) % m->act_cap];
		mem_free(m->mem, m->acts);
		m->acts = v;
		m->act_cap = cap;
		m->act_head = 0;
	}
	a = &m->acts[(m->act_head + m->act_n++) % m->act_cap];
	memset(a, 0, sizeof(*a));
	a->type = type;
	return a;
}

struct sp_buf *
mesh_say(struct mesh *m, struct peer *p)
{
	m->talk |= MESH_BIT(p->slot);
	return &p->plain;
}

/* Seals what waits in p->plain, cut into frames between messages. */
static int
seal_plain(struct mesh *m, struct peer *p)
{
	const uint8_t *s = p->plain.p;
	size_t left = p->plain.len, n, msg;
	struct sp_rd rd;
	int rv;

	while (left > 0) {
		for (n = 0; n < left; n += msg) {
			rd = buf_rd(s + n, 4);
			msg = 4 + (size_t)buf_get_u32(&rd);
			if (n + msg > SECURE_FRAME_MAX)
				break;
		}
		assert(n > 0 && n <= left && "plain holds whole messages");
		if ((rv = secure_seal(p->link, &m->out, s, n)) < 0)
			return rv;
		s += n;
		left -= n;
	}
	if (p->plain.cap > PLAIN_KEEP)
		buf_fini(&p->plain);
	else
		buf_reset(&p->plain);
	return 0;
}

static bool
has_control(const struct peer *p)
{
	if (p->hs.err != 0 || p->plain.err != 0)
		return true; /* to end it */
	return p->hs.len > 0 || (p->established && p->plain.len > 0);
}

/* Fills m->out with handshake bytes and messages of |p|. */
static int
send_control(struct mesh *m, struct peer *p)
{
	if (p->plain.err != 0 || p->hs.err != 0)
		return SP_ERR_LIMIT;
	buf_put(&m->out, p->hs.p, p->hs.len);
	if (p->hs.cap > 0 && p->established)
		buf_fini(&p->hs);
	else
		buf_reset(&p->hs);
	if (p->established && p->plain.len > 0)
		return seal_plain(m, p);
	return m->out.err;
}

uint64_t
mesh_uplink(const struct mesh *m)
{
	if (m->conf.up_bps != 0)
		return m->conf.up_bps;
	if (m->conf.expect_up_bps != 0)
		return m->conf.expect_up_bps;
	return uplink_rate(&m->uplink);
}

bool
mesh_uplink_is_known(const struct mesh *m)
{
	return m->conf.up_bps != 0 || m->conf.expect_up_bps != 0 ||
	       uplink_is_known(&m->uplink);
}

/*
 * Bytes that may be on their way. Blocks are handed out only a little ahead of
 * the uplink: what waits here can still be overtaken by something more urgent,
 * or cancelled.
 */
static uint64_t
room(const struct mesh *m)
{
	if (!mesh_uplink_is_known(m))
		return uplink_first(&m->uplink);
	return SP_MAX(uplink_room(&m->uplink, mesh_uplink(m)), 2 * LIM_BLOCK);
}

/*
 * Order of sending: what is urgent by deadline, then what was sent least often,
 * to whom was sent least lately: so that different blocks go to different
 * neighbours, who then have something to give.
 */
static uint64_t
upload_key(const struct mesh *m, const struct peer *p,
    const struct upload_entry *e)
{
	const struct piece *pc = mesh_find(m, e->ref.track, e->ref.number);
	sp_time slack = SP_CLAMP(e->deadline - m->now, 0, 1000 * SP_S);
	uint64_t sent;

	if (pc == NULL || e->ref.index >= pc->blocks || slack < MESH_URGENT)
		return (uint64_t)slack;
	sent = SP_MIN(pc->sent[e->ref.index], SENT_MAX);
	return MESH_CLASS_PULL | sent << 54 | (p->turn & (UINT64_MAX >> 10));
}

/*
 * Bytes that |p| may have on its way. What its connection does not carry, as
 * when packets are lost, waits in the host, and would fill the room of others:
 * so once half of that is taken nobody gets more than a few blocks of it.
 */
static uint64_t
allowance(const struct peer *p, bool crowded)
{
	uint64_t trips = (uint64_t)(p->rtt_least / PEER_TRIP);

	return crowded
		   ? SP_CLAMP(trips, 3, MESH_WATERMARK / LIM_BLOCK) * LIM_BLOCK
		   : MESH_WATERMARK;
}

/* Pushes at the front of |p|'s queue that have become needless. */
static void
drop_needless(struct mesh *m, struct peer *p)
{
	const struct upload_entry *e;
	const struct piece *pc;
	struct upload_entry old;

	while (p->up.n_push > 0) {
		e = &p->up.push[p->up.n_push - 1].e;
		pc = mesh_find(m, e->ref.track, e->ref.number);
		if (pc != NULL && e->deadline > m->now &&
		    e->ref.index < pc->blocks &&
		    piece_holds(pc, e->ref.index) &&
		    !holders_has(&pc->holders, p->slot, e->ref.index) &&
		    !(holders_expect(&pc->holders, e->ref.index, m->now) >>
			    p->slot &
			1))
			return;
		upload_pop(&p->up, &old);
	}
}

/* Whose turn it is, and with which of its requests; PUSHED: a push. */
static struct peer *
upload_turn(struct mesh *m, uint32_t *index)
{
	uint64_t key, least = UINT64_MAX;
	struct peer *p, *best = NULL;
	uint64_t most = room(m);
	bool crowded = m->unsent * 2 > most;
	unsigned i;
	uint32_t k;

	*index = 0;
	if (m->up_at != SP_NEVER && m->now < m->up_at)
		return NULL;
	if (m->unsent > most) {
		uplink_full(&m->uplink);
		return NULL;
	}
	MESH_SLOTS (m->askers, i) {
		p = m->peers[i];
		drop_needless(m, p);
		if (p->up.n + p->up.n_push == 0)
			m->askers &= ~MESH_BIT(i);
		if (p->closing || p->unsent >= allowance(p, crowded) ||
		    (m->slow >> i & 1))
			continue;
		if (p->up.n_push > 0 &&
		    p->up.push[p->up.n_push - 1].key < least) {
			least = p->up.push[p->up.n_push - 1].key;
			best = p;
			*index = PUSHED;
		}
		for (k = 0; k < p->up.n; k++) {
			key = upload_key(m, p, &p->up.v[k]);
			if (key >= least)
				continue;
			least = key;
			best = p;
			*index = k;
		}
	}
	return best;
}

static void
take(struct mesh *m, struct peer *p, uint32_t k, struct upload_entry *out)
{
	const struct upload_push *u;
	struct tree *t;

	if (k != PUSHED) {
		upload_take(&p->up, k, out);
		return;
	}
	u = &p->up.push[p->up.n_push - 1];
	t = mesh_tree(m, u->e.ref.track);
	if (t != NULL)
		tree_waited(t, u->strong,
		    m->now - u->at +
			(sp_time)(m->unsent * 1000 / mesh_uplink(m)) * SP_MS);
	upload_pop(&p->up, out);
}

/* Block |k| of |p|'s queue into m->out; AGAIN: the upload limit says wait. */
static int
send_block(struct mesh *m, struct peer *p, uint32_t k)
{
	struct upload_entry e =
	    k == PUSHED ? p->up.push[p->up.n_push - 1].e : p->up.v[k];
	struct piece *pc = mesh_find(m, e.ref.track, e.ref.number);
	const uint8_t *block;
	uint64_t cost = wirecost_sent(e.len + MESH_BLOCK_HEAD);
	size_t at;

	block = pc == NULL ? NULL : window_get(&m->window, pc, e.ref.index);
	if (block == NULL || e.deadline + SP_S < m->now) {
		/* gone, or of no use to the asker any more */
		take(m, p, k, &e);
		at = secure_begin(&m->out);
		pw_put_reject(&m->out, e.ref,
		    block == NULL ? PW_REJECT_GONE : PW_REJECT_QUEUE);
		return secure_end(p->link, &m->out, at);
	}
	if (!ratelim_take(&m->up_limit, cost, m->now)) {
		m->up_at = ratelim_when(&m->up_limit, cost, m->now);
		return SP_ERR_AGAIN;
	}
	take(m, p, k, &e);
	/* at once: what grows is copied */
	buf_reserve(&m->out, e.len + MESH_BLOCK_HEAD + SECURE_TAG_LEN);
	at = secure_begin(&m->out);
	pw_put_block_head(&m->out, e.ref, e.len);
	buf_put(&m->out, block, e.len);
	if (m->out.err != 0)
		return m->out.err;
	pc->sent[e.ref.index] += pc->sent[e.ref.index] < UINT8_MAX;
	holders_set(&pc->holders, p->slot, e.ref.index);
	p->turn = ++m->turns;
	p->up_bytes += e.len;
	m->st.up_bytes += e.len;
	ratemeter_add(&p->upm, e.len, m->now);
	ratemeter_add(&m->up_meter, e.len, m->now);
	return secure_end(p->link, &m->out, at);
}

static void
emit_send(struct mesh *m, struct peer *p, struct mesh_act *act)
{
	uplink_begin(&m->uplink, m->now);
	peer_out(p, m->out.len, m->now);
	if (!(m->slow & MESH_BIT(p->slot)))
		m->unsent += m->out.len;
	p->sent_at = m->now;
	m->st.wire_out_bytes += m->out.len;
	act->type = MESH_SEND;
	act->u.send.conn = p->conn;
	act->u.send.p = m->out.p;
	act->u.send.len = m->out.len;
}

/* Control goes first, in turn; then blocks, the most urgent first. */
static int
next_send(struct mesh *m, struct mesh_act *act)
{
	struct peer *p;
	uint64_t rest;
	unsigned slot;
	uint32_t k;
	int rv;

	buf_reset(&m->out);
	/* in turn: those behind the last one first */
	rest = m->talk & ~(MESH_BIT(m->send_turn % MESH_PEERS_MAX) - 1);
	while (m->talk != 0) {
		rest &= m->talk;
		slot = (unsigned)__builtin_ctzll(rest != 0 ? rest : m->talk);
		m->talk &= ~MESH_BIT(slot);
		p = m->peers[slot];
		if (!has_control(p))
			continue;
		m->send_turn = slot + 1;
		if ((rv = send_control(m, p)) < 0) {
			buf_reset(&m->out);
			/* one that is closing already goes without */
			mesh_peer_mute(p);
			mesh_peer_drop(m, slot, -1, rv);
			continue;
		}
		ratelim_charge(&m->up_limit, wirecost_sent(m->out.len), m->now);
		emit_send(m, p, act);
		return 0;
	}
	while ((p = upload_turn(m, &k)) != NULL) {
		rv = send_block(m, p, k);
		if (rv == SP_ERR_AGAIN)
			break;
		if (rv < 0) {
			buf_reset(&m->out);
			mesh_peer_drop(m, p->slot, -1, rv);
			continue;
		}
		emit_send(m, p, act);
		return 0;
	}
	return SP_ERR_AGAIN;
}

/* Ends the connections that were only kept to say why. */
static bool
next_close(struct mesh *m, struct mesh_act *act)
{
	struct peer *p;
	unsigned i;

	MESH_SLOTS (m->ending, i) {
		p = m->peers[i];
		if (has_control(p))
			continue;
		act->type = MESH_CLOSE;
		act->u.close.conn = p->conn;
		act->u.close.why = p->close_why;
		mesh_peer_free(m, i);
		return true;
	}
	return false;
}

/* A block's room is for who has one to send, not for all who may. */
static void
out_rest(struct mesh *m)
{
	size_t max = m->out.max;

	if (m->out.cap <= OUT_KEEP)
		return;
	buf_fini(&m->out);
	buf_init(&m->out, m->mem, max);
}

int
mesh_next(struct mesh *m, struct mesh_act *act)
{
	memset(act, 0, sizeof(*act));
	if (m->act_n > 0) {
		*act = m->acts[m->act_head];
		m->act_head = (m->act_head + 1) % m->act_cap;
		m->act_n--;
		return 0;
	}
	if (next_send(m, act) == 0)
		return 0;
	if (next_close(m, act) || mesh_receipts_next(m, act))
		return 0;
	if (m->changed != 0) {
		act->type = MESH_CHANGED;
		act->u.changed.what = m->changed;
		m->changed = 0;
		return 0;
	}
	out_rest(m);
	return SP_ERR_AGAIN;
}
