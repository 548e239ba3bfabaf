#include "swarm/choker.h"

#define SLOT_BPS 32768

void
choker_init(struct choker *c)
{
	c->turn = 0;
	c->rotate_at = 0;
}

uint32_t
choker_slots(uint64_t up_bps)
{
	if (up_bps == 0)
		return 64;
	return (uint32_t)SP_CLAMP(up_bps / SLOT_BPS, 4, 64);
}

static bool
before(const struct choker_peer *a, const struct choker_peer *b)
{
	if (a->interested != b->interested)
		return a->interested;
	if (a->given_bps != b->given_bps)
		return a->given_bps > b->given_bps;
	if (a->unchoked != b->unchoked)
		return a->unchoked;
	return a->slot < b->slot;
}

/* Insertion sort: there are at most 64. */
static void
order(struct choker_peer *v, size_t n)
{
	struct choker_peer tmp;
	size_t i, k;

	for (i = 1; i < n; i++) {
		tmp = v[i];
		for (k = i; k > 0 && before(&tmp, &v[k - 1]); k--)
			v[k] = v[k - 1];
		v[k] = tmp;
	}
}

/* A place in the queue for the rotating slots, another one in each turn. */
static uint64_t
place(const struct choker *c, uint32_t slot)
{
	uint64_t x = (slot + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ c->turn;

	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

/* |free| of those beyond the regular slots. */
static void
rotate(struct choker *c, struct choker_peer *v, size_t n, size_t free,
    struct sp_rng *rng, sp_time now)
{
	size_t best, i;

	if (now >= c->rotate_at) {
		c->turn = rng_u64(rng);
		c->rotate_at = now + CHOKER_ROTATE;
	}
	for (; free > 0; free--) {
		best = n;
		for (i = 0; i < n; i++)
			if (!v[i].unchoked &&
			    (best == n ||
				place(c, v[i].slot) < place(c, v[best].slot)))
				best = i;
		if (best == n)
			break;
		v[best].unchoked = true;
	}
}

void
choker_rank(struct choker_peer *v, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += SP_MIN(v[i].given_bps, UINT64_MAX / 1024);
	for (size_t i = 0; i < n; i++)
		v[i].lesser = !v[i].is_new && v[i].given_bps < sum / n / 8;
}

void
choker_run(struct choker *c, struct choker_peer *v, size_t n, uint32_t slots,
    struct sp_rng *rng, sp_time now)
{
	size_t i, wanting, regular;

	order(v, n);
	for (wanting = 0; wanting < n && v[wanting].interested; wanting++)
		;
	regular = wanting;
	if (wanting > slots)
		regular = slots - SP_MIN(slots, SP_MAX(slots / 4, 1u));
	for (i = 0; i < n; i++)
		v[i].unchoked = i < regular;
	if (wanting > regular)
		rotate(c, v + regular, wanting - regular, slots - regular, rng,
		    now);
}
