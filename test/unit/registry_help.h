#ifndef TEST_UNIT_REGISTRY_HELP_H
#define TEST_UNIT_REGISTRY_HELP_H

/* A registry and an asker: what the tests of it share. */

#include "tracker/registry.h"

#include "base/log.h"
#include "base/rng.h"
#include "test/unit/unit.h"

/* One tracker with an asker's announce; times are seconds from 0. */
static struct failmem fm;
static struct registry_conf conf;
static struct registry *reg;
static struct tw_peer got[LIM_NUMWANT];
static struct registry_answer ans;

static inline void
start(void)
{
	ck_assert_int_eq(registry_new(&reg, &conf, &fm.mem, 1, 0), 0);
}

static inline void
set_up(void)
{
	failmem_init(&fm);
	registry_conf_init(&conf);
}

static inline void
tear_down(void)
{
	ck_assert(registry_is_sound(reg));
	registry_free(reg);
	failmem_check(&fm);
}

static inline struct sp_addr
ip(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

/* An announce of swarm |swarm|; the peer-id is made of the port. */
static inline struct tw_announce
ask(uint8_t swarm, uint16_t port, uint64_t left)
{
	struct tw_announce a = { .port = port, .left = left, .numwant = -1 };

	memset(a.info_hash, swarm, sizeof(a.info_hash));
	memset(a.peer_id, 'a', sizeof(a.peer_id));
	a.peer_id[0] = (uint8_t)(port >> 8);
	a.peer_id[1] = (uint8_t)port;
	return a;
}

static inline int
announce(const char *from, const struct tw_announce *a, int s)
{
	struct sp_addr addr = ip(from);

	return registry_announce(reg, a, &addr, false, got, LIM_NUMWANT, &ans,
	    s * SP_S);
}

static inline size_t
join(const char *from, uint8_t swarm, uint16_t port, uint64_t left, int s)
{
	struct tw_announce a = ask(swarm, port, left);

	ck_assert_int_eq(announce(from, &a, s), 0);
	return ans.n_peers;
}

static inline bool
has(uint16_t port)
{
	for (size_t i = 0; i < ans.n_peers; i++) {
		if (got[i].addr.port == port)
			return true;
	}
	return false;
}

static inline struct registry_stats
stats(void)
{
	struct registry_stats st;

	registry_stats(reg, &st);
	return st;
}

/* |n| leechers of swarm 1, ports from 2000. */
static inline void
crowd(uint32_t n, int s)
{
	char from[32];

	for (uint32_t i = 0; i < n; i++) {
		log_format(from, sizeof(from), "5.1.%u.%u", i / 250,
		    i % 250 + 1);
		join(from, 1, (uint16_t)(2000 + i), 9, s);
	}
}

#endif
