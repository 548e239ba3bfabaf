#ifndef SWARM_CLIENT_HLS_OUT_H
#define SWARM_CLIENT_HLS_OUT_H

/*
 * The playlists of the local edge, written from the manifest and the records.
 * Pure: no player, no mesh, no clock.
 *
 * Paths are those of swarm/client/hls_path.h; URIs inside playlists are
 * relative to them.
 *
 * A listed piece keeps its media sequence number for ever. Pieces that were
 * given up are left out and not counted, so the numbers have no holes:
 *
 *	piece            96   97   98   99  100
 *	                           lost
 *	media sequence   96   97    -   98   99
 *	                                DISCONTINUITY before it
 */

#include "base/buf.h"
#include "base/tstamp.h"
#include "swarm/client/hls_path.h"
#include "wire/manifest.h"
#include "wire/record.h"

#define HLS_LIST_MIN 6 /* segments listed, as far as held */
#define HLS_LIST_MAX 240

/* ---- numbering ---- */

/* State of one track, over pieces in the order of their numbers. Zeroed at
 * first. */
struct hls_seq {
	bool begun;
	bool broken;         /* the next piece gets a DISCONTINUITY */
	uint64_t first, end; /* pieces [first, end) are remembered */
	uint64_t lost;       /* given up so far, all of them */
	uint64_t msn;        /* media sequence of the first listed one */
	uint64_t dseq;       /* discontinuity sequence before its tag */
	uint8_t mark[LIM_WINDOW_PIECES]; /* by number, HLS_MARK_* */
};

enum hls_mark {
	HLS_MARK_LOST = 1 << 0,
	HLS_MARK_DISC = 1 << 1, /* DISCONTINUITY stands before it */
};

/*
 * The next piece: |number| is s->end, or larger (what lies between was never
 * offered to a player), |rec| NULL when it is lost. A gap of no duration, which
 * only says that the track has ended, is not listed either. A number below the
 * end is ignored. Forgets the oldest beyond LIM_WINDOW_PIECES.
 */
void hls_seq_note(struct hls_seq *s, uint64_t number, const struct record *rec);
/* Forgets what lies before |number|: it is no longer listed. */
void hls_seq_advance(struct hls_seq *s, uint64_t number);

/* ---- playlists ---- */

struct hls_media {
	const struct manifest_track *track;
	const struct hls_seq *seq; /* [first, end) is what is listed */
	/* NULL: piece is gone (left out as if it were lost). */
	const struct record *(*piece)(void *ctx, uint64_t number);
	void *ctx;
	bool ended;
	const char *query; /* appended to local URIs: "" or "?token=..." */
};

/* Appends it; returns b->err. */
int hls_media_write(struct sp_buf *b, const struct hls_media *m);
/*
 * Master playlist. Without references in the manifest each track is one
 * variant. References to unknown tracks are left out, and so are variants of
 * the tracks |without|, bit by id. Returns b->err.
 */
int hls_master_write(struct sp_buf *b, const struct manifest *m,
    uint32_t without, const char *query);
/*
 * First piece to list of [first, edge): the newest |span_us| worth, at least
 * HLS_LIST_MIN and at most HLS_LIST_MAX pieces, as far as there are so many.
 */
uint64_t hls_list_first(const struct hls_media *m, uint64_t first,
    uint64_t edge, uint64_t span_us);
/*
 * Media to list, so that a segment that has left the list is served for as
 * long again as the list is (RFC 8216, 6.2.2): of the |window_ms| that are kept
 * behind the newest piece, the list begins |delay_ms| later.
 */
uint64_t hls_list_span(uint32_t window_ms, uint32_t delay_ms,
    uint32_t target_s);
/*
 * Whether a list may say that it has ended: the last piece was available |age|
 * ago. The source may be an encoder that begins again soon, and a player that
 * has read of an end asks for no more.
 */
bool hls_is_over(sp_time age, uint32_t delay_ms);
/*
 * The track that a player most likely begins with: the first variant's that is
 * not one of |without|, else the first one. -1: the manifest has none.
 */
int hls_first_track(const struct manifest *m, uint32_t without);

#endif
