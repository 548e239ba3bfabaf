#include "swarm/picker.h"

#define CLASS_B   (UINT64_C(1) << 63)
#define SLACK_TAU (1400 * SP_MS)
#define SAMPLES   3

uint32_t
picker_exp2_neg(uint64_t x)
{
	static const uint32_t frac[16] = { 65536, 62757, 60097, 57548, 55109,
		52772, 50535, 48393, 46341, 44376, 42495, 40693, 38968, 37316,
		35734, 34219 };

	return x / 16 > 31 ? 0 : frac[x % 16] >> (x / 16);
}

static uint64_t
block_key(const struct picker_conf *conf, const struct picker_block *b,
    struct sp_rng *rng)
{
	uint64_t holders = (uint64_t)__builtin_popcountll(b->holders);
	sp_time slack = SP_MAX(b->slack, 0);
	uint64_t value, random = rng_u64(rng) & 0xffff;

	/* of exponential waits with these rates the least */
	if (conf->one_over_x)
		return (uint64_t)SP_MIN(slack / SP_MS + 1, UINT16_MAX) *
		       (uint64_t)rng_log2_inv(rng);
	if (b->slack < 2 * conf->fetch_q95)
		return (uint64_t)SP_MIN(slack / SP_MS, INT32_MAX) << 32 |
		       holders << 16 | random;
	value = picker_exp2_neg(8 * holders);
	value += picker_exp2_neg((uint64_t)(slack / (SLACK_TAU / 16))) / 2;
	return CLASS_B | (131072 - value) << 16 | random;
}

/* Heap of blocks with the least key on top: only what is used is sorted. */
static void
sift(struct picker_block *v, size_t n, size_t i)
{
	struct picker_block tmp;
	size_t k;

	for (; (k = 2 * i + 1) < n; i = k) {
		if (k + 1 < n && v[k + 1].key < v[k].key)
			k++;
		if (v[i].key <= v[k].key)
			return;
		tmp = v[i];
		v[i] = v[k];
		v[k] = tmp;
	}
}

/* Nanoseconds until a further block would be here. */
static sp_time
cost(const struct picker_peer *p, uint32_t len)
{
	uint64_t rate = SP_MAX(p->rate_bps, 1);
	uint64_t bytes = (uint64_t)p->inflight_bytes + len;

	return p->srtt + (sp_time)(bytes * 1000000 / rate) * 1000;
}

/* The |k|-th set bit. */
static uint32_t
nth_bit(uint64_t set, uint32_t k)
{
	for (; k > 0; k--)
		set &= set - 1;
	return (uint32_t)__builtin_ctzll(set);
}

static int
provider(const struct picker_block *b, const struct picker_peer *peers,
    uint64_t open, struct sp_rng *rng, sp_time *best_cost)
{
	uint64_t set = b->holders & open;
	int best = -1;
	uint32_t i, s;
	sp_time c;

	for (i = 0; i < SAMPLES && set != 0; i++) {
		s = nth_bit(set, (uint32_t)rng_below(rng,
				     (uint64_t)__builtin_popcountll(set)));
		set &= ~(UINT64_C(1) << s);
		c = cost(&peers[s], b->len);
		if (best < 0 || c < *best_cost) {
			best = (int)s;
			*best_cost = c;
		}
	}
	return best;
}

static uint64_t
open_slots(const struct picker_peer *peers)
{
	uint64_t open = 0;
	uint32_t i;

	for (i = 0; i < PICKER_PEERS; i++)
		if (peers[i].room > 0)
			open |= UINT64_C(1) << i;
	return open;
}

size_t
picker_pick(const struct picker_conf *conf, struct picker_block *blocks,
    size_t n, struct picker_peer *peers, struct sp_rng *rng,
    struct picker_choice *out)
{
	uint64_t open = open_slots(peers);
	size_t i, n_out = 0;
	uint32_t hedges = 0;
	struct picker_block b;
	sp_time c = 0;
	int s;

	for (i = 0; i < n; i++)
		blocks[i].key = block_key(conf, &blocks[i], rng);
	for (i = n / 2; i-- > 0;)
		sift(blocks, n, i);
	while (n > 0 && open != 0 && n_out < conf->budget) {
		b = blocks[0];
		blocks[0] = blocks[--n];
		blocks[n] = b;
		sift(blocks, n, 0);
		if (b.hedge && hedges >= conf->hedges)
			continue;
		s = provider(&b, peers, open, rng, &c);
		if (s < 0 || ((b.key & CLASS_B) && c > b.slack / 2))
			continue;
		out[n_out++] =
		    (struct picker_choice){ b.ref, (uint32_t)s, b.hedge };
		hedges += b.hedge;
		peers[s].inflight++;
		peers[s].inflight_bytes += b.len;
		if (--peers[s].room == 0)
			open &= ~(UINT64_C(1) << s);
	}
	return n_out;
}
