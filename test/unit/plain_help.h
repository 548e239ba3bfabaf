#ifndef TEST_UNIT_PLAIN_HELP_H
#define TEST_UNIT_PLAIN_HELP_H

/* A struct plain and an asker: what the tests of it share. */

#include "tracker/plain.h"

#include "base/log.h"
#include "base/rng.h"
#include "test/unit/unit.h"

/* Times are seconds from 0. */
static struct failmem fm;
static struct plain_conf conf;
static struct plain *pl;
static uint8_t got[LIM_NUMWANT * 18];
static struct plain_answer ans;

static inline void
set_up(void)
{
	failmem_init(&fm);
	plain_conf_init(&conf);
}

static inline void
start(void)
{
	ck_assert_int_eq(plain_new(&pl, &conf, &fm.mem, 1, 0), 0);
}

static inline void
tear_down(void)
{
	ck_assert(plain_is_sound(pl));
	plain_free(pl);
	failmem_check(&fm);
}

static inline struct plain_stats
stats(void)
{
	struct plain_stats st;

	plain_stats(pl, &st);
	return st;
}

static inline const uint8_t *
hash_of(uint32_t swarm)
{
	static uint8_t ih[LINK_INFOHASH_LEN];

	memset(ih, 0x5a, sizeof(ih));
	memcpy(ih, &swarm, sizeof(swarm));
	return ih;
}

static inline struct plain_ask
ask(uint32_t swarm, const char *from, uint16_t port, bool seeds)
{
	struct plain_ask a = { .info_hash = hash_of(swarm), .seeds = seeds };

	ck_assert_int_eq(addr_parse(&a.addr, from, strlen(from)), 0);
	a.addr.port = port;
	return a;
}

static inline int
tell(const struct plain_ask *a, int s)
{
	return plain_announce(pl, a, got, sizeof(got), &ans, s * SP_S);
}

/* Announces, which must be answered; the number of peers. */
static inline size_t
join(uint32_t swarm, const char *from, uint16_t port, bool seeds, int s)
{
	struct plain_ask a = ask(swarm, from, port, seeds);

	ck_assert_int_eq(tell(&a, s), 0);
	return ans.n_peers;
}

static inline void
leave(uint32_t swarm, const char *from, uint16_t port, int s)
{
	struct plain_ask a = ask(swarm, from, port, false);

	a.event = TW_EVENT_STOPPED;
	ck_assert_int_eq(tell(&a, s), 0);
	ck_assert_uint_eq(ans.n_peers, 0);
}

/* The port of the |i|-th peer that was told of; |size| 6 or 18. */
static inline uint16_t
port_at(size_t i, size_t size)
{
	const uint8_t *p = got + i * size + size - 2;

	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline bool
has(uint16_t port, size_t size)
{
	for (size_t i = 0; i < ans.n_peers; i++) {
		if (port_at(i, size) == port)
			return true;
	}
	return false;
}

static inline struct tw_scrape_entry
scrape(uint32_t swarm)
{
	struct tw_scrape_entry e;

	plain_scrape(pl, hash_of(swarm), &e);
	return e;
}

#endif
