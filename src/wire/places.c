#include "wire/places.h"

#include "wire/compact.h"

static_assert(PLACES_STRIPES * PLACES_EACH == LIM_PLACES,
    "what one frame may name");

/* ---- writing ------------------------------------------------------------- */

struct named {
	const struct places_peer *v[LIM_PLACES];
	size_t n;
};

static uint8_t
name(struct named *to, const struct places_peer *p)
{
	size_t i;

	for (i = 0; i < to->n; i++)
		if (memcmp(to->v[i]->peer_id, p->peer_id, LINK_PEERID_LEN) ==
			0 &&
		    addr_eq(&to->v[i]->addr, &p->addr))
			return (uint8_t)i;
	to->v[to->n++] = p;
	return (uint8_t)i;
}

void
places_put(struct sp_buf *b, const struct places *p, uint16_t told)
{
	struct named named = { .n = 0 };
	const struct place *st;
	unsigned s, i;

	for (s = 0; s < PLACES_STRIPES; s++)
		for (i = 0; (told >> s & 1) && i < p->stripes[s].n; i++)
			name(&named, &p->stripes[s].v[i]);
	buf_put_u8(b, p->track);
	buf_put_u16(b, p->inner);
	buf_put_u16(b, told);
	buf_put_u8(b, (uint8_t)named.n);
	for (i = 0; i < named.n; i++) {
		buf_put(b, named.v[i]->peer_id, LINK_PEERID_LEN);
		buf_put_u8(b, named.v[i]->addr.family);
		compact_put(b, &named.v[i]->addr);
	}
	for (s = 0; s < PLACES_STRIPES; s++) {
		if (!(told >> s & 1))
			continue;
		st = &p->stripes[s];
		buf_put_u8(b, st->n);
		for (i = 0; i < st->n; i++)
			buf_put_u8(b, name(&named, &st->v[i]));
	}
}

/* ---- reading ------------------------------------------------------------- */

static int
get_peer(struct sp_rd *rd, struct places_peer *out)
{
	int rv;

	memset(out, 0, sizeof(*out));
	buf_get_copy(rd, out->peer_id, LINK_PEERID_LEN);
	if ((rv = compact_get_any(rd, &out->addr)) < 0)
		return rv;
	return out->addr.family == 0 ? SP_ERR_SYNTAX : 0;
}

struct reading {
	struct places_peer peers[LIM_PLACES];
	size_t n, seen;
};

static int
get_place(struct sp_rd *rd, struct reading *r, struct place *out)
{
	unsigned i, k;

	memset(out, 0, sizeof(*out));
	out->n = buf_get_u8(rd);
	if (out->n > PLACES_EACH)
		return SP_ERR_TOOBIG;
	for (i = 0; i < out->n; i++) {
		k = buf_get_u8(rd);
		if (rd->bad)
			return SP_ERR_SHORT;
		if (k >= r->n)
			return SP_ERR_RANGE;
		if (k > r->seen)
			return SP_ERR_CANON;
		r->seen += k == r->seen;
		out->v[i] = r->peers[k];
	}
	return 0;
}

int
places_take(struct places *p, uint16_t *told, const uint8_t *body, size_t len)
{
	struct sp_rd rd = buf_rd(body, len);
	struct reading r = { .n = 0 };
	struct places out = *p;
	unsigned s;
	size_t i;
	int rv;

	out.track = buf_get_u8(&rd);
	if (out.track != p->track)
		memset(out.stripes, 0, sizeof(out.stripes));
	out.inner = buf_get_u16(&rd);
	*told = buf_get_u16(&rd);
	r.n = buf_get_u8(&rd);
	if (rd.bad)
		return SP_ERR_SHORT;
	if (out.track >= LIM_TRACKS || r.n > LIM_PLACES)
		return SP_ERR_TOOBIG;
	for (i = 0; i < r.n; i++)
		if ((rv = get_peer(&rd, &r.peers[i])) < 0)
			return rv;
	for (s = 0; s < PLACES_STRIPES; s++)
		if ((*told >> s & 1) &&
		    (rv = get_place(&rd, &r, &out.stripes[s])) < 0)
			return rv;
	if ((rv = buf_get_end(&rd)) < 0)
		return rv;
	if (r.seen != r.n)
		return SP_ERR_CANON;
	*p = out;
	return 0;
}
