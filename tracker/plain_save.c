/*
 * What a tracker tells its successor of ordinary swarms, and what that one
 * makes of it. Both are of one host and one moment, so times are ticks to go.
 *
 *	text "spate-plain-1"
 *	swarm	info-hash, u32 downloaded, u32 peers, peers
 *	peer	u8 0x80 | 4 or 6, u16 mark, compact IP and port
 *
 * A peer's mark is the one of its entry, with ticks to go; the first byte has
 * the upper bit set for who seeds.
 */

#include "tracker/plain_int.h"

#include "wire/compact.h"

#define SEEDS 0x80

static const char magic[] = "spate-plain-1";

/* ---- saving -------------------------------------------------------------- */

/* Ticks that an entry has still to live; 0: none. */
static uint16_t
left_of(const struct plain *p, uint16_t mark)
{
	int64_t left = plain_mark_tick(p, mark) - p->tick;

	return (uint16_t)SP_CLAMP(left, 0, MARK_TICK);
}

static void
put_pool(const struct plain *p, const struct pool *v, struct sp_buf *b)
{
	struct sp_addr addr;
	uint16_t mark;

	for (uint32_t i = 0; i < v->len; i++) {
		addr = pool_addr(v, i);
		mark = pool_mark(v, i);
		buf_put_u8(b, addr.family | (i < v->seeds ? SEEDS : 0));
		buf_put_u16(b,
		    (mark & (uint16_t)~MARK_TICK) | left_of(p, mark));
		compact_put(b, &addr);
	}
}

size_t
plain_save_len(const struct plain *p)
{
	size_t len = sizeof(magic) - 1;

	len += (size_t)p->n_swarms * (LINK_INFOHASH_LEN + 8);
	for (size_t i = 0; i < POOL_CLASSES; i++)
		len += (p->count[i][0] + p->count[i][1]) *
		       (3 + (i & POOL_V6 ? POOL_V6_BYTES : POOL_V4_BYTES));
	return len;
}

int
plain_save(const struct plain *p, struct sp_buf *b)
{
	const struct swarm *s;

	buf_put(b, magic, sizeof(magic) - 1);
	for (uint32_t i = 0; i < p->swarms_len && b->err == 0; i++) {
		s = plain_swarm(p, i);
		if (s->len == 0)
			continue;
		buf_put(b, s->info_hash, LINK_INFOHASH_LEN);
		buf_put_u32(b, s->downloaded);
		buf_put_u32(b, s->len);
		for (const struct pool *v = s->pools; v != NULL; v = v->next)
			put_pool(p, v, b);
	}
	return b->err;
}

/* ---- loading ------------------------------------------------------------- */

/* One that is read. */
struct saved {
	struct sp_addr addr;
	bool seeds;
	uint16_t mark;
};

static int
get_peer(struct saved *o, struct sp_rd *rd)
{
	uint8_t first = buf_get_u8(rd), family = first & (uint8_t)~SEEDS;

	o->mark = buf_get_u16(rd);
	o->seeds = (first & SEEDS) != 0;
	if ((family != 4 && family != 6) ||
	    !compact_get(rd, family, &o->addr) || addr_is_bogus(&o->addr))
		return SP_ERR_SYNTAX;
	return 0;
}

/* The swarm's number, made if it is not there. 1: none of it is wanted. */
static int
get_swarm(struct plain *p, const uint8_t *info_hash, uint32_t *out)
{
	uint64_t hash = plain_hash(p, info_hash);

	*out = plain_find(p, hash, info_hash);
	if (*out != PLAIN_NONE)
		return plain_swarm(p, *out)->flags & SWARM_LIVE ? 1 : 0;
	if (!plain_permits(p, info_hash))
		return 1;
	if (p->n_swarms >= p->conf.max_swarms)
		return SP_ERR_FULL;
	return plain_swarm_add(p, hash, info_hash, out);
}

/* 1: it is there; 0: it has expired, or may not be. */
static int
take(struct plain *p, uint32_t i, const struct saved *o)
{
	uint32_t left = SP_MIN((uint32_t)(o->mark & MARK_TICK), p->max_ttl);
	struct pool_key k = pool_key(&p->env, &o->addr);
	const struct swarm *s = plain_swarm(p, i);
	struct pool *pool = plain_pool(s, k.class);
	uint32_t ports = 0;
	uint16_t mark;
	int r;

	if (left == 0 || s->len >= p->conf.max_swarm_peers ||
	    !scope_is_stored(p->conf.lan, k.class / POOL_SCOPE))
		return 0;
	if (pool != NULL && pool_find(pool, &k, &ports) != POOL_NONE)
		return 1; /* it has announced itself here */
	if (ports >= p->conf.max_ip_ports)
		return 0;
	if (p->peers >= p->conf.max_peers)
		return SP_ERR_FULL;
	mark = (o->mark & (uint16_t)~MARK_TICK) |
	       (uint16_t)((p->tick + left) & MARK_TICK);
	r = plain_peer_add(p, i, &k, o->seeds, mark);
	return r < 0 ? r : 1;
}

/* Peers that were taken, or an error. */
static int64_t
load_swarm(struct plain *p, struct sp_rd *rd)
{
	const uint8_t *info_hash = buf_get_span(rd, LINK_INFOHASH_LEN);
	uint32_t downloaded = buf_get_u32(rd), n = buf_get_u32(rd), i;
	struct saved o;
	int64_t got = 0;
	int r, wanted;

	if (rd->bad)
		return SP_ERR_SYNTAX;
	wanted = r = get_swarm(p, info_hash, &i);
	for (; n > 0 && r >= 0; n--) {
		r = get_peer(&o, rd);
		if (r == 0 && wanted == 0)
			r = take(p, i, &o);
		got += r > 0 && wanted == 0;
	}
	if (wanted != 0)
		return r < 0 ? r : 0;
	if (plain_swarm(p, i)->len == 0)
		plain_swarm_del(p, i);
	else
		plain_swarm(p, i)->downloaded =
		    SP_MAX(plain_swarm(p, i)->downloaded, downloaded);
	return r < 0 ? r : got;
}

int64_t
plain_load(struct plain *p, const uint8_t *v, size_t len, sp_time now)
{
	struct sp_rd rd = buf_rd(v, len);
	const uint8_t *head = buf_get_span(&rd, sizeof(magic) - 1);
	int64_t n = 0, r;

	if (head == NULL || memcmp(head, magic, sizeof(magic) - 1) != 0)
		return SP_ERR_SYNTAX;
	plain_tick(p, now);
	while (buf_get_left(&rd) > 0) {
		r = load_swarm(p, &rd);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}
