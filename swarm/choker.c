#include "swarm/choker.h"

#define SLOT_BPS 32768

void
choker_init(struct choker *c)
{
	c->lucky = UINT32_MAX;
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

/* Somebody beyond the regular slots gets the rotating one. */
static void
rotate(struct choker *c, struct choker_peer *v, size_t from, size_t n,
    struct sp_rng *rng, sp_time now)
{
	size_t i;

	for (i = from; i < n; i++)
		if (v[i].slot == c->lucky && now < c->rotate_at)
			break;
	if (i == n) {
		i = from + (size_t)rng_below(rng, n - from);
		c->rotate_at = now + CHOKER_ROTATE;
	}
	c->lucky = v[i].slot;
	v[i].unchoked = true;
}

void
choker_run(struct choker *c, struct choker_peer *v, size_t n, uint32_t slots,
    struct sp_rng *rng, sp_time now)
{
	size_t i, wanting, regular;

	order(v, n);
	for (wanting = 0; wanting < n && v[wanting].interested; wanting++)
		;
	regular = wanting <= slots ? wanting : slots - (slots > 0);
	for (i = 0; i < n; i++)
		v[i].unchoked = i < regular;
	if (wanting > regular && slots > 0)
		rotate(c, v, regular, wanting, rng, now);
}
