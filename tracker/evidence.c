#include "tracker/evidence.h"

struct evidence_pair {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t frame;
	uint32_t a_len, b_len;
	uint8_t p[]; /* a, then b */
};

void
evidence_init(struct evidence *e, const struct sp_mem *mem)
{
	memset(e, 0, sizeof(*e));
	e->mem = mem;
}

void
evidence_fini(struct evidence *e)
{
	for (size_t i = 0; i < e->n; i++)
		mem_free(e->mem, e->v[i]);
	e->n = 0;
}

static void
drop(struct evidence *e, size_t i)
{
	mem_free(e->mem, e->v[i]);
	e->n--;
	memmove(&e->v[i], &e->v[i + 1], (e->n - i) * sizeof(e->v[0]));
}

static void
make_room(struct evidence *e, const uint8_t info_hash[LINK_INFOHASH_LEN])
{
	size_t own = 0, first = 0;

	for (size_t i = e->n; i-- > 0;) {
		if (memcmp(e->v[i]->info_hash, info_hash, LINK_INFOHASH_LEN))
			continue;
		first = i;
		own++;
	}
	if (own == EVIDENCE_CHANNEL)
		drop(e, first);
	else if (e->n == LIVE_EVIDENCE)
		drop(e, 0);
}

static bool
is_kept(const struct evidence *e, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	const struct evidence_pair *p;

	for (size_t i = 0; i < e->n; i++) {
		p = e->v[i];
		if (memcmp(p->info_hash, info_hash, LINK_INFOHASH_LEN) == 0 &&
		    p->a_len == a_len && p->b_len == b_len &&
		    memcmp(p->p, a, a_len) == 0 &&
		    memcmp(p->p + a_len, b, b_len) == 0)
			return true;
	}
	return false;
}

void
evidence_keep(struct evidence *e, const uint8_t info_hash[LINK_INFOHASH_LEN],
    uint8_t frame, const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len)
{
	struct evidence_pair *p;

	if (is_kept(e, info_hash, a, a_len, b, b_len))
		return;
	p = mem_alloc(e->mem, sizeof(*p) + a_len + b_len);
	if (p == NULL)
		return;
	memcpy(p->info_hash, info_hash, LINK_INFOHASH_LEN);
	p->frame = frame;
	p->a_len = (uint32_t)a_len;
	p->b_len = (uint32_t)b_len;
	memcpy(p->p, a, a_len);
	memcpy(p->p + a_len, b, b_len);
	make_room(e, info_hash);
	e->v[e->n++] = p;
}

int
evidence_get(const struct evidence *e, size_t i, struct live_evidence *out)
{
	const struct evidence_pair *p;

	if (i >= e->n)
		return SP_ERR_NOTFOUND;
	p = e->v[i];
	memcpy(out->info_hash, p->info_hash, LINK_INFOHASH_LEN);
	out->frame = p->frame;
	out->a = p->p;
	out->a_len = p->a_len;
	out->b = p->p + p->a_len;
	out->b_len = p->b_len;
	return 0;
}
