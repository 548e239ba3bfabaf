#include "tracker/pool.h"

/*
 * The ring without the asker has |n| places. Place v of the ring cut at |start|
 * is place (v + start) mod n, and the asker, who stands at |skip|, is jumped
 * over. Which place of a part is taken needs no good numbers: that everybody is
 * as likely follows from |start|, which is drawn apart from them.
 */
struct ring {
	const struct pool_span *v;
	uint32_t n, start, skip;
};

static uint32_t
span_len(const struct pool_span *s)
{
	return s->p->len - s->from;
}

/* |i| of all spans. */
static const uint8_t *
entry(const struct pool_span *v, uint32_t i, size_t size)
{
	for (; i >= span_len(v); v++)
		i -= span_len(v);
	return v->p->bytes + (size_t)(v->from + i) * size;
}

/*
 * With literal |size| of an entry and |bytes| of it that are told, and |first|,
 * the only span's first entry; NULL: there are several.
 */
static inline void
write_all(const struct ring *r, const uint8_t *first, uint8_t *out, size_t size,
    size_t bytes)
{
	for (uint32_t i = 0; i < r->n + (r->skip != POOL_NONE); i++) {
		if (i == r->skip)
			continue;
		memcpy(out,
		    first != NULL ? first + i * size : entry(r->v, i, size),
		    bytes);
		out += bytes;
	}
}

static inline void
write_some(const struct ring *r, const uint8_t *first, uint64_t x, uint8_t *out,
    uint32_t want, size_t size, size_t bytes)
{
	/* Copies: what is written to |out| might be |r|, for all one knows. */
	const uint32_t n = r->n, start = r->start, skip = r->skip;
	uint64_t part = ((uint64_t)n << 32) / want, end = 0;
	uint32_t lo, hi = 0;

	for (uint32_t i = 0; i < want; i++, out += bytes) {
		lo = hi;
		end += part;
		hi = (uint32_t)(end >> 32);
		x = x * UINT64_C(6364136223846793005) + 1;
		lo += (uint32_t)((x >> 32) * (hi - lo) >> 32);
		lo += start;
		lo -= lo >= n ? n : 0;
		lo += lo >= skip;
		memcpy(out,
		    first != NULL ? first + lo * size : entry(r->v, lo, size),
		    bytes);
	}
}

static inline void
write_peers(const struct ring *r, const uint8_t *first, uint64_t x,
    uint8_t *out, uint32_t want, size_t size, size_t bytes)
{
	if (want == r->n)
		write_all(r, first, out, size, bytes);
	else
		write_some(r, first, x, out, want, size, bytes);
}

size_t
pool_sample(const struct pool_span *v, size_t n, size_t self_span,
    uint32_t self, struct sp_rng *rng, uint8_t *out, size_t want)
{
	bool v6 = (v->p->class & POOL_V6) != 0;
	struct ring r = { v, 0, 0, POOL_NONE };
	const uint8_t *first = NULL;
	uint64_t x;

	for (size_t i = 0; i < n; i++) {
		if (i == self_span && self != POOL_NONE && self >= v[i].from)
			r.skip = r.n + self - v[i].from;
		r.n += span_len(&v[i]);
	}
	r.n -= r.skip != POOL_NONE;
	want = SP_MIN(want, (size_t)r.n);
	if (want == 0)
		return 0;
	/* 2^32 is so much more than n that this is fair enough. */
	r.start = (uint32_t)((rng_u64(rng) >> 32) * r.n >> 32);
	x = rng_u64(rng);
	if (n == 1)
		first = entry(v, 0, v6 ? POOL_V6_ENTRY : POOL_V4_ENTRY);
	if (v6)
		write_peers(&r, first, x, out, (uint32_t)want, POOL_V6_ENTRY,
		    POOL_V6_BYTES);
	else if (first != NULL)
		write_peers(&r, first, x, out, (uint32_t)want, POOL_V4_ENTRY,
		    POOL_V4_BYTES);
	else
		write_peers(&r, NULL, x, out, (uint32_t)want, POOL_V4_ENTRY,
		    POOL_V4_BYTES);
	return want;
}
