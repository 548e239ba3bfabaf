#ifndef TOOLS_FOLLOWER_H
#define TOOLS_FOLLOWER_H

/*
 * Follows the media playlists of a live source: snapshots go in, new segments
 * with their piece numbers come out. Pure: the time is an argument (wall
 * clock, ms since 1970), memory is injected.
 *
 * Numbers. A track's piece number is the source's media sequence number plus a
 * base. All tracks share the base, so that pieces which belong together have
 * the same number in all renditions of a source that numbers them so (a track
 * whose sequence numbers are far from the others' gets its own). Numbers only
 * grow, whatever the source does:
 *
 *	source                          number      dseq
 *	1000 1001 1002                  base+1000.. d
 *	1005 (1003, 1004 were missed)   base+1005   d + tags between
 *	0 1 2 (encoder restarted)       next free   d + 1 (new base)
 *	1002 1003 (another host's       nothing: known
 *	   older copy of the playlist)
 *
 * A restart is: the sequence falls back to numbers that are unknown or have
 * other segments; a number that is known has another segment now; the sequence
 * runs ahead by more than the time that has passed can explain; or the
 * playlist goes on after EXT-X-ENDLIST. The new base is that of the first
 * track where it is seen, one above the newest number of all tracks, and the
 * others take it when they restart too.
 *
 * Older copies of a playlist are told from a restart by their segments: name,
 * byte range and date. When an older copy is four target durations behind the
 * newest one, or nothing else has come for three, it is a restart all the same.
 *
 * Availability. A segment is available when it is first seen. Those that
 * appear together are spaced back by their durations, since a reader that
 * comes late sees many at once. After follower_restore, the times go on from
 * the last one before when that fits.
 *
 * What comes out is queued until follower_pop. A segment that has left the
 * playlist is marked, since the origin may delete it now.
 */

#include "base/buf.h"
#include "base/err.h"
#include "wire/limits.h"
#include "wire/m3u8.h"

#define FOLLOWER_MEMORY 64 /* segments of a track that are recognised */
#define FOLLOWER_QUEUE  LIM_WINDOW_PIECES

struct follower;

struct follower_conf {
	uint64_t first_number; /* of a channel that has none yet */
	uint64_t window_us;    /* of what the first snapshot lists, the newest
				  so much is taken */
	bool local; /* no older copies: who falls back has restarted */
};

/* What is known of a segment once it has gone; for checkpoints. */
struct follower_mark {
	uint64_t number;     /* piece number */
	uint64_t source_seq; /* media sequence number of the source */
	uint32_t dseq;       /* ours */
	uint32_t source_dseq;
	uint64_t what;  /* hash of URI path and range */
	int64_t pdt_ms; /* -1: none */
	int64_t avail_ms;
	bool ended; /* the source had ended */
};

struct follower_map {
	char *uri; /* as in the playlist; NULL: no init section */
	bool has_range;
	uint64_t offset, length;
};

/* One new segment. Strings are owned and terminated. */
struct follower_seg {
	struct follower_seg *next;
	struct follower_mark mark;
	uint32_t duration_us;
	bool gap;         /* EXT-X-GAP: there are no bytes */
	bool last;        /* EXT-X-ENDLIST came with it */
	bool independent; /* EXT-X-INDEPENDENT-SEGMENTS */
	bool left;        /* no longer in the playlist */
	bool has_range;
	uint64_t offset, length;
	/*
	 * As in the playlist. NULL: EXT-X-ENDLIST came when the last segment
	 * was known already; this is a gap of no duration that says so.
	 */
	char *uri;
	struct follower_map map;
	bool map_again; /* read the init section anew, even with the same URI */
	char *keys;     /* whole lines, "" none */
	char *lines;
};

/* What a snapshot brought. */
struct follower_news {
	unsigned added;
	unsigned missed;  /* segments that came and went between snapshots */
	unsigned dropped; /* the queue was full: oldest ones given up */
	bool restarted;
	bool stale; /* an older copy */
	bool ended;
};

/* Copies |conf|. SP_ERR_NOMEM. */
int follower_new(struct follower **out, const struct follower_conf *conf,
    const struct sp_mem *mem);
void follower_free(struct follower *f); /* NULL is fine */

/* Goes on where |m| was; before the first snapshot. SP_ERR_RANGE (track). */
int follower_restore(struct follower *f, unsigned track,
    const struct follower_mark *m);
/*
 * All numbers from now on are above |number|, and tracks that begin do so with
 * at least |dseq|.
 */
void follower_above(struct follower *f, uint64_t number, uint32_t dseq);

/*
 * A snapshot of |track|'s playlist, whose public URL is |base| (for relative
 * URIs of keys; NULL: they stay relative). |now_ms| never goes back. Returns
 * 0, SP_ERR_RANGE (track; or numbers would not fit), SP_ERR_NOMEM (nothing of
 * the snapshot is taken that was not taken before; come again).
 */
int follower_feed(struct follower *f, unsigned track,
    const struct m3u8_media *pl, const char *base, int64_t now_ms,
    struct follower_news *news);

/* The oldest segment that waits, NULL if none; changes as snapshots come. */
struct follower_seg *follower_peek(struct follower *f, unsigned track);
/* Takes it off and frees it. */
void follower_pop(struct follower *f, unsigned track);
size_t follower_waiting(const struct follower *f, unsigned track);

#endif
