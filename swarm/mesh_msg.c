#include "swarm/mesh_int.h"

#define RECORDS_BAD_MAX 3             /* of one neighbour, then it goes */
#define PLAIN_SOFT      (512 * 1024)  /* a neighbour that does not read */
#define QUEUE_MAX       (600 * SP_MS) /* of upload; then requests are refused */
#define QUEUE_LESSER    (300 * SP_MS) /* of who contributes next to nothing */
#define STRAYS_SPAN     (10 * SP_S)   /* half of them are forgotten */
#define QUEUE_FAIR      (100 * SP_MS) /* then each may have one in it */

static void
on_choke(struct mesh *m, struct peer *p)
{
	p->is_choking = true;
	/* some may have left already */
	p->strays -= SP_MIN(p->strays, p->n_req);
	mesh_peer_requests_free(m, p);
}

static int
on_interested(struct mesh *m, struct peer *p, bool on)
{
	if (on == p->is_interested)
		return 0;
	p->is_interested = on;
	/* a free slot is given at once, not at the next round; but once */
	if (on && m->now >= p->choke_out_of_turn) {
		p->choke_out_of_turn = m->now + CHOKER_ROUND;
		mesh_choke(m);
	}
	return 0;
}

/*
 * How long a block that is asked for now would wait for our uplink; what is
 * |urgent| overtakes what is pushed.
 */
static sp_time
queue_time(const struct mesh *m, bool urgent)
{
	uint64_t bytes = m->unsent;
	unsigned i;

	MESH_SLOTS (m->askers, i) {
		bytes += m->peers[i]->up.bytes;
		bytes += urgent ? 0 : m->peers[i]->up.push_bytes;
	}
	return (sp_time)(bytes * 1000 / mesh_uplink(m)) * SP_MS;
}

/*
 * Why a request is refused; -1: it is not. A queue is never built up silently:
 * who is told at once asks somebody else. While there is one, each neighbour
 * may have one block in it, so that several soon have different ones to trade.
 */
static int
refusal(const struct mesh *m, const struct peer *p, const struct piece *pc,
    uint32_t index, sp_time slack)
{
	sp_time wait;

	if (p->am_choking)
		return PW_REJECT_CHOKED;
	if (pc == NULL || index >= pc->blocks || !piece_holds(pc, index))
		return PW_REJECT_GONE;
	wait = queue_time(m, slack < MESH_URGENT);
	if ((m->slow & MESH_BIT(p->slot)) ||
	    wait > (p->lesser ? QUEUE_LESSER : QUEUE_MAX) ||
	    wait > SP_MAX(slack, QUEUE_FAIR) ||
	    (wait > QUEUE_FAIR && p->up.n > 0))
		return PW_REJECT_QUEUE;
	return -1;
}

static int
on_request(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	const struct pw_block_ref *ref = &msg->u.request.ref;
	const struct piece *pc = mesh_find(m, ref->track, ref->number);
	sp_time slack = msg->u.request.slack_ms * SP_MS;
	int reason = refusal(m, p, pc, ref->index, slack), rv;
	struct upload_entry e;

	if (reason < 0) {
		e.ref = *ref;
		e.len = record_block_len(&pc->rec, ref->index);
		e.deadline = m->now + slack;
		rv = upload_add(&p->up, &e);
		m->askers |= MESH_BIT(p->slot);
		if (rv == 0 || rv == SP_ERR_EXISTS)
			return 0;
		if (rv == SP_ERR_NOMEM)
			return rv;
		reason = PW_REJECT_QUEUE;
	}
	pw_put_reject(mesh_say(m, p), *ref, (uint8_t)reason);
	return 0;
}

static void
forget_request(struct mesh *m, struct peer *p, int i)
{
	struct piece *pc =
	    mesh_find(m, p->req[i].ref.track, p->req[i].ref.number);
	uint16_t index = p->req[i].ref.index;

	if (pc != NULL && index < pc->blocks && pc->pending[index] > 0) {
		pc->pending[index]--;
		pc->n_pending--;
	}
}

static int
on_reject(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	int i = peer_request_find(p, &msg->u.reject.ref);
	struct piece *pc;

	if (i < 0)
		return 0; /* timed out or cancelled before */
	forget_request(m, p, i);
	peer_request_del(p, (uint32_t)i);
	p->rejects++;
	m->st.rejects++;
	pc = mesh_find(m, msg->u.reject.ref.track, msg->u.reject.ref.number);
	if (msg->u.reject.reason == PW_REJECT_GONE) {
		if (pc != NULL)
			holders_unset(&pc->holders, p->slot,
			    msg->u.reject.ref.index);
	} else if (msg->u.reject.reason == PW_REJECT_CHOKED) {
		p->is_choking = true;
	} else {
		peer_rejected(p, m->now);
	}
	mesh_dirty(m, 0);
	return 0;
}

/*
 * A block that nobody asked for. A few come of every change of plan, so that
 * only many in a short time say something. False: too many.
 */
static bool
count_stray(struct peer *p, sp_time now)
{
	sp_time spans = (now - p->strays_at) / STRAYS_SPAN;

	if (spans > 0) {
		p->strays >>= SP_MIN(spans, 31);
		p->strays_at = now;
	}
	return ++p->strays <= MESH_STRAYS + p->timeouts;
}

static int
on_block(struct mesh *m, unsigned slot, const struct pw_msg *msg)
{
	struct peer *p = m->peers[slot];
	const struct pw_block_ref *ref = &msg->u.block.ref;
	struct piece *pc = mesh_find(m, ref->track, ref->number);
	int i = peer_request_find(p, ref), rv;
	size_t len = msg->u.block.len;

	if (i >= 0) {
		quantile_add(&m->fetch_us,
		    (uint64_t)((m->now - p->req[i].sent_at) / SP_US));
		forget_request(m, p, i);
		peer_request_done(p, (uint32_t)i, m->now);
		mesh_push_pulled(m, pc, ref->index);
	} else if (pc != NULL && ref->index < pc->blocks &&
		   mesh_push_arrived(m, p, pc, ref->index)) {
		m->st.push_bytes += piece_holds(pc, ref->index) ? 0 : len;
	} else if (pc == NULL && mesh_tree_needs(m, slot)) {
		/* it is faster than the record */
	} else if (!count_stray(p, m->now)) {
		return SP_ERR_LIMIT;
	}
	ratemeter_add(&p->down, len, m->now);
	p->down_bytes += len;
	if (pc == NULL) { /* left the window meanwhile */
		m->st.dup_bytes += len;
		return 0;
	}
	if (ref->index >= pc->blocks ||
	    len != record_block_len(&pc->rec, ref->index)) {
		m->st.bad_bytes += len;
		return SP_ERR_HASH;
	}
	holders_set(&pc->holders, slot, ref->index);
	rv = mesh_block(m, pc, ref->index, msg->u.block.p, len, (int)slot);
	p->blocks_ok += rv == 0 && i < 0;
	if (rv == SP_ERR_HASH)
		mesh_warn(m, slot, ref);
	else if (i >= 0)
		mesh_warn_passed(m, p, ref);
	return rv == SP_ERR_EXISTS ? 0 : rv;
}

/* A record or manifest was taken with |rv|; who sends bad ones goes. */
static int
on_env(struct peer *p, int rv)
{
	if (rv != SP_ERR_SIG && rv != SP_ERR_HASH && rv != SP_ERR_SYNTAX &&
	    rv != SP_ERR_CANON && rv != SP_ERR_RANGE && rv != SP_ERR_SHORT &&
	    rv != SP_ERR_TOOBIG && rv != SP_ERR_WRONGCHAN)
		return 0;
	return ++p->records_bad >= RECORDS_BAD_MAX ? SP_ERR_LIMIT : 0;
}

static int
on_record(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	int rv = mesh_record_in(m, msg->u.env.p, msg->u.env.len, true);

	if (rv == 0)
		m->st.records_from_peers++;
	return on_env(p, rv);
}

void
mesh_pex_take(struct mesh *m, struct peer *p, struct pw_msg *msg)
{
	struct pw_pex_entry e;

	while (pw_pex_next(msg, &e)) {
		if (!ratelim_take(&p->pex_in, 1, m->now))
			break;
		if (memcmp(e.peer_id, m->id, LINK_PEERID_LEN) == 0)
			continue;
		/* a far peer cannot know of machines in our house */
		if (addr_is_private(&e.addr) && !addr_is_private(&p->addr))
			continue;
		/* hearsay does not change what is known of an address */
		if (contacts_by_addr(&m->contacts, &e.addr) != NULL)
			continue;
		contacts_add(&m->contacts, &e.addr, e.peer_id, &m->rng, m->now);
	}
}

static void
on_pong(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	if (p->ping_token == 0 || msg->u.ping.token != p->ping_token)
		return;
	p->ping_token = 0;
	peer_rtt(p, m->now - p->ping_at);
}

static void
on_want_manifest(struct mesh *m, struct peer *p, const struct pw_msg *msg)
{
	if (m->manifest != NULL && m->manifest->serial > msg->u.serial &&
	    ratelim_take(&p->env_out, m->manifest_len, m->now))
		pw_put_env(mesh_say(m, p), PW_MANIFEST, m->manifest_env,
		    m->manifest_len);
}

static int
on_message(struct mesh *m, unsigned slot, struct pw_msg *msg)
{
	struct peer *p = m->peers[slot];

	switch (msg->type) {
	case PW_CHOKE:
		on_choke(m, p);
		return 0;
	case PW_UNCHOKE:
		p->is_choking = false;
		mesh_dirty(m, 0);
		return 0;
	case PW_INTERESTED:
	case PW_NOT_INTERESTED:
		return on_interested(m, p, msg->type == PW_INTERESTED);
	case PW_HAVE:
		mesh_have_recv(m, p, msg);
		return 0;
	case PW_REQUEST:
		return on_request(m, p, msg);
	case PW_BLOCK:
		return on_block(m, slot, msg);
	case PW_CANCEL:
		upload_cancel(&p->up, &msg->u.ref);
		return 0;
	case PW_REJECT:
		return on_reject(m, p, msg);
	case PW_WARN:
		mesh_warn_recv(m, p, msg);
		return 0;
	case PW_RECORD:
		return on_record(m, p, msg);
	case PW_WANT_RECORDS:
		mesh_want_recv(m, p, msg);
		return 0;
	case PW_MANIFEST:
		return on_env(p,
		    mesh_manifest_in(m, msg->u.env.p, msg->u.env.len, true, p));
	case PW_WANT_MANIFEST:
		on_want_manifest(m, p, msg);
		return 0;
	case PW_PEX:
		mesh_pex_take(m, p, msg);
		return 0;
	case PW_TREE:
	case PW_SUBSCRIBE:
	case PW_ACCEPT:
	case PW_UNSUBSCRIBE:
	case PW_REDIRECT:
		mesh_tree_recv(m, p, msg);
		return 0;
	case PW_PING:
		pw_put_pong(mesh_say(m, p), msg->u.ping.token,
		    (uint16_t)SP_MIN(queue_time(m, false) / SP_MS, UINT16_MAX),
		    (uint32_t)SP_MIN(m->conf.up_bps / 125, UINT32_MAX));
		return 0;
	case PW_PONG:
		on_pong(m, p, msg);
		return 0;
	case PW_BYE:
		/* it has others: they are asked before it is again */
		if (msg->u.bye.reason == PW_BYE_FULL ||
		    msg->u.bye.reason == PW_BYE_CHURN)
			p->away = PEER_AWAY;
		return SP_ERR_CLOSED;
	default:
		return 0; /* of a later version */
	}
}

/* What kind of control it was. */
static void
count_in(struct mesh_stats *st, uint8_t type, size_t len)
{
	switch (type) {
	case PW_HAVE:
		st->have_in_bytes += len;
		break;
	case PW_REQUEST:
	case PW_CANCEL:
	case PW_REJECT:
		st->ask_in_bytes += len;
		break;
	case PW_RECORD:
	case PW_WANT_RECORDS:
	case PW_MANIFEST:
	case PW_WANT_MANIFEST:
		st->record_in_bytes += len;
		break;
	default:
		break;
	}
}

int
mesh_frame(struct mesh *m, unsigned slot, struct sp_rd *frame)
{
	const uint8_t *from = frame->p;
	struct pw_msg msg;
	int rv;

	for (; (rv = pw_read(frame, &msg)) > 0; from = frame->p) {
		count_in(&m->st, msg.type, (size_t)(frame->p - from));
		rv = on_message(m, slot, &msg);
		if (rv < 0 && sp_errscope(rv) != SP_SCOPE_CALL &&
		    rv != SP_ERR_NOMEM)
			return rv;
		if (rv == SP_ERR_CLOSED)
			return rv;
		if (m->peers[slot]->closing)
			return 0;
		if (m->peers[slot]->plain.len + m->peers[slot]->unsent >
		    PLAIN_SOFT)
			return SP_ERR_LIMIT;
	}
	return rv;
}
