#ifndef TEST_UNIT_TRACK_PLAN_HELP_H
#define TEST_UNIT_TRACK_PLAN_HELP_H

/* A plan of viewers like those of SCHEDULER.md. */

#include "base/rng.h"
#include "test/unit/unit.h"
#include "tracker/plan.h"

#define RATE  4000 /* kbit/s */
#define STRIP PLACES_STRIPES
#define MANY  400

static struct failmem fm;
static struct plan *p;
static struct sp_rng rng;
static sp_time now;
static uint32_t roots[STRIP];
static uint32_t there[MANY]; /* names of viewers */
static unsigned n;

static inline void
begin(uint64_t seed)
{
	failmem_init(&fm);
	rng_seed(&rng, seed);
	now = 100 * SP_S;
	n = 0;
	for (unsigned s = 0; s < STRIP; s++)
		roots[s] = PLAN_NONE;
	ck_assert_int_eq(plan_new(&p, &fm.mem, MANY, false, seed), 0);
	plan_track(p, 0, RATE, STRIP);
}

static inline void
end(void)
{
	ck_assert(plan_is_sound(p));
	plan_free(p);
	failmem_check(&fm);
}

/* Viewer |k| of network |net|. */
static inline uint32_t
join_net(unsigned k, unsigned net)
{
	uint8_t id[LINK_PEERID_LEN] = "-SP0100-", ip[4] = { 44, 0, 0, 1 };
	struct sp_addr a;

	id[8] = (uint8_t)(k >> 8);
	id[9] = (uint8_t)k;
	ip[1] = (uint8_t)(net >> 8);
	ip[2] = (uint8_t)net;
	ip[3] = (uint8_t)(k % 250 + 1);
	a = addr_make(4, ip, (uint16_t)(1000 + k));
	return plan_join(p, id, &a, now);
}

static inline void
weigh(uint32_t i, uint32_t up_kbps)
{
	struct plan_weight w = { .up_kbps = up_kbps, .relays = true };

	plan_weigh(p, i, &w, now);
}

/* Uplinks as in SCHEDULER.md section 8, of 1.5 r in the mean. */
static inline uint32_t
uplink(unsigned k)
{
	static const uint32_t part[20] = { 8, 34, 84, 250, 34, 84, 8, 500, 34,
		84, 34, 250, 8, 84, 34, 84, 8, 34, 84, 250 };

	return RATE * 3 / 2 * part[k % 20] / 100;
}

/* |count| viewers that have been there for long, the strongest are roots. */
static inline void
swarm(unsigned count)
{
	unsigned k, s;

	for (k = 0; k < count; k++) {
		there[n] = join_net(k, k);
		ck_assert_uint_ne(there[n], PLAN_NONE);
		weigh(there[n++], uplink(k));
	}
	for (s = 0; s < STRIP; s++)
		roots[s] = there[(s % 2 == 0 ? 7 : 3) + 20 * (s % 3)];
	plan_roots(p, roots, now);
	now += PLAN_AGE;
	plan_run(p, now);
	ck_assert(plan_is_sound(p));
}

/* Viewers and stripes that hang on a root; *sum of their depths. */
static inline unsigned
attached(unsigned *sum, unsigned *deepest)
{
	unsigned i, s, d, have = 0;

	*sum = *deepest = 0;
	for (i = 0; i < n; i++)
		for (s = 0; s < STRIP; s++) {
			d = plan_depth(p, there[i], s);
			if (d > PLAN_DEPTH_MAX)
				continue;
			have++;
			*sum += d;
			*deepest = SP_MAX(*deepest, d);
		}
	return have;
}

#endif
