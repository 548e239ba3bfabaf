#include "tracker/peertab.h"

/*
 * What peers are called. An IPv4 address stands in the peer, and of peer-ids
 * such as our viewers have (link_peerid) what is not the same in all. The rest
 * is kept beside: few have it.
 */

/* ---- places -------------------------------------------------------------- */

int
peertab_side_room(const struct sp_mem *mem, struct peertab_side *s)
{
	uint32_t cap = s->cap + SP_MAX(s->cap / 4, 4u);
	void *v;

	if (s->free != PEERTAB_NONE || s->len < s->cap)
		return 0;
	v = mem_resize(mem, s->v, cap, s->size);
	if (v == NULL)
		return SP_ERR_NOMEM;
	s->v = v;
	s->cap = cap;
	return 0;
}

static uint8_t *
at(const struct peertab_side *s, uint32_t i)
{
	return s->v + (size_t)i * s->size;
}

uint32_t
peertab_side_put(struct peertab_side *s, const uint8_t *p)
{
	uint32_t i = s->free;

	if (i == PEERTAB_NONE)
		i = s->len++;
	else
		memcpy(&s->free, at(s, i), sizeof(s->free));
	memcpy(at(s, i), p, s->size);
	return i;
}

void
peertab_side_drop(struct peertab_side *s, uint32_t i)
{
	memcpy(at(s, i), &s->free, sizeof(s->free));
	s->free = i;
}

/* ---- addresses ----------------------------------------------------------- */

struct sp_addr
peertab_addr(const struct peertab *t, uint32_t peer)
{
	const struct peertab_peer *p = &t->peers[peer];

	return addr_make(p->class & PEERTAB_V6 ? 6 : 4, peertab_ip(t, peer),
	    p->port);
}

/* ---- peer-ids ------------------------------------------------------------ */

#define HEAD     "-SP0100-" /* of a viewer's */
#define HEAD_LEN (LINK_PEERID_LEN - PEERTAB_ID_LEN)

static_assert(sizeof(HEAD) == HEAD_LEN + 1, "the rest is kept");

static bool
is_other(const uint8_t *peer_id)
{
	return memcmp(peer_id, HEAD, HEAD_LEN) != 0;
}

static void
id_put(struct peertab *t, uint32_t peer, const uint8_t *peer_id)
{
	struct peertab_peer *p = &t->peers[peer];
	uint32_t i;

	t->more[peer].other_id = is_other(peer_id);
	if (t->more[peer].other_id) {
		i = peertab_side_put(&t->ids, peer_id);
		memcpy(p->id, &i, sizeof(i));
	} else {
		memcpy(p->id, peer_id + HEAD_LEN, PEERTAB_ID_LEN);
	}
}

static uint32_t
other_of(const struct peertab_peer *p)
{
	uint32_t i;

	memcpy(&i, p->id, sizeof(i));
	return i;
}

static void
id_drop(struct peertab *t, uint32_t peer)
{
	if (t->more[peer].other_id)
		peertab_side_drop(&t->ids, other_of(&t->peers[peer]));
}

void
peertab_id(const struct peertab *t, uint32_t peer, uint8_t out[LINK_PEERID_LEN])
{
	const struct peertab_peer *p = &t->peers[peer];

	if (t->more[peer].other_id) {
		memcpy(out, at(&t->ids, other_of(p)), LINK_PEERID_LEN);
	} else {
		memcpy(out, HEAD, HEAD_LEN);
		memcpy(out + HEAD_LEN, p->id, PEERTAB_ID_LEN);
	}
}

bool
peertab_has_id(const struct peertab *t, uint32_t peer,
    const uint8_t peer_id[LINK_PEERID_LEN])
{
	uint8_t id[LINK_PEERID_LEN];

	peertab_id(t, peer, id);
	return memcmp(id, peer_id, sizeof(id)) == 0;
}

int
peertab_set_id(struct peertab *t, uint32_t peer,
    const uint8_t peer_id[LINK_PEERID_LEN])
{
	int r = 0;

	if (is_other(peer_id))
		r = peertab_side_room(t->mem, &t->ids);
	if (r < 0)
		return r;
	peertab_leave(t, peer);
	id_drop(t, peer);
	id_put(t, peer, peer_id);
	return 0;
}

/* ---- both ---------------------------------------------------------------- */

int
peertab_name_room(struct peertab *t, const struct sp_addr *addr,
    const uint8_t *peer_id)
{
	int r = 0;

	if (addr->family == 6)
		r = peertab_side_room(t->mem, &t->ip6);
	if (r == 0 && is_other(peer_id))
		r = peertab_side_room(t->mem, &t->ids);
	return r;
}

void
peertab_name_set(struct peertab *t, uint32_t peer, const struct sp_addr *addr,
    const uint8_t *peer_id)
{
	struct peertab_peer *p = &t->peers[peer];

	if (addr->family == 6)
		p->ip = peertab_side_put(&t->ip6, addr->ip);
	else
		memcpy(&p->ip, addr->ip, sizeof(p->ip));
	p->port = addr->port;
	id_put(t, peer, peer_id);
}

void
peertab_name_drop(struct peertab *t, uint32_t peer)
{
	const struct peertab_peer *p = &t->peers[peer];

	if (p->class & PEERTAB_V6)
		peertab_side_drop(&t->ip6, p->ip);
	id_drop(t, peer);
}
