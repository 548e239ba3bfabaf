#ifndef TRACKER_FEED_H
#define TRACKER_FEED_H

/*
 * The window of one channel: records by track, and all of them in the order
 * of seq. A track remembers its newest record even when the window has lost
 * it, for the chain.
 */

#include "base/mem.h"
#include "wire/record.h"

#define FEED_TRACKS (2 * LIM_TRACKS) /* media tracks, then init tracks */

/* One record of the window, with its envelope behind it. */
struct feed_entry {
	struct feed_entry *prev, *next; /* by seq */
	uint64_t seq, number, init;
	int64_t avail_ms;
	uint32_t duration_ms;
	uint32_t epoch;
	uint32_t len;
	uint8_t track;
	uint8_t digest[HASH_LEN];
	uint8_t env[]; /* len bytes */
};

struct feed_track {
	struct feed_entry **v; /* ring: oldest at head; numbers grow */
	uint32_t head, len, cap;
	uint32_t epoch; /* these four: of the newest that was accepted */
	uint64_t number;
	int64_t avail_ms;
	uint32_t kbps; /* bitrate, smoothed; 0: not known yet */
	/* of the largest of late pieces, and how many smaller ones came since
	 */
	uint32_t blocks, blocks_age;
	uint8_t digest[HASH_LEN];
};

struct feed {
	const struct sp_mem *mem;
	struct feed_track *tracks[FEED_TRACKS]; /* NULL: nothing yet */
	struct feed_entry *first, *last;
	uint64_t bytes; /* entries with their envelopes */
	uint32_t n;
	int64_t avail_ms; /* of the record accepted last, any track */
};

void feed_init(struct feed *f, const struct sp_mem *mem);
void feed_fini(struct feed *f);
/* What an envelope of |len| bytes adds to bytes. */
uint64_t feed_cost(size_t len);
/*
 * Whether the record continues its track (tracker/live.h has the rule): 0, or
 * SP_ERR_RANGE (track), SP_ERR_STALE, SP_ERR_CHAIN, SP_ERR_EQUIV with the
 * other record in *other.
 */
int feed_judge(const struct feed *f, const struct record *r,
    const uint8_t digest[HASH_LEN], uint64_t window_ms,
    const struct feed_entry **other);
/* Adds it at the end; |seq| is above all others. SP_ERR_NOMEM. */
int feed_push(struct feed *f, const struct record *r,
    const uint8_t digest[HASH_LEN], const uint8_t *env, size_t len,
    uint64_t seq);
/* Drops what is out of the window, seen from the newest record. */
void feed_trim(struct feed *f, uint64_t window_ms);
/* Drops the oldest media record; false when there is none. */
bool feed_shrink(struct feed *f);
/* First entry with a seq above |seq|, or NULL. */
const struct feed_entry *feed_after(const struct feed *f, uint64_t seq);
/* Bitrate of the largest track; 0: not known yet. */
uint32_t feed_kbps(const struct feed *f);
bool feed_is_sound(const struct feed *f);

#endif
