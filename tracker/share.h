#ifndef TRACKER_SHARE_H
#define TRACKER_SHARE_H

/*
 * Many trackers share what they know through Redis. This says what is to be
 * asked and told there, and takes what comes; it knows neither sockets nor
 * commands. Each tracker answers from its own memory all the time: without
 * Redis it goes on with what it has, and what it has is what heals the others
 * and Redis itself.
 *
 *	key                       type    what
 *	spate:{<info-hash>}:w     stream  n node, f frame of a publish
 *	spate:{<info-hash>}:m     string  frame of the newest manifest
 *	spate:{<info-hash>}:d     string  node (8 bytes), and the duty roster
 *	                                  that it drew (wire/roster.h), whole
 *	spate:{peers:<NN>}        stream  b batch (wire/sharewire.h), NN 00..15
 *	spate:news                stream  n node, c info-hash; or d info-hash:
 *	                                  its roster; or p: policy
 *	spate:channels            zset    info-hash by last sign of life, s
 *	spate:{policy}:allow      set     info-hashes or channel keys in hex
 *	spate:{policy}:deny       set     likewise
 *
 * Windows. Nothing is queued for Redis: what a tracker has to tell is what its
 * own window (tracker/live) has and the channel's stream lacks. From reading
 * the stream it knows the newest record of each track there; what comes after
 * it is appended, in order, and then the news are told. After a loss of the
 * connection it reads the stream from its beginning, and appends what is not
 * there: so a stream that was lost is written again by whoever has it. Several
 * may do so at once; what is there twice is stale to a reader and costs him no
 * signature. Everything read goes through track_relay, signature and all.
 *
 * Rosters. A piece comes from the origin once if all its viewers have one
 * roster, so one tracker draws that of a channel, from all viewers that
 * trackers told each other of, and the others adopt it. Who draws is who wrote
 * it: it does so with each draw (DUTIES_DRAW_S at most), and what is written
 * expires after SHARE_DRAWN. Whoever finds none writes its own; of two who do
 *so at once the lower node goes on, and the other adopts. Who has heard of none
 * for SHARE_DRAWN draws by itself, as without Redis, and writes it.
 *
 * Peers. tracker/shareout says what is told, and the streams of all shards are
 * read on; a tracker that starts reads what is still there first.
 *
 * Policy. Both sets are read when the news say p, and each SHARE_POLICY_GAP; a
 * set that is not there is no list. The tracker's own lists win
 * (tracker/access.h). Without Redis the sets read last stay, and so does one
 * that has vanished without such news: Redis has lost it.
 *
 * Refusals. Whose act is refused is looked at again after SHARE_MEND_MIN, then
 * ever more rarely. After an append that was refused nothing that this tracker
 * wrote there itself counts: what came after it has a gap before it, which no
 * reader takes, so all of the own window is appended again.
 *
 * A host has a connection for WAIT alone. It does
 *
 *	while (share_next(s, &act, now) == 0)
 *		carry act out, or begin to;
 *	set a timer to share_deadline(s);
 *
 * after each of its own calls, and answers each act but CONNECT, HANGUP and
 * WOKE by calls that say what came, if anything, and share_done. Acts for one
 * info-hash are carried out in the order given.
 *
 * Memory: SHARE_CHAN_BYTES or so for each channel, at most conf.max_channels;
 * acts under way are at most SHARE_FLIGHT.
 */

#include "tracker/duties.h"
#include "tracker/shareout.h"
#include "tracker/track.h"

#define SHARE_CHAN_BYTES 1200
#define SHARE_FLIGHT     128 /* acts without their share_done, but WAIT */
#define SHARE_COUNT      64  /* entries of a window read at once */
#define SHARE_BATCHES    16  /* of a shard likewise */
#define SHARE_NEWS_COUNT 256

#define SHARE_CONNECT_MIN (100 * SP_MS) /* to the next try, +- a quarter */
#define SHARE_CONNECT_MAX (10 * SP_S)
#define SHARE_TIMEOUT     (5 * SP_S) /* without any answer: hang up */
#define SHARE_WAIT        (2 * SP_S) /* that a WAIT takes at most */
#define SHARE_MEND_MIN    SP_S /* after a refusal; doubled, to SHARE_KEEP_GAP */
#define SHARE_PEERS_GAP   (200 * SP_MS)
#define SHARE_KEEP_GAP    (10 * SP_S) /* between signs of life of a channel */
#define SHARE_DRAWN       ((2 * DUTIES_DRAW_S + 5) * SP_S)
#define SHARE_LIST_GAP    (60 * SP_S)
#define SHARE_POLICY_GAP  (300 * SP_S)
#define SHARE_PEERS_BACK                                    \
	(1800 * SP_S) /* peers older than that are not read \
		       */
#define SHARE_NEWS_BACK SP_S

/* Entries that streams keep, roughly (MAXLEN ~). */
#define SHARE_NEWS_KEEP   4096
#define SHARE_PEERS_KEEP  2048
#define SHARE_WINDOW_KEEP 128 /* and twice the records of the window */

/* Of an entry of a stream. */
struct share_id {
	uint64_t ms, seq;
};

/*
 * what           to do                                  answer
 * CONNECT        open connections                       share_up, share_down
 * HANGUP         close them: they are silent
 * WAIT           news after |after|, for SHARE_WAIT     share_news for each
 * LIST           all channels, old ones forgotten       share_channel for each
 * MARK           |info_hash| is alive
 * GET_MANIFEST   the manifest                           share_frame, if any
 * PUT_MANIFEST   it is |p|; forgotten after |ttl|
 * READ           window after |after|, SHARE_COUNT      share_frame for each
 * APPEND         |p| to the window; |keep| entries stay
 * KEEP           window and manifest are forgotten      result 1; 0: one is
 *                after |ttl|                            not there
 * NEWS           there are news of |info_hash|; |roster|:
 *                of its roster
 * GET_ROSTER     who draws, and what                    share_roster, if any
 * PUT_ROSTER     it is |p|; forgotten after |ttl|
 * READ_PEERS     batches of |shard| after |after|,      share_batch for each
 *                SHARE_BATCHES
 * APPEND_PEERS   |p| to |shard|
 * READ_POLICY    all members of the set |list|          share_member for each
 * WOKE           open streams of |info_hash| have news
 */
enum share_what {
	SHARE_DO_CONNECT,
	SHARE_DO_HANGUP,
	SHARE_DO_WAIT,
	SHARE_DO_LIST,
	SHARE_DO_MARK,
	SHARE_DO_GET_MANIFEST,
	SHARE_DO_PUT_MANIFEST,
	SHARE_DO_READ,
	SHARE_DO_APPEND,
	SHARE_DO_KEEP,
	SHARE_DO_NEWS,
	SHARE_DO_GET_ROSTER,
	SHARE_DO_PUT_ROSTER,
	SHARE_DO_READ_PEERS,
	SHARE_DO_APPEND_PEERS,
	SHARE_DO_READ_POLICY,
	SHARE_DO_WOKE,
};

struct share_act {
	enum share_what what;
	uint8_t info_hash[LINK_INFOHASH_LEN];
	unsigned shard;
	enum access_list list; /* ACCESS_SHARED_ALLOW or ACCESS_SHARED_DENY */
	struct share_id after;
	bool roster;
	uint32_t keep;
	sp_time ttl;
	const uint8_t *p; /* borrowed until the next call */
	size_t len;
};

struct share_conf {
	uint64_t node; /* random; the same as that of |out| */
	struct track *track;
	struct shareout *out;
	uint32_t max_channels; /* [1, LIVE_CHANNELS_MAX] */
	sp_time idle;          /* what nobody keeps is forgotten after it */
};

struct share;

/* Borrows what |conf| names. SP_ERR_ARG, SP_ERR_NOMEM. */
int share_new(struct share **out, const struct share_conf *conf,
    const struct sp_mem *mem, uint64_t seed, sp_time now);
void share_free(struct share *s);

/* The tracker has accepted something of a channel that it was given. */
void share_local(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* It may have drawn another roster. */
void share_drawn(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN]);

/* All is up; the clock of Redis says |redis_ms|. */
void share_up(struct share *s, uint64_t redis_ms, sp_time now);
/* It is not, or no more: all connections are closed. */
void share_down(struct share *s, sp_time now);

/* |info_hash| NULL: the policy has changed. */
void share_news(struct share *s, struct share_id id, const uint8_t *info_hash,
    sp_time now);
/* |info_hash| NULL: something that is not known of here. */
void share_news_roster(struct share *s, struct share_id id,
    const uint8_t *info_hash);
void share_roster(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    const uint8_t *p, size_t len, sp_time now);
void share_channel(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN]);
/* |id| zeros and |node| 0: it is the manifest that was asked for. */
void share_frame(struct share *s, const uint8_t info_hash[LINK_INFOHASH_LEN],
    struct share_id id, uint64_t node, const uint8_t *p, size_t len,
    sp_time now);
void share_batch(struct share *s, unsigned shard, struct share_id id,
    const uint8_t *p, size_t len, sp_time now);
void share_member(struct share *s, const char *text, size_t len);
/* |act| is done: a copy of it; |result| as above, or an error: refused. */
void share_done(struct share *s, const struct share_act *act, int result,
    sp_time now);

/* SP_ERR_AGAIN: nothing now. */
int share_next(struct share *s, struct share_act *act, sp_time now);
sp_time share_deadline(const struct share *s);

struct share_stats {
	uint64_t up;       /* 1 or 0 */
	uint64_t ups;      /* times that it came up */
	uint64_t channels; /* that are known of here or there */
	uint64_t appended; /* frames to windows */
	uint64_t taken;    /* frames from windows that were accepted */
	uint64_t known;    /* that were here already */
	uint64_t bad;      /* entries that were refused, of all kinds */
	uint64_t lost;     /* windows that were gone, and written again */
	uint64_t peers;    /* announces of others that were taken */
	uint64_t refused;  /* acts that failed there */
	struct shareout_stats out;
};
void share_stats(const struct share *s, struct share_stats *out);
/* For tests and fuzzers. */
bool share_is_sound(const struct share *s);

#endif
