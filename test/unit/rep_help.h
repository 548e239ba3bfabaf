#ifndef TEST_UNIT_REP_HELP_H
#define TEST_UNIT_REP_HELP_H

/* Viewers, who announce themselves, and their receipts: for tests of rep. */

#include "tracker/rep.h"

#include "test/unit/unit.h"

#define R      4000 /* kbit/s */
#define MB     1000000
#define SLICE0 100000 /* of the channel at time 0 */

static struct failmem fm;
static struct registry *reg;
static struct reps *reps;
static struct sp_buf b;
static uint8_t info_hash[LINK_INFOHASH_LEN];
static struct rep_chan chan;

/* Viewer |k|: its key, its peer-id. */
static inline void
key(unsigned k, uint8_t sk[HASH_SK_LEN], uint8_t pk[HASH_PK_LEN],
    uint8_t id[LINK_PEERID_LEN])
{
	uint8_t seed[HASH_SEED_LEN] = { (uint8_t)k, 1 };

	hash_keypair(pk, sk, seed);
	ck_assert_int_eq(receipt_peerid(id, pk), 0);
}

static inline const uint8_t *
id(unsigned k)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN];
	static uint8_t out[LINK_PEERID_LEN];

	key(k, sk, pk, out);
	return out;
}

/* In a /24 of its own. */
static inline struct sp_addr
addr(unsigned k)
{
	uint8_t ip[4] = { 5, 0, (uint8_t)k, 9 };

	return addr_make(4, ip, (uint16_t)(1000 + k));
}

static inline void
clock_at(sp_time now)
{
	chan = (struct rep_chan){ info_hash, R,
		SLICE0 * (int64_t)RECEIPT_SLICE_MS + now / SP_MS };
}

/* As track_announce has it: the registry is told first. */
static inline void
announce(unsigned k, struct tw_announce *a, struct sp_addr from, sp_time now)
{
	struct registry_answer ans;

	memcpy(a->info_hash, info_hash, LINK_INFOHASH_LEN);
	memcpy(a->peer_id, id(k), LINK_PEERID_LEN);
	a->port = from.port;
	a->left = 1;
	ck_assert_int_eq(
	    registry_announce(reg, a, &from, false, NULL, 0, &ans, now), 0);
	clock_at(now);
	if (ans.store == 0)
		reps_seen(reps, &chan, a, &from, now);
}

static inline void
seen_at(unsigned k, uint32_t up_kbps, struct sp_addr from, sp_time now)
{
	struct tw_announce a = { .live = true, .up_kbps = up_kbps };

	announce(k, &a, from, now);
}

static inline void
stop(unsigned k, struct sp_addr from, sp_time now)
{
	struct tw_announce a = { .event = TW_EVENT_STOPPED };

	announce(k, &a, from, now);
}

static inline void
seen(unsigned k, uint32_t up_kbps, sp_time now)
{
	seen_at(k, up_kbps, addr(k), now);
}

/* The three slices up to |now|, of |k|, who got |bytes| of |giver|. */
static inline struct receipt
batch(unsigned k, unsigned giver, uint32_t bytes, sp_time now)
{
	uint8_t sk[HASH_SK_LEN], own[LINK_PEERID_LEN];
	struct receipt r;

	memset(&r, 0, sizeof(r));
	memcpy(r.info_hash, info_hash, sizeof(r.info_hash));
	key(k, sk, r.key, own);
	r.slice = SLICE0 + (uint64_t)(now / (10 * SP_S)) - 1;
	r.slices = 3;
	r.n = 1;
	memcpy(r.entries[0].peer_id, id(giver), LINK_PEERID_LEN);
	r.entries[0].bytes = bytes;
	return r;
}

static inline int
take(unsigned k, const struct receipt *r, struct sp_addr from, sp_time now)
{
	uint8_t sk[HASH_SK_LEN], pk[HASH_PK_LEN], own[LINK_PEERID_LEN];
	int rv;

	key(k, sk, pk, own);
	buf_reset(&b);
	receipt_seal(&b, r, sk);
	clock_at(now);
	rv = reps_take(reps, &chan, b.p, b.len, &from, now);
	ck_assert(reps_are_sound(reps));
	return rv;
}

static inline int
got(unsigned k, unsigned giver, uint32_t bytes, sp_time now)
{
	struct receipt r = batch(k, giver, bytes, now);

	return take(k, &r, addr(k), now);
}

/* Of whom there is at |a|. */
static inline struct rep
rep_at(struct sp_addr a, sp_time now)
{
	const struct peertab *tab = registry_tab(reg);
	uint32_t i = peertab_find(tab, peertab_swarm(tab, info_hash), &a);

	ck_assert_uint_ne(i, PEERTAB_NONE);
	clock_at(now);
	return reps_get(reps, &chan, i, now);
}

static inline struct rep
rep(unsigned k, sp_time now)
{
	return rep_at(addr(k), now);
}

static inline int
start(void)
{
	struct registry_conf c;
	int r;

	memset(info_hash, 3, sizeof(info_hash));
	registry_conf_init(&c);
	/* Nothing is said to be live, so that it stays for a day. */
	c.interval_s = 86400;
	reps = NULL;
	buf_init(&b, &fm.mem, RECEIPT_MAX);
	r = registry_new(&reg, &c, &fm.mem, 4, 0);
	return r < 0 ? r : reps_new(&reps, &fm.mem, reg, 100, 5);
}

static inline void
end(void)
{
	reps_free(reps);
	registry_free(reg);
	buf_fini(&b);
}

/* Viewers 0..n-1, who were there 100 s before. */
static inline void
setup(unsigned n)
{
	failmem_init(&fm);
	ck_assert_int_eq(start(), 0);
	for (unsigned k = 0; k < n; k++)
		seen(k, 2 * R, 0);
}

static inline void
teardown(void)
{
	ck_assert(reps_are_sound(reps));
	end();
	failmem_check(&fm);
}

#endif
