#ifndef TEST_UNIT_WT_HELP_H
#define TEST_UNIT_WT_HELP_H

/* A tracker of WebRTC peers: what the tests of it share. */

#include "tracker/wt.h"

#include "base/log.h"
#include "test/unit/unit.h"

/* Times are seconds from 0; swarms and peers are one byte, repeated. */
static struct failmem fm;
static struct wt_conf conf;
static struct wt *wt;
static struct wt_announce ann;
static struct wt_answer ans;
/* What the last call gave. */
static struct wt_act reply;
static bool replied;
static struct wt_act told[LIM_WT_OFFERS];
static size_t n_told;

static inline void
start(void)
{
	ck_assert_int_eq(wt_new(&wt, &conf, &fm.mem, 1, 0), 0);
}

static inline void
set_up(void)
{
	failmem_init(&fm);
	wt_conf_init(&conf);
}

static inline void
tear_down(void)
{
	ck_assert(wt_is_sound(wt));
	wt_free(wt);
	failmem_check(&fm);
}

static inline struct sp_addr
ip(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

static inline int
open_from(uint32_t conn, const char *from)
{
	struct sp_addr a = ip(from);

	return wt_open(wt, conn, &a, 0);
}

static inline void
drain(void)
{
	struct wt_act act;

	replied = false;
	n_told = 0;
	while (wt_next(wt, &act) == 0) {
		if (act.kind == WT_ACT_REPLY) {
			ck_assert(!replied && n_told == 0);
			replied = true;
			reply = act;
		} else {
			told[n_told++] = act;
		}
	}
}

static inline struct wt_announce *
ask(uint8_t swarm, uint8_t peer)
{
	memset(&ann, 0, sizeof(ann));
	memset(ann.info_hash, swarm, sizeof(ann.info_hash));
	memset(ann.peer_id, peer, sizeof(ann.peer_id));
	return &ann;
}

/* |n| offers with the names of the letters from 'a' on. */
static inline void
offer(size_t n)
{
	static const uint8_t letters[] = "abcdefghijklmnopqrstuvwxyz";
	static const uint8_t sdp[] = "{\"type\":\"offer\",\"sdp\":\"v=0\"}";

	ann.n_offers = n;
	for (size_t i = 0; i < n; i++)
		ann.offers[i] = (struct wt_offer){ { letters + i, 1 },
			{ sdp, sizeof(sdp) - 1 } };
}

static inline int
announce(uint32_t conn, int s)
{
	int r = wt_announce(wt, conn, &ann, s * SP_S);

	drain();
	ck_assert(replied == (r == 0));
	ck_assert(wt_is_sound(wt));
	return r;
}

static inline void
join(uint32_t conn, uint8_t swarm, uint8_t peer, enum wt_left left, int s)
{
	ask(swarm, peer)->left = left;
	ck_assert_int_eq(announce(conn, s), 0);
	ck_assert(!reply.full);
}

static inline int
answer(uint32_t conn, uint8_t swarm, uint8_t peer, uint8_t to, int s)
{
	int r;

	ans.offer = (struct wt_offer){ { (const uint8_t *)"id", 2 },
		{ (const uint8_t *)"sdp", 3 } };
	memset(ans.info_hash, swarm, sizeof(ans.info_hash));
	memset(ans.peer_id, peer, sizeof(ans.peer_id));
	memset(ans.to, to, sizeof(ans.to));
	r = wt_answer(wt, conn, &ans, s * SP_S);
	drain();
	ck_assert(!replied && n_told == (r == 0 ? 1 : 0));
	return r;
}

static inline struct wt_counts
counts(uint8_t swarm)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	struct wt_counts c;

	memset(ih, swarm, sizeof(ih));
	wt_scrape(wt, ih, &c);
	return c;
}

static inline struct wt_stats
stats(void)
{
	struct wt_stats s;

	wt_stats(wt, &s);
	return s;
}

/* Connection |n| of each number from 1, all from other hosts. */
static inline void
crowd(uint32_t n)
{
	char from[32];

	for (uint32_t i = 1; i <= n; i++) {
		log_format(from, sizeof(from), "5.1.%u.%u", i / 250,
		    i % 250 + 1);
		ck_assert_int_eq(open_from(i, from), 0);
	}
}

#endif
