#include "swarm/mesh_int.h"

#define ACTS_MIN    16
#define ACTS_MAX    1024
#define SEND_BLOCKS 4    /* of one SEND */
#define PLAIN_KEEP  1024 /* bytes of buffer that an idle neighbour may keep */

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
mesh_say(struct mesh *m SP_UNUSED, struct peer *p)
{
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

/* The neighbour whose most urgent request is the most urgent of all. */
static struct peer *
upload_turn(const struct mesh *m)
{
	struct peer *p, *best = NULL;
	sp_time at = SP_NEVER;
	unsigned i;

	if (m->up_at != SP_NEVER && m->now < m->up_at)
		return NULL;
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		p = m->peers[i];
		if (p == NULL || !p->established || p->closing ||
		    p->up.n == 0 || p->unsent >= MESH_WATERMARK)
			continue;
		if (best == NULL || upload_head(&p->up)->deadline < at) {
			best = p;
			at = upload_head(&p->up)->deadline;
		}
	}
	return best;
}

/* One block of |p|'s queue into m->out; AGAIN: the uplink limit says wait. */
static int
send_block(struct mesh *m, struct peer *p)
{
	struct upload_entry e = *upload_head(&p->up);
	const struct piece *pc = mesh_find(m, e.ref.track, e.ref.number);
	const uint8_t *block;
	int rv;

	block = pc == NULL ? NULL : window_get(&m->window, pc, e.ref.index);
	buf_reset(&m->scratch);
	if (block == NULL || e.deadline + SP_S < m->now) {
		/* gone, or of no use to the asker any more */
		upload_pop(&p->up);
		pw_put_reject(&m->scratch, e.ref,
		    block == NULL ? PW_REJECT_GONE : PW_REJECT_QUEUE);
		return secure_seal(p->link, &m->out, m->scratch.p,
		    m->scratch.len);
	}
	if (!ratelim_take(&m->up_limit, e.len, m->now)) {
		m->up_at = ratelim_when(&m->up_limit, e.len, m->now);
		return SP_ERR_AGAIN;
	}
	upload_pop(&p->up);
	pw_put_block_head(&m->scratch, e.ref, e.len);
	buf_put(&m->scratch, block, e.len);
	if (m->scratch.err != 0)
		return m->scratch.err;
	rv = secure_seal(p->link, &m->out, m->scratch.p, m->scratch.len);
	if (rv < 0)
		return rv;
	p->up_bytes += e.len;
	m->st.up_bytes += e.len;
	ratemeter_add(&p->upm, e.len, m->now);
	ratemeter_add(&m->up_meter, e.len, m->now);
	return 0;
}

static int
send_blocks(struct mesh *m, struct peer *p)
{
	int i, rv;

	for (i = 0; i < SEND_BLOCKS && p->up.n > 0 &&
		    p->unsent + m->out.len < MESH_WATERMARK;
	     i++) {
		rv = send_block(m, p);
		if (rv == SP_ERR_AGAIN)
			break;
		if (rv < 0)
			return rv;
	}
	return 0;
}

static void
emit_send(struct mesh *m, struct peer *p, struct mesh_act *act)
{
	if (p->unsent == 0 && m->busy_since == 0)
		m->busy_since = m->now;
	p->unsent += m->out.len;
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
	unsigned i, slot;
	int rv;

	buf_reset(&m->out);
	for (i = 0; i < MESH_PEERS_MAX; i++) {
		slot = (m->send_turn + i) % MESH_PEERS_MAX;
		p = m->peers[slot];
		if (p == NULL || !has_control(p))
			continue;
		m->send_turn = slot + 1;
		if ((rv = send_control(m, p)) < 0) {
			buf_reset(&m->out);
			mesh_peer_drop(m, slot, -1, rv);
			continue;
		}
		emit_send(m, p, act);
		return 0;
	}
	while ((p = upload_turn(m)) != NULL) {
		rv = send_blocks(m, p);
		if (rv < 0) {
			buf_reset(&m->out);
			mesh_peer_drop(m, (unsigned)mesh_peer_slot(m, p->conn),
			    -1, rv);
			continue;
		}
		if (m->out.len == 0)
			break;
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

	for (i = 0; i < MESH_PEERS_MAX; i++) {
		p = m->peers[i];
		if (p == NULL || !p->closing || has_control(p))
			continue;
		act->type = MESH_CLOSE;
		act->u.close.conn = p->conn;
		act->u.close.why = p->close_why;
		mesh_peer_free(m, i);
		return true;
	}
	return false;
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
	if (next_close(m, act))
		return 0;
	if (m->changed != 0) {
		act->type = MESH_CHANGED;
		act->u.changed.what = m->changed;
		m->changed = 0;
		return 0;
	}
	return SP_ERR_AGAIN;
}
