#include "wire/roster.h"

#include "base/map.h"
#include "base/rng.h"
#include "wire/compact.h"

/* ---- ranks --------------------------------------------------------------- */

/* "spate duty ranks", read as SipHash reads its key: little endian */
#define KEY0 UINT64_C(0x7564206574617073)
#define KEY1 UINT64_C(0x736b6e6172207974)

#define NAME_LEN (LINK_PEERID_LEN + 4 + 1 + 4)

/* What is hashed; the peer-id is filled in for each member. */
static void
name_make(uint8_t name[NAME_LEN], uint32_t epoch, uint8_t track,
    uint32_t stripe)
{
	uint8_t *p = name + LINK_PEERID_LEN;

	for (int i = 0; i < 4; i++) {
		p[i] = (uint8_t)(epoch >> (24 - 8 * i));
		p[5 + i] = (uint8_t)(stripe >> (24 - 8 * i));
	}
	p[4] = track;
}

static uint64_t
draw(uint8_t name[NAME_LEN], const struct roster_entry *e)
{
	memcpy(name, e->peer_id, LINK_PEERID_LEN);
	return map_siphash(KEY0, KEY1, name, NAME_LEN);
}

/*
 * -log2 of the draw over the weight is the inverse of the score: the least is
 * first. Fractions are compared by multiplying crosswise: 23 and 32 bits.
 */
static bool
is_less(uint32_t inv, uint32_t weight, uint32_t inv2, uint32_t weight2)
{
	return (uint64_t)inv * weight2 < (uint64_t)inv2 * weight;
}

size_t
roster_rank(const struct roster *r, uint8_t track, uint32_t stripe,
    uint8_t *out, size_t max)
{
	const struct roster_entry *e = r->entries;
	uint32_t inv[LIM_ROSTER];
	uint8_t name[NAME_LEN];
	size_t n = 0, at;

	name_make(name, r->epoch, track, stripe);
	for (size_t i = 0; i < r->n && max > 0; i++) {
		inv[i] = rng_log2_inv_of(draw(name, &e[i]));
		for (at = n; at > 0; at--)
			if (!is_less(inv[i], e[i].weight, inv[out[at - 1]],
				e[out[at - 1]].weight))
				break;
		if (at == max)
			continue;
		n = SP_MIN(n + 1, max);
		memmove(&out[at + 1], &out[at], n - 1 - at);
		out[at] = (uint8_t)i;
	}
	return n;
}

size_t
roster_rank_of(const struct roster *r, size_t index, uint8_t track,
    uint32_t stripe, size_t max)
{
	const struct roster_entry *own = &r->entries[index], *e = r->entries;
	uint32_t inv, least, weight = own->weight;
	uint8_t name[NAME_LEN];
	size_t rank = 0;
	uint64_t u;

	name_make(name, r->epoch, track, stripe);
	inv = rng_log2_inv_of(draw(name, own));
	for (size_t i = 0; i < r->n && rank < max; i++) {
		if (i == index)
			continue;
		u = draw(name, &e[i]);
		/* Most are behind by their leading zeros alone. */
		least = u == 0 ? 64u << 16 : (uint32_t)__builtin_clzll(u) << 16;
		if (is_less(inv, weight, least, e[i].weight))
			continue;
		least = rng_log2_inv_of(u);
		rank += i < index ? !is_less(inv, weight, least, e[i].weight)
				  : is_less(least, e[i].weight, inv, weight);
	}
	return rank;
}

/* ---- members ------------------------------------------------------------- */

static int
compare(const uint8_t a[LINK_PEERID_LEN], const uint8_t b[LINK_PEERID_LEN])
{
	return memcmp(a, b, LINK_PEERID_LEN);
}

int
roster_find(const struct roster *r, const uint8_t peer_id[LINK_PEERID_LEN])
{
	size_t lo = 0, hi = r->n, mid;
	int c;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		c = compare(r->entries[mid].peer_id, peer_id);
		if (c == 0)
			return (int)mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

/* ---- writing ------------------------------------------------------------- */

static void
put_head(struct sp_buf *b, const struct roster *r, uint64_t since, size_t gone,
    size_t n)
{
	buf_put_u64(b, r->version);
	buf_put_u64(b, since);
	buf_put_u32(b, r->epoch);
	buf_put_u16(b, (uint16_t)r->epoch_s);
	buf_put_u8(b, (uint8_t)gone);
	buf_put_u8(b, (uint8_t)n);
}

static void
put_entry(struct sp_buf *b, const struct roster_entry *e)
{
	buf_put(b, e->peer_id, LINK_PEERID_LEN);
	buf_put_u32(b, e->weight);
	buf_put_u8(b, e->addr.family);
	if (e->addr.family != 0)
		compact_put(b, &e->addr);
}

void
roster_put_full(struct sp_buf *b, const struct roster *r)
{
	put_head(b, r, 0, 0, r->n);
	for (size_t i = 0; i < r->n; i++)
		put_entry(b, &r->entries[i]);
}

static bool
is_changed(const struct roster *from, const struct roster_entry *e)
{
	int i = roster_find(from, e->peer_id);
	const struct roster_entry *old;

	if (i < 0)
		return true;
	old = &from->entries[i];
	return old->weight != e->weight || !addr_eq(&old->addr, &e->addr);
}

void
roster_put_delta(struct sp_buf *b, const struct roster *from,
    const struct roster *to)
{
	size_t gone = 0, n = 0, i;

	for (i = 0; i < from->n; i++)
		gone += roster_find(to, from->entries[i].peer_id) < 0;
	for (i = 0; i < to->n; i++)
		n += is_changed(from, &to->entries[i]);
	put_head(b, to, from->version, gone, n);
	for (i = 0; i < from->n; i++)
		if (roster_find(to, from->entries[i].peer_id) < 0)
			buf_put(b, from->entries[i].peer_id, LINK_PEERID_LEN);
	for (i = 0; i < to->n; i++)
		if (is_changed(from, &to->entries[i]))
			put_entry(b, &to->entries[i]);
}

/* ---- reading ------------------------------------------------------------- */

static int
get_entry(struct sp_rd *rd, struct roster_entry *out)
{
	int rv;

	memset(out, 0, sizeof(*out));
	buf_get_copy(rd, out->peer_id, LINK_PEERID_LEN);
	out->weight = buf_get_u32(rd);
	if ((rv = compact_get_any(rd, &out->addr)) < 0)
		return rv;
	return out->weight == 0 ? SP_ERR_RANGE : 0;
}

/* Where the merge of old members, those gone and new entries stands. */
struct merge {
	const struct roster *old;
	size_t at; /* in old */
	struct roster *out;
	const uint8_t *gone, *gone_end;
};

static int
keep(struct merge *m, const struct roster_entry *e)
{
	if (m->out->n == LIM_ROSTER)
		return SP_ERR_TOOBIG;
	m->out->entries[m->out->n++] = *e;
	return 0;
}

/* Copies old members before |id| (NULL: all) that are not gone. */
static int
merge_old(struct merge *m, const uint8_t *id)
{
	const struct roster_entry *e;
	int c, r;

	for (; m->at < m->old->n; m->at++) {
		e = &m->old->entries[m->at];
		if (id != NULL && compare(e->peer_id, id) >= 0)
			return 0;
		c = m->gone == m->gone_end ? -1 : compare(e->peer_id, m->gone);
		if (c > 0)
			return SP_ERR_NOTFOUND;
		if (c == 0)
			m->gone += LINK_PEERID_LEN;
		else if ((r = keep(m, e)) < 0)
			return r;
	}
	return 0;
}

static int
merge_entry(struct merge *m, const struct roster_entry *e)
{
	const struct roster *out = m->out;
	int r = merge_old(m, e->peer_id);

	if (r < 0)
		return r;
	/* Whatever came last, the new one must be behind it. */
	if (out->n > 0 &&
	    compare(out->entries[out->n - 1].peer_id, e->peer_id) >= 0)
		return SP_ERR_CANON;
	if (m->gone != m->gone_end && compare(m->gone, e->peer_id) <= 0)
		return SP_ERR_NOTFOUND;
	if (m->at < m->old->n &&
	    compare(m->old->entries[m->at].peer_id, e->peer_id) == 0)
		m->at++;
	return keep(m, e);
}

static int
merge_all(struct merge *m, struct sp_rd *rd, size_t n)
{
	struct roster_entry e;
	int r;

	for (size_t i = 0; i < n; i++) {
		r = get_entry(rd, &e);
		if (r == 0)
			r = merge_entry(m, &e);
		if (r < 0)
			return r;
	}
	r = merge_old(m, NULL);
	if (r == 0 && m->gone != m->gone_end)
		r = SP_ERR_NOTFOUND;
	return r < 0 ? r : buf_get_end(rd);
}

static bool
is_growing(const uint8_t *ids, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (compare(ids + (i - 1) * LINK_PEERID_LEN,
			ids + i * LINK_PEERID_LEN) >= 0)
			return false;
	return true;
}

int
roster_take(struct roster *r, const uint8_t *p, size_t len)
{
	struct sp_rd rd = buf_rd(p, len);
	struct merge m = { .old = r };
	struct roster out;
	uint64_t since;
	size_t gone, n;
	int rv;

	out.version = buf_get_u64(&rd);
	since = buf_get_u64(&rd);
	out.epoch = buf_get_u32(&rd);
	out.epoch_s = buf_get_u16(&rd);
	out.n = 0;
	gone = buf_get_u8(&rd);
	n = buf_get_u8(&rd);
	m.gone = buf_get_span(&rd, gone * LINK_PEERID_LEN);
	if (rd.bad)
		return SP_ERR_SHORT;
	if (out.epoch_s == 0)
		return SP_ERR_RANGE;
	if (out.version <= since || !is_growing(m.gone, gone))
		return SP_ERR_CANON;
	if (since != 0 && since != r->version)
		return SP_ERR_STALE;
	if (since == 0)
		m.at = r->n; /* nothing of the old one stays */
	m.out = &out;
	m.gone_end = m.gone + gone * LINK_PEERID_LEN;
	rv = merge_all(&m, &rd, n);
	if (rv < 0)
		return rv;
	memcpy(r, &out, offsetof(struct roster, entries));
	memcpy(r->entries, out.entries, out.n * sizeof(out.entries[0]));
	return 0;
}
