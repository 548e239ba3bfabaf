#ifndef TEST_UNIT_LIVE_HELP_H
#define TEST_UNIT_LIVE_HELP_H

/* A channel of one seeder in live windows: what the tests of them share. */

#include "tracker/live.h"

#include "test/sim/signer.h"
#include "test/unit/unit.h"

#define BOOT UINT64_C(0xb007)

static struct failmem fm;
static struct live_conf conf;
static struct live *live;
static struct live_result res;
static struct signer seed;
static struct sp_buf body, out;

static inline void
set_up(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(hash_setup(), 0);
	signer_init(&seed, 1);
	live_conf_init(&conf);
	conf.boot = BOOT;
	buf_init(&body, &fm.mem, 16 << 20);
	buf_init(&out, &fm.mem, 16 << 20);
}

static inline void
start(void)
{
	set_up();
	ck_assert_int_eq(live_new(&live, &conf, &fm.mem, 1, 0), 0);
}

static inline void
tear_down(void)
{
	ck_assert(live_is_sound(live));
	live_free(live);
	buf_fini(&body);
	buf_fini(&out);
	failmem_check(&fm);
}

/* Publishes what is in |body| and empties it. */
static inline int
publish_at(int s)
{
	int r = live_publish(live, seed.info_hash, body.p, body.len, &res,
	    s * SP_S);

	ck_assert_int_eq(r, res.err);
	ck_assert(live_is_sound(live));
	buf_reset(&body);
	return r;
}

static inline int
publish(void)
{
	return publish_at(0);
}

/* Records first..last of |track|, 2 s each, from time 0. */
static inline void
records(uint8_t track, uint64_t first, uint64_t last)
{
	for (uint64_t n = first; n <= last; n++)
		signer_record(&seed, &body, track, n, (int64_t)n * 2000, 0);
}

/* The channel with records 1..n of track 0. */
static inline void
start_channel(uint64_t n)
{
	start();
	signer_manifest(&seed, &body);
	records(0, 1, n);
	ck_assert_int_eq(publish(), 0);
	ck_assert_uint_eq(res.accepted, n + 1);
}

static inline const struct live_chan *
chan(void)
{
	return live_find(live, seed.info_hash);
}

static inline uint32_t
held(size_t slot)
{
	struct live_edge e;

	ck_assert_int_eq(live_edge(chan(), slot, &e), 0);
	return e.held;
}

static inline uint64_t
newest(size_t slot)
{
	struct live_edge e;

	ck_assert_int_eq(live_edge(chan(), slot, &e), 0);
	return e.number;
}

/* Frame |i| of what was fed; false when there are fewer. */
static inline bool
fed(size_t i, struct tw_frame *f)
{
	size_t at = 0;
	int n;

	do {
		if (at == out.len)
			return false;
		n = tw_frame_read(f, out.p + at, out.len - at);
		ck_assert_int_gt(n, 0);
		at += (size_t)n;
	} while (i-- > 0);
	return true;
}

static inline int
feed(struct tw_since *pos, size_t max)
{
	buf_reset(&out);
	return live_feed(live, chan(), pos, max, &out);
}

#endif
