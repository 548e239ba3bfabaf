#include "swarm/mesh_int.h"

#include "base/hash.h"

#define HALF_OPEN     12
#define HALF_OPEN_AGE SP_S /* a handshake takes less */

int
mesh_peer_slot(const struct mesh *m, uint32_t conn)
{
	unsigned i;

	MESH_SLOTS (m->used, i)
		if (m->conns[i] == conn)
			return (int)i;
	return -1;
}

/* What was asked of |p| may be asked of others. */
void
mesh_peer_requests_free(struct mesh *m, struct peer *p)
{
	struct piece *pc;
	uint32_t i;

	for (i = 0; i < p->n_req; i++) {
		pc = mesh_find(m, p->req[i].ref.track, p->req[i].ref.number);
		if (pc == NULL || p->req[i].ref.index >= pc->blocks ||
		    pc->pending[p->req[i].ref.index] == 0)
			continue;
		pc->pending[p->req[i].ref.index]--;
		pc->n_pending--;
	}
	if (p->n_req > 0)
		mesh_dirty(m, 0);
	p->n_req = 0;
	p->req_bytes = 0;
}

void
mesh_peer_requests_forget(struct mesh *m, struct peer *p, uint8_t track,
    uint64_t number)
{
	struct pw_block_ref ref;
	struct piece *pc;
	uint32_t i = 0;

	while (i < p->n_req) {
		ref = p->req[i].ref;
		if (ref.track != track || ref.number >= number) {
			i++;
			continue;
		}
		pc = mesh_find(m, track, ref.number);
		if (pc != NULL) {
			pc->pending[ref.index]--;
			pc->n_pending--;
		}
		pw_put_cancel(mesh_say(m, p), ref);
		peer_request_del(p, i);
		/* it may have left already */
		p->strays -= p->strays > 0;
	}
}

void
mesh_peer_free(struct mesh *m, unsigned slot)
{
	struct peer *p = m->peers[slot];

	m->peers[slot] = NULL;
	m->used &= ~MESH_BIT(slot);
	m->talk &= m->used;
	m->askers &= m->used;
	m->ending &= m->used;
	m->asked &= m->used;
	m->open &= m->used;
	if (!(m->slow & MESH_BIT(slot)))
		m->unsent -= p->unsent;
	m->slow &= m->used;
	mesh_have_forget(m, slot);
	mesh_tree_gone(m, slot);
	mesh_peer_requests_free(m, p);
	peer_fini(p);
	mem_free(m->mem, p);
}

/* The contact goes back to the pool, or out of it. */
static void
release_contact(struct mesh *m, const struct peer *p, bool failed)
{
	struct contact *ct = contacts_by_addr(&m->contacts, &p->listen);

	if (ct == NULL && p->outgoing)
		ct = contacts_by_addr(&m->contacts, &p->addr);
	if (ct != NULL && ct->state == CONTACT_CONNECTED)
		contacts_release(&m->contacts, ct, failed, m->now);
	if (ct != NULL && !failed && p->away > 0)
		ct->retry_at = SP_MAX(ct->retry_at, m->now + p->away);
}

void
mesh_peer_mute(struct peer *p)
{
	buf_fini(&p->plain);
	buf_reset(&p->plain); /* the error too */
	buf_fini(&p->hs);
	buf_reset(&p->hs);
}

void
mesh_peer_drop(struct mesh *m, unsigned slot, int bye, int err)
{
	struct peer *p = m->peers[slot];

	if (p->closing)
		return;
	if (bye >= 0 && p->established && p->plain.err == 0)
		pw_put_bye(mesh_say(m, p), (uint8_t)bye,
		    err < 0 ? sp_strerror(err) : "");
	if (p->plain.err != 0 || p->hs.err != 0 || bye < 0)
		mesh_peer_mute(p);
	p->closing = true;
	m->ending |= MESH_BIT(slot);
	m->open &= ~MESH_BIT(slot);
	m->askers &= ~MESH_BIT(slot);
	p->close_why = err;
	m->st.closed++;
	mesh_tree_gone(m, slot);
	mesh_peer_requests_free(m, p);
	upload_clear(&p->up);
	release_contact(m, p, err < 0 || !p->established);
	m->house_at = SP_MIN(m->house_at, m->now + MESH_HOUSE_GAP);
	log_msg(m->conf.log, LOG_LEVEL_DEBUG,
	    "peer: close conn=%u why=%s timeouts=%u rejects=%u", p->conn,
	    err < 0 ? sp_errname(err) : "bye", p->timeouts, p->rejects);
}

static void
ban(struct mesh *m, unsigned slot, int err)
{
	struct peer *p = m->peers[slot];
	char text[ADDR_STRLEN];

	contacts_ban(&m->contacts, p->id,
	    p->listen.family != 0 ? &p->listen : &p->addr, m->now + MESH_BAN);
	ledger_bad(&m->ledger, p->id);
	m->st.banned++;
	log_msg(m->conf.log, LOG_LEVEL_WARN, "peer: banned addr=%s why=%s",
	    addr_str(&p->addr, text), sp_errname(err));
	mesh_peer_drop(m, slot, PW_BYE_BAD_BLOCK, err);
}

/* ---- opening ---- */

/* At which |addr| reaches us. */
static uint16_t
port_for(const struct mesh *m, const struct sp_addr *addr)
{
	if (m->outside_port != 0 && addr->family == 4 && !addr_is_private(addr))
		return m->outside_port;
	return m->conf.listen_port;
}

static int
link_make(struct mesh *m, struct peer *p, const uint8_t entropy[32])
{
	struct secure_conf sc;
	int rv;

	memset(&sc, 0, sizeof(sc));
	sc.initiator = p->outgoing;
	memcpy(sc.info_hash, m->info_hash, sizeof(sc.info_hash));
	memcpy(sc.psk, m->psk, sizeof(sc.psk));
	memcpy(sc.static_sk, m->static_sk, sizeof(sc.static_sk));
	sc.static_pk = m->static_pk;
	memcpy(sc.ephemeral_sk, entropy, sizeof(sc.ephemeral_sk));
	sc.dh = m->crypto->dh;
	sc.hello.version = 1;
	sc.hello.flags = m->conf.seeder ? SECURE_FLAG_SEEDER : 0;
	sc.hello.port = port_for(m, &p->addr);
	sc.hello.up_kbps = (uint32_t)SP_MIN(m->conf.up_bps / 125, UINT32_MAX);
	sc.ciphers = m->conf.ciphers;
	sc.n_ciphers = m->conf.n_ciphers;
	rv = secure_new(&p->link, &sc, m->mem);
	hash_wipe(&sc, sizeof(sc));
	if (rv == 0 && p->outgoing)
		rv = secure_start(p->link, &p->hs);
	return rv;
}

/*
 * Strangers may hold some slots, never all: over HALF_OPEN connections without
 * a handshake the oldest one goes, twice as many are not let in. True when
 * that many are there.
 */
static bool
strangers_crowd(struct mesh *m)
{
	const struct peer *p, *oldest = NULL;
	unsigned i, n = 0;

	MESH_SLOTS (m->used & ~m->ending, i) {
		p = m->peers[i];
		if (p->established || p->outgoing)
			continue;
		n++;
		if (oldest == NULL || p->opened_at < oldest->opened_at)
			oldest = p;
	}
	if (n >= HALF_OPEN && m->now - oldest->opened_at > HALF_OPEN_AGE) {
		mesh_peer_drop(m, oldest->slot, -1, SP_ERR_LIMIT);
		n--;
	}
	return n >= 2 * HALF_OPEN;
}

static int
peer_make(struct mesh *m, uint32_t conn, bool outgoing,
    const struct sp_addr *addr, const uint8_t entropy[32])
{
	struct peer *p;
	unsigned slot, n;
	int rv;

	if (m->leaving)
		return SP_ERR_CLOSED;
	if (mesh_peer_slot(m, conn) >= 0)
		return SP_ERR_EXISTS;
	if (contacts_is_banned(&m->contacts, NULL, addr, m->now))
		return SP_ERR_DENIED;
	if (!outgoing && strangers_crowd(m))
		return SP_ERR_FULL;
	n = (unsigned)__builtin_popcountll(m->used);
	if (n >= SP_MIN(MESH_PEERS_MAX, m->conf.neighbours_max + 8))
		return SP_ERR_FULL;
	p = mem_alloc(m->mem, sizeof(*p));
	if (p == NULL)
		return SP_ERR_NOMEM;
	peer_init(p, m->mem, conn, addr, outgoing, m->now);
	slot = (unsigned)__builtin_ctzll(~m->used);
	p->slot = slot;
	m->peers[slot] = p;
	m->conns[slot] = conn;
	m->used |= MESH_BIT(slot);
	m->talk |= MESH_BIT(slot);
	if ((rv = link_make(m, p, entropy)) < 0)
		mesh_peer_free(m, slot);
	return rv;
}

int
mesh_peer_open(struct mesh *m, uint32_t conn, uint32_t dial,
    const struct sp_addr *addr, const uint8_t entropy[32], sp_time now)
{
	struct contact *ct;
	int rv;

	m->now = now;
	m->st.accepted += dial == 0;
	rv = peer_make(m, conn, dial != 0, addr, entropy);
	ct = dial == 0 ? NULL : contacts_by_dial(&m->contacts, dial);
	if (ct == NULL)
		return rv;
	if (rv < 0)
		contacts_release(&m->contacts, ct, false, now);
	else
		ct->state = CONTACT_CONNECTED;
	return rv;
}

int
mesh_dial_failed(struct mesh *m, uint32_t dial, enum mesh_close why,
    sp_time now)
{
	struct contact *ct = contacts_by_dial(&m->contacts, dial);

	m->now = now;
	m->st.dial_errors++;
	if (ct == NULL)
		return SP_ERR_NOTFOUND;
	contacts_release(&m->contacts, ct, why != MESH_CLOSE_LOCAL, now);
	return 0;
}

int
mesh_peer_sent(struct mesh *m, uint32_t conn, size_t len, sp_time now)
{
	int slot = mesh_peer_slot(m, conn);
	sp_time took;
	struct peer *p;

	m->now = now;
	if (slot < 0)
		return SP_ERR_NOTFOUND;
	p = m->peers[slot];
	if (!(m->slow & MESH_BIT(slot)))
		m->unsent -= SP_MIN(len, p->unsent);
	if (peer_left(p, len, now, &took) && p->rtt_least > 0 &&
	    m->conf.up_bps == 0)
		uplink_took(&m->uplink, took, p->rtt_least, mesh_uplink(m));
	if ((m->slow & MESH_BIT(slot)) && !peer_is_slow(p, now)) {
		m->slow &= ~MESH_BIT(slot);
		m->unsent += p->unsent;
	}
	uplink_sent(&m->uplink, len, m->unsent, now);
	return 0;
}

int
mesh_peer_closed(struct mesh *m, uint32_t conn, enum mesh_close why,
    sp_time now)
{
	int slot = mesh_peer_slot(m, conn);
	struct peer *p;

	m->now = now;
	if (slot < 0)
		return SP_ERR_NOTFOUND;
	p = m->peers[slot];
	if (!p->closing) {
		m->st.closed++;
		/* what never spoke our protocol is not tried again soon */
		release_contact(m, p,
		    !p->established || why == MESH_CLOSE_TIMEOUT);
	}
	mesh_peer_free(m, (unsigned)slot);
	m->house_at = SP_MIN(m->house_at, now + MESH_HOUSE_GAP);
	return 0;
}

/* ---- established ---- */

/* Who listens at the address that was dialled. */
static void
note_id(struct mesh *m, const struct peer *p)
{
	struct contact *ct =
	    p->outgoing ? contacts_by_addr(&m->contacts, &p->addr) : NULL;

	if (ct == NULL)
		return;
	memcpy(ct->peer_id, p->id, LINK_PEERID_LEN);
	ct->has_id = true;
}

/* Another connection with the same peer: of two in opposite directions both
 * sides keep the one that the smaller id opened, else the newer one. */
static int
settle_twin(struct mesh *m, unsigned slot)
{
	struct peer *p = m->peers[slot], *q;
	unsigned i;
	bool keep_out = memcmp(m->id, p->id, LINK_PEERID_LEN) < 0;

	for (i = 0; i < MESH_PEERS_MAX; i++) {
		q = m->peers[i];
		if (q == NULL || i == slot || !q->established || q->closing ||
		    memcmp(q->id, p->id, LINK_PEERID_LEN) != 0)
			continue;
		if (q->outgoing != p->outgoing && p->outgoing != keep_out) {
			note_id(m, p);
			mesh_peer_drop(m, slot, PW_BYE_CHURN, SP_OK);
			return SP_ERR_EXISTS;
		}
		/* a new connection is no new reputation */
		p->timeouts += q->timeouts;
		p->rejects += q->rejects;
		p->blocks_ok += q->blocks_ok;
		mesh_peer_drop(m, i, PW_BYE_CHURN, SP_OK);
	}
	return 0;
}

unsigned
mesh_peers_established(const struct mesh *m)
{
	return (unsigned)__builtin_popcountll(m->open);
}

void
mesh_peers_slow(struct mesh *m)
{
	unsigned i;

	MESH_SLOTS (m->used & ~m->slow, i) {
		if (!peer_is_slow(m->peers[i], m->now))
			continue;
		m->slow |= MESH_BIT(i);
		m->unsent -= m->peers[i]->unsent;
	}
}

/* Who it is, now that the handshake has told. */
static int
admit(struct mesh *m, unsigned slot)
{
	struct peer *p = m->peers[slot];
	struct contact *ct;

	link_peerid(p->id, secure_remote_key(p->link));
	ct = contacts_by_addr(&m->contacts, &p->addr);
	if (memcmp(secure_remote_key(p->link), m->static_pk, SECURE_KEY_LEN) ==
	    0) {
		if (p->outgoing && ct != NULL)
			ct->state = CONTACT_SELF;
		mesh_peer_drop(m, slot, PW_BYE_SELF, SP_OK);
		return SP_ERR_EXISTS;
	}
	if (p->outgoing && ct != NULL && ct->has_id &&
	    memcmp(ct->peer_id, p->id, LINK_PEERID_LEN) != 0) {
		/* not whom we were told of; the next list may know better */
		ct->has_id = false;
		mesh_peer_drop(m, slot, PW_BYE_PROTOCOL, SP_ERR_IDENT);
		return SP_ERR_IDENT;
	}
	if (contacts_is_banned(&m->contacts, p->id, &p->addr, m->now)) {
		mesh_peer_drop(m, slot, PW_BYE_PROTOCOL, SP_ERR_DENIED);
		return SP_ERR_DENIED;
	}
	if (mesh_peers_established(m) >
	    m->conf.neighbours_max + MESH_OVER_CAP) {
		mesh_peer_drop(m, slot, PW_BYE_FULL, SP_OK);
		return SP_ERR_FULL;
	}
	return settle_twin(m, slot);
}

/* Its listening address becomes a contact that is taken. */
static void
note_contact(struct mesh *m, struct peer *p)
{
	uint16_t port = secure_remote(p->link)->port;
	struct contact *ct;

	p->listen = p->addr;
	if (!p->outgoing) {
		p->listen.port = port;
		if (port == 0) {
			memset(&p->listen, 0, sizeof(p->listen));
			return;
		}
	}
	contacts_add(&m->contacts, &p->listen, p->id, &m->rng, m->now);
	ct = contacts_by_addr(&m->contacts, &p->listen);
	if (ct != NULL && ct->state == CONTACT_IDLE)
		ct->state = CONTACT_CONNECTED;
}

static int
established(struct mesh *m, unsigned slot)
{
	struct peer *p = m->peers[slot];
	struct sp_buf *b;
	int rv;

	p->established = true;
	m->open |= MESH_BIT(slot);
	p->established_at = m->now;
	if ((rv = admit(m, slot)) < 0)
		return rv;
	p->seeder = (secure_remote(p->link)->flags & SECURE_FLAG_SEEDER) != 0;
	m->reached |=
	    !p->outgoing && (m->conf.lan || !addr_is_private(&p->addr));
	note_contact(m, p);
	b = mesh_say(m, p);
	pw_put_want_manifest(b, m->manifest == NULL ? 0 : m->manifest->serial);
	p->ping_token = rng_u64(&m->rng) | 1;
	p->ping_at = m->now;
	pw_put_ping(b, p->ping_token);
	if (!m->conf.seeder) {
		pw_put_simple(b, PW_INTERESTED);
		p->am_interested = true;
	}
	mesh_have_snapshot(m, p);
	p->pex_at = m->now; /* first pex with the next housekeeping */
	m->house_at = SP_MIN(m->house_at, m->now + 20 * SP_MS);
	mesh_dirty(m, 0);
	return 0;
}

/* Acts on an error of a neighbour. */
static int
punish(struct mesh *m, unsigned slot, int err)
{
	switch (err) {
	case SP_ERR_HASH:
		ban(m, slot, err);
		break;
	case SP_ERR_CLOSED: /* it said bye */
		mesh_peer_drop(m, slot, -1, SP_OK);
		break;
	case SP_ERR_CRYPTO:
		if (!m->peers[slot]->outgoing && !m->peers[slot]->established) {
			/* it does not know the channel: learns nothing */
			m->peers[slot]->deaf = true;
			break;
		}
		mesh_peer_drop(m, slot, -1, err);
		break;
	case SP_ERR_NOMEM:
		mesh_peer_drop(m, slot, -1, err);
		break;
	default:
		mesh_peer_drop(m, slot, PW_BYE_PROTOCOL, err);
		break;
	}
	return err == SP_ERR_CLOSED ? 0 : err;
}

int
mesh_peer_recv(struct mesh *m, uint32_t conn, const uint8_t *p, size_t len,
    sp_time now)
{
	int slot = mesh_peer_slot(m, conn), rv;
	struct peer *peer;
	struct sp_rd frame;
	size_t used;

	m->now = now;
	if (slot < 0)
		return SP_ERR_NOTFOUND;
	peer = m->peers[slot];
	peer->recv_at = now;
	m->st.wire_in_bytes += len;
	ratelim_charge(&m->up_limit, wirecost_acks(len), now);
	while (!peer->closing && !peer->deaf) {
		rv = secure_input(peer->link, p, len, &used, &peer->hs, &frame);
		if (peer->hs.len > 0)
			m->talk |= MESH_BIT(peer->slot);
		if (rv == SECURE_MORE)
			return 0;
		if (rv == SECURE_ESTABLISHED)
			rv = established(m, (unsigned)slot);
		else if (rv == SECURE_FRAME)
			rv = mesh_frame(m, (unsigned)slot, &frame);
		if (peer->closing)
			return rv == SP_ERR_NOMEM ? rv : 0;
		if (rv < 0)
			return punish(m, (unsigned)slot, rv);
		p += used;
		len -= used;
	}
	return 0;
}
