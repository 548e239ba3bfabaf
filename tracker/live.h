#ifndef TRACKER_LIVE_H
#define TRACKER_LIVE_H

/*
 * The live windows: per channel the newest manifest and, per track, the
 * newest records, as envelopes, in the order in which they were accepted.
 *
 * A seeder publishes frames (wire/trackwire.h). What the channel key signed is
 * accepted when it continues what is known:
 *
 *	manifest  serial grows; the same bytes again are fine and change nothing
 *	record    number grows within its track, epoch does not fall, and |prev|
 *	          is the digest of the track's newest record
 *
 * A record whose |prev| does not match is accepted all the same when nothing
 * that the tracker could be asked for is missing between: the track is new
 * here (tracker or track just started), the epoch is newer, or all that lies
 * between has left the window by now (the seeder could not reach us for
 * longer than the window). Otherwise SP_ERR_CHAIN: the reply tells the newest
 * number of each track, and the seeder publishes from there. A seeder that
 * skipped numbers chains its next record to its last one, which is no gap.
 *
 * Everything accepted gets the next |seq| of its channel: a reader that has
 * seen up to seq n asks for what came after n. A channel is forgotten when
 * nothing was published for conf.idle; seq goes on where it was if it comes
 * back, so that (boot, seq) never means two things.
 */

#include "base/buf.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/tstamp.h"
#include "wire/trackwire.h"

#define LIVE_TRACKS   (2 * LIM_TRACKS) /* media and init tracks */
#define LIVE_INIT_MIN 8                /* newest init pieces always kept */
#define LIVE_SLACK_MS 10000            /* records outlive the window by this */
#define LIVE_EVIDENCE 64               /* pairs kept, the oldest is dropped */

/* Bounds of the configuration. */
#define LIVE_CHANNELS_MAX 65536
#define LIVE_BYTES_MIN    (1u << 20)

struct live_conf {
	uint32_t max_channels;
	uint64_t max_bytes;         /* envelopes of all channels */
	uint64_t max_channel_bytes; /* of one; its oldest records give way */
	sp_time idle;               /* a channel without publish is forgotten */
	uint64_t boot;              /* drawn by the host at start, not 0 */
};

/* What a publish did. */
struct live_result {
	uint32_t accepted; /* records and manifests */
	uint32_t stale;    /* known already, or older */
	uint32_t failed;   /* refused for any other reason */
	uint32_t skipped;  /* the newest manifest again; types not published */
	int err;           /* of the first frame that was not accepted, or 0 */
	uint64_t seq;      /* of the channel afterwards; 0: no such channel */
	bool woke;         /* there is news for open streams */
};

struct live;
struct live_chan; /* one channel; valid until the next publish or tick */

/* 256 channels, 256 MiB, 64 MiB, 10 min. boot stays 0: the host sets it. */
void live_conf_init(struct live_conf *c);
/* SP_ERR_ARG, SP_ERR_NOMEM. */
int live_new(struct live **out, const struct live_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void live_free(struct live *l);
uint64_t live_boot(const struct live *l);

/*
 * Takes the body of a publish for |info_hash|. Frames are looked at in order.
 * A stale, unchained or equivocating frame is counted and the next one looked
 * at; any other error ends the publish, what came before stays. Returns 0 when
 * every frame was accepted or skipped, else res->err:
 *	SP_ERR_NOTFOUND   unknown channel and the first frame is no manifest
 *	SP_ERR_WRONGCHAN  the manifest's key does not give |info_hash|
 *	SP_ERR_SIG, SP_ERR_HASH, SP_ERR_SYNTAX, ...  the frame is bad
 *	SP_ERR_STALE      known, or older than what is known
 *	SP_ERR_CHAIN      a gap, see above
 *	SP_ERR_EQUIV      signed twice for one place; both kept as evidence
 *	SP_ERR_FULL       too many channels or bytes
 *	SP_ERR_SHORT      the body ends inside a frame, or is empty
 *	SP_ERR_TOOBIG     longer than LIM_PUBLISH, or a frame is too long
 */
int live_publish(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *body, size_t len, struct live_result *res, sp_time now);

/* NULL when the channel is not known. */
const struct live_chan *live_find(const struct live *l,
    const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* Iterates channels: *it starts at 0, NULL at the end. The channel just
 * returned may be dropped meanwhile. */
const struct live_chan *live_next(const struct live *l, size_t *it);
/* Forgets a channel (denied from now on). SP_ERR_NOTFOUND. */
int live_drop(struct live *l, const uint8_t info_hash[LINK_INFOHASH_LEN]);

/* Newest manifest's envelope; borrows. */
const uint8_t *live_manifest(const struct live_chan *ch, size_t *len);
/*
 * Appends, as frames, what the reader at |pos| has not seen, in the order of
 * seq (a new reader gets the manifest first), until |max| bytes are exceeded;
 * |pos| moves along. Zeros, another boot, or a seq from the future
 * start from the beginning of the window. Returns the number of frames, 0 when
 * there is nothing new, or b->err (|pos| has not moved then).
 */
int live_feed(const struct live *l, const struct live_chan *ch,
    struct tw_since *pos, size_t max, struct sp_buf *b);
/*
 * Appends what fits into |max| bytes of what the reader at |since| has not
 * seen: the manifest if it lacks it, then the newest records, in the order of
 * seq. Older ones may be missing, so a reader does not go on from here. The
 * number of frames, or b->err.
 */
int live_tail(const struct live *l, const struct live_chan *ch,
    const struct tw_since *since, size_t max, struct sp_buf *b);
/* Newest number of the track with slot |i| < LIVE_TRACKS. SP_ERR_NOTFOUND. */
struct live_edge {
	uint8_t track;
	uint32_t epoch;
	uint64_t number;
	int64_t avail_ms;
	uint8_t digest[HASH_LEN];
	uint32_t held; /* records in the window */
};
int live_edge(const struct live_chan *ch, size_t i, struct live_edge *out);

struct live_chan_stats {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	uint8_t pk[HASH_PK_LEN];
	uint64_t seq, bytes;
	uint32_t records, tracks, epoch, window_ms;
	uint32_t kbps;     /* bitrate of the largest track; 0: not known yet */
	int64_t avail_ms;  /* stamp of the newest record; 0: none */
	sp_time published; /* last time */
};
void live_chan_stats(const struct live_chan *ch, struct live_chan_stats *out);

/*
 * The media track that nearly all of the channel's bytes are of. False: it has
 * none yet, or several of like size (renditions: a viewer follows one of them).
 */
struct live_main {
	uint8_t track;
	uint32_t kbps;
	uint32_t blocks; /* of the largest of its last pieces */
};
bool live_main(const struct live_chan *ch, struct live_main *out);

/* Pair |i| of the evidence of equivocation, oldest first; borrows until the
 * next publish. SP_ERR_NOTFOUND. */
struct live_evidence {
	uint8_t info_hash[LINK_INFOHASH_LEN];
	const uint8_t *a, *b; /* envelopes: the one accepted first, the other */
	size_t a_len, b_len;
	uint8_t frame; /* TW_FRAME_MANIFEST or TW_FRAME_RECORD */
};
int live_evidence(const struct live *l, size_t i, struct live_evidence *out);

/* Forgets idle channels. */
void live_tick(struct live *l, sp_time now);
sp_time live_deadline(const struct live *l);

struct live_stats {
	uint64_t channels, records, bytes;
	uint64_t accepted, stale, chain, equiv, sig, other; /* frames so far */
	uint64_t forgotten;                                 /* channels */
};
void live_stats(const struct live *l, struct live_stats *out);
/* For tests and fuzzers: counters, order and chains agree. */
bool live_is_sound(const struct live *l);

#endif
