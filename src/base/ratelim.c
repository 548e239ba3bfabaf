#include "base/ratelim.h"

#define NANO 1000000000u

/* Credit at |now|: exact, in 1e-9 bytes. */
static int64_t
credit_at(const struct ratelim *r, sp_time now)
{
	int64_t full = (int64_t)(r->burst * NANO);
	uint64_t room, dt;

	if (now <= r->last || r->rate_bps == 0)
		return r->credit;
	dt = (uint64_t)(now - r->last);
	room = (uint64_t)full - (uint64_t)r->credit;
	/* Before multiplying: dt * rate may not fit 64 bits. */
	if (dt > room / r->rate_bps)
		return full;
	return r->credit + (int64_t)(dt * r->rate_bps);
}

void
ratelim_init(struct ratelim *r, uint64_t rate_bps, uint64_t burst, sp_time now)
{
	r->rate_bps = rate_bps;
	r->burst = SP_MIN(burst, RATELIM_BURST_MAX);
	r->credit = (int64_t)(r->burst * NANO);
	r->last = now;
}

bool
ratelim_take(struct ratelim *r, uint64_t n, sp_time now)
{
	int64_t credit;

	if (r->rate_bps == 0)
		return true;
	if (n > r->burst)
		return false;
	credit = credit_at(r, now);
	if (credit < (int64_t)(n * NANO))
		return false;
	r->credit = credit - (int64_t)(n * NANO);
	r->last = SP_MAX(r->last, now);
	return true;
}

void
ratelim_charge(struct ratelim *r, uint64_t n, sp_time now)
{
	uint64_t most = SP_MIN(r->rate_bps, RATELIM_BURST_MAX);
	int64_t owed = -(int64_t)(most * NANO);
	uint64_t left;

	if (r->rate_bps == 0)
		return;
	r->credit = credit_at(r, now);
	r->last = SP_MAX(r->last, now);
	left = (uint64_t)r->credit - (uint64_t)owed;
	r->credit = n > left / NANO ? owed : r->credit - (int64_t)(n * NANO);
}

sp_time
ratelim_when(const struct ratelim *r, uint64_t n, sp_time now)
{
	int64_t credit, want;
	uint64_t wait;

	if (r->rate_bps == 0)
		return now;
	if (n > r->burst)
		return SP_NEVER;
	credit = credit_at(r, now);
	want = (int64_t)(n * NANO);
	if (credit >= want)
		return now;
	wait = ((uint64_t)want - (uint64_t)credit - 1) / r->rate_bps + 1;
	if (wait > (uint64_t)SP_NEVER)
		return SP_NEVER;
	return tstamp_add(SP_MAX(now, r->last), (sp_time)wait);
}

#define SLOT_NS (375 * SP_MS)
#define SLOTS   8

/* Empties the slots between the newest one and the one of |now|. */
static void
meter_advance(struct ratemeter *r, int64_t slot)
{
	if (slot - r->cur >= SLOTS) {
		memset(r->slot, 0, sizeof(r->slot));
		r->cur = slot;
	}
	while (r->cur < slot)
		r->slot[++r->cur % SLOTS] = 0;
}

void
ratemeter_add(struct ratemeter *r, uint64_t n, sp_time now)
{
	if (!r->started) {
		r->started = true;
		r->since = now;
		r->cur = now / SLOT_NS;
	}
	meter_advance(r, now / SLOT_NS);
	r->slot[r->cur % SLOTS] += n;
	r->total += n;
}

uint64_t
ratemeter_bps(const struct ratemeter *r, sp_time now)
{
	int64_t newest = SP_MAX(now / SLOT_NS, r->cur);
	uint64_t sum = 0, span_us;
	sp_time from;

	if (!r->started)
		return 0;
	for (int64_t i = newest - SLOTS + 1; i <= r->cur; i++) {
		if (i >= 0)
			sum += r->slot[i % SLOTS];
	}
	from = SP_MAX((newest - SLOTS + 1) * SLOT_NS, r->since);
	/* One slot at least, or the first packet would look like a flood. */
	span_us = (uint64_t)(SP_MAX(now - from, SLOT_NS) / SP_US);
	if (sum > UINT64_MAX / 1000000)
		return UINT64_MAX / span_us;
	return sum * 1000000 / span_us;
}
