#include "swarm/contacts.h"

#define RETRY_MIN (5 * SP_S)
#define RETRY_MAX (300 * SP_S)
#define FAILS_MAX 6

void
contacts_init(struct contacts *c, const struct sp_mem *mem, bool lan)
{
	memset(c, 0, sizeof(*c));
	c->mem = mem;
	c->lan = lan;
}

void
contacts_fini(struct contacts *c)
{
	mem_free(c->mem, c->v);
	mem_free(c->mem, c->bans);
	memset(c, 0, sizeof(*c));
}

struct contact *
contacts_by_addr(struct contacts *c, const struct sp_addr *addr)
{
	uint32_t i;

	for (i = 0; i < c->n; i++)
		if (addr_eq(&c->v[i].addr, addr))
			return &c->v[i];
	return NULL;
}

struct contact *
contacts_by_dial(struct contacts *c, uint32_t dial)
{
	uint32_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].state == CONTACT_DIALING && c->v[i].dial == dial)
			return &c->v[i];
	return NULL;
}

uint32_t
contacts_dialing(const struct contacts *c)
{
	uint32_t i, n = 0;

	for (i = 0; i < c->n; i++)
		n += c->v[i].state == CONTACT_DIALING;
	return n;
}

/* A slot for one more: a new one, or that of an idle one that failed most. */
static int
make_room(struct contacts *c, struct sp_rng *rng, struct contact **out)
{
	struct contact *v, *worst = NULL;
	uint32_t i, k, cap;

	if (c->n < c->cap) {
		*out = &c->v[c->n++];
		return 0;
	}
	if (c->cap < CONTACTS_MAX) {
		cap = c->cap == 0 ? 16 : c->cap * 2;
		v = mem_resize(c->mem, c->v, cap, sizeof(*v));
		if (v == NULL)
			return SP_ERR_NOMEM;
		c->v = v;
		c->cap = cap;
		*out = &c->v[c->n++];
		return 0;
	}
	k = (uint32_t)rng_below(rng, c->n);
	for (i = 0; i < c->n; i++) {
		v = &c->v[(i + k) % c->n];
		if (v->state == CONTACT_IDLE &&
		    (worst == NULL || v->fails > worst->fails))
			worst = v;
	}
	if (worst == NULL)
		return SP_ERR_FULL;
	*out = worst;
	return 0;
}

int
contacts_add(struct contacts *c, const struct sp_addr *addr,
    const uint8_t *peer_id, struct sp_rng *rng, sp_time now)
{
	if (!c->lan && addr_is_private(addr))
		return SP_ERR_DENIED;
	return contacts_add_near(c, addr, peer_id, rng, now);
}

int
contacts_add_near(struct contacts *c, const struct sp_addr *addr,
    const uint8_t *peer_id, struct sp_rng *rng, sp_time now)
{
	struct contact *ct;
	int rv;

	if (addr_is_bogus(addr) || contacts_is_banned(c, peer_id, addr, now))
		return SP_ERR_DENIED;
	ct = contacts_by_addr(c, addr);
	if (ct != NULL) {
		if (peer_id != NULL && ct->state == CONTACT_IDLE) {
			/* somebody new where a dead one was: try again */
			if (!ct->has_id ||
			    memcmp(ct->peer_id, peer_id, LINK_PEERID_LEN) != 0)
				ct->fails = 0, ct->retry_at = now;
			memcpy(ct->peer_id, peer_id, LINK_PEERID_LEN);
			ct->has_id = true;
		}
		return SP_ERR_EXISTS;
	}
	if ((rv = make_room(c, rng, &ct)) < 0)
		return rv;
	memset(ct, 0, sizeof(*ct));
	ct->addr = *addr;
	ct->retry_at = now;
	if (peer_id != NULL) {
		memcpy(ct->peer_id, peer_id, LINK_PEERID_LEN);
		ct->has_id = true;
	}
	return 0;
}

bool
contacts_may_dial(const struct contacts *c, const struct contact *ct,
    sp_time now)
{
	return ct->state == CONTACT_IDLE && ct->retry_at <= now &&
	       !contacts_is_banned(c, ct->has_id ? ct->peer_id : NULL,
		   &ct->addr, now);
}

struct contact *
contacts_take(struct contacts *c, const struct sp_addr *addr, uint32_t dial,
    sp_time now)
{
	struct contact *ct = contacts_by_addr(c, addr);

	if (ct == NULL || !contacts_may_dial(c, ct, now))
		return NULL;
	ct->state = CONTACT_DIALING;
	ct->dial = dial;
	return ct;
}

void
contacts_release(struct contacts *c, struct contact *ct, bool failed,
    sp_time now)
{
	ct->state = CONTACT_IDLE;
	ct->dial = 0;
	if (!failed) {
		ct->fails = 0;
		ct->retry_at = now + RETRY_MIN;
		return;
	}
	if (++ct->fails >= FAILS_MAX) {
		*ct = c->v[--c->n];
		return;
	}
	ct->retry_at = now + SP_MIN(RETRY_MIN << (ct->fails - 1), RETRY_MAX);
}

void
contacts_ban(struct contacts *c, const uint8_t *peer_id,
    const struct sp_addr *addr, sp_time until)
{
	struct contacts_ban *b;
	uint32_t i, at = 0;

	if (c->bans == NULL) {
		c->bans = mem_zalloc(c->mem, CONTACTS_BANS, sizeof(*c->bans));
		if (c->bans == NULL)
			return; /* the connection is closed all the same */
	}
	for (i = 0; i < c->n_bans; i++)
		if (memcmp(c->bans[i].peer_id, peer_id, LINK_PEERID_LEN) == 0)
			break;
	if (i < c->n_bans) {
		at = i;
	} else if (c->n_bans < CONTACTS_BANS) {
		at = c->n_bans++;
	} else {
		for (i = 1; i < c->n_bans; i++)
			if (c->bans[i].until < c->bans[at].until)
				at = i;
	}
	b = &c->bans[at];
	memset(b, 0, sizeof(*b));
	memcpy(b->peer_id, peer_id, LINK_PEERID_LEN);
	if (!addr_is_private(addr))
		b->addr = *addr;
	b->until = until;
}

bool
contacts_is_banned(const struct contacts *c, const uint8_t *peer_id,
    const struct sp_addr *addr, sp_time now)
{
	const struct contacts_ban *b;
	uint32_t i, crowd = 0;

	for (i = 0; i < c->n_bans; i++) {
		b = &c->bans[i];
		if (b->until <= now)
			continue;
		if (b->addr.family != 0 && addr_ip_eq(&b->addr, addr) &&
		    (++crowd == CONTACTS_CROWD || addr_eq(&b->addr, addr)))
			return true;
		if (peer_id != NULL &&
		    memcmp(b->peer_id, peer_id, LINK_PEERID_LEN) == 0)
			return true;
	}
	return false;
}
