#include "swarm/duty.h"

unsigned
duty_stripes(uint32_t blocks)
{
	return SP_MIN(blocks, (uint32_t)DUTY_STRIPES);
}

uint32_t
duty_first(uint32_t blocks, unsigned k, unsigned s)
{
	return (uint32_t)((uint64_t)blocks * s / k);
}

unsigned
duty_stripe(uint32_t blocks, unsigned k, uint32_t index)
{
	/* The largest s with blocks * s / k <= index. */
	return (unsigned)((((uint64_t)index + 1) * k - 1) / blocks);
}

bool
duty_draw(struct duty *out, const struct roster *r, sp_time at,
    const uint8_t id[LINK_PEERID_LEN], uint8_t track, unsigned k, sp_time now)
{
	size_t rank;
	int i;

	memset(out, 0, sizeof(*out));
	if (r == NULL || now - at > DUTY_AGE)
		return false;
	i = roster_find(r, id);
	if (i < 0)
		return false;
	for (unsigned s = 0; s < k; s++) {
		rank = roster_rank_of(r, (size_t)i, track, s, DUTY_RANKS);
		if (rank < DUTY_RANKS)
			out->rank[rank] |= (uint16_t)(1u << s);
	}
	return true;
}

sp_time
duty_backup_delay(unsigned rank, sp_time q95_arrival, sp_time ttfb_q95,
    sp_time block_time)
{
	sp_time t = q95_arrival, step = tstamp_add(ttfb_q95, block_time);

	if (rank == 0)
		return 0;
	while (rank-- > 0)
		t = tstamp_add(t, step);
	return t;
}
