#ifndef TEST_UNIT_TRACK_DUTY_HELP_H
#define TEST_UNIT_TRACK_DUTY_HELP_H

/* A tracker with one live channel and viewers that may be put on duty. */

#include "base/log.h"
#include "test/sim/signer.h"
#include "test/unit/unit.h"
#include "tracker/duties.h"
#include "tracker/track.h"

static struct failmem fm;
static struct track_conf conf;
static struct track *track;
static struct signer seed;
static struct sp_buf b, body;
static struct roster ros; /* a reader's */
static struct sp_addr reader;
static uint64_t version; /* which the tracker thinks that it has */

static inline void
set_up(void)
{
	failmem_init(&fm);
	ck_assert_int_eq(hash_setup(), 0);
	track_conf_init(&conf);
	conf.live.boot = 9;
	signer_init(&seed, 1);
	buf_init(&b, &fm.mem, 8 << 20);
	buf_init(&body, &fm.mem, 8 << 20);
	memset(&ros, 0, sizeof(ros));
	version = 0;
	reader = addr_make(4, "\x7f\0\0\1", 0);
}

static inline void
tear_down(void)
{
	ck_assert(track_is_sound(track));
	track_free(track);
	buf_fini(&b);
	buf_fini(&body);
	failmem_check(&fm);
}

static inline int
publish(sp_time now)
{
	int r;

	buf_reset(&b);
	r = track_publish(track, seed.info_hash, body.p, body.len, &b, NULL,
	    now);
	buf_reset(&body);
	return r;
}

static inline void
start(void)
{
	set_up();
	ck_assert_int_eq(track_new(&track, &conf, &fm.mem, 1, 0), 0);
	signer_manifest(&seed, &body);
	signer_record(&seed, &body, 0, 1, 1000, 0);
	ck_assert_int_eq(publish(0), 0);
}

static inline struct sp_addr
ip(const char *s)
{
	struct sp_addr a;

	ck_assert_int_eq(addr_parse(&a, s, strlen(s)), 0);
	return a;
}

/* Viewer |k| at |from|, port 1000 + k. */
static inline struct tw_announce
viewer(unsigned k)
{
	struct tw_announce a = { .port = (uint16_t)(1000 + k),
		.left = 1,
		.numwant = -1,
		.live = true };

	memcpy(a.info_hash, seed.info_hash, LINK_INFOHASH_LEN);
	memcpy(a.peer_id, "-SP0100-", 8);
	a.peer_id[8] = (uint8_t)(k >> 8);
	a.peer_id[9] = (uint8_t)k;
	return a;
}

static inline void
announce(const char *from, const struct tw_announce *a, sp_time now)
{
	struct tw_peer peers[LIM_NUMWANT];
	struct sp_addr addr = ip(from);
	struct tw_reply r;

	ck_assert_int_eq(
	    track_announce(track, a, &addr, peers, LIM_NUMWANT, &r, now), 0);
}

static inline void
join(const char *from, unsigned k, sp_time now)
{
	struct tw_announce a = viewer(k);

	announce(from, &a, now);
}

static inline void
leave(const char *from, unsigned k, sp_time now)
{
	struct tw_announce a = viewer(k);

	a.event = TW_EVENT_STOPPED;
	announce(from, &a, now);
}

/* How many channels have news. */
static inline unsigned
wake(sp_time now)
{
	uint8_t ih[LINK_INFOHASH_LEN];
	unsigned n = 0;

	while (track_wake(track, ih, now)) {
		ck_assert_mem_eq(ih, seed.info_hash, LINK_INFOHASH_LEN);
		n++;
	}
	ck_assert(track_deadline(track) > now);
	ck_assert(track_is_sound(track));
	return n;
}

/* Takes what there is; the length of the frame. */
static inline size_t
read_roster(void)
{
	struct tw_frame f;
	int n;

	buf_reset(&b);
	n = track_roster(track, seed.info_hash, &reader, &version, &b);
	ck_assert_int_ge(n, 0);
	if (n == 0)
		return 0;
	ck_assert_int_eq(tw_frame_read(&f, b.p, b.len), (int)b.len);
	ck_assert_uint_eq(f.type, TW_FRAME_ROSTER);
	ck_assert_int_eq(roster_take(&ros, f.p, f.len), 0);
	ck_assert_uint_eq(ros.version, version);
	ck_assert_uint_eq(ros.epoch_s, DUTIES_EPOCH_S);
	return b.len;
}

#endif
